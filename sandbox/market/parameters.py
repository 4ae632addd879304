"""The settings of a sandbox market, and its calendar. Every figure here is an assumption of the simulation, none is a rule of the product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

# What nobody knows of a real market, drawn anew for each simulated one: so that no method can be tuned to one answer.

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


SHANGHAI = timezone(timedelta(hours=8))
"""All days of the market are calendar days of this zone (China has no daylight saving)."""


@dataclass(frozen=True, kw_only=True)
class MarketParameters:
    """Size and behaviour of one market; the same parameters always give the same market, to the byte."""

    seed: int = 7
    platforms: int = 64
    days: int = 270
    ends_on: date = date(2026, 11, 15)
    """Last simulated day (the calendar is `days` long and ends here)."""
    complaints_per_day: float = 0.32
    """Median over platforms of the complaints a day in calm times."""
    order_log_sd: float = 0.8
    reporting_mean: float = 0.04
    """Mean probability that a buyer of a dropped order complains in public."""
    reporting_log_sd: float = 0.4
    ending_share: float = 0.30
    """Share of platforms that end inside the calendar or shortly after it."""
    sudden_share: float = 0.25
    orderly_share: float = 0.12
    counter_visible_share: float = 0.5
    company_share: float = 0.75
    """Share of platforms the complaint site knows as a company (others are only named in texts)."""
    spikes_per_year: float = 1.5
    """Benign supplier outages: drops x4 for two to five days."""
    decoys_per_day: float = 15.0
    """Complaints about unrelated companies in the complaint site's feed."""
    source_outage_share: float = 0.02
    """Share of days on which a source cannot be read at all."""
    mall: bool = False
    """Whether three of the shops are merchants at paths of one mall (sandbox/market/mall.py)."""
    operators: bool = False
    """Whether some shops belong together, one moves, and one ends with a successor (sandbox/market/operators.py)."""
    unknown: Unknowns = KNOWN
    """What nobody knows of a market and `kamengwatch evaluate` draws for each; the defaults change nothing."""

    def __post_init__(self) -> None:
        if self.platforms < 24 or self.days < 120:
            raise ValueError("a market needs at least 24 platforms and 120 days to hold its cast")

    @cached_property
    def starts_on(self) -> date:
        """First simulated day."""
        return self.ends_on - timedelta(days=self.days - 1)

    @cached_property
    def first_midnight(self) -> datetime:
        """UTC time of the first midnight in Shanghai."""
        return datetime(
            self.starts_on.year, self.starts_on.month, self.starts_on.day, tzinfo=SHANGHAI
        ).astimezone(UTC)

    def date_of(self, day: int) -> date:
        """Calendar date of day index `day` (may lie outside the calendar)."""
        return self.starts_on + timedelta(days=int(day))

    def moment(self, day: float) -> datetime:
        """UTC time of `day` days (with fraction) after the first midnight in Shanghai, to the second."""
        return self.first_midnight + timedelta(seconds=int(day * 86400))

    def day_at(self, now: datetime) -> float:
        """Days (with fraction) since the first midnight; `now` must carry a time zone."""
        if now.tzinfo is None:
            raise ValueError("the simulated clock needs a time zone")
        return (now - self.first_midnight).total_seconds() / 86400
