"""The sandbox's whole market, crawled by four workers on PostgreSQL and rated on Spark, is published as one process publishes it.

One process crawls the same days into SQLite and rates there. Both snapshots must say the same in every table and on every
page; what may differ is named in OTHERWISE. The market's clock stands still during a visit, so even times must agree.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kamengwatch.config import Config
from kamengwatch.pipeline import crawl, job_queue
from kamengwatch.pipeline.crawl_process import events
from store.china_time import SHANGHAI
from tests.support.markets.rated_folders import differences
from tests.support.programs.in_process_cli import command
from tests.support.programs.market_month import Control, sandbox
from tests.support.programs.workers import PLAIN, started, watched
from tests.support.servers.spark_cluster import NEEDED, cluster

pytestmark = [*NEEDED, pytest.mark.postgres, pytest.mark.timeout(3600)]
PLATFORMS, DAYS = 60, 240
VISITS = (165, 219, 227, 233)
"""Days of the calendar, far enough apart that most shops are rated, in every colour but red (which needs a person). On none of them does a source wall
us off in the middle of its questions: which of them it had answered by then is another in every run, embedded or not."""
LEFT_OUT = "screenshot"
"""The only source not crawled: it makes no record for any table, and in the sandbox takes pictures of two shops a crawl."""
WORKERS = 4
SLOW = {"rdap": {"mode": "slow", "seconds": 0.1}}
"""Each batch of hosts asks the registry; a quick answer would hide two at once."""
NAME_SERVER = "dns.sandbox.test"
"""Stands for the machine's own resolver, which is no site and no source: one process asks it in parallel as well."""
OTHERWISE = {
    "evidence.archive": "every crawl writes an archive file of its own, and workers crawl the sites in more and other parts",
    "evidence.offset": "where the page lies in that file; `verify` finds it there, with the hash that must agree",
}
"""Columns that may differ, and why."""
SEALS = ("manifest.json", "datapackage.json", "SHA256SUMS")
"""They list the names and hashes of all files, and the numbers of the crawls."""


@dataclass
class Route:
    """One of the two ways to the snapshot: where it keeps its data, and what it cost."""

    config: Config
    seconds: Counter[str] = field(default_factory=Counter)
    log: list[dict[str, Any]] = field(default_factory=list)

    def timed(self, what: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        done = work()
        self.seconds[what] += time.perf_counter() - begun
        return done

    @property
    def words(self) -> tuple[object, ...]:
        return ("--data-dir", self.config.data_dir, "--database", self.config.database_url)


def by_one(config: Config, job: str, due: list[str], proxy: str) -> None:
    for event in events(crawl.arguments(config, config.now(), job, due, [], proxy, None)):
        assert event["event"] != "broken"


def by_workers(config: Config, job: str, due: list[str], proxy: str) -> None:
    assert job_queue.defer(config, due, [], job, proxy, wait=False) > WORKERS
    logs = [config.data_dir / f"worker{n}.log" for n in range(WORKERS)]
    running = [started(config, "--once", program=PLAIN, said=log) for log in logs]
    assert [process.wait(900) for process in running] == [0] * WORKERS
    assert job_queue.waiting(config) == 0


def visit(control: Control, route: Route, job: str, crawl: Callable[..., None]) -> list[str]:
    """Crawl what is due; gives the sources."""
    before = len(control.log())
    now = route.config.now()
    due = sorted(crawl.due_sources(route.config, now) - {LEFT_OUT})
    route.timed("crawl", lambda: crawl(route.config, job, sorted(due), control.proxy))
    route.log += control.log()[before:]
    return sorted(due)


def published(capsys: pytest.CaptureFixture[str], route: Route, *engine: object) -> Path:
    """Rate, publish and verify with the command line; gives the snapshot."""
    route.timed("rate", lambda: command(capsys, "rate", *route.words, *engine))
    route.timed("publish", lambda: command(capsys, "publish", *route.words))
    command(capsys, "verify", *route.words)
    return (route.config.data_dir / "snapshots" / "latest").resolve()


def files(snapshot: Path) -> dict[str, str]:
    """The hash of everything a visitor gets beside the tables: pages, feeds, badges, captures."""
    found = (file for file in snapshot.rglob("*") if file.is_file() and file.name not in SEALS)
    return {
        str(file.relative_to(snapshot)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in found
        if file.suffix not in (".parquet", ".csv")
    }


def test_four_workers_and_spark_publish_what_one_process_publishes(
    tmp_path: Path,
    postgres_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    alone = Route(Config(tmp_path / "alone"))
    many = Route(Config(tmp_path / "many", database=postgres_url))
    with sandbox(tmp_path, "--platforms", str(PLATFORMS), "--days", str(DAYS)) as control:
        control.call("PUT", "/faults", SLOW)
        first = dt.date.fromisoformat(json.loads(control.call("GET", "/clock"))["starts_on"])
        for number, day in enumerate(VISITS):
            moment = dt.datetime.combine(first + dt.timedelta(days=day), dt.time(20), SHANGHAI)
            control.call("PUT", "/clock", {"now": moment.isoformat()})
            for route in (alone, many):
                route.config = replace(route.config, fixed_now=moment)
                assert number or len(watched(control, route.config)) == PLATFORMS
            due = visit(control, alone, f"visit-{number}", by_one)
            assert visit(control, many, f"visit-{number}", by_workers) == due

    monkeypatch.setenv("KAMENGWATCH_NOW", moment.isoformat())
    near = published(capsys, alone)
    with cluster(tmp_path, 2) as master:
        far = published(capsys, many, "--engine", "spark", "--master", master)
        for n in range(2):
            assert "Asked to launch executor" in (tmp_path / f"worker{n}.log").read_text("utf-8")

    tables = sorted(file.stem for file in near.glob("*.parquet"))
    assert tables == sorted(file.stem for file in far.glob("*.parquet"))
    found = differences(near, far, 1e-6, tables)
    assert [line for line in found if line.partition(":")[0] not in OTHERWISE] == []
    pages = files(near)
    assert files(far) == pages

    verdicts = Counter(pq.read_table(near / "ratings.parquet", columns=["verdict"])["verdict"].to_pylist())
    assert verdicts["灰"] < PLATFORMS / 3 and {"蓝", "黄", "橙"} <= set(verdicts), (
        "too little was rated to compare"
    )
    for route in (alone, many):
        assert {e["host"] for e in route.log if e["concurrency"] > 1} <= {NAME_SERVER}
    asked = [e for e in many.log if (e["host"], e["path"]) == ("rdap.sandbox.test", "/robots.txt")]
    assert len(asked) > WORKERS, "the registry was asked in many parts"
    for n in range(WORKERS):
        assert "storefront" in (many.config.data_dir / f"worker{n}.log").read_text("utf-8"), "all took part"

    for name, route in (("one process", alone), (f"{WORKERS} workers and Spark", many)):
        record_property(f"requests of {name}", len(route.log))
        for what in ("crawl", "rate", "publish"):
            record_property(f"seconds to {what}, {name}", round(route.seconds[what], 1))
    record_property("platforms", PLATFORMS)
    record_property("rows compared", sum(pq.read_metadata(far / f"{t}.parquet").num_rows for t in tables))
    record_property("files with the same bytes", len(pages))
