"""A site is in one crawl at a time, whoever started it: a locked file for each batch of hosts, held as long as the crawl's process lives.

The queue's lock (kamengwatch/workers.py) says who shall crawl a batch. Whoever is stopped, frozen or cut off for a while loses it
to another without noticing; the file it still holds, and the other waits for it. The end of the process gives it back, however it ends.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crawler.outcomes import OwnFault
from crawler.turns import locked, opened
from store.malls import host_part

BATCHES = 64
"""Never changed while jobs wait: a host's lock is the number of its batch."""
LOOK_EVERY = 0.2
"""Seconds between two looks at a file that another crawl holds."""
TELL_EVERY = 5.0
"""Seconds after which `waiting` is told again."""
LONGEST = 300.0
"""Seconds that a crawl waits for another of the same hosts; then it is given up, and is still due."""


def batch(host: str) -> int:
    """The batch a host belongs to, for good; a mall and its merchants share one, for they share the host's pace."""
    return zlib.crc32(host_part(host).encode()) % BATCHES


def names(boards: Iterable[str], hosts: Iterable[str]) -> list[str]:
    """What the locks of a crawl are called that asks `boards` (source ids) and visits `hosts`, in the order they are taken in."""
    return sorted({f"source-{board}" for board in boards} | {f"hosts-{batch(host)}" for host in hosts})


@contextmanager
def alone(
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
        time.sleep(LOOK_EVERY)
