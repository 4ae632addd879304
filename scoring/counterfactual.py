"""The fewest findings that would move a site to another tier if they alone were otherwise. It must not change any score.

The last day is judged again with some findings at their best or worst, through the same aggregation, caps, proof rules and
hysteresis. Sets of up to EXHAUSTIVE findings are all tried; a larger set is one from which nothing can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.aggregate import Scored, aggregate, limited
from scoring.facts import GROUP_OF, Facts, Floats, Ints
from scoring.finding import CONCERN, NOT_APPLICABLE, OK, Definition, Finding
from scoring.grade import candidate
from scoring.panel import Bools
from scoring.warning import ALARM, CLOSED, NORMAL, WARNING, WATCH

STATE = "warning_state"
"""The cash-flow state as a fact beside the weighted indicators; only its return to normal is considered."""
EXHAUSTIVE = 2
"""So a set of up to EXHAUSTIVE + 1 is sure to be a smallest one."""
_CELLS = 200_000
_CAP_OF = {
    "icp_filing": ("filing",),
    "funds_terms": ("funds_terms",),
    STATE: ("alarm", "warning", "closed"),
}
_BEST = {"funds_terms": method.OWN_WORDS_CAP, "licence_claim": method.OWN_WORDS_CAP}
"""What is known only from a site's own words is worth no more than this; everything else at its best is worth 1."""
PACED = ("B", "C", "D")
"""Dimensions whose points may be given back for now (scoring.aggregate)."""
Codes = NDArray[np.int8]
Found = dict[str, tuple[Definition, Finding]]
Set = tuple[tuple[str, ...], int]
"""(facts, the tier they lead to)."""


@dataclass(frozen=True)
class Case:
    """What the tiers of some sites follow from on one day; every panel is sites × 1.

    `found` holds the weighted indicators; `caps` what limits the score now; `grade` is the one held, `state` the cash-flow
    state; `families` the number of source families seen; `back` the points given back for now because complaints came in a burst.
    """

    facts: Facts
    found: Found
    families: Floats
    caps: dict[str, Bools]
    grade: Codes
    state: Codes
    back: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """The facts that can be supposed otherwise, in a fixed order."""
        return (*self.found, STATE)

    def take(self, which: Ints) -> Case:
        """The same about some of the sites."""
        return Case(
            replace(self.facts, sites=[self.facts.sites[i] for i in which], cache={}),
            {n: (d, each_panel(f, lambda panel: panel[which])) for n, (d, f) in self.found.items()},
            self.families[which],
            {n: on[which] for n, on in self.caps.items()},
            self.grade[which],
            self.state[which],
            self.back[which],
        )


def each_panel(finding: Finding, of: Callable[[Any], Any]) -> Finding:
    """The finding with `of` applied to every panel."""
    panels = ("outcome", "value", "utility", "sd", "strength", "freshness", "n")
    return replace(finding, **{name: of(getattr(finding, name)) for name in panels})


