"""Observations as citable evidence: stable ids, claims without complaint text, links and hashes.

While a chunk is judged an observation is cited as (kind, row id), in columns as one number (`code`); scoring/engine/evidence_ids.py
turns the numbers of a whole chunk into ids at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, bindparam, select

from scoring import method
from scoring.finding import Cited
from scoring.observations.dataset import Ints
from scoring.observations.day_index import MICROSECONDS, date_of, day_number, microseconds
from scoring.observations.sql_columns import stamp, stamps
from scoring.page_terms import ANNOUNCED
from scoring.snapshot.reader import TABLES
from store.china_time import SHANGHAI
from store.db.tables import OBSERVATIONS, Capture, Platform, Source
from store.text.safe_text import in_number

KIND_WORDS = {
    "drop.payment_not_synced": ("付款未同步到订单", "payment not credited"),
    "drop.stuck": ("订单卡在处理中", "order stuck in processing"),
    "drop.record_lost": ("订单记录消失", "order record gone"),
    "drop.unspecified": ("付款后未到账", "paid but not delivered"),
    "out_of_stock_after_payment": ("付款后说没货", "out of stock after payment"),
    "invalid_card": ("卡密无效", "card code invalid"),
    "account_taken_back": ("账号或会员被收回", "account or membership taken back"),
    "guarantee_not_kept": ("质保未兑现", "guarantee not kept"),
    "refund_delayed": ("退款拖延", "refund delayed"),
    "refund_refused": ("拒绝退款", "refund refused"),
    "withdrawal_blocked": ("余额提不出来", "withdrawal blocked"),
    "balance_frozen": ("余额被冻结", "balance frozen"),
    "unreachable": ("联系不上客服", "customer service unreachable"),
    "site_gone": ("网站打不开", "site cannot be opened"),
    "upstream_funds": ("上游余额不足", "upstream account short of funds"),
    "price_bait": ("低价引诱", "lured by a low price"),
    "not_a_drop.not_renewed": ("其实是没有续费", "actually not renewed"),
    "not_a_drop.payment_failed": ("其实是付款没有成功", "payment had actually failed"),
    "not_a_drop.wrong_item": ("买错商品", "wrong item bought"),
    "other": ("其他", "other"),
}
_BATCH = 5_000
_EXACT = ("filing", "registration", "penalty", "certificate", "resolution", "move")
_KINDS = sorted(OBSERVATIONS)
_PLACE = {kind: place << 48 for place, kind in enumerate(_KINDS)}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_UTC = microseconds(_EPOCH)
_COMPLAINT_SITES = ("complaint", "counters")


def code(cited: Cited) -> int:
    """A cited observation as one number, ordered by kind and row id."""
    return _PLACE[cited[0]] + cited[1]


def codes(cited: Iterable[Cited]) -> list[int]:
    """The numbers of several."""
    return [_PLACE[kind] + id_ for kind, id_ in cited]


def resolve(connection: Connection, wanted: Ints) -> tuple[Ints, pa.Table]:
    """(the codes whose observation still exists, their rows of the `evidence` table); `wanted` ascending, each once."""
    tiers = {r.id: r.tier for r in connection.execute(select(Source.id, Source.tier))}
    found: list[Ints] = [np.empty(0, np.int64)]
    tables = [TABLES["evidence"].empty_table()]
    place = wanted >> 48
    for number in np.unique(place).tolist():
        kind = _KINDS[number]
        ids = (wanted[place == number] - _PLACE[kind]).tolist()
        for start in range(0, len(ids), _BATCH):
            rows = _fetch(connection, kind, ids[start : start + _BATCH])
            if rows:
                found.append(np.array([r.id for r in rows], dtype=np.int64) + _PLACE[kind])
                tables.append(_evidence(kind, rows, tiers))
    return np.concatenate(found), pa.concat_tables(tables).combine_chunks()


def _fetch(connection: Connection, kind: str, ids: list[int]) -> Sequence[Any]:
    table: Any = OBSERVATIONS[kind]
    picked = [getattr(table, name).label(name) for name in _COLUMNS[kind]]
    moment = next((c for c in (getattr(table, n, None) for n in _MOMENTS) if c is not None), None)
    dated = [*picked, table.id] if moment is None else [moment, *picked, table.id]
    if moment is not None:
        picked.append(stamp(connection, moment).label("moment"))
    query = (
        select(
            table.id,
            table.source_id,
            stamp(connection, table.seen_at).label("seen"),
            *picked,
            Platform.host,
            Capture.payload_sha256,
            Capture.archive,
            Capture.offset,
            Capture.url.label("page"),
        )
        .join(Platform, Platform.id == table.platform_id)
        .outerjoin(Capture, Capture.id == table.capture_id)
        # Numbers stand in the statement: parameters are limited, and binding them costs more than reading the rows.
        .where(table.id.in_(bindparam("ids", expanding=True, literal_execute=True)))
        .order_by(
            *dated
        )  # of several with one id the last stands for them, in whatever order they were imported
    )
    return connection.execute(query, {"ids": ids}).all()


def _evidence(kind: str, rows: Sequence[Any], tiers: dict[str, str]) -> pa.Table:
    dated = kind != "penalty"
    at = stamps([r.moment for r in rows]) if dated else None
    on = (at // MICROSECONDS).tolist() if at is not None else [day_number(r.decided_on) for r in rows]
    zh, en = zip(*map(_CLAIMS[kind], rows), strict=True)
    known = "C" if kind in _COMPLAINT_SITES else None
    has_url = hasattr(rows[0], "url")
    return pa.table(
        {
            "id": list(_identifiers(kind, rows, on, at)),
            "host": [r.host for r in rows],
            "kind": [kind] * len(rows),
            "tier": [known or tiers.get(r.source_id, "D") for r in rows],
            "claim_zh": zh,
            "claim_en": en,
            "source": [r.source_id for r in rows],
            "link": [(r.url or r.page) if has_url else r.page for r in rows],
            "event_on": pa.array(on, pa.int32()).cast(pa.date32()),
            "seen_at": pa.array(stamps([r.seen for r in rows]) - _UTC).cast(
                TABLES["evidence"].field("seen_at").type
            ),
            "sha256": [r.payload_sha256 for r in rows],
            "archive": [r.archive for r in rows],
            "offset": [r.offset for r in rows],
        },
        schema=TABLES["evidence"],
    )


def _identifiers(kind: str, rows: Sequence[Any], on: list[int], at: Ints | None) -> Iterator[str]:
    """`complaint:heimao:173…`, `filing:icp:a.example:2026-11-01`; other kinds add the time, and the product or page."""
    if kind in ("complaint", "mention"):
        yield from (f"{kind}:{r.source_id}:{r.source_key}" for r in rows)
    elif kind == "order":
        yield from (f"order:{r.source_id}:{r.host}:{r.order_key[:16]}" for r in rows)
    else:
        last = _LAST.get(kind)
        clock = np.datetime_as_string(at.astype("datetime64[us]"), unit="s") if at is not None else None
        for place, r in enumerate(rows):
            stem = f"{kind}:{r.source_id}:{r.host}:{date_of(on[place]).isoformat()}"
            if kind not in _EXACT and clock is not None:
                stem += "T" + clock[place][11:].replace(":", "")
            yield stem + last(r) if last else stem


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


_LAST: dict[str, Callable[[Any], str]] = {
    "price": lambda r: ":" + _short(r.product or ""),
    "page": lambda r: f":{r.role}",
    "sighting": lambda r: f":{r.provider}",
    "penalty": lambda r: ":" + _short(r.category + r.reason),
}
"""What an id of these kinds ends with."""
_MOMENTS = ("filed_at", "paid_at", "said_at", "observed_at")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "complaint": ("source_key", "primary_kind", "url"),
    "counters": ("valid_total",),
    "rank": ("board", "place"),
    "filing": ("found", "number"),
    "orders": ("hidden", "total", "processed"),
    "price": ("price", "product"),
    "probe": ("outcome", "class_", "until"),
    "page": ("role",),
    "registration": ("registered_on",),
    "certificate": ("not_after",),
    "resolution": ("found", "ipv4", "ipv6"),
    "move": ("via", "to_host"),
    "penalty": ("decided_on", "category", "reason", "url"),
    "order": ("order_key", "state"),
    "sighting": ("provider", "first_on", "count"),
    "mention": ("source_key", "by", "kinds", "url", "title"),
}
"""What ids and claims are made of."""


def _complaint(r: Any) -> tuple[str, str]:
    if r.primary_kind not in KIND_WORDS or r.primary_kind == "other":
        return "一条公开投诉（类型未分）", "A public complaint (kind not told)"
    zh, en = KIND_WORDS[r.primary_kind]
    return f"一条公开投诉称：{zh}", f"A public complaint claims: {en}"


def _counters(r: Any) -> tuple[str, str]:
    n = r.valid_total
    return f"投诉平台显示：累计 {n} 起", f"Complaint site counter: {n} in total"


def _filing(r: Any) -> tuple[str, str]:
    if not r.found:
        return "备案查询：未查到", "Filing query: none found"
    return f"备案查询：{r.number or '已备案'}", f"Filing query: {r.number or 'on record'}"


def _orders(r: Any) -> tuple[str, str]:
    if r.hidden:
        return "页面未显示订单计数", "The page shows no order counter"
    told = [(f"总单 {r.total}", f"{r.total} order(s)")] if r.total is not None else []
    told += [(f"已处理 {r.processed}", f"{r.processed} processed")] if r.processed is not None else []
    zh, en = zip(*(told or [("没有数字", "no number")]), strict=True)
    return f"页面计数：{'，'.join(zh)}", in_number(f"Page counter: {', '.join(en)}")


def _price(r: Any) -> tuple[str, str]:
    yuan = f"{r.price:.2f}".removesuffix("00").rstrip(".")
    return f"标价 {yuan} 元：{r.product}", f"Listed at CNY {yuan}: “{r.product}”"


def _probe(r: Any) -> tuple[str, str]:
    words = {
        "ok": ("能打开", "reachable"),
        "slow": ("能打开，慢", "slow"),
        "down": ("打不开", "unreachable"),
    }
    zh, en = words.get(r.outcome, ("拒绝自动访问", "refuses automatic access"))
    if r.outcome == "refused" and r.class_ == "diverted":
        zh, en = (
            "从观测处访问被引导到拦截页，没有看到网站本身",
            "diverted where we look from; the site itself was not seen",
        )
    elif r.class_ == "maintenance":
        until = (
            ("", "") if r.until is None else (f"，页面写明到 {r.until}", f"; the page says until {r.until}")
        )
        zh, en = (
            f"网站自己的页面称正在维护或暂停{until[0]}",
            f"its own page says it is under maintenance or paused{until[1]}",
        )
    return f"探测结果：{zh}", f"Probe: {en}"


_ROLES = {
    "home": ("首页", "home"),
    "notice": ("公告", "notice"),
    "terms": ("条款", "terms"),
    "contact": ("联系方式", "contact"),
}


def _page(r: Any) -> tuple[str, str]:
    zh, en = _ROLES[r.role]
    return f"存档页面（{zh}）", f"Archived page ({en})"


def _registration(r: Any) -> tuple[str, str]:
    return f"域名注册于 {r.registered_on}", f"Domain registered on {r.registered_on}"


def _penalty(r: Any) -> tuple[str, str]:
    if r.category == method.BLOCKLISTED:  # our own word, and no quotation
        return f"公示记录：{r.category}", "Published record: named on a public list"
    return f"公示记录：{r.category}", f"Published record: “{r.category}”"


def _certificate(r: Any) -> tuple[str, str]:
    return (
        f"网站证书，有效至 {r.not_after.astimezone(SHANGHAI).date()}",
        f"Certificate valid until {r.not_after.astimezone(SHANGHAI).date()}",
    )


def _resolution(r: Any) -> tuple[str, str]:
    if not r.found:
        return "域名解析：不存在", "The name does not resolve"
    n = (r.ipv4 or 0) + (r.ipv6 or 0)
    return f"域名解析到 {n} 个地址", in_number(f"The name resolves to {n} address(es)")


def _move(r: Any) -> tuple[str, str]:
    how = {"redirect": ("跳转到", "redirects to"), "notice": ("公告新地址", "announces")}[r.via]
    return f"网站{how[0]} {r.to_host}", f"The site {how[1]} {r.to_host}"


def _sighting(r: Any) -> tuple[str, str]:
    zh = {"ct": "证书日志", "wayback": "Wayback 存档", "commoncrawl": "Common Crawl 存档"}[r.provider]
    en = {"ct": "Certificate logs", "wayback": "Wayback archive", "commoncrawl": "Common Crawl"}[r.provider]
    if not r.count:
        return f"{zh}：没有记录（没有存档不等于新）", f"{en}: nothing on record (not archived is not new)"
    return (
        f"{zh}：{r.count} 条记录，最早 {r.first_on}",
        f"{en}: {r.count} on record, the first of {r.first_on}",
    )


def _old_page(title: str, said: list[tuple[str, str]]) -> tuple[str, str]:
    """What a site's own page said on a day of the past: the footer, and what its money rules announced."""
    what, _, footer = title.partition("，页脚：")
    there = [(f"页脚：{footer}", f"footer: “{footer.replace('，', ', ')}”")] if footer else []
    role = {"存档的首页": " (home)", "存档的条款": " (terms)"}.get(what, "")
    told = [("当日" + (what or "存档的页面"), f"Archived page of that day{role}"), *there, *said]
    return "；".join(zh for zh, _ in told), "; ".join(en for _, en in told)


