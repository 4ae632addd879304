"""A browser killed in the middle of a crawl: the crawl ends by itself, what was not seen is not called well, and the next crawl is clean."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import select

from crawler.download.browser import available, executable, starts
from kamengwatch.pipeline.sandbox_market import Sandbox
from store.archive.warc import iterate
from store.db.tables import Capture
from tests.crawler.spiders.test_more_sources import crawl, watching
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.programs.market_month import sandbox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not available(), reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("market"), "--mall") as served:
        yield Sandbox(served.proxy)


def browsers(crawls: list[BaseProcess]) -> set[int]:
    """The browsers, not their helpers, that these crawls started."""
    tops = {crawl.pid for crawl in crawls}
    found = set()
    for process in (p for p in Path("/proc").iterdir() if p.name.isdigit()):
        try:
            words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
            named = Path(words[0]).name == Path(str(executable())).name
            if named and "--type=" not in "".join(words) and _below(int(process.name), tops):
                found.add(int(process.name))
        except OSError:
            continue
    return found


def _below(pid: int, tops: set[int | None]) -> bool:
    while pid > 1 and pid not in tops:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return pid in tops


@pytest.fixture
def crawls(monkeypatch: pytest.MonkeyPatch) -> list[BaseProcess]:
    """The processes that are forked from now on."""
    started: list[BaseProcess] = []
    start = forked.start
    monkeypatch.setattr(forked, "start", lambda *words: started.append(start(*words)) or started[-1])
    return started


@contextmanager
def killing(crawls: list[BaseProcess], every: float) -> Iterator[list[int]]:
    """Kill every browser there is, again and again while inside; gives what was killed."""
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(every):
            for pid in browsers(crawls):
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                except ProcessLookupError:
                    continue

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def test_a_killed_browser_ends_the_crawl_as_our_failure_and_the_next_one_is_clean(
    market: Sandbox, data_dir: Path, crawls: list[BaseProcess]
) -> None:
    hosts = tuple(h["host"] for h in market.hosts())[:5]
    for engine in watching(market, data_dir):
        with killing(crawls, every=0.1) as killed:
            ended = crawl(market, data_dir, "screenshot", hosts=hosts, key="killed")["screenshot"]
        assert killed
        assert ended["outcome"] == "failed" and "our browser was killed" in ended["reason"]
        market.set_now(market.now() + dt.timedelta(days=1))
        after = crawl(market, data_dir, "screenshot", hosts=hosts, key="next")["screenshot"]
        assert after["outcome"] == "ok" and after["measured"]["pictures"] > 0
        with engine.connect() as connection:
            named = connection.execute(select(Capture.payload_sha256)).scalars().all()
        held = {
            found.sha256 for path in (data_dir / "archive").glob("*.warc.gz") for _, found in iterate(path)
        }
        assert set(named) <= held


def test_doctor_says_when_the_browser_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert executable() is not None and starts(str(executable())) is None
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(tmp_path / "data"))
    broken = tmp_path / "chromium"
    for script, reason in (("kill -9 $$", "signal 9"), ("echo libnss3.so missing >&2; exit 127", "libnss3")):
        broken.write_text(f"#!/bin/sh\n{script}\n")
        broken.chmod(0o755)
        monkeypatch.setenv("CHROMIUM", str(broken))
        said = command(capsys, "doctor", expect=1).out
        line = next(line for line in said.splitlines() if "browser" in line and line.startswith("▲"))
        assert reason in line and "make browser" in line
