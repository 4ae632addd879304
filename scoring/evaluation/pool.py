"""One row of the published table, and markets pooled so that every figure gets an interval over operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from scoring.evaluation.arithmetic import Estimate, Figure, bootstrap
from scoring.evaluation.detection import Detection, detect
from scoring.evaluation.measure import Market
from scoring.facts import Floats, Ints

AT_LEAST, AT_MOST, WITHIN, REPORT = "≥", "≤", "within", ""
FALSE_ALLOWED = 0.02
YEARLY_HAZARD = 0.10
FEWEST = 5
"""Figures of fewer cases are shown, not judged."""
BASELINE_NAMES = {
    "ears_c3": "EARS C3",
    "nb_cusum": "NB-CUSUM",
    "farrington": "Farrington",
    "raw_count": "投诉条数 complaint count",
    "bbb": "BBB 点数 points",
    "reply_index": "电诉宝式回复指数 reply index",
    "logistic": "原始比率的逻辑回归 logistic on raw rates",
}


BEST_OBSERVER = "最好的观察者（知道市场怎样造出） best observer (knows how the market was made)"
TRUE_RATE = "真实掉单率（无人可见） true drop rate (seen by nobody)"


@dataclass(frozen=True)
class Row:
    """One measured target. `met` is None where there is no target or nothing to measure; `n` the cases behind the figure."""

    id: str
    title: tuple[str, str]
    figure: Estimate
    unit: str
    rule: str = REPORT
    target: tuple[float, ...] = ()
    n: int = 0
    baselines: dict[str, float] = field(default_factory=dict)
    note: tuple[str, str] = ("", "")

    @property
    def met(self) -> bool | None:
        """Whether the figure itself (not its interval) meets the target."""
        value = self.figure.value
        if self.rule == REPORT or not np.isfinite(value) or self.n < FEWEST:
            return None
        if self.rule == WITHIN:
            return bool(self.target[0] <= value <= self.target[1])
        return bool(value >= self.target[0] if self.rule == AT_LEAST else value <= self.target[0])


class Pool:
    """Markets side by side: weights per platform of all of them, and operators as the unit of resampling."""

    def __init__(self, markets: list[Market], draws: int, seed: int = 1) -> None:
        self.markets, self.draws, self.seed = markets, draws, seed
        sizes = [len(m.groups) for m in markets]
        self.start = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        offsets = np.cumsum([0, *[int(m.groups.max()) + 1 for m in markets]])
        self.groups: Ints = np.concatenate([m.groups + o for m, o in zip(markets, offsets, strict=False)])
        self.site: Ints = np.concatenate(
            [m.snapshots.site + s for m, s in zip(markets, self.start, strict=False)]
        )
        self.of: Ints = np.repeat(np.arange(len(markets)), [len(m.snapshots.site) for m in markets])

    def column(self, name: str) -> Floats:
        """A column of the snapshots of all markets."""
        return np.concatenate([getattr(m.snapshots, name) for m in self.markets])

    def estimate(self, figure: Figure) -> Estimate:
        """The figure with its interval over operators."""
        return bootstrap(figure, self.groups, self.draws, self.seed)

    def detection(self, signal: Callable[[Market], np.ndarray]) -> Detection:
        """A signal measured in every market, platforms one after the other."""
        found = [detect(signal(m), m.truth) for m in self.markets]
        return Detection(
            *(np.concatenate([getattr(d, n) for d in found]) for n in Detection.__dataclass_fields__)
        )
