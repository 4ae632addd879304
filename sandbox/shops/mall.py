"""The pages of the mall: its front, its robots.txt, and each merchant's shop at its path."""

from __future__ import annotations

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sandbox.market.mall import HOST, NAME
from sandbox.market.platforms import Platform
from sandbox.market.stage import Stage
from sandbox.shops import door, robots


async def answer(stage: Stage, mall: Platform, request: Request) -> Response:
    """One request to the mall: its front, its robots.txt, or a merchant's shop at its path."""
    path = request.url.path
    if path == "/robots.txt":
        return robots.of_shop(mall)
    if path in ("/", "/index.html"):
        return _front(stage)
    _, _, rest = path.partition("/shop/")
    token, _, page = rest.partition("/")
    merchant = stage.market.by_host.get(f"{HOST}/shop/{token}")
    if not path.startswith("/shop/") or merchant is None or merchant.ended(stage.day):
        return HTMLResponse(
            f"<html><head><title>404 Not Found</title></head><body><h1>404</h1><p>{NAME}</p></body></html>",
            404,
        )
    inside = {**request.scope, "path": f"/{page}", "raw_path": f"/{page}".encode()}
    return await door.answer(stage, merchant, Request(inside, request.receive))


def _front(stage: Stage) -> Response:
    """The mall's own page: who it is, and a link to every shop in it; it sells nothing itself."""
    shops = "".join(
        f'<li><a href="/shop/{p.host.rpartition("/")[2]}">{html.escape(p.name)}</a></li>'
        for p in stage.market.platforms
        if p.host.startswith(f"{HOST}/") and not p.ended(stage.day)
    )
    mall = stage.market.by_host[HOST]
    filed = f'<a href="https://beian.miit.gov.cn/">{mall.filing.footer}</a>' if mall.filing.footer else ""
    return HTMLResponse(
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{NAME} - 商家入驻平台</title></head><body>'
        f"<h1>{NAME}</h1><p>本站为商家提供店铺页面，商品由入驻商家自行发布与发货，交易问题请先联系店铺客服。</p><ul>{shops}</ul>"
        f"<footer>© {NAME} {mall.operator} {filed}</footer></body></html>"
    )
