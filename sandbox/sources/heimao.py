"""The complaint site: JSON endpoints with their login wall, page limit, JSONP and counters as strings. Pages are in heimao_pages.py."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.market import Market
from sandbox.market.parameters import SHANGHAI
from sandbox.market.platforms import Platform
from sandbox.market.stage import Stage
from sandbox.sources import heimao_crowd, heimao_pages
from sandbox.sources.heimao_facts import ALIASES, FIELDS, HOST, company_of, sld, stars, status

PAGE_SIZE, LAST_PAGE = 10, 50
SPANS = {"week": 7, "month": 30, "season": 90}


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the complaint site."""
    if stage.outage("heimao"):
        return HTMLResponse(heimao_pages.login_page())
    path, query = request.url.path.rstrip("/") or "/", request.query_params
    view = re.fullmatch(r"/complaint/view/(\d+)", path)
    if view:
        return HTMLResponse(heimao_pages.detail(stage, view[1], query.get("sld", "")))
    if path == "/":
        return HTMLResponse(heimao_pages.front())
    if path == "/company/view":
        return HTMLResponse(heimao_pages.company(stage, query.get("couid", "")))
    if path in ("/api/index/s", "/index/search"):
        return HTMLResponse(heimao_pages.login_page())
    handler = ENDPOINTS.get(path)
    if handler is None:
        return (
            _json(request, _refusal(10019, "页面不存在"))
            if path.startswith("/api/")
            else HTMLResponse(heimao_pages.missing(), 404)
        )
    result = handler(stage, dict(query))
    if path == "/api/index/feed" and result["result"]["data"]:
        request.state.shown = [item["main"]["sn"] for item in result["result"]["data"]["lists"]]
    return _json(request, result)


def _json(request: Request, body: dict[str, Any]) -> Response:
    callback = request.query_params.get("callback", "")
    if re.fullmatch(r"[A-Za-z_$][\w$]*", callback):
        text = json.dumps(body, ensure_ascii=False)
        return Response(
            f"try{{{callback}({text});}}catch(e){{}};", media_type="application/javascript; charset=utf-8"
        )
    return JSONResponse(body)


def _result(data: Any, **more: Any) -> dict[str, Any]:
    return {"result": {"status": {"code": 0, "msg": ""}, **more, "data": data}}


def _refusal(code: int, message: str) -> dict[str, Any]:
    return {"result": {"status": {"code": code, "msg": message}, "data": None}}


def _page(query: dict[str, str]) -> int:
    return max(1, int(query["page"])) if query.get("page", "").isdigit() else 1


