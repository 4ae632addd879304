"""亿乐社区 / SUP: recognised; names and prices come from calls that are not public lists, so no goods are read."""

from __future__ import annotations

from crawler.shops.page import Found, Page

ID = "yile"
NAME = "亿乐社区"
SIGNS = (
    (("assets.yilep.com", "api.yilesup.net", "/ylsq/"), 6),
    (("/ajax/goodslist.php", "getGoodsAndClass"), 3),
)


def home(page: Page) -> Found:
    """Nothing but what every page shows."""
    return Found(behind_login=True)