class Supposed:
    """The tiers of the sites of a case under suppositions, in one direction: facts at their `best`, or at their worst.

    A supposed finding counts as fresh, with utility 1 (at most _BEST; at worst 0); what does not apply stays so. The score is a
    sum over dimensions, so that all subsets of one dimension's findings are aggregated once and then only added up.
    """

    def __init__(self, case: Case, best: bool) -> None:
        self._case, self._best, self.names = case, best, case.names
        self._at = {name: at for at, name in enumerate(case.names)}
        self._members = {
            dim: [self._at[n] for n, (d, _) in case.found.items() if d.dimension == dim]
            for dim in method.DIMENSIONS
        }
        self._concern = np.column_stack([f.outcome[:, 0] == CONCERN for _, f in case.found.values()])
        applies = np.column_stack([f.outcome[:, 0] != NOT_APPLICABLE for _, f in case.found.values()])
        self._after = np.where(applies, not best, self._concern)
        groups = [GROUP_OF.get(d.reads[0], d.reads[0]) for d, _ in case.found.values()]
        self._groups = [np.array([g == one for g in groups]) for one in dict.fromkeys(groups)]
        self._base, self._parts = self._tables()

    def tiers(self, sets: Bools) -> tuple[Ints, Floats]:
        """(tier, score) of each site (rows) under each set; `sets` is sets × names for all, or sites × sets × names."""
        each = sets if sets.ndim == 3 else sets[None]
        score, variance = self._base
        utility: dict[str, Floats] = {}
        gained = np.zeros((1, 1))
        for dim, members in self._members.items():
            place = each[:, :, members] @ (1 << np.arange(len(members)))
            points, spread, mean = (
                np.take_along_axis(part, np.broadcast_to(place, (len(part), place.shape[1])), axis=1)
                for part in self._parts[dim]
            )
            utility[dim] = mean
            score, variance = score + points, variance + spread
            gained = gained + (points if dim in PACED else 0.0)
        # What was given back for now is not given twice when the findings themselves are better.
        score = score + np.maximum(self._case.back - np.maximum(gained, 0.0), 0.0)
        score = self._capped(score, each, utility)
        grade = self._graded(score, np.sqrt(np.maximum(variance, 0.0)), self._families(each))
        calm = each[:, :, self._at[STATE]] & self._best
        state = np.where(calm, NORMAL, self._case.state)
        tier = np.where((state == WATCH) | (grade == 2), 2, 1)
        tier = np.where(np.isin(state, (WARNING, ALARM, CLOSED)) | (grade >= 3), 3, tier)
        return tier.astype(np.int64), score

    def _tables(self) -> tuple[tuple[Floats, Floats], dict[str, tuple[Floats, Floats, Floats]]]:
        """(score, variance) as they are, and per dimension (points, variance added, utility) of every subset of its findings."""
        sets, where, at = [np.zeros((1, len(self._case.names)), bool)], {}, 1
        for dim, members in self._members.items():
            rows = np.zeros((1 << len(members), len(self._case.names)), bool)
            for bit, member in enumerate(members):
                rows[:, member] = (np.arange(len(rows)) >> bit) & 1
            sets.append(rows)
            where[dim] = slice(at, at + len(rows))
            at += len(rows)
        scored = self._aggregated(np.concatenate(sets))
        score, variance = scored.score, scored.sd**2
        parts = {
            dim: (score[:, at] - score[:, :1], variance[:, at] - variance[:, :1], scored.utility_of[dim][:, at])
            for dim, at in where.items()
        }  # fmt: skip
        return (score[:, :1], variance[:, :1]), parts

    def _aggregated(self, sets: Bools) -> Scored:
        """scoring.aggregate over sites × sets instead of sites × days."""
        case = self._case
        facts = replace(case.facts, days=len(sets), rows={}, cache={})
        found = {
            n: (d, self._finding(n, f, np.broadcast_to(sets[None, :, self._at[n]], facts.shape)))
            for n, (d, f) in case.found.items()
        }
        return aggregate(facts, found, np.broadcast_to(case.families, facts.shape))

    def _finding(self, name: str, finding: Finding, here: Bools) -> Finding:
        wide = each_panel(finding, lambda panel: np.broadcast_to(panel, here.shape))
        extreme = np.maximum(wide.utility, _BEST.get(name, 1.0)) if self._best else np.zeros(here.shape)
        applies = wide.outcome != NOT_APPLICABLE
        outcome = np.where(here & applies, OK if self._best else CONCERN, wide.outcome).astype(np.int8)
        return replace(
            wide,
            outcome=outcome,
            utility=np.where(here, extreme, wide.utility),
            freshness=np.where(here, 1.0, wide.freshness),
        )

    def _capped(self, score: Floats, sets: Bools, utility: dict[str, Floats]) -> Floats:
        limit = np.full(score.shape, 100.0)
        weak = method.WEAK_DIMENSION
        for name, on in self._case.caps.items():
            holds = np.broadcast_to(on, score.shape)
            if name == "weak_dimension":
                holds = (utility["B"] < weak) | (utility["C"] < weak)
            for fact, mine in _CAP_OF.items():
                # Nothing supposed here brings on a cash-flow state.
                if name in mine and (self._best or fact != STATE):
                    holds = np.where(sets[:, :, self._at[fact]], not self._best, holds)
            limit = np.where(holds, np.minimum(limit, method.CAPS[name]), limit)
        return limited(score, limit)

    def _families(self, sets: Bools) -> Floats:
        """Source families with a finding of concern (scoring.judge)."""
        given = sets[:, :, :-1]
        concern = np.where(given, self._after[:, None, :], self._concern[:, None, :])
        total: Floats = np.sum([concern[:, :, g].any(axis=2) for g in self._groups], axis=0).astype(float)
        return total

    def _graded(self, score: Floats, sd: Floats, families_bad: Floats) -> Codes:
        """The grade after a day with new evidence, from the one held (scoring.grade.grades)."""
        held = self._case.grade
        up = candidate(score - method.HYSTERESIS, sd, families_bad)
        down = candidate(score + method.HYSTERESIS, sd, families_bad)
        return np.where(up < held, up, np.where(down > held, down, held)).astype(np.int8)


