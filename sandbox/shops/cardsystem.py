"""Layout of 风铃发卡 CardSystem: everything stands in `var config` of the home page, prices in fen."""

from __future__ import annotations

import html
import json

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html(view, view.platform.name, _config(view))
    if path.startswith("/p/"):
        item = next((x for x in view.items if _hash(x.product.id) == path.removeprefix("/p/")), None)
        return (
            None
            if item is None
            else _html(view, item.product.title, _config(view) | {"product": _product(item)})
        )
    if path == "/agreement":
        return _html(
            view,
            "服务条款",
            {"url": f"http://{view.platform.host}", "name": view.platform.name},
            paragraphs(view.terms),
        )
    if path == "/s":
        return _html(view, "订单查询", {"url": f"http://{view.platform.host}", "name": view.platform.name})
    if path == "/api/shop/product" and visit.method == "POST":
        return _products(view, visit)
    return None


def _hash(number: int) -> str:
    return f"{scatter(number, 88):08x}"


def _html(view: View, title: str, config: dict[str, object], body: str = "") -> Response:
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
