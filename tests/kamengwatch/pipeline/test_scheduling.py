"""The scheduler service: when a source is due, who may run, how it stops, and what it writes down."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import insert

from kamengwatch.config import Config
from kamengwatch.pipeline import crawl, scheduler, step_process
from kamengwatch.pipeline.crawl import MOST_RARELY, cards, due_sources, plan
from kamengwatch.pipeline.run_log import Run, RunLedger
from store.db.tables import Crawl
from store.evidence.crawl_ledger import register_sources
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.programs.workers import busy, stuck, until

NOW = dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)


def ended(config: Config, source: str, *outcomes: str) -> None:
    """Crawls of a source, a day apart, the last of them ending now."""
    with config.engine.begin() as connection:
        for age, outcome in enumerate(reversed(outcomes)):
            at = NOW - dt.timedelta(days=age)
            row = {"key": f"{source}-{age}", "source_id": source, "started_at": at, "finished_at": at}
            connection.execute(insert(Crawl).values(**row, outcome=outcome, whole_source=True, demo=False))


@pytest.fixture
def config(data_dir: Path) -> Config:
    from store.evidence.crawl_ledger import register_sources

    config = Config(data_dir, fixed_now=NOW)
    register_sources(config.engine, cards())
    return config


def wait_of(config: Config, source: str) -> dt.timedelta:
    return next(p.due_at for p in plan(config, NOW) if p.source == source) - NOW


@pytest.mark.parametrize(
    ("outcomes", "days"),
    [((), 0), (("ok",), 1), (("blocked",), 1), (("ok", "blocked", "blocked"), 2), (("blocked",) * 4, 8),
     (("blocked",) * 9, 14), (("blocked", "blocked", "ok"), 1), (("blocked", "failed"), 1)],
)  # fmt: skip
def test_who_keeps_blocking_us_is_asked_ever_more_rarely(
    config: Config, outcomes: tuple[str, ...], days: int
) -> None:
    ended(config, "storefront", *outcomes)
    assert wait_of(config, "storefront") == dt.timedelta(days=days) <= MOST_RARELY


def test_a_week_of_downtime_makes_a_source_due_once(config: Config) -> None:
    ended(config, "heimao", "ok")
    later = Config(config.data_dir, fixed_now=NOW + dt.timedelta(days=7))
    assert "heimao" in due_sources(later, later.now())


def test_a_paused_source_stays_paused_until_it_is_resumed(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "已暂停" in command(capsys, "schedule", "--pause", "heimao").out
    assert "已暂停" in command(capsys, "schedule", "--list").out
    assert "paused" in command(capsys, "schedule", "--list", "--lang", "en").out
    assert "已暂停" not in command(capsys, "schedule", "--resume", "heimao").out
    said = command(capsys, "schedule", "--pause", "nosuch", expect=2).err
    assert "nosuch" in said and "heimao" in said
    assert "--pause" in command(capsys, "schedule", "--pause", "heimao", "--resume", "rednet", expect=2).err


def test_there_is_one_service_and_it_stops_when_told(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for card in cards():
        scheduler.set_paused(config, card.id, on=True)
    service = forked.start(["schedule", "--data-dir", str(config.data_dir)], os.environ, tmp_path)
    try:
        until(lambda: (said := tmp_path / "err").is_file() and "定时采集已启动" in said.read_text("utf-8"))
        assert "已有一个定时进程" in command(capsys, "schedule", expect=2).err
        service.terminate()
        service.join(30)
        assert service.exitcode == 0 and "已停止" in (tmp_path / "err").read_text("utf-8")
    finally:
        service.kill()
    command(capsys, "schedule", "--list")


@pytest.mark.timeout(60)
def test_told_to_stop_while_it_begins_it_stops_too(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for card in cards():
        scheduler.set_paused(config, card.id, on=True)
    kept = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    left: list[int] = []
    monkeypatch.setattr(scheduler.os, "_exit", left.append)  # it would end the tests
    monkeypatch.setattr(scheduler, "show_plan", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        assert "已停止" in command(capsys, "schedule", "--data-dir", config.data_dir).err and left == [0]
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), kept, strict=True):
            signal.signal(number, handler)


class ForkedStep:
    """A step as scheduler.Service starts one, forked: its words, its environment and its limit are its own."""

    def __init__(self, words: list[str], env: dict[str, str], folder: Path) -> None:
        assert words[:3] == [sys.executable, "-m", "kamengwatch"]
        folder.mkdir()
        self._process = forked.start(words[3:], env, folder)
        self.pid, self.stderr, self.returncode = self._process.pid, None, None

    def wait(self, seconds: float) -> None:
        self._process.join(seconds)
        self.returncode = self._process.exitcode


def test_every_step_is_written_down_with_its_run_id(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(words: list[str], env: dict[str, str], **_: object) -> ForkedStep:
        return ForkedStep(words, env, tmp_path / env["KAMENGWATCH_RUN_ID"])

    monkeypatch.setattr(scheduler.subprocess, "Popen", step)
    assert scheduler.Service(config).judge()
    runs = RunLedger(config.data_dir).last(10)
    assert [(r["words"], r["exit"]) for r in runs] == [("publish", 0), ("rate", 0)]
    assert len({r["run"] for r in runs}) == 2


def test_what_a_step_said_is_redacted_and_a_torn_line_is_passed_over(config: Config) -> None:
    ledger = RunLedger(config.data_dir)
    ledger.add(Run("a1", "crawl heimao", NOW, NOW, 1, "first\n联系 13812345678 出错\n"))
    with ledger.file.open("a") as stream:
        stream.write('{"run": "b')
    (run,) = ledger.last(5)
    assert "13812345678" not in ledger.file.read_text("utf-8") and "出错" in run["said"]


def test_a_step_that_is_running_ends_with_the_service(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading
    import time

    service = scheduler.Service(config)
    program = "import time; time.sleep(60)"
    real = subprocess.Popen
    monkeypatch.setattr(
        scheduler.subprocess, "Popen", lambda words, **more: real([sys.executable, "-c", program], **more)
    )
    step = threading.Thread(target=service.crawl, args=("heimao",))
    step.start()
    while not service._running:
        time.sleep(0.02)
    (process,) = service._running
    service.stop()
    step.join(10)
    assert process.returncode == -signal.SIGTERM and not service.crawl("heimao")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_doctor_tells_what_is_paused_torn_or_failing(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    ended(config, "heimao", "blocked", "blocked")
    scheduler.set_paused(config, "rednet", on=True)
    archive = config.data_dir / "archive"
    archive.mkdir(exist_ok=True)
    (archive / "torn.warc.gz").write_bytes(b"\x1f\x8b\x08\x00 torn")
    RunLedger(config.data_dir).add(Run("a1", "publish", NOW, NOW, 1, "磁盘已满"))
    told = {f["what"]: f for f in json.loads(command(capsys, "doctor", "--json").out)}
    said = {what.split()[0]: (f["state"], f["detail"]) for what, f in told.items()}
    assert said["存证"][0] == "warn" and "torn.warc.gz" in said["存证"][1]
    assert said["暂停"] == ("warn", "rednet")
    assert "heimao" in said["信息源"][1]
    assert "磁盘已满" in said["定时任务"][1]


def test_a_plan_that_cannot_be_read_only_puts_a_source_off(tmp_path: Path) -> None:
    (tmp_path / "kamengwatch.db").write_bytes(b"no database" * 1000)
    broken = Config(tmp_path, fixed_now=NOW)
    assert scheduler._due(broken, "heimao") == NOW + scheduler.RETRY_AFTER


def test_how_often_a_source_is_asked_is_a_setting(
    config: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = {p.source: p.cadence_hours for p in plan(config, NOW)}
    assert every["heimao"] == 0.5 and every["storefront"] == 24, "a feed that forgets in half an hour"
    monkeypatch.setenv("KAMENGWATCH_CADENCE_HOURS", "heimao=0.25, icp=12")
    every = {p.source: p.cadence_hours for p in plan(config, NOW)}
    assert (every["heimao"], every["icp"], every["storefront"]) == (0.25, 12, 24)
    for wrong in ("heimao", "heimao=soon", "heimao=0", "heimao=-1", "heimao=nan", "nosuch=3"):
        monkeypatch.setenv("KAMENGWATCH_CADENCE_HOURS", wrong)
        said = command(capsys, "schedule", "--list", expect=2).err
        assert "KAMENGWATCH_CADENCE_HOURS" in said and wrong.split("=")[0] in said


def test_a_refused_poll_waits_half_an_hour_however_short_its_cadence() -> None:
    assert crawl._wait(0.1, 0) == dt.timedelta(minutes=6)
    assert crawl._wait(0.1, 1) == crawl._wait(0.5, 1) == dt.timedelta(minutes=30)
    assert crawl._wait(0.5, 5) == dt.timedelta(hours=8)


# The scheduler told to stop: gone within ten seconds at any moment, with every process its steps started.


SOON = 10.0
STEP = """
import os, signal, subprocess, sys, time
if {manner!r} == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # its child is deaf, too
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
with open({noted!r}, "a") as file:
    file.write(f"{{os.getpid()}} {{child.pid}}\\n")
