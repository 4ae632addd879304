"""Turn rows into panels: arrays of platforms × days that at each day hold only what was visible by then.

All functions are pure and vectorised; none loops over platforms.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.observations.dataset import (
    BIT,
    GROUP_OF,
    GROUPS,
    NEVER,
    SOURCE_SHOWS,
    Dataset,
    Floats,
    Ints,
    ObservationColumns,
    Ranks,
    joined,
)
from scoring.observations.day_index import MICROSECONDS

Bools = NDArray[np.bool_]
D = TypeVar("D", bound=Dataset)


def interval_sum(
    facts: Dataset, rows: ObservationColumns, start: Ints, end: Ints, weight: Floats | None = None
) -> Floats:
    """Sum of `weight` (default 1) over rows, each counting on the days start..end-1 of its platform and while it stands."""
    sites, days = facts.shape
    begin = np.maximum(start, 0)
    stop = np.minimum(np.minimum(end, rows.gone), days)
    live = begin < stop
    at = rows.platform[live] * (days + 1)
    size = sites * (days + 1)
    if weight is None:
        count = np.bincount(at + begin[live], minlength=size) - np.bincount(at + stop[live], minlength=size)
        return np.cumsum(count.reshape(sites, days + 1)[:, :days], axis=1, dtype=np.float64)
    w = weight[live]
    steps = np.bincount(at + begin[live], w, size) - np.bincount(at + stop[live], w, size)
    total = np.cumsum(steps.reshape(sites, days + 1)[:, :days], axis=1)
    total[np.abs(total) < 1e-9] = 0.0
    return total


def window(facts: Dataset, rows: ObservationColumns, length: int, weight: Floats | None = None) -> Floats:
    """Rows (or their weight) whose event lies in the last `length` days and that were visible, per platform and day."""
    return interval_sum(facts, rows, np.maximum(rows.day, rows.seen), rows.day + length, weight)


def decayed(
    facts: Dataset, rows: ObservationColumns, half_life: float, weight: Floats | None = None
) -> Floats:
    """Sum of weight × 0.5^(age / half_life) over the visible rows, per platform and day (carried along the days)."""
    sites, days = facts.shape
    w = np.ones(len(rows)) if weight is None else weight
    begin = np.maximum(np.maximum(rows.day, rows.seen), 0)
    size = sites * (days + 1)
    stop = np.minimum(rows.gone, days)
    live = begin < stop
    base = rows.platform[live] * (days + 1)
    age_in = 0.5 ** ((begin[live] - rows.day[live]) / half_life)
    age_out = 0.5 ** ((stop[live] - rows.day[live]) / half_life)
    impulses: Floats = np.bincount(base + begin[live], w[live] * age_in, size).astype(np.float64)
    impulses -= np.bincount(base + stop[live], w[live] * age_out, size)
    out = exponential_carry(impulses.reshape(sites, days + 1)[:, :days], 0.5 ** (1 / half_life))
    out[np.abs(out) < 1e-9] = 0.0
    return out


def exponential_carry(x: Floats, keep: float) -> Floats:
    """y[:, t] = x[:, t] + keep · y[:, t-1] (scipy.signal.lfilter says the same, but its import takes a second)."""
    out = np.array(x, dtype=np.float64)
    for day in range(1, out.shape[1]):
        out[:, day] += keep * out[:, day - 1]
    return out


def latest(facts: Dataset, rows: ObservationColumns) -> Ints:
    """Position in `rows` of the latest observation (by time of event) standing on each day; -1 before the first."""
    cuts = np.unique(rows.gone[(rows.gone < facts.days) & (rows.gone > 0)])
    if len(cuts) == 0:
        return _latest(facts, rows, rows.gone > 0)
    out = np.full(facts.shape, -1, dtype=np.int64)
    for low, high in zip([0, *cuts], [*cuts, facts.days], strict=True):
        out[:, low:high] = _latest(facts, rows, rows.gone > low)[:, low:high]
    return out


def _latest(facts: Dataset, rows: ObservationColumns, standing: Bools) -> Ints:
    sites, days = facts.shape
    place = np.full(sites * days, -1, dtype=np.int64)
    keep = np.flatnonzero(standing & (rows.seen < days))
    if not len(keep):
        return place.reshape(sites, days)
    rank = np.empty(len(rows), dtype=np.int64)
    rank[np.argsort(rows.at, kind="stable")] = np.arange(len(rows))
    key = rows.platform[keep] * (len(rows) + 1) + rank[keep]
    # Rows come ordered by platform and time seen: an older event seen later never replaces a newer one.
    keep = keep[key >= np.maximum.accumulate(key)]
    day = np.maximum(rows.seen[keep], 0)
    place[rows.platform[keep] * days + day] = keep
    filled: Ints = np.maximum.accumulate(place.reshape(sites, days), axis=1)
    return filled


def gather(values: NDArray[Any], position: Ints, missing: Any = np.nan) -> NDArray[Any]:
    """values[position], with `missing` where position is -1."""
    if len(values) == 0:
        return np.full(position.shape, missing)
    return np.where(position >= 0, values[np.maximum(position, 0)], missing)


def age(facts: Dataset, rows: ObservationColumns, position: Ints) -> Floats:
    """Days since the event of the row at `position`; infinite where there is none."""
    today = np.arange(facts.days)[None, :]
    return np.where(position >= 0, today - gather(rows.day, position, 0), np.inf)


def freshness(age_days: Floats, cadence: float) -> Floats:
    """1 within the cadence of the source, then halving every HALF_LIFE_FACT days; 0 for something never seen."""
    late = np.maximum(age_days - cadence, 0.0)
    return np.where(np.isfinite(age_days), 0.5 ** (late / method.HALF_LIFE_FACT), 0.0)


def forward_fill(values: NDArray[Any], mask: Bools, missing: Any) -> NDArray[Any]:
    """On days where `mask` is false, the value of the last day where it was true (else `missing`)."""
    days = values.shape[1]
    last = np.maximum.accumulate(np.where(mask, np.arange(days)[None, :], -1), axis=1)
    held = np.take_along_axis(values, np.maximum(last, 0), axis=1)
    return np.where(last >= 0, held, missing)


def of_kinds(rows: ObservationColumns, *kinds: str) -> ObservationColumns:
    """The complaints that have at least one of `kinds` (spam excluded)."""
    bits = sum(BIT[k] for k in kinds)
    return rows.take(((rows["kinds"] & bits) != 0) & ((rows["kinds"] & BIT["spam"]) == 0))


def complaints(facts: Dataset) -> ObservationColumns:
    """All complaints that count: no spam, and none while it is held back as part of a campaign (scoring/linkage/campaigns.py).

    One that counted before it was held and again after a person released it is there twice, the second time `again`; so is
    one whose rank as a copy changed, once for each rank.
    """
    found: ObservationColumns = cached(
        facts, "complaints", lambda: _counting(facts.rows["complaint"], facts.ranks)
    )
    return found


def _counting(rows: ObservationColumns, ranks: Ranks) -> ObservationColumns:
    rows = _by_rank(rows.take((rows["kinds"] & BIT["spam"]) == 0), ranks)
    held, freed = rows["held"], rows["freed"]
    before = replace(rows, gone=np.minimum(rows.gone, held))
    before = before.take(before.gone > before.seen)
    back = rows.take((freed < NEVER) & (freed < rows.gone))
    seen = np.maximum(back.seen, back["freed"])
    back = replace(
        back, seen=seen, columns={**back.columns, "again": back["again"] | (back["held"] > back.seen)}
    )
    if not len(back) and not ranks:
        return before
    both = joined(before, back)
    return both.take(np.lexsort((both.id, both.at, both.seen, both.platform)))


def _by_rank(rows: ObservationColumns, ranks: Ranks) -> ObservationColumns:
    """Each complaint once for every rank it had, from the day it had it; `again` from the second on that was visible."""
    rows = replace(rows, columns={**rows.columns, "again": np.zeros(len(rows), bool)})
    moved = np.isin(rows.id, np.fromiter(ranks, np.int64, len(ranks)))
    if not moved.any():
        return rows
    part = rows.take(moved)
    steps = [ranks[id_] for id_ in part.id.tolist()]
    part = part.take(np.repeat(np.arange(len(steps)), [len(one) for one in steps]))
    since, rank = np.array([step for one in steps for step in one], dtype=np.int64).T
    until = np.array([day for one in steps for day in (*(day for day, _ in one[1:]), NEVER)], dtype=np.int64)
    columns = {**part.columns, "rank": rank, "again": since > part.seen}
    part = replace(
        part, seen=np.maximum(part.seen, since), gone=np.minimum(part.gone, until), columns=columns
    )
    return joined(rows.take(~moved), part.take(part.gone > part.seen))


def ranked_on(facts: D, day: int) -> D:
    """The facts with every complaint's rank as a copy as on one day (index)."""
    if not facts.ranks:
        return facts
    rows = facts.rows["complaint"]
    rank = rows["rank"].copy()
    for at in np.flatnonzero(np.isin(rows.id, np.fromiter(facts.ranks, np.int64, len(facts.ranks)))).tolist():
        (_, first), *more = facts.ranks[int(rows.id[at])]
        rank[at] = [first, *(now for since, now in more if since <= day)][-1]
    ranked = replace(rows, columns={**rows.columns, "rank": rank})
    return replace(facts, rows={**facts.rows, "complaint": ranked}, ranks={}, cache={})


