"""Crawls that meet at a host they do not have to themselves: one request at a time, its pace kept, and a refusal heard by all."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from crawler.settings import DOWNLOAD_DELAY, DOWNLOAD_DELAY_JITTER
from store.db.engine import default_url, migrate, open_engine
from store.evidence.ingest import Ingest, import_records
from tests.support.programs import forked
from tests.support.programs.market_month import Control, sandbox
from tests.support.servers.polite_server import serving

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
TOGETHER = ThreadPoolExecutor(2)
Running = Future[subprocess.CompletedProcess[str]]


def watching(data: Path, hosts: list[str]) -> Engine:
    engine = open_engine(default_url(data))
    migrate(engine)
    import_records(Ingest(engine, NOW, accept_new=True), [{"kind": "platform", "host": h} for h in hosts])
    return engine


def crawl(data: Path, source: str, key: str, hosts: list[str], *more: str, **environment: str) -> Running:
    words = [
        "--source",
        source,
        "--key",
        key,
        "--now",
        NOW.isoformat(),
        "--data-dir",
        str(data),
        "--database",
        default_url(data),
    ]
    words += [word for host in hosts for word in ("--host", host)]
    return TOGETHER.submit(forked.run, ["crawler.run", *words, *more], os.environ | environment)


def told(running: Running) -> list[dict[str, Any]]:
    """The crawl's events."""
    done = running.result()
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def outcomes(running: Running) -> dict[str, str]:
    """What became of each host."""
    return {e["host"]: e["outcome"] for e in told(running) if e["event"] == "host"}


def test_two_crawls_ask_one_service_in_turn_and_no_faster_than_one(tmp_path: Path) -> None:
    hosts = [f"{letter}.example" for letter in "abcdef"]
    watching(tmp_path, hosts)
    answer = (200, "application/json", json.dumps({"code": 200, "params": {"list": []}, "success": True}))
    with serving(lambda path: (404, "text/plain", "") if path == "/robots.txt" else answer, 0.4) as visits:
        base = {"KAMENGWATCH_ICP_BASE": f"http://127.0.0.1:{visits.port}"}
        first = crawl(tmp_path, "icp", "one", hosts[:3], **base)
        second = crawl(tmp_path, "icp", "two", hosts[3:], **base)
        assert outcomes(first) | outcomes(second) == dict.fromkeys(hosts, "ok")
    whose = [path.partition("search=")[2][:1] in "abc" for path in visits.paths if path != "/robots.txt"]
    one_after_the_other = (sorted(whose), sorted(whose, reverse=True))
    assert len(whose) == len(hosts) and whose not in one_after_the_other, "they did not meet"
    assert visits.most_open == 1
    # On a busy machine one arrival is late and the next then seems early; over all of them a pace is a pace.
    moments = [moment for moment, _ in visits.seen]
    least = DOWNLOAD_DELAY * (1 - DOWNLOAD_DELAY_JITTER)
    assert moments[-1] - moments[0] >= least * (len(moments) - 1) - 0.5


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory):
    with sandbox(tmp_path_factory.mktemp("market"), "--platforms", "24", "--days", "120") as control:
        yield control


def test_a_registry_that_refused_one_part_of_a_job_is_not_asked_by_the_next(
    market: Control, tmp_path: Path
) -> None:
    hosts = [shop["host"] for shop in json.loads(market.call("GET", "/hosts"))["hosts"]]
    hosts = [host for host in hosts if not host.endswith("faka.test")][:9]
    watching(tmp_path, hosts)
    market.call("PUT", "/faults", {"rdap": {"mode": "rate_limit", "path": "/domain"}})
    for key, part, asked in (("job", hosts[:3], 1), ("job", hosts[3:6], 1), ("next", hosts[6:], 2)):
        done = outcomes(crawl(tmp_path, "registration", key, part, "--sandbox-proxy", market.proxy))
        assert done == dict.fromkeys(part, "blocked")
        assert len([e for e in market.log() if e["path"].startswith("/domain")]) == asked


def test_a_turn_that_cannot_be_written_down_is_our_fault_and_nobody_is_judged(
    market: Control, tmp_path: Path
) -> None:
    engine = watching(tmp_path, ["a.test", "b.test"])
    (tmp_path / "turns").write_text("in the way")
    events = told(crawl(tmp_path, "icp", "job", [], "--sandbox-proxy", market.proxy))
    assert [event["event"] for event in events] == ["broken"] and "FileExistsError" in events[0]["reason"]
    with engine.connect() as connection:
        assert connection.execute(text("select finished_at from crawl")).scalars().all() == [None]
        assert connection.execute(text("select count(*) from crawl_platform")).scalar_one() == 0
