"""骑士企业发卡 (qs-faka), a hosted platform: its public settings and totals; goods belong to its merchants."""

from __future__ import annotations

from crawler.shops.page import Found, More, Orders, Page, count

ID = "qs-faka"
NAME = "骑士企业发卡"
SIGNS = (
    (("/home/index/siteConfig", "site_info_icp"), 5),
    (("beoan_box",), 4),
    (("/home/complaint/",), 3),
)


def home(page: Page) -> Found:
    """The footer; goods stand on merchants' pages."""
    box = page.tree.css_first(".beoan_box, div.beoan_box")
    return Found(footer=box.html or "" if box else "", stated_empty=True)


def more(page: Page) -> list[More]:
    """Settings and totals."""
    return [
        More("/home/index/siteConfig", "config", "POST", ""),
        More("/home/index/indexCount", "count", "POST", ""),
    ]


def lists(page: Page, what: str) -> tuple[Found, list[More]]:
    """The settings, or the totals."""
    data = page.envelope((1,)).get("data") or {}
    if what == "count":
        total = count(data.get("orderCount"))
        return Found(orders=Orders(total) if total else Orders(hidden=True)), []
    contacts = " ".join(f"{kind} {data[key]}" for kind, key in _CONTACTS.items() if data.get(key))
    footer = f"{data.get('site_info_icp') or ''} {data.get('site_info_copyright') or ''}"
    return Found(footer=footer, contacts=contacts), []


_CONTACTS = {"QQ": "site_info_qq", "email": "site_info_email"}
