"""Commands that are killed: forked from a process that has imported the product, so that a kill costs tenths of a second.

Each runs as the real command line or crawl process does, in a process of its own, and is ended by SIGKILL; nothing is mocked.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import kamengwatch.crawl_process  # noqa: F401  (it names what the fork server imports; ours comes after)

PRELOAD = ["crawler.preload", "kamengwatch.cli", "kamengwatch.importing", "kamengwatch.judging", "kamengwatch.backing_up", "kamengwatch.erasing",
           "kamengwatch.scheduling", "kamengwatch.expiring", "scoring.rate", "scoring.publish"]  # fmt: skip
_FORKS = multiprocessing.get_context("forkserver")
LONGEST = 300.0


def _do(words: list[str], environment: dict[str, str], said: str, largest: int | None) -> None:
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    os.environ.update(environment)
    os.environ.pop("KAMENGWATCH_DATA_DIR", None)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if words[0] == "crawler.run":
        from crawler.run import main as crawl

        raise SystemExit(crawl(words[1:]))
    from kamengwatch.cli import main

    sys.argv = ["kamengwatch", *words]
    main()


@dataclass(frozen=True)
class Job:
    """A command, its environment, a file for what it says, and how many bytes a file may have (a full disk, as test_faults plays it)."""

    words: list[str]
    said: Path
    environment: tuple[tuple[str, str], ...] = ()
    largest: int | None = None

    def _start(self) -> multiprocessing.process.BaseProcess:
        _FORKS.set_forkserver_preload(PRELOAD)
        process = _FORKS.Process(
            target=_do, args=(self.words, dict(self.environment), str(self.said), self.largest)
        )
        process.start()
        return process

    def run(self, expect: tuple[int, ...] = (0,)) -> float:
        """Run to the end; returns how many seconds it took."""
        begun = time.monotonic()
        process = self._start()
        process.join(LONGEST)
        assert process.exitcode in expect, (
            f"{self.words}: {process.exitcode}\n{self.said.read_text()[-2000:]}"
        )
        return time.monotonic() - begun

    def killed(self, after: float) -> bool:
        """Start, SIGKILL after so many seconds; False when it had ended by itself."""
        process = self._start()
        process.join(after)
        alive = process.exitcode is None
        if alive and process.pid:
            os.kill(process.pid, signal.SIGKILL)
        process.join(LONGEST)
        return alive and process.exitcode == -signal.SIGKILL


def kills(wanted: int, seed: int, one: Callable[[float, int], bool]) -> Iterator[int]:
    """Kill until `wanted` commands were really hit: `one` gets a share of the command's life and a number, and says whether it hit."""
    dice, hit, number = random.Random(seed), 0, 0
    while hit < wanted:
        assert number < 4 * wanted + 20, "the moments lie beyond the command's end"
        hit += one(dice.uniform(0.02, 0.97), number)
        number += 1
        yield hit
