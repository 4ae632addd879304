"""Layout of no known software that shows nothing without JavaScript: an inline script fetches its own JSON and draws the page."""

from __future__ import annotations

from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.shops.view import View, Visit, description, style_sheet

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


def page(view: View, visit: Visit) -> Response | None:
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
