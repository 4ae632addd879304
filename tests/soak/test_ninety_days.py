"""Ninety simulated days unattended, with every fault of the machine and of the sources on the way, beside the same days without, and
beside those of an observer who did not look on the days whose sight our faults cost us: what nobody saw nobody can know.

The service's own object runs all of it and nobody touches anything: only the clock moves on. A read-only mount and a restarted PostgreSQL are in
test_faults_mounted, for they need a mount and a server; the killed browser is in test_faults_browser.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kamengwatch.config import Config
from kamengwatch.intake import watchlist
from kamengwatch.pipeline import crawl as crawling
from kamengwatch.pipeline.run_log import RunLedger
from kamengwatch.pipeline.scheduler import Service, paused
from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from store.china_time import SHANGHAI
from tests.end_to_end.test_collection_month import every_complaint_is_there_once, every_message_is_there_once
from tests.kamengwatch.maintain.test_faults import _bound_by_permissions, full_disk
from tests.support.data.leaks import leaks
from tests.support.programs.killed import Job
from tests.support.programs.market_month import Control, Faults, Month, sandbox

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
SIZE = {"platforms": 24, "days": 200, "complaints_per_day": 0.05, "decoys_per_day": 2.0}
FIRST, DAYS = 108, int(os.environ.get("KAMENGWATCH_SOAK_DAYS", "90"))
WATCHED = {"ziteng-kami.test", "zhuying-faka.test", "yinhe-kapu.test", "shuangyu-cz.test"}
"""Shops of the market: one healthy, one that shuts on day 22, two in trouble that end on days 54 and 50. None needs the browser."""

SOURCES_OUT: dict[int, Faults] = {
    21: {"heimao": {"mode": "captcha"}},
    22: {"heimao": {"mode": "rate_limit"}, "icp": {"mode": "error"}},
    33: {"heimao": {"mode": "layout"}, "rednet": {"mode": "layout"}},
}
KILLED = {5: 0.3, 6: 0.6, 44: 0.5}
"""Day → share of the crawl's usual length after which it is killed."""
OFFLINE = {12, 13, 14, 58}
FULL_DISK = {25: "crawl", 26: "judge"}
KILLED_JUDGING = {29: "rate", 30: "publish"}
WRONG_CLOCK = {38: dt.timedelta(days=400), 39: -dt.timedelta(days=3)}
AHEAD = {day for day, off in WRONG_CLOCK.items() if off > dt.timedelta()}
LOCKED, TORN = {49}, {53}
READ_ONLY = set() if not os.geteuid() and not shutil.which("setpriv") else {61}
UNSEEN = {*KILLED, *OFFLINE, *(d for d, what in FULL_DISK.items() if what == "crawl"), *TORN, *READ_ONLY}
"""Days of which a fault of ours kept some or all of what there was to see."""
OWN = {*KILLED, *OFFLINE, *FULL_DISK, *KILLED_JUDGING, *WRONG_CLOCK, *LOCKED, *TORN, *READ_ONLY}
JUDGED = {d + n for d in OWN for n in (0, 1)} | {d - 1 for d in OFFLINE} | set(range(69, DAYS, 10))
"""Days that are rated and published: where something went wrong, the day after, and every tenth after the last."""
States = dict[str, str]


@dataclass
class Lived:
    """What came of the days: states at the end of each judged one, and (MB, open files) of this process a day."""

    month: Month
    states: dict[int, States] = field(default_factory=dict)
    sizes: list[tuple[int, int]] = field(default_factory=list)


