"""Layout of no known software: an old hand-made page in GBK that names its encoding neither in a header nor in the page."""

from __future__ import annotations

import html

from starlette.responses import Response

from sandbox.market import prose
from sandbox.shops.view import Item, View, Visit, description, paragraphs, style_sheet


def page(view: View, visit: Visit) -> Response | None:
    """The answer to one visit, None for an unknown path."""
    path = visit.path
    if path in ("/", "/index.html", "/index.asp"):
        return _html(view, view.platform.name, _home(view))
    if path == "/help.asp":
        return _html(view, "服务条款", paragraphs(view.terms))
    if path == "/contact.asp":
        return _html(view, "联系我们", f"<p>{prose.contact_text(view.platform)}</p>{view.contact_links()}")
    return None


def _html(view: View, title: str, body: str) -> Response:
    footer = view.footer().replace("©", "(C)")
    text = f"""<html><head><title>{html.escape(title)}</title>{style_sheet(view.platform.index + 4500)}</head><body bgcolor="#ffffff">
<h1>{view.platform.name}</h1><p><a href="/index.asp">首页</a> <a href="/help.asp">服务条款</a> <a href="/contact.asp">联系我们</a></p>
{body}<hr><div id="footer" align="center">{footer}<br>{view.counter_line()}</div></body></html>"""
    return Response(text.encode("gbk"), headers={"content-type": "text/html"})


def _home(view: View) -> str:
    rows = "".join(_row(item) for item in view.items)
    return f'<h3>最新公告</h3><div class="gonggao">{view.notice_html()}</div>{view.contact_links()}<table border="1">{rows}</table>'


def _row(item: Item) -> str:
    stock = f"库存{item.stock}" if item.stock else "缺货"
    return (
        f"<tr><td>{html.escape(item.product.title)}</td><td class='price'>￥{item.price:.2f}</td><td>{stock}</td>"
        f"<td>已售{item.sold}</td><td>{html.escape(description(item))}</td></tr>"
    )
