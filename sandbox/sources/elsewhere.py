"""Places beside boards and registries: certificate logs, web archives' indexes, a forum's search and feed, channels' previews."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.operators import channel_posts
from sandbox.market.outages import out
from sandbox.market.parameters import SHANGHAI
from sandbox.market.platforms import Platform
from sandbox.market.prose import channel
from sandbox.market.stage import CAPTCHA, SOURCE_HOSTS, Stage
from sandbox.sources.complaint_boards import posts

HOST = SOURCE_HOSTS["elsewhere"]
HEADING = ["timestamp", "original", "statuscode", "digest"]


async def answer(stage: Stage, request: Request) -> Response:
    """One request to any of these places; each has a path of its own."""
    path, asked = request.url.path, request.query_params
    if path == "/" and asked.get("output") == "json":
        if out(stage, "registration"):  # an error page in place of the list, as when it is slow
            return HTMLResponse("<html><body>Sorry, something went wrong</body></html>", 502)
        return JSONResponse(_certificates(stage, asked.get("q", "")))
    if path == "/collinfo.json":
        return JSONResponse([{"id": "CC-MAIN-2026-05", "cdx-api": f"http://{HOST}/CC-MAIN-2026-05-index"}])
    if path == "/cdx/search/cdx":
        if out(stage, "archives"):
            return PlainTextResponse("Please reduce your request rate.", 503)
        captures = _captures(stage, asked.get("url", ""), 3)
        return JSONResponse([HEADING, *captures] if captures else [])
    if path.endswith("-index"):
        host = asked.get("url", "").removesuffix("/*")
        if not (captures := _captures(stage, host, 7)):
            return JSONResponse({"message": f"No Captures found for: {host}/*"}, 404)
        lines = (
            f'{{"timestamp": "{row[0]}", "status": "{row[2]}", "url": "{row[1]}"}}\n' for row in captures
        )
        return PlainTextResponse("".join(lines))
    if path.startswith("/web/"):
        return _old_page(stage, path)
    if path == "/api/search":
        if out(stage, "forums"):
            return HTMLResponse(CAPTCHA)
        return JSONResponse(_search(stage, asked.get("q", "")))
    if path == "/index.xml":
        return Response(_feed(stage), media_type="application/atom+xml")
    return HTMLResponse(f"<html><body><div class='tgme_page'></div>{_channel(stage, path)}</body></html>")


def _platform(stage: Stage, host: str) -> Platform | None:
    platform = stage.market.by_host.get(host)
    return platform if platform is not None and platform.registered_on <= stage.local.date() else None


def _certificates(stage: Stage, host: str) -> list[dict[str, object]]:
    """One every ninety days since the domain was registered, each logged twice; the names repeat."""
    platform, found = _platform(stage, host), []
    if platform is None:
        return []
    day = datetime.combine(platform.registered_on, datetime.min.time())
    while day.date() <= stage.local.date() and len(found) < 400:
        for logged in (1, 2):
            found.append(
                {
                    "issuer_name": "C=US, O=Let's Encrypt, CN=R3",
                    "common_name": host,
                    "name_value": "\n".join((host, f"*.{host}", *platform.certificate)),
                    "id": len(found),
                    "entry_timestamp": f"{day:%Y-%m-%dT01:02:03}.{logged}",
                    "not_before": f"{day:%Y-%m-%dT00:00:00}",
                    "not_after": f"{day + timedelta(days=90):%Y-%m-%dT00:00:00}",
                    "serial_number": f"{len(found) // 2:020x}",
                }  # fmt: skip
            )
        day += timedelta(days=90)
    return found


def _captures(stage: Stage, host: str, every: int) -> list[list[str]]:
    """Of one shop in `every` a few captures since it began; the others were never archived, however old they are."""
    platform = _platform(stage, host)
    if platform is None or scatter(platform.index, every) % every:
        return []
    span = (stage.local.date() - platform.registered_on).days
    days = [platform.registered_on + timedelta(days=span * part // 4) for part in range(1, 4)]
    return [
        [f"{day:%Y%m%d}030405", f"http://{host}/", ("200", "-", "302")[n % 3], f"D{n}"]
        for n, day in enumerate(days)
    ]


def _old_page(stage: Stage, path: str) -> Response:
    """What a shop's page was on the day of a capture: the footer of then, a rule about balances, somebody's telephone."""
    host = path.partition("id_/")[2].removeprefix("http://").partition("/")[0]
    platform = _platform(stage, host)
    if platform is None:
        return HTMLResponse("<html><body>The Wayback Machine has not archived that URL.</body></html>", 404)
    if path.endswith("/terms"):
        return HTMLResponse(
            "<html><body><p>一经售出概不退款，退款只退回账户余额，不支持原路退回。</p></body></html>"
        )
    filing = platform.filing.footer or ""
    return HTMLResponse(
        f"<html><body><h1>{escape(platform.name)}</h1><a href='/terms'>服务条款</a><p>充值会员，自动发货，客服电话 13800138000。</p>"
        f"<p>公告：账户余额三个月未用自动清零。</p><footer><a href='https://beian.miit.gov.cn'>{escape(filing)}</a></footer></body></html>"
    )


def _search(stage: Stage, word: str) -> dict[str, object]:
    """The complaints the provincial board has too, found by the shop's host; the member is part of the answer."""
    market, hits = stage.market, []
    for index in posts(stage):
        platform = market.platforms[int(market.complaints.platform[index])]
        if word.strip() in (platform.host, platform.name):
            at = datetime.combine(market.parameters.starts_on, datetime.min.time()) + timedelta(
                days=float(market.complaints.filed[index])
            )
            source = {"id": 1_000_000 + index, "title": f"<em>{platform.host}</em> 付款后没发货", "content": f"在 {platform.host} 付款，卡密没到，客服 QQ 10001{index % 1000:03d}",
                      "node": 300, "replies": index % 20, "created": f"{at:%Y-%m-%dT%H:%M:%S}", "member": f"user{index}"}  # fmt: skip
            hits.append({"_source": source})
    return {"took": 3, "total": len(hits), "hits": hits[:50]}


def _channel(stage: Stage, path: str) -> str:
    """The preview of a shop's channel: one has one, of all others it is switched off."""
    shops = (p for p in stage.market.platforms if p.channel and path == f"/s/{channel(p)}")
    shop = next(shops, None)
    if shop is None or stage.day < shop.opened_day:
        return ""
    return "".join(
        f'<div class="tgme_widget_message" data-post="{channel(shop)}/{number}"><div class="tgme_widget_message_text">{escape(words)}</div>'
        f'<time datetime="{stage.market.parameters.moment(on + 0.5).isoformat()}"></time></div>'
        for number, (on, words) in enumerate(channel_posts(shop, int(stage.day), stage.market.parameters), 1)
    )


def _feed(stage: Stage) -> str:
    """The newest topics of a forum: none of them about a shop."""
    at = stage.now.astimezone(SHANGHAI)
    entries = "".join(
        f"<entry><title>{escape(title)}</title><link rel='alternate' href='http://v2ex.sandbox.test/t/{9_000_000 + n}#reply1'/>"
        f"<published>{(at - timedelta(hours=n)).isoformat()}</published><author><name>member{n}</name></author><content type='html'>正文</content></entry>"
        for n, title in enumerate(("周末去哪儿", "求推荐显示器"))
    )
    return f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>V2EX</title>{entries}</feed>'
