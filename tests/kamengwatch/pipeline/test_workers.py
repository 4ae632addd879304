"""Crawls by several worker processes on PostgreSQL: the same as one crawl, no host asked twice at once, and a dead worker's jobs are done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url, text

from kamengwatch.config import Config
from kamengwatch.pipeline import crawl, job_queue, run
from kamengwatch.pipeline.crawl_process import events
from sandbox.market.parameters import MarketParameters
from store.china_time import SHANGHAI
from tests.support.programs.in_process_cli import command
from tests.support.programs.market_month import Control, sandbox
from tests.support.programs.workers import at_work, started, stopped, until, watched
from tests.support.servers.cuttable_line import line

DAY = 150
SOURCES = ("availability", "heimao", "icp", "rednet", "storefront", "xiaofeibao")
HOSTS = st.lists(st.from_regex(r"[a-z]{1,8}\.(test|example)", fullmatch=True), unique=True, max_size=40)


@settings(deadline=None)
@given(HOSTS, HOSTS)
def test_a_host_is_in_one_job_of_a_queue_and_under_one_lock_for_good(
    first: list[str], other: list[str]
) -> None:
    lock: dict[str, set[str]] = {}
    for hosts in (first, [*other, *first]):
        for queue in job_queue.QUEUES:
            of_queue = [
                p
                for p in job_queue.parts(("storefront", "availability", "screenshot"), hosts)
                if p.queue == queue
            ]
            assert sorted(host for part in of_queue for host in part.hosts) == sorted(set(hosts))
            for part in of_queue:
                assert len(part.hosts) <= job_queue.MOST_HOSTS
                for host in part.hosts:
                    lock.setdefault(host, set()).add(part.lock)
    assert all(len(locks) == 1 for locks in lock.values())


def test_boards_are_crawled_whole_and_urgent_sources_go_first() -> None:
    found = {p.sources: p for p in job_queue.parts(("heimao", "registration", "screenshot"), ["a.test"])}
    assert found[("heimao",)].hosts == () and found[("heimao",)].lock == "source-heimao"
    assert found[("heimao",)].priority > found[("registration",)].priority
    assert found[("screenshot",)].queue == "browser"


def test_without_postgresql_the_remedy_is_named(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("worker",), ("crawl", "heimao", "--defer")):
        said = command(capsys, *words, "--data-dir", data_dir, expect=2).err
        assert "PostgreSQL" in said and "kamengwatch move" in said
    assert "browser" in command(capsys, "worker", "pictures", "--data-dir", data_dir, expect=2).err
    said = command(
        capsys, "crawl", "heimao", "--defer", "--replay", "x.warc.gz", "--data-dir", data_dir, expect=2
    ).err
    assert "--defer" in said or "x.warc.gz" in said


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    size = {"platforms": 60, "days": 240}
    options = [word for name, value in size.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    with sandbox(tmp_path_factory.mktemp("market"), *options) as control:
        moment = _moment()
        control.call("PUT", "/clock", {"now": moment.isoformat()})
        yield control


def _moment() -> dt.datetime:
    return dt.datetime.combine(MarketParameters().date_of(DAY), dt.time(20), SHANGHAI)


def rated(config: Config) -> dict[str, dict[str, Any]]:
    """The rating of each host."""
    run.rate(config, None, "duckdb", False)
    (folder,) = (config.data_dir / "rated").iterdir()
    return {row["host"]: row for row in pq.read_table(folder / "ratings.parquet").to_pylist()}


@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize("shops", [6, pytest.param(60, marks=pytest.mark.soak)])
def test_workers_come_to_what_one_crawl_comes_to_though_one_of_them_is_killed(
    market: Control, tmp_path: Path, postgres_url: str, shops: int
) -> None:
    alone = Config(data_dir=tmp_path / "alone", fixed_now=_moment())
    many = replace(alone, data_dir=tmp_path / "many", database=postgres_url)
    for config in (alone, many):
        config.data_dir.mkdir()
        watched(market, config, shops)
    for _ in events(crawl.arguments(alone, alone.now(), "one", list(SOURCES), [], market.proxy, None)):
        pass
    before = len(market.log())

    jobs = job_queue.defer(many, SOURCES, [], "many", market.proxy, wait=False)
    assert jobs > 4 and job_queue.defer(many, SOURCES, [], "many", market.proxy, wait=False) == 0
    running = [at_work(many, tmp_path / "killed", alone=True), at_work(many, tmp_path / "other")]
    until(lambda: job_queue.waiting(many) < jobs - 1)
    running[0].kill()
    running.append(at_work(many, tmp_path / "third"))
    until(lambda: job_queue.waiting(many) == 0)
    for worker in running:
        worker.terminate()
        worker.join(90)
    assert [worker.exitcode for worker in running[1:]] == [0, 0]

    assert counted(many) == counted(alone)
    log = market.log()[before:]
    assert max(line["concurrency"] for line in log) == 1
    assert rated(many) == rated(alone)


@pytest.mark.postgres
@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_worker_cut_off_from_the_database_and_then_killed_costs_nothing(
    market: Control, tmp_path: Path, postgres_url: str
) -> None:
    alone = Config(data_dir=tmp_path / "alone", fixed_now=_moment())
    many = replace(alone, data_dir=tmp_path / "many", database=postgres_url)
    for config in (alone, many):
        config.data_dir.mkdir()
        watched(market, config, 20)
    for _ in events(crawl.arguments(alone, alone.now(), "one", list(SOURCES), [], market.proxy, None)):
        pass
    before = len(market.log())

    job_queue.defer(many, SOURCES, [], "many", market.proxy, wait=False)
    url = make_url(postgres_url)
    # Each worker has an address of its own; one reaches the database over a line that is cut in the middle of a job.
    with line("127.0.0.2", (str(url.host), url.port or 5432)) as cable:
        far = url.set(host=cable.address[0], port=cable.address[1]).render_as_string(hide_password=False)
        cut_off, near = started(replace(many, database=far)), started(many)
        until(lambda: _under_way(many) == 2)
        cable.cut()
        until(lambda: job_queue.waiting(many) == 0)
        cut_off.kill()
        cut_off.wait()
    assert stopped([near]) == [0]
    assert counted(many) == counted(alone)
    assert max(entry["concurrency"] for entry in market.log()[before:]) == 1
    assert rated(many) == rated(alone)


def _under_way(config: Config) -> int:
    """Jobs that workers hold."""
    with config.engine.connect() as connection:
        query = text("select count(*) from queue.procrastinate_jobs where status = 'doing'")
        return int(connection.execute(query).scalar_one())


def counted(config: Config) -> dict[str, int]:
    """Rows of what was found."""
    tables = ("complaint", "counters", "page", "probe", "price", "orders", "filing", "crawl_platform")
    with config.engine.connect() as connection:
        return {t: connection.execute(text(f"select count(*) from {t}")).scalar_one() for t in tables}
