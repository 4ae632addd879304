"""The life of one worker: it takes jobs out of the queue (kamengwatch/pipeline/job_queue.py), beats as long as it lives, and puts back what dead ones held.

Nobody but the crawl's own process says who may ask a site (crawler/download/host_lease.py): a worker that was taken for dead and is not costs
time, and never a second visitor.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Sequence

from procrastinate import App, JobContext, exceptions
from procrastinate.worker import Worker
from sqlalchemy import text

from crawler.settings import DOWNLOAD_DELAY
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import log_line
from kamengwatch.pipeline.crawl import arguments
from kamengwatch.pipeline.crawl_process import events

SCHEMA = "queue"
HEARTBEAT = 10.0
DEAD_AFTER = 3 * HEARTBEAT
"""Seconds without a heartbeat after which a worker's jobs are given to others."""
STOP_SECONDS = 60
"""A worker told to stop finishes its job within this, or puts it back."""
CLOCK_OFF = 60.0
"""Seconds by which a worker's clock may differ from the database's: what it finds is dated by its own."""
_BEAT = "update procrastinate_workers set last_heartbeat = now() where id = %(id)s returning id"
_TAKE_OVER = """
update procrastinate_jobs job set status = 'todo', attempts = attempts + 1, scheduled_at = now(), queueing_lock = case when exists (
  select 1 from procrastinate_jobs again where again.status = 'todo' and again.queueing_lock = job.queueing_lock
) then null else queueing_lock end
where status = 'doing' and not exists (
  select 1 from procrastinate_workers owner where owner.id = job.worker_id and owner.last_heartbeat >= now() - make_interval(secs => %(dead)s)
) returning id
"""
"""One statement, so that of two who see the same dead worker one puts the job back; what was put into the queue again meanwhile stays there too."""


class _Life:
    """What ends a worker: a signal, or that the others took it for dead."""

    def __init__(self, config: Config, app: App, worker: Worker) -> None:
        self._config, self._app, self._worker = config, app, worker
        self.told = self.lost = False

    def stop(self) -> None:
        """SIGTERM or Ctrl+C: take no new job, finish the one at hand."""
        if not self.told:
            zh = f"停止：不再接新任务，手上的任务最多再做 {STOP_SECONDS} 秒…"
            en = f"Stopping: no new job; the one at hand has {STOP_SECONDS} seconds…"
            log_line(self._config.say(zh, en))
        self.told = True
        self._worker.stop()

    async def beat(self) -> None:
        """To the very end, also while the last job is finished; the database may be away for a moment."""
        while not self.lost:
            with contextlib.suppress(exceptions.ConnectorException):
                await self._alive()
                await self._app.connector.execute_query_all_async(_TAKE_OVER, dead=DEAD_AFTER)
            await asyncio.sleep(HEARTBEAT)

    async def _alive(self) -> None:
        """A worker that was frozen or cut off is known no more: what it held is another's, and it begins anew."""
        number = self._worker.worker_id
        if number is not None and not await self._app.connector.execute_query_all_async(_BEAT, id=number):
            self.lost = True
            self._worker.stop()


class _Lines(logging.Handler):
    """What the libraries warn of, one line each, as everything else this process says."""

    def emit(self, record: logging.LogRecord) -> None:
        """Without a traceback: it names the folders of this machine, not what to do."""
        error = record.exc_info[1] if record.exc_info else None
        cause = (error.__cause__ or error) if error else None
        said = f": {type(cause).__name__}: {cause}" if cause else ""
        log_line(" ".join(f"{record.getMessage().splitlines()[0][:200]}{said}".split())[:400])


def work(config: Config, app: App, queues: Sequence[str], once: bool) -> None:
    """Do jobs of `queues` until told to stop, or with `once` until none waits; raises Failure when broken off otherwise."""
    _same_time(config)
    logging.basicConfig(handlers=[_Lines()], level=logging.WARNING, force=True)
    asyncio.run(_work(config, app, list(queues), once))


def _same_time(config: Config) -> None:
    if config.fixed_now is not None:
        return
    with config.engine.connect() as connection:
        off = (config.now() - connection.execute(text("select now()")).scalar_one()).total_seconds()
    if abs(off) > CLOCK_OFF:
        raise UserError(
            f"本机时钟与数据库服务器相差 {off:+.0f} 秒 this machine's clock differs from the database server's by {off:+.0f} s: "
            "校准两边的时钟 set both clocks (timedatectl set-ntp true)"
        )


async def _work(config: Config, app: App, queues: list[str], once: bool) -> None:
    async with app.open_async():
        worker = Worker(
            app, queues=queues, wait=not once, concurrency=1, delete_jobs="successful", additional_context={"config": config},
            update_heartbeat_interval=HEARTBEAT, stalled_worker_timeout=DEAD_AFTER, shutdown_graceful_timeout=STOP_SECONDS,
            install_signal_handlers=False,
        )  # fmt: skip
        life = _Life(config, app, worker)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, life.stop)
        heart = asyncio.create_task(life.beat())
        try:
            await worker.run()
        finally:
            heart.cancel()
    if life.lost:
        raise Failure(
            "太久没有心跳，任务已交给别的进程 no heartbeat for too long, the job went to another worker: 重新启动 start it again"
        )
    if not (once or life.told):
        raise Failure(
            "数据库连接中断，工作进程退出 the database went away and the worker ended: 重新启动 start it again"
        )


def crawl(context: JobContext, sources: list[str], hosts: list[str], job: str, proxy: str | None) -> None:
    """One job: the crawl as its own process; put back when the worker has to go."""
    config: Config = context.additional_context["config"]
    _begun(config, context)
    begun, told = time.monotonic(), False
    try:
        for event in events(arguments(config, config.now(), job, sources, hosts, proxy, None)):
            if context.should_abort():
                raise exceptions.JobAborted
            if event["event"] == "crawl":
                log_line(f"{event['source']}: {event['outcome']}, {event.get('records', 0)}")
            elif event["event"] == "waiting" and not told:
                told = True
                log_line(
                    f"{event['lock']}: " + config.say("等另一个采集结束", "waiting for another crawl to end")
                )
    except (Failure, UserError) as error:
        log_line(f"{', '.join(sources)} ({context.job.lock}): {error}")
        raise
    if hosts and proxy is None and time.monotonic() - begun > 1:
        time.sleep(DOWNLOAD_DELAY)  # the pace holds across workers: the lock goes only after the pause


def _begun(config: Config, context: JobContext) -> None:
    """A job that has begun may be put beside itself, and must find its way back into the queue all the same."""
    statement = (
        f"update {SCHEMA}.procrastinate_jobs set queueing_lock = null where id = :id and status = 'doing'"  # noqa: S608
    )
    with config.engine.begin() as connection:
        connection.execute(text(statement), {"id": context.job.id})
