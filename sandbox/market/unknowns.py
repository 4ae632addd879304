"""What nobody knows of a real market, drawn anew for each simulated one: so that no method can be tuned to one answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Unknowns:
    """One market's answers; the defaults leave a market as its kind is described."""

    reporting: float | None = None
    """Share of the victims of an order of middling amount who complain in public (None: as the kind of market has it)."""
    by_amount: float = 0.0
    """How the share grows with the amount: times twice the amount, times 2 ** by_amount."""
    outages: float | None = None
    """Share of the days on which a source cannot be read."""
    shown: float = 1.0
    """Share of the complaints that the boards show at all."""
    slow: float = 0.0
    """Mean days by which the boards show a complaint later than usual."""
    inflated: float = 0.0
    """Share of the shops whose own counter claims several times the orders."""
    partial: float = 0.0
    """Share of the shops whose own counter leaves orders out."""
    season: float = 0.0
    """Height of the yearly season of demand (of the logarithm)."""

    def counters(self, count: int, rng: np.random.Generator) -> Floats:
        """By what each shop's counter is wrong, of the logarithm."""
        roll, high, low = (
            rng.random(count),
            rng.lognormal(np.log(5.0), 0.8, count),
            rng.uniform(0.3, 0.8, count),
        )
        factor = np.where(roll < self.inflated, high, np.where(roll > 1 - self.partial, low, 1.0))
        found: Floats = np.log(factor)
        return found

    def reporting_of(self, amounts: Floats) -> Floats:
        """By what each shop's share of complaining victims differs for the amounts it sells at."""
        found: Floats = (amounts / np.median(amounts)) ** self.by_amount
        return found

    def demand(self, days: int, rng: np.random.Generator) -> Floats:
        """The season's factor of demand per day."""
        found: Floats = np.exp(self.season * np.sin(2 * np.pi * (np.arange(days) / 365 + rng.random())))
        return found


KNOWN = Unknowns()


def drawn(seed: int) -> Unknowns:
    """The unknowns of one market."""
    rng = np.random.default_rng([seed, 77_001])
    return Unknowns(
        reporting=float(np.exp(rng.uniform(np.log(0.012), np.log(0.15)))),
        by_amount=float(rng.uniform(0.0, 0.6)),
        outages=float(rng.uniform(0.0, 0.12)),
        shown=float(rng.uniform(0.5, 1.0)),
        slow=float(rng.choice([0.0, 2.0, 6.0])),
        inflated=float(rng.uniform(0.0, 0.15)),
        partial=float(rng.uniform(0.0, 0.15)),
        season=float(rng.uniform(0.0, 0.4)),
    )
