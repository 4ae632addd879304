"""Shop pages in the structure of public shop software we have no parser for, retyped with made goods."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support.shops.unknown_themes import Item, _page


def _stock(item: Item) -> str:
    return f"{item.stock}件" if item.stock else '<span style="color:#ccc">缺货</span>'


def rows_under_classes(goods: list[Item]) -> str:
    """The heading's cells and the rows' share their classes; a row has a cell more than the heading."""
    rows = "".join(
        f'<div class="socs"><div class="soc-body"><div class="soc-img"><img src="/u.png" alt=""></div><div class="soc-text"><p><a href="/?id=3">{g.name}</a></p></div>'
        f'<div class="soc-qty">{g.stock} 个.</div><div class="soc-cost-label">每个商品价格</div><div class="soc-cost">{g.price}元</div>'
        '<div class="soc-cell"><button class="basket-button" onclick="trade(3)"><span>购买</span></button></div></div></div>'
        for g in goods
    )
    head = '<div class="soc-title"><h2 class="soc-name"><a href="/c/1">影视</a></h2><p class="soc-qty">商品库存</p><p class="soc-cost-label"></p><p class="soc-cost">商品价格</p><p class="soc-control"></p></div>'
    return _page(f'<section class="soc-category"><div class="soc-bl">{head}{rows}</div></section>')


def table_with_category_rows(goods: list[Item]) -> str:
    """One table, a heading row for each category, units behind the numbers."""
    heads = "".join(f"<th><b>{name}</b></th>" for name in ("商品标题", "单价", "销量", "库存", "操作"))
    rows = "".join(
        f'<tr><td><img src="/a.png" width="35"><b>{g.name}</b>&nbsp;<span class="am-badge am-round">自动发货</span></td><td><span>¥{g.price}</span></td>'
        f'<td>{g.sold}件</td><td>{_stock(g)}</td><td><a href="/trade/3" class="am-btn">购买</a></td></tr>'
        for g in goods
    )
    ask = '<tr><th colspan="4"><b>请先看<a href="/shouhou">售后说明</a>！</b></th></tr>'
    return _page(f'<table class="am-table"><thead><tr>{heads}</tr></thead><tbody>{ask}{rows}</tbody></table>')


def covered_cards(goods: list[Item]) -> str:
    """Price, stock and how many paid lie over the picture; the name stands below it."""
    return _page(
        "".join(
            '<div class="mdui-card"><a href="?mod=shop&gid=9"><div class="mdui-card-media"><img src="/a.png"><div class="mdui-card-primary">'
            f'<div class="mdui-card-primary-title"><span>{g.price}元</span></div><div class="mdui-card-primary-subtitle">库存：{g.stock}份</div>'
            f'<div class="mdui-card-primary-subtitle">已有{g.sold}人付款</div></div></div><div class="mdui-card-content">{g.name}</div></a></div>'
            for g in goods
        )
    )


def category_called_vip(goods: list[Item]) -> str:
    """A plug-in for blogs: the classes of a good carry its category, which may be called vip or order."""
    return _page(
        '<ul class="products columns-4">'
        + "".join(
            f'<li class="product type-product {"instock" if g.stock else "outofstock"} product_cat-vip sale"><a href="/product/x/"><span class="onsale">促销!</span><img src="/a.jpg" alt="">'
            f'<h2 class="loop-product__title">{g.name}</h2><span class="price"><ins><span class="amount"><bdi><span class="currencySymbol">&yen;</span>{g.price:,.2f}</bdi></span></ins></span></a>'
            f'<a href="?add-to-cart=3" class="button" aria-label="加入购物车：“{g.name}”">{"加入购物车" if g.stock else "阅读更多"}</a></li>'
            for g in goods
        )
        + "</ul>"
    )


def bare_numbers(goods: list[Item]) -> str:
    """No yuan sign and no heading; whole prices stand without decimals."""
    return _page(
        '<ul class="list">'
        + "".join(
            f'<li><img src="/a.png"><h3>{g.name}</h3><small>剩余{g.stock}份</small><span class="p">{g.price:.2f}</span></li>'
            if number % 3
            else f'<li><img src="/a.png"><h3>{g.name}</h3><small>剩余{g.stock}份</small><span class="p">{g.price:g}</span></li>'
            for number, g in enumerate(goods)
        )
        + "</ul>"
    )


def radio_buttons(goods: list[Item]) -> str:
    """A form of radio buttons; the stock is the button's own attribute."""
    return _page(
        '<form action="/buy" method="post"><fieldset><legend>影视会员</legend>'
        + "".join(
            f'<label class="opt"><input type="radio" name="gid" value="{n}" data-stock="{g.stock}"> <b>{g.name}</b> <em>{g.price}元</em></label>'
            for n, g in enumerate(goods)
        )
        + "</fieldset><button>提交订单</button></form>"
    )


def attributes_only(goods: list[Item]) -> str:
    """What the page's script fills in from the attributes of each element."""
    return _page(
        "".join(
            f'<div class="g" data-id="{n}" data-name="{g.name}" data-price="{g.price}" data-stock="{g.stock}"><div class="n">{g.name}</div><div class="p"></div></div>'
            for n, g in enumerate(goods)
        )
    )


def cents_in_data(goods: list[Item]) -> str:
    """Data of the page's framework; prices in 分."""
    rows = [{"title": g.name, "price_cents": round(g.price * 100), "stock": g.stock} for g in goods]
    data = json.dumps({"props": {"categories": [{"name": "影视", "products": rows}]}}, ensure_ascii=False)
    return _page(f'<div id="__next"></div><script type="application/json">{data}</script>')


THEMES: dict[str, tuple[Callable[[list[Item]], str], str]] = {
    theme.__name__: (theme, shown)
    for theme, shown in (
        (rows_under_classes, "stock"), (table_with_category_rows, "stock sold"), (covered_cards, "stock sold"), (category_called_vip, "sold out"),
        (bare_numbers, "stock"), (radio_buttons, "stock"), (attributes_only, "stock"), (cents_in_data, "stock"),
    )
}  # fmt: skip
"""Name → how the page is made, and what besides names and prices it shows."""
