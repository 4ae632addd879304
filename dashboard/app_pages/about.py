"""关于 about: who pays, what is kept, how evidence is collected, what this cannot do."""

from __future__ import annotations

from dashboard.components.page_context import View
from dashboard.presenters import current_snapshot, formatting, html
from scoring.snapshot.reader import Snapshot

title_zh = "关于"
title_en = "About"
url_path = "about"
order = 5
group = "trust"
visible = True


def render(view: View) -> None:
    """Short statements, and how often we were wrong."""
    view.title(view.translate("about.title"))
    party = html.party()
    view.heading(view.translate("about.party"))
    named = party["responsible"] or view.translate("about.party_none")
    view.html("party_line.html", **party | {"responsible": named})
    for part in ("funding", "privacy", "crawler", "access", "limits"):
        view.heading(view.translate(f"about.{part}"))
        view.html("lines_plain.html", lines=[view.translate(f"about.{part}_text")])
    if view.no_data_note:
        return
    view.heading(view.translate("about.mistakes"))
    made = view.cached_query(_corrections)
    said = (
        view.translate("about.mistakes_text", **made)
        if made["count"]
        else view.translate("about.mistakes_none")
    )
    view.html("lines_plain.html", lines=[said])
    view.html("linkline.html", href=view.link("appeals"), words=view.translate("appeals.title"))
    view.heading(view.translate("about.report"))
    date = formatting.day(view.facts.as_of, view.lang)
    told = view.translate("about.report_text", date=date, **view.cached_query(_report))
    view.html("lines_plain.html", lines=[told])


def _corrections(snapshot: Snapshot) -> dict[str, int]:
    return current_snapshot.rows(
        snapshot,
        "select count(*) as count, count(*) filter (where outcome in ('amended', 'withdrawn')) as amended from corrections",
    )[0]


def _report(snapshot: Snapshot) -> dict[str, int]:
    return current_snapshot.rows(
        snapshot,
        "select (select count(*) from disputes) as disputes, (select count(*) from disputes where decided_on is null) as open,"
        " (select count(*) from responses) as responses, (select count(*) from corrections) as corrections,"
        " (select count(*) from sources) as sources,"
        " (select count(*) from sources where health not in ('ok', 'not_configured')) as silent",
    )[0]
