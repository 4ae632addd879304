"""Evidence for the warning that is not complaints: backlog, counters, prices, terms, reachability. Each adds at most
OTHER_CAP a day, and only on days something was observed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from scoring import method
from scoring.features.complaint_surge import _gap
from scoring.features.orders import backlog, counters
from scoring.observations.dataset import GROUPS, NEVER, Dataset, Floats, Ints, ObservationColumns
from scoring.observations.panel import (
    Bools,
    cached,
    complaints,
    copy_weights,
    days_of_column,
    exponential_carry,
    forward_fill,
    gather,
    latest,
    until_known,
    visited,
    window,
)

_HALF = 45.0
TIGHT = (
    re.compile(
        r"(提现|提款|取现)[^。；\n]{0,12}(暂停|关闭|停止|延长|限制|维护)|(暂停|关闭|停止)[^。；\n]{0,8}(提现|提款|退款)"
    ),
    re.compile(r"提现手续费|手续费[^。；\n]{0,8}(调整|提高|上调|收取)"),
    re.compile(r"(起提|最低提现|满\s*\d+\s*(元)?(方|才)?可提)"),
    re.compile(
        r"(余额|充值)[^。；\n]{0,12}(不可提现|不支持提现|不予退|概不退)|概不退款|不支持退款|一经(售出|充值)[^。；\n]{0,8}不(退|予)"
    ),
    re.compile(r"冻结期|延迟到账|审核[^。；\n]{0,6}工作日"),
)
"""Clauses by which a site holds on to money: suspended or delayed withdrawals, fees, minimums, no refunds."""


@dataclass(frozen=True)
class SiteSignals:
    """Daily evidence per stream, and the days the present run of failed probes has lasted (-1 none), platforms × days."""

    evidence: dict[str, Floats]
    down_run: Floats


def signs(facts: Dataset) -> SiteSignals:
    """All evidence that is not complaints."""
    found: SiteSignals = cached(facts, "signs", lambda: _signs(facts))
    return found


def _signs(facts: Dataset) -> SiteSignals:
    site, run = reachability(facts)
    streams = {
        "backlog": _backlog(facts),
        "counters": _counters(facts),
        "price": _price(facts),
        "handling": _handling(facts),
        "terms": _terms(facts),
        "operator": _operator(facts),
    }
    return SiteSignals({**streams, "site": site}, run)


def _observed(facts: Dataset, rows: ObservationColumns) -> Bools:
    out = np.zeros(facts.shape, bool)
    inside = (rows.seen >= 0) & (rows.seen < facts.days)
    out[rows.platform[inside], rows.seen[inside]] = True
    return out


def _against_own_past(values: Floats, fresh: Bools, floor: float) -> Floats:
    """Robust-ish z of today's value against the platform's own decayed mean and spread, both ending BASELINE_GAP days ago.

    A reading weighs the days it covers, so that looking more often does not move the baseline.
    """
    keep = 0.5 ** (1 / _HALF)
    seen = np.where(fresh, _gap(fresh), 0.0)
    y = np.where(fresh, np.nan_to_num(values), 0.0)

    def smooth(x: Floats) -> Floats:
        out = exponential_carry(x, keep)
        shifted = np.zeros_like(out)
        shifted[:, method.BASELINE_GAP :] = out[:, : -method.BASELINE_GAP]
        return shifted if out.shape[1] > method.BASELINE_GAP else np.zeros_like(out)

    readings = smooth(np.where(fresh, 1.0, 0.0))
    n = np.maximum(smooth(seen), 1e-9)
    mean, square = smooth(seen * y) / n, smooth(seen * y * y) / n
    sd = np.sqrt(np.maximum(square - mean * mean, 0.0) + floor**2)
    return np.where(fresh & (readings >= 2.0), (values - mean) / sd, np.nan)


def _per_day(z: Floats, fresh: Bools) -> Floats:
    """Evidence of z-scores, for each of the days an observation covers."""
    centre, slope = method.SIGN_LLR
    one = np.clip(slope * (np.nan_to_num(z, nan=centre) - centre), method.SIGN_FLOOR, method.OTHER_CAP)
    return np.where(fresh & np.isfinite(z), one * _gap(fresh), 0.0)


def _counting_on(facts: Dataset, values: Floats, fresh: Bools, floor: float, hidden: Bools) -> Floats:
    """Evidence of values read on `fresh` days, against the platform's own past.

    What visits no longer find, for CADENCE_DAYS or because it is found hidden, is taken as unchanged for DROP_WINDOW days, and
    can then only count against: hiding a bad sign does not end it.
    """
    today = np.broadcast_to(np.arange(facts.days)[None, :], facts.shape)
    since = today - forward_fill(today, fresh, -NEVER)
    missed = visited(facts, "site")[0] & ~fresh & (hidden | (since >= method.CADENCE_DAYS))
    missed &= since < method.DROP_WINDOW
    days = fresh | missed
    z = _against_own_past(np.where(missed, forward_fill(values, fresh, np.nan), values), days, floor)
    return np.where(
        missed,
        np.maximum(_per_day(z, days), 0.0),
        np.where(z < method.SIGN_LLR[0], _per_day(z, fresh), _per_day(z, days)),
    )


def _backlog(facts: Dataset) -> Floats:
    """Days of unprocessed orders."""
    b = backlog(facts)
    fresh = _observed(facts, b.rows) & np.isfinite(b.days)
    return _counting_on(facts, np.log(np.nan_to_num(b.days, nan=1.0) + 0.2), fresh, 0.25, b.hidden)


def just_hid(facts: Dataset) -> Bools:
    """Where a counter is hidden that was shown within the last DROP_WINDOW days: meanwhile no state steps down, and what it would
    show is taken to support what complaints say."""
    rows = counters(facts)
    shown = rows.take(~rows["concealed"].astype(bool))
    last = gather(shown.day, latest(facts, shown), -NEVER)
    today = np.arange(facts.days)[None, :]
    return np.asarray(backlog(facts).hidden & (today - last <= method.DROP_WINDOW))


def _counters(facts: Dataset) -> Floats:
    """A complaint site's 30-day counter against its own past, where no single complaints of that site are known."""
    rows = facts.rows["counters"]
    rows = rows.take(~np.isnan(rows["valid_30d"])) if len(rows) else rows
    if not len(rows):
        return np.zeros(facts.shape)
    at = latest(facts, rows)
    fresh = _observed(facts, rows)
    value = gather(rows["valid_30d"], at, 0.0)
    alone = window(facts, facts.rows["complaint"], 60) < 1
    z = _against_own_past(np.log1p(value), fresh & (at >= 0), 0.4)
    return np.where(alone, _per_day(z, fresh & (at >= 0)), 0.0)


