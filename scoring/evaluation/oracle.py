"""The best any observer could do who knows how a market was made: what is missed beyond it is ours, the rest is the question's."""

from __future__ import annotations

import numpy as np

from scoring.evaluation.ground_truth import Truth
from scoring.observations.dataset import Floats

_LONGEST = 90
_FLOOR = 1e-3


def drop_rates(complaints: Floats, truth: Truth, each_share: bool = True) -> Floats:
    """Drop rates as one would estimate them who knows every site's orders, how many of its victims complain, and how rates are spread.

    Without `each_share` one who knows how that share is spread over the sites, but not the share of each: nothing public tells it.

    `complaints`: of drops in the last 90 days, as they were seen, platforms × days. Per day the posterior mode of the logarithm, given
    Poisson counts and a normal prior with the market's own mean and spread; nan where no orders are.
    """
    orders, drops = (_window(x) for x in (truth.orders, truth.drops))
    share = np.ones(len(orders)) if truth.reporting is None else np.nan_to_num(truth.reporting, nan=1.0)
    told = share if each_share else np.ones(len(orders))
    noise = 0.0 if each_share else float(np.log(share).var())
    rate = np.log(np.maximum(drops, 0.5) / np.maximum(orders, 1.0))
    out = np.full(orders.shape, np.nan)
    for day in range(orders.shape[1]):
        use = orders[:, day] > 0
        if use.sum() < 3:
            continue
        mean, var = float(rate[use, day].mean()), float(rate[use, day].var()) + 1e-3
        shown = told[use] * drops[use, day]
        scale = complaints[use, day].sum() / max(float(shown.sum()), 1e-9)
        expected = np.log(np.maximum(orders[use, day] * told[use] * scale, 1e-9))
        x = np.full(int(use.sum()), mean)
        for _ in range(12):
            lam = np.exp(np.clip(x + expected, -30, 30))
            both = var + noise
            x += np.clip((complaints[use, day] - lam - (x - mean) / both) / (lam + 1 / both), -2, 2)
        out[use, day] = np.exp(mean + (x - mean) * var / (var + noise))
    found: Floats = np.maximum(out, _FLOOR)
    return found


def _window(daily: Floats) -> Floats:
    total = np.cumsum(daily, axis=1)
    total[:, _LONGEST:] -= total[:, :-_LONGEST].copy()
    return total
