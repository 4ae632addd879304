"""Layout of the 独角数卡 unicorn theme: cards on the home page, /buy/{id}, terms and contact as articles."""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse, Response

from sandbox.market import prose
from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet

COOKIES = "dujiaoka_session=demo; path=/; httponly"


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html(view, view.platform.name, _home(view))
    if path.startswith("/buy/"):
        item = view.item(path.removeprefix("/buy/"))
        return None if item is None else _html(view, item.product.title, _buy(view, item))
    if path == "/article/terms.html":
        return _html(view, "服务条款", f'<div class="article-content">{paragraphs(view.terms)}</div>')
    if path == "/article/contact.html":
        body = f"<p>{prose.contact_text(view.platform)}</p><p>{view.contact_links()}</p>"
        return _html(view, "联系我们", f'<div class="article-content">{body}</div>')
    if path == "/order-search":
        return _html(
            view,
            "订单查询",
            '<form action="/search-order-by-sn" method="post"><input name="order_sn"></form>',
        )
    return None


def _html(view: View, title: str, body: str) -> Response:
    name = view.platform.name
    text = f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(title)} | {name}</title>
<link rel="stylesheet" href="/assets/unicorn/css/bootstrap.min.css"><link rel="stylesheet" href="/assets/unicorn/css/main.css">
{style_sheet(view.platform.index)}</head><body>
<header class="header"><nav class="navbar"><a class="navbar-brand" href="/">{name}</a>
<a href="/order-search">查询订单</a> <a href="/article/terms.html">服务条款</a> <a href="/article/contact.html">联系我们</a></nav></header>
<div class="container">{body}</div>
<footer class="footer"><div class="custom">{view.contact_links()}<br>{view.footer()}</div>
<div class="author">Powered by <a href="https://github.com/assimon/dujiaoka" target="_blank">@独角数卡</a></div></footer>
<script src="/assets/unicorn/js/jquery.min.js"></script></body></html>"""
    response = HTMLResponse(text)
    response.headers.append("set-cookie", "XSRF-TOKEN=demo; path=/")
    response.headers.append("set-cookie", COOKIES)
    return response


def _home(view: View) -> str:
    cards = "".join(_card(item) for item in view.items)
    tabs = "".join(
        f'<li class="nav-item"><a href="#group-{n}">{c}</a></li>' for n, c in enumerate(view.categories, 1)
    )
    return (
        f'<div class="card notice"><div class="card-body"><h4>公告</h4><div class="notice">{view.notice_html()}</div></div></div>'
        f'{view.counter_line()}<ul class="nav nav-tabs">{tabs}</ul><div class="tab-content"><div class="tab-pane active" id="group-all">'
        f'<div class="row">{cards}</div></div></div>'
    )


def _card(item: Item) -> str:
    badge = "自动发货" if item.product.automatic else "人工处理"
    link = f"/buy/{item.product.id}" if item.stock else "javascript:void(0);"
    return (
        f'<div class="col-md-3"><div class="card"><a href="{link}"><img class="card-img-top" src="/assets/unicorn/images/default.jpg" alt=""></a>'
        f'<div class="card-body"><span class="badge badge-success">{badge}</span><h6 class="card-title">{html.escape(item.product.title)}</h6>'
        f'<p class="card-text">{html.escape(description(item))}</p><strong>￥{item.price:.2f}</strong>'
        f'<h6><small class="text-muted">库存：{item.stock}</small></h6>'
        f'<a class="btn btn-primary" href="{link}">{"购买" if item.stock else "缺货"}</a></div></div></div>'
    )


def _buy(view: View, item: Item) -> str:
    ways = "".join(
        f'<label><input type="radio" name="payway" value="{n}">{label}</label>'
        for n, (label, _) in enumerate(view.payments, 1)
    )
    return (
        f'<form action="/create-order" method="post"><input type="hidden" name="gid" value="{item.product.id}"><h3>{html.escape(item.product.title)}</h3>'
        f'<small class="text-muted">库存：{item.stock}</small> <small class="text-muted">每单限5件</small>'
        f'<p>价格 <b class="price">￥{item.price:.2f}</b></p><p>购买10件或以上,每个：{item.price * 0.97:.2f}￥</p><div>{ways}</div>'
        f'<div class="description">{html.escape(description(item))}</div></form>'
    )
