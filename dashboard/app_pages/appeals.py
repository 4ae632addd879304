"""申诉与更正 appeals: how the rated may answer, whose objection is open, every correction made."""

from __future__ import annotations

from dashboard.components import forms, shared_tables
from dashboard.components.page_context import View, cell, row
from dashboard.presenters import current_snapshot, formatting
from dashboard.presenters.translations import pick

title_zh = "申诉与更正"
title_en = "Appeals and corrections"
url_path = "appeals"
order = 4
group = "trust"
visible = True


def render(view: View) -> None:
    """The rules with their clocks, the form, every objection with its days, the public log of corrections."""
    view.title(view.translate("appeals.title"), view.translate("appeals.intro"))
    view.note(view.translate("appeals.how"))
    forms.answer(view)
    view.heading(view.translate("appeals.disputes"))
    if objections := view.cached_query(_disputes):
        shared_tables.listed(view, objections)
    else:
        view.note(view.translate("appeals.unread" if view.no_data_note else "appeals.none"))
    view.heading(view.translate("site.corrections"))
    corrections = view.cached_query(_corrections)
    if not corrections:
        view.note(view.translate("appeals.unread" if view.no_data_note else "appeals.none"))
        return
    view.table(
        [
            view.translate("word.date"),
            view.translate("word.site"),
            view.translate("appeals.outcome"),
            view.translate("appeals.corrected"),
        ],
        [
            row(
                cell(formatting.day(r["on"], view.lang)),
                cell(r["host"], href=view.link("site", host=r["host"]), limit=60),
                cell(view.label("correction", r["outcome"])),
                cell(pick(r, "sentence", view.lang)),
            )
            for r in corrections
        ],
    )


def _disputes(snapshot) -> list[dict]:
    """The open ones, longest waiting first, then those decided, newest first."""
    return current_snapshot.rows(
        snapshot,
        "select * from disputes order by decided_on is not null, decided_on desc, received_on, host limit 200",
    )


def _corrections(snapshot) -> list[dict]:
    return current_snapshot.rows(snapshot, 'select * from corrections order by "on" desc, host limit 200')
