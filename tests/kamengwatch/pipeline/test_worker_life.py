"""What may become of a worker: drained, frozen, taken for dead, cut off. No site is ever asked by two, nothing asked for is lost, and it says so."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from crawler.download import host_lease
from kamengwatch.config import Config, Failure
from kamengwatch.pipeline import job_queue, scheduler
from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from tests.support.programs.in_process_cli import command
from tests.support.programs.market_month import Control, sandbox
from tests.support.programs.workers import started, stopped, until, watched

pytestmark = pytest.mark.soak
DAY = 100
SMALL = MarketParameters(platforms=24, days=120)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with sandbox(tmp_path_factory.mktemp("market"), "--platforms", "24", "--days", "120") as control:
        control.call("PUT", "/clock", {"now": _moment().isoformat()})
        yield control


def _moment() -> dt.datetime:
    return dt.datetime.combine(build_market(SMALL).parameters.date_of(DAY), dt.time(12), dt.UTC)


@pytest.fixture
def config(tmp_path: Path, postgres_url: str) -> Iterator[Config]:
    made = Config(data_dir=tmp_path / "data", database=postgres_url, fixed_now=_moment())
    made.data_dir.mkdir()
    job_queue._prepare(made)
    yield made
    made.engine.dispose()


def rows(config: Config, query: str, **values: Any) -> list[Any]:
    with config.engine.begin() as connection:
        connection.execute(text("set local search_path to queue, public"))
        answer = connection.execute(text(query), values)
        return [tuple(row) for row in answer] if answer.returns_rows else []


def _two_workers_and_a_long_job(
    market: Control, config: Config, said: Path
) -> tuple[list[subprocess.Popen[bytes]], int]:
    """The one that does the job comes first; the job takes longer than a worker may be without a heartbeat."""
    (host,) = watched(market, config, 1)
    market.call("PUT", "/faults", {host: {"mode": "slow", "seconds": 4}})
    before, pair = len(market.log()), []
    for number in (1, 2):
        pair.append(started(config, said=said / f"{number}.log"))
        until(lambda n=number: len(rows(config, "select 1 from procrastinate_workers")) == n)
    job_queue.defer(config, ["storefront"], [], "long", market.proxy, wait=False)
    until(lambda: len(market.log()) > before)
    ((owner,),) = rows(config, "select worker_id from procrastinate_jobs where status = 'doing'")
    ((first,),) = rows(config, "select min(id) from procrastinate_workers")
    return (pair if owner == first else pair[::-1]), before


def _asked_once(market: Control, before: int) -> None:
    log = market.log()[before:]
    assert max(line["concurrency"] for line in log) == 1
    assert max(Counter((line["host"], line["path"]) for line in log).values()) == 1


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_a_worker_told_to_stop_keeps_its_job_until_it_is_done(
    market: Control, config: Config, tmp_path: Path
) -> None:
    (holder, other), before = _two_workers_and_a_long_job(market, config, tmp_path)
    holder.send_signal(signal.SIGTERM)
    assert holder.wait(90) == 0
    assert job_queue.waiting(config) == 0
    assert stopped([other]) == [0]
    _asked_once(market, before)
    assert rows(config, "select outcome from crawl") == [("ok",)]


@pytest.mark.postgres
@pytest.mark.timeout(300)
@pytest.mark.parametrize("whole", [False, True], ids=["worker", "worker-and-crawl"])
def test_a_frozen_worker_loses_its_job_and_nobody_asks_its_sites_beside_it(
    market: Control, config: Config, tmp_path: Path, whole: bool
) -> None:
    (holder, other), before = _two_workers_and_a_long_job(market, config, tmp_path)
    frozen = [holder.pid, *(_below(holder.pid) if whole else [])]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    until(lambda: rows(config, "select attempts from procrastinate_jobs where status = 'doing'") == [(1,)])
    for pid in frozen if whole else []:
        os.kill(pid, signal.SIGCONT)
    until(lambda: job_queue.waiting(config) == 0)
    os.kill(holder.pid, signal.SIGCONT)
    assert stopped([holder, other]) == [0, 0]
    _asked_once(market, before)
    assert rows(config, "select outcome from crawl") == [("ok",)]
    assert "Traceback" not in "".join(log.read_text("utf-8") for log in tmp_path.glob("*.log"))


def _below(pid: int) -> list[int]:
    """Every process below this one."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [found for child in map(int, told) for found in (child, *_below(child))]


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_a_worker_that_is_known_no_more_ends_with_an_error_and_is_started_again(
    config: Config, tmp_path: Path
) -> None:
    worker = started(config, said=tmp_path / "log")
    until(lambda: rows(config, "delete from procrastinate_workers returning 1") != [])
    assert worker.wait(60) == 1
    assert "start it again" in (tmp_path / "log").read_text("utf-8")


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_a_dead_workers_job_goes_back_though_it_was_put_into_the_queue_again(
    market: Control, config: Config
) -> None:
    watched(market, config, 1)
    market.call("PUT", "/faults", {})
    assert job_queue.defer(config, ["storefront"], [], "first", market.proxy, wait=False) == 1
    rows(
        config,
        "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning 1",
    )
    rows(config, "update procrastinate_jobs set status = 'doing', worker_id = (select max(id) from procrastinate_workers)")  # fmt: skip
    assert job_queue.defer(config, ["storefront"], [], "second", market.proxy, wait=False) == 1
    worker = started(config)
    until(lambda: job_queue.waiting(config) == 0)
    assert stopped([worker]) == [0]
    assert len(rows(config, "select 1 from crawl where outcome = 'ok'")) == 2


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_a_job_that_failed_goes_back_though_it_was_put_into_the_queue_again(
    market: Control, config: Config, tmp_path: Path
) -> None:
    watched(market, config, 1)
    (config.data_dir / "locks").write_text("in the way")
    job_queue.defer(config, ["storefront"], [], "first", market.proxy, wait=False)
    worker = started(config, said=tmp_path / "log")
    until(
        lambda: rows(config, "select 1 from procrastinate_jobs where attempts = 1 and status = 'todo'") != []
    )
    assert job_queue.defer(config, ["storefront"], [], "second", market.proxy, wait=False) == 1
    until(
        lambda: rows(config, "select sum(attempts) from procrastinate_jobs where status = 'todo'") >= [(2,)]
    )
    (config.data_dir / "locks").unlink()
    until(lambda: job_queue.waiting(config) == 0)
    assert stopped([worker]) == [0]
    said = (tmp_path / "log").read_text("utf-8")
    assert "storefront (hosts-" in said and "FileExistsError" in said and "Traceback" not in said


