"""Layout of 异次元发卡: the home page is a shell with notice and footer; goods come from a read-only JSON list."""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path.rstrip("/") or "/"
    if path == "/":
        return _html(view, view.platform.name, _shell(view))
    if path == "/user/agreement":
        return _html(
            view,
            "服务条款",
            f'<div class="panel"><div class="panel-body">{paragraphs(view.terms)}</div></div>',
        )
    if path == "/user/api/index/data":
        rows = [
            {"id": n, "name": c, "icon": "/favicon.ico", "pid": 0, "children": []}
            for n, c in enumerate(view.categories, 1)
        ]
        return _ok(rows)
    if path == "/user/api/index/commodity":
        return _list(view, visit.query)
    if path == "/user/api/index/commodityDetail":
        item = view.item(visit.query.get("commodityId", ""))
        if item is None:
            return JSONResponse({"code": 0, "msg": "商品不存在"})
        more = {
            "description": description(item),
            "service_qq": "",
            "service_url": "",
            "share_url": f"/item/{item.product.id}",
        }
        return _ok(_row(view, item) | more)
    if path == "/user/api/index/pay":
        return _ok(
            [
                {"id": n, "name": label, "icon": "/favicon.ico", "handle": handle}
                for n, (label, handle) in enumerate(view.payments, 1)
            ]
        )
    if path == "/user/index/query":
        return _html(view, "订单查询", '<form><input name="keywords" placeholder="订单号或联系方式"></form>')
    return None


def _ok(data: object, **more: object) -> Response:
    return JSONResponse({"code": 200, "msg": "success", "data": data, **more})


def _list(view: View, query: dict[str, str]) -> Response:
    names = list(view.categories)
    wanted = query.get("categoryId", "recommend")
    items = view.items
    if wanted == "recommend":
        items = [item for item in items if item.product.id % 3 == 0]
    elif wanted.isdigit() and 1 <= int(wanted) <= len(names):
        items = view.categories[names[int(wanted) - 1]]
    elif wanted not in ("", "0"):
        items = []
    limit = max(1, min(100, int(query["limit"]))) if query.get("limit", "").isdigit() else 12
    number = max(1, int(query["page"])) if query.get("page", "").isdigit() else 1
    shown = items[(number - 1) * limit : number * limit]
    return _ok([_row(view, item) for item in shown], total=len(items))


def _row(view: View, item: Item) -> dict[str, object]:
    """One commodity; a third of the shops hides its stock behind words."""
    product = item.product
    hidden = view.platform.index % 3 == 0
    words = (
        "已售罄"
        if item.stock == 0
        else "所剩无几"
        if item.stock < 20
        else "数量有限"
        if item.stock < 80
        else "现货充足"
    )
    return {
        "id": product.id, "name": product.title, "cover": "/favicon.ico", "price": item.price, "user_price": round(item.price * 0.99, 2),
        "stock": words if hidden else item.stock, "order_sold": item.sold, "delivery_way": 0 if product.automatic else 1,
        "recommend": int(product.id % 3 == 0),
        "category": {"id": list(view.categories).index(product.category) + 1, "name": product.category}, "owner": None,
        "inventory_hidden": int(hidden), "stock_state": 0 if item.stock == 0 else 3, "tags": [], "seckill_active": False,
        "has_wholesale": product.id % 2 == 0,
    }  # fmt: skip


def _html(view: View, title: str, body: str) -> Response:
    text = f"""<!DOCTYPE html>
<html lang="zh"><head><meta charset="utf-8"><title>{html.escape(title)} - {view.platform.name}</title>
<link rel="stylesheet" href="/assets/common/css/cdn.css" class="cdn-support">{style_sheet(view.platform.index + 1800, 300)}
<script src="/assets/common/js/ready.js?v=3.6.0"></script></head><body>
<nav class="navbar navbar-acg"><a href="/"><img alt="ACG Logo" src="/favicon.ico">{view.platform.name}</a>
<a href="/user/index/query">订单查询</a> <a href="/user/agreement">服务条款</a> {view.contact_links()}</nav>
{body}
<footer>{view.footer()}</footer></body></html>"""
    return HTMLResponse(text, headers={"set-cookie": "ACG-SHOP=demo; path=/"})


def _shell(view: View) -> str:
    links = "".join(
        f'<a class="switch-category" data-id="{n}">{c}</a>' for n, c in enumerate(view.categories, 1)
    )
    return f"""<div class="panel"><div class="panel-title">店铺公告</div><div class="panel-body">{view.notice_html()}</div></div>
<div class="categories"><a class="switch-category" data-id="recommend">推荐</a>{links}</div><div class="item-list" id="items">加载中…</div>
<script>function setVar(k, v) {{ window["_" + k] = v; }}
setVar("CAT_ID", "0");
fetch("/user/api/index/commodity?categoryId=0&limit=100&page=1").then(function(r){{ return r.json(); }}).then(function(d){{
 document.getElementById("items").innerHTML = d.data.map(function(x){{ return '<div class="item"><b>' + x.name + '</b> <i>¥' + x.price + '</i> 已售' + x.order_sold + ' 库存' + x.stock + '</div>'; }}).join(""); }});
</script>"""