def price_deviation(facts: Dataset) -> tuple[ObservationColumns, Floats]:
    """(price rows, log price of each against the mean of earlier prices of the same product at the same platform)."""

    def make() -> tuple[ObservationColumns, Floats]:
        rows = facts.rows["price"]
        rows = rows.take(np.nan_to_num(rows["price"]) > 0) if len(rows) else rows
        if not len(rows):
            return rows, np.empty(0)
        _, product = np.unique(rows["product"].astype(str), return_inverse=True)
        order = np.lexsort((rows.at, product, rows.platform))
        log = np.log(rows["price"][order])
        # Summed platform by platform: what a site's prices add up to may not depend on who is judged beside it.
        sums = [np.cumsum(part) for part in np.split(log, np.flatnonzero(np.diff(rows.platform[order])) + 1)]
        new = np.r_[True, (np.diff(product[order]) != 0) | (np.diff(rows.platform[order]) != 0)]
        start = np.maximum.accumulate(np.where(new, np.arange(len(log)), 0))
        before = np.concatenate(sums) - log
        n = np.arange(len(log)) - start
        mean = (before - before[start]) / np.maximum(n, 1)
        out = np.empty(len(log))
        out[order] = np.where(n > 0, log - mean, 0.0)
        return rows, out

    found: tuple[ObservationColumns, Floats] = cached(facts, "price_deviation", make)
    return found


