"""Responses, objections, corrections, reports and the health of sources, as the snapshot shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from scoring import method
from scoring.fork_pool import map_ordered
from scoring.observations.sql_columns import id_ranges
from scoring.tables.evidence import KIND_WORDS
from store.china_time import SHANGHAI
from store.db.tables import (
    OBSERVATIONS,
    Alias,
    Correction,
    Crawl,
    Dispute,
    Observer,
    PlaceReport,
    Platform,
    Response,
    Review,
    Source,
)
from store.evidence.crawl_ledger import ENDED, OF_THE_PLAN, health_of, merge_batches
from store.evidence.site_volume import numbering

Hosts = Collection[str] | None
"""Of which sites rows are wanted; None: of all."""


def _of(query: Select[*tuple[Any, ...]], hosts: Hosts) -> Select[*tuple[Any, ...]]:
    return query if hosts is None else query.where(Platform.host.in_(hosts))


def responses(engine: Engine, end: dt.datetime, hosts: Hosts = None) -> list[dict[str, Any]]:
    """The platforms' own words that stood at `end`."""
    query = (
        select(Platform.host, Response.received_at, Response.text, Response.link, Response.withdrawn_at)
        .join(Platform, Platform.id == Response.platform_id)
        .where(Response.received_at < end)
        .order_by(Platform.host, Response.received_at)
    )
    with engine.connect() as connection:
        return [
            {"host": r.host, "on": _day(r.received_at), "text": r.text, "link": r.link}
            for r in connection.execute(_of(query, hosts))
            if r.withdrawn_at is None or r.withdrawn_at >= end
        ]


def aliases(engine: Engine, end: dt.datetime, hosts: Hosts = None) -> list[dict[str, Any]]:
    """The names and hosts under which a watched site was known by `end`, as rows of the table identifiers."""
    query = (
        select(Platform.host, Alias.kind, Alias.text, Alias.source, Alias.seen_at)
        .join(Platform, Platform.id == Alias.platform_id)
        .where(Platform.status == "watched", Alias.seen_at < end)
    )
    with engine.connect() as connection:
        rows = connection.execute(_of(query, hosts)).all()
        names = select(Platform.host, Platform.name, Platform.added_at).where(
            Platform.status == "watched", Platform.name.is_not(None), Platform.added_at < end
        )
        own = [(r.host, "name", r.name, None, r.added_at) for r in connection.execute(_of(names, hosts))]
    first: dict[tuple[str, str, str], tuple[dt.datetime, str | None]] = {}
    for host, kind, text, source, seen in (*own, *rows):
        key = (host, "host" if kind == "host" else "name", text)
        first[key] = min(first.get(key, (seen, source)), (seen, source), key=lambda pair: pair[0])
    return [
        {"host": host, "kind": kind, "value": text, "since": _day(seen), "source": source, "evidence": []}
        for (host, kind, text), (seen, source) in sorted(first.items())
    ]


def corrections(engine: Engine, end: dt.datetime, hosts: Hosts = None) -> list[dict[str, Any]]:
    """What was corrected by `end`."""
    query = (
        select(
            Platform.host,
            Correction.made_at,
            Correction.outcome,
            Correction.sentence_zh,
            Correction.sentence_en,
        )
        .join(Platform, Platform.id == Correction.platform_id)
        .where(Correction.made_at < end)
        .order_by(Platform.host, Correction.made_at)
    )
    with engine.connect() as connection:
        return [
            {
                "host": r.host,
                "on": _day(r.made_at),
                "outcome": r.outcome,
                "sentence_zh": r.sentence_zh,
                "sentence_en": r.sentence_en,
            }
            for r in connection.execute(_of(query, hosts))
        ]


