"""A source whose last good crawl is older than its cadence allows: said by doctor, the run ledger and to whoever asked, once."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from sqlalchemy import insert

from kamengwatch.config import Config
from kamengwatch.notify import delivery
from kamengwatch.pipeline.crawl import cards
from kamengwatch.pipeline.run_log import RunLedger
from store.db.tables import Crawl
from store.evidence.crawl_ledger import register_sources
from tests.kamengwatch.pipeline.test_notify import bodies, hook, subscribe
from tests.support.programs.in_process_cli import command

__all__ = ["hook"]
NOW = dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)


def ended(config: Config, at: dt.datetime, outcome: str, source: str = "heimao") -> None:
    row = {"key": f"{source}-{at}", "source_id": source, "started_at": at, "finished_at": at}
    with config.engine.begin() as connection:
        connection.execute(insert(Crawl).values(**row, outcome=outcome, whole_source=True, demo=False))


@pytest.fixture
def config(data_dir: Path) -> Config:
    config = Config(data_dir, fixed_now=NOW)
    register_sources(config.engine, cards())
    return config


def after(config: Config, days: float) -> Config:
    return Config(config.data_dir, fixed_now=NOW + dt.timedelta(days=days))


def test_each_outage_is_told_once_to_who_asks_for_it(config: Config, hook) -> None:
    subscribe(config.data_dir, hook, "sources = true\n")
    runs = RunLedger(config.data_dir)
    ended(config, NOW, "ok")
    for days in (1, 2.9):
        delivery.alert(after(config, days), runs, set())
    assert not hook.got and not runs.last(5)
    ended(config, NOW + dt.timedelta(days=3), "failed")
    for days in (3.1, 4, 30):
        delivery.alert(after(config, days), runs, set())
    (told,) = bodies(hook)
    assert (told["type"], told["host"], told["to"]) == ("source", "heimao", "stale")
    assert "2026-11-08 20:00" in told["sentence"]["zh"] and "24 hours" in told["sentence"]["en"]
    assert [line["words"] for line in runs.last(5)] == ["stale heimao"]
    ended(config, NOW + dt.timedelta(days=31), "ok")
    delivery.alert(after(config, 40), runs, set())
    assert len(hook.got) == 2 and len(runs.last(5)) == 2, "the next outage is news again"


def test_a_paused_source_and_a_target_that_did_not_ask_hear_nothing(config: Config, hook) -> None:
    subscribe(config.data_dir, hook)
    runs = RunLedger(config.data_dir)
    ended(config, NOW, "ok")
    delivery.alert(after(config, 9), runs, {"heimao"})
    assert not runs.last(5)
    delivery.alert(after(config, 9), runs, set())
    assert len(runs.last(5)) == 1 and not hook.got


def test_doctor_says_how_late_a_source_is(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(config, NOW, "ok")
    for days, late in ((2, False), (9.5, True)):
        monkeypatch.setenv("KAMENGWATCH_NOW", (NOW + dt.timedelta(days=days)).isoformat())
        found = {f["what"]: f for f in json.loads(command(capsys, "doctor", "--json").out)}
        assert ("过期的信息源 stale sources" in found) is late
    told = found["过期的信息源 stale sources"]
    assert "9.5" in told["detail"] and "24 h" in told["detail"] and "--run-now heimao" in told["remedy"]
