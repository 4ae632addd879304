"""The complaint site: JSON endpoints with their login wall, page limit, JSONP and counters as strings."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market.complaints import FIRST_RUNNING, PUBLISHED_PER_DAY, SN_OFFSET
from sandbox.market.goods import scatter
from sandbox.market.market import Market
from sandbox.market.parameters import SHANGHAI
from sandbox.market.platforms import Platform
from sandbox.market.stage import SOURCE_HOSTS, Stage
from sandbox.market.texts import DECOYS

# What the complaint site knows about one complaint at a moment: its state, token, company and stars. No wire format here.

HOST = SOURCE_HOSTS["heimao"]
ALIASES = ("机灵喵", "洞察喵", "友爱喵", "正义喵", "勇敢喵", "诚实喵")
FIELDS = (("9", "网络购物"), ("17", "虚拟充值"), ("21", "数字会员"), ("30", "生活服务"))


def status(market: Market, index: int, day: float) -> int:
    """1 passed, 3 to be assigned, 4 being handled, 6 replied, 7 completed, 8 closed, at `day`."""
    c = market.complaints
    if c.completed[index] <= day:
        return 7
    if c.replied[index] <= day:
        return 6
    age = day - c.filed[index]
    if market.words(index).kinds[0] == "spam" and age > 3:
        return 8
    return 1 if age < 0.1 else 3 if age < 0.5 else 4


def sld(market: Market, number: str) -> str:
    """The token without which a detail page does not open."""
    return hashlib.md5(f"{market.parameters.seed}:{number}".encode(), usedforsecurity=False).hexdigest()


def company_of(market: Market, index: int) -> str:
    """couid of the company a complaint is filed against, "" when it is only named in words."""
    k = int(market.complaints.platform[index])
    if k >= 0:
        return market.platforms[k].couid or ""
    names = [name for name, _, _ in DECOYS]
    return str(3000000000 + 101 * names.index(market.words(index).object))


def stars(market: Market, index: int, day: float) -> dict[str, Any]:
    """1-5 stars after completion, zeros before."""
    if not market.complaints.completed[index] <= day:
        return {"attitude": 0, "process": 0, "satisfaction": 0, "evalContent": ""}
    praised = int(market.complaints.origin[index]) == 2
    low = 5 if praised else 1 + scatter(index, 12) % 5
    return {
        "attitude": low,
        "process": low,
        "satisfaction": low,
        "evalContent": "非常满意" if praised else "",
    }


# The complaint site as busy as it is: the market's complaints among 22,000 a day about everybody else. Wire format in heimao.py.

OTHERS = (
    "宽带退费",
    "机票退改",
    "快递丢件",
    "装修延期",
    "培训退费",
    "二手手机成色不符",
    "酒店订单取消",
    "外卖少送",
)
PINNED = 400_000
"""How far below the newest running number the complaint lies that the site keeps on top of its first page."""
Item = Callable[[Stage, int], dict[str, Any]]


def feed_page(stage: Stage, number: int, size: int, item: Item) -> list[dict[str, Any]]:
    """Page `number` of the feed, newest first: entries of `item` for the market's complaints, of our own for all others."""
    filed, running = stage.market.complaints.filed, stage.market.complaints.running
    now = int(stage.day * PUBLISHED_PER_DAY)
    first = int(np.searchsorted(filed, stage.day, side="right"))
    wanted = number * size
    others = [FIRST_RUNNING + 2 * (now - n) for n in range(wanted)]
    ours = {int(running[i]): i for i in range(max(0, first - wanted), first)}
    newest = sorted({*others, *ours}, reverse=True)[(number - 1) * size : wanted]
    shown = [item(stage, ours[n]) if n in ours else _other(stage, n) for n in newest]
    if number == 1:
        shown = [_other(stage, FIRST_RUNNING + 2 * now - PINNED), *shown[:-1]]
    return shown