def disputes(engine: Engine, end: dt.datetime, hosts: Hosts = None) -> list[dict[str, Any]]:
    """Every objection received by `end`, as it stood then: what it concerns and its days, never its words."""
    query = (
        select(Platform.host, *Dispute.__table__.columns)
        .join(Platform, Platform.id == Dispute.platform_id)
        .where(Dispute.received_at < end)
        .order_by(Platform.host, Dispute.received_at, Dispute.id)
    )

    def by_then(moment: dt.datetime | None) -> dt.date | None:
        return _day(moment) if moment is not None and moment < end else None

    with engine.connect() as connection:
        return [
            {
                "host": r.host,
                "about": r.about,
                "received_on": _day(r.received_at),
                "acknowledged_on": by_then(r.acknowledged_at),
                "decided_on": by_then(r.decided_at),
                "outcome": r.outcome if by_then(r.decided_at) else None,
            }
            for r in connection.execute(_of(query, hosts))
        ]


def reports(engine: Engine, end: dt.datetime) -> list[dict[str, Any]]:
    """Reports by users a person accepted by `end`, as evidence of tier D: the kind and the day told, never words.

    Anybody can write one and nothing about it can be checked: shown, dated, of no weight in any score. One its sender withdrew is
    gone from that day on; one its sender calls settled says so from that day on.
    """
    last = _day(end - dt.timedelta(microseconds=1))
    query = (
        select(
            Review.key,
            Review.subject,
            Review.detail,
            Review.decided_at,
            Review.settled_on,
            Review.withdrawn_on,
        )
        .where(Review.kind == "report", Review.decision == "confirmed", Review.decided_at < end)
        .order_by(Review.key)
    )
    with engine.connect() as connection:
        accepted = connection.execute(query).all()
        if not accepted:
            return []
        from store.evidence.entity_matching import Directory  # and with it all the patterns of the redaction

        directory = Directory(connection)
        found = []
        for r in accepted:
            if not r.detail or (r.withdrawn_on is not None and r.withdrawn_on <= last):
                continue  # taken back, or its period has ended, and what it told was let go (docs/trust.md)
            host = r.detail.get("host")
            id_ = directory.resolve(host, None if host else r.subject).platform_id
            if id_ is None:
                continue  # a site nobody watches
            zh, en = KIND_WORDS.get(r.detail["happened"], KIND_WORDS["other"])
            settled = ("", "")
            if r.settled_on is not None and r.settled_on <= last:
                settled = (
                    f"；{r.settled_on} 提交人说已解决",
                    f"; settled on {r.settled_on}, its sender says",
                )
            found.append(
                {
                    "id": r.key[:15],
                    "host": directory.host(id_),
                    "kind": "report",
                    "tier": "D",
                    "claim_zh": f"一条用户线索称（未能核实，不计分）：{zh}{settled[0]}",
                    "claim_en": f"A user reports (unchecked, not scored): {en}{settled[1]}",
                    "source": "report",
                    "event_on": dt.date.fromisoformat(r.detail["on"]),
                    "seen_at": r.decided_at,
                }
            )
    return found


def source_health(engine: Engine, end: dt.datetime) -> list[dict[str, Any]]:
    """Health and age of every source at `end`: ok, stale, failed, blocked, not_configured or never."""
    with engine.connect() as connection:
        rows: dict[str, dict[str, Any]] = {
            s.id: {
                "source": s.id,
                "title_zh": s.title_zh,
                "title_en": s.title_en,
                "publisher": s.publisher,
                "kind": s.kind,
                "blind_zh": s.blind_zh,
                "blind_en": s.blind_en,
                "records": 0,
                "cadence": s.cadence_hours,
            }
            | _numbers(connection, s.id, s.kind, end)
            for s in connection.execute(select(*Source.__table__.columns).order_by(Source.id))
        }
        runs = select(*ENDED).where(Crawl.started_at < end, OF_THE_PLAN).order_by(Crawl.started_at, Crawl.id)
        for run in merge_batches(connection.execute(runs), end):
            row = rows[run.source_id]
            row |= {"last_started_at": run.started_at}
            if run.finished_at is not None:
                row |= {"last_outcome": run.outcome, "last_reason": run.reason}
                if run.outcome == "ok":
                    row["last_ok_at"] = run.finished_at
        places = _places(connection, end)
    _count(engine, rows, end)
    return [*(_health(row, end) for row in rows.values()), *places]


