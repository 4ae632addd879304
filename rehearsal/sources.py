"""What is asked about shops elsewhere: complaint boards, the operator's filing service, registries, an issue tracker."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from rehearsal import places
from rehearsal.shops import CHANNELS, COMPANIES, FILINGS, NAMES
from rehearsal.state import CHINA, State
from rehearsal.web import Answer, Question

FEED_PAGES = 3
PAGE = 10
SN_ZERO = 17347204366
A_MINUTE = 30
"""Submissions in a minute, about what the board's numbering shows."""
COMPANY = "5075600077"
BRAND = 20911
"""The number of the first shop's brand page."""
_LOGIN = "<!doctype html><html><body><h1>登录</h1><p>请用微博账号登录</p></body></html>"
_REGISTERED = "2023-04-05"


def answer(question: Question, state: State) -> Answer | None:
    """One request to a source."""
    if question.host in state.silent:
        return None
    if question.host in state.walled:
        return Answer(_LOGIN)
    url = urlsplit(question.target)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    if url.path == "/robots.txt":
        if question.host == places.FORBIDDEN_FEED:
            return Answer("User-agent: *\nDisallow: /\n", 200, "text/plain")
        return Answer("", 404, "text/plain")
    given: Any
    if question.host == places.HEIMAO:
        return heimao(url.path, asked, state)
    if question.host == places.REDNET:
        return rednet(url.path, asked, question.body, state)
    if question.host == places.XIAOFEIBAO:
        known = asked.get("brand_id") == str(BRAND)
        given = (
            {"code": 200, "data": {"total": 412, "solve_rate": 61.2}}
            if known
            else {"code": 500, "msg": "品牌不存在"}
        )
        return _json(given)
    if question.host == places.BOOTSTRAP:
        return _json({"version": "1.0", "services": [[["com", "net"], [f"https://{places.RDAP}/com/v1/"]]]})
    if question.host == places.RDAP:
        return rdap(url.path)
    if question.host == places.NETWORKS:
        there = f"http://{places.REGION}{url.path.removeprefix('/registry')}"
        return Answer("", 302, headers={"Location": there})
    if question.host == places.REGION:
        return network(url.path)
    if question.host == places.GITHUB:
        return _json(_failures(state) if REGISTRY in url.path else [_issue(1, state)])
    if question.host == places.CHANNELS:
        return channel(url.path.rpartition("/")[2], state)
    return elsewhere(question.host, url.path, asked, state)


REGISTRY = "rehearsal-lost/registry"
"""A registry of failures kept as issues, which the operator names."""


def elsewhere(host: str, path: str, asked: dict[str, str], state: State) -> Answer:
    """Certificate logs, archives' indexes and a forum, in each place's own words."""
    if host == places.CERTIFICATE_LOG:
        if asked.get("q") == places.LATER_GONE:  # an error page in place of the list, as when it is slow
            return Answer("<html><body>Sorry, something went wrong</body></html>", 502)
        return _json(_certificates() if asked.get("q") == places.PLAIN else [])
    if host == places.WAYBACK and path.startswith("/web/"):
        said = (
            f"<p>会员自动充值，余额三个月未用自动清零，客服电话 {TELEPHONE}。</p>"
            if path.endswith(f"{places.CHINESE_NAME}/")
            else ""
        )
        return Answer(
            f"<html><body>{said}<footer>京ICP备2020000007号-1 旧示例科技有限公司</footer></body></html>"
        )
    if host == places.WAYBACK:
        known = asked.get("url", "").partition("/")[0] == places.CHINESE_NAME
        heading = ["timestamp", "original", "statuscode", "digest"]
        captures = [[f"2024{month}05030405", f"http://{places.CHINESE_NAME}/", said, f"D{month}"]
                    for month, said in (("02", "200"), ("05", "-"), ("09", "302"))]  # fmt: skip
        return _json([heading, *captures] if known else [])
    if host == places.COMMONCRAWL:
        if path == "/collinfo.json":
            return _json([{"id": "CC-MAIN-2026-05", "cdx-api": f"https://{host}/CC-MAIN-2026-05-index"}])
        return Answer('{"message": "No Captures found for: this host"}', 404, "application/json")
    if host == places.SEARCH:
        hits = [_topic(state)] if asked.get("q") in (NAMES[places.CHINESE_NAME], places.CHINESE_NAME) else []
        return _json({"took": 1, "total": len(hits), "hits": hits})
    if host == places.FEED:
        entry = "<entry><title>周末</title><link href='https://www.v2ex.com/t/1'/><published>2026-01-01T00:00:00Z</published></entry>"
        return Answer(
            f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'>{entry}</feed>",
            200,
            "application/atom+xml",
        )
    return Answer("", 404)