class Unattended(Service):
    """The service, whose crawls go to the sandbox's proxy; everything else is its own."""

    def __init__(self, month: Month, proxy: str) -> None:
        super().__init__(month.config)
        self.month, self.proxy, self.said = month, proxy, month.config.data_dir.parent / "said"
        self.usual = 3.0

    def at(self, moment: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        """Set the clock of the steps it starts, and of this process: its one configuration stays, as it does for months."""
        monkeypatch.setenv("KAMENGWATCH_NOW", moment.isoformat())
        object.__setattr__(self._config, "fixed_now", moment)

    def visit(self, proxy: str, options: str = "", largest: int | None = None) -> Job | None:
        """The crawl of what is due now, without pictures."""
        config = self._config
        due = sorted(crawling.due_sources(config, config.now()) - {"screenshot"})
        if not due:
            return None
        config = replace(config, database=config.database_url + options) if options else config
        words = crawling.arguments(
            config, config.now(), f"day-{config.now():%Y%m%d%H%M}", due, [], proxy, None
        )
        return Job(["crawler.run", *words], self.said, largest=largest)


def crawl(service: Unattended, day: int) -> None:
    """One day's crawl with its fault; a crawl that is stopped by one is not asked about again today."""
    if day in OFFLINE:
        job = service.visit("http://127.0.0.1:9")
    elif FULL_DISK.get(day) == "crawl":
        job = service.visit(service.proxy, largest=400_000)
    else:
        job = service.visit(service.proxy, "?timeout=0.2" if day in LOCKED else "")
    if job is None:
        return
    if day in KILLED or day in TORN:
        job.killed(service.usual * KILLED.get(day, 0.5))
        return
    if day in READ_ONLY:
        refused(service._config.data_dir, job.words)
        return
    with ExitStack() as faults:
        if day in LOCKED:
            holder = sqlite3.connect(service._config.data_dir / "kamengwatch.db", isolation_level=None)
            holder.execute("begin immediate")
            faults.callback(holder.close)
        took = job.run((0, 1, 2))
    if day not in OWN:
        service.usual = took


def refused(data: Path, words: list[str]) -> None:
    """Run a crawl that may write nothing: every folder and the database are read-only for it."""
    kept = [data, *(p for p in data.rglob("*") if p.is_dir() and not p.is_symlink()), *data.glob("*.db*")]
    for path in kept:
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = _bound_by_permissions([sys.executable, "-m", *words])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for path in kept:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode and "read" in (done.stdout + done.stderr).lower(), done


def judge(service: Unattended, day: int, behind: bool = False) -> None:
    """Rate and publish; a step of a day in KILLED_JUDGING is killed half a second after it began. Days without a fault are forked, for time's sake.

    Under a clock that is `behind` what was written down nothing is published.

    A fork server keeps the environment it was started with: the day's clock is handed to each step.
    """
    if day < 0:
        today = (("KAMENGWATCH_NOW", service._config.now().isoformat()),)
        for words in (["rate"], ["publish"]):
            Job([*words, "--data-dir", str(service._config.data_dir)], service.said, today).run()
        return
    with ExitStack() as faults:
        if day in KILLED_JUDGING:
            faults.enter_context(killing(service, KILLED_JUDGING[day]))
        if FULL_DISK.get(day) == "judge":
            faults.enter_context(full_disk(3_000))
        done = service.judge()
    refused = behind or day in KILLED_JUDGING or FULL_DISK.get(day) == "judge"
    assert done is not refused, (day, done)


@contextmanager
def killing(service: Unattended, word: str) -> Iterator[None]:
    """Kill the first step `word` that runs, in its middle."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            if hit := [p for p in list(service._running) if word in p.args]:
                over.wait(0.5)
                hit[0].kill()
                return

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    over.set()
    thread.join()


def tear(data: Path) -> None:
    """What a power cut leaves: the newest archive ends in the middle of a record, which no row of the database names yet."""
    newest = max((data / "archive").iterdir(), key=lambda file: file.stat().st_mtime)
    with newest.open("ab") as file:
        file.write(gzip.compress(b"WARC/1.1\r\n" + os.urandom(900))[:400])


def states(data: Path) -> States:
    """Every platform's warning state in the newest snapshot."""
    table = pq.read_table(data / "snapshots/latest/ratings.parquet", columns=["host", "warning_state"])
    return dict(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))


def lived(
    control: Control, folder: Path, monkeypatch: pytest.MonkeyPatch, faulty: bool, asleep: frozenset[int]
) -> Lived:
    """Live through the days, with every fault or with those of the sources alone; on the days `asleep` nobody looks."""
    market = build_market(MarketParameters(**SIZE))
    month = Month(Config(folder / "data"), market)
    service, came = Unattended(month, control.proxy), Lived(month)
    for day in range(DAYS):
        moment = dt.datetime.combine(market.parameters.date_of(FIRST + day), dt.time(20), SHANGHAI)
        moment = moment.astimezone(dt.UTC)
        control.call("PUT", "/clock", {"now": moment.isoformat()})
        control.call("PUT", "/faults", SOURCES_OUT.get(day, {}))
        month.moments.append(moment)
        fault = day if faulty else -1
        if day == 0:
            service.at(moment, monkeypatch)
            watch(control, month)
        if fault in WRONG_CLOCK:
            service.at(moment + WRONG_CLOCK[day], monkeypatch)
            crawl(service, day)
            judge(service, day, behind=day not in AHEAD)
            assert service.expire()
        service.at(moment, monkeypatch)
        if day not in asleep:
            crawl(service, fault)
        if fault in TORN:
            tear(month.config.data_dir)
        if day in JUDGED:
            judge(service, fault, behind=fault in AHEAD)
            if fault in AHEAD:
                # The person who runs it says once that the clock is right now.
                word = ["publish", "--allow-older", "--data-dir", str(month.config.data_dir)]
                Job(word, service.said, (("KAMENGWATCH_NOW", moment.isoformat()),)).run()
            came.states[day] = states(month.config.data_dir)
        came.sizes.append((_memory(), len(os.listdir("/proc/self/fd"))))
        (folder / "days.jsonl").open("a").write(
            json.dumps([day, came.states.get(day), came.sizes[-1]]) + "\n"
        )
    month.log = control.log()
    return came


