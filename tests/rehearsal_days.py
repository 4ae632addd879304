"""What happens day by day in the rehearsal, and what the installation says of it: the plays, without a judgement."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal_play import Rehearsal, Typed, find_faketime, places, rehearsal

from crawler import settings

FIRST = 0.0
SECOND, THIRD = 1.1, 2.2
"""Days. A little more than a cadence after the former, so that what is asked daily is due."""
AWAKE, AFTER_SLEEP = 0.001, 3.3
DAILY = ("availability", "storefront", "heimao", "rednet")
"""Sources that three days make due."""
CONTACT = "https://watchdog.example/about-our-crawler"
BRANDS = json.dumps({places.PLAIN: 20911})


@dataclass
class Day:
    """What was said on one day: the run's own words, the sources, and of every shop the API's answer and the page."""

    run: Typed
    sources: dict[str, dict[str, Any]]
    doctor: Typed | None = None
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    probes: dict[str, set[str]] = field(default_factory=dict)
    """What kind of answer each shop gave on that day."""
    crawled: dict[str, int] = field(default_factory=dict)
    lasted: dict[str, float] = field(default_factory=dict)
    """Seconds from the begin of each source's last crawl to its end, as the ledger dates them."""

    def card(self, host: str) -> dict[str, Any]:
        """The verdict card of a shop."""
        return dict(self.sites[host]["card"])

    def state(self, host: str) -> str:
        """Its cash-flow state."""
        return str(self.sites[host]["rating"]["warning_state"])

    def said(self, host: str) -> str:
        """Everything that is said of a shop: card, findings, warnings, page."""
        return json.dumps(self.sites[host], ensure_ascii=False) + self.pages[host]


class Played:
    """All plays, each in a world of its own. They start from the first day's installation and run side by side."""

    def __init__(self, folder: Path) -> None:
        """Play the first day here, the others in threads; `folder` is empty."""
        self.begun = time.monotonic()
        self._folder = folder
        self._pool = ThreadPoolExecutor(3)
        with rehearsal(folder / "first", controls()) as first:
            self.typed = begin(first)
            self.first = look(first, self.typed[-1])
        self._plays: dict[str, Future[list[Day]]] = {}
        if find_faketime() is not None:
            plays: dict[str, Callable[[Rehearsal], list[Day]]] = {
                "outage": outage,
                "trouble": trouble,
                "sleep": sleep,
            }
            self._plays = {name: self._pool.submit(self._play, name, play) for name, play in plays.items()}

    def days(self, name: str) -> list[Day] | None:
        """The days of a play; None where days cannot be let pass. Raises what went wrong in it."""
        return self._plays[name].result() if name in self._plays else None

    def close(self) -> None:
        """Wait for all."""
        self._pool.shutdown(wait=True)

    def _play(self, name: str, play: Callable[[Rehearsal], list[Day]]) -> list[Day]:
        own = self._folder / name
        shutil.copytree(
            self._folder / "first", own, symlinks=True, ignore=shutil.ignore_patterns("world", "*.lock")
        )
        with rehearsal(own, controls()) as stage:
            return play(stage)


def controls() -> list[str]:
    """The hosts that the shipped settings ask whether the line works."""
    return [str(url).partition("://")[2].partition("/")[0] or str(url) for url in settings.CONTROLS]


def begin(stage: Rehearsal) -> list[Typed]:
    """From an empty folder to the first card, with the commands of docs/getting-started.md only."""
    brands = ("--xiaofeibao-brands", BRANDS)
    return [
        stage.type("run", "--no-serve"),  # too early: nobody answers for the crawler
        stage.type(
            "init", "--contact", CONTACT, "--icp-base", f"http://127.0.0.1:{places.ICP_PORT}", *brands, "--yes"
        ).ok(),
        stage.type("watch", "add", *places.SHOPS).ok(),
        stage.type("watch", "add", *places.MERCHANTS),
        stage.type("run", "--no-serve").ok(),
    ]  # fmt: skip


def outage(stage: Rehearsal) -> list[Day]:
    """A day on which no name resolves; then one on which shops answer but no control does, and one shop is gone."""
    with stage.service("serve"):
        stage.let_pass(SECOND, dns="failing")
        without_names = look(stage, stage.type("run", "--no-serve"), doctor=True)
        stage.let_pass(THIRD, controls=[], gone=[places.LATER_GONE])
        return [without_names, look(stage, stage.type("run", "--no-serve"), doctor=True)]


