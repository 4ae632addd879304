"""Six further structures, written after the reader was mended and without looking at it again: what they got at first try is the honest figure."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.support.shops.blind_goods import (
    Made,
    bare,
    by_category,
    goods,
    in_words,
    shell,
    thousands,
    without,
)


def vant_cards(draw: Random) -> Made:
    """Vant cards of a phone shop: currency, whole and cents in three elements, the old price below, a tag on the picture."""
    made = goods(draw)
    without(made, "sold")
    cards = ""
    for i in made:
        whole, cents = f"{i.price:.2f}".split(".")
        old = f'<div class="van-card__origin-price">¥ {i.list_price:.2f}</div>' if i.list_price else ""
        tag = (
            '<div class="van-card__tag"><span class="van-tag van-tag--mark">热销</span></div>'
            if draw.random() < 0.4
            else ""
        )
        cards += (
            f'<div class="van-card" id="g{i.number}"><div class="van-card__header"><a class="van-card__thumb"><div class="van-image"><img src="/t/{i.number}.png" class="van-image__img"></div>{tag}</a>'
            f'<div class="van-card__content"><div><div class="van-card__title van-multi-ellipsis--l2">{i.html}</div><div class="van-card__desc van-ellipsis">{i.summary}</div></div>'
            f'<div class="van-card__bottom"><div class="van-card__price"><div><span class="van-card__price-currency">¥</span><span class="van-card__price-integer">{whole}</span>.<span class="van-card__price-decimal">{cents}</span></div></div>{old}'
            f'<div class="van-card__num">剩{i.stock}</div></div></div></div></div>'
        )
    return Made(
        shell(
            draw,
            made,
            f'<div class="van-list">{cards}<div class="van-list__finished-text">没有更多了</div></div>',
        ),
        made,
        frozenset({"list", "stock"}),
    )


def regular_and_sale(draw: Random) -> Made:
    """A store builder's card: 常规价格 and 促销价格 for screen readers beside both prices, the maker's name above."""
    made = goods(draw)
    without(made, "sold")
    cards = ""
    for i in made:
        gone = i.stock == 0
        i.stock, i.stock_class = None, "sold_out" if gone else "unknown"
        badge = '<span class="badge badge--bottom-left">售罄</span>' if gone else ""
        if i.list_price:
            price = (
                f'<div class="price price--on-sale"><div class="price__sale"><span><s class="price-item price-item--regular">¥{thousands(i.list_price)}</s></span>'
                f'<span class="price-item price-item--sale price-item--last">¥{thousands(i.price)}</span></div></div>'
            )
        else:
            price = f'<div class="price"><div class="price__regular"><span class="price-item price-item--regular">¥{thousands(i.price)}</span></div></div>'
        cards += (
            f'<li class="grid__item"><div class="card-wrapper"><div class="card card--standard"><div class="card__inner"><div class="media"><img src="/m.jpg" alt="{i.html}"></div></div>'
            f'<div class="card__content"><div class="card__information"><h3 class="card__heading h5"><a href="/products/{i.number}" class="full-unstyled-link">{i.html}</a></h3>'
            f'<div class="card-information"><div class="caption-with-letter-spacing light">{draw.choice(("本店自营", "合作商家"))}</div>{price}</div></div><div class="card__badge">{badge}</div></div></div></div></li>'
        )
    return Made(
        shell(draw, made, f'<ul id="product-grid" class="grid product-grid">{cards}</ul>'),
        made,
        frozenset({"list", "stock"}),
    )


def one_line(draw: Random) -> Made:
    """A list of two lines a good: the name, and under it price, stock and sales in one text with dots between."""
    made = goods(draw)
    without(made, "list")
    rows = "".join(
        f'<li class="mdc-list-item" tabindex="0"><span class="mdc-list-item__graphic material-icons">shopping_bag</span><span class="mdc-list-item__text"><span class="mdc-list-item__primary-text">{i.html}</span>'
        f'<span class="mdc-list-item__secondary-text">¥{i.price:.2f} · 库存 {i.stock} · 已售 {i.sold_text}</span></span><span class="mdc-list-item__meta material-icons">chevron_right</span></li>'
        for i in made
    )
    heads = "".join(f'<a class="mdc-chip">{name}</a>' for name, _ in by_category(made))
    return Made(
        shell(
            draw, made, f'<div class="chips">{heads}</div><ul class="mdc-list mdc-list--two-line">{rows}</ul>'
        ),
        made,
        frozenset({"stock", "sold"}),
    )


def grid_of_roles(draw: Random) -> Made:
    """A table made of div elements with roles, its heads too; prices are bare numbers under the head 单价(元)."""
    made = goods(draw)
    without(made, "list", "sold")

    def row(*cells: str) -> str:
        return (
            '<div role="row" class="r">'
            + "".join(f'<div role="gridcell" class="c c{n}">{cell}</div>' for n, cell in enumerate(cells))
            + "</div>"
        )

    head = (
        '<div role="row" class="r head">'
        + "".join(
            f'<div role="columnheader" class="c">{name}</div>'
            for name in ("商品", "单价(元)", "库存", "操作")
        )
        + "</div>"
    )
    rows = "".join(
        row(i.html, f"{i.price:.2f}", str(i.stock), f'<a href="/o/{i.number}">购买</a>') for i in made
    )
    return Made(
        shell(draw, made, f'<div role="grid" class="tb">{head}{rows}</div>'), made, frozenset({"stock"})
    )


def details_list(draw: Random) -> Made:
    """Goods that fold out: name and price in the summary, below it a text that tells further sums."""
    made = goods(draw)
    without(made, "list", "sold")
    in_words(draw, made)
    body = ""
    for name, group in by_category(made):
        folds = "".join(
            f'<details><summary><b>{i.html}</b><span class="right">{bare(i.price)} 元</span></summary><div class="fold"><p>{i.summary}</p><p>状态：{i.word}</p><p>买 10 个以上每个便宜 1 元，退换手续费 2 元。</p><button>下单</button></div></details>'
            for i in group
        )
        body += f"<section><h2>{name}</h2>{folds}</section>"
    return Made(shell(draw, made, body), made, frozenset({"stock"}))


def figures(draw: Random) -> Made:
    """Pictures with a caption: the price is a ribbon over the picture, far before the name, with a percentage off."""
    made = goods(draw)
    without(made, "stock")
    cards = ""
    for i in made:
        off = (
            f'<span class="pct">-{round(100 - 100 * i.price / i.list_price)}%</span><span class="base"><del>{thousands(i.list_price)}元</del></span>'
            if i.list_price
            else ""
        )
        cards += (
            f'<figure data-gid="{i.number}"><div class="shot"><img src="/f.jpg"><div class="ribbon-price">{off}<span class="final">{thousands(i.price)}元</span></div></div>'
            f"<figcaption><strong>{i.html}</strong><em>{i.category}</em><span>{i.sold_text} 人已购买</span></figcaption></figure>"
        )
    return Made(shell(draw, made, f'<div class="wall">{cards}</div>'), made, frozenset({"list", "sold"}))


LATE_THEMES: dict[str, Callable[[Random], Made]] = {
    maker.__name__: maker
    for maker in (vant_cards, regular_and_sale, one_line, grid_of_roles, details_list, figures)
}
