"""What happens day by day in the rehearsal, and what the installation says of it: the plays, without a judgement."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crawler import settings
from dashboard.forms import inbox, records, report_codes
from rehearsal import shops, sources
from tests.support.programs.rehearsal_world import Rehearsal, Typed, find_faketime, places, rehearsal

FIRST = 0.0
SECOND, THIRD, FOURTH, FIFTH = 1.1, 2.2, 3.3, 4.4
"""Days. A little more than a cadence after the former, so that what is asked daily is due."""
AWAKE, AFTER_SLEEP, HOURS_LATER = 0.001, 3.3, 3.41
SHORT = "availability=2"
"""Of what the shipped cadence asks every six hours."""
DAILY = ("availability", "storefront", "heimao", "rednet")
"""Sources that three days make due."""
TABLES = ("sources", "links", "clusters", "moves", "notify", "places")
CONTACT = "https://watchdog.example/about-our-crawler"
SEARCHED = (shops.COMPANIES[places.PLAIN], shops.CODES[places.PLAIN])
ANOTHER_PLACE = "境外线路"
BRANDS = json.dumps({places.PLAIN: 20911})


@dataclass
class Day:
    """What was said on one day: the run's own words, the sources, and of every shop the API's answer and the page."""

    run: Typed
    doctor: Typed | None = None
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the status page says of each source."""
    checked: dict[str, Typed] = field(default_factory=dict)
    """`kamengwatch check HOST --exit-code`, of some shops."""
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    shells: dict[str, str] = field(default_factory=dict)
    """The app's page of a shop as its first bytes draw it, before any script runs."""
    drawn: str | None = None
    """What a browser shows of the first shop's page in the app; None where there is no browser."""
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Published tables, as they are downloaded."""
    answers: dict[str, list[str]] = field(default_factory=dict)
    """Search -> the shops it finds."""
    evidence: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    probes: dict[str, set[str]] = field(default_factory=dict)
    """What kind of answer each shop gave on that day."""
    crawled: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """What the world was asked on that day: addresses and `dns:` questions, in their order."""
    report: dict[str, Any] = field(default_factory=dict)
    """What the sender of the report is told for the code."""
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
        return json.dumps(self.sites[host], ensure_ascii=False) + self.pages[host] + self.shells.get(host, "")


Play = Callable[[Rehearsal, bool], dict[str, list[Day]]]


class Played:
    """All plays, each in a world of its own: the others start from the first day's installation and run side by side."""

    def __init__(self, folder: Path, heavy: bool) -> None:
        """Play the first day's commands here, all else that is wanted in threads; `folder` is empty."""
        self._folder, self._heavy = folder, heavy
        self._stages = ExitStack()
        first = self._stages.enter_context(rehearsal(folder / "first", controls()))
        self.typed = begin(first)
        self.asked_first = first.asked()
        plays = [play for play in PLAYS if find_faketime() and (heavy or play is not sleep)]
        self._pool = ThreadPoolExecutor(1 + len(plays))
        for play in plays:
            self._copy(play.__name__)
        self._told = {name: told for play in plays for told in [self._pool.submit(self._play, play)] for name in PLAYS[play]}  # fmt: skip
        self._first = self._pool.submit(look_first, first, self.typed[-2])

    @property
    def first(self) -> Day:
        """The first day. Raises what went wrong in it."""
        return self._first.result()

    def days(self, name: str) -> list[Day] | None:
        """The days of a play; None where days cannot be let pass. Raises what went wrong in it."""
        return self._told[name].result()[name] if name in self._told else None

    def close(self) -> None:
        """Wait for all, and end the first day's world."""
        self._pool.shutdown(wait=True)
        self._stages.close()

    def _copy(self, name: str) -> None:
        left = shutil.ignore_patterns("world", "*.lock")
        shutil.copytree(self._folder / "first", self._folder / name, symlinks=True, ignore=left)

    def _play(self, play: Play) -> dict[str, list[Day]]:
        with rehearsal(self._folder / play.__name__, controls()) as stage:
            return play(stage, self._heavy)


def controls() -> list[str]:
    """The hosts that the shipped settings ask whether the line works."""
    return [str(url).partition("://")[2].partition("/")[0] or str(url) for url in settings.CONTROLS]


