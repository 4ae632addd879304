"""Run spiders as one job: several sources over a batch of hosts, in one process, resumable by its key.

`python -m crawler.run --source heimao --source storefront --host a.example --now … --data-dir … --database …`; the command
line and the scheduler start it as a subprocess and read its progress as JSON lines. A reactor runs once per process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings
from sqlalchemy import Engine

from crawler.download.browser import launch_options
from crawler.download.host_lease import crawl_lock, names
from crawler.errors import OwnFault
from crawler.recording.recorder import DatabaseRecorder, ReplayBooks, ReportRecorder
from crawler.source_spider import Progress, SourceSpider
from store.archive.warc import iterate
from store.db.engine import open_engine
from store.evidence.complainant_pseudonyms import Complainants
from store.evidence.crawl_ledger import SourceCard, Target, register_sources, start_crawl, watched_platforms
from store.evidence.ingest import Ingest
from store.settings import NO_CONTACT, settings
from store.text.malls import host_part
from store.text.query import host_key


@dataclass(frozen=True)
class Job:
    """What to crawl and where to keep it. `key` names the job: finished once, it is never done again."""

    sources: tuple[str, ...]
    now: dt.datetime
    data_dir: Path
    database_url: str
    hosts: tuple[str, ...] = ()
    key: str = ""
    sandbox_proxy: str = ""
    replay: Path | None = None
    demo: bool = False
    code_version: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    look: bool = False
    """Somebody waits for the answer: hosts that are not watched are visited, too, and what hangs is given up soon."""
    report: Path | None = None
    """Probe `hosts` for somebody elsewhere: no database, no archive; what was seen is written to this file."""
    begun: float = field(default_factory=time.monotonic)
    """What the stopwatch showed at `now`."""

    @property
    def name(self) -> str:
        """What this and its other parts are called together: the key, else the moment."""
        return self.key or self.now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")

    def key_of(self, source: str) -> str:
        """The ledger key of one source's part of the job."""
        if self.replay is not None:
            digest = hashlib.sha256(self.replay.read_bytes()).hexdigest()[:32]
            return f"replay:{source}:{digest}"
        batch = (
            hashlib.sha256(",".join(sorted(self.hosts)).encode()).hexdigest()[:10] if self.hosts else "all"
        )
        return f"{source}:{self.name}:{batch}"


def cards() -> list[SourceCard]:
    """The cards of every source that has a spider, by id."""
    return [spider.card for spider in spiders().values()]


@cache
def spiders() -> dict[str, type[SourceSpider]]:
    """Source id -> spider, found through SPIDER_MODULES."""
    loader = SpiderLoader.from_settings(_settings())
    return {name: loader.load(name) for name in sorted(loader.list())}  # type: ignore[misc]


def run_job(job: Job, progress: Progress = lambda event: None) -> dict[str, str]:
    """Run the job to its end; returns source -> outcome (ok, failed, blocked; broken: a fault of ours, due again).

    A source whose part was finished before is not run again. Raises KeyError for an unknown source. Blocks; starts the
    process's only reactor.
    """
    known = spiders()
    for source in job.sources:
        if source not in known:
            raise KeyError(source)
    if job.report is not None:
        return _probe_only(job, job.report, progress)
    engine = open_engine(job.database_url)
    register_sources(engine, [spider.card for spider in known.values()])
    hosts = [host_key(h) for h in job.hosts]
    watched = watched_platforms(engine, hosts, ("watched", "candidate") if job.look else ("watched",))
    # Nobody else visits what is not watched: a look at it need not wait for the crawls of its batch.
    held = watched_platforms(engine, [*hosts, *map(host_part, hosts)]) if job.look else watched
    outcomes: dict[str, str] = {}

    def noted(event: dict[str, Any]) -> None:
        if event["event"] in ("crawl", "broken"):
            outcomes[event["source"]] = event.get("outcome", "broken")
        progress(event)

    try:
        with _to_itself(job, [t.host for t in held], noted):
            _crawl(job, engine, watched, noted)
    except OwnFault as error:
        for source in job.sources:
            noted({"event": "broken", "source": source, "reason": str(error)})
    engine.dispose()
    return dict.fromkeys(job.sources, "broken") | outcomes


