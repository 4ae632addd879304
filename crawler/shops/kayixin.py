"""卡易信 (a 卡盟 system): mostly behind a login; what stands on open list pages is read, a login is never asked."""

from __future__ import annotations

import re

from crawler.shops.page import Found, Good, Page, text_in, yuan

ID = "kayixin"
NAME = "卡易信"
SIGNS = (
    (re.compile(r"/front/inter/(?:buyGoods|dirList|cutPageGoodsList|uploadOrder)"), 6),
    (("/frontLogin.htm",), 5),
    (("td-buy-good-name", "td-buy-good-type", "showgoodsmessage(", 'name="hideMoneys"'), 4),
)


def home(page: Page) -> Found:
    """Rows of an open goods list, if the page has one; most of it stands behind a login."""
    found = Found()
    for row in page.tree.css("tr"):
        name = row.css_first("td.name")
        price = row.css_first('td[name="hideMoneys"]')
        if name is None or price is None:
            continue
        way = text_in(row)
        open_ = "提取卡密" in way or "立即充值" in way
        stock, label = (None, None) if open_ else (0, "暂停销售")
        found.goods.append(
            Good(
                text_in(name),
                yuan(text_in(price)),
                None,
                stock,
                label,
                None,
                True if "提取卡密" in way else None,
            )
        )
    found.behind_login = not found.goods
    return found
