"""申诉与更正 appeals: how the rated may answer, whose objection is open, every correction made."""

from __future__ import annotations

from dashboard import appeals_form, figures, reader
from dashboard.text import pick
from dashboard.view import View, cell, row

title_zh = "申诉与更正"
title_en = "Appeals and corrections"
url_path = "appeals"
order = 4
group = "trust"
visible = True


def render(view: View) -> None:
    """The rules with their clocks, the form, open objections, the public log of corrections."""
    view.title(view.t("appeals.title"), view.t("appeals.intro"))
    view.note(view.t("appeals.how"))
    appeals_form.answer(view)
    view.heading(view.t("appeals.disputed"))
    disputed = view.ask(_disputed)
    if disputed:
        view.table(
            [view.t("word.site"), view.t("card.warning")],
            [
                row(
                    cell(
                        r["name"] or r["host"],
                        href=view.link("site", host=r["host"]),
                        soft=r["host"],
                        limit=60,
                    ),
                    cell(view.w("warning", r["warning_state"])),
                )
                for r in disputed
            ],
        )
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


def _disputed(snapshot) -> list[dict]:
    return reader.rows(
        snapshot, "select host, name, warning_state from ratings where disputed order by host limit 200"
    )


def _corrections(snapshot) -> list[dict]:
    return reader.rows(snapshot, 'select * from corrections order by "on" desc, host limit 200')
