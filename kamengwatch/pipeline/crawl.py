"""Crawl what is due: which jobs there are, each run as a subprocess of the crawler with its progress shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import select

from dashboard.presenters.translations import word
from kamengwatch import machine_faults
from kamengwatch.batch_items import Outcome, name_refused, one_by_one, tell_refused
from kamengwatch.config import Config, Failure, UserError, require_contact
from kamengwatch.console import bar, log_line, tell_json
from kamengwatch.intake.watchlist import watched_in
from kamengwatch.pipeline.crawl_process import Event, events
from store.db.tables import Crawl
from store.evidence.crawl_ledger import (
    AHEAD,
    ENDED,
    OF_THE_PLAN,
    Round,
    SourceCard,
    health_of,
    merge_batches,
    watched_platforms,
)
from store.settings import settings

MOST_RARELY = dt.timedelta(days=14)
"""A source that keeps blocking us is still asked this often, so that we notice when it stops."""
CADENCE = "KAMENGWATCH_CADENCE_HOURS"
SHORTEST_HOURS, LONGEST_HOURS = 1 / 60, 24.0 * 90
REFUSED_HOURS = 0.5
"""After a refusal a source is left alone at least so long, however short its cadence."""
_REMEMBERED = dt.timedelta(days=200)
UNKNOWN_REQUESTS = 100
"""What a source that was never crawled is taken to ask."""


Queue = Callable[[Config, dt.datetime, list[str], list[str]], object]
"""Takes what to crawl (the moment it was asked, sources, hosts) instead of crawling it."""


@dataclass(frozen=True)
class Planned:
    """One source's place in the plan."""

    source: str
    cadence_hours: float
    finished_at: dt.datetime | None
    due_at: dt.datetime
    blocked: int = 0
    """How many of its last crawls in a row ended blocked."""


@lru_cache(maxsize=1)
def cards() -> tuple[SourceCard, ...]:
    """What every spider found in crawler/spiders declares about its source."""
    from crawler.run import cards as found

    return tuple(found())


def plan(config: Config, now: dt.datetime) -> list[Planned]:
    """When each source is due: one cadence after its last finished crawl, or `now` where none has finished.

    Ask the clock once and compare with the same `now`: a second look at it would put a source never crawled into the future.

    A crawl that ended further ahead than AHEAD was written down under a wrong clock and puts nothing off. A source that has blocked us twice in a row is asked half as often, then a quarter, at the slowest every MOST_RARELY.
    """
    with config.engine.connect() as connection:
        rows = connection.execute(
            select(*ENDED)
            .where(Crawl.finished_at > now - _REMEMBERED, Crawl.finished_at < now + AHEAD, OF_THE_PLAN)
            .order_by(Crawl.finished_at.desc())
        ).all()
    ended: dict[str, list[Round]] = {}
    for crawled in merge_batches(rows):
        ended.setdefault(crawled.source_id, []).append(crawled)
    found, every = [], intervals()
    for card in cards():
        crawls, hours = ended.get(card.id, []), every[card.id]
        blocked = sum(1 for _ in takewhile(lambda crawl: crawl.outcome == "blocked", crawls))
        last = crawls[0].finished_at if crawls else None
        due = last + _wait(hours, blocked) if last else now
        found.append(Planned(card.id, hours, last, due, blocked))
    return sorted(found, key=lambda p: (p.due_at, p.source))


def intervals() -> dict[str, float]:
    """Source → hours between two of its crawls: as KAMENGWATCH_CADENCE_HOURS says (`heimao=0.5,icp=168`), else as its card does.

    Raises UserError for a source there is none of and for what is no number of hours.
    """
    found = {card.id: card.poll_minutes / 60 if card.poll_minutes else card.cadence_hours for card in cards()}
    for part in filter(None, (p.strip() for p in settings().cadence_hours.split(","))):
        source, _, hours = (word.strip() for word in part.partition("="))
        if source not in found:
            raise UserError(
                f"{CADENCE}: {source}: 没有这个信息源 no such source; 可用 use {', '.join(sorted(found))}"
            )
        try:
            found[source] = float(hours)
        except ValueError:
            found[source] = 0.0
        if not SHORTEST_HOURS <= found[source] <= LONGEST_HOURS:
            raise UserError(
                f"{CADENCE}: {part}: 须为小时数 wants hours, {SHORTEST_HOURS:g}–{LONGEST_HOURS:g}; 例 e.g. heimao=0.5,icp=168"
            )
    return found