def _probe_only(job: Job, out: Path, progress: Progress) -> dict[str, str]:
    """Look at the hosts of the job by the availability probe alone, under the same rules as any crawl."""
    targets = [Target(0, host_key(host), None, (), None) for host in job.hosts]
    cls, outcomes = spiders()["availability"], {"availability": "broken"}

    def noted(event: dict[str, Any]) -> None:
        if event["event"] == "crawl":
            outcomes["availability"] = event["outcome"]
        progress(event)

    process = AsyncCrawlerProcess(_settings(job))
    start = partial(process.crawl, cls, books=ReportRecorder(out), targets=targets, progress=noted)
    with _to_itself(job, [target.host for target in targets], noted):
        _start(process, [[start]])
    return outcomes


def _to_itself(job: Job, hosts: Sequence[str], progress: Progress) -> AbstractContextManager[None]:
    """Nobody else crawls the same boards or visits the same hosts meanwhile; a replay asks nobody.

    Crawls that ask a board about some hosts each take turns there (crawler/download/host_lease.py).
    """
    known, settings = spiders(), _settings(job)
    visits = any(known[source].visits_platforms for source in job.sources)
    boards = [] if job.hosts else [source for source in job.sources if not known[source].visits_platforms]
    wanted = [] if job.replay else names(boards, hosts if visits else [])
    pause = settings.getfloat("DOWNLOAD_DELAY")
    return crawl_lock(
        job.data_dir / "locks", wanted, pause, lambda name: progress({"event": "waiting", "lock": name})
    )


def _crawl(job: Job, engine: Engine, watched: list[Target], progress: Progress) -> None:
    """Run every source whose part was not finished before."""
    known = spiders()
    process = AsyncCrawlerProcess(_settings(job))
    visits: list[Callable[[], Any]] = []
    lines = [visits]
    for source in dict.fromkeys(job.sources):
        cls = known[source]
        state = start_crawl(
            engine, job.key_of(source), source, job.now,
            whole_source=cls.whole_source and not job.hosts, demo=job.demo, code_version=job.code_version,
        )  # fmt: skip
        if state.finished:
            progress({"event": "crawl", "source": source, "outcome": state.outcome, "already": True})
            continue
        name = f"{source}-{job.now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{state.id}"
        ingest = Ingest(engine, job.now, demo=job.demo, complainants=Complainants(job.data_dir, job.now))
        books = (ReplayBooks if job.replay else DatabaseRecorder)(
            engine, ingest, source, state, job.data_dir / "archive", name
        )
        start = partial(
            process.crawl, cls, books=books, targets=watched, progress=progress, **dict(job.options)
        )  # fmt: skip
        if cls.visits_platforms and not job.look:
            visits.append(start)
        else:
            lines.append([start])
    if any(lines):
        _start(process, lines)


def _start(process: AsyncCrawlerProcess, lines: list[list[Callable[[], Any]]]) -> None:
    """Run each line one after another and the lines beside each other: no host is visited by two spiders at once.

    A board is asked beside the others, and in a look, for which somebody waits, every source; where two of them lie at one host, they
    take turns there at its pace (crawler/download/host_lease.py).
    """

    def next_of(line: list[Callable[[], Any]]) -> None:
        if line:
            line.pop(0)().add_done_callback(lambda _: next_of(line))

    for line in lines:
        next_of(line)
    # What the imports left stays for good: the collector need not walk it for every few pages, nor once at the start of each crawl.
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    process.start()


