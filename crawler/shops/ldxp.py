"""链动小铺 and other shopApi platforms: recognised; their lists stand behind a firewall that refuses machines."""

from __future__ import annotations

from crawler.shops.page import Found, Page

ID = "ldxp-shopapi"
NAME = "链动小铺"
SIGNS = ((("/shopApi/Shop/", "/shopApi/goods/", "pay.ldxp.cn", "wzyp.cn"), 5),)


def home(page: Page) -> Found:
    """Nothing but what every page shows."""
    return Found(behind_login=True)
