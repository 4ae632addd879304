"""Leave crawls to worker processes; says what is missing where the queue's library is not installed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import ModuleType

from kamengwatch.config import Config, UserError
from kamengwatch.machine_faults import missing
from kamengwatch.pipeline.crawl import Queue
from store.settings import settings


def workers() -> ModuleType:
    """The module of the queue; raises UserError where the extra `postgres` is not installed."""
    try:
        from kamengwatch.pipeline import job_queue as module
    except ModuleNotFoundError as error:
        raise UserError(missing(error.name or "") or str(error)) from error
    return module


def queue_of(wait: bool, replay: Path | None) -> Queue:
    """What takes crawls for the workers; raises UserError for a replay, which needs none."""
    if replay is not None:
        raise UserError("--replay 在本机重放，不能 --defer a replay runs here: leave out --defer")
    module = workers()

    def put(config: Config, now: dt.datetime, sources: list[str], hosts: list[str]) -> object:
        job = settings().run_id or module.name_of(now)
        return module.defer(config, sources, hosts, job, None, wait)

    return put
