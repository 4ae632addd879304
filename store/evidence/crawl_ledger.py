"""The crawl ledger: what is watched, which jobs ran, and what became of each; a killed job is simply still due."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Integer, String, Table, Text, bindparam, insert, select, update

from store.db.tables import CRAWL_OUTCOMES, Alias, Crawl, CrawlPlatform, Platform, Source
from store.db.upsert import insert_for, insert_into
from store.redaction.fields import safe_text

UNREAD = "no host could be read"
"""How the reason of a crawl begins that read none of its hosts."""
OWN_LINE = "no control page answered, so the outage is ours"
"""How the reason of a crawl begins, or of a host, of which nothing is known because our own line failed."""
NOT_CONFIGURED = "not configured"
"""How the reason of a crawl begins that had nobody to ask: a setting is missing, or a program. No failure, and nothing was looked at."""
LOOK = "look-"
"""How the name of a job begins that looks at one site because somebody asked (kamengwatch/pipeline/look.py)."""
_PART = re.compile(r":[0-9a-f]{10}$")
"""How the key of a crawl of a batch of hosts ends (crawler.run)."""
_WORSE = ("ok", "blocked", "failed")
ENDED = (
    Crawl.id,
    Crawl.key,
    Crawl.source_id,
    Crawl.started_at,
    Crawl.finished_at,
    Crawl.outcome,
    Crawl.reason,
)
"""What `rounds` asks of a crawl."""
OF_THE_PLAN = ~Crawl.key.contains(f":{LOOK}")
"""Crawls of the plan, or asked for by its operator: a look at one site says nothing of how a source does, and puts nothing off."""

AHEAD = dt.timedelta(days=1)
"""No crawl of ours ends so far in the future: its clock was wrong, or ours is. It puts nothing off and is nobody's last one."""


@dataclass(frozen=True)
class Expected:
    """What a healthy crawl brings: `least` to `most` of what is counted, for each host read or for the whole crawl.

    `of` is "host" or "crawl". `selectors`: main selector → the least share of tries in which it finds what it looks
    for; `<kind>.<field>` is a field of a record, any other name is tallied by the spider itself.
    """

    least: int
    most: int
    of: str = "host"
    counted_zh: str = "记录"
    counted_en: str = "records"
    selectors: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class SourceCard:
    """What a source declares about itself. `tier`: A official, B seen on the site, C complaints, D handed in.

    `expected` is None for what is only handed in: nothing is crawled there. It is asked every `cadence_hours`, or every
    `poll_minutes` where it forgets sooner than that; it is stale by its `cadence_hours` either way.
    """

    id: str
    kind: str
    title_zh: str
    title_en: str
    publisher: str
    family: str
    tier: str
    cadence_hours: float
    blind_zh: str
    blind_en: str
    expected: Expected | None = None
    poll_minutes: float | None = None


@dataclass(frozen=True)
class CrawlState:
    """A job taken up: finished = nothing to do, it ended as `outcome`; `done` = hosts a killed attempt already finished, with outcome."""

    id: int
    finished: bool
    done: dict[str, str]
    outcome: str | None = None


@dataclass(frozen=True)
class Target:
    """A watched platform as a spider needs it."""

    platform_id: int
    host: str
    name: str | None
    aliases: tuple[str, ...]
    software: str | None


@dataclass(frozen=True)
class Round:
    """One source in one job: the crawls of all its batches of hosts, told as the one crawl they are parts of.

    `finished_at` is when the last part so far ended, None while none has.
    """

    source_id: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    outcome: str | None
    reason: str | None
    ids: tuple[int, ...]


def merge_batches(crawls: Iterable[Any], until: dt.datetime | None = None) -> list[Round]:
    """Put crawls (rows of ENDED) together, in the order of their first.

    Workers crawl in batches, often of one host: that nothing of a batch could be read says nothing of the source while
    others could. What else went wrong in a part went wrong in the whole. Ends after `until` have not come yet.
    """
    found: dict[tuple[str, str], list[Any]] = {}
    for crawl in crawls:
        found.setdefault((crawl.source_id, _PART.sub("", crawl.key)), []).append(crawl)
    return [_round(parts, until) for parts in found.values()]


def _round(parts: list[Any], until: dt.datetime | None) -> Round:
    ended = [p for p in parts if p.finished_at is not None and (until is None or p.finished_at < until)]
    telling = [p for p in ended if not (p.reason or "").startswith(UNREAD)] or ended
    worst = max(telling, key=lambda p: _WORSE.index(p.outcome), default=None)
    return Round(
        parts[0].source_id,
        min(p.started_at for p in parts),
        max((p.finished_at for p in ended), default=None),
        worst.outcome if worst else None,
        worst.reason if worst else None,
        tuple(p.id for p in parts),
    )


def health_of(outcome: str | None, reason: str | None) -> str | None:
    """How a crawl that has ended is shown: its outcome, or `not_configured`."""
    return "not_configured" if (reason or "").startswith(NOT_CONFIGURED) else outcome


