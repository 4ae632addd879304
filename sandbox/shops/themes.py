"""Layouts of themes nobody wrote a parser for, in the structure of shop software and page builders; the names tell nothing of the goods.

They were first drawn for tests by someone who had not read the reader of unknown shops.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market import prose
from sandbox.market.goods import scatter
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


# Layout of the 独角数卡 luna theme: the goods stand in a script as JSON, /buy/{id} for one of them.


def luna_page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html_of_luna(view, view.platform.name, _home(view))
    if path.startswith("/buy/"):
        item = view.item(path.removeprefix("/buy/"))
        return None if item is None else _html_of_luna(view, item.product.title, _buy(view, item))
    if path == "/pages/agreement":
        return _html_of_luna(view, "用户协议", f'<div class="main-box">{paragraphs(view.terms)}</div>')
    if path == "/pages/about":
        return _html_of_luna(
            view,
            "联系客服",
            f'<div class="main-box"><p>{prose.contact_text(view.platform)}</p>{view.contact_links()}</div>',
        )
    if path == "/order-search":
        return _html_of_luna(
            view,
            "订单查询",
            '<form action="/search-order-by-sn" method="post"><input name="order_sn"></form>',
        )
    return None


def _html_of_luna(view: View, title: str, body: str) -> Response:
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


# Layout of the 独角数卡 unicorn theme: cards on the home page, /buy/{id}, terms and contact as articles.

COOKIES = "dujiaoka_session=demo; path=/; httponly"


def unicorn_page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html_of_unicorn(view, view.platform.name, _home_of_unicorn(view))
    if path.startswith("/buy/"):
        item = view.item(path.removeprefix("/buy/"))
        return (
            None if item is None else _html_of_unicorn(view, item.product.title, _buy_of_unicorn(view, item))
        )
    if path == "/article/terms.html":
        return _html_of_unicorn(
            view, "服务条款", f'<div class="article-content">{paragraphs(view.terms)}</div>'
        )
    if path == "/article/contact.html":
        body = f"<p>{prose.contact_text(view.platform)}</p><p>{view.contact_links()}</p>"
        return _html_of_unicorn(view, "联系我们", f'<div class="article-content">{body}</div>')
    if path == "/order-search":
        return _html_of_unicorn(
            view,
            "订单查询",
            '<form action="/search-order-by-sn" method="post"><input name="order_sn"></form>',
        )
    return None


def _html_of_unicorn(view: View, title: str, body: str) -> Response:
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


def _home_of_unicorn(view: View) -> str:
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


def _buy_of_unicorn(view: View, item: Item) -> str:
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


# Layout of no known software: an old hand-made page in GBK that names its encoding neither in a header nor in the page.


def plain_page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path
    if path in ("/", "/index.html", "/index.asp"):
        return _html_of_plain(view, view.platform.name, _home_of_plain(view))
    if path == "/help.asp":
        return _html_of_plain(view, "服务条款", paragraphs(view.terms))
    if path == "/contact.asp":
        return _html_of_plain(
            view, "联系我们", f"<p>{prose.contact_text(view.platform)}</p>{view.contact_links()}"
        )
    return None


def _html_of_plain(view: View, title: str, body: str) -> Response:
    footer = view.footer().replace("©", "(C)")
    text = f"""<html><head><title>{html.escape(title)}</title>{style_sheet(view.platform.index + 4500)}</head><body bgcolor="#ffffff">
