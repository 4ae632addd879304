"""行业 sector: all sites together: drops by kind, how long refunds take, when drops happen, closures, and how things stand."""

from __future__ import annotations

import datetime as dt

from dashboard.components import charts as browse_charts
from dashboard.components.page_context import Row, View, cell, row
from dashboard.presenters import current_snapshot, formatting, ranking, sector_data, verdict_card
from scoring.snapshot.reader import DROP_KINDS, WARNING_STATES, Snapshot

title_zh = "行业"
title_en = "Sector"
url_path = "sector"
order = 3
group = "browse"
visible = True

_MARKS = (1, sector_data.LAWFUL_DAYS, 30)


def render(view: View) -> None:
    """One section a question; a section without data says so."""
    view.title(view.translate("sector.title"), view.translate("sector.intro"))
    if not view.facts.count or not view.facts.as_of:
        return
    _drops(view, view.facts.as_of)
    _refunds(view)
    _hours(view)
    _holiday(view)
    _closures(view, view.facts.as_of)
    _now(view)


def _drops(view: View, as_of: dt.date) -> None:
    view.heading(view.translate("sector.drops"))
    weeks = view.cached_query(sector_data.drops)
    if not weeks:
        view.note(view.translate("sector.drops_none"))
        return
    unread = view.cached_query(sector_data.unread_weeks)
    found = sector_data.recent(weeks, as_of, unread)
    blind = view.translate("strip.none")
    records = [{**w, "on": w["on"].isoformat(), "kind": view.label("drop_kind", w["kind"])} for w in weeks]
    view.chart(
        lambda: browse_charts.weekly(
            records,
            [view.label("drop_kind", kind) for kind in DROP_KINDS],
            frozenset(day.isoformat() for day in unread),
            blind,
        ),
        view.translate(
            f"sector.drops_finding{'_zero' if not found.count else '_alone' if found.before is None else ''}",
            count=formatting.number(found.count),
            before=formatting.number(found.before or 0),
            kind=view.label("drop_kind", found.kind),
            most=formatting.number(found.most),
        ),
        view.translate("sector.drops_alt"),
        [
            {
                view.translate("sector.week"): r["on"]
                if dt.date.fromisoformat(r["on"]) not in unread
                else view.translate("sector.week_unread", week=r["on"]),
                view.translate("sector.kind"): r["kind"],
                view.translate("sector.number"): r["value"],
                view.translate("sector.sites"): r["n"],
            }
            for r in reversed(records)
        ],
        "sector-drops",
    )


def _refunds(view: View) -> None:
    view.heading(view.translate("sector.refunds"))
    curve, censored = view.cached_query(sector_data.refunds)
    if len(curve) < 2:
        view.note(view.translate("sector.refunds_none"))
        return
    view.chart(
        lambda: browse_charts.survival(
            {view.translate("site.sector"): curve}, censored, _MARKS, view.translate("sector.days")
        ),
        _refund_finding(view, curve),
        view.translate("sector.refunds_alt"),
        [
            {
                view.translate("sector.days"): r["day"],
                view.translate("sector.open"): r["share"],
                view.label("column", "low"): r["low"],
                view.label("column", "high"): r["high"],
                view.translate("sector.number"): r["n"],
            }
            for r in curve
        ],
        "sector-refunds",
    )
    view.html("lines.html", lines=[view.translate("sector.refunds_note")])


def _refund_finding(view: View, curve: list[dict]) -> str:
    n = curve[0]["n"]
    if n < sector_data.FEW:
        return view.translate("sector.refunds_few", n=n)
    if len(curve) <= sector_data.LAWFUL_DAYS:
        return view.translate("sector.refunds_short", n=n)
    at = curve[sector_data.LAWFUL_DAYS]
    shares = {key: formatting.percent(at[key]) for key in ("share", "low", "high")}
    return view.translate("sector.refunds_finding", n=formatting.number(n), **shares)


def _hours(view: View) -> None:
    view.heading(view.translate("sector.hours"), view.translate("sector.hours_note"))
    test, cells = view.cached_query(sector_data.hours)
    if test is None:
        view.note(view.translate("sector.hours_none"))
        return
    where = view.translate("sector.cell", day=_weekday(view, test.cell), hour=test.cell % 24)
    p = _p(test.p)
    if not test.real:
        view.note(view.translate("sector.hours_not", cell=where, p=p))
        return
    records = [
        {"weekday": _weekday(view, at), "hour": at % 24, "value": drops, "n": every}
        for at, drops, every in cells
    ]
    view.chart(
        lambda: browse_charts.heat(
            records,
            [view.translate(f"sector.day_{n}") for n in range(1, 8)],
            view.translate("sector.hour"),
        ),
        view.translate(
            "sector.hours_real",
            cell=where,
            share=formatting.percent(test.share),
            overall=formatting.percent(test.overall),
            n=formatting.number(test.n),
            p=p,
        ),
        view.translate("sector.hours_alt"),
        [
            {
                view.translate("sector.weekday"): r["weekday"],
                view.translate("sector.hour"): r["hour"],
                view.translate("sector.drops"): r["value"],
                view.translate("sector.number"): r["n"],
            }
            for r in records
        ],
        "sector-hours",
    )


