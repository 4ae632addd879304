"""Crawls by any number of worker processes: a queue in PostgreSQL (procrastinate), one job for some sources over one batch of hosts.

A host belongs to one of BATCHES for good, and a batch is locked while a job of it runs, so no host is ever asked by two workers at
once. A job is the crawl the command line would run, under a key that makes it resumable: done twice it adds nothing, so a worker
that dies loses nothing, and the next one takes its job over when its heartbeat is missing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy, exceptions
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.settings import DOWNLOAD_DELAY
from kamengwatch.config import Config, UserError
from kamengwatch.crawl_process import events
from kamengwatch.crawling import arguments, cards, platform_visitors
from kamengwatch.progress import bar, say
from store.ledger import targets

QUEUES = ("crawl", "browser")
"""Pictures need a browser and take a hundred times as long as a page: workers that have one ask for their queue."""
SCHEMA = "queue"
BATCHES = 64
"""Never changed while jobs wait: a host's lock is the number of its batch."""
MOST_HOSTS = 500
"""Hosts a job; of a longer batch several jobs wait for the same lock."""
HEARTBEAT = 10.0
DEAD_AFTER = 3 * HEARTBEAT
"""Seconds without a heartbeat after which a worker's jobs are given to others."""
STOP_SECONDS = 60
"""A worker told to stop finishes its job within this, or puts it back."""
ATTEMPTS = RetryStrategy(max_attempts=5, exponential_wait=5)
"""After 5, 25, 125 and 625 seconds; what still fails then is due again by the plan."""
URGENT_HOURS = 24
"""Sources asked for at least daily go before the others: warnings live on them."""


@dataclass(frozen=True)
class Part:
    """One job to be: what to crawl, in which queue, and the lock that keeps others from the same hosts."""

    sources: tuple[str, ...]
    hosts: tuple[str, ...]
    queue: str
    lock: str
    number: int
    priority: int

    @property
    def once(self) -> str:
        """While a job of this name waits, no second one is put beside it."""
        return f"{self.lock}/{self.number}/{','.join(self.sources)}"


def parts(sources: Sequence[str], hosts: Sequence[str]) -> Iterator[Part]:
    """The jobs that crawl `sources`: boards whole, sources that visit the platforms in batches of `hosts`."""
    hours = {card.id: card.cadence_hours for card in cards()}
    visiting = platform_visitors()
    for source in sorted(set(sources) - visiting):
        yield Part((source,), (), "crawl", f"source-{source}", 0, _priority(hours[source]))
    batches: dict[int, list[str]] = {}
    for host in sorted(set(hosts)):
        batches.setdefault(zlib.crc32(host.encode()) % BATCHES, []).append(host)
    for queue, chosen in (
        ("crawl", sorted(set(sources) & visiting - {"screenshot"})),
        ("browser", sorted(set(sources) & {"screenshot"})),
    ):
        for batch, of_batch in sorted(batches.items()) if chosen else ():
            for number, start in enumerate(range(0, len(of_batch), MOST_HOSTS)):
                yield Part(
                    tuple(chosen),
                    tuple(of_batch[start : start + MOST_HOSTS]),
                    queue,
                    f"hosts-{batch}",
                    number,
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
    watched = hosts or [t.host for t in targets(config.engine)]
    with _opened(config) as app:
        ids = [id_ for part in parts(sources, watched) if (id_ := _put(app, part, job, proxy)) is not None]
        say(config.say(f"{len(ids)} 个采集任务已排队", f"{len(ids)} crawl jobs are in the queue"))
        if wait:
            _wait(config, ids)
    return len(ids)


def _put(app: App, part: Part, job: str, proxy: str | None) -> int | None:
    asked = app.configure_task(
        "crawl", queue=part.queue, lock=part.lock, queueing_lock=part.once, priority=part.priority
    )
    try:
        return asked.defer(sources=list(part.sources), hosts=list(part.hosts), job=job, proxy=proxy)
    except exceptions.AlreadyEnqueued:
        return None


def _wait(config: Config, ids: list[int]) -> None:
    with bar(config.say("等待采集", "waiting for the workers"), len(ids)) as progress:
        done = 0
        while done < len(ids):
            open_ = waiting(config, ids)
            progress.advance(len(ids) - open_ - done, "")
            done = len(ids) - open_
            time.sleep(0 if done == len(ids) else 1)


def waiting(config: Config, ids: list[int] | None = None) -> int:
    """How many jobs (of `ids`, or at all) wait or run."""
    query = f"select count(*) from {SCHEMA}.procrastinate_jobs where status in ('todo', 'doing')"  # noqa: S608
    only = "" if ids is None else " and id = any(:ids)"
    with config.engine.connect() as connection:
        return int(connection.execute(text(query + only), {"ids": ids} if only else {}).scalar_one())


def work(config: Config, queues: Sequence[str], once: bool) -> None:
    """Do jobs of `queues` until told to stop (SIGTERM, Ctrl+C), or with `once` until none waits; raises UserError without PostgreSQL."""
    for queue in queues:
        if queue not in QUEUES:
            raise UserError(f"{queue}: 没有这个队列 no such queue; 可用 use {', '.join(QUEUES)}")
    _prepare(config)
    say(
        config.say(
            f"工作进程已启动：{'、'.join(queues)}（Ctrl+C 停止）",
            f"The worker is running: {', '.join(queues)} (Ctrl+C stops it)",
        )
    )
    asyncio.run(_work(config, _app(config), list(queues), once))
    say(
        config.say(
            "已停止；没做完的由别的进程接着做。", "Stopped; what was not finished goes to another worker."
        )
    )


async def _work(config: Config, app: App, queues: list[str], once: bool) -> None:
    async with app.open_async():
        await _take_over(app)
        heir = asyncio.create_task(_keep_taking_over(app))
        try:
            await app.run_worker_async(
                queues=queues, wait=not once, concurrency=1, delete_jobs="successful", additional_context={"config": config},
                update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=DEAD_AFTER, shutdown_graceful_timeout=STOP_SECONDS,
            )  # fmt: skip
        finally:
            heir.cancel()


async def _keep_taking_over(app: App) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        await _take_over(app)


async def _take_over(app: App) -> None:
    """Put back what dead workers were doing."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        await app.job_manager.retry_job(job)


def _crawl(context: JobContext, sources: list[str], hosts: list[str], job: str, proxy: str | None) -> None:
    """One job: the crawl as its own process; put back when the worker has to go."""
    config: Config = context.additional_context["config"]
    begun = time.monotonic()
    for event in events(arguments(config, job, sources, hosts, proxy, None)):
        if context.should_abort():
            raise exceptions.JobAborted
        if event["event"] == "crawl":
            say(f"{event['source']}: {event['outcome']}, {event.get('records', 0)}")
    if hosts and proxy is None and time.monotonic() - begun > 1:
        time.sleep(DOWNLOAD_DELAY)  # the pace holds across workers: the lock goes only after the pause


def _app(config: Config) -> App:
    """procrastinate on the product's own database, its tables in a schema of their own."""
    url = make_url(config.database_url)
    if url.get_backend_name() != "postgresql":
        raise UserError(
            "多进程采集需要 PostgreSQL workers need PostgreSQL: --database postgresql+psycopg://…; 迁移 move: kamengwatch move --to URL"
        )
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=plain, kwargs={"options": f"-c search_path={SCHEMA}"}))
    app.task(name="crawl", pass_context=True, retry=ATTEMPTS)(_crawl)
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