def _certificates() -> list[dict[str, str]]:
    """One certificate logged twice, times of UTC without a zone; it names another shop of the company, and a name of both repeats."""
    row = {
        "common_name": places.PLAIN,
        "name_value": f"{places.PLAIN}\n*.{places.PLAIN}\n{places.SIX}\n{places.PLAIN}",
        "not_before": "2023-04-06T00:00:00",
        "not_after": "2023-07-05T23:59:59",
        "serial_number": "04ab",
    }
    return [row | {"entry_timestamp": f"2023-04-06T01:02:0{n}.456"} for n in (3, 4)]


MEMBER, TELEPHONE = "member_of_the_forum", "13912345678"
"""Who wrote the topic, and a number in it: nothing of either may be kept."""


def _topic(state: State) -> dict[str, Any]:
    """A topic about a shop: milliseconds, marked words, its author, a telephone number."""
    at = int((state.now - dt.timedelta(days=20)).timestamp() * 1000)
    said = {"id": 1220207, "title": f"<em>{NAMES[places.CHINESE_NAME]}</em> 付款后没发货", "created": at, "replies": 3, "node": 300,
            "content": f"在 {places.CHINESE_NAME} 付款，卡密没到，联系 {TELEPHONE}", "member": MEMBER}  # fmt: skip
    return {"_index": "topic_v4", "_source": said}


def channel(name: str, state: State) -> Answer:
    """A channel's preview: the new rules of one shop; every other has the preview off."""
    told = (
        (40, "频道开通，上新与公告在此发布。"),
        (9, "通知：账户余额超过30天未使用将清零，请尽快消费。退款统一退回站内余额。"),
    )
    posts = "".join(
        f"<div class='tgme_widget_message' data-post='{name}/{n}'><div class='tgme_widget_message_text'>{words}</div>"
        f"<time datetime='{(state.now - dt.timedelta(days=ago)).replace(microsecond=0).isoformat()}'></time></div>"
        for n, (ago, words) in enumerate(told, 1)
    )
    return Answer(
        f"<html><body><div class='tgme_page'></div>{posts if name == CHANNELS[places.CHINESE_NAME] else ''}</body></html>"
    )


