"""聚合社 (an old 卡盟 system, pages in GB2312): recognised; its goods stand behind a login."""

from __future__ import annotations

from crawler.shops.page import Found, Page

ID = "juheshe"
NAME = "聚合社"
SIGNS = (
    (("jhs_config", "juheshe"), 5),
    (("Public/js/artDialog",), 3),
)


def home(page: Page) -> Found:
    """Nothing but what every page shows."""
    return Found(behind_login=True)
