"""行业 sector: all sites together: drops by kind, how long refunds take, when drops happen, closures, and how things stand."""

from __future__ import annotations

import datetime as dt

from dashboard import browse_charts, charts, figures, ranking, reader, sector_data, verdict
from dashboard.view import Row, View, cell, row
from scoring.snapshot import DROP_KINDS, WARNING_STATES, Snapshot

title_zh = "行业"
title_en = "Sector"
url_path = "sector"
order = 3
group = "browse"
visible = True

_MARKS = (1, sector_data.LAWFUL_DAYS, 30)


def render(view: View) -> None:
    """One section a question; a section without data says so."""
    view.title(view.t("sector.title"), view.t("sector.intro"))
    if not view.facts.count or not view.facts.as_of:
        return
    _drops(view, view.facts.as_of)
    _refunds(view)
    _hours(view)
    _holiday(view)
    _closures(view, view.facts.as_of)
    _now(view)


def _drops(view: View, as_of: dt.date) -> None:
    view.heading(view.t("sector.drops"))
    weeks = view.ask(sector_data.drops)
    if not weeks:
        view.note(view.t("sector.drops_none"))
        return
    found = sector_data.recent(weeks, as_of)
    records = [{**w, "on": w["on"].isoformat(), "kind": view.w("drop_kind", w["kind"])} for w in weeks]
    view.chart(
        lambda: browse_charts.weekly(
            records, [view.w("drop_kind", kind) for kind in DROP_KINDS], view.t("sector.number")
        ),
        view.t(
            "sector.drops_finding",
            count=figures.number(found.count),
            before=figures.number(found.before),
            kind=view.w("drop_kind", found.kind),
            most=figures.number(found.most),
        ),
        view.t("sector.drops_alt"),
        [
            {
                view.t("sector.week"): r["on"],
                view.t("sector.kind"): r["kind"],
                view.t("sector.number"): r["value"],
                view.t("sector.sites"): r["n"],
            }
            for r in reversed(records)
        ],
        "sector-drops",
    )


def _refunds(view: View) -> None:
    view.heading(view.t("sector.refunds"))
    curve, censored = view.ask(sector_data.refunds)
    if len(curve) < 2:
        view.note(view.t("sector.refunds_none"))
        return
    view.chart(
        lambda: charts.survival(
            {view.t("site.sector"): curve}, censored, _MARKS, view.t("sector.open"), view.t("sector.days")
        ),
        _refund_finding(view, curve),
        view.t("sector.refunds_alt"),
        [
            {
                view.t("sector.days"): r["day"],
                view.t("sector.open"): r["share"],
                view.w("column", "low"): r["low"],
                view.w("column", "high"): r["high"],
                view.t("sector.number"): r["n"],
            }
            for r in curve
        ],
        "sector-refunds",
    )
    view.html("lines.html", lines=[view.t("sector.refunds_note")])


def _refund_finding(view: View, curve: list[dict]) -> str:
    n = curve[0]["n"]
    if n < sector_data.FEW:
        return view.t("sector.refunds_few", n=n)
    if len(curve) <= sector_data.LAWFUL_DAYS:
        return view.t("sector.refunds_short", n=n)
    at = curve[sector_data.LAWFUL_DAYS]
    shares = {key: figures.percent(at[key]) for key in ("share", "low", "high")}
    return view.t("sector.refunds_finding", n=figures.number(n), **shares)


def _hours(view: View) -> None:
    view.heading(view.t("sector.hours"), view.t("sector.hours_note"))
    test, cells = view.ask(sector_data.hours)
    if test is None:
        view.note(view.t("sector.hours_none"))
        return
    where = view.t("sector.cell", day=_weekday(view, test.cell), hour=test.cell % 24)
    p = _p(test.p)
    if not test.real:
        view.note(view.t("sector.hours_not", cell=where, p=p))
        return
    records = [
        {"weekday": _weekday(view, at), "hour": at % 24, "value": drops, "n": every}
        for at, drops, every in cells
    ]
    view.chart(
        lambda: browse_charts.heat(
            records,
            [view.t(f"sector.day_{n}") for n in range(1, 8)],
            view.t("sector.hour"),
            view.t("sector.number"),
        ),
        view.t(
            "sector.hours_real",
            cell=where,
            share=figures.percent(test.share),
            overall=figures.percent(test.overall),
            n=test.n,
            p=p,
        ),
        view.t("sector.hours_alt"),
        [
            {
                view.t("sector.weekday"): r["weekday"],
                view.t("sector.hour"): r["hour"],
                view.t("sector.drops"): r["value"],
                view.t("sector.number"): r["n"],
            }
            for r in records
        ],
        "sector-hours",
    )