<h1>{view.platform.name}</h1><p><a href="/index.asp">首页</a> <a href="/help.asp">服务条款</a> <a href="/contact.asp">联系我们</a></p>
{body}<hr><div id="footer" align="center">{footer}<br>{view.counter_line()}</div></body></html>"""
    return Response(text.encode("gbk"), headers={"content-type": "text/html"})


def _home_of_plain(view: View) -> str:
    rows = "".join(_row(item) for item in view.items)
    return f'<h3>最新公告</h3><div class="gonggao">{view.notice_html()}</div>{view.contact_links()}<table border="1">{rows}</table>'


def _row(item: Item) -> str:
    stock = f"库存{item.stock}" if item.stock else "缺货"
    return (
        f"<tr><td>{html.escape(item.product.title)}</td><td class='price'>￥{item.price:.2f}</td><td>{stock}</td>"
        f"<td>已售{item.sold}</td><td>{html.escape(description(item))}</td></tr>"
    )


# Layout of no known software that shows nothing without JavaScript: an inline script fetches its own JSON and draws the page.

SCRIPT = """
function add(parent, tag, name, text) { var e = document.createElement(tag); e.className = name; e.textContent = text; parent.appendChild(e); return e; }
fetch("/data/shop.json").then(function (r) { return r.json(); }).then(function (d) {
  var root = document.getElementById("app"); root.textContent = "";
  document.title = d.name;
  add(root, "h1", "shop-name", d.name);
  var n = add(root, "div", "notice", ""); add(n, "h3", "", "公告"); d.notice.forEach(function (t) { add(n, "p", "", t); });
  if (d.counter) { add(root, "div", "site-stat", "累计订单 " + d.counter[0] + " 单，已处理 " + d.counter[1] + " 单，今日订单 " + d.counter[2] + " 单"); }
  d.goods.forEach(function (g) { var c = add(root, "div", "goods-item", ""); add(c, "h4", "goods-name", g.name); add(c, "span", "price", "¥" + g.price.toFixed(2));
    add(c, "span", "stock", g.stock ? "库存 " + g.stock : "缺货"); add(c, "span", "sold", "已售 " + g.sold); add(c, "p", "desc", g.desc); });
  var t = add(root, "div", "terms", ""); add(t, "h3", "", "服务条款"); d.terms.forEach(function (x) { add(t, "p", "", x); });
  var f = document.createElement("footer"); f.className = "footer"; f.innerHTML = d.footer + "<br>" + d.contacts; root.appendChild(f);
}).catch(function () { document.getElementById("app").textContent = "加载失败"; });
"""


def spa_page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    if visit.path == "/":
        text = (
            '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>加载中</title>'
            f'{style_sheet(view.platform.index + 5400, 320)}</head><body><div id="app">加载中…</div><script>{SCRIPT}</script></body></html>'
        )
        return HTMLResponse(text)
    if visit.path == "/data/shop.json":
        return JSONResponse(_data(view))
    return None


def _data(view: View) -> dict[str, object]:
    goods = [
        {"name": x.product.title, "price": x.price, "stock": x.stock, "sold": x.sold, "desc": description(x)}
        for x in view.items
    ]
    return {
        "name": view.platform.name, "notice": view.notice.split("\n"), "terms": view.terms.split("\n"), "counter": view.counter,
        "goods": goods, "footer": view.footer(), "contacts": view.contact_links(),
    }  # fmt: skip


# Layout of 风铃发卡 CardSystem: everything stands in `var config` of the home page, prices in fen.


def cardsystem_page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html_of_cardsystem(view, view.platform.name, _config(view))
    if path.startswith("/p/"):
        item = next((x for x in view.items if _hash(x.product.id) == path.removeprefix("/p/")), None)
        return (
            None
            if item is None
            else _html_of_cardsystem(view, item.product.title, _config(view) | {"product": _product(item)})
        )
    if path == "/agreement":
        return _html_of_cardsystem(
            view,
            "服务条款",
            {"url": f"http://{view.platform.host}", "name": view.platform.name},
            paragraphs(view.terms),
        )
    if path == "/s":
        return _html_of_cardsystem(
            view, "订单查询", {"url": f"http://{view.platform.host}", "name": view.platform.name}
        )
    if path == "/api/shop/product" and visit.method == "POST":
        return _products(view, visit)
    return None


def _hash(number: int) -> str:
    return f"{scatter(number, 88):08x}"


def _html_of_cardsystem(view: View, title: str, config: dict[str, object], body: str = "") -> Response:
    data = json.dumps(config, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    text = f"""<!DOCTYPE html>
<html lang="zh-cmn-Hans"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<link rel="stylesheet" href="/shop_theme/classic/app.css">{style_sheet(view.platform.index + 3600, 300)}</head><body>
<noscript><strong>We're sorry but web_shop doesn't work properly without JavaScript enabled.</strong></noscript>
<div id="app"></div><div class="article">{body}</div><div class="links"><a href="/s#/record">查询订单</a> <a href="/agreement">服务条款</a> {view.contact_links()}</div>
<script>var config = {data};</script><script src="/shop_theme/classic/app.js"></script>
<script>(function(){{var a=document.getElementById("app");(config.categories||[]).forEach(function(c){{(c.products||[]).forEach(function(p){{
var d=document.createElement("div");d.className="product";d.textContent=p.name+" ¥"+(p.price/100).toFixed(2);a.appendChild(d);}});}});}})();</script></body></html>"""
    return HTMLResponse(text, headers={"set-cookie": "customer=demo; path=/"})


def _config(view: View) -> dict[str, object]:
    platform = view.platform
    notice = view.notice
    # Half the shops keep their notice as Quill Delta, as the editor stores it.
    ann = (
        json.dumps({"ops": [{"insert": notice + "\n"}]}, ensure_ascii=False) if platform.index % 2 else notice
    )
    categories = [
        {"id": n, "name": name, "password_open": False, "products": [_product(item) for item in items]}
        for n, (name, items) in enumerate(view.categories.items(), 1)
    ]
    pays = [
        {"id": n, "name": label, "img": "", "fee": 0, "driver": handle}
        for n, (label, handle) in enumerate(view.payments, 1)
    ]
    return {
        "url": f"http://{platform.host}", "company": view.footer(), "name": platform.name,
        "shop": {"name": platform.name, "qq": f"10000{10000 + platform.index * 13}", "ann": ann, "ann_pop": "", "inventory": 1},
        "categories": categories, "pays": pays, "theme": {"list_type": "list"}, "vcode": {"driver": "code", "buy": 0, "query": 1},
    }  # fmt: skip


def _product(item: Item) -> dict[str, object]:
    product = item.product
    fen = round(item.price * 100)
    words = (
        "不足" if item.stock == 0 else "少量" if item.stock < 20 else "一般" if item.stock < 100 else "大量"
    )
    return {
        "id": _hash(product.id), "name": product.title, "description": description(item), "price": fen, "price_whole": [[10, round(fen * 0.97)]],
        "count": item.stock, "count2": words if product.id % 2 else item.stock, "buy_min": 1, "buy_max": 5,
        "delivery": 0 if product.automatic else 1, "support_coupon": 0, "password_open": False,
    }  # fmt: skip


def _products(view: View, visit: Visit) -> Response:
    number = visit.form.get("category_id", "")
    categories = list(view.categories.values())
    if not number.isdigit() or not 1 <= int(number) <= len(categories):
        return JSONResponse({"message": "分类不存在"}, 500)
    return JSONResponse(
        {"message": "success", "data": [_product(item) for item in categories[int(number) - 1]]}
    )
