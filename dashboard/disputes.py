"""Objections with their public clocks, and what would improve a site: shown on the appeals page and on the page of the site.

The days by which an objection is to be acknowledged and decided are counted here from the day it came in (Chinese working days);
what it says is never shown, what it concerns is.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboard import figures, reader
from dashboard.help.clocks import after_working_days
from dashboard.view import Cell, Row, View, cell, row

ACKNOWLEDGE_WITHIN, DECIDE_WITHIN = 2, 7
"""Chinese working days from the day after an objection came in."""


def due(received_on: dt.date) -> tuple[dt.date, dt.date]:
    """The days by which an objection is to be acknowledged and decided."""
    return tuple(after_working_days(received_on, days)[0] for days in (ACKNOWLEDGE_WITHIN, DECIDE_WITHIN))  # type: ignore[return-value]


def listed(view: View, rows: list[dict[str, Any]], named: bool = True) -> None:
    """A table of objections, `named` with their sites: both clocks with dates, whether each was kept, and the outcome."""
    heads = ["appeals.concerns", "appeals.received", "appeals.acknowledged", "appeals.decided", "appeals.outcome"]  # fmt: skip
    view.table(
        ([view.t("word.site")] if named else []) + [view.t(key) for key in heads],
        [_row(view, r, named) for r in rows],
    )


def _row(view: View, r: dict[str, Any], named: bool) -> Row:
    acknowledge_by, decide_by = due(r["received_on"])
    word = view.w("correction", r["outcome"]) if r["outcome"] else view.t("appeals.examined")
    cells = [
        cell(r["about"], limit=80),
        cell(figures.day(r["received_on"], view.lang)),
        _clock(view, acknowledge_by, r["acknowledged_on"] or r["decided_on"]),
        _clock(view, decide_by, r["decided_on"]),
        cell(word),
    ]
    site = [cell(r["host"], href=view.link("site", host=r["host"]), limit=60)] if named else []
    return row(*site, *cells)


def _clock(view: View, by: dt.date, done: dt.date | None) -> Cell:
    """The day it was done, or by when it is to be; late is said in words."""
    late = (done or view.facts.as_of or by) > by
    term = view.t("appeals.by", date=figures.day(by, view.lang))
    soft = view.t("appeals.late") if late else ""
    return cell(figures.day(done, view.lang) if done else term, soft=f"{term if done else ''} {soft}".strip())


def of_site(view: View, host: str) -> None:
    """On the page of a site: its objections, and for the site what would improve it."""
    if rows := view.ask(_disputes, host):
        view.heading(view.t("appeals.disputes"))
        listed(view, rows, named=False)
    found = view.ask(_practices, host)
    if found and found[0]["lacking"]:
        view.heading(view.t("site.improve"), view.t("site.improve_note"))
        view.html("lines_plain.html", lines=list(found[0][f"improve_{view.lang}"]))


def _disputes(snapshot: Any, host: str) -> list[dict[str, Any]]:
    return reader.rows(
        snapshot, "select * from disputes where host = ? order by received_on desc limit 50", [host]
    )


def _practices(snapshot: Any, host: str) -> list[dict[str, Any]]:
    return reader.rows(snapshot, "select * from practices where host = ?", [host])
