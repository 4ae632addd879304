"""运行状态 status: health and age of every source; what cannot be seen while one is silent."""

from __future__ import annotations

import datetime as dt

from dashboard import figures, reader
from dashboard.text import pick
from dashboard.view import View, cell, row
from store.plain import plain

title_zh = "运行状态"
title_en = "Status"
url_path = "status"
order = 3
group = "trust"
visible = True

_DAYS = 30
OWN_LINE = "no control page answered"
"""How the reason of a crawl begins that failed because our own line did (store.ledger)."""


def render(view: View) -> None:
    """A row per source."""
    view.title(view.t("status.title"), view.t("status.intro"))
    rows = view.ask(_sources)
    if not rows:
        view.note(view.t("status.none"))
        return
    if any((r["last_reason"] or "").startswith(OWN_LINE) for r in rows):
        view.note(view.t("status.own_line"))
    view.table(
        [
            view.t("site.source"),
            view.t("status.health"),
            view.t("status.last_ok"),
            view.t("status.records"),
            view.t("status.blind"),
        ],
        [
            row(
                cell(
                    pick(r, "title", view.lang) or r["source"],
                    soft=(r["publisher"] or "") if view.lang == "zh" else r["source"],
                ),
                cell(view.w("health", r["health"]), soft=plain(r["last_reason"] or "", 200), soft_lang="en"),
                cell(figures.moment(r["last_ok_at"], view.lang)),
                cell(figures.number(r["records"] or 0)),
                cell(pick(r, "blind", view.lang) or view.t("word.none"), soft=_numbering(view, r)),
            )
            for r in rows
        ],
        "flow",
    )
    _refusals(view)


def _numbering(view: View, source: dict) -> str:
    """How much of a complaint site's numbering was seen; a snapshot of an earlier version does not say."""
    seen, given = source.get("numbers_seen"), source.get("numbers_given")
    if not given:
        return ""
    return view.t(
        "status.numbering",
        share=f"{seen / given:.1%}",
        seen=figures.number(seen),
        given=figures.number(given),
    )


def _refusals(view: View) -> None:
    """Sites that did not let us in lately: that is no failure of theirs, and it is a blind spot of ours."""
    if not view.facts.as_of:
        return
    found = view.ask(_refused, view.facts.as_of - dt.timedelta(days=_DAYS))
    view.heading(view.t("status.refused", days=_DAYS), view.t("status.refused_note"))
    if not found:
        view.note(view.t("appeals.none"))
        return
    view.table(
        [view.t("word.site"), view.t("status.refused_days"), view.t("status.refused_last")],
        [
            row(
                cell(r["host"], href=view.link("site", host=r["host"]), limit=80),
                cell(r["days"]),
                cell(figures.day(r["last"], view.lang)),
            )
            for r in found
        ],
        "small",
        fold=10,
    )


def _refused(snapshot, since: dt.date) -> list[dict]:
    return reader.rows(
        snapshot,
        'select host, count(*) as days, max("on") as last from series where measure = \'refused\' and "on" > ?'
        " group by host order by days desc, host limit 50",
        [since],
    )


def _sources(snapshot) -> list[dict]:
    return reader.rows(
        snapshot, "select * from sources order by health in ('ok', 'not_configured'), source limit 500"
    )
