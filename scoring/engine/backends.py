"""Where a rating runs: in this process with DuckDB (the default), or on a Spark cluster. The one place that chooses.

Both run the same expressions (scoring/features/population.py) and the same function per chunk of platforms (scoring/engine/chunk.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from scoring.engine.chunk import CHUNK, ChunkResult, assess_chunk
from scoring.features.population import InProcess, Tables
from scoring.fork_pool import map_ordered
from scoring.observations.dataset import Dataset, FittedDataset
from scoring.observations.parquet_shards import clear

NAMES = ("duckdb", "spark")
Progress = Callable[[str], None]


class Finish(Protocol):
    """The last step of each chunk, where the database can be reached (scoring/engine/evidence_ids.py)."""

    def __call__(self, part: ChunkResult) -> ChunkResult:
        """The chunk's tables as published."""

    def let_go(self) -> None:
        """Close connections: the process is about to be forked."""


class EngineError(ValueError):
    """The engine cannot be used as asked; `zh` and `en` name the input, the reason and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class EngineFailed(RuntimeError):
    """The engine was started and broke off; nothing was stored. `zh` and `en` say what to look at."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class RatingEngine(Tables, Protocol):
    """An engine while it is open (`with chosen(…) as engine`)."""

    def __enter__(self) -> RatingEngine: ...

    def __exit__(self, *exc: object) -> None: ...

    def load(self, facts: Dataset, data_dir: Path) -> None:
        """Make the rows of `facts` reachable for it."""

    def parts(
        self, facts: FittedDataset, as_of: dt.date, history: bool, finish: Finish, tell: Progress
    ) -> Iterator[ChunkResult]:
        """All chunks judged and finished, in the order of the platforms."""


def chosen(name: str = "duckdb", master: str | None = None) -> RatingEngine:
    """The engine of that name, checked as far as it can be without starting it. Raises EngineError."""
    if name not in NAMES:
        raise EngineError(
            f"--engine {name}: 没有这个引擎；可用 {'、'.join(NAMES)}",
            f"--engine {name}: no such engine; choose {' or '.join(NAMES)}",
        )
    if name == "spark":
        from scoring.engine.spark import Spark

        return Spark(master)
    if master:
        raise EngineError(
            f"--master {master}: 只用于 Spark；请加上 --engine spark",
            f"--master {master}: only Spark has a master; add --engine spark",
        )
    return Embedded()


class Embedded(InProcess):
    """This machine: DuckDB over the columns in memory, then chunk by chunk, on every processor where there are many."""

    def __enter__(self) -> Embedded:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def load(self, facts: Dataset, data_dir: Path) -> None:
        """The rows are here; what a rating killed on a cluster left on the disk is not needed by anybody."""
        clear(data_dir)

    def parts(
        self, facts: FittedDataset, as_of: dt.date, history: bool, finish: Finish, tell: Progress
    ) -> Iterator[ChunkResult]:
        """A few chunks at a time, so that only their panels are in memory. Raises ProcessLost."""
        count = len(facts.sites)

        def work(low: int) -> ChunkResult:
            return finish(assess_chunk(facts.chunk(low, min(low + CHUNK, count)), as_of, history))

        done = 0
        # A chunk takes a process much longer than its start.
        for part in map_ordered(work, range(0, count, CHUNK), finish.let_go, least=1):
            yield part
            done += part.platforms
            tell(f"{done} / {count}")
