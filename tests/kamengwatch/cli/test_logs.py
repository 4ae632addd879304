"""KAMENGWATCH_LOG=json: every line of standard error is one JSON object with the run's id, and names nobody."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from kamengwatch import console
from kamengwatch.config import Config
from kamengwatch.pipeline import crawl_process, scheduler
from kamengwatch.pipeline.run_log import RunLedger
from tests.support.data.kept import NOW, kept
from tests.support.programs.in_process_cli import command

LATER = NOW + dt.timedelta(hours=3)
"""After the newest snapshot of the kept folder: a clock before it is refused."""


@pytest.fixture
def data(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kept(data_dir)
    monkeypatch.setenv(console.VARIABLE, "json")
    monkeypatch.setenv(console.RUN, "run-1")
    monkeypatch.setenv("KAMENGWATCH_NOW", LATER.isoformat())
    return data_dir


def lines(said: str) -> list[dict]:
    return [json.loads(line) for line in said.splitlines()]


def test_rate_and_publish_are_told_as_events_of_one_run(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = lines(command(capsys, "rate", "--as-of", "2026-03-30").err)
    assert {line["run"] for line in told} == {"run-1"} and all(line["at"].endswith("+00:00") for line in told)
    events = {line["event"]: line for line in told}
    assert (told[0]["event"], told[-1]["event"]) == ("command.begun", "command.ended")
    assert events["rated"]["platforms"] == 1 and events["command.ended"]["exit"] == 0
    told = lines(command(capsys, "publish").err)
    assert next(line for line in told if line["event"] == "published")["snapshot"].startswith("2026-03-30T")


def test_what_somebody_typed_is_not_logged_and_what_is_said_is_redacted(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(capsys, "13800001234", "张三丰", expect=2).err
    said += command(capsys, "import", "电话13800001234.jsonl", expect=2).err
    failed = [line for line in lines(said) if line["event"] == "command.failed"]
    assert [line["exit"] for line in failed] == [2, 2] and "no such file" in failed[1]["text"]
    assert "13800001234" not in said and "张三丰" not in said


@pytest.mark.soak
def test_a_crawl_tells_pages_and_hosts_without_paths(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    archive = data / "archive/storefront-1.warc.gz"
    words = ["--key", "k", "--now", NOW.isoformat(), "--source", "storefront", "--replay", str(archive)]
    list(crawl_process.events([*words, "--data-dir", str(data), "--database", Config(data).database_url]))
    told = lines(capsys.readouterr().err)
    assert {"crawl.page", "crawl.host", "crawl.crawl"} <= {line["event"] for line in told}
    assert not [line for line in told if "notice" in json.dumps(line) or "url" in line]


@pytest.mark.soak
def test_the_scheduler_hands_the_log_of_a_step_on_and_keeps_its_last_words(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert scheduler.Service(Config(data, fixed_now=LATER))._step("publish")
    told = lines(capsys.readouterr().err)
    (step,) = {line["step_run"] for line in told if line["event"].startswith("step.")}
    assert {line["run"] for line in told if line["event"] == "published"} == {step}
    (run,) = RunLedger(data).last(5)
    assert run["run"] == step and "已发布快照" in run["said"]