def due_sources(config: Config, now: dt.datetime) -> set[str]:
    """The sources that are due at `now`."""
    return {p.source for p in plan(config, now) if p.due_at <= now}


def _wait(cadence_hours: float, blocked: int) -> dt.timedelta:
    cadence = dt.timedelta(hours=max(cadence_hours, REFUSED_HOURS if blocked else 0.0))
    return max(cadence, min(cadence * 2 ** max(0, min(blocked, 20) - 1), MOST_RARELY))


def crawl(
    config: Config,
    sources: list[str],
    platforms: list[str],
    due: bool,
    replay: Path | None,
    as_json: bool,
    queue: Queue | None = None,
) -> None:
    """Run spiders over the watchlist (or over `platforms` of it); with `queue` leave it to the workers.

    Raises UserError for unknown names and Failure when no crawl was healthy.
    """
    now, known = config.now(), [card.id for card in cards()]
    if replay is not None:
        _check_archive(config, replay)
    else:
        require_contact()
        config.check_database()
    if not sources and not platforms and not due:
        raise UserError(
            "采什么？what to crawl? 例 e.g. kamengwatch crawl --due, 或 or kamengwatch crawl storefront"
        )
    hosts: list[str] = []
    named = one_by_one(dict.fromkeys(platforms), lambda text: hosts.append(watched_in(config, text)))
    chosen: list[str] = []
    one_by_one(dict.fromkeys(sources), lambda source: chosen.append(_usable(source, known)), named)
    if (sources and not chosen) or (platforms and not hosts):
        tell_refused(config, Outcome(refused=named.refused))
    try:
        _crawl(config, now, chosen or known, list(dict.fromkeys(hosts)), due, replay, as_json, queue)
    except Failure:
        name_refused(config, named)
        raise
    tell_refused(config, named)


def _usable(source: str, known: list[str]) -> str:
    """`source`, where it can be crawled here; raises UserError where there is none, or what it needs is not installed."""
    if source not in known:
        raise UserError(f"{source}: 没有这个信息源 no such source; 可用 use {', '.join(known)}")
    if source == "screenshot":
        from crawler.download.browser import missing

        if module := missing():
            raise UserError(machine_faults.missing(module) or module)
    return source


def _crawl(
    config: Config,
    now: dt.datetime,
    chosen: list[str],
    hosts: list[str],
    due: bool,
    replay: Path | None,
    as_json: bool,
    queue: Queue | None,
) -> None:
    if due:
        late = due_sources(config, now)
        chosen = [s for s in chosen if s in late]
        if not chosen:
            log_line(config.say("没有到期的采集。", "Nothing is due."))
            return
    if queue is not None:
        queue(config, now, chosen, hosts)
        return
    run = settings().run_id or "cli"  # the scheduler's run ledger names the crawl by it
    words = arguments(config, now, f"{run}-{now:%Y%m%dT%H%M%S}", chosen, hosts, None, replay)
    ended: list[Event] = []
    with (
        _alone(config, chosen),
        bar(
            config.say("采集", "crawling"),
            (len(hosts) or len(watched_platforms(config.engine))) * len(chosen),
        ) as progress,
    ):
        for event in events(words):
            if event["event"] == "host":
                progress.advance(1, str(event.get("host", "")))
            elif event["event"] == "crawl":
                ended.append(event)
    _tell(config, ended, as_json, due or bool(settings().run_id))


@contextmanager
def _alone(config: Config, sources: list[str]) -> Iterator[None]:
    """Wait for another crawl of this data folder that visits the platforms: no host is ever asked twice at once."""
    if not platform_visitors() & set(sources):
        yield
        return
    lock = FileLock(config.data_dir / "visiting.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log_line(
            config.say(
                "另一个采集正在访问这些网站，等它结束…",
                "Another crawl is visiting the sites; waiting for it…",
            )
        )
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_archive(config: Config, replay: Path) -> None:
    from store.archive.warc import iterate

    if not replay.is_file():
        raise UserError(f"{replay}: 文件不存在 no such file")
    unread: list[int] = []
    whole = sum(1 for _ in iterate(replay, unread))
    if not whole:
        raise UserError(f"{replay}: 不是存证文件，或里面没有页面 not a WARC file, or no page in it")
    if unread:
        log_line(
            config.say(
                f"{replay.name}：读到 {whole} 条存证；{len(unread)} 处读不出（第一处在偏移 {unread[0]}），不在重放之内",
                f"{replay.name}: {whole} capture(s) [was|were] read; {len(unread)} place(s) cannot be (the first at offset {unread[0]}) and are not replayed",
            )
        )


