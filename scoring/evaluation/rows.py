"""Every target of the method with its figure, interval, baseline and whether it was met: the warning, and all rows in order."""

from __future__ import annotations

import numpy as np

from scoring.evaluation.arithmetic import ratio
from scoring.evaluation.detection import Detection, at_equal_alarms, held
from scoring.evaluation.measure import Market
from scoring.evaluation.pool import AT_LEAST, AT_MOST, BASELINE_NAMES, YEARLY_HAZARD, Pool, Row
from scoring.evaluation.rows_rating import beside_median, drops, snapshot, tiers
from scoring.evaluation.rows_steady import robust, stable
from scoring.facts import Floats


def rows_of(markets: list[Market], draws: int = 200) -> list[Row]:
    """All rows, in the order of the published table; `draws` resamples of operators per interval."""
    pool = Pool(markets, draws)
    return [
        *_warnings(pool),
        *_alarms(pool),
        *snapshot(pool),
        *beside_median(pool),
        *drops(pool),
        *tiers(pool),
        *robust(pool),
        *stable(pool),
    ]


def rate_rows(markets: list[Market], draws: int = 200) -> list[Row]:
    """The rows about drop rates alone, of markets of which nothing else was measured."""
    pool = Pool(markets, draws)
    return [*beside_median(pool), *drops(pool)]


def _warnings(pool: Pool) -> list[Row]:
    ours = pool.detection(lambda m: m.warning)
    n = int(ours.gradual.sum())
    rate = ours.per_year(np.ones(len(pool.groups)))
    simple: dict[str, Detection] = {}
    for name in ("ears_c3", "nb_cusum", "farrington", "raw_count"):
        limit = at_equal_alarms([m.panels[name] for m in pool.markets], [m.truth for m in pool.markets], rate)
        simple[name] = pool.detection(lambda m, name=name, limit=limit: held(m.panels[name] >= limit))  # type: ignore[misc]
    one = np.ones(len(pool.groups))
    ahead = {BASELINE_NAMES[k]: d.share(14, one) for k, d in simple.items()}
    ears = simple["ears_c3"]
    same = (
        "基线门限取为误报率与我们相同（在同一批市场上选取，对基线有利）；Farrington 需要一年前的同期，前 55 周无从报警",
        "baseline thresholds give our false alarm rate, chosen on these very markets, in the baseline's favour; Farrington needs the same weeks a year before and is silent for the first 55",
    )
    return [
        Row("warning_14d", ("渐进倒闭在结束 ≥14 天前进入预警的比例", "gradual failures in 预警 ≥ 14 days ahead"),
            pool.estimate(lambda w: ours.share(14, w)), "share", AT_LEAST, (0.80,), n, ahead, same),
        Row("warning_7d", ("同上，≥7 天", "the same, ≥ 7 days"), pool.estimate(lambda w: ours.share(7, w)), "share", n=n,
            baselines={BASELINE_NAMES[k]: d.share(7, one) for k, d in simple.items()}),
        Row("warning_30d", ("同上，≥30 天", "the same, ≥ 30 days"), pool.estimate(lambda w: ours.share(30, w)), "share", n=n,
            baselines={BASELINE_NAMES[k]: d.share(30, one) for k, d in simple.items()}),
        Row("lead", ("提前天数中位数（被发现者）", "median lead of those detected"), pool.estimate(ours.median_lead), "days", AT_LEAST, (30.0,),
            n, {BASELINE_NAMES[k]: d.median_lead(one) for k, d in simple.items()}),
        Row("false_warning", ("每平台年误报预警次数", "false 预警 per platform-year"), pool.estimate(ours.per_year), "per year", AT_MOST, (0.1,),
            int(ours.years.sum()), {BASELINE_NAMES[k]: d.per_year(one) for k, d in simple.items()}),
        Row("above_ears", ("同等误报下比 EARS C3 周报多发现（≥14 天）", "points above EARS C3 weekly at equal false alarms (≥ 14 days)"),
            pool.estimate(lambda w: 100 * (ours.share(14, w) - ears.share(14, w))), "points", AT_LEAST, (15.0,), n),
        _silent(pool),
    ]  # fmt: skip


def _silent(pool: Pool) -> Row:
    """Endings without signs, apart: a signal in their last 30 days can only be chance."""
    hit, many = [], []
    for m in pool.markets:
        t = m.truth
        silent = (t.part == "sudden") & (t.end < t.days)
        on = np.array(
            [
                m.warning[i, max(int(t.end[i]) - 30, 0) : int(t.end[i])].any() if silent[i] else False
                for i in range(len(t.end))
            ]
        )
        hit.append(on)
        many.append(silent)
    a, b = np.concatenate(hit), np.concatenate(many)
    return Row(
        "silent", ("无征兆结束者在最后 30 天内处于预警（另报，只可能是巧合）", "endings without signs in 预警 during their last 30 days (apart; can only be chance)"),
        pool.estimate(lambda w: ratio((w * a).sum(), (w * b).sum())), "share", n=int(b.sum()),
    )  # fmt: skip


def _alarms(pool: Pool) -> list[Row]:
    found = pool.detection(lambda m: m.proposed)

    def at_hazard(w: Floats) -> float:
        caught = YEARLY_HAZARD * found.share(0, w)
        return ratio(caught, caught + found.per_year(w))

    n = int((found.true + found.false).sum())
    said = (
        "评测的是提议：警报须人工确认，这里没有人",
        "proposals are measured: an alarm needs a person, and there is none here",
    )
    return [
        Row("alarm_precision", ("警报提议的准确率", "precision of proposed 警报"), pool.estimate(found.precision), "share", AT_LEAST, (0.80,), n, note=said),
        Row("alarm_precision_10", ("同上，按年失败率 10% 折算", "the same at a yearly hazard of 10 %"), pool.estimate(at_hazard), "share", n=n, note=said),
        Row("alarm_14d", ("渐进倒闭在 ≥14 天前有警报提议", "gradual failures with a proposed 警报 ≥ 14 days ahead"),
            pool.estimate(lambda w: found.share(14, w)), "share", n=int(found.gradual.sum()), note=said),
        Row("alarm_false", ("每平台年误提议警报次数", "false proposals of 警报 per platform-year"), pool.estimate(found.per_year), "per year", n=int(found.years.sum())),
    ]  # fmt: skip