def _places(connection: Connection, end: dt.datetime) -> list[dict[str, Any]]:
    """The other places we look from, as sources of their own: one whose controls were silent in its last report is out."""
    reports = select(*PlaceReport.__table__.columns).where(PlaceReport.taken_at < end).order_by(PlaceReport.made_at)  # fmt: skip
    of_place: dict[int, list[Any]] = {}
    for report in connection.execute(reports):
        of_place.setdefault(report.observer_id, []).append(report)
    observers = select(*Observer.__table__.columns).where(Observer.added_at < end).order_by(Observer.place)
    found = []
    for o in connection.execute(observers):
        if o.removed_at is not None and o.removed_at < end:
            continue
        mine = of_place.get(o.id, [])
        last, working = (mine[-1] if mine else None), [r for r in mine if r.line_works]
        out = last is not None and not last.line_works
        fresh = last is not None and end - last.made_at <= _PLACE_STALE
        where = ("大陆", "mainland China") if o.mainland else ("境外", "abroad")
        found.append(
            {
                "source": f"place:{o.place}", "title_zh": f"观测点：{o.place}", "title_en": f"Place: “{o.place}”", "kind": "place",
                "health": "never" if last is None else "failed" if out else "ok" if fresh else "stale",
                "last_ok_at": working[-1].made_at if working else None,
                "last_started_at": last.made_at if last else None,
                "last_outcome": None if last is None else "failed" if out else "ok",
                "last_reason": "its own controls were silent: it is out, nothing of that report counts" if out else None,
                "records": sum(r.looks for r in mine),
                "blind_zh": f"{where[0]}线路，由他人运行、用自己的密钥签名；只看能否打开，不看内容。",
                "blind_en": f"A line in {where[1]}, run by somebody else and signed by its own key; it sees whether a site opens, not what it says.",
            }
        )  # fmt: skip
    return found


_PLACE_STALE = dt.timedelta(days=3)
"""After so long without a report a place is stale."""


def _numbers(connection: Connection, source: str, kind: str, end: dt.datetime) -> dict[str, int]:
    """How much of a complaint site's numbering was seen; nothing for a source without one."""
    seen = numbering(connection, source, end) if kind == "complaints" else None
    return {"numbers_seen": seen.seen, "numbers_given": seen.numbers} if seen else {}


def _count(engine: Engine, rows: dict[str, dict[str, Any]], end: dt.datetime) -> None:
    """Add the number of records of each source and its newest; large tables on every processor."""
    for table in OBSERVATIONS.values():
        query = select(table.source_id, func.count(), func.max(table.seen_at)).where(table.seen_at < end)
        query = query.group_by(table.source_id)

        def counted(ids: range, query: Any = query, id_: Any = table.id) -> Any:
            if not ids:
                return ()
            with engine.connect() as connection:
                return connection.execute(query.where(id_ >= ids.start, id_ < ids.stop)).all()

        for found in map_ordered(counted, id_ranges(engine, table), engine.dispose):
            for source, n, newest in found:
                row = rows[source]
                row["records"] += n
                row["newest"] = max(newest, row.get("newest", newest))


def _health(row: dict[str, Any], end: dt.datetime) -> dict[str, Any]:
    cadence = dt.timedelta(hours=max(row.pop("cadence") or 0.0, 24.0 * method.CADENCE_DAYS))
    newest = row.pop("newest", None)
    last_ok, outcome = row.get("last_ok_at"), row.get("last_outcome")
    # A source nobody crawls (handed-in files) is as old as its newest record.
    seen = last_ok or (newest if outcome is None else None)
    told = health_of(outcome, row.get("last_reason"))
    if told in ("failed", "blocked", "not_configured"):
        health = told
    elif seen is None:
        health = "never"
    else:
        health = "ok" if end - seen <= cadence else "stale"
    return row | {"health": health}


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(SHANGHAI).date()
