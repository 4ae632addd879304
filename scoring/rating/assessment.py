"""All three answers for a chunk of platforms on every day: findings, score and grade, warning state. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.features.drop_rate import UNKNOWN as NO_RATE
from scoring.features.drop_rate import drop_rate
from scoring.finding import CONCERN, Definition, Finding, definitions
from scoring.observations.dataset import GROUP_OF, GROUPS, NEVER, UNWEIGHED, Dataset, FittedDataset, Floats
from scoring.observations.day_index import day_number
from scoring.observations.panel import (
    Bools,
    complaints,
    copy_rank,
    first_seen,
    forward_fill,
    own_age,
    share_read,
    visited,
    window,
)
from scoring.rating.aggregate import Scored, aggregate, cap, limit_score_drop, limited, lowest_cap
from scoring.rating.grades import NR, grades
from scoring.rating.mall_findings import answer
from scoring.rating.score_caps import applying
from scoring.rating.verdict import BLUE, GREY, RED, YELLOW, verdicts
from scoring.warning.state_machine import Warned, warn


@dataclass(frozen=True)
class Assessment:
    """Panels (platforms × days) of everything published about a chunk; `points` sum to `score` cell by cell."""

    facts: FittedDataset
    found: dict[str, tuple[Definition, Finding]]
    scored: Scored
    score: Floats
    low: Floats
    high: Floats
    points: dict[str, Floats]
    grade: NDArray[np.int8]
    coverage: Floats
    warned: Warned
    verdict: NDArray[np.int8]
    caps: dict[str, Bools]
    nr_why: NDArray[np.int8]


NR_WHY = (
    ("", ""),
    ("观察不足 30 天", "observed for less than 30 days"),
    ("证据充分度低于 40%", "evidence coverage is below 40%"),
    (
        "订单量未知，且一年内互不重复的投诉不足 5 起",
        "the number of orders is unknown, and there were fewer than 5 complaints in a year (repetitions left out)",
    ),
    ("网站启用不足 90 天", "the site is less than 90 days old"),
    (
        "数据陈旧，已超过三周没有成功读到网站自己的页面",
        "old data: the site's own pages have not been read for more than three weeks",
    ),
)
_OLD = len(NR_WHY) - 1


def assess(facts: FittedDataset) -> Assessment:
    """Judge every platform of `facts` on every day."""
    found = {d.id: (d, _as_far_as_read(facts, d, answer(d, facts))) for d in definitions()}
    return conclude(facts, found, warn(facts))


def conclude(
    facts: FittedDataset, found: dict[str, tuple[Definition, Finding]], warned: Warned
) -> Assessment:
    """What follows from these findings and this warning state: score, grade and verdict of every platform on every day."""
    families = np.sum([np.cumsum(visited(facts, g)[0], axis=1) > 0 for g in GROUPS], axis=0)
    since = np.arange(facts.days)[None, :] - first_seen(facts)[:, None]
    plain = aggregate(facts, found, families)
    scored = limit_score_drop(plain, since >= method.OBSERVED_DAYS, warned.supported)
    caps = applying(facts, found, scored, warned)
    score, taken = cap(scored, caps)
    half = method.INTERVAL_Z * scored.sd
    # The interval goes through the same caps as the score, so that it is the capped score's own.
    limit = lowest_cap(caps, facts.shape)
    low, high = (limited(np.clip(scored.score + side, 0, 100), limit) for side in (-half, half))
    why = _not_rated(facts, scored.coverage)
    grade = grades(score, scored.sd, _families_bad(facts, found), why == 0, _new_evidence(facts, warned))
    verdict = verdicts(facts, found, grade, warned)
    # Too old a picture of the site itself speaks for it no longer; what speaks against it stands.
    old = (own_age(facts) > method.OWN_STALE_DAYS) & np.isin(verdict, (BLUE, YELLOW))
    grade, verdict = np.where(old, NR, grade).astype(np.int8), np.where(old, GREY, verdict).astype(np.int8)
    why = np.where(old, _OLD, why).astype(np.int8)
    return Assessment(
        facts,
        found,
        scored,
        score,
        low,
        high,
        {**scored.points, **taken},
        grade,
        scored.coverage,
        warned,
        verdict,
        caps,
        why,
    )


def _not_rated(facts: FittedDataset, coverage: Floats) -> NDArray[np.int8]:
    """0 where a rating may be given, else the index into NR_WHY."""
    today = np.arange(facts.days)[None, :]
    first = first_seen(facts)[:, None]
    rows, first_copy = complaints(facts), copy_rank(facts) == 0
    people = window(facts, rows.take(first_copy), 365)
    thin = (drop_rate(facts).basis == NO_RATE) & (people < method.MIN_COMPLAINANTS)
    begun = np.array([NEVER if s.opened_on is None else _index(facts, s.opened_on) for s in facts.sites])[
        :, None
    ]
    young = (begun < NEVER) & (today - begun < method.NEW_DAYS)
    out = np.zeros(facts.shape, np.int8)
    out[thin] = 3
    out[coverage < method.COVERAGE_FLOOR] = 2
    out[young] = 4
    out[today - first < method.OBSERVED_DAYS] = 1
    return out


def _index(facts: Dataset, day: dt.date) -> int:
    return day_number(day) - facts.first_day


def _families_bad(facts: Dataset, found: dict[str, tuple[Definition, Finding]]) -> Floats:
    """Number of independent families (complaints, the site, registries …) with a weighted finding of concern."""
    by_group: dict[str, Bools] = {}
    for definition, finding in found.values():
        if definition.weight > 0:
            group = GROUP_OF.get(definition.reads[0], definition.reads[0])
            by_group[group] = by_group.get(group, np.zeros(facts.shape, bool)) | (finding.outcome == CONCERN)
    total: Floats = np.sum(list(by_group.values()), axis=0).astype(float)
    return total


def _new_evidence(facts: Dataset, warned: Warned) -> Bools:
    """Days on which anything was seen or taken back, or a visit's not finding what was bad counted against the site."""
    out: Bools = np.any([value != 0 for value in warned.signs.evidence.values()], axis=0)
    for kind, rows in facts.rows.items():
        if kind in UNWEIGHED:
            continue
        for day in (rows.seen, rows.gone):
            inside = (day >= 0) & (day < facts.days)
            out[rows.platform[inside], day[inside]] = True
    return out


def _as_far_as_read(facts: Dataset, definition: Definition, finding: Finding) -> Finding:
    """A finding from complaints that speaks for a site weighs as much as the boards were read: few complaints seen on a small part of a
    board are no calm."""
    if not definition.weight or definition.reads[0] != "complaint":
        return finding
    good = finding.utility > method.PRIOR_UTILITY[definition.dimension]
    return replace(finding, strength=np.where(good, finding.strength * _read(facts), finding.strength))


def _read(facts: Dataset) -> Floats:
    """How much of the boards was read when they were last read (0-1)."""
    _, recent = share_read(facts)
    found: Floats = forward_fill(recent, recent > 0, 0.0)
    return found


def last_known(judged: Assessment, site: int) -> int | None:
    """The day (index) since which a site is red, where that is only what was known last; else None."""
    known = judged.grade[site, -1] != NR and judged.warned.share_covered[site, -1] >= method.COVERAGE_SHARE
    if known or judged.verdict[site, -1] != RED:
        return None
    other = np.flatnonzero(judged.verdict[site] != RED)
    return int(other[-1]) + 1 if len(other) else 0