def _holiday(view: View) -> None:
    """One sentence: a festival only where it is real."""
    test = view.ask(sector_data.holiday)
    if test is None:
        view.note(view.t("sector.holiday_none"))
        return
    view.note(
        view.t(
            "sector.holiday_real" if test.real else "sector.holiday_not",
            festival=view.t(f"sector.festival_{test.festival}"),
            share=figures.percent(test.share),
            ordinary=figures.percent(test.ordinary),
            n=test.n,
            p=_p(test.p),
        )
    )


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def _weekday(view: View, at: int) -> str:
    return view.t(f"sector.day_{at // 24 + 1}")


def _closures(view: View, as_of: dt.date) -> None:
    view.heading(view.t("sector.closures"))
    found = view.ask(sector_data.closures, as_of)
    if not found.count:
        view.note(view.t("sector.closures_none"))
        return
    known = "count" if found.warned is None else "unwarned"
    finding = view.t(f"sector.closures_{known}", count=found.count)
    if found.lead is not None:
        lead = view.t("sector.lead_days", days=f"{found.lead:g}")
        finding = view.t("sector.closures_finding", count=found.count, warned=found.warned, lead=lead)
    view.chart(
        lambda: browse_charts.months(
            [{"month": month, "value": count} for month, count in found.months], view.t("sector.number")
        ),
        finding,
        view.t("sector.closures_alt"),
        [{view.t("sector.month"): month, view.t("sector.number"): count} for month, count in found.months],
        "sector-closures",
    )


def _now(view: View) -> None:
    """How verdicts, states and the basis of drop rates are distributed, and the most complained about."""
    view.heading(view.t("sector.now"))
    verdicts = view.ask(_verdicts)
    _bars(
        view,
        "verdicts",
        [(view.t(f"verdict.{state.code}"), verdicts.get(w, 0)) for w, state in verdict.STATES.items()],
    )
    states = view.ask(_by, "warning_state")
    _bars(view, "states", [(view.w("warning", s), states.get(s, 0)) for s in WARNING_STATES])
    basis = view.ask(_by, "drop_rate_basis")
    _bars(view, "basis", [(view.w("drop", b), basis.get(b, 0)) for b in ("counted", "estimated", "unknown")])
    rows = view.ask(_most_complaints)
    if rows:
        view.heading(view.t("sector.complaints"), view.t("sector.complaints_note"))
        view.table(
            [
                view.t("word.site"),
                view.t("rank.verdict"),
                view.t("sector.number"),
                view.t("sector.complainants"),
            ],
            [_complained(view, r) for r in rows],
            "flow",
            fold=10,
        )


def _bars(view: View, key: str, counted: list[tuple[str, int]]) -> None:
    title, number = view.t(f"sector.{key}"), view.t("sector.number")
    records = [{title: label, number: count} for label, count in counted]
    top = max(counted, key=lambda pair: pair[1])
    view.chart(
        lambda: charts.bars(records, title, number),
        view.t("sector.finding", title=title, label=top[0], count=top[1]),
        title,
        records,
        f"sector-{key}",
    )


def _complained(view: View, rating: dict) -> Row:
    card = verdict.card(rating, view.lang)
    return row(
        cell(card.name, href=view.link("site", host=rating["host"]), soft=card.host),
        cell(card.word, state=card.code, soft=view.t("card.as_of", date=card.as_of)),
        cell(rating["complaints_30d"]),
        cell("–" if rating["complainants_30d"] is None else rating["complainants_30d"]),
    )


def _verdicts(snapshot: Snapshot) -> dict[str, int]:
    found = reader.rows(
        snapshot,
        f"select case when {ranking.RATED} then verdict else '灰' end as word, count(*) as n"  # noqa: S608 - fixed text
        " from ratings group by 1",
    )
    return {r["word"]: r["n"] for r in found}


def _by(snapshot: Snapshot, column: str) -> dict[str, int]:
    """Sites by the value of a column; the column's name is written in this file."""
    found = reader.rows(snapshot, f"select {column} as value, count(*) as n from ratings group by 1")  # noqa: S608
    return {r["value"]: r["n"] for r in found}


def _most_complaints(snapshot: Snapshot) -> list[dict]:
    found = reader.rows(
        snapshot,
        "select host from ratings where complaints_30d > 0 order by complaints_30d desc, host limit 20",
    )
    place = {row["host"]: at for at, row in enumerate(found)}
    return sorted(reader.ratings_of(snapshot, place), key=lambda row: place[row["host"]])