def market_lived(folder: Path, faulty: bool, asleep: frozenset[int] = frozenset()) -> Lived:
    """The days against a served market of its own."""
    folder.mkdir()
    options = [word for name, value in SIZE.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    with pytest.MonkeyPatch.context() as monkeypatch, sandbox(folder, *options) as control:
        return lived(control, folder, monkeypatch, faulty, asleep)


def calm_days(folder: Path, asleep: frozenset[int]) -> None:
    """The same days without a fault of ours, in a process of its own; leaves `days.jsonl`."""
    market_lived(folder, faulty=False, asleep=asleep)


def _states_of(folder: Path) -> dict[int, States]:
    lines = (folder / "days.jsonl").read_text().splitlines()
    return {day: found for day, found, _ in map(json.loads, lines) if found}


def watch(control: Control, month: Month) -> None:
    """Watch a few shops of the market, for the time's sake."""
    shops = [s for s in json.loads(control.call("GET", "/hosts"))["hosts"] if s["host"] in WATCHED]
    watchlist.add_sites(month.config, [(s["host"], s["name"], s["aliases"]) for s in shops], demo=True)


def no_false_calm_no_false_alarm(
    day: int, calm: dict[int, States], unlooked: dict[int, States], ours: dict[int, States]
) -> None:
    """On a day of our own fault a state is what it was, what it truly is, or stale; on every other day what one says who saw all, or who
    saw nothing on the days we lost: a fault adds nothing of its own, neither calm nor alarm."""
    before = ours[max((d for d in ours if d < day), default=day)]
    for host, state in ours[day].items():
        allowed = {calm[day][host], unlooked[day][host]}
        if day in OWN:
            allowed = {before[host], "stale"} | (set() if day in OFFLINE else allowed)
        assert state in allowed, f"day {day}: {host} is {state}, not {allowed}"


def planted(month: Month) -> set[str]:
    """The invented personal data in the texts of every complaint we were shown."""
    numbers = {number for entry in month.log for number in entry.get("shown", ())}
    complaints = month.market.complaints
    mine = (i for i in range(len(complaints)) if complaints.number(i) in numbers)
    return {value for i in mine for value in month.market.words(i).planted}


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20


def test_ninety_days_unattended(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    begun = time.monotonic()
    fresh = multiprocessing.get_context("forkserver")
    without = {"calm": frozenset[int](), "unlooked": frozenset(UNSEEN)}
    beside = [fresh.Process(target=calm_days, args=(tmp_path / name, days)) for name, days in without.items()]
    for process in beside:
        process.start()
    came = market_lived(tmp_path / "faulty", faulty=True)
    for process in beside:
        process.join()
    assert [process.exitcode for process in beside] == [0, 0]
    calm, unlooked = (_states_of(tmp_path / name) for name in without)
    for day in sorted(came.states):
        no_false_calm_no_false_alarm(day, calm, unlooked, came.states)
    record_property("states judged", sum(map(len, came.states.values())))
    record_property(
        "states only one who did not look gives",
        sum(s not in (calm[d][h], "stale") for d, of in came.states.items() for h, s in of.items()),
    )

    every_complaint_is_there_once(came.month)
    every_message_is_there_once(came.month)
    data = came.month.config.data_dir
    for name in ("evidence.jsonl", "ratings.csv", "ratings.parquet"):
        words = ["export", *(["--evidence"] if name[0] == "e" else []), "--data-dir", str(data)]
        Job([*words, "-o", str(tmp_path / "faulty" / name)], tmp_path / "faulty/export").run()
    told = planted(came.month)
    assert leaks(tmp_path / "faulty", told) == []
    Job(["verify", "--data-dir", str(data)], tmp_path / "verify").run()
    assert not paused(came.month.config) and RunLedger(data).last(1)[0]["exit"] == 0
    third = DAYS // 3
    (early_mb, early_files), (late_mb, late_files) = (
        (max(mb for mb, _ in part), max(files for _, files in part))
        for part in (came.sizes[:third], came.sizes[2 * third :])
    )
    record_property("days", DAYS)
    record_property("days with a fault of ours", len({d for d in OWN if d < DAYS}))
    record_property("days with a fault of a source", len({d for d in SOURCES_OUT if d < DAYS}))
    record_property("requests", len(came.month.log))
    record_property("planted personal data, found nowhere", len(told))
    record_property("complaints", came.month.rows("SELECT count(*) FROM complaint")[0][0])
    record_property("MB in the first and last third", f"{early_mb}, {late_mb}")
    record_property("open files", f"{early_files}, {late_files}")
    record_property("seconds", round(time.monotonic() - begun))
    assert late_files <= early_files + 2 and late_mb <= early_mb * 1.1 + 5
