"""Who complains, when and about what: from dropped orders and other grievances to a time-ordered list with replies. No texts here."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sandbox.market.orders import DROP_KINDS, Days, Drops
from sandbox.market.parameters import MarketParameters
from sandbox.market.platforms import Platform

KINDS = (
    "drop.payment_not_synced", "drop.stuck", "drop.record_lost", "drop.unspecified", "out_of_stock_after_payment",
    "invalid_card", "refund_delayed", "refund_refused", "withdrawal_blocked", "balance_frozen", "unreachable",
    "site_gone", "upstream_funds", "price_bait", "not_a_drop.not_renewed", "not_a_drop.payment_failed",
    "not_a_drop.wrong_item", "spam", "other",
)  # fmt: skip
NUMBER = {kind: index for index, kind in enumerate(KINDS)}
GRIEVANCES = {
    # kind: (rate as a share of the platform's calm drop complaints, growth under full stress)
    "out_of_stock_after_payment": (0.05, 4), "invalid_card": (0.08, 0), "refund_refused": (0.05, 4),
    "withdrawal_blocked": (0.03, 30), "balance_frozen": (0.02, 15), "unreachable": (0.05, 10),
    "upstream_funds": (0.004, 60), "price_bait": (0.03, 2), "not_a_drop.not_renewed": (0.05, 0),
    "not_a_drop.payment_failed": (0.05, 0), "not_a_drop.wrong_item": (0.04, 0), "spam": (0.015, 10), "other": (0.06, 0),
}  # fmt: skip
HOURS = np.array([3, 2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 8, 8, 7, 5], dtype=float)
GENUINE, SMEAR, SHILL, DECOY = 0, 1, 2, 3
SN_OFFSET = 17347204366
"""The complaint site's public number minus its running number."""
FIRST_RUNNING = 51000000
PUBLISHED_PER_DAY = 22_000
"""Complaints the whole site publishes a day; its running number counts twice as many submissions."""


@dataclass
class Complaints:
    """Time-ordered; one entry per complaint. Days are fractions since the calendar's first midnight, NaN = never."""

    platform: NDArray[np.int64]  # -1 for unrelated companies
    filed: NDArray[np.float64]
    kind: NDArray[np.int64]
    cause_day: NDArray[np.int64]  # day of the dropped order, -1 when there is none
    origin: NDArray[np.int64]
    replied: NDArray[np.float64]
    completed: NDArray[np.float64]
    running: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.filed)

    def number(self, index: int) -> str:
        """Public complaint number."""
        return str(SN_OFFSET + int(self.running[index]))


def complain(platforms: list[Platform], days: Days, drops: Drops, parameters: MarketParameters) -> Complaints:
    """All complaints filed inside the calendar."""
    rng = np.random.default_rng([parameters.seed, 3])
    parts = [_about_drops(platforms, days, drops, rng), *_grievances(platforms, days, rng)]
    parts += [_after_the_end(platforms, parameters, rng), *_campaigns(platforms, parameters, rng)]
    parts.append(_decoys(parameters, rng))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    inside = (columns[1] >= 0) & (columns[1] < parameters.days)
    order = np.argsort(columns[1][inside], kind="stable")
    platform, filed, kind, cause, origin = (column[inside][order] for column in columns)
    replied, completed = _answers(platforms, platform, filed, kind, origin, days, parameters, rng)
    return Complaints(platform, filed, kind, cause, origin, replied, completed, _running(filed))


def _running(filed: NDArray[np.float64]) -> NDArray[np.int64]:
    """The running number of each complaint: odd, as even ones are the whole site's other complaints, and rising with time."""
    slots = np.floor(filed * PUBLISHED_PER_DAY).astype(np.int64)
    return (
        FIRST_RUNNING + 2 * (np.maximum.accumulate(slots - np.arange(len(filed))) + np.arange(len(filed))) + 1
    )


def visible_fields() -> list[str]:
    """Column names of Complaints, for tests and the truth file."""
    return [f.name for f in fields(Complaints)]


Part = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def _part(platform: NDArray[np.int64], filed: NDArray[np.float64], kind, cause, origin: int) -> Part:
    shape = len(filed)
    return (
        np.asarray(platform, dtype=np.int64), filed, np.broadcast_to(np.asarray(kind, dtype=np.int64), shape),
        np.broadcast_to(np.asarray(cause, dtype=np.int64), shape), np.full(shape, origin, dtype=np.int64),
    )  # fmt: skip


