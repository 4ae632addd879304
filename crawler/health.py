"""Whether what a crawl brought is what its source usually brings: ranges, and hit rates of the main selectors.

Pure counting and comparing; crawler/monitors.py runs it at the end of every crawl. It never decides what a page means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from store.ledger import Expected

Tally = dict[str, list[int]]
"""Selector → [times it found what it looks for, times it was tried]."""

CHANCE = 0.001
"""A lower hit rate is taken for a change only when chance explains it less often than this."""
COLLAPSE = 0.5
"""A selector has collapsed when it hits less than this share of its usual rate."""
LEAST_HISTORY = 2
"""Good crawls needed before a source's own history counts."""
LOOK_BACK = 10
"""Good crawls the history is made of."""


def add(tally: Tally, name: str, hits: int, tried: int) -> None:
    """Count `hits` of `tried` under `name`."""
    counted = tally.setdefault(name, [0, 0])
    counted[0] += hits
    counted[1] += tried


def count_fields(tally: Tally, expected: Expected, record: Mapping[str, Any]) -> None:
    """Count the fields of a record that the source names as selectors (`<kind>.<field>`)."""
    for name in expected.selectors:
        kind, _, field = name.partition(".")
        if field and record.get("kind") == kind:
            add(tally, name, int(record.get(field) not in (None, "", [])), 1)


def significantly_below(hits: int, tried: int, rate: float) -> bool:
    """Whether `hits` of `tried` is below `rate` by more than chance.

    Chernoff's bound on the lower tail of a binomial: P(X ≤ hits) ≤ exp(−n·KL(hits/n ‖ rate)) (Chernoff 1952).
    """
    if not tried or hits >= rate * tried:
        return False
    found, rate = hits / tried, min(rate, 1 - 1e-9)
    distance = (1 - found) * math.log((1 - found) / (1 - rate))
    if hits:
        distance += found * math.log(found / rate)
    return math.exp(-tried * distance) < CHANCE


def out_of_range(expected: Expected, counted: int) -> str | None:
    """Why `counted` is not what the source brings, or None."""
    unit = f"{counted} {expected.counted_en}"
    if counted < expected.least:
        return f"{unit}, at least {expected.least} expected"
    if counted > expected.most:
        return f"{unit}, at most {expected.most} expected"
    return None


def collapsed(expected: Expected, now: Tally, history: Sequence[Tally]) -> Iterator[tuple[str, str]]:
    """(selector, reason) of each that hits less than its source declares, or far less than it did before.

    `history`: the tallies of the last good crawls. A part of a selector (`goods:unicorn`) has no declared rate of its own.
    """
    for name, (hits, tried) in sorted(now.items()):
        floor = expected.selectors.get(name)
        if floor is not None and significantly_below(hits, tried, floor):
            yield name, f"selector {name} hit {hits} of {tried}, at least {floor:.0%} expected"
            continue
        before = [tally[name] for tally in history[:LOOK_BACK] if tally.get(name, (0, 0))[1]]
        if len(before) < LEAST_HISTORY:
            continue
        past_hits, past_tried = (sum(column) for column in zip(*before, strict=True))
        usual = (past_hits + 1) / (past_tried + 2)
        if hits < COLLAPSE * usual * tried and significantly_below(hits, tried, usual):
            yield name, f"selector {name} hit {hits} of {tried}, usually {usual:.0%}"