def _feed(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    """Newest complaints of the whole site, ten a page whatever is asked, fifty pages without login.

    The 500 newest of the real site are half an hour's. Here the market's own complaints fill them, so that a visit a week
    shows something; with the fault {"heimao": {"mode": "busy"}} they drown among the site's others as they really do.
    """
    page = _page(query)
    if page > LAST_PAGE:
        return _refusal(10017, "登录查看更多")
    fault = stage.fault(HOST)
    if fault and fault["mode"] == "busy":
        lists = heimao_crowd.page(stage, page, PAGE_SIZE, _feed_item)
        items = [{"main": main, "author": _author(n)} for n, main in enumerate(lists)]
        return _result({"lists": items, "pager": _pager(page, PAGE_SIZE * LAST_PAGE)})
    count = int(np.searchsorted(stage.market.complaints.filed, stage.day, side="right"))
    shown = range(count - 1 - (page - 1) * PAGE_SIZE, max(-1, count - 1 - page * PAGE_SIZE), -1)
    lists = [{"main": _feed_item(stage, i), "author": _author(i) | {"wb_profile": ""}} for i in shown]
    return _result({"lists": lists, "pager": _pager(page, min(count, PAGE_SIZE * LAST_PAGE))})


def _author(index: int) -> dict[str, str]:
    return {
        "title": ALIASES[scatter(index, 3) % 6],
        "avatar": f"https://img.sandbox.test/{scatter(index, 4) % 9}.png",
    }


def _pager(page: int, items: int) -> dict[str, int]:
    pages = -(-items // PAGE_SIZE)
    return {
        "current": page, "next": min(page + 1, pages), "page_amount": pages, "page_size": PAGE_SIZE, "item_count": items,
    }  # fmt: skip


def _item(stage: Stage, index: int) -> dict[str, Any]:
    """Keys that every list shares."""
    market, words = stage.market, stage.market.words(index)
    number = market.complaints.number(index)
    summary = words.text if len(words.text) <= 150 else words.text[:150] + "..."
    return {
        "sn": number, "title": words.title, "cotitle": words.object, "couid": company_of(market, index),
        "appeal": words.appeal, "issue": words.issue, "comment_id": f"tousu_complaint_{market.complaints.running[index]}",
        "summary": summary, "status": status(market, index, stage.day), "timestamp": "",
        "url": f"//{HOST}/complaint/view/{number}/?sld={sld(market, number)}", "share_amount": 0, "comment_amount": 0,
        "upvote_amount": scatter(index, 8) % 4,
    }  # fmt: skip


def _feed_item(stage: Stage, index: int) -> dict[str, Any]:
    """A feed item: unix seconds as a string, keyword marked, an address without scheme."""
    market = stage.market
    item = _item(stage, index)
    item["id"] = str(market.complaints.running[index])
    for key in ("title", "cotitle"):
        item[key] = item[key].replace("卡盟", '<span class="code-red">卡盟</span>')
    item["timestamp"] = str(int(market.parameters.moment(market.complaints.filed[index]).timestamp()))
    item["evaluate_u"] = stars(market, index, stage.day)
    return item


def _received(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    """Complaints of one company: behind the login wall, unless the fault {"heimao": {"mode": "open"}} takes it down."""
    fault = stage.fault(HOST)
    if not fault or fault["mode"] != "open":
        return _refusal(10005, "请先登录")
    platform = _by_couid(stage.market, query.get("couid", ""))
    if platform is None:
        return _refusal(10019, "页面不存在")
    filed = stage.market.complaints.filed
    mine = [int(i) for i in stage.market.mine[platform.index][::-1] if filed[i] <= stage.day]
    page = _page(query)
    shown = [
        {"main": _received_item(stage, i), "author": _author(i)}
        for i in mine[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    ]
    return _result(
        {"complaints": shown, "pager": _pager(page, len(mine))}, timestamp=str(int(stage.now.timestamp()))
    )


def _received_item(stage: Stage, index: int) -> dict[str, Any]:
    """A company list item: `timestamp` is a calendar day, the time is in `created_at`."""
    moment = stage.market.parameters.moment(stage.market.complaints.filed[index])
    item = _item(stage, index)
    item["timestamp"] = moment.astimezone(SHANGHAI).strftime("%Y-%m-%d")
    item["created_at"] = str(int(moment.timestamp()))
    item["is_upvote"] = False
    item["url"] = "http:" + item["url"]
    return item


def _by_couid(market: Market, couid: str) -> Platform | None:
    return next((p for p in market.platforms if p.couid and p.couid == couid), None)


def _known(stage: Stage) -> list[tuple[Platform, tuple[int, ...]]]:
    """Companies the site knows at the simulated present, with their counters."""
    day = stage.day
    return [
        (p, stage.market.company_counters(p, day))
        for p in stage.market.platforms
        if p.couid and p.opened_day <= day
    ]


def _points(platform: Platform, values: tuple[int, ...]) -> str:
    return f"{1 + 4 * (values[2] + 1) / (values[0] + 2):.0f}"


def _main_search(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    """Companies whose name holds the keyword, or the ranking by volume when there is none."""
    keyword = query.get("keyword", "").strip()
    known = _known(stage)
    if keyword:
        known = [(p, v) for p, v in known if keyword in p.name or p.word in keyword]
    else:
        known.sort(key=lambda pair: -pair[1][3 if query.get("sort_col") == "4" else 0])
    page = _page(query)
    rows = []
    for p, v in known[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]:
        title = (
            p.name.replace(keyword, f'<span class="code-red">{html.escape(keyword)}</span>')
            if keyword
            else p.name
        )
        rows.append({
            "title": title, "uid": p.couid, "sid": "", "valid_amt": str(v[0]), "valid30d": str(v[3]),
            "replied_amt": str(v[1]), "completed_amt": str(v[2]), "eval_points": _points(p, v),
            "url": f"//{HOST}/company/view/?couid={p.couid}",
        })  # fmt: skip
    return _result({"lists": rows, "pager": _pager(page, len(known))})


def _company_search(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    """The form's helper: names and ids only."""
    keyword = query.get("keywords", "").strip()
    hits = [p for p, _ in _known(stage) if keyword and keyword in p.name]
    return _result({"lists": [{"title": p.name, "uid": p.couid} for p in hits[:PAGE_SIZE]]})


def _info(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    """Counters of one company, every one of them a string."""
    platform = _by_couid(stage.market, query.get("couid", ""))
    if platform is None or platform.opened_day > stage.day:
        return _refusal(10019, "页面不存在")
    v = stage.market.company_counters(platform, stage.day)
    return _result({
        "name": platform.name, "eval_points": _points(platform, v), "valid_amt": str(v[0]), "replied_amt": str(v[1]),
        "completed_amt": str(v[2]), "valid30d": str(v[3]), "reply30d": str(v[4]), "complete30d": str(v[5]), "bkrpt": "0",
        "is_noexp": False, "pzxfmember": "0", "is_virtual": str(int(platform.index % 3 == 0)),
    })  # fmt: skip


def _services(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    platform = _by_couid(stage.market, query.get("couid", ""))
    if platform is None:
        return _refusal(10019, "页面不存在")
    v = stage.market.company_counters(platform, stage.day)
    row = {"name": "数字充值", "sid": f"{platform.couid}1", "valid_amt": str(v[0]), "valid30d": str(v[3])}
    return _result([row | {"replied_amt": str(v[1]), "completed_amt": str(v[2])}])


def _fields(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    return _result([{"id": i, "title": title} for i, title in FIELDS])


def _rank(stage: Stage, query: dict[str, str]) -> dict[str, Any]:
    """red = best, black = worst completion share over the span, reply = best reply share."""
    day, kind = stage.day, query.get("type", "black")
    span = SPANS.get(query.get("span", "week"), 7)
    scored = []
    for p, now in _known(stage):
        then = stage.market.company_counters(p, day - span)
        new, replied, done = (now[i] - then[i] for i in range(3))
        if new > 0:
            scored.append(((replied if kind == "reply" else done) / new, new, p))
    scored.sort(key=lambda row: (row[0] if kind == "black" else -row[0], -row[1], row[2].host))
    rows = [
        {"rank": n, "title": p.name, "sid": "", "uid": p.couid} for n, (_, _, p) in enumerate(scored[:10], 1)
    ]
    return _result(rows)


ENDPOINTS = {
    "/api/index/feed": _feed, "/api/company/main_search": _main_search, "/api/company/search": _company_search,
    "/api/company/info": _info, "/api/company/rel_service": _services, "/api/company/received_complaints": _received,
    "/api/company/service_complaints": _received, "/api/top_rank/rank_fields": _fields, "/api/top_rank/rank": _rank,
}  # fmt: skip
