"""Crawls by any number of worker processes: a queue in PostgreSQL (procrastinate), one job for some sources over one batch of hosts.

A host belongs to one of BATCHES for good, and a batch is locked while a job of it runs, so no host is ever asked by two workers at
once. A job is the crawl the command line would run, under a key that makes it resumable: done twice it adds nothing, so a worker
that dies loses nothing, and the next one takes its job over when its heartbeat is missing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from procrastinate import App, PsycopgConnector, RetryStrategy, exceptions
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from crawler.download.host_lease import batch
from kamengwatch.config import Config, Failure, UserError, require_contact
from kamengwatch.console import bar, log_line
from kamengwatch.pipeline import worker
from kamengwatch.pipeline.crawl import cards, platform_visitors
from kamengwatch.pipeline.worker import SCHEMA
from store.evidence.crawl_ledger import watched_platforms

QUEUES = ("crawl", "browser")
"""Pictures need a browser and take a hundred times as long as a page: workers that have one ask for their queue."""
MOST_HOSTS = 500
"""Hosts a job; of a longer batch several jobs wait for the same lock."""
ATTEMPTS = RetryStrategy(max_attempts=5, exponential_wait=5)
"""After 5, 25, 125 and 625 seconds; what still fails then is due again by the plan."""
_WAITING = f"select queue_name, count(*) n from {SCHEMA}.procrastinate_jobs where status = 'todo' group by 1 order by 1"  # noqa: S608
_STANDING = f"""
select (select count(*) from {SCHEMA}.procrastinate_workers where last_heartbeat >= now() - make_interval(secs => :dead)) workers,
  count(*) filter (where status = 'doing') running,
  count(*) filter (where status in ('failed', 'aborted') and ended > now() - interval '1 day') given_up,
  min(put) filter (where status = 'todo') oldest
from {SCHEMA}.procrastinate_jobs job left join lateral (
  select max(at) ended, min(at) put from {SCHEMA}.procrastinate_events event where event.job_id = job.id) events on true
"""  # noqa: S608
URGENT_HOURS = 24
"""Sources asked for at least daily go before the others: warnings live on them."""


@dataclass(frozen=True)
class Part:
    """One job to be: what to crawl, in which queue, and the lock that keeps others from the same hosts."""

    sources: tuple[str, ...]
    hosts: tuple[str, ...]
    queue: str
    lock: str
    priority: int

    @property
    def once(self) -> str:
        """While a job of this name waits, no second one is put beside it: the same sources over the same hosts."""
        hosts = hashlib.sha256(",".join(self.hosts).encode()).hexdigest()[:16]
        return f"{self.lock}/{','.join(self.sources)}/{hosts}"


def parts(sources: Sequence[str], hosts: Sequence[str]) -> Iterator[Part]:
    """The jobs that crawl `sources`: boards whole, sources that visit the platforms in batches of `hosts`."""
    hours = {card.id: card.cadence_hours for card in cards()}
    visiting = platform_visitors()
    for source in sorted(set(sources) - visiting):
        yield Part((source,), (), "crawl", f"source-{source}", _priority(hours[source]))
    batches: dict[int, list[str]] = {}
    for host in sorted(set(hosts)):
        batches.setdefault(batch(host), []).append(host)
    for queue, chosen in (
        ("crawl", sorted(set(sources) & visiting - {"screenshot"})),
        ("browser", sorted(set(sources) & {"screenshot"})),
    ):
        for of, of_batch in sorted(batches.items()) if chosen else ():
            for start in range(0, len(of_batch), MOST_HOSTS):
                yield Part(
                    tuple(chosen),
                    tuple(of_batch[start : start + MOST_HOSTS]),
                    queue,
                    f"hosts-{of}",
                    _priority(min(hours[s] for s in chosen)),
                )


def _priority(cadence_hours: float) -> int:
    return 10 if cadence_hours <= URGENT_HOURS else 0


def defer(
    config: Config, sources: Sequence[str], hosts: Sequence[str], job: str, proxy: str | None, wait: bool
) -> int:
    """Put the crawls of `sources` into the queue; returns how many jobs are new. With `wait`, return when all are done.

    Raises UserError without PostgreSQL. What waits already is not put there twice.
    """
    watched = hosts or [t.host for t in watched_platforms(config.engine)]
    with _opened(config) as app:
        put = [_put(app, part, job, proxy) for part in parts(sources, watched)]
        new = sum(1 for _, is_new in put if is_new)
        log_line(config.say(f"{new} 个采集任务已排队", f"{new} crawl job(s) [is|are] in the queue"))
        if wait:
            _wait(config, [id_ for id_, _ in put if id_ is not None])
    return new


def _put(app: App, part: Part, job: str, proxy: str | None) -> tuple[int | None, bool]:
    """The job's id, and whether it is new; None for one that has begun just now."""
    asked = app.configure_task(
        "crawl", queue=part.queue, lock=part.lock, queueing_lock=part.once, priority=part.priority
    )
    try:
        return asked.defer(sources=list(part.sources), hosts=list(part.hosts), job=job, proxy=proxy), True
    except exceptions.AlreadyEnqueued:
        waits = app.job_manager.list_jobs(queueing_lock=part.once, status="todo")
        return next((job.id for job in waits), None), False


