"""初查, the look: one site nobody watches (or a watched one, again), looked at while somebody waits.

The web process only writes a line into the inbox. This worker takes it, starts the crawler's own spiders under the guard, robots.txt and
pace of every crawl, and tells after each step what the store holds now, in one file a site: `<data>/looks/<site>.json`. A file that says
`looking` while no worker lives is taken up again by the next one: a look ends, or is gone, and is never half.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from crawler.settings import SANDBOX_SETTINGS
from kamengwatch.config import Config, Failure, UserError, operator_settings
from kamengwatch.console import log_line
from kamengwatch.intake import changed_sites, form_inbox
from kamengwatch.pipeline.crawl import arguments, cards
from kamengwatch.pipeline.crawl_process import events, warm_up
from kamengwatch.pipeline.look_facts import OF_SOURCE, STEPS, Neighbours, gather, lists_of
from scoring.snapshot.reader import Snapshot, SnapshotError
from store.china_time import SHANGHAI
from store.evidence.crawl_ledger import LOOK, NOT_CONFIGURED, register_sources
from store.evidence.entity_matching import Directory
from store.private_files import make_private_folder
from store.text.query import file_stem
from store.text.refused_hosts import refusal

AGAIN_AFTER = dt.timedelta(hours=6)
"""One look a site in this time, for everybody together."""
AT_ONCE = 6
LONGEST = 20.0
"""Seconds of one look. What was not looked at by then is named."""
_STOP_AT, _KILL_AT = LONGEST - 3.0, LONGEST - 1.0
_SOURCES = tuple(dict.fromkeys(OF_SOURCE.values()))
_POLL = 0.25
_TAKEN_UP = dt.timedelta(minutes=30)
"""A look that was asked for longer ago is not taken up again after a worker died: whoever asked has left."""
_KEPT = dt.timedelta(days=90)
SANDBOX_PER_DAY = 200
LATER = ("时间到了，没有看完", "time ran out before it was looked at")
_WHY = (
    (NOT_CONFIGURED, ("没有配置查询服务", "no query service is configured")),
    ("robots.txt disallows", ("网站的 robots.txt 不允许", "its robots.txt forbids it")),
    ("robots.txt asks for", ("网站的 robots.txt 要求的访问间隔太长", "its robots.txt asks for longer pauses than we can keep")),
    ("robots.txt", ("没能读到网站的 robots.txt，按规矩不再访问", "its robots.txt could not be read, so nothing else was asked of it")),
    ("not a public address", ("地址不是公网地址，不访问", "its address is not public, so it is not visited")),
    ("not registered", ("登记处没有这个域名的登记", "the registry has no such name")),
    ("needs JavaScript", ("页面要浏览器才能显示，这里没有浏览器", "the page needs a browser and there is none here")),
    ("login", ("要登录或密码才看得到", "it is behind a login or password")),
    ("OwnFault", ("本站的另一次采集正在访问它", "another crawl of ours is visiting it")),
)  # fmt: skip
_ELSEWHERE = (
    "首页跳转到了别处，那里不是它的页面",
    "its home page leads elsewhere, and what is there is not its own",
)
_NOTHING = {"lists": ("没有取得过公开名单", "no open list has been fetched yet")}
_OUTCOMES = {"blocked": ("对方拒绝了这次查询", "whoever was asked refused"), "failed": ("没有得到可用的回答", "no usable answer came")}  # fmt: skip


@dataclass
class Step:
    """A step as the page shows it: waiting, done or missed (with why), and the facts of it."""

    step: str
    state: str = "waiting"
    at: str = ""
    why: tuple[str, str] | None = None
    seconds: float = 0.0
    """Since the look began, when the step ended."""
    facts: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Look:
    """One look as its file holds it. `state`: queued, looking, done; refused where the day's budget was used up."""

    id: str
    host: str
    state: str
    asked_at: str
    asked_as: str = ""
    """The host it was asked for by, where that is another name of a site that is known already."""
    begun_at: str = ""
    ended_at: str = ""
    again_at: str = ""
    seconds: float = 0.0
    verdict: str = "灰"
    demo: bool = False
    steps: list[Step] = field(default_factory=lambda: [Step(name) for name in STEPS])

    def write(self, folder: Path) -> None:
        """Replace the file at once, and that of the name it was asked for by."""
        for host in self.names:
            _replace(folder / f"{file_stem(host)}.json", asdict(self) | {"host": host})

    def forget(self, folder: Path) -> None:
        """Keep nothing of it."""
        for host in self.names:
            (folder / f"{file_stem(host)}.json").unlink(missing_ok=True)

    @property
    def names(self) -> list[str]:
        """The hosts it answers for."""
        return [self.host, *filter(None, (self.asked_as,))]

    @classmethod
    def read(cls, file: Path) -> Look | None:
        """The look of a file; None where it is none."""
        try:
            told = json.loads(file.read_text("utf-8"))
            return cls(**told | {"steps": [Step(**step) for step in told["steps"]]})
        except (OSError, ValueError, TypeError, KeyError):
            return None


