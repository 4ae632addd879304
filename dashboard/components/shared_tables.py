"""Tables that several pages show: changed cash-flow states, objections with their clocks, what would improve a site.

The days by which an objection is to be acknowledged and decided are counted here from the day it came in (Chinese working days);
what it says is never shown, what it concerns is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dashboard.components.page_context import Cell, Row, View, cell, row
from dashboard.help.deadlines import after_working_days
from dashboard.presenters import current_snapshot, formatting, recent_changes
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import titles_by_name


def week(view: View, as_of: dt.date, size: int) -> None:
    """Heading with the number, how many turned to which state, and the first sites."""
    counted = view.cached_query(recent_changes.counts, as_of)
    first = recent_changes.since(as_of) + dt.timedelta(days=1)
    interrupted = counted.get("stale", 0)
    total = sum(counted.values()) - interrupted
    old = view.past or current_snapshot.stale_days(view.facts) is not None
    view.heading(
        view.translate("alerts.week_old" if old else "alerts.week", count=total),
        view.translate("alerts.week_days", first=first, last=as_of),
    )
    parts = [
        view.translate("alerts.week_part", state=view.label("warning", s), count=n)
        for s, n in counted.items()
        if s != "stale"
    ]
    if parts:
        words = view.translate("alerts.week_parts", parts=formatting.join_words(parts, view.lang))
        view.html("lines.html", lines=[words])
    # What our own line or a source missed is one sentence: a table of it would bury what happened to the sites.
    if interrupted:
        view.note(view.translate("alerts.week_stale", count=interrupted))
    found = view.cached_query(recent_changes.changed, as_of, size) if total else []
    if found:
        changes(view, found)
    if total > len(found):
        words = view.translate("alerts.week_more", shown=len(found), count=total)
        view.html("linkline.html", href=view.link("alerts", days=7), words=words)


def changes(view: View, found: Sequence[recent_changes.Change], fold: int | None = None) -> None:
    """One row a change: date, site, states, reason, evidence; rows beyond `fold` wait behind a line."""
    view.table(
        [
            view.translate("word.date"),
            view.translate("word.site"),
            view.translate("alerts.change"),
            view.translate("alerts.reason"),
            view.translate("alerts.evidence"),
        ],
        [
            row(
                cell(formatting.day(c.on, view.lang)),
                site_cell(view, c.host, c.name),
                cell(" → ".join(view.label("warning", s) for s in c.states)),
                cell(pick({"reason_zh": c.reason_zh, "reason_en": c.reason_en}, "reason", view.lang)),
                _evidence(view, c.host, c.evidence),
            )
            for c in found
        ],
        layout="changes",
        fold=fold,
    )


def site_cell(view: View, host: str, name: str | None) -> Cell:
    """A link to the site's page under its name."""
    shown = name or host
    return cell(shown, href=view.link("site", host=host), soft=host if shown != host else "", limit=60)


def _evidence(view: View, host: str, ids: tuple[str, ...] | list[str] | None) -> Cell:
    """A link to the first piece on the site's page, with how many there are."""
    if not ids:
        return cell(view.translate("alerts.no_evidence"))
    href = view.link("site", host=host, capture=ids[0]) + "#capture"
    return cell(view.translate("alerts.evidence_n", count=len(ids)), href=href)


ACKNOWLEDGE_WITHIN, DECIDE_WITHIN = 2, 7
"""Chinese working days from the day after an objection came in."""


def due(received_on: dt.date) -> tuple[dt.date, dt.date]:
    """The days by which an objection is to be acknowledged and decided."""
    return tuple(after_working_days(received_on, days)[0] for days in (ACKNOWLEDGE_WITHIN, DECIDE_WITHIN))  # type: ignore[return-value]


def listed(view: View, rows: list[dict[str, Any]], named: bool = True) -> None:
    """A table of objections, `named` with their sites: both clocks with dates, whether each was kept, and the outcome."""
    titles = view.cached_query(_titles)
    heads = ["appeals.concerns", "appeals.received", "appeals.acknowledged", "appeals.decided", "appeals.outcome"]  # fmt: skip
    view.table(
        ([view.translate("word.site")] if named else []) + [view.translate(key) for key in heads],
        [_row(view, r, named, titles) for r in rows],
    )


def _titles(snapshot: Any) -> dict[str, tuple[str, str]]:
    return titles_by_name(
        current_snapshot.rows(
            snapshot, "select distinct indicator, title_zh, title_en from findings order by indicator"
        )
    )


def _row(view: View, r: dict[str, Any], named: bool, titles: dict[str, tuple[str, str]]) -> Row:
    acknowledge_by, decide_by = due(r["received_on"])
    word = view.label("correction", r["outcome"]) if r["outcome"] else view.translate("appeals.examined")
    cells = [
        cell(titles.get(r["about"], (r["about"], r["about"]))[view.lang == "en"], limit=80),
        cell(formatting.day(r["received_on"], view.lang)),
        _clock(view, acknowledge_by, r["acknowledged_on"] or r["decided_on"]),
        _clock(view, decide_by, r["decided_on"]),
        cell(word),
    ]
    site = [cell(r["host"], href=view.link("site", host=r["host"]), limit=60)] if named else []
    return row(*site, *cells)


def _clock(view: View, by: dt.date, done: dt.date | None) -> Cell:
    """The day it was done, or by when it is to be; late is said in words."""
    late = (done or view.facts.as_of or by) > by
    term = view.translate("appeals.by", date=formatting.day(by, view.lang))
    soft = view.translate("appeals.late") if late else ""
    return cell(
        formatting.day(done, view.lang) if done else term, soft=f"{term if done else ''} {soft}".strip()
    )


def of_site(view: View, host: str) -> None:
    """On the page of a site: its objections, and for the site what would improve it."""
    if rows := view.cached_query(_disputes, host):
        view.html("heading3.html", title=view.translate("appeals.disputes"))
        listed(view, rows, named=False)
    found = view.cached_query(_practices, host)
    if found and found[0]["lacking"]:
        view.html("heading3.html", title=view.translate("site.improve"))
        view.html("lines.html", lines=[view.translate("site.improve_note")])
        view.html("lines_plain.html", lines=list(found[0][f"improve_{view.lang}"]))


def _disputes(snapshot: Any, host: str) -> list[dict[str, Any]]:
    return current_snapshot.rows(
        snapshot, "select * from disputes where host = ? order by received_on desc limit 50", [host]
    )


def _practices(snapshot: Any, host: str) -> list[dict[str, Any]]:
    return current_snapshot.rows(snapshot, "select * from practices where host = ?", [host])