def _failures(state: State) -> list[dict[str, Any]]:
    """A template filled in and solved the next day, an empty one, and one that gives the registry's own address as the shop's."""

    def entry(number: int, body: str, solved: bool = False) -> dict[str, Any]:
        at = state.now - dt.timedelta(days=30 - number)
        closed = (at + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ") if solved else None
        return {"number": number, "title": "打不开", "body": body, "state": "closed" if solved else "open", "labels": [{"name": "问题已解决"}] if solved else [],
                "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "closed_at": closed,
                "comments": 0, "user": {"login": MEMBER}, "html_url": f"https://github.com/{REGISTRY}/issues/{number}"}  # fmt: skip

    filled = f"名称：{NAMES[places.CHINESE_NAME]}\n网址：https://{places.CHINESE_NAME}/\n状态：打不开\n能否联系：否 {TELEPHONE}\n"
    return [
        entry(3, f"名称：某店\n网址：https://github.com/{REGISTRY}\n状态：打不开\n"),
        entry(2, "名称：\n网址：\n状态：\n"),
        entry(1, filled, solved=True),
    ]


KNOWN = FILINGS | {"qq.com": "粤ICP备2000000001号"}
"""What the filing service knows: two shops, and the control every honest service knows (the shipped KAMENGWATCH_ICP_CONTROL)."""


def icp_service(question: Question, state: State) -> Answer | None:
    """The operator's own filing query service, in the form of ymicp."""
    url = urlsplit(question.target)
    if not url.path.startswith("/query/"):
        return Answer("", 404, "text/plain")
    domain = parse_qs(url.query).get("search", [""])[0]
    rows = []
    if domain in KNOWN:
        rows = [{"contentTypeName": "", "domain": domain, "domainId": 1, "leaderName": "", "limitAccess": "否", "mainId": 2,
                 "mainLicence": KNOWN[domain], "natureName": "企业", "serviceId": 3, "serviceLicence": f"{KNOWN[domain]}-1",
                 "unitName": COMPANIES.get(domain, "预演对照有限公司"), "updateRecordTime": "2024-05-06 10:11:12"}]  # fmt: skip
    return _json(
        {"code": 200, "msg": "操作成功", "params": {"list": rows, "total": len(rows)}, "success": True}
    )


def whois(line: bytes) -> bytes:
    """CNNIC's answer: times of China without a zone."""
    name = line.decode("ascii", "replace").strip().lower()
    if name != places.CHINESE_NAME:
        return b"No matching record.\r\n"
    return (
        f"Domain Name: {name}\r\nROID: 20230405s10001s11111111-cn\r\nDomain Status: ok\r\nRegistrant: {COMPANIES[name]}\r\n"
        "Sponsoring Registrar: 预演域名服务有限公司\r\nName Server: ns1.dns-rehearsal.com\r\n"
        f"Registration Time: {_REGISTERED} 12:00:00\r\nExpiration Time: 2028-04-05 12:00:00\r\nDNSSEC: unsigned\r\n"
    ).encode()


def heimao(path: str, asked: dict[str, str], state: State) -> Answer:
    """The board's open JSON and its detail pages; rankings ask for a login."""
    if path.startswith("/complaint/view/"):
        return _detail(int(path.split("/")[3]))
    if path == "/api/index/feed":
        page = int(asked.get("page") or 1)
        if page > FEED_PAGES:
            return _result(None, 10017, "登录查看更多")
        minute = int(state.now.timestamp()) // 60 - (page - 1) * PAGE
        return _result(
            {
                "lists": [_entry(minute - n) for n in range(PAGE)],
                "pager": {"current": page, "page_size": PAGE},
            }
        )
    if path == "/api/company/main_search":
        known = unquote(asked.get("keyword", "")) == NAMES[places.PLAIN]
        rows = [{"title": NAMES[places.PLAIN], "uid": COMPANY, "sid": "", "valid_amt": "37"}] if known else []
        return _result({"lists": rows, "pager": {"item_count": len(rows)}})
    if path == "/api/company/info":
        return _result({"name": NAMES[places.PLAIN], "eval_points": "4", "valid_amt": "37", "replied_amt": "31", "completed_amt": "24",
                        "valid30d": "5", "reply30d": "4", "complete30d": "3", "is_virtual": "0"})  # fmt: skip
    if path == "/api/company/rel_service":
        return _result([{"name": NAMES[places.PLAIN], "sid": "77"}])
    return _result(None, 10005, "请登录")


def _entry(minute: int) -> dict[str, Any]:
    """The one complaint of a minute that the feed shows; every tenth is about the first shop."""
    ours, sn = minute % 10 == 3, SN_ZERO + minute * A_MINUTE
    title = f"{NAMES[places.PLAIN]}付款后一直处理中" if ours else "快递包裹派送超时"
    main = {
        "sn": str(sn), "title": title, "cotitle": NAMES[places.PLAIN] if ours else "某快递公司", "couid": COMPANY if ours else "1000000001",
        "appeal": "退款", "issue": "不发货" if ours else "服务态度", "comment_id": f"tousu_complaint_{minute * A_MINUTE}",
        "summary": _text(minute) if ours else "包裹在站点停留多日，一直没有派送...", "status": 4, "timestamp": str(minute * 60),
        "url": f"https://{places.HEIMAO}/complaint/view/{sn}/?sld={sn:032x}", "share_amount": 0, "comment_amount": 0,
        "upvote_amount": 0, "is_upvote": False, "created_at": str(minute * 60),
    }  # fmt: skip
    return {"main": main, "author": {"title": "机灵喵", "avatar": ""}}


def _text(minute: int) -> str:
    return f"在{NAMES[places.PLAIN]} {places.PLAIN} 买了一张会员月卡，付款{20 + minute % 50}元，订单一直显示处理中，至今没有到账。"


def _detail(sn: int) -> Answer:
    minute = (sn - SN_ZERO) // A_MINUTE
    at = dt.datetime.fromtimestamp(minute * 60, CHINA)
    return Answer(
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>投诉详情</title></head><body>"
        f"<div class='ts-d-user'><span class='u-name'>正义喵</span><span class='u-date'>发布于 {at:%Y年%m月%d日 %H:%M:%S}</span></div>"
        f"<h1 class='article'>{NAMES[places.PLAIN]}付款后一直处理中</h1><ul class='ts-q-list'><li><label>投诉编号</label>{sn}</li>"
        f"<li><label>投诉对象</label><a href='//{places.HEIMAO}/company/view/?couid={COMPANY}'>{NAMES[places.PLAIN]}</a></li>"
        "<li><label>使用服务</label>会员充值<li><label>投诉问题</label>不发货</li><li><label>投诉要求</label>退款</li>"
        f"<li><label>涉诉金额</label>{20 + minute % 50}元</li><li><label>投诉进度</label><b>处理中</b></li></ul>"
        "<div class='ts-d-item'><span class='u-name'>正义喵</span><span class='u-status'>发起投诉</span>"
        f"<span class='u-date'>{at:%m-%d %H:%M:%S}</span><div class='ts-d-cont'><p>{_text(minute)}</p></div></div></body></html>"
    )


def rednet(path: str, asked: dict[str, str], body: bytes, state: State) -> Answer:
    """The provincial board: one message about a shop, answered."""
    filed = state.now.astimezone(CHINA) - dt.timedelta(days=12)
    row = {"id": 4100077, "title": f"投诉{NAMES[places.CHINESE_NAME]}不退款", "created_at": f"{filed:%Y-%m-%d} 09:00:00", "type_name": "投诉",
           "is_reply": 1, "reply_name": "某市市场监督管理局", "reply_time": f"{filed + dt.timedelta(days=4):%Y-%m-%d} 15:00:00"}  # fmt: skip
    if path == "/front/msg/index":
        word = str(json.loads(body or b"{}").get("search") or "")
        rows = [row] if word and word in str(row["title"]) else []
        return _json({"status": "1", "data": {"rows": rows, "total": len(rows)}})
    content = (
        f"<p>在{NAMES[places.CHINESE_NAME]}（{places.CHINESE_NAME}）充值六十元没有到账，客服不理人。</p>"
    )
    reply = [
        {
            "content": "<p>已与经营者联系，其表示将核实后退款。</p>",
            "created_at": row["reply_time"],
            "reply_name": row["reply_name"],
        }
    ]
    return _json({"status": "1", "data": {**row, "content": content, "reply": reply}})


def rdap(path: str) -> Answer:
    """A registry's RDAP; a name it does not know is an empty 404."""
    name = path.rpartition("/")[2].lower()
    if name not in places.SHOPS or name == places.CHINESE_NAME:
        return Answer("", 404, "application/rdap+json")
    events = [{"eventAction": "registration", "eventDate": f"{_REGISTERED}T04:00:00Z"},
              {"eventAction": "expiration", "eventDate": "2028-04-05T04:00:00Z"}]  # fmt: skip
    registrar = ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Rehearsal Registrar"]]]
    return _json(
        {"objectClassName": "domain", "ldhName": name.upper(), "events": events, "status": ["active"],
         "entities": [{"objectClassName": "entity", "roles": ["registrar"], "vcardArray": registrar}]},
        "application/rdap+json",
    )  # fmt: skip


def network(path: str) -> Answer:
    """The RDAP of the region's address registry, to which the first one leads: one answer is damaged, the others are a host's, with its abuse desk inside."""
    if path.endswith(".13"):
        return Answer('{"objectClassName": "ip net', 200, "application/rdap+json")
    desk = [
        "vcard",
        [
            ["version", {}, "text", "4.0"],
            ["kind", {}, "text", "group"],
            ["email", {}, "text", "abuse@hosting.example"],
        ],
    ]
    owner = [
        "vcard",
        [
            ["version", {}, "text", "4.0"],
            ["kind", {}, "text", "org"],
            ["fn", {}, "text", "Rehearsal Hosting Ltd."],
        ],
    ]
    inner = {"objectClassName": "entity", "roles": ["abuse"], "vcardArray": desk}
    entity = {"objectClassName": "entity", "roles": ["registrant"], "vcardArray": owner, "entities": [inner]}
    return _json(
        {"objectClassName": "ip network", "handle": "NET-1", "name": "REHEARSAL-NET", "entities": [entity]},
        "application/rdap+json",
    )


def _issue(number: int, state: State) -> dict[str, Any]:
    at = (state.now - dt.timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"number": number, "title": "支付成功但订单未更新", "body": "回调失败，订单显示待支付", "state": "closed", "created_at": at,
            "updated_at": at, "closed_at": at, "labels": [], "comments": 0, "user": {"login": "someone"}}  # fmt: skip


def _result(data: Any, code: int = 0, message: str = "") -> Answer:
    return _json({"result": {"status": {"code": code, "msg": message}, "data": data}})


def _json(document: Any, kind: str = "application/json; charset=utf-8") -> Answer:
    return Answer(json.dumps(document, ensure_ascii=False), kind=kind)
