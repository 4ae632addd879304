"""Health and age of every source: of a crawled one by its crawls, of a handed-in one by what was handed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from typing import Any

from rich.table import Table
from sqlalchemy import Connection, func, select

from dashboard.presenters.translations import word
from kamengwatch.config import Config
from kamengwatch.console import print_answer, tell_json
from kamengwatch.pipeline.crawl import cards
from store.china_time import SHANGHAI
from store.db.tables import OBSERVATIONS, Crawl, CrawlPlatform
from store.evidence.crawl_ledger import AHEAD, ENDED, OF_THE_PLAN, health_of, merge_batches
from store.evidence.site_volume import DAYS, Numbering, numbering

STALE_AFTER = 3.0
"""A source is shown as stale after this many of its cadences without a healthy crawl."""
_HANDED_IN = {"handed_in": ("已导入", "handed in"), "nothing": ("尚未导入", "nothing handed in")}


def show_sources(config: Config, as_json: bool) -> None:
    """Print health and age of every source."""
    with config.engine.connect() as connection:
        rows = [*crawled(config), *_handed_in(connection)]
    if as_json:
        tell_json(rows)
        return
    table = Table(
        config.say("信息源", "source"),
        config.say("名称", "title"),
        config.say("方式", "how"),
        config.say("状态", "health"),
        config.say("上次成功", "last ok"),
        config.say("距今", "age"),
        config.say("上次结果与原因", "last outcome and why"),
        config.say("上次各站", "hosts last time"),
    )
    for row in rows:
        ok = row["last_ok_at"]
        is_crawled = row["how"] == "crawled"
        table.add_row(
            row["source"],
            row["title_en" if config.lang == "en" else "title_zh"],
            config.say("采集", "crawled") if is_crawled else config.say("人工导入", "handed in"),
            word(config.lang, "health", row["health"])
            if is_crawled
            else config.say(*_HANDED_IN[row["health"]]),
            f"{ok.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if ok else "—",
            _age(config, ok),
            _last(config, row),
            _hosts(config, row.get("hosts", {})),
        )
    print_answer(table)


def _last(config: Config, row: dict[str, Any]) -> str:
    if row["how"] == "handed_in":
        return (
            config.say(f"{row['records']} 条记录", f"{row['records']} record(s)") if row["records"] else "—"
        )
    shown = health_of(row["last_outcome"], row["reason"])
    said = word(config.lang, "health", shown) if shown else "—"
    said += f" ({row['reason']})" if row["reason"] else ""
    if seen := row["numbering"]:
        share, of = f"{seen['share']:.1%}", f"{seen['seen']:,} / {seen['numbers']:,}"
        said += config.say(
            f"；近 {DAYS} 天看到编号的 {share}（{of}）",
            f"; {share} of the numbers of {DAYS} days seen ({of})",
        )
    return said


def _age(config: Config, last_ok: dt.datetime | None) -> str:
    if last_ok is None:
        return "—"
    hours = (config.now() - last_ok).total_seconds() / 3600
    if hours < 48:
        return config.say(f"{hours:.0f} 小时", f"{hours:.0f} h")
    return config.say(f"{hours / 24:.0f} 天", f"{hours / 24:.0f} d")


def _hosts(config: Config, hosts: dict[str, int]) -> str:
    return " · ".join(f"{word(config.lang, 'health', outcome)} {n}" for outcome, n in hosts.items()) or "—"


def crawled(config: Config) -> Iterator[dict[str, Any]]:
    """A row a source that has a spider: `health` is ok, failed, blocked, stale, not_configured or never.

    `overdue_since`: since when the last good crawl (or the first of all) is older than STALE_AFTER cadences, or None. `hosts`: how many hosts the last crawl read (ok) and how many not, by outcome.
    """
    now = config.now()
    with config.engine.connect() as connection:
        ended = (
            select(*ENDED)
            .where(Crawl.finished_at < now + AHEAD, OF_THE_PLAN)
            .order_by(Crawl.finished_at, Crawl.id)
        )
        crawls = merge_batches(connection.execute(ended))
        newest = {c.source_id: c.ids for c in crawls}.values()
        counted = connection.execute(
            select(Crawl.source_id, CrawlPlatform.outcome, func.count())
            .join(Crawl, Crawl.id == CrawlPlatform.crawl_id)
            .where(CrawlPlatform.crawl_id.in_([*chain.from_iterable(newest)]))
            .group_by(Crawl.source_id, CrawlPlatform.outcome)
            .order_by(CrawlPlatform.outcome.desc())
        ).all()
        boards = (card.id for card in cards() if card.kind == "complaints")
        numbers = {source: numbering(connection, source, config.now()) for source in boards}
    for card in cards():
        own = [c for c in crawls if c.source_id == card.id]
        last_ok = max((c.finished_at for c in own if c.outcome == "ok"), default=None)
        last = own[-1] if own else None
        if last is None:
            health = "never"
        elif (shown := health_of(last.outcome, last.reason)) == "not_configured":
            health = shown
        elif last_ok is None or now - last_ok > dt.timedelta(hours=card.cadence_hours * STALE_AFTER):
            health = "stale"
        else:
            health = "ok" if last.outcome == "ok" else str(last.outcome)
        first = own[0].finished_at if own else None
        allowed = dt.timedelta(hours=card.cadence_hours * STALE_AFTER)
        late_at = (last_ok or first) + allowed if own and health != "not_configured" else None
        yield {
            "source": card.id,
            "title_zh": card.title_zh,
            "title_en": card.title_en,
            "how": "crawled",
            "cadence_hours": card.cadence_hours,
            "overdue_since": late_at if late_at and late_at < now else None,
            "health": health,
            "last_ok_at": last_ok,
            "last_outcome": last.outcome if last else None,
            "reason": last.reason if last else None,
            "numbering": _told(numbers.get(card.id)),
            "hosts": {outcome: n for source, outcome, n in counted if source == card.id},
        }


def _told(seen: Numbering | None) -> dict[str, float] | None:
    """What the polls of the last days saw of the numbers the source gave."""
    return {"seen": seen.seen, "numbers": seen.numbers, "share": round(seen.share, 6)} if seen else None


def _handed_in(connection: Connection) -> Iterator[dict[str, Any]]:
    """Sources only an importer knows: how much was handed in, and the newest moment it became visible."""
    from crawler.importers import found

    for importer in found().values():
        if importer.card is None:
            continue
        counted, newest = 0, None
        for kind in importer.brings:
            model = OBSERVATIONS[kind]
            query = select(func.count(), func.max(model.seen_at)).where(model.source_id == importer.source)
            n, last = connection.execute(query).one()
            counted += n
            newest = max(filter(None, (newest, last)), default=None)
        yield {
            "source": importer.id,
            "title_zh": importer.card.title_zh,
            "title_en": importer.card.title_en,
            "how": "handed_in",
            "health": "handed_in" if counted else "nothing",
            "last_ok_at": newest,
            "records": counted,
        }
