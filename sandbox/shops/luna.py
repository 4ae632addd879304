"""Layout of the 独角数卡 luna theme: the goods stand in a script as JSON, /buy/{id} for one of them."""

from __future__ import annotations

import html
import json

from starlette.responses import HTMLResponse, Response

from sandbox.market import prose
from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html(view, view.platform.name, _home(view))
    if path.startswith("/buy/"):
        item = view.item(path.removeprefix("/buy/"))
        return None if item is None else _html(view, item.product.title, _buy(view, item))
    if path == "/pages/agreement":
        return _html(view, "用户协议", f'<div class="main-box">{paragraphs(view.terms)}</div>')
    if path == "/pages/about":
        return _html(
            view,
            "联系客服",
            f'<div class="main-box"><p>{prose.contact_text(view.platform)}</p>{view.contact_links()}</div>',
        )
    if path == "/order-search":
        return _html(
            view,
            "订单查询",
            '<form action="/search-order-by-sn" method="post"><input name="order_sn"></form>',
        )
    return None


def _html(view: View, title: str, body: str) -> Response:
    text = f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{html.escape(title)} - {view.platform.name}</title>
<link rel="stylesheet" href="/assets/luna/layui/css/layui.css"><link rel="stylesheet" href="/assets/luna/main.css">{style_sheet(view.platform.index + 900)}
</head><body><div class="header"><a class="logo" href="/">{view.platform.name}</a>
<ul class="layui-nav"><li><a href="/order-search">订单查询</a></li><li><a href="/pages/agreement">用户协议</a></li><li><a href="/pages/about">联系客服</a></li></ul></div>
<div class="layui-container">{body}</div>
<div class="footer"><p>{view.counter_line()}</p><p>{view.contact_links()}</p><p>{view.footer()}</p></div></body></html>"""
    response = HTMLResponse(text)
    response.headers.append("set-cookie", "XSRF-TOKEN=demo; path=/")
    response.headers.append("set-cookie", "laravel_session=demo; path=/; httponly")
    return response


def _home(view: View) -> str:
    groups = [
        {"id": n, "gp_name": name, "goods": [_goods(item) for item in items]}
        for n, (name, items) in enumerate(view.categories.items(), 1)
    ]
    data = json.dumps(groups, ensure_ascii=False).replace("</", "<\\/")
    return f"""<div class="notice"><div class="title">公告</div><div class="tips">{view.notice_html()}</div></div>
<div class="goods-list" id="goods"></div>
<script>var goodsMsg = {data};
var box = document.getElementById("goods");
goodsMsg.forEach(function(g){{ g.goods.forEach(function(x){{ var a = document.createElement("a"); a.href = "/buy/" + x.id; a.className = "goods-item";
a.textContent = x.gd_name + " ¥" + x.actual_price + " 库存(" + x.in_stock + ")"; box.appendChild(a); }}); }});
</script>"""


def _goods(item: Item) -> dict[str, object]:
    product = item.product
    return {
        "id": product.id, "gd_name": product.title, "gd_description": description(item), "gd_keywords": product.plain,
        "picture": "", "actual_price": f"{item.price:.2f}", "retail_price": f"{product.face:.2f}", "in_stock": item.stock,
        "sales_volume": item.sold, "type": 1 if product.automatic else 2, "wholesale_price_cnf": None, "buy_limit_num": 5, "is_open": 1,
    }  # fmt: skip


def _buy(view: View, item: Item) -> str:
    ways = "".join(
        f'<div class="pay-type" data-type="{handle}" data-name="{label}">{label}</div>'
        for label, handle in view.payments
    )
    return (
        f'<form action="/create-order" method="post"><div class="goods-name">{html.escape(item.product.title)}</div>'
        f'<span class="small-tips tips-blue">库存({item.stock})</span><div class="price-c"><span class="price-num">{item.price:.2f}</span>'
        f"<del>{item.product.face:.2f}</del></div>{ways}<div class='intro'>{html.escape(description(item))}</div></form>"
    )