def _other(stage: Stage, running: int) -> dict[str, Any]:
    sn, title = str(SN_OFFSET + running), OTHERS[scatter(running, 1) % len(OTHERS)]
    day = (running - FIRST_RUNNING) / 2 / PUBLISHED_PER_DAY
    return {
        "sn": sn, "title": title, "cotitle": f"示例公司{scatter(running, 2) % 900}", "couid": str(4_000_000_000 + scatter(running, 2) % 900),
        "appeal": "退款", "issue": "不予退款", "comment_id": f"tousu_complaint_{running}", "summary": f"{title}，要求处理。", "status": 4,
        "timestamp": str(int(stage.market.parameters.moment(day).timestamp())), "id": str(running), "share_amount": 0, "comment_amount": 0,
        "url": f"//{HOST}/complaint/view/{sn}/?sld={sld(stage.market, sn)}", "upvote_amount": 0,
        "evaluate_u": {"attitude": 0, "process": 0, "satisfaction": 0, "evalContent": ""},
    }  # fmt: skip


# The complaint site's HTML: detail pages with their unclosed item, company pages, the login page and the missing page.

STATES = {1: "审核通过", 3: "待分配", 4: "处理中", 6: "已回复", 7: "已完成", 8: "已关闭"}


def _frame(title: str, body: str) -> str:
    menu = "".join(f'<li><a href="/field/{i}/">{name}</a></li>' for i, name in FIELDS)
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<link rel="stylesheet" href="/static/ts.css"></head><body><div class="header"><ul class="nav">{menu}</ul></div>'
        f'<div class="wrap">{body}</div><div class="side">{SIDE}</div><div class="foot">消费者服务平台（演练）</div></body></html>'
    )


SIDE = "".join(
    f'<div class="tip tip-{i}"><h4>投诉须知 {i}</h4><p>请如实填写投诉内容，保留订单截图、支付凭证与沟通记录。'
    "平台将在审核通过后转交商家处理，商家回复后请及时确认。请勿在投诉内容中填写他人隐私。</p></div>"
    for i in range(1, 41)
)


def front() -> str:
    """The home page, without lists."""
    return _frame("投诉平台（演练）", "<h1>投诉平台</h1><p>最新投诉由接口提供。</p>")


def missing() -> str:
    """What a deleted complaint, or one opened without its token, looks like."""
    return _frame("页面不存在", '<div class="error"><p>页面不存在</p></div>')


def login_page() -> str:
    """HTML where JSON was expected: the login wall."""
    return _frame(
        "登录",
        '<div class="login"><h2>登录</h2><p>请使用微博帐号登录后继续浏览</p><a href="/login/weibo">微博登录</a></div>',
    )


def company(stage: Stage, couid: str) -> str:
    """A company page that links to the counters."""
    platform = next((p for p in stage.market.platforms if p.couid and p.couid == couid), None)
    if platform is None:
        return missing()
    return _frame(
        platform.name,
        f'<h1 class="company">{platform.name}</h1><p>投诉数据见接口 /api/company/info?couid={couid}</p>',
    )


