"""Rows about the rating: telling bad platforms from good ones, calibration, the drop rate, and the tiers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from scoring.evaluation.arithmetic import (
    Bools,
    Estimate,
    Figure,
    auc,
    brier_skill,
    calibration_error,
    detection_at,
    logistic,
    ratio,
)
from scoring.evaluation.measure import BASELINES, CLASSES
from scoring.evaluation.pool import (
    AT_LEAST,
    AT_MOST,
    BASELINE_NAMES,
    BEST_OBSERVER,
    FALSE_ALLOWED,
    REPORT,
    TRUE_RATE,
    WITHIN,
    Pool,
    Row,
)
from scoring.facts import Floats, Ints

_CLASS_WORDS = (
    ("全部", "all"), ("逐单计数", "counted"), ("订单计数器", "order counters"), ("自相矛盾的计数器", "inconsistent counters"), ("商品销量", "sold counters"),
)  # fmt: skip
"""Exposure classes of measure.CLASSES in words, after all of them together."""


def snapshot(pool: Pool) -> list[Row]:
    """Bad against good platforms on fixed days: by the score, by the three answers together, and as probabilities."""
    bad = pool.column("bad")
    known = ~np.isnan(bad)
    y, site = bad[known] == 1, pool.site[known]
    failing = pool.column("failing")[known].astype(bool)
    ending = (
        failing | ~y
    )  # Those about to end, against the good ones; shops that drop much and go on are left out.
    worse = 100 - pool.column("score")[known]
    simple = {BASELINE_NAMES[n]: pool.column("baselines")[known][:, i] for i, n in enumerate(BASELINES)}
    # What an all-knowing observer of the drop rate alone would reach: how hard the question itself is.
    simple[TRUE_RATE] = np.nan_to_num(pool.column("realised")[known])
    ours, raw = (_cross_fitted(pool, pool.column(n)) for n in ("answers", "raw"))
    late = known & ~np.isnan(ours) & ~np.isnan(raw)
    p, q, yl, sl = ours[late], raw[late], bad[late] == 1, pool.site[late]
    simple_auc = {k: auc(v, y, np.ones(len(y))) for k, v in simple.items()} | {
        BASELINE_NAMES["logistic"]: auc(q, yl, np.ones(len(yl)))
    }
    simple_hit = {k: detection_at(v, y, np.ones(len(y)), FALSE_ALLOWED) for k, v in simple.items()}
    simple_hit[BASELINE_NAMES["logistic"]] = detection_at(q, yl, np.ones(len(yl)), FALSE_ALLOWED)
    what = (
        "不良 = 渐进倒闭前 30 天内，或实际掉单率 ≥10%；其余未承压者为良好", "bad = within 30 days of a gradual ending, or 10 % of orders dropped; good = the others not in stress",
    )  # fmt: skip
    split = (
        "在较早日期与另一半主体上拟合，在较晚日期与其余主体上评测",
        "fitted on earlier days and half the operators, measured on later days and the other half",
    )
    return [
        Row("auc", ("信用分区分不良平台的 AUC", "AUC of the score"), pool.estimate(lambda w: auc(worse, y, w[site])), "share", AT_LEAST, (0.97,), int(y.sum()), simple_auc, what),
        Row("detection", ("误伤 ≤2% 时信用分的检出率", "detection by the score at ≤ 2 % false positives"),
            pool.estimate(lambda w: detection_at(worse, y, w[site], FALSE_ALLOWED)), "share", AT_LEAST, (0.95,), int(y.sum()), simple_hit, what),
        Row("auc_failing", ("同上，只看渐进倒闭前 30 天内者的 AUC", "AUC, only those within 30 days of a gradual ending as bad"),
            pool.estimate(lambda w: auc(worse[ending], failing[ending], w[site[ending]])), "share", n=int(failing.sum()), baselines=_of(simple, ending, failing, auc)),
        Row("detection_failing", ("误伤 ≤2% 时渐进倒闭前 30 天内者的检出率", "their detection by the score at ≤ 2 % false positives"),
            pool.estimate(lambda w: detection_at(worse[ending], failing[ending], w[site[ending]], FALSE_ALLOWED)), "share", n=int(failing.sum()),
            baselines=_of(simple, ending, failing, lambda s, b, w: detection_at(s, b, w, FALSE_ALLOWED))),
        Row("auc_three", ("三个答案合用的 AUC", "AUC of the three answers together"), pool.estimate(lambda w: auc(p, yl, w[sl])), "share", n=int(yl.sum()), note=split),
        Row("detection_three", ("三个答案合用，误伤 ≤2% 时的检出率", "detection by the three answers at ≤ 2 % false positives"),
            pool.estimate(lambda w: detection_at(p, yl, w[sl], FALSE_ALLOWED)), "share", n=int(yl.sum()), note=split),
        Row("ece", ("不良概率的校准误差 ECE", "calibration error (ECE) of P(bad)"), pool.estimate(lambda w: calibration_error(p, yl, w[sl])), "share",
            AT_MOST, (0.03,), len(p), {BASELINE_NAMES["logistic"]: calibration_error(q, yl, np.ones(len(q)))}, split),
        Row("brier", ("Brier 技能分（相对基准率）", "Brier skill against the base rate"), pool.estimate(lambda w: brier_skill(p, yl, w[sl])), "share",
            AT_LEAST, (0.25,), len(p), {BASELINE_NAMES["logistic"]: brier_skill(q, yl, np.ones(len(q)))}, split),
    ]  # fmt: skip


def _of(
    simple: dict[str, Floats], where: Bools, bad: Bools, figure: Callable[[Floats, Bools, Floats], float]
) -> dict[str, float]:
    """A figure of every baseline over some of the snapshots."""
    return {name: figure(v[where], bad[where], np.ones(int(where.sum()))) for name, v in simple.items()}


def _cross_fitted(pool: Pool, x: Floats) -> Floats:
    """P(bad) of the later half of the snapshots, each fitted on the earlier half of the other half of the operators; else nan."""
    bad, day = pool.column("bad"), pool.column("day")
    x = np.nan_to_num(x)
    middle = np.median(day)
    fold = pool.groups[pool.site] % 2
    out = np.full(len(bad), np.nan)
    for mine in (0, 1):
        train = (day < middle) & (fold != mine) & ~np.isnan(bad)
        test = (day >= middle) & (fold == mine)
        if 5 <= bad[train].sum() <= train.sum() - 5:
            out[test] = logistic(x[train], bad[train])(x[test])
    return out


def beside_median(pool: Pool) -> list[Row]:
    """The drop rate as a multiple of the sector's median: error, order and coverage, beside what an oracle reaches."""
    beside, true, floor = pool.column("beside"), np.maximum(pool.column("realised"), 1e-3), 1e-3
    usable = np.isfinite(beside[:, 0]) & np.isfinite(true) & np.isfinite(beside[:, 3])
    market = pool.of * 100_000 + pool.column("day").astype(int)
    median, best = np.ones(len(true)), np.ones(len(true))
    for one in np.unique(market[usable]):
        mine = usable & (market == one)
        median[mine], best[mine] = np.median(true[mine]), np.median(beside[mine, 3])
    told, known = beside[usable, 0], beside[usable, 3] / best[usable]
    fact = true[usable] / median[usable]
    site, at, of = pool.site[usable], market[usable], pool.of[usable]
    error, oracle = (np.log(np.maximum(x, floor)) - np.log(np.maximum(fact, floor)) for x in (told, known))
    inside = ((beside[usable, 1] <= fact) & (fact <= beside[usable, 2])).astype(float)
    n, one = len(np.unique(site)), np.ones(len(pool.groups))
    if not n:
        return []
    absolute = (
        np.isfinite(pool.column("rate")) & np.isfinite(pool.column("realised")) & (pool.column("kind") >= 0)
    )
    whole = ((pool.column("low") <= true) & (true <= pool.column("high"))).astype(float)
    best_of = BEST_OBSERVER

    def worst(inside: Floats, of: Ints) -> float:
        return min(float(inside[of == m].mean()) for m in np.unique(of))

    return [
        Row("relative_rmse", ("相对掉单率 log-RMSE（同行中位数的倍数）", "drop rate over the median: log-RMSE"), pool.estimate(_root_mean(site, error)),
            "log", AT_MOST, (0.45,), n, {best_of: _root_mean(site, oracle)(one)}),
        Row("relative_order", ("相对掉单率的次序相关（Spearman，各市场各日平均）", "its rank correlation (Spearman, mean over markets and days)"),
            pool.estimate(lambda w: _spearman(told, fact, at, w[site])), "share", AT_LEAST, (0.75,), n, {best_of: _spearman(known, fact, at, np.ones(len(at)))}),
        Row("relative_cover", ("相对掉单率 90% 区间的覆盖率", "coverage of its 90 % interval"), pool.estimate(_mean(site, inside)), "share", WITHIN, (0.88, 0.93), n),
        Row("relative_cover_worst", ("同上，最差的一个市场", "the same, worst single market"), Estimate(worst(inside, of), np.nan, np.nan), "share", AT_LEAST, (0.70,), len(np.unique(of))),
        Row("drop_cover_worst", ("掉单率 90% 区间的覆盖率，最差的一个市场", "coverage of the absolute rate's 90 % interval, worst single market"),
            Estimate(worst(whole[absolute], pool.of[absolute]), np.nan, np.nan), "share", AT_LEAST, (0.70,), len(np.unique(of))),
    ]  # fmt: skip