def unset_sources(connection: Connection, end: dt.datetime) -> set[str]:
    """The sources whose newest crawl that ended before `end` had nobody to ask."""
    ended = select(Crawl.source_id, Crawl.reason).where(Crawl.finished_at < end)
    told = connection.scalars(
        select(Crawl.source_id)
        .where(Crawl.reason.startswith(NOT_CONFIGURED), Crawl.finished_at < end)
        .distinct()
    ).all()
    newest = ended.where(Crawl.source_id.in_(told)).order_by(Crawl.finished_at, Crawl.id)
    last: dict[str, str | None] = {}
    for source, reason in connection.execute(newest):
        last[source] = reason
    return {source for source, reason in last.items() if health_of("failed", reason) == "not_configured"}


def register_sources(engine: Engine, cards: Iterable[SourceCard]) -> None:
    """Make the source rows say what the cards say; where they do nothing is written, and no other crawl waits for it."""
    columns = [column.name for column in Source.__table__.columns]
    wanted = [{name: getattr(card, name) for name in columns} for card in cards]
    with engine.connect() as connection:
        kept = {row["id"]: dict(row) for row in connection.execute(select(Source.__table__)).mappings()}
    changed = [values for values in wanted if kept.get(values["id"]) != values]
    if not changed:
        return
    with engine.begin() as connection:
        for values in changed:  # two crawls may start at the same moment
            statement = insert_for(connection, Source).values(**values)
            connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def start_crawl(
    engine: Engine,
    key: str,
    source_id: str,
    started_at: dt.datetime,
    *,
    whole_source: bool = False,
    demo: bool = False,
    code_version: str | None = None,
) -> CrawlState:
    """Open the crawl named `key`, or take up the one that was killed under that key."""
    with engine.begin() as connection:
        row = connection.execute(
            select(Crawl.id, Crawl.finished_at, Crawl.outcome).where(Crawl.key == key)
        ).one_or_none()
        if row is None:
            values: dict[str, Any] = {
                "key": key,
                "source_id": source_id,
                "started_at": started_at,
                "whole_source": whole_source,
                "demo": demo,
                "code_version": code_version,
            }
            made = connection.execute(insert(Crawl).values(**values).returning(Crawl.id)).scalar_one()
            return CrawlState(int(made), False, {})
        done = connection.execute(
            select(Platform.host, CrawlPlatform.outcome)
            .join(Platform, Platform.id == CrawlPlatform.platform_id)
            .where(CrawlPlatform.crawl_id == row.id)
        )
        return CrawlState(row.id, row.finished_at is not None, {d.host: d.outcome for d in done}, row.outcome)


def finish_platform(
    engine: Engine, crawl_id: int, host: str, outcome: str, reason: str | None = None
) -> None:
    """Say what the crawl achieved for one host (ok, failed or blocked); the last word counts."""
    if outcome not in CRAWL_OUTCOMES:
        raise ValueError(f"not a crawl outcome: {outcome!r}")
    values = {"crawl": crawl_id, "host": host, "what": outcome, "why": reason and safe_text(reason)}
    with engine.begin() as connection:
        connection.execute(_platform_outcome(connection.dialect.name), values)


@cache
def _platform_outcome(dialect: str) -> Any:
    """The upsert of one host's outcome, of no row for a host that is no platform; built once."""
    wanted = select(
        bindparam("crawl", type_=Integer),
        Platform.id,
        bindparam("what", type_=String),
        bindparam("why", type_=Text),
    ).where(Platform.host == bindparam("host"))
    table: Table = CrawlPlatform.__table__  # type: ignore[assignment]
    told = insert_into(dialect, table).from_select(["crawl_id", "platform_id", "outcome", "reason"], wanted)
    return told.on_conflict_do_update(
        index_elements=["crawl_id", "platform_id"],
        set_={"outcome": told.excluded.outcome, "reason": told.excluded.reason},
    )


def finish_crawl(
    engine: Engine,
    crawl_id: int,
    finished_at: dt.datetime,
    outcome: str,
    reason: str | None = None,
    requests: int = 0,
    records: int = 0,
    measured: dict[str, Any] | None = None,
) -> None:
    """Close the crawl: from now on its job is not due any more."""
    if outcome not in CRAWL_OUTCOMES:
        raise ValueError(f"not a crawl outcome: {outcome!r}")
    with engine.begin() as connection:
        connection.execute(
            update(Crawl)
            .where(Crawl.id == crawl_id)
            .values(
                finished_at=finished_at,
                outcome=outcome,
                reason=reason and safe_text(reason),
                requests=requests,
                records=records,
                measured=measured,
            )
        )


def watched_platforms(
    engine: Engine, hosts: Iterable[str] = (), statuses: Collection[str] = ("watched",)
) -> list[Target]:
    """The watchlist (only `hosts` of it, if given), in a fixed order; `statuses` may name platforms that are not on it, too."""
    wanted = set(hosts)
    with engine.connect() as connection:
        aliases: dict[int, list[str]] = {}
        for id_, text in connection.execute(select(Alias.platform_id, Alias.text).order_by(Alias.id)):
            aliases.setdefault(id_, []).append(text)
        rows = connection.execute(
            select(Platform.id, Platform.host, Platform.name, Platform.software)
            .where(Platform.status.in_(statuses))
            .order_by(Platform.host)
        )
        return [
            Target(id_, host, name, tuple(aliases.get(id_, ())), software)
            for id_, host, name, software in rows
            if not wanted or host in wanted
        ]
