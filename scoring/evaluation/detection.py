"""Early warnings against the truth: how often, how early, and how often for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.evaluation.arithmetic import median, ratio
from scoring.evaluation.truth import Truth
from scoring.facts import Floats, Ints

Bools = NDArray[np.bool_]
BURN_IN = 60
"""Days at the beginning that are not judged: there is no past yet to compare with."""
HOLD = 28
"""A baseline's signal stands for so many days, as long as our own 预警 at least does, so that entries compare."""


@dataclass(frozen=True)
class Detection:
    """Per platform: is it a gradual failure that counts, days from first signal in the stress to the end (-1 = none),
    false entries, calm years, and entries in stress (true)."""

    gradual: Bools
    lead: Ints
    false: Ints
    years: Floats
    true: Ints

    def share(self, ahead: int, weight: Floats) -> float:
        """Share of gradual failures signalled at least `ahead` days before the end."""
        return ratio((weight * (self.gradual & (self.lead >= ahead))).sum(), (weight * self.gradual).sum())

    def median_lead(self, weight: Floats) -> float:
        """Median days of lead of those signalled."""
        return median(self.lead.astype(float), weight * (self.gradual & (self.lead >= 0)))

    def per_year(self, weight: Floats) -> float:
        """False entries a platform-year."""
        return ratio((weight * self.false).sum(), (weight * self.years).sum())

    def precision(self, weight: Floats) -> float:
        """Share of all entries that were in stress."""
        true = (weight * self.true).sum()
        return ratio(true, true + (weight * self.false).sum())


def detect(on: Bools, truth: Truth) -> Detection:
    """Measure a signal (platforms × days). A signal carried into the stress from before counts as a detection there."""
    days = np.arange(truth.days)[None, :]
    calm_end = truth.calm_until()[:, None]
    start = np.concatenate([on[:, :1], on[:, 1:] & ~on[:, :-1]], axis=1)
    start[:, BURN_IN] |= on[:, BURN_IN]
    judged = days >= BURN_IN
    false: Ints = np.sum(start & judged & (days < calm_end), axis=1, dtype=np.int64)
    inside = (days >= truth.stress[:, None]) & (days < truth.end[:, None]) & judged
    hit = on & inside
    first = np.where(hit.any(axis=1), hit.argmax(axis=1), truth.days)
    lead: Ints = np.where(hit.any(axis=1), truth.end - first, -1).astype(np.int64)
    gradual = truth.gradual() & (truth.stress > BURN_IN)
    years = np.clip(truth.calm_until() - BURN_IN, 0, None) / 365.0
    true = hit.any(axis=1) & (start & inside).any(axis=1)
    return Detection(gradual, lead, false, years, np.asarray(true, dtype=np.int64))


def held(on: Bools, length: int = HOLD) -> Bools:
    """The signal kept up for `length` days after each day it is given."""
    days = np.arange(on.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(on, days, -length), axis=1)
    return np.asarray(days - last < length)


def at_equal_alarms(panels: list[Floats], truths: list[Truth], per_year: float) -> float:
    """The lowest threshold at which a statistic (a panel per market) enters no oftener than `per_year` in calm times.

    Chosen on the very markets it is measured on, which favours the baseline.
    """
    values = np.unique(
        np.concatenate([np.quantile(p[:, BURN_IN:], np.linspace(0.5, 1, 400)) for p in panels])
    )
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        found = [detect(held(p >= values[middle]), t) for p, t in zip(panels, truths, strict=True)]
        false, years = sum(d.false.sum() for d in found), sum(d.years.sum() for d in found)
        low, high = (low, middle) if false <= per_year * years and values[middle] > 0 else (middle + 1, high)
    return float(values[low])