def _spearman(said: Floats, true: Floats, block: Ints, weight: Floats) -> float:
    """Mean of the rank correlations of blocks, each over its entries of positive weight; blocks of fewer than five are left out."""
    found = []
    for one in np.unique(block):
        mine = (block == one) & (weight > 0)
        if mine.sum() >= 5:
            a, b = (rankdata(x[mine]) for x in (said, true))
            found.append(float(np.corrcoef(a, b)[0, 1]))
    return float(np.nanmean(found)) if found else float("nan")


def drops(pool: Pool) -> list[Row]:
    """Error and coverage of the drop rate against what was dropped, in all and by class of exposure."""
    rate, low, high, true, kind = (pool.column(n) for n in ("rate", "low", "high", "realised", "kind"))
    out = []
    floor = 1e-3
    true = np.maximum(true, floor)
    usable = np.isfinite(rate) & np.isfinite(true) & (kind >= 0)
    error = np.log(np.maximum(rate, floor)) - np.log(true)
    inside = (low <= true) & (true <= high)
    for code, (zh, en) in enumerate(_CLASS_WORDS, -1):
        mine = usable & ((kind == code) | (code < 0))
        if not mine.any():
            continue
        site = pool.site[mine]
        n = len(np.unique(site))
        name = "all" if code < 0 else CLASSES[code]
        out += [
            Row(f"drop_rmse_{name}", (f"掉单率 log-RMSE（{zh}）", f"drop rate log-RMSE ({en})"), pool.estimate(_root_mean(site, error[mine])),
                "log", AT_MOST if code < 0 else REPORT, (0.70,), n),
            Row(f"drop_cover_{name}", (f"掉单率 90% 区间的覆盖率（{zh}）", f"coverage of the 90 % interval ({en})"),
                pool.estimate(_mean(site, inside[mine].astype(float))), "share", WITHIN if code >= 0 else REPORT, (0.88, 0.92), n),
        ]  # fmt: skip
    return out


