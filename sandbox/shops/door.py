"""Whether a visitor gets into a shop at all: closed, blocked, slow, walled or open; then the shop's layout answers."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.mall import HOST, NAME
from sandbox.market.platforms import Platform
from sandbox.market.stage import CAPTCHA, Hangup, Stage
from sandbox.shops import acg, rainbow, themes
from sandbox.shops.view import View, Visit

# robots.txt of every played host: plain, partial, slow, forbidding, broken or absent.

SOURCES = {
    "tousu.sina.test": "User-agent: *\nDisallow: /api/user/\nDisallow: /api/votes/\nDisallow: /api/complaint/\nDisallow: /api/sms/\n",
    "icp.sandbox.test": None,
    "rdap.sandbox.test": "User-agent: *\nAllow: /\n",
    "xiaofeibao.sandbox.test": "User-agent: *\nDisallow: /v6.5.1/\n",
    "rednet.sandbox.test": "User-agent: *\nDisallow: /admin/\n",
    "github.sandbox.test": None,
    "lists.sandbox.test": "User-agent: *\nAllow: /\n",
    "reference.sandbox.test": None,
    "elsewhere.sandbox.test": "User-agent: *\nDisallow: /search.json\n",
}
QUERY_PATHS = (
    "/order-search",
    "/search-order-by-sn",
    "/user/index/query",
    "/user/index/secret",
    "/s",
    "/*mod=query",
    "/*act=query",
    "/orders/",
)


def of_source(host: str) -> Response:
    """robots.txt of a played source; absent means 404."""
    text = SOURCES[host]
    return PlainTextResponse(text) if text is not None else PlainTextResponse("not found", 404)


def of_shop(platform: Platform) -> Response:
    """robots.txt of a shop by its part to play."""
    kind = platform.robots
    if kind == "missing":
        return HTMLResponse(
            "<html><head><title>404 Not Found</title></head><body><h1>404</h1></body></html>", 404
        )
    if kind == "error":
        return PlainTextResponse("internal server error", 500)
    if kind == "html":
        return HTMLResponse(
            f"<!DOCTYPE html><html><head><title>{platform.name}</title></head><body>首页</body></html>"
        )
    rules = {
        "allow": "Allow: /\n",
        "disallow_query": "".join(f"Disallow: {path}\n" for path in QUERY_PATHS),
        "crawl_delay": "Disallow: /admin/\nCrawl-delay: 5\n",
        "forbid_all": "Disallow: /\n",
    }
    return PlainTextResponse(f"User-agent: *\n{rules[kind]}")


Layout = Callable[[View, Visit], Response | None]
LAYOUTS: dict[str, Layout] = {
    "unicorn": themes.unicorn_page, "luna": themes.luna_page, "acg": acg.page, "rainbow": rainbow.page, "cardsystem": themes.cardsystem_page,
    "plain": themes.plain_page, "spa": themes.spa_page, **dict.fromkeys(themes.LISTS, themes.page),
}  # fmt: skip
JS_CHALLENGE = (
    "<html><script>var arg1='{token}';function setCookie(n,v){{document.cookie=n+'='+v}}"
    "function go(){{setCookie('acw_sc__v2',arg1);document.location.reload()}}setTimeout(go,2);</script></html>"
)
COOKIE_WALL = (
    '<html><head><meta charset="utf-8"><title>正在加载中</title><script>function setCookie(n,v){document.cookie=n+"="+v}'
    "var sec_defend_time=0;setCookie('sec_defend','demo');setCookie('sec_defend_time',1);window.location.reload();</script></head><body></body></html>"
)
UNFILED = (
    '<html><head><meta charset="utf-8"><title>TestPage</title></head><body><h2>网站暂时无法访问</h2>'
    "<p>该域名未备案，根据工信部规定，未备案的域名不得提供访问服务。请联系接入服务商完成备案。</p></body></html>"
)
FROZEN = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>提示</title></head><body><div class="msg">店铺已被冻结</div><a href="/s#/report">投诉订单</a></body></html>'
PANEL_STOP = (
    '<!doctype html><html><head><meta charset="utf-8"><title>没有找到站点</title></head><body><div><h3>没有找到站点</h3>'
    "<p>您的请求在Web服务器中没有找到对应的站点！</p><ul><li>您没有将此域名或IP绑定到对应站点!</li><li>配置文件未生效!</li></ul></div></body></html>"
)
EXPIRED = '<html><head><meta charset="utf-8"><title>域名已过期</title></head><body><h1>该域名已过期</h1><p>如需继续使用，请联系注册商办理续费。</p></body></html>'
GOODBYE = (
    '<html><head><meta charset="utf-8"><title>关站公告</title></head><body><h2>关站公告</h2><p>由于个人原因，本站已停止运营，'
    "感谢大家一直以来的支持。</p></body></html>"
)
ENDS = {"frozen": FROZEN, "panel_stop": PANEL_STOP, "expired": EXPIRED, "goodbye": GOODBYE}
DIVERTED = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>温馨提示</title></head><body><h2>该网址存在风险，已被依法拦截</h2>'
    "<p>您访问的网址涉嫌电信网络诈骗，运营商已停止解析。请不要向对方转账。</p></body></html>"
)
"""What a carrier shows in place of a site on its list, whoever asks: a fact about the line, not about the site."""
MAINTENANCE = '<!DOCTYPE html><html><head><meta charset="utf-8"><title>店铺正在维护</title></head><body><h1>店铺正在维护，请稍后访问</h1><p>预计维护至{month}月{day}日 12:00</p></body></html>'


async def answer(stage: Stage, platform: Platform, request: Request) -> Response:
    """One request to a shop; raises Hangup where the connection is cut."""
    day, path = stage.day, request.url.path
    if day < platform.opened_day:
        raise Hangup
    if platform.ended(day):
        if platform.moves_to and path == "/robots.txt":
            return of_shop(platform)
        return _after_the_end(platform)
    state = stage.market.probe(platform, day)
    if state == "down":
        return _down(stage, platform, stage.market.clamp(day))
    if path == "/robots.txt":
        return of_shop(platform)
    if state == "slow":
        seconds = float(stage.market.days.latency[platform.index, stage.market.clamp(day)]) / 1000
        await asyncio.sleep(seconds * stage.latency * (1.0 if path == "/" else 0.1))
    if state == "refused":
        diverted = stage.market.is_diverted(platform, day)
        # A carrier's list holds on its own lines alone: from another place the shop answers.
        if not (diverted and stage.from_elsewhere(request)):
            return HTMLResponse(DIVERTED) if diverted else _refuse(platform)
    form = {k: str(v) for k, v in (await request.form()).items()} if request.method == "POST" else {}
    visit = Visit(request.method, path, dict(request.query_params), form, _own_page(request))
    view = View(stage.market, platform, day)
    response = _static(path) or LAYOUTS[platform.software](view, visit)
    return response or HTMLResponse(
        "<html><head><title>404 Not Found</title></head><body>404</body></html>", 404
    )


def _after_the_end(platform: Platform) -> Response:
    kind = platform.afterlife
    if kind == "moved":
        return RedirectResponse(f"http://{platform.moves_to}/", 301)
    if kind == "unfiled_block":
        return HTMLResponse(UNFILED, 403)
    if kind in ENDS:
        return HTMLResponse(ENDS[kind])
    if kind == "bad_gateway":
        return _bad_gateway()
    raise Hangup


def _down(stage: Stage, platform: Platform, day: int) -> Response:
    kind = scatter(platform.index, day) % 3
    if kind == 0:
        raise Hangup
    if kind == 1:
        back = stage.market.parameters.date_of(day + 1)
        return HTMLResponse(
            MAINTENANCE.format(month=back.month, day=back.day), 503 if platform.software != "acg" else 200
        )
    return _bad_gateway()


def _bad_gateway() -> Response:
    return HTMLResponse(
        "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>",
        502,
    )


def _refuse(platform: Platform) -> Response:
    if platform.condition == "captcha":
        return HTMLResponse(CAPTCHA)
    if platform.condition == "js_challenge":
        token = f"{scatter(platform.index, 1):08X}" * 5
        return HTMLResponse(
            JS_CHALLENGE.format(token=token), headers={"set-cookie": "acw_tc=demo;path=/;HttpOnly"}
        )
    if platform.condition == "cookie_wall":
        return HTMLResponse(COOKIE_WALL, headers={"set-cookie": "mysid=demo; path=/"})
    return HTMLResponse(
        "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>", 403
    )


def _static(path: str) -> Response | None:
    """Style sheets, scripts and icons: small but real."""
    if path.endswith(".css"):
        return Response("body{margin:0}", media_type="text/css")
    if path.endswith(".js"):
        return Response("/* demo */", media_type="application/javascript")
    if path.endswith((".ico", ".png", ".jpg", ".svg")):
        return PlainTextResponse("", 204)
    return None


def _own_page(request: Request) -> bool:
    referer = urlsplit(request.headers.get("referer", "")).hostname
    return referer is not None and referer == request.headers.get("host", "").split(":")[0]


# The pages of the mall: its front, its robots.txt, and each merchant's shop at its path.


async def mall_answer(stage: Stage, mall: Platform, request: Request) -> Response:
    """One request to the mall: its front, its robots.txt, or a merchant's shop at its path."""
    path = request.url.path
    if path == "/robots.txt":
        return of_shop(mall)
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
    return await answer(stage, merchant, Request(inside, request.receive))


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