time.sleep(99)
"""
MOMENTS = [("plain", 0.0), ("plain", 1.5), ("deaf", 1.5), ("busy", 0.6), ("stuck", 0.6)]


def there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.timeout(240)
@pytest.mark.parametrize("words", [["schedule"], ["schedule", "--run-now", "heimao"]])
def test_told_to_stop_at_any_moment_it_ends_with_all_it_started(
    words: list[str], data_dir: Path, tmp_path: Path
) -> None:
    register_sources(Config(data_dir).engine, cards())
    services = []
    for number, (manner, moment) in enumerate(MOMENTS):
        if len(words) > 1 and manner != "deaf":
            continue
        folder, noted = tmp_path / str(number), tmp_path / f"{number}.pids"
        shutil.copytree(data_dir, folder)
        (said := tmp_path / f"{number}.said").mkdir()
        step = said / "step"
        step.write_text(f"#!{sys.executable} -IS" + STEP.format(manner=manner, noted=str(noted)))
        step.chmod(0o755)
        constants = {"sys.executable": str(step)}
        if manner == "busy":  # a job in the middle of its own work, not of a step's
            constants["kamengwatch.pipeline.scheduler.Service.crawl"] = busy
        if manner == "stuck":  # the main thread hears nothing
            constants["kamengwatch.pipeline.scheduler.show_plan"] = stuck
        service = forked.start([*words, "--data-dir", str(folder)], os.environ, said, constants=constants)
        services.append((service, noted, manner, moment))
    try:
        for number, (service, noted, manner, moment) in enumerate(services):
            log = tmp_path / f"{number}.said/err"
            deadline = time.monotonic() + 60
            begun = (
                (lambda n=noted: n.is_file())
                if len(words) > 1
                else lambda f=log: f.is_file() and "定时" in f.read_text("utf-8")
            )
            while not begun() and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(moment)
            told = time.monotonic()
            service.terminate()
            service.join(SOON)
            assert service.exitcode is not None and time.monotonic() - told < SOON, (manner, moment)
            assert len(words) > 1 or (service.exitcode == 0 and "已停止" in log.read_text("utf-8")), (
                log.read_text("utf-8")
            )
            pids = [int(pid) for pid in noted.read_text().split()] if noted.is_file() else []
            assert manner in ("busy", "stuck") or moment < 1 or pids, "no step was running"
            assert not [pid for pid in pids if there(pid)], (manner, moment)
    finally:
        for service, noted, *_ in services:
            service.kill()
            for pid in noted.read_text().split() if noted.is_file() else []:
                if there(int(pid)):
                    os.kill(int(pid), signal.SIGKILL)


def test_a_worker_of_looks_that_is_killed_is_followed_by_another(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives, noted = config.data_dir / "lives", config.data_dir / "noted"
    lives.write_text(f"#!/bin/sh\necho $$ >> {noted}\nexec sleep 60\n")
    lives.chmod(0o700)
    monkeypatch.setattr(step_process.sys, "executable", str(lives))
    monkeypatch.setattr(step_process, "_REVIVED_AFTER", 0.1)

    def pids() -> list[str]:
        return noted.read_text().split() if noted.is_file() else []

    with step_process.looking(config, "http://127.0.0.1:9"):
        until(lambda: pids())
        os.kill(int(pids()[0]), signal.SIGKILL)
        until(lambda: len(pids()) == 2)
    until(lambda: not there(int(pids()[1])))
    assert len(pids()) == 2


def test_a_look_that_hangs_ends_with_its_service(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hears no signal, and what it started, are gone soon: the whole service has ten seconds to end."""
    hangs, noted = config.data_dir / "hangs", config.data_dir / "noted"
    hangs.write_text(f"#!/bin/sh\ntrap '' TERM\nsleep 60 & echo $! > {noted}\nwhile :; do wait; done\n")
    hangs.chmod(0o700)
    monkeypatch.setattr(step_process.sys, "executable", str(hangs))
    with step_process.looking(config, "http://127.0.0.1:9"):
        until(lambda: noted.is_file() and noted.read_text().strip())
        begun = time.monotonic()
    assert time.monotonic() - begun < 2 * step_process.LOOK_STOP_SECONDS
    until(
        lambda: (
            not Path(f"/proc/{int(noted.read_text())}/cmdline").is_file()
            or not Path(f"/proc/{int(noted.read_text())}/cmdline").read_bytes()
        )
    )