def begin(stage: Rehearsal) -> list[Typed]:
    """From an empty folder to the first card, with the commands of docs/getting-started.md only."""
    brands = ("--xiaofeibao-brands", BRANDS)
    early = stage.type("run", "--no-serve")  # too early: nobody answers for the crawler
    init = stage.type(
        "init", "--contact", CONTACT, "--icp-base", f"http://127.0.0.1:{places.ICP_PORT}", *brands, "--yes"
    ).ok()
    with (stage.folder / ".env").open("a", encoding="utf-8") as settings_file:
        settings_file.write(f"KAMENGWATCH_FAILURE_REGISTRIES={sources.REGISTRY}\n")
    return [
        early,
        init,
        stage.type("watch", "add", *places.SHOPS).ok(),
        stage.type("watch", "add", *places.MERCHANTS),
        stage.type("run", "--no-serve").ok(),
        stage.type("sources", "--json").ok(),
    ]  # fmt: skip


def outage(stage: Rehearsal, heavy: bool) -> dict[str, list[Day]]:
    """A day on which no name resolves."""
    stage.let_pass(SECOND, dns="failing")
    with stage.service("serve"):
        return {"outage": [look(stage, stage.type("run", "--no-serve"), doctor=True, check=[places.PLAIN])]}


def misfortunes(stage: Rehearsal, heavy: bool) -> dict[str, list[Day]]:
    """A day on which shops answer but no control does, and one shop is gone; and one (heavy: two) on which the world misbehaves
    while our own line is good, but for one shop that only our line does not reach.

    Meanwhile somebody reports a drop, a reviewer takes it, and its sender says that it was settled.
    """
    wrong = {"gone": [places.LATER_GONE], "diverted": [places.LATER_DIVERTED], "expired": [places.LATER_EXPIRED],
             "walled": [places.HEIMAO]}  # fmt: skip
    days: dict[str, list[Day]] = {"trouble": []}
    code = hand_in_report(stage)
    asked_for = f"/api/v1/report\ncode={quote(code)}"
    stage.let_pass(SECOND)
    stage.type("review").ok()  # takes in what the form left
    stage.type("review", "accept", "--all", "--kind", "report").ok()
    stage.let_pass(THIRD, controls=[], gone=[places.LATER_GONE])
    with stage.service("serve"), ThreadPoolExecutor(1) as beside:
        seen = beside.submit(look_from_another_place, stage)
        days["unchecked"] = [look(stage, stage.type("run", "--no-serve"))]
        assert stage.fetch(f"{asked_for}&say=settled")[0][0] == 202
        reports = stage.folder / "data/observe/inbox"
        reports.mkdir(parents=True, exist_ok=True)
        for day in (FOURTH, FIFTH) if heavy else (FOURTH,):
            stage.let_pass(day, **wrong, silent=[places.BARE] if day == FOURTH else [])
            shutil.copy(seen.result(), reports)  # a second time it is refused
            before = len(stage.asked())
            days["trouble"].append(look(stage, stage.type("run", "--no-serve")))
            days["trouble"][-1].asked = stage.asked()[before:]
        days["trouble"][0].report = json.loads(stage.fetch(asked_for)[0][1])
    return days


def hand_in_report(stage: Rehearsal) -> str:
    """Report a drop at a shop as the form does; the code its sender gets."""
    data, today, code = stage.folder / "data", stage.now().date(), report_codes.new_code()
    record = records.report(
        "ab" * 16, today, site=places.PLAIN, happened="drop.stuck", band="50-100", on=today - dt.timedelta(3),
        product="topup", state="open", code=report_codes.keyed(data, code),
    )  # fmt: skip
    inbox.append(data, records.line(record), today)
    return code


def look_from_another_place(stage: Rehearsal) -> Path:
    """Set a second place up, on a line of its own where only the shop that is gone is out of order; its signed report of the fourth day."""
    with rehearsal(stage.folder.with_name("place"), controls()) as place:
        shutil.copy(stage.folder / ".env", place.folder / ".env")
        operator, own, listed, told = (
            place.folder / n for n in ("we.pem", "own.pem", "list.json", "seen.jsonl")
        )
        place.let_pass(FOURTH - 0.04, gone=[places.LATER_GONE])
        operator.write_text(stage.type("keys", "show").ok().out, "utf-8")
        own.write_text(place.type("observe", "init", "--operator", str(operator)).ok().out, "utf-8")
        stage.type("observe", "trust", str(own), "--place", ANOTHER_PLACE).ok()
        stage.type("observe", "list", "-o", str(listed)).ok()
        place.type("observe", "look", str(listed), "-o", str(told)).ok()
        return told


