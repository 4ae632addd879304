"""申诉与更正 appeals: how the rated may answer, whose objection is open, every correction made."""

from __future__ import annotations

from dashboard import appeals_form, disputes, figures, reader
from dashboard.text import pick
from dashboard.view import View, cell, row

title_zh = "申诉与更正"
title_en = "Appeals and corrections"
url_path = "appeals"
order = 4
group = "trust"
visible = True


def render(view: View) -> None:
    """The rules with their clocks, the form, every objection with its days, the public log of corrections."""
    view.title(view.t("appeals.title"), view.t("appeals.intro"))
    view.note(view.t("appeals.how"))
    appeals_form.answer(view)
    view.heading(view.t("appeals.disputes"))
    if objections := view.ask(_disputes):
        disputes.listed(view, objections)
    else:
        view.note(view.t("appeals.none"))
    view.heading(view.t("site.corrections"))
    corrections = view.ask(_corrections)
    if not corrections:
        view.note(view.t("appeals.none"))
        return
    view.table(
        [view.t("word.date"), view.t("word.site"), view.t("appeals.outcome"), view.t("site.finding")],
        [
            row(
                cell(figures.day(r["on"], view.lang)),
                cell(r["host"], href=view.link("site", host=r["host"]), limit=60),
                cell(view.w("correction", r["outcome"])),
                cell(pick(r, "sentence", view.lang)),
            )
            for r in corrections
        ],
    )


def _disputes(snapshot) -> list[dict]:
    """The open ones, longest waiting first, then those decided, newest first."""
    return reader.rows(
        snapshot,
        "select * from disputes order by decided_on is not null, decided_on desc, received_on, host limit 200",
    )


def _corrections(snapshot) -> list[dict]:
    return reader.rows(snapshot, 'select * from corrections order by "on" desc, host limit 200')