@pytest.mark.postgres
def test_two_hosts_of_a_batch_asked_for_one_after_the_other_are_both_in_the_queue(config: Config) -> None:
    several = [f"s{n}.test" for n in range(2000)]
    first, second = [host for host in several if host_lease.batch(host) == 7][:2]
    for host in (first, second):
        assert job_queue.defer(config, ["storefront"], [host], "job", None, wait=False) == 1
        assert job_queue.defer(config, ["storefront"], [host], "again", None, wait=False) == 0
    assert {
        h for (hosts,) in rows(config, "select args->'hosts' from procrastinate_jobs") for h in hosts
    } == {
        first,
        second,
    }


@pytest.mark.postgres
def test_who_waits_for_jobs_is_told_that_they_were_given_up(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    job_queue.defer(config, ["heimao"], [], "job", None, wait=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job_queue, "waiting", lambda config, ids: rows(
            config, "update procrastinate_jobs set status = 'failed' returning 1") and 0)  # fmt: skip
        with pytest.raises(Failure, match="1/1"):
            job_queue.defer(config, ["heimao"], [], "job", None, wait=True)
    assert "kamengwatch worker" in capsys.readouterr().err


@pytest.mark.postgres
def test_doctor_says_whether_anybody_does_the_jobs(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    def queue(exit_code: int) -> dict[str, str]:
        words = ("doctor", "--json", "--data-dir", config.data_dir, "--database", config.database)
        said = command(capsys, *words, expect=exit_code).out
        (found,) = [f for f in json.loads(said) if f["what"].endswith(" queue")]
        return found

    assert queue(0)["state"] == "ok"
    job_queue.defer(config, ["heimao"], [], "job", None, wait=False)
    alone = queue(1)
    assert alone["state"] == "bad" and "kamengwatch worker" in alone["remedy"]
    rows(config, "insert into procrastinate_workers default values returning 1")
    assert queue(0)["state"] == "ok"
    rows(config, "update procrastinate_jobs set status = 'failed'")
    assert queue(0)["state"] == "warn"


@pytest.mark.postgres
def test_a_worker_whose_clock_is_wrong_does_not_begin(
    config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(config, fixed_now=None)
    monkeypatch.setattr(Config, "now", lambda self: dt.datetime.now(dt.UTC) + dt.timedelta(hours=2))
    words = ("worker", "--once", "--data-dir", wrong.data_dir, "--database", wrong.database)
    assert "+7200" in command(capsys, *words, expect=2).err


@pytest.mark.postgres
def test_an_address_in_the_old_spelling_is_the_same_database(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    for scheme in ("postgres", "postgresql"):
        url = f"{scheme}://{str(config.database).partition('://')[2]}"
        command(capsys, "worker", "--once", "--data-dir", config.data_dir, "--database", url)


def test_a_step_of_the_scheduler_shows_nobody_the_address_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://watch:geheim@127.0.0.1:1/x?connect_timeout=1"
    shown: list[tuple[list[str], dict[str, str]]] = []

    class Shown(subprocess.Popen[str]):
        def __init__(self, words: list[str], **given: Any) -> None:
            shown.append((words, given["env"]))
            super().__init__(words, **given)

    monkeypatch.setattr(scheduler.subprocess, "Popen", Shown)
    assert not scheduler.Service(Config(data_dir=tmp_path, database=url)).crawl("heimao")
    ((words, environment),) = shown
    assert "geheim" not in " ".join(words) and environment["KAMENGWATCH_DATABASE_URL"] == url
    told = (tmp_path / "logs/runs.jsonl").read_text("utf-8")
    assert "geheim" not in told and "watch:***@127.0.0.1" in told


@pytest.mark.postgres
def test_a_worker_older_than_the_database_says_so_and_leaves_it_alone(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(config, "update alembic_version set version_num = '9999'")
    words = ("worker", "--once", "--data-dir", config.data_dir, "--database", config.database)
    assert "9999" in command(capsys, *words, expect=2).err
    assert rows(config, "select version_num from alembic_version") == [("9999",)]


@pytest.mark.parametrize("url", ["postgresql://u:ge@heim@:x/", "mysql://u:geheim@b/c", "nonsense", "what://u:geheim@b"])  # fmt: skip
def test_an_address_that_is_none_of_ours_is_one_line_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    said = command(capsys, "worker", "--data-dir", tmp_path, "--database", url, expect=2).err
    assert said.count("\n") == 1 and "heim" not in said
