"""Layout of 彩虹自助下单, template faka: a server-rendered table, ajax.php for counters and lists; one shop serves it in GBK."""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market import prose
from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    if visit.path.rstrip("/") in ("", "/index.php"):
        return _page(view, visit.query)
    if visit.path == "/ajax.php":
        return _ajax(view, visit)
    if visit.path == "/user/regsite.php":
        return _html(view, "开通分站", "<p>分站价格：普及版38元，专业版88元。</p>")
    return None


def _page(view: View, query: dict[str, str]) -> Response | None:
    mod = query.get("mod", "")
    if mod == "":
        return _html(view, f"{view.platform.name} - 24小时自助下单", _home(view))
    if mod == "buy":
        item = view.item(query.get("tid", ""))
        return None if item is None else _html(view, item.product.title, _buy(item))
    if mod == "kf":
        return _html(view, "联系客服", f"<p>{prose.contact_text(view.platform)}</p>{view.contact_links()}")
    if mod == "terms":
        return _html(view, "服务条款", f'<div class="panel">{paragraphs(view.terms)}</div>')
    if mod == "query":
        return _html(view, "订单查询", '<form action="./"><input name="data" placeholder="下单账号"></form>')
    return None


def _html(view: View, title: str, body: str) -> Response:
    gbk = view.platform.condition == "gbk"
    virtual = (
        '<input type="hidden" name="_template_virtualdata" value="1">' if view.platform.virtual_data else ""
    )
    meta = (
        '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
        if gbk
        else '<meta charset="utf-8">'
    )
    # The footer has no ©: GBK cannot hold it, and old templates write CopyRight.
    footer = view.footer().replace("Copyright ©", "CopyRight")
    text = f"""<!DOCTYPE html><html><head>{meta}<title>{html.escape(title)}</title>
<link rel="stylesheet" href="assets/layui/css/layui.css"><link rel="stylesheet" href="assets/faka/css/style.css">{style_sheet(view.platform.index + 2700, 200)}
</head><body><div class="g-body"><div class="bar_top"><a href="./">{view.platform.name}</a> <a href="./?mod=query">查询订单</a> <a href="./?mod=terms">服务条款</a> <a href="./?mod=kf">客服</a></div>
<div class="kefu">{view.contact_links()}</div>{virtual}{body}</div>
<div class="footer">{footer}</div>
<script>var hashsalt=([![]]+[][[]])[+!+[]];var homepage=true;</script><script src="assets/js/main.js?ver=2059"></script></body></html>"""
    headers = {"set-cookie": "mysid=demo; path=/"}
    if gbk:
        return Response(text.encode("gbk"), headers=headers | {"content-type": "text/html"})
    return HTMLResponse(text, headers=headers)


def _home(view: View) -> str:
    rows = []
    for cid, (name, items) in enumerate(view.categories.items(), 1):
        rows.append(f'<tr class="cid{cid}"><th colspan="4" class="tableth1 ziti">{name}</th></tr>')
        rows += [_row(item, cid) for item in items]
    head = "".join(
        f'<th class="indexlistlb ziti">{title}</th>' for title in ("商品名称", "售价", "库存", "操作")
    )
    counters = "".join(
        f'<li>{label}<b id="count_{key}">…</b></li>'
        for label, key in (
            ("运营天数", "yxts"),
            ("订单总数", "orders"),
            ("已处理", "orders1"),
            ("今日订单", "orders2"),
        )
    )
    return (
        f'<div class="panel"><div class="panel-heading">公告</div><div class="anounce account-verify">{view.notice_html()}</div></div>'
        f'<div class="modal" id="myModal"><div class="modal-body">{view.notice_html()}</div></div><ul class="stat">{counters}</ul>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(item: Item, cid: int) -> str:
    product = item.product
    way = "自动" if product.automatic else "手动"
    note = "自动发货商品，购买后自动发货" if product.automatic else "手动发货商品，购买后客服手动发货给你"
    stock = f"{item.stock}个" if item.stock else "缺货"
    return (
        f'<tr class="cid{cid}"><td class="stitle tableth2 ziti"><a title="{note}">{way}</a> '
        f'<font size="3" title="{html.escape(product.title)}">{html.escape(product.title)}</font><p class="desc">{html.escape(description(item))}</p></td>'
        f'<td><font title="商品售价">{item.price:.2f}元</font><br><font color="#bbb">销量:{item.sold}</font></td>'
        f'<td><font title="商品库存">{stock}</font></td><td><a href="./?mod=buy&amp;cid={cid}&amp;tid={product.id}">{"购买" if item.stock else "缺货"}</a></td></tr>'
    )


def _buy(item: Item) -> str:
    return (
        f'<h3>{html.escape(item.product.title)}</h3><input type="hidden" id="tid" value="{item.product.id}"><span id="need">{item.price:.2f}元</span>'
        f'<input id="inputvalue" placeholder="下单账号"><div class="desc">{html.escape(description(item))}</div>'
    )


def _ajax(view: View, visit: Visit) -> Response | None:
    act = visit.query.get("act", "")
    if not visit.own_page:
        return JSONResponse({"code": 403})
    if act == "getcount":
        return _count(view)
    if act == "getclass":
        rows = [
            {"cid": str(n), "zid": "1", "sort": str(n), "name": name, "shopimg": "", "active": "1"}
            for n, name in enumerate(view.categories, 1)
        ]
        return JSONResponse({"code": 0, "msg": "succ", "data": rows})
    if act == "gettool":
        return JSONResponse({"code": 0, "msg": "succ", "data": _tools(view, visit.query.get("cid", ""))})
    if act == "getleftcount":
        item = view.item(visit.form.get("tid", visit.query.get("tid", "")))
        return JSONResponse({"code": 0, "count": item.stock if item else "缺货"})
    if act in ("query", "order"):
        return JSONResponse({"code": -1, "msg": "请输入下单账号"})
    return None


def _count(view: View) -> Response:
    """Self-reported totals; all zeros where the owner hides them."""
    if view.counter is None:
        zeros = dict.fromkeys(("yxts", "orders", "orders1", "orders2", "money", "money1", "site"), 0)
        return JSONResponse({"code": 0, **zeros, "gift": [], "cart_count": 0})
    total, processed, today = view.counter
    mean = sum(item.price * item.product.share for item in view.items)
    return JSONResponse({
        "code": 0, "yxts": int(view.day) - view.platform.opened_day, "orders": str(total), "orders1": str(processed),
        "orders2": str(today), "money": f"{total * mean:.2f}", "money1": f"{today * mean:.2f}", "site": str(view.platform.index % 40),
        "gift": [], "cart_count": 0,
    })  # fmt: skip


def _tools(view: View, cid: str) -> list[dict[str, object]]:
    found = []
    for n, items in enumerate(view.categories.values(), 1):
        if cid not in ("", "0", str(n)):
            continue
        for place, item in enumerate(items, 1):
            found.append({
                "tid": str(item.product.id), "cid": str(n), "sort": str(place), "name": item.product.title, "value": "1",
                "price": f"{item.price:.2f}", "input": "下单账号", "inputs": "", "desc": description(item), "alert": "请勿重复下单",
                "shopimg": "", "multi": "1", "close": "0", "prices": f"10|{item.price * 0.97:.2f}", "min": "1", "max": "0",
                "isfaka": int(item.product.automatic),
            })  # fmt: skip
    return found