def _tell(config: Config, ended: list[Event], as_json: bool, planned: bool) -> None:
    """Say how each crawl ended; a source that is not set up here is no failure, but of one that was asked for by hand it is told."""
    if as_json:
        tell_json(ended)
    else:
        for e in ended:
            reason = f" — {e['reason']}" if e.get("reason") else ""
            records, requests = e.get("records", 0), e.get("requests", 0)
            counted = config.say(
                f"{records} 条记录，{requests} 个请求", f"{records} record(s), {requests} request(s)"
            )
            shown = health_of(e["outcome"], e.get("reason")) or e["outcome"]
            log_line(f"{e['source']}: {word(config.lang, 'health', shown)}, {counted}{reason}")
    asked = [e for e in ended if health_of(e["outcome"], e.get("reason")) != "not_configured"]
    if asked and all(e["outcome"] != "ok" for e in asked):
        raise Failure("; ".join(f"{e['source']}: {e['outcome']}" for e in asked))
    if ended and not asked and not planned:
        raise UserError("; ".join(f"{e['source']}: {e['reason']}" for e in ended))


@dataclass(frozen=True)
class Visit:
    """One scheduled visit of every source to every platform, under a job name that makes it resumable."""

    job: str
    sandbox_proxy: str | None
    on_host: Callable[[str], None]


def visit(config: Config, visit: Visit) -> int:
    """Run every source that is due at the present; returns how many pages were fetched.

    What a killed visit had finished is not due any more, so running the visit again does only the rest. Sources that
    visit the platforms themselves share one process, so that no host is asked twice at once; each of the others has one
    of its own. What asked most the last time begins first, and one more runs than there are processors: all wait for answers at times.
    """
    from scoring.fork_pool import processors

    now = config.now()
    due, asked = due_sources(config, now), _asked_last(config)
    batches = [
        sorted(due & platform_visitors()),
        *([source] for source in sorted(due - platform_visitors())),
    ]
    batches.sort(key=lambda batch: -sum(asked.get(source, UNKNOWN_REQUESTS) for source in batch))
    jobs = [
        arguments(config, now, visit.job, batch, [], visit.sandbox_proxy, None) for batch in batches if batch
    ]
    with ThreadPoolExecutor(processors() + 1) as pool:
        return sum(pool.map(lambda arguments: _pages(arguments, visit.on_host), jobs))


def _asked_last(config: Config) -> dict[str, int]:
    """Source → requests of its last finished crawl."""
    ended = select(Crawl.source_id, Crawl.requests).where(Crawl.finished_at.is_not(None))
    with config.engine.connect() as connection:
        rows = connection.execute(ended.order_by(Crawl.finished_at, Crawl.id)).all()
    return {row.source_id: row.requests or 0 for row in rows}


def _pages(arguments: list[str], on_host: Callable[[str], None]) -> int:
    pages = 0
    for event in events(arguments):
        if event["event"] == "host":
            on_host(str(event.get("host", "")))
        elif event["event"] == "crawl":
            pages += int(event.get("requests", 0))
    return pages


@lru_cache(maxsize=1)
def platform_visitors() -> frozenset[str]:
    """The sources that visit the platforms themselves, of which only one may run at a time."""
    from crawler.run import spiders

    return frozenset(name for name, spider in spiders().items() if spider.visits_platforms)


def arguments(
    config: Config,
    now: dt.datetime,
    job: str,
    sources: list[str],
    hosts: list[str],
    proxy: str | None,
    replay: Path | None,
) -> list[str]:
    """The words for `python -m crawler.run` that do `job`, resumable under its name; its clock starts at `now`."""
    words = ["--key", job, "--now", now.isoformat()]
    words += ["--data-dir", str(config.data_dir), "--database", config.database_url]
    for source in sources:
        words += ["--source", source]
    for host in hosts:
        words += ["--host", host]
    if proxy:
        words += ["--sandbox-proxy", proxy]
    if replay:
        words += ["--replay", str(replay)]
    return words