def _settings(job: Job | None = None) -> Settings:
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    settings = get_project_settings()
    if job is None:
        return settings
    values: dict[str, Any] = {
        "KAMENGWATCH_NOW": job.now.isoformat(),
        "NOW_SHOWN_AT": job.begun,
        "KAMENGWATCH_JOB": job.name,
        "TURNS_FOLDER": str(job.data_dir / "turns"),
        "SANDBOX_PROXY": job.sandbox_proxy,
    }
    if job.look:
        values |= settings.getdict("LOOK_SETTINGS") | {"SITES_SHARED": True, "ICP_CONTROL_FIRST": False}
        own = urlsplit(settings.get("ICP_BASE") or "").hostname or ""
        if own == "localhost" or own.startswith(
            "127."
        ):  # the operator's own service, which several looks ask at once
            values["DOWNLOAD_SLOTS"] = {own: {"delay": 0.2, "concurrency": 1, "jitter": 0}}
    if job.sandbox_proxy or (job.replay is not None and _from_sandbox(job.replay)):
        values |= settings.getdict("SANDBOX_SETTINGS")
        values["PLAYWRIGHT_LAUNCH_OPTIONS"] = launch_options(job.sandbox_proxy)
    if job.replay is not None:
        handler = "crawler.replay.ReplayHandler"
        values |= {
            "DOWNLOAD_HANDLERS": {
                scheme: handler if there else None
                for scheme, there in settings.getdict("DOWNLOAD_HANDLERS").items()
            },
            "REPLAY_FILE": str(job.replay),
            "REPLAY_IN_PLACE": job.replay.resolve().parent == (job.data_dir / "archive").resolve(),
            "DOWNLOAD_DELAY": 0.0,
            "AUTOTHROTTLE_ENABLED": False,
            "RETRY_ENABLED": False,
        }
    for name, value in values.items():
        settings.set(name, value, priority="cmdline")
    return settings


def _from_sandbox(path: Path) -> bool:
    first = next(iterate(path), None)
    return first is not None and (urlsplit(first[1].url).hostname or "").endswith(".test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, run, print progress as JSON lines; 0 ok, 1 a source failed or was blocked, 2 bad input."""
    parser = argparse.ArgumentParser(prog="python -m crawler.run", description="Crawl sources as one job.")
    parser.add_argument("--source", action="append", required=True, help="source id; repeat for several")
    parser.add_argument("--host", action="append", default=[], help="only these watched hosts")
    parser.add_argument("--now", required=True, help="the present, ISO 8601 with offset")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--key", default="", help="job key; default: the present")
    parser.add_argument("--sandbox-proxy", default="", help="http://127.0.0.1:PORT of a running sandbox")
    parser.add_argument("--replay", type=Path, help="a WARC file to read instead of the network")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--look", action="store_true", help="somebody waits: also sites that are not watched")
    parser.add_argument(
        "--report", type=Path, help="probe the hosts alone and write what was seen to this file"
    )
    parser.add_argument("--code-version")
    given = parser.parse_args(arguments)
    now = dt.datetime.fromisoformat(given.now)
    if now.tzinfo is None:
        parser.error("--now needs an offset, e.g. 2026-03-02T10:00:00+08:00")
    if given.replay is not None and not given.replay.is_file():
        parser.error(f"no such file: {given.replay}")
    if not (given.replay or given.sandbox_proxy or settings().contact):
        parser.error(NO_CONTACT)
    job = Job(
        sources=tuple(given.source),
        hosts=tuple(given.host),
        now=now,
        data_dir=given.data_dir,
        database_url=given.database,
        key=given.key,
        sandbox_proxy=given.sandbox_proxy,
        replay=given.replay,
        demo=given.demo or bool(given.sandbox_proxy),
        code_version=given.code_version,
        look=given.look,
        report=given.report,
    )
    try:
        outcomes = run_job(job, _print)
    except KeyError as error:
        parser.error(f"unknown source {error}; known: {', '.join(spiders())}")
    return 0 if all(outcome == "ok" for outcome in outcomes.values()) else 1


def _print(event: dict[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(event, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()
    except (
        BrokenPipeError
    ):  # whoever started this crawl is gone: end as when told to, unfinished, to be taken up again
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