def _price(facts: Dataset) -> Floats:
    """Prices of the last week below the platform's own past; ordinary sales widen its own spread and count less."""
    rows, deviation = price_deviation(facts)
    if not len(rows):
        return np.zeros(facts.shape)
    n = window(facts, rows, method.CADENCE_DAYS)
    mean = window(facts, rows, method.CADENCE_DAYS, deviation) / np.maximum(n, 1)
    fresh = _observed(facts, rows) & (n > 0)
    return _counting_on(facts, -mean, fresh, method.PRICE_NOISE, np.zeros(facts.shape, bool))


def _handling(facts: Dataset) -> Floats:
    """Share of complaints of the last weeks that got no answer within a week, against the platform's own past."""
    rows, weight = until_known(facts, complaints(facts), "replied_at", "answered_at"), copy_weights(facts)
    due = replace(rows, day=rows.day + method.CADENCE_DAYS)
    late = days_of_column(facts, rows, "replied_at") > due.day
    length = 3 * method.CADENCE_DAYS
    cases = window(facts, due, length, weight)
    share = (window(facts, due.take(late), length, weight[late]) + 1.0) / (cases + 2.0)
    fresh = visited(facts, "complaint")[0] & (cases >= method.HANDLING_CASES)
    return _per_day(_against_own_past(share, fresh, method.HANDLING_NOISE), fresh)


@lru_cache(maxsize=20_000)
def tightness(text: str | None) -> int:
    """How many kinds of money-holding clauses a text has."""
    return sum(1 for clause in TIGHT if text and clause.search(text))


def tightened(facts: Dataset) -> ObservationColumns:
    """The pages on which more such clauses stand than on the version of the same page seen before."""

    def make() -> ObservationColumns:
        rows = facts.rows["page"]
        known: dict[str | None, int] = {}
        score = np.array(
            [known.setdefault(t, tightness(t)) if t not in known else known[t] for t in rows["text"]],
            np.int64,
        )
        if not len(rows):
            return rows
        _, role = np.unique(rows["role"].astype(str), return_inverse=True)
        order = np.lexsort((rows.at, role, rows.platform))
        same = np.r_[False, (np.diff(role[order]) == 0) & (np.diff(rows.platform[order]) == 0)]
        more = np.zeros(len(rows), bool)
        more[order] = same & (np.diff(score[order], prepend=0) > 0)
        return rows.take(more)

    found: ObservationColumns = cached(facts, "tightened", make)
    return found


def _terms(facts: Dataset) -> Floats:
    """OTHER_CAP for each of the TERMS_EVIDENCE_DAYS watched days from a tightening on; a day nobody looks waits for the next visit."""
    rows = tightened(facts)
    watched = _gap(np.any([visited(facts, group)[0] for group in GROUPS], axis=0))
    total = np.cumsum(watched, axis=1)
    before = total - watched
    seen = _observed(facts, rows)
    until = forward_fill(before + method.TERMS_EVIDENCE_DAYS, seen, 0.0)
    found: Floats = method.OTHER_CAP * (np.minimum(total, until) - np.minimum(before, until))
    return found


def down_probes(facts: Dataset) -> tuple[ObservationColumns, Bools]:
    """(probes, which of them found the site down while our own line was fine: see scoring.observations.dataset.Line)."""

    def make() -> tuple[ObservationColumns, Bools]:
        rows = facts.rows["probe"]
        down = rows["outcome"] == "down"
        share_down = facts.line.down
        fault = share_down[np.clip(rows.seen, 0, facts.days - 1)] > 0.5 if len(rows) else np.empty(0, bool)
        return rows, np.asarray(down & ~fault, bool)

    found: tuple[ObservationColumns, Bools] = cached(facts, "down_probes", make)
    return found


def _operator(facts: Dataset) -> Floats:
    """OTHER_CAP once: on the day another site of the same operator was found closed."""
    out = np.zeros(facts.shape)
    for at, site in enumerate(facts.sites):
        if site.host in facts.trouble:
            out[at, facts.trouble[site.host][0]] = method.OTHER_CAP
    return out


