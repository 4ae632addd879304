"""Rows about what must not move an answer: false complaints, hiding, silence, and arithmetic."""

from __future__ import annotations

import numpy as np

from scoring.evaluation.arithmetic import Estimate, bootstrap, ratio
from scoring.evaluation.pool import AT_MOST, Pool, Row
from scoring.facts import Floats


def robust(pool: Pool) -> list[Row]:
    """Bombing with false complaints, and hiding."""
    found = [m.attacked for m in pool.markets if m.attacked is not None and len(m.attacked)]
    out = []
    if found:
        hit = np.concatenate(found)
        groups = np.arange(len(hit))

        def over(column: int, limit: float) -> Estimate:
            return bootstrap(
                lambda w: ratio((w * (hit[:, column] > limit)).sum(), w.sum()), groups, pool.draws, pool.seed
            )

        def typical(w: Floats) -> float:
            return float(np.quantile(np.repeat(hit[:, 0], w.astype(int)), 0.95)) if w.sum() else float("nan")

        what = (
            "3 天内 40 条改写过的假投诉，各由一人之手",
            "40 paraphrased false complaints in 3 days, one writer each",
        )
        out = [
            Row("bomb_alarm", ("被刷投诉的健康平台中升到警报提议", "bombed healthy platforms that reach a proposed 警报"), over(2, 0), "share", AT_MOST, (0.03,), len(hit), note=what),
            Row("bomb_warning", ("升到预警", "… that reach 预警"), over(1, 0), "share", AT_MOST, (0.10,), len(hit), note=what),
            Row("bomb_points", ("信用分最多降低（第 95 百分位）", "points moved (95th percentile)"), bootstrap(typical, groups, pool.draws, pool.seed), "points", AT_MOST, (3.0,), len(hit), note=what),
        ]  # fmt: skip
    better = np.concatenate([m.hidden_better for m in pool.markets]).astype(float)
    note = ("与继续展示当时的内容相比", "compared with showing on what was shown then")
    total = int(better.sum())
    out.append(
        Row("hiding", ("隐藏一切自有页面后标签变好的平台数", "platforms whose label improves by hiding all they control"), Estimate(total, np.nan, np.nan), "platforms", AT_MOST, (0.0,), len(better), note=note)
    )  # fmt: skip
    return out


def stable(pool: Pool) -> list[Row]:
    """Quiet days, weekly changes of colour, and the sum of the contributions."""
    changes = int(sum(m.quiet_changes.sum() for m in pool.markets))
    flips, weeks = (np.concatenate([getattr(m, n) for m in pool.markets]) for n in ("flips", "weeks"))
    error = max(m.sum_error for m in pool.markets)
    return [
        Row("quiet", ("30 天无新证据期间的标签变化数", "label changes in 30 days without new evidence"), Estimate(changes, np.nan, np.nan), "changes", AT_MOST, (0.0,), len(pool.groups)),
        Row("flips", ("平稳时期每周颜色变化", "weekly changes of colour in calm times"), pool.estimate(lambda w: ratio((w * flips).sum(), (w * weeks).sum())), "share", AT_MOST, (0.02,), int(weeks.sum())),
        Row("sums", ("各项贡献之和与信用分之差（最大）", "largest gap between contributions and score"), Estimate(error, np.nan, np.nan), "points", AT_MOST, (1e-9,), len(pool.groups)),
    ]  # fmt: skip
