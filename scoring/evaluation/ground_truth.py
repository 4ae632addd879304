"""What really happened in a simulated market, laid over the days and platforms of the facts. It judges nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.observations.dataset import NEVER, Dataset, Floats, Ints
from scoring.observations.day_index import day_number

HARM_DAYS = 30
BAD_RATE = 0.10
NEAR_END = 30


@dataclass(frozen=True)
class Truth:
    """Per platform: first day of stress and day of the end (NEVER = none), operator, part played; orders and drops a day.

    `orders`, `drops`: platforms × days of the facts, 0 outside the market's calendar.
    """

    stress: Ints
    end: Ints
    part: NDArray[Any]
    operator: NDArray[Any]
    orders: Floats
    drops: Floats
    reporting: Floats | None = None
    """Share of each platform's victims who complain in public, where the market says so."""

    @property
    def days(self) -> int:
        """Days of the panels."""
        return int(self.orders.shape[1])

    def gradual(self) -> NDArray[np.bool_]:
        """Endings inside the calendar that showed stress beforehand."""
        found: NDArray[np.bool_] = (self.end < self.days) & (self.stress < NEVER)
        return found

    def calm_until(self) -> Ints:
        """The day up to which a warning would be false: the first of stress and end."""
        return np.minimum(np.minimum(self.stress, self.end), self.days)

    def open_on(self, day: int) -> NDArray[np.bool_]:
        """Platforms that take orders on or after `day`."""
        return self.end > day

    def realised(self, day: int, length: int = 90) -> Floats:
        """Dropped ÷ paid orders of the `length` days up to `day` (nan without orders): the quantity the product estimates."""
        part = slice(max(day - length + 1, 0), day + 1)
        paid = self.orders[:, part].sum(axis=1)
        return np.where(paid > 0, self.drops[:, part].sum(axis=1) / np.maximum(paid, 1), np.nan)

    def harm(self, day: int) -> Floats:
        """Share of a month of payments from `day` on that come to nothing: dropped, or due after the site's end.

        nan for endings without signs that fall into the month: nothing could have told them.
        """
        part = slice(day, day + HARM_DAYS)
        paid = self.orders[:, part].sum(axis=1)
        rate = np.where(paid > 0, self.drops[:, part].sum(axis=1) / np.maximum(paid, 1), 0.0)
        alive = np.clip((self.end - day) / HARM_DAYS, 0, 1)
        harm = alive * rate + (1 - alive)
        return np.where((alive < 1) & (self.stress >= NEVER), np.nan, harm)

    def failing(self, day: int) -> NDArray[np.bool_]:
        """In stress, with a gradual ending at most NEAR_END days away."""
        found: NDArray[np.bool_] = (self.end - day <= NEAR_END) & (self.end > day) & (self.stress <= day)
        return found

    def bad(self, day: int) -> Floats:
        """1 = failing (a gradual ending at most NEAR_END days away) or dropping BAD_RATE of its orders, 0 = neither and not in stress.

        nan for what is neither: closed, in stress with longer to go, or about to end without signs.
        """
        near = (self.end - day <= NEAR_END) & (self.end > day)
        in_stress = self.stress <= day
        out = np.where(np.nan_to_num(self.realised(day)) >= BAD_RATE, 1.0, np.where(in_stress, np.nan, 0.0))
        out = np.where(self.failing(day), 1.0, np.where(near, np.nan, out))
        return np.where(self.end > day, out, np.nan)


def truth_of(told: Mapping[str, Any], facts: Dataset) -> Truth:
    """The truth file of a market, in the order of facts.sites; raises KeyError for a platform it does not name."""
    by_host = {p["host"]: p for p in told["platforms"]}
    mine = [by_host[s.host] for s in facts.sites]
    start = day_number(dt.date.fromisoformat(told["starts_on"])) - facts.first_day

    def index(value: str | None) -> int:
        return NEVER if value is None else day_number(dt.date.fromisoformat(value)) - facts.first_day

    def panel(values: list[list[Any]]) -> Floats:
        out = np.zeros(facts.shape)
        daily = np.array(values, dtype=float)
        daily = daily.sum(axis=2) if daily.ndim == 3 else daily
        low, high = max(start, 0), min(start + daily.shape[1], facts.days)
        out[:, low:high] = daily[:, low - start : high - start]
        return out

    return Truth(
        stress=np.array([index(p["stress_start"]) for p in mine], dtype=np.int64),
        end=np.array([index(p["end_date"]) for p in mine], dtype=np.int64),
        part=np.array([p["character"] for p in mine], dtype=object),
        operator=np.array([s.operator or s.host for s in facts.sites], dtype=object),
        orders=panel([p["orders"] for p in mine]),
        drops=panel([p["drops"] for p in mine]),
        reporting=np.array([p.get("reporting", np.nan) for p in mine], dtype=float),
    )
