"""What is due, by the real clock: nothing here binds the time, so that every look at it gives another moment."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.intake import watchlist
from kamengwatch.pipeline import crawl, deferred_crawls, scheduler
from store.db.tables import Crawl
from store.evidence.crawl_ledger import NOT_CONFIGURED, register_sources
from tests.support.programs.in_process_cli import command

ALL = {card.id for card in crawl.cards()}


class AnyClock(Config):
    """A clock that shows another time at every look; `steps` are the seconds between two looks."""

    def now(self) -> dt.datetime:
        """The next reading."""
        return dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC) + dt.timedelta(
            seconds=next(self.__dict__["seconds"])
        )

    @classmethod
    def of(cls, data_dir: Path, *steps: float) -> AnyClock:
        """In `data_dir`, with one site watched."""
        config = cls(data_dir)
        config.__dict__["seconds"] = itertools.accumulate(itertools.cycle(steps))
        watchlist.add_sites(config, [("a.example", None, ())], demo=False)
        return config


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words every crawl process would be started with; each source answers that all is well."""
    heard: list[list[str]] = []

    def events(words: list[str]) -> Iterator[dict[str, Any]]:
        heard.append(words)
        for source in sources_in(words):
            yield {"event": "crawl", "source": source, "outcome": "ok", "requests": 1, "records": 1}

    monkeypatch.setattr(crawl, "events", events)
    return heard


def sources_in(words: list[str]) -> list[str]:
    return [after for word, after in itertools.pairwise(words) if word == "--source"]


def test_the_first_crawl_of_what_is_due_crawls_everything(
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    asked: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KAMENGWATCH_NOW", raising=False)
    command(capsys, "watch", "add", "a.example")
    before = dt.datetime.now(dt.UTC)
    said = command(capsys, "crawl", "--due")
    assert "没有到期" not in said.err and [set(sources_in(words)) for words in asked] == [ALL]
    begun = dt.datetime.fromisoformat(asked[0][asked[0].index("--now") + 1])
    assert before <= begun <= dt.datetime.now(dt.UTC)
    assert asked[0][1].endswith(f"{begun:%Y%m%dT%H%M%S}"), "the job is named by the moment it is given"


def test_the_main_job_crawls_on_a_fresh_installation(
    data_dir: Path, capsys: pytest.CaptureFixture[str], asked: list[list[str]]
) -> None:
    command(capsys, "watch", "add", "a.example")
    command(capsys, "run", "--no-serve")
    assert [set(sources_in(words)) for words in asked] == [ALL]


def test_the_queue_is_given_everything_and_the_moment_it_was_asked(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[tuple[Any, ...]] = []
    module = SimpleNamespace(name_of=lambda now: now, defer=lambda config, *given: put.append(given))
    monkeypatch.setattr(deferred_crawls, "workers", lambda: module)
    command(capsys, "watch", "add", "a.example")
    before = dt.datetime.now(dt.UTC)
    command(capsys, "crawl", "--due", "--defer")
    [(sources, hosts, moment, proxy, wait)] = put
    assert set(sources) == ALL and not hosts and not proxy and not wait
    assert before <= moment <= dt.datetime.now(dt.UTC)


@pytest.mark.parametrize("steps", [(0.000001,), (3600.0,), (-3600.0,), (86_400.0 * 30,), (5.0, -7.0)])
def test_a_source_never_crawled_is_due_at_once_on_every_clock(
    data_dir: Path, asked: list[list[str]], steps: tuple[float, ...]
) -> None:
    config = AnyClock.of(data_dir, *steps)
    crawl.crawl(config, [], [], True, None, False)
    crawl.visit(config, crawl.Visit("visit", None, lambda host: None))
    queued: list[list[str]] = []
    crawl.crawl(config, [], [], True, None, False, lambda _, now, sources, hosts: queued.append(sources))
    assert set(sources_in(asked[0])) == set(queued[0]) == ALL
    visited = [source for words in asked[1:] for source in sources_in(words)]
    assert sorted(visited) == sorted(ALL)
    assert len({words[words.index("--now") + 1] for words in asked[1:]}) == 1, "one visit has one moment"


def test_the_scheduler_lists_and_starts_at_once_what_was_never_crawled(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = AnyClock.of(data_dir, 0.000001)
    clock = scheduler._clock(config, scheduler.Service(config))
    planned = {job.id: job.trigger.run_date for job in clock.get_jobs() if job.id in ALL}
    assert set(planned) == ALL and max(planned.values()) < config.now()
    assert command(capsys, "schedule", "--list").out.count("现在") == len(ALL)


def test_what_was_crawled_waits_for_its_cadence_and_the_rest_is_due(
    data_dir: Path, capsys: pytest.CaptureFixture[str], asked: list[list[str]]
) -> None:
    config = Config(data_dir)
    watchlist.add_sites(config, [("a.example", None, ())], demo=False)
    register_sources(config.engine, crawl.cards())
    with config.engine.begin() as connection:
        for source in sorted(ALL - {"heimao"}):
            at = config.now() - dt.timedelta(minutes=1)
            row = {"key": source, "source_id": source, "started_at": at, "finished_at": at, "outcome": "ok"}
            connection.execute(insert(Crawl).values(**row, whole_source=True, demo=False))
    command(capsys, "crawl", "--due")
    assert [sources_in(words) for words in asked] == [["heimao"]]
    asked.clear()
    with config.engine.begin() as connection:
        row |= {"key": "h", "source_id": "heimao"}
        connection.execute(insert(Crawl).values(**row, whole_source=True, demo=False))
    assert "没有到期" in command(capsys, "crawl", "--due").err and not asked


UNSET = {
    "source": "blocklists",
    "outcome": "failed",
    "reason": f"{NOT_CONFIGURED}: set KAMENGWATCH_BLOCKLISTS",
}
FAILED = {"source": "icp", "outcome": "failed", "reason": "no answer in time"}


def told(config: Config, ended: list[dict[str, Any]], planned: bool) -> None:
    crawl._tell(config, ended, False, planned)


def test_a_source_nobody_set_up_is_no_failure_but_asked_for_by_name_it_is_told(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir)
    told(config, [UNSET], planned=True)
    assert "blocklists: 未配置" in capsys.readouterr().err
    with pytest.raises(UserError, match="KAMENGWATCH_BLOCKLISTS"):
        told(config, [UNSET], planned=False)
    with pytest.raises(Failure) as failed:
        told(config, [UNSET, FAILED], planned=True)
    assert str(failed.value) == "icp: failed"