def _mean(site: Ints, values: Floats) -> Figure:
    return lambda w: ratio((w[site] * values).sum(), w[site].sum())


def _root_mean(site: Ints, values: Floats) -> Figure:
    return lambda w: float(np.sqrt(ratio((w[site] * values**2).sum(), w[site].sum())))


def tiers(pool: Pool) -> list[Row]:
    """Pairs of one market and day in different tiers (蓝 1, 黄 2, 橙 and 红 3) whose true harm is the other way round."""
    tier = np.minimum(pool.column("verdict").astype(int), 2)
    rated, harm, day = (pool.column("verdict") < 4), pool.column("harm"), pool.column("day")
    ok = rated & ~np.isnan(harm)

    def wrong_share(gap: int) -> Figure:
        """The share of pairs at least `gap` tiers apart that are the other way round in truth."""
        blocks = []
        for m in range(len(pool.markets)):
            for d in np.unique(day):
                at = np.flatnonzero(ok & (pool.of == m) & (day == d))
                apart = tier[at][:, None] + gap <= tier[at][None, :]
                wrong = apart & (harm[at][:, None] > harm[at][None, :])
                blocks.append((pool.site[at], apart.astype(float), wrong.astype(float)))

        def figure(w: Floats) -> float:
            return ratio(
                sum(w[s] @ b @ w[s] for s, _, b in blocks), sum(w[s] @ a @ w[s] for s, a, _ in blocks)
            )

        return figure

    note = (
        "真实次序：其后 30 天付款落空的比例（掉单，或网站没活到交付）", "true order: the share of the next 30 days' payments that come to nothing (dropped, or the site is gone)",
    )  # fmt: skip
    n = len(np.unique(pool.site[ok]))
    return [
        Row("tiers", ("跨档排错的平台对", "mis-ordered pairs across tiers"), pool.estimate(wrong_share(1)), "share", AT_MOST, (0.04,), n, note=note),
        Row("tiers_apart", ("其中蓝与橙红之间", "of those between blue and orange or red"), pool.estimate(wrong_share(2)), "share", n=n, note=note),
    ]  # fmt: skip
