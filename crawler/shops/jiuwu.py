"""玖伍社区: a public wall of goods names; unit prices stand behind a login and are never taken for product prices."""

from __future__ import annotations

import re

from crawler.shops.page import Found, Good, Page, text_in

ID = "jiuwu"
NAME = "玖伍社区"
SIGNS = (
    (re.compile(r"index\.php\?m=[Hh]ome&(?:amp;)?c=[Gg]oods&(?:amp;)?a=detail&(?:amp;)?id=\d+"), 6),
    (("all-pt-upyun-cdn.95at.cn",), 6),
    (('class="order_post_form"', "fixed-width-right-80"), 4),
)


def home(page: Page) -> Found:
    """Names of the goods on the wall."""
    goods = []
    for link in page.tree.css('a[href*="goods_type="]'):
        image = link.css_first("img[alt]")
        name = (image.attributes.get("alt") if image else None) or text_in(link)
        if name:
            goods.append(Good(name))
    return Found(goods=goods, behind_login=True)
