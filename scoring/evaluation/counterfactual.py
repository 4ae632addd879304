"""The same facts, had something else happened: counters and pages hidden, or simply nothing more seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.calendar import MICROSECONDS
from scoring.exposure import exposure
from scoring.facts import NEVER, Facts, Ints, Rows, Visits, joined

SHOWN_BY_THE_SITE = ("orders", "price", "page")


def hidden_from(facts: Facts, day: int) -> Facts:
    """From `day` on every site hides all it controls: what was seen before stands, and the same visits find nothing further."""
    rows, visits = dict(facts.rows), facts.visits
    for kind in SHOWN_BY_THE_SITE:
        rows[kind] = facts.rows[kind].take(facts.rows[kind].seen <= day)
        visits = _looked_at(visits, _repeated(rows[kind], day, facts.days, np.zeros(len(facts.sites))))
    rows["orders"] = _hidden_counters(rows["orders"], day, facts.days)
    return replace(facts, rows=rows, visits=visits, cache={})


def shown_from(facts: Facts, day: int) -> Facts:
    """From `day` on every site goes on showing what it showed then: the same prices and pages, counters growing as before."""
    rows = dict(facts.rows)
    pace = np.nan_to_num(exposure(facts).per_day[:, min(day, facts.days - 1)])
    for kind in SHOWN_BY_THE_SITE:
        past = rows[kind].take(rows[kind].seen <= day)
        rows[kind] = _sorted(joined(past, _repeated(past, day, facts.days, pace)))
    return replace(facts, rows=rows, cache={})


def _last_of_each(rows: Rows) -> Rows:
    """The newest row of each platform and thing (product, role of the page)."""
    if not len(rows):
        return rows
    thing = rows.columns.get("product", rows.columns.get("role"))
    _, name = (
        np.unique(thing.astype(str), return_inverse=True)
        if thing is not None
        else (None, np.zeros(len(rows), int))
    )
    order = np.lexsort((rows.at, name, rows.platform))
    newest = np.r_[(np.diff(rows.platform[order]) != 0) | (np.diff(name[order]) != 0), True]
    return rows.take(np.sort(order[newest]))


def _moved(rows: Rows, days: Ints | int) -> Rows:
    columns = {k: v.copy() for k, v in rows.columns.items()}
    return replace(
        rows, seen=rows.seen + days, day=rows.day + days, at=rows.at + days * MICROSECONDS, columns=columns
    )


def _repeated(past: Rows, day: int, days: int, pace: np.ndarray) -> Rows:
    """The newest rows once more every week after `day`, their order counters grown at `pace` (orders a day of each platform)."""
    last = _last_of_each(past)
    weeks = np.arange(7, max(days, 8), 7)
    later = np.repeat(weeks, len(last))
    again = last.take(np.tile(np.arange(len(last)), len(weeks)))
    inside = (again.seen + later > day) & (again.seen + later < days)
    later = later[inside]
    more = _moved(again.take(inside), later)
    grown = np.round(pace[more.platform] * later)
    counted = {name: more[name] + grown for name in ("total", "processed") if name in more.columns}
    return replace(more, columns={**more.columns, **counted})


def _hidden_counters(past: Rows, day: int, days: int) -> Rows:
    """Every week a visit finds the counter hidden, on the days on which it would have been read."""
    more = _repeated(past, day, days, np.zeros(int(past.platform.max(initial=0)) + 1))
    hidden = {name: np.full(len(more), np.nan) for name in ("total", "processed", "today")}
    hidden["hidden"] = np.ones(len(more))
    return _sorted(joined(past, replace(more, columns={**more.columns, **hidden})))


def _looked_at(visits: Visits, rows: Rows) -> Visits:
    """The visits, and one that went well for each of the rows: whoever hides is visited as often as who does not."""
    return Visits(
        source=np.concatenate([visits.source, rows.source]),
        day=np.concatenate([visits.day, rows.seen]),
        platform=np.concatenate([visits.platform, rows.platform]),
        ok=np.concatenate([visits.ok, np.ones(len(rows), bool)]),
        crawl=np.concatenate([visits.crawl, np.zeros(len(rows), np.int64)]),
        share=np.concatenate([visits.share, np.ones(len(rows))]),
    )


def _sorted(rows: Rows) -> Rows:
    return rows.take(np.lexsort((rows.id, rows.at, rows.seen, rows.platform)))


def quiet(facts: Facts, days: int) -> Facts:
    """`days` further days on which nothing at all is seen: no evidence, no visit."""
    return replace(
        facts,
        days=facts.days + days,
        complaints_since=np.concatenate([facts.complaints_since, np.full(days, facts.complaints_since[-1])]),
        line=facts.line.longer(days),
        rows={k: _stands(r, facts.days) for k, r in facts.rows.items()},
        cache={},
    )


def _stands(rows: Rows, days: int) -> Rows:
    """What stood on the last day stands on."""
    return replace(rows, gone=np.where(rows.gone >= days, NEVER, rows.gone))