def smallest(case: Case, tier: Ints, best: bool) -> list[Set | None]:
    """For each site the fewest facts that leave `tier` for a better (worse) one, and the tier they lead to.

    Of sets of one size the one that moves the score least. None where nothing of the kind changes the tier; an empty set where any
    new evidence would do, because the score has already left the grade that is held.
    """
    out: list[Set | None] = [None] * len(tier)
    step = _CELLS // len(_sets(len(case.names), EXHAUSTIVE))
    for low in range(0, len(tier), step):
        block = np.arange(low, min(low + step, len(tier)))
        for site, found in zip(block, _smallest(case.take(block), tier[block], best), strict=True):
            out[site] = found
    return out


def _smallest(case: Case, tier: Ints, best: bool) -> Iterator[Set | None]:
    """`smallest` of sites few enough to hold all their sets at once."""
    supposed, names = Supposed(case, best), case.names
    out: list[Set | None] = [None] * len(tier)
    everything = np.ones((1, len(names)), bool)
    still = _moved(supposed.tiers(everything)[0], tier, best)[:, 0]
    for size in range(EXHAUSTIVE + 1):
        sets = _sets(len(names), size)
        found, score = supposed.tiers(sets)
        ok = _moved(found, tier, best) & still[:, None]
        chosen = np.argmin(np.where(ok, score if best else -score, np.inf), axis=1)
        for site in np.flatnonzero(ok.any(axis=1)):
            out[site] = (_named(names, sets[chosen[site]]), int(found[site, chosen[site]]))
        still &= ~ok.any(axis=1)
    if still.any():
        sets, found = _by_removal(supposed, tier, best)
        for site in np.flatnonzero(still):
            out[site] = (_named(names, sets[site]), int(found[site]))
    yield from out


def _by_removal(supposed: Supposed, tier: Ints, best: bool) -> tuple[Bools, Ints]:
    """(a set per site from which no fact can be left out, the tier it leads to): all facts, less one by one the lightest."""
    facts = len(supposed.names)
    single = supposed.tiers(np.eye(facts, dtype=bool))[1]
    base = supposed.tiers(np.zeros((1, facts), bool))[1]
    order = np.argsort(np.abs(single - base), axis=1, kind="stable")
    chosen = np.ones((len(tier), facts), bool)
    every = np.arange(len(tier))
    for place in range(facts):
        without = chosen.copy()
        without[every, order[:, place]] = False
        fine = _moved(supposed.tiers(without[:, None, :])[0], tier, best)[:, 0]
        chosen = np.where(fine[:, None], without, chosen)
    return chosen, supposed.tiers(chosen[:, None, :])[0][:, 0]


def _moved(found: Ints, tier: Ints, best: bool) -> Bools:
    return found < tier[:, None] if best else found > tier[:, None]


def _sets(facts: int, size: int) -> Bools:
    """Every set of `size` facts, a row each."""
    chosen = list(combinations(range(facts), size))
    out = np.zeros((len(chosen), facts), bool)
    for row, members in enumerate(chosen):
        out[row, list(members)] = True
    return out


def _named(names: tuple[str, ...], chosen: Bools) -> tuple[str, ...]:
    return tuple(name for name, on in zip(names, chosen, strict=True) if on)
