"""From values to utilities in [0, 1]: curves, shrinkage, and shares of complaints as panels. Pure arithmetic with arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from scoring import method
from scoring.figures import Figure, Said
from scoring.figures import count as figure_count
from scoring.figures import share as share_figure
from scoring.finding import (
    NOT_APPLICABLE,
    Cited,
    Finding,
    cite_rows,
    days_ago,
    finding,
    outcome_from_utility,
    recent_of,
    share_words,
    window_of,
)
from scoring.method import CURVES
from scoring.observations.dataset import NEVER, Dataset, ObservationColumns
from scoring.observations.dataset import Floats as Floats_of_dataset
from scoring.observations.panel import (
    cached,
    complaint_freshness,
    complaints,
    copy_weights,
    counted_today,
    days_of_column,
    decayed,
    forward_fill,
    set_aside,
    visited,
)

Floats = NDArray[np.float64]
_U90 = 1.2815515655446004
_NODES, _MASS = np.polynomial.hermite_e.hermegauss(5)
_MASS = _MASS / _MASS.sum()


def lognormal(value: Floats, curve: str, log_sd: Floats | float = 0.0) -> tuple[Floats, Floats]:
    """(mean, standard deviation) of the utility 1 - CDF of a log-normal fixed by its control points (Lighthouse).

    `value` is the median of what is measured (u = 0.9 at the first control point, 0.5 at the second), `log_sd` its
    log-normal uncertainty; the moments are by 5-point Gauss-Hermite quadrature.
    """
    good, median = CURVES[curve]
    scale = np.log(median / good) / _U90
    position = (np.log(median) - np.log(np.maximum(value, 1e-9))) / scale
    sd = np.broadcast_to(np.asarray(log_sd, dtype=float) / scale, position.shape)
    mean = np.zeros_like(position)
    square = np.zeros_like(position)
    for node, mass in zip(_NODES, _MASS, strict=True):
        u = ndtr(position + node * sd)
        mean += mass * u
        square += mass * u * u
    return mean, np.sqrt(np.maximum(square - mean * mean, 0.0))


def share(hits: Floats, cases: Floats, prior: tuple[float, float]) -> tuple[Floats, Floats]:
    """(mean, standard deviation) of a share under a Beta prior given as (mean, cases it is worth)."""
    mean0, strength = prior
    a = mean0 * strength + np.minimum(hits, cases)
    total = strength + cases
    mean = a / total
    return mean, np.sqrt(mean * (1 - mean) / (total + 1))


def between(value: Floats, points: tuple[tuple[float, float], ...]) -> Floats:
    """Piecewise linear utility through (value, utility) points in rising order of value; flat outside."""
    x, y = zip(*points, strict=True)
    found: Floats = np.interp(value, x, y)
    return found


@dataclass(frozen=True)
class Shared:
    """Decayed hits and cases per platform and day, the shrunk share and its standard deviation."""

    hits: Floats_of_dataset
    cases: Floats_of_dataset
    mean: Floats_of_dataset
    sd: Floats_of_dataset
    read: NDArray[np.bool_]


def shrunk(
    facts: Dataset,
    cases: ObservationColumns,
    hits: ObservationColumns,
    case_w: Floats_of_dataset,
    hit_w: Floats_of_dataset,
    name: str,
    half_life: float,
) -> Shared:
    """The share hits / cases under the prior method.SHARES[name]; on days no complaint source was healthy the last value holds."""
    seen, covered = visited(facts, "complaint")
    n = forward_fill(decayed(facts, cases, half_life, case_w), covered, 0.0)
    k = forward_fill(decayed(facts, hits, half_life, hit_w), covered, 0.0)
    mean, sd = share(k, n, method.SHARES[name])
    return Shared(k, n, mean, sd, np.cumsum(seen, axis=1) > 0)


def answered_share(
    facts: Dataset,
    name: str,
    column: str,
    figure: str,
    words: tuple[tuple[str, str], tuple[str, str]],
    curve: Callable[[Floats_of_dataset], Floats_of_dataset],
) -> Finding:
    """The finding of a share of complaints answered or settled (time in `column`), one week after filing at the earliest.

    `figure` names the share that is stated; `words` = (templates with {share}, what to say without complaints).
    """
    aside = Aside(facts, "complaints_set_aside", method.DROP_WINDOW, 7)
    rows, weight = complaints(facts), copy_weights(facts)
    done = days_of_column(facts, rows, column)
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
    outcome = np.where(found.read & few, NOT_APPLICABLE, outcome_from_utility(utility, known)).astype(np.int8)

    once = counted_today(facts)

    def say(i: int) -> Said:
        mine = recent_of(facts, once, i, method.DROP_WINDOW, ripe=7)
        if not len(mine):
            return aside.say(i, ("投诉", "complaint(s)"), words[1])
        hit = np.count_nonzero(once[column][mine] < NEVER)
        return _said(words[0], share_figure(figure, hit, len(mine), window_of(facts, method.DROP_WINDOW, 7)))

    def cite(i: int) -> Sequence[Cited]:
        return cite_rows(
            "complaint", once.id[recent_of(facts, once, i, method.DROP_WINDOW, ripe=7)]
        ) or aside.cite(i)

    return finding(
        facts, utility, found.sd, known, method.STRENGTH_COMPLAINTS, complaint_freshness(facts), say, cite,
        value=found.hits / np.maximum(found.cases, 1e-9), n=found.cases, unit="share", outcome=outcome,
    )  # fmt: skip


def kind_share(
    facts: Dataset,
    name: str,
    bits: int,
    figure: str,
    words: tuple[tuple[str, str], tuple[str, str]],
    curve: Callable[[Floats_of_dataset], Floats_of_dataset],
) -> Finding:
    """The finding of the share of complaints that have one of the kinds in `bits`."""
    aside = Aside(facts, "complaints_set_aside", method.DROP_WINDOW)
    rows, weight = complaints(facts), copy_weights(facts)
    hit = (rows["kinds"] & bits) != 0
    named = rows.take(hit)
    found = shrunk(facts, rows, named, weight, weight[hit], name, method.HALF_LIFE_COMPLAINT)
    utility = np.clip(curve(found.mean), 0, 1)

    once = counted_today(facts)
    of_kind = once.take((once["kinds"] & bits) != 0)

    def say(i: int) -> Said:
        every = len(recent_of(facts, once, i, method.DROP_WINDOW))
        if not every:
            return aside.say(i, ("投诉", "complaint(s)"), words[1])
        mine = len(recent_of(facts, of_kind, i, method.DROP_WINDOW))
        return _said(words[0], share_figure(figure, mine, every, window_of(facts, method.DROP_WINDOW)))

    def cite(i: int) -> Sequence[Cited]:
        return cite_rows("complaint", of_kind.id[recent_of(facts, of_kind, i, method.DROP_WINDOW)])

    return finding(
        facts, utility, found.sd / 0.3, found.read, method.STRENGTH_COMPLAINTS, complaint_freshness(facts), say, cite,
        value=found.hits / np.maximum(found.cases, 1e-9), n=found.cases, unit="share",
    )  # fmt: skip


def _said(words: tuple[str, str], figure: Figure) -> Said:
    """The sentence with its share in words."""
    zh, en = share_words(int(figure.n or 0), int(figure.of or 0))
    return Said(words[0].format(share=zh), words[1].format(share=en), figure)


@dataclass(frozen=True)
class Aside:
    """What is shown of a kind and set aside: where nothing of it counts, how much is listed is said, never that none was seen.

    The complaints of the `bits` (0 = all) filed in the last `days`, `ripe` days ago at least; `figure` names their number.
    """

    facts: Dataset
    figure: str
    days: int
    ripe: int = 0
    bits: int = 0

    @property
    def rows(self) -> ObservationColumns:
        """The complaints of the kind that are set aside."""

        def make() -> ObservationColumns:
            rows = set_aside(self.facts)
            return rows.take((rows["kinds"] & self.bits) != 0) if self.bits else rows

        found: ObservationColumns = cached(self.facts, ("aside", self.bits), make)
        return found

    def say(self, site: int, kind: tuple[str, str], none: tuple[str, str]) -> Said:
        """How many of a kind (its name; English: complaint(s) …) are listed though none counts; `none` where none is."""
        mine = recent_of(self.facts, self.rows, site, self.days, self.ripe)
        if not len(mine):
            return none_seen(self.facts, site, *none)
        listed = figure_count(self.figure, len(mine), window_of(self.facts, self.days, self.ripe))
        why = why_aside(self.rows["rank"][mine] > 0)
        age = (f"、已满 {self.ripe} 天", f" and at least {self.ripe} days old") if self.ripe else ("", "")
        return Said(
            f"列有近 {self.days} 天提出{age[0]}的{kind[0]} {listed.value:.0f} 起，均{why[0]}，不另计数。",
            f"{listed.value:.0f} {kind[1]} filed in the last {self.days} days{age[1]} [is|are] listed; [it|they] {why[1]} and [is|are] not counted again.",
            listed,
        )

    def cite(self, site: int) -> list[Cited]:
        """The complaints `say` speaks of."""
        return cite_rows(
            "complaint", self.rows.id[recent_of(self.facts, self.rows, site, self.days, self.ripe)]
        )


def why_aside(copies: NDArray[np.bool_]) -> tuple[str, str]:
    """Why complaints are set aside, of which some are copies and the rest held back."""
    if copies.all():
        return "与其他投诉重复", "[repeats|repeat] other complaints"
    if not copies.any():
        return "因疑似集中投诉暂未计入", "[is|are] held back as a possible campaign"
    return (
        "与其他投诉重复或因疑似集中投诉暂未计入",
        "[repeats|repeat] other complaints or [is|are] held back as a possible campaign",
    )


def none_seen(facts: Dataset, site: int, zh: str, en: str) -> Said:
    """That no complaint was seen, as far as we looked: nothing where no source was ever read, and since when none was read."""
    ok, _ = visited(facts, "complaint")
    read = np.flatnonzero(ok[site])
    if not len(read):
        return Said("投诉信息源尚未成功读取，所以未知。", "No complaint source has been read yet: unknown.")
    ago = figure_count("complaints_read_days_ago", facts.days - 1 - int(read[-1]))
    if ago.value <= method.CADENCE_DAYS:
        return Said(zh, en)
    return Said(
        f"{zh.rstrip('。')}（投诉信息源最近一次成功读取在 {days_ago(ago.value)[0]}）。",
        f"{en.rstrip('.')} (a complaint source was last read {days_ago(ago.value)[1]}).",
        ago,
    )