def _mention(r: Any) -> tuple[str, str]:
    said = [ANNOUNCED[name] for name in r.kinds or () if name in ANNOUNCED] if r.by == "site" else []
    if r.source_id == "archives":
        return _old_page(r.title or "", said)
    if said:
        zh, en = zip(*said, strict=True)
        return f"网站自己的频道宣布：{'、'.join(zh)}", f"Announced in the site's own channel: {', '.join(en)}"
    return {
        "people": ("论坛里有人提到（说法，未核实）", "Mentioned by people in a forum (a claim, unchecked)"),
        "registry": (
            "故障登记里的一条（说法，未核实）",
            "An entry in a registry of failures (a claim, unchecked)",
        ),
        "site": ("网站自己的频道发布", "Posted in the site's own channel"),
    }[r.by]


_BOARDS = {
    "red": ("红榜", "red list (good handling)"),
    "black": ("黑榜", "black list (poor handling)"),
    "reply": ("回复榜", "list by replies"),
    "rise": ("上升榜", "list by rising complaints"),
}


def _rank(r: Any) -> tuple[str, str]:
    zh, en = _BOARDS[r.board]
    return f"投诉平台{zh}第 {r.place} 名", f"Place {r.place} on a complaint site's {en}"


def _order(r: Any) -> tuple[str, str]:
    own = r.source_id == "feed"
    whose = (
        ("网站自己提供的一笔订单", "An order reported by the site itself")
        if own
        else ("一笔已付款订单", "A paid order")
    )
    state = _ORDER_STATES[r.state]
    return f"{whose[0]}，状态：{state[0]}", f"{whose[1]}, state: {state[1]}"


_ORDER_STATES = {
    "delivered": ("已到账", "delivered"),
    "processing": ("处理中", "being processed"),
    "missing": ("查不到记录", "no record of it"),
    "refunded": ("已退款", "refunded"),
}
_CLAIMS: dict[str, Any] = {
    "complaint": _complaint,
    "counters": _counters,
    "filing": _filing,
    "orders": _orders,
    "price": _price,
    "probe": _probe,
    "page": _page,
    "registration": _registration,
    "penalty": _penalty,
    "order": _order,
    "certificate": _certificate,
    "resolution": _resolution,
    "move": _move,
    "rank": _rank,
    "sighting": _sighting,
    "mention": _mention,
}
