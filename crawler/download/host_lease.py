"""One crawl at a host: turns for single requests across processes, and a lock for a batch of hosts as long as its crawl lives.

A site is in one crawl at a time (kamengwatch/pipeline/job_queue.py), but a registry is asked about every site, so crawls of different
sites meet there. They take turns over a file a host, locked while a request is on its way. Its date is when the host was last
asked, so that the pace holds among all of them; where it refused, the file says so: no other part of that job asks it again.

The queue's lock (kamengwatch/pipeline/job_queue.py) says who shall crawl a batch. Whoever is stopped, frozen or cut off for a while loses it
to another without noticing; the file it still holds, and the other waits for it. The end of the process gives it back, however it ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from crawler.errors import OwnFault
from crawler.recording.recorder import own_faults
from store.text.malls import host_part
from store.text.query import registrable

LOOK_EVERY = 0.05
"""Seconds between two looks at a turn that another process holds."""
LONGEST = 300.0
"""Seconds. No request lasts so long: who holds a turn for longer hangs, asks nothing, and is not waited for."""


class HostRateLimiter:
    """Settings TURNS_FOLDER (empty: turns are taken in this process only), SITES_SHARED, and KAMENGWATCH_JOB, what the crawl is a part of."""

    def __init__(self, crawler: Crawler) -> None:
        """Nobody has a turn yet."""
        self._crawler = crawler
        self._folder: str = crawler.settings.get("TURNS_FOLDER") or ""
        self._job: str = crawler.settings.get("KAMENGWATCH_JOB") or ""
        self._here: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sites: frozenset[str] | None = None

    @asynccontextmanager
    async def at(self, host: str, stopped: dict[str, str]) -> AsyncIterator[None]:
        """Wait for the turn and hold it; `stopped` are the hosts that refused and why, told to the other crawls and by them.

        Raises OwnFault when the turn cannot be written down.
        """
        async with self._here[host]:
            if not self._folder or registrable(host) in self._own():
                yield
                return
            with opened(Path(self._folder) / f"{host[:200]}.json") as file:
                before = await self._taken(file, host)
                if before.get("job") == self._job and before.get("refused"):
                    stopped.setdefault(host, before["refused"])
                yield
                if host in stopped:
                    _write(file, before | {"job": self._job, "refused": stopped[host]})

    def _own(self) -> frozenset[str]:
        """The sites this crawl has to itself."""
        if self._crawler.settings.getbool("SITES_SHARED"):
            return frozenset()
        if self._sites is None:
            spider: Any = self._crawler.spider
            self._sites = frozenset(registrable(target.host) for target in getattr(spider, "targets", ()))
        return self._sites

    async def _taken(self, file: int, host: str) -> dict[str, Any]:
        """Lock the file and keep the pace by its own dates, which are the same on every machine; returns what was told."""
        seen, since = -1.0, time.monotonic()
        while not locked(file) and time.monotonic() - since < LONGEST:
            if (asked := _dated(file)) != seen:
                seen, since = asked, time.monotonic()
            await asyncio.sleep(LOOK_EVERY)
        told, asked, least = _told(file), _dated(file), self._least(host)
        if told is not None:
            with own_faults():
                os.utime(file)
            await asyncio.sleep(min(least, max(0.0, asked + least - _dated(file))))
        _write(file, told or {})
        return told or {}

    def _least(self, host: str) -> float:
        """The least distance of two requests at the host's present pace."""
        engine = self._crawler.engine
        slot = engine.downloader.slots.get(host) if engine else None
        return slot.delay * (1 - slot.jitter) if slot else 0.0


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A file to lock; closing it gives the lock back, and so does the end of the process."""
    with own_faults():
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def locked(file: int) -> bool:
    """Take the lock of an `opened` file; False while another process has it."""
    with own_faults():
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _dated(file: int) -> float:
    """When it was last written, which is when the host was last asked."""
    with own_faults():
        return os.fstat(file).st_mtime


def _told(file: int) -> dict[str, Any] | None:
    """What the file says; None where it is new or was half written."""
    with own_faults():
        written = os.pread(file, 4096, 0)
    try:
        told: dict[str, Any] = json.loads(written)
    except ValueError:
        return None
    return told


def _write(file: int, told: dict[str, Any]) -> None:
    written = json.dumps(told).encode()
    with own_faults():
        os.pwrite(file, written, 0)
        os.ftruncate(file, len(written))


BATCHES = 64
"""Never changed while jobs wait: a host's lock is the number of its batch."""
LOCK_POLL_SECONDS = 0.2
"""Seconds between two looks at a file that another crawl holds."""
TELL_EVERY = 5.0
"""Seconds after which `waiting` is told again."""
"""Seconds that a crawl waits for another of the same hosts; then it is given up, and is still due."""


def batch(host: str) -> int:
    """The batch a host belongs to, for good; a mall and its merchants share one, for they share the host's pace."""
    return zlib.crc32(host_part(host).encode()) % BATCHES


def names(boards: Iterable[str], hosts: Iterable[str]) -> list[str]:
    """What the locks of a crawl are called that asks `boards` (source ids) and visits `hosts`, in the order they are taken in."""
    return sorted({f"source-{board}" for board in boards} | {f"hosts-{batch(host)}" for host in hosts})


@contextmanager
def crawl_lock(
    folder: Path, wanted: Iterable[str], pause: float, waiting: Callable[[str], None]
) -> Iterator[None]:
    """Hold the locks `wanted` (see `names`), files in `folder`; `waiting` is told the name of one that another crawl holds, again and again.

    After the other has ended, `pause` seconds pass before anything is asked. Raises OwnFault after LONGEST seconds, and where
    the files cannot be made or locked.
    """
    deadline, waited = time.monotonic() + LONGEST, False
    with ExitStack() as held:
        for name in wanted:
            file = held.enter_context(opened(folder / f"{name}.lock"))
            if not locked(file):
                waited = True
                _wait(file, name, deadline, waiting)
        time.sleep(pause if waited else 0)
        yield


def _wait(file: int, name: str, deadline: float, waiting: Callable[[str], None]) -> None:
    tell_at = time.monotonic()
    while not locked(file):
        if time.monotonic() >= tell_at:
            waiting(name)
            tell_at += TELL_EVERY
        if time.monotonic() > deadline:
            raise OwnFault(
                f"{name}: another crawl holds these sites for more than {LONGEST:g} seconds: wait for its end"
            )
        time.sleep(LOCK_POLL_SECONDS)