def _time_of_day(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return (rng.choice(24, count, p=HOURS / HOURS.sum()) + rng.random(count)) / 24


def _about_drops(platforms: list[Platform], days: Days, drops: Drops, rng: np.random.Generator) -> Part:
    """A reported drop becomes a drop complaint, or one about the refund when that is more than a week late."""
    reporting = np.array([p.reporting for p in platforms])[drops.platform]
    stress = days.stress[drops.platform, drops.day]
    chosen = rng.random(len(drops.day)) < reporting * (1 + 0.6 * stress)
    platform, day, kind = drops.platform[chosen], drops.day[chosen], drops.kind[chosen]
    late = (
        drops.asked[chosen]
        & (~drops.paid[chosen] | (drops.delay[chosen] > 7))
        & (rng.random(len(day)) < 0.45)
    )
    wait = np.where(late, 7 + rng.lognormal(1.2, 0.6, len(day)), rng.lognormal(1.0, 0.8, len(day)))
    filed = np.floor(day + 0.2 + wait) + _time_of_day(len(day), rng)
    vague = rng.random(len(day)) < 0.15
    told = np.where(late, NUMBER["refund_delayed"], np.where(vague, NUMBER["drop.unspecified"], kind))
    assert len(DROP_KINDS) == 3  # told relies on KINDS beginning with the three kinds in this order
    return _part(platform, filed, told, day, GENUINE)


def _grievances(platforms: list[Platform], days: Days, rng: np.random.Generator) -> list[Part]:
    calm = np.array([p.daily_orders * p.drop_rate * p.reporting for p in platforms])[:, None]
    busy = days.orders / np.array([p.daily_orders for p in platforms])[:, None]
    parts = []
    for kind, (share, growth) in GRIEVANCES.items():
        rate = calm * busy * share * (1 + growth * days.stress) * np.where(days.spike, 1.5, 1.0)
        count = rng.poisson(rate * rng.gamma(3.0, 1 / 3, rate.shape))
        platform, day = (np.repeat(axis, count[count > 0]) for axis in np.nonzero(count))
        parts.append(_part(platform, day + _time_of_day(len(day), rng), NUMBER[kind], -1, GENUINE))
    return parts


def _after_the_end(platforms: list[Platform], parameters: MarketParameters, rng: np.random.Generator) -> Part:
    """People who find the site gone with their balances; an orderly closure leaves almost none."""
    platform, filed = [], []
    for p in platforms:
        if p.end_day is None or p.end_day >= parameters.days:
            continue
        volume = p.daily_orders * p.reporting * (0.05 if p.character == "orderly" else 0.9)
        count = rng.poisson(min(volume, 60))
        platform += [p.index] * count
        filed += list(p.end_day + 0.5 + rng.exponential(12, count))
    kind = np.where(rng.random(len(filed)) < 0.75, NUMBER["site_gone"], NUMBER["unreachable"])
    return _part(np.array(platform, dtype=np.int64), np.array(filed, dtype=float), kind, -1, GENUINE)


def _campaigns(
    platforms: list[Platform], parameters: MarketParameters, rng: np.random.Generator
) -> list[Part]:
    """40 paraphrased attacks within three days on the smeared; 60 petty cases, solved at once, for the praised."""
    parts = []
    for p in platforms:
        if p.character == "smeared":
            start = int(rng.integers(parameters.days - 60, parameters.days - 25))
            kind = rng.choice(
                [NUMBER["drop.stuck"], NUMBER["refund_delayed"], NUMBER["withdrawal_blocked"]], 40
            )
            parts.append(_part(np.full(40, p.index), start + 3 * rng.random(40), kind, -1, SMEAR))
        if p.character == "praised":
            start = int(rng.integers(parameters.days // 3, parameters.days - 50))
            day = start + np.floor(40 * rng.random(60)) + _time_of_day(60, rng)
            parts.append(_part(np.full(60, p.index), day, NUMBER["other"], -1, SHILL))
    return parts


def _decoys(parameters: MarketParameters, rng: np.random.Generator) -> Part:
    count = rng.poisson(parameters.decoys_per_day, parameters.days)
    day = np.repeat(np.arange(parameters.days), count)
    filed = day + _time_of_day(len(day), rng)
    return _part(np.full(len(day), -1), filed, NUMBER["other"], -1, DECOY)


def _answers(
    platforms: list[Platform],
    platform: NDArray[np.int64],
    filed: NDArray[np.float64],
    kind: NDArray[np.int64],
    origin: NDArray[np.int64],
    days: Days,
    parameters: MarketParameters,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Replies get rarer and later under stress and stop at the end; shops without a company page seldom reply."""
    count = len(filed)
    own = platform >= 0
    day = np.clip(filed.astype(int), 0, parameters.days - 1)
    stress = np.where(own, days.stress[platform, day], 0)
    rate = np.array([p.reply_rate * (1 if p.couid else 0.15) for p in platforms])[platform]
    pace = np.array([p.reply_days for p in platforms])[platform]
    rate, pace = np.where(own, rate * (1 - 0.7 * np.minimum(stress, 1.2)), 0.7), np.where(own, pace, 2.0)
    shill = origin == SHILL
    wait = np.where(
        shill, 0.02 + 0.05 * rng.random(count), pace * (1 + 4 * stress) * rng.lognormal(0, 0.7, count)
    )
    replies = shill | ((rng.random(count) < rate) & (kind != NUMBER["spam"]))
    end = np.array([p.end_day if p.end_day is not None else 10**6 for p in platforms])[platform]
    replied = np.where(replies & ((filed + wait < end) | ~own), filed + wait, np.nan)
    solved = shill | (rng.random(count) < 0.65 * (1 - 0.6 * np.minimum(stress, 1.2)))
    completed = np.where(solved, replied + np.where(shill, 0.01, rng.lognormal(1.1, 0.7, count)), np.nan)
    return replied, completed
