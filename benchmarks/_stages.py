"""Where the time and the memory of a rating go: seconds by stage, and the peak of this process and those it forked."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scoring.engine import load_market, rate
from scoring.snapshot.writer import Writing

STAGES: dict[str, tuple[tuple[Any, str], ...]] = {
    "read": ((load_market, "read_rows"),),
    "copies": ((load_market, "quarantine_campaigns"), (load_market, "copy_ranks")),
    "priors": ((rate, "fit_population_priors"),),
    "write": ((Writing, "add"), (Writing, "finish")),
}
"""Stage to the functions whose time is its time; what is left are the chunks, judged and put into words in forked processes."""


@contextmanager
def timed() -> Iterator[tuple[dict[str, float], list[Any]]]:
    """(seconds of each stage so far, the facts priors were fitted to) while the block runs."""
    spent, facts = dict.fromkeys(STAGES, 0.0), []
    whole = [(owner, name, getattr(owner, name)) for parts in STAGES.values() for owner, name in parts]
    for stage, parts in STAGES.items():
        for owner, name in parts:
            setattr(owner, name, _counted(getattr(owner, name), spent, stage, facts))
    try:
        yield spent, facts
    finally:
        for owner, name, function in whole:
            setattr(owner, name, function)


def _counted(
    function: Callable[..., Any], spent: dict[str, float], stage: str, facts: list[Any]
) -> Callable[..., Any]:
    def counted(*given: Any) -> Any:
        begun = time.perf_counter()
        try:
            return function(*given)
        finally:
            spent[stage] += time.perf_counter() - begun
            if stage == "priors":
                facts[:] = given[:1]

    return counted


class Peak:
    """The most memory this process and its children had together while the block ran, in GiB; shared pages count once.

    Columns that lie in files (scoring/observations/disk_columns.py) do not count: what is resident of them the system may take at any time.
    """

    gib = 0.0

    def __enter__(self) -> Peak:
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self.gib = max(self.gib, sum(map(_shared_once, _family())) / 2**20)


def _family() -> list[str]:
    me = str(os.getpid())
    out = [me]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if parent == me:
            out.append(folder.name)
    return out


def _shared_once(process: str) -> int:
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss_Anon:")), 0)