def reachability(facts: Dataset) -> tuple[Floats, Floats]:
    """(evidence, days the present run of failed probes has lasted)."""
    rows, down = down_probes(facts)
    fault = (rows["outcome"] == "down") & ~down
    rows, down = rows.take(~fault), down[~fault]
    at = latest(facts, rows)
    now = gather(down, at, False).astype(bool)
    start_of_run = _run_begins(facts, rows, down, now)
    # Nobody looking again is no sign of life, nor is a counter found hidden: a run of failures ends with a probe that
    # succeeds or with something read there.
    shown = counters(facts)
    shown = shown.take(~shown["concealed"].astype(bool))
    read = np.any([_observed(facts, r) for r in (shown, facts.rows["price"], facts.rows["page"])], axis=0)
    alive = forward_fill(np.broadcast_to(np.arange(facts.days)[None, :], facts.shape), read, -1) > gather(
        rows.day, at, 0
    )
    run = np.where(now & ~alive, gather(rows.day, at, 0) - start_of_run, -1)
    failing = _observed(facts, rows.take(down)) & now
    return np.where(failing, method.SITE_EVIDENCE, 0.0), run.astype(float)


def answers_before(facts: Dataset, site: int, day: int) -> int:
    """Probes the site answered, of those known on a day (index); a refusal is an answer. None: it was down when we first looked."""
    rows = facts.rows["probe"]
    known = (rows.platform == site) & (rows.seen <= day) & (rows.gone > day)
    return int(np.count_nonzero(known & (rows["outcome"] != "down"))) if len(rows) else 0


def _run_begins(facts: Dataset, rows: ObservationColumns, down: Bools, now: Bools) -> Ints:
    """The day of the first of the failed probes since one succeeded, of those standing on each day; 0 where `now` is false."""
    out = np.zeros(facts.shape, dtype=np.int64)
    failed = np.flatnonzero(down)
    if not now.any():
        return out
    rank = np.empty(len(rows), dtype=np.int64)
    rank[np.lexsort((rows.at, rows.platform))] = np.arange(len(rows))
    failed = failed[np.argsort(rank[failed])]
    answered = latest(facts, rows.take(~down))
    site, day = np.nonzero(now)
    last = gather(np.flatnonzero(~down), answered[site, day], -1)
    first = np.where(last >= 0, np.searchsorted(rank[failed], gather(rank, last, 0)), 0)
    first = np.maximum(first, np.searchsorted(rows.platform[failed], site))
    # The first of them may not have been seen yet, or have been withdrawn; the newest, which `now` rests on, was and is not.
    while (hidden := (rows.seen[failed[first]] > day) | (rows.gone[failed[first]] <= day)).any():
        first += hidden
    out[site, day] = rows.day[failed[first]]
    return out


_DEPOSIT_ONLY = re.compile(r"(余额|充值)[^。；\n]{0,12}(不可提现|不支持提现|不能提现|只充不提)")
_MOVED = re.compile(r"(最新|新的?|备用)(地址|域名|网址)|更换(域名|网址|地址)|域名(更换|变更|迁移)")


def deposit_only(text: str | None) -> bool:
    """Does a page say that a prepaid balance cannot be withdrawn?"""
    return bool(text and _DEPOSIT_ONLY.search(text))


def moved(facts: Dataset) -> ObservationColumns:
    """Pages that announce a new address while the version of the same page before did not."""

    def make() -> ObservationColumns:
        rows = facts.rows["page"]
        if not len(rows):
            return rows
        says = np.array([bool(t and _MOVED.search(t)) for t in rows["text"]], bool)
        _, role = np.unique(rows["role"].astype(str), return_inverse=True)
        order = np.lexsort((rows.at, role, rows.platform))
        same = np.r_[False, (np.diff(role[order]) == 0) & (np.diff(rows.platform[order]) == 0)]
        before = np.r_[False, says[order][:-1]]
        fresh = np.zeros(len(rows), bool)
        fresh[order] = says[order] & same & ~before
        return rows.take(fresh)

    found: ObservationColumns = cached(facts, "moved", make)
    return found