def sleep(stage: Rehearsal, heavy: bool) -> dict[str, list[Day]]:
    """The service runs on a cadence of the operator's, the machine sleeps for three days with it, and goes on."""
    with (stage.folder / ".env").open("a", encoding="utf-8") as settings_file:
        settings_file.write(f"KAMENGWATCH_CADENCE_HOURS={SHORT}\n")
    stage.let_pass(AWAKE)
    with stage.service("schedule"), stage.service("serve"):
        wait_for(lambda: "定时采集已启动" in (stage.folder / "world/schedule.log").read_text("utf-8"), 240)
        time.sleep(3)  # it waits for the next source that is due
        stage.let_pass(AFTER_SLEEP)
        woken = stage.now() - dt.timedelta(minutes=5)
        wait_for(lambda: set(DAILY) <= crawled_since(stage, woken).keys(), 300)
        noticed = time.time()
        wait_for(lambda: (stage.folder / "data/snapshots/latest").lstat().st_mtime > noticed, 240)
        day = look(stage, stage.type("schedule", "--list", "--json"))
        day.crawled = crawled_since(stage, woken)
        stage.let_pass(HOURS_LATER)
        later = stage.now() - dt.timedelta(minutes=5)
        wait_for(lambda: "availability" in crawled_since(stage, later), 120)
        after = Day(stage.type("schedule", "--list", "--json"), crawled=crawled_since(stage, later))
        return {"sleep": [day, after]}


def crawled_since(stage: Rehearsal, moment: dt.datetime) -> dict[str, int]:
    """How many crawls of each source have ended since `moment`."""
    return dict(
        asked(stage, "select source_id, count(*) from crawl where finished_at > ? group by 1", moment)
    )


def probed_since(stage: Rehearsal, moment: dt.datetime) -> dict[str, set[str]]:
    """The classes of each shop's probes since `moment`."""
    classes: dict[str, set[str]] = {host: set() for host in (*places.SHOPS, *places.MERCHANTS)}
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


PLAYS: dict[Play, tuple[str, ...]] = {
    outage: ("outage",),
    misfortunes: ("unchecked", "trouble"),
    sleep: ("sleep",),
}
"""The plays and what each tells of."""


def snapshot(stage: Rehearsal) -> str:
    """The name of the latest snapshot."""
    return str((stage.folder / "data/snapshots/latest").resolve().name)


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    """Return when it has come true; AssertionError when it does not in time."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "did not come true in time"
        time.sleep(1)


def look(stage: Rehearsal, run: Typed, doctor: bool = False, check: Sequence[str] = ()) -> Day:
    """What a reader of the dashboard sees now of every shop, as API and as pages; what the terminal says of `check`."""
    day = Day(run, stage.type("doctor") if doctor else None)
    day.checked = {host: stage.type("check", host, "--exit-code") for host in check}
    stage.wait_until_served(snapshot(stage))
    hosts, first = list(places.SHOPS), stage.day == FIRST
    # Under a moved clock an answer takes half a second of work; on later days only pages are looked at of which something is said.
    wanted = {
        "/api/v1/sites/{}": hosts,
        "/s/{}.html": hosts if first else [places.LATER_DIVERTED],
        "/site?host={}": hosts if first else [places.PLAIN, places.LATER_GONE],
        "/api/v1/sites/{}/evidence": hosts if first else [],
    }
    answers = stage.fetch(
        *(f"/download/{table}.jsonl" for table in TABLES),
        *(form.format(host) for form, some in wanted.items() for host in some),
    )
    assert {status for status, _ in answers} == {200}, answers
    bodies = iter([body for _, body in answers])
    day.tables = {table: [json.loads(line) for line in next(bodies).splitlines()] for table in TABLES}
    read, day.pages, day.shells, evidence = (
        {host: next(bodies) for host in some} for some in wanted.values()
    )
    day.sites = {host: json.loads(body) for host, body in read.items()}
    day.evidence = {host: json.loads(body)["evidence"] for host, body in evidence.items()}
    day.sources = {row["source"]: row for row in day.tables["sources"]}
    since = stage.now() - dt.timedelta(hours=12)
    day.probes = probed_since(stage, since)
    question = "select source_id, (julianday(finished_at) - julianday(started_at)) * 86400 from crawl where finished_at > ?"
    day.lasted = dict(asked(stage, question, since))
    return day


def look_first(stage: Rehearsal, run: Typed) -> Day:
    """The first day as `look`, the terminal's own lists, what searches find, and one page in a browser."""
    with stage.service("serve"):
        day = look(stage, run, check=[places.PLAIN])
        day.drawn = stage.draw(f"/site?host={places.PLAIN}")
        asked_for = (*SEARCHED, *places.MERCHANTS)
        answers = stage.fetch(*(f"/api/v1/check?q={quote(text)}" for text in asked_for))
    found = [json.loads(body)["cards"] for _, body in answers]
    day.answers = {q: [card["host"] for card in cards] for q, cards in zip(asked_for, found, strict=True)}
    return day
