"""Shares of complaints (answered, settled, of one kind) as panels: decayed, shrunk, held while no source was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.calendar import MICROSECONDS
from scoring.curves import share
from scoring.facts import NEVER, Facts, Floats, Rows
from scoring.finding import NOT_APPLICABLE, Cited, Finding, cite_rows, finding, judge, recent_of, share_words
from scoring.panel import complaint_freshness, complaints, copy_weights, decayed, hold, visited


@dataclass(frozen=True)
class Shared:
    """Decayed hits and cases per platform and day, the shrunk share and its standard deviation."""

    hits: Floats
    cases: Floats
    mean: Floats
    sd: Floats
    read: NDArray[np.bool_]


def shrunk(
    facts: Facts, cases: Rows, hits: Rows, case_w: Floats, hit_w: Floats, name: str, half_life: float
) -> Shared:
    """The share hits / cases under the prior method.SHARES[name]; on days no complaint source was healthy the last value holds."""
    seen, covered = visited(facts, "complaint")
    n = hold(decayed(facts, cases, half_life, case_w), covered, 0.0)
    k = hold(decayed(facts, hits, half_life, hit_w), covered, 0.0)
    mean, sd = share(k, n, method.SHARES[name])
    return Shared(k, n, mean, sd, np.cumsum(seen, axis=1) > 0)


def answered_share(
    facts: Facts,
    name: str,
    column: str,
    words: tuple[tuple[str, str], tuple[str, str]],
    curve: Callable[[Floats], Floats],
) -> Finding:
    """The finding of a share of complaints answered or settled (time in `column`), one week after filing at the earliest.

    `words` = (templates with {share}, what to say without complaints).
    """
    rows, weight = complaints(facts), copy_weights(facts)
    done = np.where(rows[column] >= NEVER, NEVER, rows[column] // MICROSECONDS - facts.first_day)
    due = replace(rows, day=rows.day + 7)
    yes = done < NEVER
    # An answer counts from the day it was given, whatever the week says.
    given = replace(
        rows.take(yes), day=np.maximum(done[yes], due.day[yes]), seen=np.maximum(done[yes], rows.seen[yes])
    )
    found = shrunk(facts, due, given, weight, weight[yes], name, method.HALF_LIFE_HANDLING)
    few = found.cases < 0.5
    # What counts is a cautious share: its lower 5 % bound.
    utility = np.clip(curve(found.mean - method.INTERVAL_Z * found.sd * 0.5), 0, 1)
    known = found.read & ~few
    outcome = np.where(found.read & few, NOT_APPLICABLE, judge(utility, known)).astype(np.int8)

    def say(i: int) -> tuple[str, str]:
        recent = recent_of(facts, due, i, 90)
        if not len(recent):
            return words[1]
        hit = int(np.count_nonzero(yes[recent]))
        zh, en = share_words(hit, len(recent))
        return words[0][0].format(share=zh), words[0][1].format(share=en)

    def cite(i: int) -> Sequence[Cited]:
        return cite_rows("complaint", due.id[recent_of(facts, due, i, 90)])

    return finding(
        facts, utility, found.sd, known, method.STRENGTH_COMPLAINTS, complaint_freshness(facts), say, cite,
        value=found.hits / np.maximum(found.cases, 1e-9), n=found.cases, unit="share", outcome=outcome,
    )  # fmt: skip


def kind_share(
    facts: Facts,
    name: str,
    bits: int,
    words: tuple[tuple[str, str], tuple[str, str]],
    curve: Callable[[Floats], Floats],
) -> Finding:
    """The finding of the share of complaints that have one of the kinds in `bits`."""
    rows, weight = complaints(facts), copy_weights(facts)
    hit = (rows["kinds"] & bits) != 0
    named = rows.take(hit)
    found = shrunk(facts, rows, named, weight, weight[hit], name, method.HALF_LIFE_COMPLAINT)
    utility = np.clip(curve(found.mean), 0, 1)

    def say(i: int) -> tuple[str, str]:
        recent = recent_of(facts, rows, i, 90)
        if not len(recent):
            return words[1]
        zh, en = share_words(int(np.count_nonzero(hit[recent])), len(recent))
        return words[0][0].format(share=zh), words[0][1].format(share=en)

    def cite(i: int) -> Sequence[Cited]:
        return cite_rows("complaint", named.id[recent_of(facts, named, i, 90)])

    return finding(
        facts, utility, found.sd / 0.3, found.read, method.STRENGTH_COMPLAINTS, complaint_freshness(facts), say, cite,
        value=found.hits / np.maximum(found.cases, 1e-9), n=found.cases, unit="share",
    )  # fmt: skip