def trouble(stage: Rehearsal) -> list[Day]:
    """Two days on which the world misbehaves while our own line is good."""
    wrong = {"gone": [places.LATER_GONE], "diverted": [places.LATER_DIVERTED], "expired": [places.LATER_EXPIRED],
             "walled": [places.HEIMAO]}  # fmt: skip
    days = []
    with stage.service("serve"):
        for day in (SECOND, THIRD):
            stage.let_pass(day, **wrong)
            days.append(look(stage, stage.type("run", "--no-serve")))
    return days


def sleep(stage: Rehearsal) -> list[Day]:
    """The service runs, the machine sleeps for three days with it, and goes on."""
    stage.let_pass(AWAKE)
    with stage.service("schedule"), stage.service("serve"):
        wait_for(lambda: "定时采集已启动" in (stage.folder / "world/schedule.log").read_text("utf-8"), 240)
        time.sleep(3)  # it waits for the next source that is due
        stage.let_pass(AFTER_SLEEP)
        woken = stage.now() - dt.timedelta(minutes=5)
        wait_for(lambda: set(DAILY) <= crawled_since(stage, woken).keys(), 300)
        noticed = time.time()
        wait_for(lambda: (stage.folder / "data/snapshots/latest").lstat().st_mtime > noticed, 240)
        day = look(stage, stage.type("schedule", "--list"))
        day.crawled = crawled_since(stage, woken)
        return [day]


def crawled_since(stage: Rehearsal, moment: dt.datetime) -> dict[str, int]:
    """How many crawls of each source have ended since `moment`."""
    return dict(
        asked(stage, "select source_id, count(*) from crawl where finished_at > ? group by 1", moment)
    )


def probed_since(stage: Rehearsal, moment: dt.datetime) -> dict[str, set[str]]:
    """The classes of each shop's probes since `moment`."""
    classes: dict[str, set[str]] = {host: set() for host in places.SHOPS}
    for host, kind in asked(stage, "select subject, class from probe where observed_at > ?", moment):
        classes[host].add(kind)
    return classes


def asked(stage: Rehearsal, question: str, moment: dt.datetime) -> list[Any]:
    """The rows of a question to the installation's database, about what is later than `moment`."""
    file = stage.folder / "data/kamengwatch.db"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30) as database:
        return database.execute(
            question, [moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")]
        ).fetchall()


def snapshot(stage: Rehearsal) -> str:
    """The name of the latest snapshot."""
    return str((stage.folder / "data/snapshots/latest").resolve().name)


def sources(stage: Rehearsal) -> dict[str, dict[str, Any]]:
    """What the installation says of its sources, by id."""
    return {row["source"]: row for row in stage.type("sources", "--json").ok().json}


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    """Return when it has come true; AssertionError when it does not in time."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "did not come true in time"
        time.sleep(1)


def look(stage: Rehearsal, run: Typed, doctor: bool = False) -> Day:
    """What a reader of the dashboard sees now of every shop, as API and as page without JavaScript."""
    if stage.day == FIRST:
        with stage.service("serve"):
            return _look(stage, Day(run, sources(stage)))
    return _look(stage, Day(run, sources(stage), stage.type("doctor") if doctor else None))


def _look(stage: Rehearsal, day: Day) -> Day:
    stage.wait_until_served(snapshot(stage))
    hosts = list(places.SHOPS)
    forms = ("/api/v1/sites/{}", "/api/v1/sites/{}/evidence", "/s/{}.html")
    answers = stage.fetch(*(form.format(host) for form in forms for host in hosts))
    assert {status for status, _ in answers} == {200}, answers
    bodies = [body for _, body in answers]
    n = len(hosts)
    day.sites = {host: json.loads(body) for host, body in zip(hosts, bodies[:n], strict=True)}
    day.evidence = {
        host: json.loads(body)["evidence"] for host, body in zip(hosts, bodies[n : 2 * n], strict=True)
    }
    day.pages = dict(zip(hosts, bodies[2 * n :], strict=True))
    since = stage.now() - dt.timedelta(hours=12)
    day.probes = probed_since(stage, since)
    question = "select source_id, (julianday(finished_at) - julianday(started_at)) * 86400 from crawl where finished_at > ?"
    day.lasted = dict(asked(stage, question, since))
    return day
