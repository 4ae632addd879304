"""Play a month of a small market: a sandbox of our own, faults switched on for single visits, the product's own crawl job.

What happened is returned as the ledger says it (crawls, hosts) beside what the sandbox says it served (its request log).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from kamengwatch.config import Config
from kamengwatch.intake import watchlist
from kamengwatch.maintain import source_health
from kamengwatch.pipeline import crawl
from kamengwatch.pipeline.crawl_process import events
from store.china_time import SHANGHAI
from tests.support.programs import forked

ROOT = Path(__file__).resolve().parents[3]
CONTROL = "control.sandbox.test"
Faults = dict[str, dict[str, Any]]


@dataclass
class Month:
    """A played month. `outcomes`: visit number → source → (outcome, reason); `sources`: visit number → what `sources` said."""

    config: Config
    market: Any
    log: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[int, dict[str, tuple[str, str | None]]] = field(default_factory=dict)
    hosts: dict[int, dict[tuple[str, str], tuple[str, str | None]]] = field(default_factory=dict)
    sources: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict)
    moments: list[dt.datetime] = field(default_factory=list)

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of the database."""
        with self.config.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]


@dataclass(frozen=True)
class Control:
    """The sandbox's own host."""

    proxy: str

    def call(self, method: str, path: str, body: Any = None) -> bytes:
        """The answer's bytes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.proxy}{path}", data=data, method=method, headers={"Host": CONTROL}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def log(self) -> list[dict[str, Any]]:
        """Every request since the start."""
        return [json.loads(line) for line in self.call("GET", "/log").splitlines()]


@contextmanager
def sandbox(folder: Path, *options: str) -> Iterator[Control]:
    """A running sandbox with the given options of `python -m sandbox serve`."""
    ready = folder / "port"
    ready.unlink(missing_ok=True)
    process = forked.start(
        ["sandbox", "serve", "--latency", "0", "--ready-file", str(ready), *options], os.environ, folder
    )
    try:
        deadline = time.monotonic() + 120
        while not (ready.is_file() and ready.read_text()) and time.monotonic() < deadline:
            assert process.exitcode is None, (folder / "err").read_text("utf-8")
            time.sleep(0.02)
        yield Control(f"http://127.0.0.1:{int(ready.read_text())}")
    finally:
        process.terminate()
        process.join(20)


def play(control: Control, month: Month, days: list[int], faults: dict[int, Faults]) -> Month:
    """Visit the market on the given days of its calendar, with the faults of each visit (numbered from 0)."""
    parameters = month.market.parameters
    for number, day in enumerate(days):
        moment = dt.datetime.combine(parameters.date_of(day), dt.time(20), SHANGHAI).astimezone(dt.UTC)
        control.call("PUT", "/clock", {"now": moment.isoformat()})
        control.call("PUT", "/faults", faults.get(number, {}))
        month.moments.append(moment)
        month.config = replace(month.config, fixed_now=moment)
        if number == 0:
            shops = json.loads(control.call("GET", "/hosts"))["hosts"]
            watchlist.add_sites(
                month.config, [(s["host"], s["name"], s["aliases"]) for s in shops], demo=True
            )
        _visit(month, f"month-{number}", control.proxy)
        _take_down(month, number)
    month.log = control.log()
    return month


def _visit(month: Month, job: str, proxy: str) -> None:
    """Every source that is due, as `kamengwatch.pipeline.crawl.visit` runs them, without pictures: no browser is needed here."""
    now = month.config.now()
    due = sorted(crawl.due_sources(month.config, now) - {"screenshot"})
    for event in events(crawl.arguments(month.config, now, job, due, [], proxy, None)):
        assert event["event"] != "crawl" or event["source"] in due


def _take_down(month: Month, number: int) -> None:
    month.outcomes[number] = {
        source: (outcome, reason)
        for source, outcome, reason in month.rows(
            "SELECT source_id, outcome, reason FROM crawl WHERE key LIKE :key", key=f"%:month-{number}:%"
        )
    }
    month.hosts[number] = {
        (source, host): (outcome, reason)
        for source, host, outcome, reason in month.rows(
            "SELECT c.source_id, p.host, cp.outcome, cp.reason FROM crawl_platform cp JOIN crawl c ON c.id = cp.crawl_id "
            "JOIN platform p ON p.id = cp.platform_id WHERE c.key LIKE :key",
            key=f"%:month-{number}:%",
        )
    }
    month.sources[number] = {row["source"]: row for row in source_health.crawled(month.config)}
