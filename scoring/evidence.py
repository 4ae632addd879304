"""Observations as citable evidence: stable ids, claims without complaint text, links and hashes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, inspect, select

from scoring.calendar import SHANGHAI
from scoring.finding import Cited
from store.tables import OBSERVATIONS, Capture, Platform, Source

KIND_WORDS = {
    "drop.payment_not_synced": ("付款后未同步到账", "payment not credited"),
    "drop.stuck": ("订单卡在处理中", "order stuck in processing"),
    "drop.record_lost": ("订单记录消失", "order record gone"),
    "drop.unspecified": ("付款后未到账", "paid but not delivered"),
    "out_of_stock_after_payment": ("付款后无货", "out of stock after payment"),
    "invalid_card": ("卡密无效", "card code invalid"),
    "refund_delayed": ("退款拖延", "refund delayed"),
    "refund_refused": ("拒绝退款", "refund refused"),
    "withdrawal_blocked": ("余额提现受阻", "withdrawal blocked"),
    "balance_frozen": ("余额被冻结", "balance frozen"),
    "unreachable": ("联系不上客服", "customer service unreachable"),
    "site_gone": ("网站打不开", "site cannot be opened"),
    "upstream_funds": ("上游余额不足", "upstream account short of funds"),
    "price_bait": ("低价引诱", "lured by a low price"),
    "not_a_drop.not_renewed": ("实为未续费", "actually not renewed"),
    "not_a_drop.payment_failed": ("实为支付未成功", "payment had actually failed"),
    "not_a_drop.wrong_item": ("买错商品", "wrong item bought"),
    "other": ("其他", "other"),
}
_BATCH = 900
_EXACT = ("filing", "registration", "penalty", "certificate", "resolution", "move")


def resolve(engine: Engine, cited: Iterable[Cited]) -> dict[Cited, dict[str, Any]]:
    """The evidence row (schema of the `evidence` table) of each cited observation that still exists."""
    by_kind: dict[str, list[int]] = {}
    for kind, id_ in sorted(set(cited)):
        by_kind.setdefault(kind, []).append(id_)
    out: dict[Cited, dict[str, Any]] = {}
    with engine.connect() as connection:
        tiers = dict(connection.execute(select(Source.id, Source.tier)).all())
        for kind, ids in by_kind.items():
            for start in range(0, len(ids), _BATCH):
                for row in _fetch(connection, kind, ids[start : start + _BATCH]):
                    out[(kind, row["id"])] = _evidence(kind, row, tiers.get(row["source_id"], "D"))
    return out


def _fetch(connection: Connection, kind: str, ids: list[int]) -> list[dict[str, Any]]:
    table = OBSERVATIONS[kind]
    skip = {"text", "title", "kinds", "signs"}
    columns = [c for c in inspect(table).local_table.columns if c.name not in skip]
    query = (
        select(
            *columns,
            Platform.host,
            Capture.payload_sha256,
            Capture.archive,
            Capture.offset,
            Capture.url.label("page"),
        )
        .join(Platform, Platform.id == table.platform_id)
        .outerjoin(Capture, Capture.id == table.capture_id)
        .where(table.id.in_(ids))
        .order_by(table.id)
    )
    return [dict(r) for r in connection.execute(query).mappings()]


def _evidence(kind: str, row: dict[str, Any], tier: str) -> dict[str, Any]:
    moment = row.get("filed_at") or row.get("paid_at") or row.get("observed_at")
    on = row["decided_on"] if moment is None else moment.astimezone(SHANGHAI).date()
    zh, en = _CLAIMS[kind](row)
    return {
        "id": identifier(kind, row, on, moment),
        "host": row["host"],
        "kind": kind,
        "tier": {"complaint": "C", "counters": "C"}.get(kind, tier),
        "claim_zh": zh,
        "claim_en": en,
        "source": row["source_id"],
        "link": row.get("url") or row.get("page"),
        "event_on": on,
        "seen_at": row["seen_at"],
        "sha256": row["payload_sha256"],
        "archive": row["archive"],
        "offset": row["offset"],
    }


def identifier(kind: str, row: dict[str, Any], on: dt.date, moment: dt.datetime | None) -> str:
    """`complaint:heimao:173…`, `filing:icp:a.example:2026-11-01`; other kinds add the time, and the product or page."""
    source = row["source_id"]
    if kind == "complaint":
        return f"complaint:{source}:{row['source_key']}"
    if kind == "order":
        return f"order:{source}:{row['host']}:{row['order_key'][:16]}"
    stem = f"{kind}:{source}:{row['host']}:{on.isoformat()}"
    if kind in _EXACT or moment is None:
        return stem if kind != "penalty" else stem + ":" + _short(row["category"] + row["reason"])
    stem += moment.astimezone(SHANGHAI).strftime("T%H%M%S")
    return stem + {"price": ":" + _short(row.get("product") or ""), "page": f":{row.get('role')}"}.get(
        kind, ""
    )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _complaint(row: dict[str, Any]) -> tuple[str, str]:
    zh, en = KIND_WORDS.get(row["primary_kind"], KIND_WORDS["other"])
    return f"一条公开投诉称：{zh}", f"A public complaint claims: {en}"


def _counters(row: dict[str, Any]) -> tuple[str, str]:
    n = row["valid_total"]
    return f"投诉站计数：累计 {n} 条", f"Complaint site counter: {n} in total"


def _filing(row: dict[str, Any]) -> tuple[str, str]:
    if not row["found"]:
        return "备案查询：未查到", "Filing query: none found"
    return f"备案查询：{row['number'] or '已备案'}", f"Filing query: {row['number'] or 'on record'}"


def _orders(row: dict[str, Any]) -> tuple[str, str]:
    if row["hidden"]:
        return "页面未显示订单计数", "The page shows no order counter"
    return (
        f"页面计数：总单 {row['total']}，已处理 {row['processed']}",
        f"Page counter: {row['total']} orders, {row['processed']} processed",
    )


def _price(row: dict[str, Any]) -> tuple[str, str]:
    return f"标价 {row['price']} 元：{row['product']}", f"Listed at CNY {row['price']}: {row['product']}"


def _probe(row: dict[str, Any]) -> tuple[str, str]:
    words = {
        "ok": ("可以访问", "reachable"),
        "slow": ("访问缓慢", "slow"),
        "down": ("无法访问", "unreachable"),
    }
    zh, en = words.get(row["outcome"], ("拒绝自动访问", "refuses automatic access"))
    return f"探测结果：{zh}", f"Probe: {en}"


def _page(row: dict[str, Any]) -> tuple[str, str]:
    return f"存档页面（{row['role']}）", f"Archived page ({row['role']})"


def _registration(row: dict[str, Any]) -> tuple[str, str]:
    return f"域名注册于 {row['registered_on']}", f"Domain registered on {row['registered_on']}"


def _penalty(row: dict[str, Any]) -> tuple[str, str]:
    return f"公示记录：{row['category']}", f"Published record: {row['category']}"


def _certificate(row: dict[str, Any]) -> tuple[str, str]:
    return (
        f"网站证书，有效至 {row['not_after'].astimezone(SHANGHAI).date()}",
        f"Certificate valid until {row['not_after'].astimezone(SHANGHAI).date()}",
    )


def _resolution(row: dict[str, Any]) -> tuple[str, str]:
    if not row["found"]:
        return "域名解析：不存在", "The name does not resolve"
    n = (row["ipv4"] or 0) + (row["ipv6"] or 0)
    return f"域名解析到 {n} 个地址", f"The name resolves to {n} address(es)"


def _move(row: dict[str, Any]) -> tuple[str, str]:
    how = {"redirect": ("跳转到", "redirects to"), "notice": ("公告新地址", "announces")}[row["via"]]
    return f"网站{how[0]} {row['to_host']}", f"The site {how[1]} {row['to_host']}"


def _rank(row: dict[str, Any]) -> tuple[str, str]:
    zh = {"red": "红榜", "black": "黑榜", "reply": "回复榜", "rise": "上升榜"}[row["board"]]
    return (
        f"投诉站{zh}第 {row['place']} 名",
        f"Place {row['place']} on a complaint site's {row['board']} list",
    )


def _order(row: dict[str, Any]) -> tuple[str, str]:
    own = row["source_id"] == "feed"
    whose = (
        ("网站自己提供的一笔订单", "An order told by the site itself")
        if own
        else ("一笔已付款订单", "A paid order")
    )
    return f"{whose[0]}，状态：{row['state']}", f"{whose[1]}, state: {row['state']}"


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
}
