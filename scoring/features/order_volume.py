"""How many orders a site takes a day: its own counter, held against its sales, its stock, and sites of like age.

A counter is a number the site writes itself. What nothing else supports is weighed against the other explanation, that it is made
up: an ordinary number is believed with a margin, a fantastic one is not, and the site is then taken to have the orders of its peers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from scoring import method
from scoring.features.orders import NONE, ORDERS, SOLD, Exposure, exposure
from scoring.observations.dataset import Dataset, FittedDataset, Floats
from scoring.observations.day_index import day_number
from scoring.observations.market import Peers
from scoring.observations.panel import Bools, cached


@dataclass(frozen=True)
class Volume:
    """Orders a day per platform and day (nan = unknown), the standard deviation of the logarithm, and where nothing but the site's
    own counter says so (`alone`): such a number moves no score."""

    per_day: Floats
    log_sd: Floats
    alone: Bools


def volume(facts: FittedDataset) -> Volume:
    """The orders of every platform on every day."""
    found: Volume = cached(facts, "volume", lambda: weighed(facts, exposure(facts), facts.priors.peers))
    return found


def log_age(facts: Dataset) -> Floats:
    """Logarithm of a site's age in days (30 added, so that weeks do not matter), platforms × days; nan where no opening is known."""
    opened = np.array(
        [np.nan if s.opened_on is None else day_number(s.opened_on) - facts.first_day for s in facts.sites]
    )[:, None]
    age = np.arange(facts.days)[None, :] - opened
    found: Floats = np.log(np.maximum(age, 0.0) + 30.0)
    return found


def expected(facts: Dataset, peers: Peers) -> Floats:
    """Logarithm of the orders a day expected of each site by its age alone."""
    older = np.nan_to_num(log_age(facts) - peers.age[None, :], nan=0.0)
    found: Floats = np.log(peers.orders)[None, :] + peers.slope[None, :] * older
    return found


def weighed(facts: Dataset, seen: Exposure, peers: Peers) -> Volume:
    """What the counters of `seen` say, held against everything else."""
    centre, spread = expected(facts, peers), np.broadcast_to(peers.spread[None, :], facts.shape)
    by_stock = method.SUPPORT_FACTOR * seen.moved
    with np.errstate(divide="ignore", invalid="ignore"):
        sold = np.log(seen.sold)
        own = np.log(seen.per_day)
    ordinary = _honest(sold, centre, spread, method.EXPOSURE_SD["sold"]) >= 0.5
    # Sales are written by the site, too: they support where they are ordinary or the stock moved as they say.
    sales = (seen.sold > 0) & (ordinary | (seen.sold <= by_stock))
    supported = (sales & (seen.per_day <= method.SUPPORT_FACTOR * seen.sold)) | (seen.per_day <= by_stock)
    supported &= (seen.basis == ORDERS) & ~seen.broken
    alone = np.where(seen.basis == ORDERS, ~supported, (seen.basis == SOLD) & ~sales)
    sd = np.where(supported | (seen.basis == SOLD), seen.log_sd, method.EXPOSURE_SD["orders_alone"])
    sd = np.where(seen.broken, method.EXPOSURE_SD["orders_inconsistent"], sd)
    mean, var = own, sd**2
    blended = _blended(own, centre, spread, sd)
    mean, var = (np.where(alone, new, old) for new, old in zip(blended, (mean, var), strict=True))
    part = (seen.basis == SOLD) & (seen.complete < method.SOLD_COMPLETE)
    bound = _at_least(sold, seen.complete, centre, spread)
    mean, var = (np.where(part & ~alone, new, old) for new, old in zip(bound, (mean, var), strict=True))
    known = (seen.basis != NONE) & np.isfinite(seen.per_day)
    return Volume(
        np.where(known, np.exp(mean), np.nan),
        np.where(known, np.sqrt(var), method.EXPOSURE_SD["orders_inconsistent"]),
        np.asarray(alone, bool) & known,
    )


def _honest(log_orders: Floats, centre: Floats, spread: Floats, sd: Floats | float) -> Floats:
    """How probable it is that a number is not made up, from how far it lies from what peers have."""
    usual, broken, width = method.MADE_UP
    share = np.where(np.asarray(sd) >= method.EXPOSURE_SD["orders_inconsistent"], broken, usual)
    var = spread**2 + np.square(sd)
    with np.errstate(invalid="ignore"):
        like = np.exp(-0.5 * (log_orders - centre) ** 2 / var) / np.sqrt(2 * np.pi * var)
    like = np.nan_to_num(like)
    found: Floats = (1 - share) * like / ((1 - share) * like + share / width)
    return found


def _blended(own: Floats, centre: Floats, spread: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """(mean, variance) of the logarithm of the orders: honest with a margin, or made up and then those of peers."""
    honest = _honest(own, centre, spread, sd)
    var = 1 / (1 / sd**2 + 1 / spread**2)
    told = var * (np.nan_to_num(own, neginf=0.0) / sd**2 + centre / spread**2)
    mean = honest * told + (1 - honest) * centre
    return mean, honest * var + (1 - honest) * spread**2 + honest * (1 - honest) * (told - centre) ** 2


def _at_least(sold: Floats, complete: Floats, centre: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """(mean, variance) of the logarithm of the orders, of which only the sales of some products are seen."""
    share = np.maximum(complete, 0.05)
    sd = method.EXPOSURE_SD["sold"] + 1.0 - share
    var = 1 / (1 / sd**2 + 1 / spread**2)
    low = np.nan_to_num(sold, neginf=0.0)
    mean = var * ((low - np.log(share)) / sd**2 + centre / spread**2)
    root = np.sqrt(var)
    edge = np.clip((low - mean) / root, -8.0, 6.0)
    ratio = np.exp(-0.5 * edge**2) / np.sqrt(2 * np.pi) / np.maximum(1 - ndtr(edge), 1e-12)
    return mean + root * ratio, np.maximum(var * (1 + edge * ratio - ratio**2), 0.01)
