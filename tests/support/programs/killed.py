"""Commands that are killed: forked from a process that has imported the product, so that a kill costs tenths of a second.

Each runs as the real command line or crawl process does, in a process of its own, and is ended by SIGKILL; nothing is mocked.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support.programs.forked import start

LONGEST = 300.0


@dataclass(frozen=True)
class Job:
    """A command, its environment, a folder for what it says, and how many bytes a file may have (a full disk, as test_faults plays it)."""

    words: list[str]
    said: Path
    environment: tuple[tuple[str, str], ...] = ()
    largest: int | None = None

    def _start(self) -> BaseProcess:
        with_ours = os.environ | dict(self.environment)
        with_ours.pop("KAMENGWATCH_DATA_DIR", None)
        self.said.mkdir(exist_ok=True)
        return start(self.words, with_ours, self.said, self.largest)

    def run(self, expect: tuple[int, ...] = (0,)) -> float:
        """Run to the end; returns how many seconds it took."""
        begun = time.monotonic()
        process = self._start()
        process.join(LONGEST)
        assert process.exitcode in expect, (
            f"{self.words}: {process.exitcode}\n{(self.said / 'err').read_text()[-2000:]}"
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
