"""A chunk of platforms judged, as the rows of the published tables: the one pure function every engine runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from scoring.facts import Facts
from scoring.judge import judge
from scoring.output import Collected, collect
from scoring.proposals import propose
from scoring.tables import site_tables

CHUNK = 2_000
"""Platforms judged at once: their panels (platforms × days) are what fills the memory."""


@dataclass(frozen=True)
class Part:
    """What was found about a chunk: the collected rows, and those of the tables about single sites by table name."""

    collected: Collected
    tables: dict[str, list[dict[str, Any]]]


def part_of(facts: Facts, as_of: dt.date, history: bool) -> Part:
    """Judge the platforms of `facts` (with priors) on every day up to `as_of`."""
    judged = judge(facts)
    out = Collected()
    collect(out, judged, as_of, history)
    out.proposals += propose(judged)
    return Part(out, site_tables(judged))


def add(out: Collected, more: Collected) -> None:
    """Append what was collected from the next chunk."""
    for name, rows in vars(more).items():
        getattr(out, name).extend(rows)
