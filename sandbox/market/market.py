"""The market in a box: builds everything from the seed, answers what is the case at a simulated moment, and writes down the truth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from sandbox.market import complaints as c
from sandbox.market.goods import Product, scatter, stock_shelves
from sandbox.market.mall import open_mall
from sandbox.market.operators import families, join_operators
from sandbox.market.orders import DROP_KINDS, PROBES, simulate
from sandbox.market.parameters import KNOWN, MarketParameters
from sandbox.market.platforms import Platform, cast
from sandbox.market.texts import Words, compose

ORIGINS = ("genuine", "smear", "shill", "decoy")
SOURCES = ("heimao", "icp", "storefront", "availability", "registration")

UNWATCHED = "xinqiaokapu.test"


class Market:
    """A whole simulated market. `day` arguments are days (fractions allowed) since the calendar's first midnight in Shanghai."""

    def __init__(self, parameters: MarketParameters) -> None:
        self.parameters = parameters
        self.platforms: list[Platform] = cast(parameters)
        if parameters.operators:
            join_operators(self.platforms, parameters)
        self.days, drops = simulate(self.platforms, parameters)
        self.shelves: list[list[Product]] = stock_shelves(self.platforms, parameters)
        if parameters.unknown != KNOWN:
            self._draw_unknowns()
        self.complaints = c.complain(self.platforms, self.days, drops, parameters)
        self.mall: Platform | None = open_mall(self.platforms) if parameters.mall else None
        self.by_host = {p.host: p for p in (*self.platforms, *filter(None, (self.mall, self._unwatched())))}
        self.total_orders = np.cumsum(self.days.orders, axis=1)
        rng = np.random.default_rng([parameters.seed, 5])
        self.orders_before = np.array(
            [int(p.daily_orders * max(0, -p.opened_day) * rng.uniform(0.3, 0.8)) for p in self.platforms]
        )
        level = self.days.stress
        self.tight = (level > 0.3).astype(int) + (level > 0.55) + (level > 0.8)
        self.mine = [np.flatnonzero(self.complaints.platform == p.index) for p in self.platforms]
        self._words: dict[int, Words] = {}
        share = parameters.unknown.outages
        share = parameters.source_outage_share if share is None else share
        self.outages = {s: rng.random(parameters.days) < share for s in SOURCES}

    def _unwatched(self) -> Platform | None:
        """A shop that no operator's list names and no complaint is about: for a look at a site nobody watches.

        It sells what the first calm shop of the market sells, under a host and a name of its own.
        """
        calm = (
            p
            for p in self.platforms
            if (p.condition, p.end_day, p.stress_day, p.character) == ("ordinary", None, None, "healthy")
            and p.robots in ("missing", "allow", "disallow_query")
            and p.software in ("unicorn", "rainbow", "luna", "acg")
        )
        twin = next(calm, None)
        return replace(twin, host=UNWATCHED, name="新桥卡铺", aliases=[]) if twin else None

    def _draw_unknowns(self) -> None:
        """What the shops' counters and prices make of the market's unknowns."""
        unknown, rng = self.parameters.unknown, np.random.default_rng([self.parameters.seed, 6])
        prices = np.array([np.mean([x.base_price for x in shelf]) for shelf in self.shelves])
        apart = zip(
            self.platforms,
            unknown.reporting_of(prices),
            unknown.counters(len(self.platforms), rng),
            strict=True,
        )
        for platform, more, wrong in apart:
            platform.reporting = float(np.clip(platform.reporting * more, 0.001, 0.6))
            platform.counter_bias += float(wrong)

    def words(self, index: int) -> Words:
        """Title, text and tags of complaint `index` (kept once composed)."""
        if index not in self._words:
            self._words[index] = self._compose(index)
        return self._words[index]

    def _compose(self, index: int) -> Words:
        k = int(self.complaints.platform[index])
        stamp = self.parameters.moment(self.complaints.filed[index]).strftime("%Y%m%d%H%M%S")
        origin = ORIGINS[int(self.complaints.origin[index])]
        site, host, goods = "", "", ("", 50.0)
        if k >= 0:
            platform, shelf = self.platforms[k], self.shelves[k]
            product = shelf[scatter(self.parameters.seed, index) % len(shelf)]
            site, host, goods = platform.name, platform.host, (product.plain, product.base_price)
        kind = c.KINDS[int(self.complaints.kind[index])]
        return compose(self.parameters.seed, index, kind, origin, site, host, goods, stamp)

    def clamp(self, day: float) -> int:
        """Day index inside the calendar."""
        return int(min(max(day, 0), self.parameters.days - 1))

    def order_counter(self, platform: Platform, day: float) -> tuple[int, int, int]:
        """(total, processed, today) as the shop would print them at `day`; biased by the shop's own constant factor."""
        t = self.clamp(day)
        k = platform.index
        bias = float(np.exp(platform.counter_bias))
        today = int(self.days.orders[k, t] * min(max(day - t, 0), 1) * bias)
        before = int(self.total_orders[k, t - 1] * bias) if t else 0
        total = int(self.orders_before[k] * bias) + before + today
        return total, max(0, total - int(self.days.backlog[k, t] * bias)), today

    def counter_state(self, platform: Platform, day: float) -> str:
        """visible, hidden or absent at `day`."""
        if platform.hides_day is not None and day >= platform.hides_day:
            return "hidden"
        return platform.counter

    def price(self, platform: Platform, product: Product, day: float) -> float:
        """Price in yuan; cut by up to a third under stress to bring in cash."""
        t = self.clamp(day)
        wobble = 1 + 0.012 * float(self.days.wobble[platform.index, t // 7])
        stress = min(1.0, float(self.days.stress[platform.index, t]))
        return max(0.1, round(product.base_price * wobble * (1 - 0.32 * stress), 2))

    def stock(self, platform: Platform, product: Product, day: float) -> int:
        """Units on the shelf; more items run out under stress."""
        t = self.clamp(day)
        roll = scatter(self.parameters.seed, platform.index, product.id, t)
        empty = 4 + 40 * min(1.0, float(self.days.stress[platform.index, t]))
        return 0 if roll % 100 < empty else 3 + (roll >> 8) % 400

    def sold(self, platform: Platform, product: Product, day: float) -> int:
        """Units sold so far."""
        done = int(self.total_orders[platform.index, self.clamp(day)])
        return product.sold_before + int(product.share * done)

    def tightness(self, platform: Platform, day: float) -> int:
        """How far the shop has tightened its terms: 0 usual, 1 delays announced, 2 dearer and slower, 3 withdrawals stopped."""
        return int(self.tight[platform.index, self.clamp(day)])

    def company_counters(self, platform: Platform, day: float) -> tuple[int, int, int, int, int, int]:
        """(valid, replied, completed, and the same over the last 30 days) as the complaint site counts them at `day`."""
        own, all_ = self.mine[platform.index], self.complaints
        total, recent = list(self.company_base(platform)), []
        for position, column in enumerate((all_.filed, all_.replied, all_.completed)):
            # NaN compares false, so what never happened is never counted.
            values = column[own]
            total[position] += int((values <= day).sum())
            recent.append(int(((values <= day) & (values > day - 30)).sum()))
        return (total[0], total[1], total[2], recent[0], recent[1], recent[2])

    def is_diverted(self, platform: Platform, day: float) -> bool:
        """Whether the visitor's carrier answers in a refusing site's place: for a month at a time, as such lists are kept."""
        lately = self.parameters.operators and day >= self.parameters.days - 30
        listed = lately or scatter(platform.index, int(day) // 30) % 3 == 0
        return platform.condition == "forbidden" and listed

    def probe(self, platform: Platform, day: float) -> str:
        """up, slow, down or refused."""
        if platform.ended(day) or day < platform.opened_day:
            return "down"
        return PROBES[int(self.days.probe[platform.index, self.clamp(day)])]

    def filed(self, platform: Platform, day: float) -> bool:
        """Whether the registry holds the host at `day`."""
        cancelled = platform.filing.cancelled_day
        return platform.filing.number is not None and not (cancelled is not None and day >= cancelled)

    def company_base(self, platform: Platform) -> tuple[int, int, int]:
        """(valid, replied, completed) complaints from before the calendar."""
        valid = scatter(self.parameters.seed, platform.index, 77) % 60 if platform.opened_day < 0 else 0
        replied = int(valid * platform.reply_rate)
        return valid, replied, int(replied * 0.6)

    def write_truth(self, path: Path | str) -> None:
        """Everything the product must find out by itself, as one JSON file (planted personal data by complaint number)."""
        Path(path).write_text(json.dumps(self.truth(), ensure_ascii=False), "utf-8")

    def truth(self) -> dict[str, object]:
        """The content of the truth file; daily lists start at `starts_on`."""
        p = self.parameters
        labels = self._complaint_truth()
        return {
            "seed": p.seed, "starts_on": p.starts_on.isoformat(), "ends_on": p.ends_on.isoformat(), "days": p.days,
            "drop_kinds": list(DROP_KINDS), "platforms": [self._platform_truth(x) for x in self.platforms],
            "complaints": labels, "planted": {x["source_id"]: x["planted"] for x in labels if x["planted"]},
            "operators": families(self.platforms),
            "registry_persons": sorted({x.person for x in self.platforms if x.filing.nature == "个人"}),
        }  # fmt: skip

    def _platform_truth(self, p: Platform) -> dict[str, object]:
        day, k = self.parameters.date_of, p.index
        at = {"stress_start": p.stress_day, "end_date": p.end_day, "hides_on": p.hides_day}
        return {
            "host": p.host, "name": p.name, "character": p.character, "condition": p.condition, "software": p.software,
            "robots": p.robots, "drop_rate": p.drop_rate, "reporting": p.reporting, "counter": p.counter,
            "counter_bias": p.counter_bias, "couid": p.couid, "severity": p.severity,
            "filing": {"number": p.filing.number, "nature": p.filing.nature, "footer": p.filing.footer,
                       "cancelled_on": day(p.filing.cancelled_day).isoformat() if p.filing.cancelled_day is not None else None},
            **{name: day(value).isoformat() if value is not None else None for name, value in at.items()},
            "ended": p.ended(self.parameters.days - 1), "opened_on": p.opened_on.isoformat(),
            "orders": self.days.orders[k].tolist(), "drops": self.days.drops[k].tolist(),
            "refunds_asked": self.days.refunds_asked[k].tolist(), "refunds_paid": self.days.refunds_paid[k].tolist(),
            "stress": np.round(self.days.stress[k], 3).tolist(), "spike": np.flatnonzero(self.days.spike[k]).tolist(),
        }  # fmt: skip

    def _complaint_truth(self) -> list[dict[str, object]]:
        found = []
        for index in np.flatnonzero(self.complaints.platform >= 0).tolist():
            words = self.words(index)
            cause = int(self.complaints.cause_day[index])
            found.append({
                "source_id": self.complaints.number(index), "host": self.platforms[self.complaints.platform[index]].host,
                "kinds": list(words.kinds), "origin": ORIGINS[self.complaints.origin[index]],
                "order_on": self.parameters.date_of(cause).isoformat() if cause >= 0 else None, "planted": list(words.planted),
            })  # fmt: skip
        return found


def build_market(parameters: MarketParameters | None = None) -> Market:
    """The market for `parameters` (the defaults when None); about a second for 64 platforms, some ten for 500 x 540 days."""
    return Market(parameters or MarketParameters())