def without(facts: D, day: int) -> D:
    """The facts as if what was withdrawn by a day (index) had never been seen: what copied it counts on its own day."""
    ranked = ranked_on(facts, day)
    rows = {kind: rows.take(rows.gone > day) for kind, rows in ranked.rows.items()}
    return replace(ranked, rows=rows, cache={})


def counted_today(facts: Dataset) -> ObservationColumns:
    """The complaints that count on the last day, each once: they stand, are neither spam nor held back, and no copies."""

    def make() -> ObservationColumns:
        rows = complaints(facts)
        return rows.take((rows.gone >= facts.days) & (rows["rank"] == 0))

    found: ObservationColumns = cached(facts, "counted_today", make)
    return found


def set_aside(facts: Dataset) -> ObservationColumns:
    """The complaints shown that do not count on the last day: copies, and those held back as a possible campaign."""

    def make() -> ObservationColumns:
        rows = facts.rows["complaint"]
        shown = (rows.gone >= facts.days) & ((rows["kinds"] & BIT["spam"]) == 0)
        return rows.take(shown & ~np.isin(rows.id, counted_today(facts).id))

    found: ObservationColumns = cached(facts, "set_aside", make)
    return found


def days_of_column(facts: Dataset, rows: ObservationColumns, column: str) -> Ints:
    """The day index of a time column; NEVER where it is unknown."""
    at = rows[column]
    days: Ints = np.where(at >= NEVER, NEVER, at // MICROSECONDS - facts.first_day)
    return days


def settled_unknown(rows: ObservationColumns) -> Bools:
    """Which complaints were settled on a day nobody named: neither "within so many days" nor "not by then" is true of them."""
    return np.asarray((rows["completed_at"] >= NEVER) & (rows["settled_at"] < NEVER), bool)


def until_known(facts: Dataset, rows: ObservationColumns, named: str, known: str) -> ObservationColumns:
    """The rows, those whose time `named` stays unknown only until the day it was `known` to have passed."""
    unnamed = (rows[named] >= NEVER) & (rows[known] < NEVER)
    end = np.where(unnamed, np.maximum(days_of_column(facts, rows, known), 0), NEVER)
    return replace(rows, gone=np.minimum(rows.gone, end))


def taken_back(facts: Dataset) -> Bools:
    """Days on which evidence about a platform was withdrawn."""

    def make() -> Bools:
        out = np.zeros(facts.shape, bool)
        for rows in facts.rows.values():
            mine = (rows.gone >= 0) & (rows.gone < facts.days)
            out[rows.platform[mine], rows.gone[mine]] = True
        return out

    found: Bools = cached(facts, "taken_back", make)
    return found


def cached(facts: Dataset, key: Any, make: Any) -> Any:
    """`make()` once per facts object."""
    if key not in facts.cache:
        facts.cache[key] = make()
    return facts.cache[key]


def visited(facts: Dataset, group: str) -> tuple[Bools, Bools]:
    """(a healthy visit on the day, the last visit within the cadence was healthy), platforms × days, for one group.

    A healthy visit is an ok crawl of a source of the group that covers the platform, or an observation it brought.
    A failed or blocked crawl covers nothing, and ends what earlier visits covered.
    """
    found: tuple[Bools, Bools] = cached(facts, ("visited", group), lambda: _visited(facts, group))
    return found


def _visited(facts: Dataset, group: str) -> tuple[Bools, Bools]:
    sites, days = facts.shape
    any_ok = np.zeros((sites, days), bool)
    covered = np.zeros((sites, days), bool)
    for source in facts.sources:
        ok, failed = _outcomes(facts, source.index, group, SOURCE_SHOWS.get(source.id, source.kind))
        if ok is None:
            continue
        today = np.arange(days)[None, :]
        last_ok = np.maximum.accumulate(np.where(ok, today, -NEVER), axis=1)
        last_failed = np.maximum.accumulate(np.where(failed & ~ok, today, -NEVER), axis=1)
        any_ok |= ok
        covered |= (today - last_ok < method.CADENCE_DAYS) & (last_ok > last_failed)
    return any_ok, covered


def _outcomes(facts: Dataset, source: int, group: str, shows: str) -> tuple[Any, Any]:
    """(ok, failed) visits of one source as panels, or (None, None) when it has nothing to say about the group."""
    sites, days = facts.shape
    kinds = [k for k, g in GROUP_OF.items() if g == group]
    ok = np.zeros((sites, days), bool)
    first = 0 if shows == group else NEVER
    for kind in kinds:
        rows = facts.rows[kind]
        mine = (rows.source == source) & (rows.seen < days)
        if (
            kind == "penalty"
        ):  # a published list of sites is no register: reading it says nothing about penalties
            mine &= rows["category"] != method.BLOCKLISTED
        if mine.any():
            ok[rows.platform[mine], np.maximum(rows.seen[mine], 0)] = True
        first = min(first, facts.shown_since.get((source, kind), NEVER))
    if first >= NEVER:
        return None, None
    failed = np.zeros((sites, days), bool)
    v = facts.visits
    mine = (v.source == source) & (v.day >= max(first, 0)) & (v.day < days)
    whole, part = mine & (v.platform < 0), mine & (v.platform >= 0)
    ok[:, v.day[whole & v.ok]] = True
    failed[:, v.day[whole & ~v.ok]] = True
    ok[v.platform[part & ~v.ok], v.day[part & ~v.ok]] = False
    failed[v.platform[part & ~v.ok], v.day[part & ~v.ok]] = True
    ok[v.platform[part & v.ok], v.day[part & v.ok]] = True
    return ok, failed


def covered_any(facts: Dataset) -> Bools:
    """Was anything about the platform seen by a healthy visit within its cadence on the day?"""
    out = np.zeros(facts.shape, bool)
    for group in GROUPS:
        out |= visited(facts, group)[1]
    return out


def first_seen(facts: Dataset) -> NDArray[np.int64]:
    """Day index of the first observation of each platform (NEVER if none)."""

    def make() -> NDArray[np.int64]:
        out = np.full(len(facts.sites), NEVER, dtype=np.int64)
        for rows in facts.rows.values():
            np.minimum.at(out, rows.platform, rows.seen)
        return out

    found: NDArray[np.int64] = cached(facts, "first_seen", make)
    return found


def own_age(facts: Dataset) -> Floats:
    """Days since a site's own pages were last read, of sites read on OWN_READINGS days or more; 0 for the others."""

    def make() -> Floats:
        ok, _ = visited(facts, "site")
        today = np.arange(facts.days)[None, :]
        last = np.maximum.accumulate(np.where(ok, today, 0), axis=1)
        regular = np.cumsum(ok, axis=1) >= method.OWN_READINGS
        return np.where(regular, today - last, 0).astype(float)

    found: Floats = cached(facts, "own_age", make)
    return found


def share_read(facts: Dataset) -> tuple[Floats, Floats]:
    """(how much of the complaints about a platform a visit of the day could have shown, the most of any within the cadence), 0-1.

    All of them where the platform was searched for or its page on the board was read; else what the poll saw of the numbers that
    the board gave meanwhile (all, for a board that numbers nothing or a crawl that says it covered everything).
    """

    def make() -> tuple[Floats, Floats]:
        ok, _ = visited(facts, "complaint")
        shown = {s.index for s in facts.sources if SOURCE_SHOWS.get(s.id, s.kind) == "complaint"}
        v, read = facts.visits, np.zeros(facts.shape)
        mine = v.ok & (v.day >= 0) & (v.day < facts.days) & np.isin(v.source, list(shown))
        whole = np.zeros(facts.days)
        np.maximum.at(whole, v.day[mine & (v.platform < 0)], v.share[mine & (v.platform < 0)])
        read = np.broadcast_to(whole[None, :], facts.shape).copy()
        part = mine & (v.platform >= 0)
        read[v.platform[part], v.day[part]] = 1.0
        pages = facts.rows["counters"]
        inside = (pages.seen >= 0) & (pages.seen < facts.days)
        read[pages.platform[inside], pages.seen[inside]] = 1.0
        # A visit known only by what it brought is taken for a whole one.
        read = np.where(ok, np.where(read > 0, read, 1.0), 0.0)
        recent = read.copy()
        for back in range(1, method.CADENCE_DAYS):
            recent[:, back:] = np.maximum(recent[:, back:], read[:, :-back])
        return read, recent

    found: tuple[Floats, Floats] = cached(facts, "share_read", make)
    return found


def complaint_freshness(facts: Dataset) -> Floats:
    """Freshness of what complaint sources say: 1 while covered, halving every HALF_LIFE_FACT days without a visit."""

    def make() -> Floats:
        ok, _ = visited(facts, "complaint")
        today = np.arange(facts.days)[None, :]
        last = np.maximum.accumulate(np.where(ok, today, -NEVER), axis=1)
        return freshness(np.where(last >= 0, (today - last).astype(float), np.inf), method.CADENCE_DAYS - 1)

    found: Floats = cached(facts, "complaint_freshness", make)
    return found


def copy_weights(facts: Dataset) -> Floats:
    """Weight of each complaint (of `complaints`) as a possible copy: 1, 0.69, 0.31, then 0 within one group of copies.

    See scoring/linkage/near_duplicates.py for what a copy is.
    """

    def make() -> Floats:
        table = np.array([*method.COPY_WEIGHTS, 0.0])
        weights: Floats = table[np.minimum(copy_rank(facts), len(table) - 1)]
        return weights

    found: Floats = cached(facts, "copy_weights", make)
    return found


def copy_rank(facts: Dataset) -> Ints:
    """0 for the first of a group of copies, 1, 2 … for the further ones (of `complaints`)."""
    rank: Ints = complaints(facts)["rank"]
    return rank
