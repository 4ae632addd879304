"""Turns at a host: one request at a time, in this process and, at a host that other crawls ask too, in all that share the data folder.

A site is in one crawl at a time (kamengwatch/workers.py), but a registry is asked about every site, so crawls of different
sites meet there. They take turns over a file a host, locked while a request is on its way. Its date is when the host was last
asked, so that the pace holds among all of them; where it refused, the file says so: no other part of that job asks it again.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from crawler.books import own_faults
from store.names import registrable

LOOK_EVERY = 0.05
"""Seconds between two looks at a turn that another process holds."""
LONGEST = 300.0
"""Seconds. No request lasts so long: who holds a turn for longer hangs, asks nothing, and is not waited for."""


class Turns:
    """Settings TURNS_FOLDER (empty: turns are taken in this process only) and KAMENGWATCH_JOB, what the crawl is a part of."""

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