def detail(stage: Stage, number: str, token: str) -> str:
    """The page of one complaint as of the simulated present."""
    market = stage.market
    c = market.complaints
    index = int(c.running.searchsorted(int(number) - SN_OFFSET))
    real = index < len(c) and int(number) - SN_OFFSET >= FIRST_RUNNING and c.number(index) == number
    if not real or c.filed[index] > stage.day or token != sld(market, number):
        return missing()
    words = market.words(index)
    filed = market.parameters.moment(c.filed[index]).astimezone(SHANGHAI)
    who = ALIASES[index % 6]
    couid = company_of(market, index)
    target = html.escape(words.object)
    if couid:
        target = f'<a href="//{HOST}/company/view/?couid={couid}">{target}</a>'
    # The real site never closes the 使用服务 item; readers must not rely on </li>.
    facts = (
        f"<li><label>投诉编号</label>{number}</li>\n   <li><label>投诉对象</label>{target}</li>\n"
        f"   <li><label>使用服务</label>数字充值\n   <li><label>投诉问题</label>{words.issue}</li>\n"
        f"   <li><label>投诉要求</label>{words.appeal}</li>\n   <li><label>涉诉金额</label>{words.amount:.2f}元</li>\n"
        f"   <li><label>投诉进度</label><b>{STATES[status(market, index, stage.day)]}</b></li>"
    )
    body = (
        '<div class="ts-d-l">\n <div class="ts-d-question">\n'
        f'  <div class="ts-d-user"><span class="u-name">{who}</span>'
        f'<span class="u-date">发布于 {filed:%Y年%m月%d日 %H:%M:%S}</span></div>\n'
        f'  <h1 class="article">{html.escape(words.title)}</h1>\n  <ul class="ts-q-list">\n   {facts}\n  </ul>\n </div>\n'
        f' <div class="ts-d-steplist">\n{_steps(stage, index, who)}\n </div>\n{_stars(stage, index)}</div>'
    )
    return _frame(words.title, body)


def _steps(stage: Stage, index: int, who: str) -> str:
    """Newest first; the last one holds the whole complaint."""
    market, c = stage.market, stage.market.complaints
    words = market.words(index)
    steps = [
        (c.filed[index], who, "发起投诉", words.text),
        (c.filed[index] + 0.1, "消费者服务平台", "审核通过", ""),
    ]
    steps.append((c.filed[index] + 0.5, "消费者服务平台", "分配商家", ""))
    if c.replied[index] <= stage.day:
        steps.append((c.replied[index], "商家客服", "回复投诉", words.reply))
    if c.completed[index] <= stage.day:
        steps.append((c.completed[index], who, "确认完成", ""))
    steps = [step for step in steps if step[0] <= stage.day]
    steps.sort(key=lambda step: -step[0])
    lines = []
    for day, name, state, text in steps:
        at = market.parameters.moment(day).astimezone(SHANGHAI)
        content = f'<div class="ts-d-cont"><p>{html.escape(text)}</p></div>' if text else ""
        lines.append(
            f'  <div class="ts-d-item"><span class="u-name">{name}</span><span class="u-status">{state}</span>'
            f'<span class="u-date">{at:%m-%d %H:%M:%S}</span>{content}</div>'
        )
    return "\n".join(lines)


def _stars(stage: Stage, index: int) -> str:
    given = stars(stage.market, index, stage.day)
    if not given["attitude"]:
        return ""
    pairs = (("服务态度", "attitude"), ("处理速度", "process"), ("满意度", "satisfaction"))
    items = "".join(f'<li>{label}：<i class="star{given[key]}"></i></li>' for label, key in pairs)
    return f' <div class="ts-d-pj"><ul>{items}</ul></div>\n'


PAGE_SIZE, LAST_PAGE = 10, 50
SPANS = {"week": 7, "month": 30, "season": 90}


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the complaint site."""
    if stage.outage("heimao"):
        return HTMLResponse(login_page())
    path, query = request.url.path.rstrip("/") or "/", request.query_params
    view = re.fullmatch(r"/complaint/view/(\d+)", path)
    if view:
        return HTMLResponse(detail(stage, view[1], query.get("sld", "")))
    if path == "/":
        return HTMLResponse(front())
    if path == "/company/view":
        return HTMLResponse(company(stage, query.get("couid", "")))
    if path in ("/api/index/s", "/index/search"):
        return HTMLResponse(login_page())
    handler = ENDPOINTS.get(path)
    if handler is None:
        return (
            _json(request, _refusal(10019, "页面不存在"))
            if path.startswith("/api/")
            else HTMLResponse(missing(), 404)
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
        lists = feed_page(stage, page, PAGE_SIZE, _feed_item)
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
