"""Counterfactuals: the fewest findings that would move a site to another tier if they alone were otherwise, as arrays and in words.

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
from scoring.finding import CONCERN, HIDDEN, NOT_APPLICABLE, OK, UNKNOWN, Definition, Finding
from scoring.observations.dataset import GROUP_OF, GROUPS, Dataset, Floats, Ints
from scoring.observations.panel import Bools, visited
from scoring.rating.aggregate import Scored, aggregate, limited
from scoring.rating.assessment import NR_WHY, Assessment
from scoring.rating.grades import candidate
from scoring.rating.verdict import GREY
from scoring.snapshot.reader import TIER, VERDICTS
from scoring.warning.state_machine import ALARM, CLOSED, NORMAL, STALE, WARNING, WATCH

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
"""Dimensions whose points may be given back for now (scoring.rating.aggregate)."""
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

    facts: Dataset
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
        """scoring.rating.aggregate over sites × sets instead of sites × days."""
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
                holds = ((utility["B"] < weak) | (utility["C"] < weak)) & (on | (self._case.back <= 0))
            for fact, mine in _CAP_OF.items():
                # Nothing supposed here brings on a cash-flow state.
                if name in mine and (self._best or fact != STATE):
                    holds = np.where(sets[:, :, self._at[fact]], not self._best, holds)
            limit = np.where(holds, np.minimum(limit, method.CAPS[name]), limit)
        return limited(score, limit)

    def _families(self, sets: Bools) -> Floats:
        """Source families with a finding of concern (scoring.rating.assessment)."""
        given = sets[:, :, :-1]
        concern = np.where(given, self._after[:, None, :], self._concern[:, None, :])
        total: Floats = np.sum([concern[:, :, g].any(axis=2) for g in self._groups], axis=0).astype(float)
        return total

    def _graded(self, score: Floats, sd: Floats, families_bad: Floats) -> Codes:
        """The grade after a day with new evidence, from the one held (scoring.rating.grades.grades)."""
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


_COLOURS = ("blue", "yellow", "orange", "red", "grey")
_STATE_TITLE = ("资金链状态恢复正常", "cash-flow state back to normal")
_Words = tuple[list[str], str, str]
"""(facts, Chinese, English)."""


def case_of(judged: Assessment) -> Case:
    """What the tiers follow from on the last day, all sites of the chunk (panels sites × 1)."""
    families = np.sum([visited(judged.facts, g)[0].any(axis=1) for g in GROUPS], axis=0)[:, None]
    found = {
        n: (d, each_panel(f, lambda panel: panel[:, -1:]))
        for n, (d, f) in judged.found.items()
        if d.weight > 0
    }
    caps = {n: on[:, -1:] for n, on in judged.caps.items()}
    none = np.zeros((len(families), 1))
    back = judged.points["cap_pace"][:, -1:] if "cap_pace" in judged.points else none
    return Case(judged.facts, found, families, caps, judged.grade[:, -1:], judged.warned.state[:, -1:], back)


def counterfactual_rows(judged: Assessment) -> list[dict[str, Any]]:
    """For each site the columns better_* and worse_* of the ratings table; an empty sentence where a direction has no meaning."""
    verdict = judged.verdict[:, -1]
    case = case_of(judged)
    none: _Words = ([], "", "")
    out: list[dict[str, Any]] = [
        _columns("better", _unrated(judged, site) if code == GREY else none) | _columns("worse", none)
        for site, code in enumerate(verdict)
    ]
    tier = np.array([TIER[VERDICTS[v]] or 0 for v in verdict], dtype=np.int64)
    for name, best in (("better", True), ("worse", False)):
        rated = np.flatnonzero((tier > 1) if best else (tier > 0) & (tier < 3))
        for site, found in zip(rated, smallest(case.take(rated), tier[rated], best), strict=True):
            out[site] |= _columns(name, _words(judged, int(verdict[site]), found, best))
    return out


def _columns(name: str, words: _Words) -> dict[str, Any]:
    facts, zh, en = words
    return {f"{name}_facts": facts, f"{name}_zh": zh, f"{name}_en": en}


def _titles(judged: Assessment, facts: list[str]) -> tuple[str, str]:
    pairs = [_STATE_TITLE if f == STATE else judged.found[f][0].title for f in facts]
    return "、".join(zh for zh, _ in pairs), "; ".join(en for _, en in pairs)


def _words(judged: Assessment, verdict: int, found: Set | None, best: bool) -> _Words:
    """The sentence about a rated site, from verdict `verdict` to the tier found."""
    if found is None:
        how = ("好", "best") if best else ("坏", "worst")
        return (
            [],
            f"即使各项事实全都变成最{how[0]}的情形，也不会改变这一档。",
            f"Even all of these facts at their {how[1]} would not change the tier.",
        )
    facts, tier = list(found[0]), found[1]
    before, after = VERDICTS[verdict], VERDICTS[tier - 1]
    moves = f"from {_COLOURS[verdict]} to {_COLOURS[tier - 1]}"
    if not facts:
        return (
            [],
            f"信用分已越过分界，下一条新证据到来时结论会由{before}变为{after}。",
            f"The score has already crossed the line: with the next new evidence the verdict moves {moves}.",
        )
    zh, en = _titles(judged, facts)
    n, how = len(facts), ("好", "best") if best else ("坏", "worst")
    whose = "its" if n == 1 else "their"
    if n > EXHAUSTIVE + 1:
        return (
            facts,
            f"若这 {n} 项同时变成最{how[0]}的情形（其余不变，缺一不可），结论会由{before}变为{after}：{zh}。",
            f"All {n} of these facts at their {how[1]} together (all else as it is, none left out) would move the verdict {moves}: {en}.",
        )
    return (
        facts,
        f"至少要有 {n} 项变成最{how[0]}的情形（其余不变），结论才会由{before}变为{after}：{zh}。",
        f"It takes at least {n} of the facts at {whose} {how[1]} (all else as it is) to move the verdict {moves}: {en}.",
    )


def _unrated(judged: Assessment, site: int) -> _Words:
    """What stands between a grey site and a rating; with too little coverage the fewest answers that would make it enough."""
    if judged.warned.state[site, -1] == STALE:
        return (
            [],
            "数据中断；恢复之后才有结论。",
            "Monitoring is interrupted; a verdict needs it to resume.",
        )
    why = int(judged.nr_why[site, -1])
    zh, en = NR_WHY[why]
    if why == 2:
        facts = _unanswered(judged, site)
        names = _titles(judged, facts)
        floor = f"{method.COVERAGE_FLOOR:.0f}%"
        return (
            facts,
            f"证据充分度要达到 {floor}，至少还要看到 {len(facts)} 项：{names[0]}。",
            f"For coverage of {floor} at least {len(facts)} more must be seen: {names[1]}.",
        )
    return (
        [],
        f"不予评级：{zh}。任何一项事实都不能单独改变。",
        f"Not rated: {en}. No single fact can change that.",
    )


def _unanswered(judged: Assessment, site: int) -> list[str]:
    """The fewest unanswered indicators that, answered and fresh, lift the coverage to the floor."""
    applicable, gains = 0.0, []
    for name, (definition, finding) in judged.found.items():
        outcome = int(finding.outcome[site, -1])
        if definition.weight <= 0 or outcome == NOT_APPLICABLE:
            continue
        applicable += definition.weight
        if outcome in (UNKNOWN, HIDDEN):
            old = float(finding.freshness[site, -1])
            gains.append((definition.weight * float(finding.strength[site, -1]) * (1 - old), name))
    missing = (method.COVERAGE_FLOOR - float(judged.coverage[site, -1])) / 100 * applicable
    chosen = []
    for gain, name in sorted(gains, key=lambda g: (-g[0], g[1])):
        if missing <= 0:
            break
        chosen.append(name)
        missing -= gain
    return chosen