def _wait(config: Config, ids: list[int]) -> None:
    """Until all are done; raises Failure when some were given up."""
    if ids and not standing(config).workers:
        zh, en = "没有工作进程在运行", "no worker is running"
        log_line(
            config.say(f"{zh}：在任一台机器上 kamengwatch worker", f"{en}: kamengwatch worker on any machine")
        )
    with bar(config.say("等待采集", "waiting for the workers"), len(ids)) as progress:
        done = 0
        while done < len(ids):
            open_ = waiting(config, ids)
            progress.advance(len(ids) - open_ - done, "")
            done = len(ids) - open_
            time.sleep(0 if done == len(ids) else 1)
    if given_up := _count(config, ("failed", "aborted"), ids):
        raise Failure(
            f"{given_up}/{len(ids)} 个任务反复失败，已放弃 jobs failed again and again and were given up: "
            "原因见工作进程的日志 the workers' logs say why; kamengwatch doctor"
        )


@dataclass(frozen=True)
class Standing:
    """How the queue stands: living workers, jobs that wait (by queue), run, and were given up in the last day; since when the oldest waits."""

    workers: int
    waiting: dict[str, int]
    running: int
    given_up: int
    oldest: dt.datetime | None


def standing(config: Config) -> Standing | None:
    """How the queue stands; None where none was ever made (also on SQLite)."""
    if config.engine.dialect.name != "postgresql":
        return None
    with config.engine.connect() as connection:
        if (
            connection.execute(text(f"select to_regclass('{SCHEMA}.procrastinate_jobs')")).scalar_one()
            is None
        ):
            return None
        row = connection.execute(text(_STANDING), {"dead": worker.DEAD_AFTER}).one()
        waits = {r.queue_name: int(r.n) for r in connection.execute(text(_WAITING))}
    return Standing(row.workers, waits, row.running, row.given_up, row.oldest)


def waiting(config: Config, ids: list[int] | None = None) -> int:
    """How many jobs (of `ids`, or at all) wait or run."""
    return _count(config, ("todo", "doing"), ids)


def _count(config: Config, states: Sequence[str], ids: list[int] | None) -> int:
    query = f"select count(*) from {SCHEMA}.procrastinate_jobs where status::text = any(:states)"  # noqa: S608
    only = "" if ids is None else " and id = any(:ids)"
    given = {"states": list(states)} | ({"ids": ids} if only else {})
    with config.engine.connect() as connection:
        return int(connection.execute(text(query + only), given).scalar_one())


def work(config: Config, queues: Sequence[str], once: bool) -> None:
    """Do jobs of `queues` until told to stop (SIGTERM, Ctrl+C), or with `once` until none waits; raises UserError without PostgreSQL."""
    for queue in queues:
        if queue not in QUEUES:
            raise UserError(f"{queue}: 没有这个队列 no such queue; 可用 use {', '.join(QUEUES)}")
    require_contact()
    _prepare(config)
    log_line(
        config.say(
            f"工作进程已启动：{'、'.join(queues)}（Ctrl+C 停止）",
            f"The worker is running: {', '.join(queues)} (Ctrl+C stops it)",
        )
    )
    worker.work(config, _app(config), queues, once)
    log_line(
        config.say(
            "已停止；没做完的由别的进程接着做。", "Stopped; what was not finished goes to another worker."
        )
    )


def _app(config: Config) -> App:
    """procrastinate on the product's own database, its tables in a schema of their own."""
    url = config.engine.url
    if url.get_backend_name() != "postgresql":
        raise UserError(
            "多进程采集需要 PostgreSQL workers need PostgreSQL: --database postgresql+psycopg://…; 迁移 move: kamengwatch move --to URL"
        )
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=plain, kwargs={"options": f"-c search_path={SCHEMA}"}))
    app.task(name="crawl", pass_context=True, retry=ATTEMPTS)(worker.crawl)
    return app


def _prepare(config: Config) -> None:
    """The queue's tables, made once; two that come first at the same moment wait for each other."""
    app = _app(config)
    try:
        with config.engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(hashtext('kamengwatch queue'))"))
            connection.execute(text(f"create schema if not exists {SCHEMA}"))
            if (
                connection.execute(text(f"select to_regclass('{SCHEMA}.procrastinate_jobs')")).scalar_one()
                is None
            ):
                raw: Any = connection.connection.driver_connection
                raw.execute(f"set local search_path to {SCHEMA}")
                raw.execute(app.schema_manager.get_schema())
    except SQLAlchemyError as error:
        raise UserError(f"任务队列建不起来 the queue cannot be made: {str(error).splitlines()[0]}") from error


@contextmanager
def _opened(config: Config) -> Iterator[App]:
    _prepare(config)
    with _app(config).open() as app:
        yield app


def name_of(now: dt.datetime) -> str:
    """The name of jobs put into the queue at `now`."""
    return f"queue-{now:%Y%m%dT%H%M%S}"
