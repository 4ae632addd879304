"""Every target of the method with its figure, interval, baseline and whether it was met."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from scoring.evaluation.measure import (
    AT_LEAST,
    AT_MOST,
    BASELINE_NAMES,
    BASELINES,
    BEST_OBSERVER,
    CLASSES,
    FALSE_ALLOWED,
    PUBLIC_OBSERVER,
    REPORT,
    TRUE_RATE,
    WITHIN,
    YEARLY_HAZARD,
    Market,
    Pool,
    Row,
)
from scoring.evaluation.metrics import (
    Bools,
    Detection,
    Estimate,
    Figure,
    at_equal_alarms,
    auc,
    bootstrap,
    brier_skill,
    calibration_error,
    detection_at,
    held,
    logistic,
    ratio,
)
from scoring.observations.dataset import Floats, Ints

OBSERVERS = {BEST_OBSERVER: 3, PUBLIC_OBSERVER: 4}
"""Column of Snapshots.beside with the drop rate each of the best observers would estimate."""
ALLOWED_GAP = 0.02
"""How far a figure may lie behind the best observer of what is public."""


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
    for name, column in OBSERVERS.items():
        simple[name] = np.nan_to_num(pool.column("beside")[known][:, column])
    ours, raw = (_cross_fitted(pool, pool.column(n)) for n in ("answers", "raw"))
    late = known & ~np.isnan(ours) & ~np.isnan(raw)
    p, q, yl, sl = ours[late], raw[late], bad[late] == 1, pool.site[late]
    simple_auc = {k: auc(v, y, np.ones(len(y))) for k, v in simple.items()} | {
        BASELINE_NAMES["logistic"]: auc(q, yl, np.ones(len(yl)))
    }
    simple_hit = {k: detection_at(v, y, np.ones(len(y)), FALSE_ALLOWED) for k, v in simple.items()}
    simple_hit[BASELINE_NAMES["logistic"]] = detection_at(q, yl, np.ones(len(yl)), FALSE_ALLOWED)
    what = (
        "不良 = 渐进倒闭前 30 天内，或实际掉单率 ≥10%；其余未承压者为良好。目标：不比只靠公开信息的最好的观察者差 2 个百分点以上",
        "bad = within 30 days of a gradual ending, or 10 % of orders dropped; good = the others not in stress. Target: at most 2 points below the best observer of what is public",
    )
    split = (
        "在较早日期与另一半主体上拟合，在较晚日期与其余主体上评测",
        "fitted on earlier days and half the operators, measured on later days and the other half",
    )
    return [
        Row("auc", ("信用分区分不良平台的 AUC", "AUC of the score"), pool.estimate(lambda w: auc(worse, y, w[site])), "share", AT_LEAST, (simple_auc[PUBLIC_OBSERVER] - ALLOWED_GAP,), int(y.sum()), simple_auc, what),
        Row("detection", ("误伤 ≤2% 时信用分的检出率", "detection by the score at ≤ 2 % false positives"),
            pool.estimate(lambda w: detection_at(worse, y, w[site], FALSE_ALLOWED)), "share", AT_LEAST, (simple_hit[PUBLIC_OBSERVER] - ALLOWED_GAP,), int(y.sum()), simple_hit, what),
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
    median, best = np.ones(len(true)), np.ones((len(true), 2))
    for one in np.unique(market[usable]):
        mine = usable & (market == one)
        median[mine], best[mine] = np.median(true[mine]), np.median(beside[mine, 3:], axis=0)
    told, (known, public) = beside[usable, 0], (beside[usable, 3:] / best[usable]).T
    fact = true[usable] / median[usable]
    site, at, of = pool.site[usable], market[usable], pool.of[usable]
    error, oracle, least = (
        np.log(np.maximum(x, floor)) - np.log(np.maximum(fact, floor)) for x in (told, known, public)
    )
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
            "log", AT_MOST, (0.45,), n, {best_of: _root_mean(site, oracle)(one), PUBLIC_OBSERVER: _root_mean(site, least)(one)}),
        Row("relative_order", ("相对掉单率的次序相关（Spearman，各市场各日平均）", "its rank correlation (Spearman, mean over markets and days)"),
            pool.estimate(lambda w: _spearman(told, fact, at, w[site])), "share", AT_LEAST, (0.75,), n, {name: _spearman(x, fact, at, np.ones(len(at))) for name, x in ((best_of, known), (PUBLIC_OBSERVER, public))}),
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

    def wrong_share(gap: int, rate: Floats | None = None) -> Figure:
        """The share of pairs at least `gap` tiers apart that are the other way round in truth; the tiers ours, or as large and filled by a rate."""
        blocks = []
        for m in range(len(pool.markets)):
            for d in np.unique(day):
                at = np.flatnonzero(ok & (pool.of == m) & (day == d))
                mine = tier[at]
                if rate is not None:
                    mine = np.sort(mine)[np.argsort(np.argsort(np.nan_to_num(rate[at]), kind="stable"))]
                apart = mine[:, None] + gap <= mine[None, :]
                wrong = apart & (harm[at][:, None] > harm[at][None, :])
                blocks.append((pool.site[at], apart.astype(float), wrong.astype(float)))

        def figure(w: Floats) -> float:
            return ratio(
                sum(w[s] @ b @ w[s] for s, _, b in blocks), sum(w[s] @ a @ w[s] for s, a, _ in blocks)
            )

        return figure

    note = (
        "真实次序：其后 30 天付款落空的比例（掉单，或网站没活到交付）；观察者按各自估计的掉单率排，各档大小相同。目标同上",
        "true order: the share of the next 30 days' payments that come to nothing (dropped, or the site is gone); observers fill tiers of the same size by the drop rate they estimate. Target as above",
    )
    n, one = len(np.unique(pool.site[ok])), np.ones(len(pool.groups))
    near, far = (
        {name: wrong_share(gap, pool.column("beside")[:, column])(one) for name, column in OBSERVERS.items()}
        for gap in (1, 2)
    )
    return [
        Row("tiers", ("跨档排错的平台对", "mis-ordered pairs across tiers"), pool.estimate(wrong_share(1)), "share", AT_MOST, (near[PUBLIC_OBSERVER] + ALLOWED_GAP,), n, near, note),
        Row("tiers_apart", ("其中蓝与橙红之间", "of those between blue and orange or red"), pool.estimate(wrong_share(2)), "share", n=n, baselines=far, note=note),
    ]  # fmt: skip


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
