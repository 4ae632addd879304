"""Layouts of themes nobody wrote a parser for, in the structure of shop software and page builders; the names tell nothing of the goods.

They were first drawn for tests by someone who had not read the reader of unknown shops.
"""

from __future__ import annotations

import html
from collections.abc import Callable

from starlette.responses import HTMLResponse, Response

from sandbox.market import prose
from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        notice = f'<section class="board"><h4>公告</h4>{view.notice_html()}</section>'
        return _html(
            view, view.platform.name, notice + view.counter_line() + LISTS[view.platform.software](view)
        )
    if path == "/terms":
        return _html(view, "服务条款", paragraphs(view.terms))
    if path == "/contact":
        return _html(
            view, "联系我们", f"<p>{prose.contact_text(view.platform)}</p><p>{view.contact_links()}</p>"
        )
    return None


def _html(view: View, title: str, body: str) -> Response:
    name = view.platform.name
    return HTMLResponse(f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(title)} - {name}</title>{style_sheet(view.platform.index + 6100)}</head><body>
<header><a class="logo" href="/">{name}</a> <a href="/query">查询订单</a> <a href="/terms">服务条款</a> <a href="/contact">联系我们</a></header>
<main>{body}</main><footer>{view.contact_links()}<br>{view.footer()}</footer></body></html>""")


def rows_of_a_table(view: View) -> str:
    """One table, a row across all columns for each category, prices with 元 behind them."""
    rows = ""
    for name, items in view.categories.items():
        rows += f'<tr><td colspan="4" style="background-color:#5FB878;text-align:center">{name}</td></tr>'
        rows += "".join(
            f'<tr><td><font color="black">{_name(item)}</font></td><td>{item.price:.2f}元</td><td>{item.stock}</td>'
            f'<td><a href="/trade/{item.product.id}.html" class="layui-btn layui-btn-danger">购买 <i class="layui-icon"></i></a></td></tr>'
            for item in items
        )
    heads = "<tr><th>商品标题</th><th>价格</th><th>库存</th><th>操作</th></tr>"
    return f'<div class="goods"><table class="layui-table"><thead>{heads}</thead><tbody>{rows}</tbody></table></div>'


def cards_with_badges(view: View) -> str:
    """Columns of cards with badges over the picture; sales but no stock, and 缺货 as one of the badges."""
    cards = ""
    for item in view.items:
        gone = '<span class="badge bg-danger fw-normal">缺货</span>' if not item.stock else ""
        kind = "自动发货" if item.product.automatic else "人工处理"
        link = f"/buy/{item.product.id}" if item.stock else "javascript:void(0);"
        cards += (
            f'<div class="col"><div class="card h-100"><div class="position-relative"><a href="{link}" class="d-block p-3"><img src="/u/{item.product.id}.jpg" alt="{_name(item)}"></a>'
            f'<div class="position-absolute top-0"><span class="badge bg-success fw-normal">{kind}</span>{gone}</div></div><div class="card-body">'
            f'<a href="{link}" class="text-decoration-none"><h6 class="card-title mb-2">\n  {_name(item)}\n </h6></a><div class="text-muted small">销量: {item.sold}</div>'
            f'<div class="fw-bold text-primary">\n ¥{item.price:,.2f}\n</div></div></div></div>'
        )
    return f'<div class="row row-cols-2 row-cols-md-4 g-3">{cards}</div>'


def buttons_for_cards(view: View) -> str:
    """Cards that are buttons without a link, under utility classes, the name's first letter as a picture."""
    cards = "".join(
        '<button class="card p-5 text-left bg-white border group"><div class="flex items-start gap-3 min-w-0"><div class="w-12 h-12 rounded-lg">'
        f'<span class="absolute inset-0">{html.escape(item.product.title[0])}</span><img src="/c/{item.product.id}.png" alt=""></div><div class="min-w-0">'
        f'<div class="font-semibold line-clamp-2" title="{_name(item)}">{_name(item)}</div><div class="text-xs mt-0.5">{html.escape(description(item))}</div></div></div>'
        f'<div class="flex items-end justify-between mt-2"><div class="text-2xl font-bold text-rose-600">¥{item.price:.2f}</div>'
        f'<div class="text-xs text-emerald-600">{f"库存 {item.stock}" if item.stock else "已售罄"}</div></div><div class="mt-4 pt-3 border-t text-xs"><span>查看详情 / 下单</span></div></button>'
        for item in view.items
    )
    return f'<div class="grid grid-cols-3 gap-4">{cards}</div>'


def cards_of_a_router(view: View) -> str:
    """One link a card, the category twice, tags below the summary."""
    cards = "".join(
        f'<a class="product-card" href="/products/p-{item.product.id}"><div class="product-visual tone-1"><img src="/i/{item.product.id}.webp" alt="{_name(item)}">'
        f'<span>{item.product.category}</span><small>本店精选</small></div><div class="product-body"><div class="product-meta"><span>{item.product.category}</span>'
        f"<b><i></i> 库存 {item.stock}</b></div><h3>{_name(item)}</h3><p>{html.escape(description(item))}</p>"
        f'<div class="tag-row"><span>质保</span><span>可续费</span></div><div class="product-bottom"><div class="price"><strong>¥{item.price:,.2f}</strong></div>'
        '<span class="round-arrow"></span></div></div></a>'
        for item in view.items
    )
    tabs = "".join(f"<button>{name}</button>" for name in view.categories)
    return f'<section class="marketplace"><div class="category-tabs"><button class="active">全部商品</button>{tabs}</div><div class="product-grid">{cards}</div></section>'


def _name(item: Item) -> str:
    return html.escape(item.product.title)


LISTS: dict[str, Callable[[View], str]] = {
    "theme_table": rows_of_a_table,
    "theme_badges": cards_with_badges,
    "theme_buttons": buttons_for_cards,
    "theme_router": cards_of_a_router,
}
"""Name of the layout → how its goods are listed."""