def _holiday(view: View) -> None:
    """One sentence: a festival only where it is real."""
    test = view.cached_query(sector_data.holiday)
    if test is None:
        view.note(view.translate("sector.holiday_none"))
        return
    view.note(
        view.translate(
            "sector.holiday_real" if test.real else "sector.holiday_not",
            festival=view.translate(f"sector.festival_{test.festival}"),
            share=formatting.percent(test.share),
            ordinary=formatting.percent(test.ordinary),
            n=formatting.number(test.n),
            p=_p(test.p),
        )
    )


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def _weekday(view: View, at: int) -> str:
    return view.translate(f"sector.day_{at // 24 + 1}")


def _closures(view: View, as_of: dt.date) -> None:
    view.heading(view.translate("sector.closures"))
    found = view.cached_query(sector_data.closures, as_of)
    if not found.count:
        view.note(view.translate("sector.closures_none"))
        return
    known = "count" if found.warned is None else "unwarned"
    finding = view.translate(f"sector.closures_{known}", count=found.count)
    if found.lead is not None:
        lead = view.translate("sector.lead_days", days=f"{found.lead:g}")
        finding = view.translate("sector.closures_finding", count=found.count, warned=found.warned, lead=lead)
    if found.late:
        finding += view.translate("sector.closures_late", late=found.late)
    view.chart(
        lambda: browse_charts.months(
            [{"month": month, "value": count} for month, count in found.months],
            found.since,
            view.translate("strip.none"),
        ),
        finding,
        view.translate("sector.closures_alt"),
        [
            {view.translate("sector.month"): month, view.translate("sector.number"): count}
            for month, count in found.months
        ],
        "sector-closures",
    )


def _now(view: View) -> None:
    """How verdicts, states and the basis of drop rates are distributed, and the most complained about."""
    view.heading(view.translate("sector.now"))
    verdicts = view.cached_query(_verdicts)
    _bars(
        view,
        "verdicts",
        [
            (view.translate(f"verdict.{state.code}"), verdicts.get(w, 0))
            for w, state in verdict_card.STATES.items()
        ],
    )
    states = view.cached_query(_by, "warning_state")
    _bars(view, "states", [(view.label("warning", s), states.get(s, 0)) for s in WARNING_STATES])
    basis = view.cached_query(_by, "drop_rate_basis")
    _bars(
        view, "basis", [(view.label("drop", b), basis.get(b, 0)) for b in ("counted", "estimated", "unknown")]
    )
    rows = view.cached_query(_most_complaints)
    if rows:
        view.heading(view.translate("sector.complaints"), view.translate("sector.complaints_note"))
        view.table(
            [
                view.translate("word.site"),
                view.translate("rank.verdict"),
                view.translate("rank.complaints_short"),
                view.translate("sector.complainants"),
            ],
            [_complained(view, r) for r in rows],
            "flow",
            fold=10,
        )


def _bars(view: View, key: str, counted: list[tuple[str, int]]) -> None:
    title, number = view.translate(f"sector.{key}"), view.translate("sector.number")
    records = [{title: label, number: count} for label, count in counted]
    top = max(counted, key=lambda pair: pair[1])
    view.chart(
        lambda: browse_charts.bars(records, title, number),
        view.translate("sector.finding", title=title, label=top[0], count=top[1]),
        title,
        records,
        f"sector-{key}",
    )


def _complained(view: View, rating: dict) -> Row:
    card = verdict_card.card(rating, view.lang)
    return row(
        cell(card.name, href=view.link("site", host=rating["host"]), soft=card.host),
        cell(card.word, state=card.code, soft=view.translate("card.as_of", date=card.as_of)),
        cell(rating["complaints_30d"]),
        cell("–" if rating["complainants_30d"] is None else rating["complainants_30d"]),
    )


def _verdicts(snapshot: Snapshot) -> dict[str, int]:
    found = current_snapshot.rows(
        snapshot,
        f"select case when {ranking.RATED} then verdict else '灰' end as word, count(*) as n"  # noqa: S608 - fixed text
        " from ratings group by 1",
    )
    return {r["word"]: r["n"] for r in found}


def _by(snapshot: Snapshot, column: str) -> dict[str, int]:
    """Sites by the value of a column; the column's name is written in this file."""
    found = current_snapshot.rows(
        snapshot,
        f"select {column} as value, count(*) as n from ratings group by 1",  # noqa: S608
    )
    return {r["value"]: r["n"] for r in found}


def _most_complaints(snapshot: Snapshot) -> list[dict]:
    found = current_snapshot.rows(
        snapshot,
        "select host from ratings where complaints_30d > 0 order by complaints_30d desc, host limit 20",
    )
    place = {row["host"]: at for at, row in enumerate(found)}
    return sorted(current_snapshot.ratings_of(snapshot, place), key=lambda row: place[row["host"]])