def _replace(file: Path, told: dict[str, Any]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    fresh.replace(file)


class Looker:
    """Looks at sites. One worker a data folder takes requests; `look` may be called by anybody who has the lock of its host."""

    def __init__(self, config: Config, proxy: str | None = None) -> None:
        """`proxy`: the sandbox's address, for a look inside the demonstration market."""
        self.config, self._proxy = config, proxy
        self.folder = config.data_dir / "looks"
        given = operator_settings()
        self.per_day = given.looks_per_day or (SANDBOX_PER_DAY if proxy else 0)
        self._lists = lists_of(SANDBOX_SETTINGS["BLOCKLISTS"] if proxy else given.blocklists)
        self._neighbours = Neighbours(config.engine)
        self._queue: list[Look] = []
        self._looking: set[str] = set()
        self._read: dict[str, int] = {}
        self._day, self._used = "", 0

    def run(self, stop: threading.Event) -> None:
        """Take requests until told to stop; where another worker of this folder lives, once that has ended."""
        make_private_folder(self.folder)
        warm_up()
        cards()
        lock = FileLock(self.folder / "worker.lock")
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=2)
        if not lock.is_locked:
            log_line(
                "初查：这个数据目录已有一个在看，等它结束 a worker of looks runs here already: waiting until it ends"
            )
        while not lock.is_locked:
            if stop.is_set():
                return
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=1)
        with contextlib.ExitStack() as held:
            held.callback(lock.release)
            pool = held.enter_context(ThreadPoolExecutor(AT_ONCE))
            self._resume()
            while not stop.is_set():
                with contextlib.suppress(OSError):  # a full disk: what was asked waits
                    self._take()
                    while self._queue and len(self._looking) < AT_ONCE:
                        look = self._queue.pop(0)
                        self._looking.add(look.host)
                        pool.submit(self._one, look)
                    self._tell()
                stop.wait(_POLL)

    def look(self, look: Look, tell: Callable[[Look], None] = lambda look: None) -> Look:
        """Look now; returns the finished look. Raises Failure or UserError for a fault of ours, and then keeps nothing."""
        config, begun = self.config, time.monotonic()
        now = config.now()
        look.state = "looking"
        look.begun_at = look.begun_at or now.isoformat()
        platform, host, look.demo = self._platform(look.host)
        if host != look.host:
            look.asked_as, look.host = look.host, host
            if self._looked_lately(host, but=look.id):  # under its own name: that look answers for both
                return self._shared(look)
        since = dt.datetime.fromisoformat(look.begun_at) - dt.timedelta(seconds=1)
        closed, ended = self._closed(), {}  # type: ignore[var-annotated]

        def told(last: bool = False) -> None:
            moment = config.now()
            found = gather(
                config.engine, config.archive_dir, config.data_dir, look.host, platform, since, moment,
                self._neighbours, self._lists, closed,
            )  # fmt: skip
            look.verdict = found.verdict
            for step in look.steps:
                source = OF_SOURCE.get(step.step)
                over = source is None and step.step != "links" or source in ended or last
                facts = found.facts.get(step.step, []) if over or step.step == "home" else []
                step.facts = [asdict(fact) for fact in facts]
                if facts or over:
                    if not step.at:
                        step.at, step.seconds = moment.isoformat(), round(time.monotonic() - begun, 1)
                    step.state = "done" if facts else "missed"
                    if not facts and found.elsewhere and source == "storefront":
                        step.why = _ELSEWHERE
                    elif not facts:
                        step.why = _NOTHING.get(step.step) or _why(*ended.get(source, (None, None)))
            look.seconds = round(time.monotonic() - begun, 1)
            look.write(self.folder)
            tell(look)

        told()
        job = f"{LOOK}{look.id}"
        words = [*arguments(config, now, job, list(_SOURCES), [look.host], self._proxy, None), "--look"]
        for event in events(words, _STOP_AT, _KILL_AT):
            source = event.get("source")
            if event["event"] == "broken":
                ended[source] = ("failed", f"OwnFault: {event['reason']}")
            elif event["event"] in ("host", "crawl"):
                ended.setdefault(source, (event.get("outcome"), event.get("reason")))
            elif source != "storefront" or not event.get("records"):
                continue
            told()
        look.state, look.ended_at = "done", config.now().isoformat()
        # What a fault of ours left unseen may be asked for at once: the shop was not troubled by it.
        ours = any((reason or "").startswith("OwnFault") for _, reason in ended.values())
        look.again_at = (config.now() + (dt.timedelta() if ours else AGAIN_AFTER)).isoformat()
        told(last=True)
        changed_sites.note(config, [look.host])
        return look

    def now(self, host: str, tell: Callable[[Look], None]) -> Look:
        """A look asked for at this machine's terminal; the one everybody shares where the site was looked at lately."""
        make_private_folder(self.folder)
        known = Look.read(self.folder / f"{file_stem(host)}.json")
        if known and known.state == "done" and self._looked_lately(host):
            return known
        look = Look(uuid.uuid4().hex, host, "looking", self.config.now().isoformat())
        try:
            return self.look(look, tell)
        except BaseException:
            look.forget(self.folder)
            raise

    def _shared(self, look: Look) -> Look:
        """The finished look at a site by its own name, told under the name asked for as well; while it is on its way, nothing is."""
        known = Look.read(self.folder / f"{file_stem(look.host)}.json")
        if known is None or known.state != "done":
            (self.folder / f"{file_stem(look.asked_as)}.json").unlink(missing_ok=True)
            return known or look
        known.asked_as = look.asked_as
        known.write(self.folder)
        return known

    def _one(self, look: Look) -> None:
        asked = look.host
        try:
            if not self._looked_lately(look.host, but=look.id):
                self.look(look)
        except Exception as error:  # a fault of ours: no half look stays, and the worker goes on
            look.forget(self.folder)
            if not isinstance(error, Failure | UserError | SQLAlchemyError | OSError):
                log_line(f"{type(error).__name__}: {error}"[:300])
                raise
            log_line(self.config.say(f"{look.host}: 初查没有做成：{error}", f"{look.host}: the look failed: {error}"))  # fmt: skip
        finally:
            self._looking.discard(asked)

    def _platform(self, host: str) -> tuple[int, str, bool]:
        """(id, host, demonstration) of the site, made known as a candidate where it is new: nothing rates it before a person accepts it."""
        register_sources(self.config.engine, list(cards()))
        demo = self._proxy is not None
        with self.config.engine.begin() as connection:
            directory = Directory(connection)
            known = directory.by_host(host)
            if known is None:
                known = directory.add(connection, host, self.config.now(), "candidate", demo)
            return known, directory.host(known), demo

    def _closed(self) -> set[str]:
        """Watched hosts whose published state is closed."""
        try:
            rows = Snapshot.latest(self.config.data_dir).rows("select host from ratings where warning_state = 'closed'")  # fmt: skip
        except SnapshotError:
            return set()
        return {row["host"] for row in rows}

    def _looked_lately(self, host: str, but: str = "") -> bool:
        known = Look.read(self.folder / f"{file_stem(host)}.json")
        if known is None or known.id == but:
            return False
        if known.state in ("queued", "looking"):
            return True
        now = self.config.now()  # what lies further ahead was written by a clock that was wrong
        return bool(known.again_at) and now < dt.datetime.fromisoformat(known.again_at) <= now + dt.timedelta(
            days=1
        )

    def _resume(self) -> None:
        """Take up what a dead worker left, and let go of what nobody waits for any more and of old looks."""
        now = self.config.now()
        state = _json(self.folder / "queue.json")
        self._read, self._day = dict(state.get("read") or {}), str(state.get("day") or "")
        self._used = int(state.get("used") or 0)
        left = []
        for file in sorted(self.folder.glob("*.json")):
            if file.name == "queue.json":
                continue
            look = Look.read(file)
            asked = dt.datetime.fromisoformat(look.asked_at) if look else None
            if look is None or asked is None or now - asked > _KEPT:
                file.unlink()
            elif look.state in ("queued", "looking"):
                if now - asked > _TAKEN_UP:
                    file.unlink()
                else:
                    left.append(look)
        self._queue = sorted(left, key=lambda look: (look.state != "looking", look.asked_at))

    def _take(self) -> None:
        """Put the new lines of the inbox into the queue; each line once."""
        now = self.config.now()
        if (day := now.astimezone(SHANGHAI).date().isoformat()) != self._day:
            self._day, self._used = day, 0
        for file, _ in form_inbox.day_files(self.config.data_dir / "inbox"):
            begin = self._read.get(file.name, 0)
            if file.stat().st_size <= begin:
                continue
            with file.open("rb") as stream:
                stream.seek(begin)
                complete, newline, _ = stream.read().rpartition(b"\n")
            for line in complete.split(b"\n"):
                if asked := form_inbox.look_in(line):
                    self._ask(*asked, now)
            self._read[file.name] = begin + len(complete) + len(newline)

    def _ask(self, id_: str, host: str, now: dt.datetime) -> None:
        if refusal(host) or self._looked_lately(host):
            return
        look = Look(id_, host, "queued", now.isoformat())
        if self._used >= self.per_day:
            look.state = "refused"
            midnight = dt.datetime.combine(now.astimezone(SHANGHAI).date() + dt.timedelta(days=1), dt.time(), SHANGHAI)  # fmt: skip
            look.again_at = midnight.isoformat()
        look.write(self.folder)  # before it is counted: on a full disk the line is read again, and again
        if look.state == "queued":
            self._used += 1
            self._queue.append(look)

    def _tell(self) -> None:
        told = {
            "per_day": self.per_day, "day": self._day, "used": self._used, "looking": sorted(self._looking),
            "queue": [look.host for look in self._queue], "read": self._read,
        }  # fmt: skip
        if told != _json(self.folder / "queue.json"):
            _replace(self.folder / "queue.json", told)


def _json(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _why(outcome: str | None, reason: str | None) -> tuple[str, str]:
    """Why a step brought nothing, for a reader; the crawl's own words are for its operator."""
    if outcome is None:
        return LATER
    for sign, words in _WHY:
        if sign in (reason or ""):
            return words
    return _OUTCOMES.get(outcome, ("没有可说的", "there was nothing to tell"))


def main() -> int:
    """The worker's process: it ends by SIGTERM, or when whoever started it is gone (its standard input closes)."""
    import argparse

    from kamengwatch.config import make

    parser = argparse.ArgumentParser(prog="python -m kamengwatch.pipeline.look")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--lang")
    parser.add_argument("--sandbox-proxy")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def until_alone() -> None:
        while os.read(0, 4096):  # not sys.stdin, whose lock would keep the interpreter from ending
            pass
        stop.set()
        time.sleep(LONGEST)
        os._exit(0)

    threading.Thread(target=until_alone, daemon=True).start()
    try:
        Looker(make(given.data_dir, None, given.lang), given.sandbox_proxy).run(stop)
    except UserError as error:
        log_line(str(error))
        return 2
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # what libraries left running would be waited for
