"""运行状态 status: health and age of every source; what cannot be seen while one is silent."""

from __future__ import annotations

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


def render(view: View) -> None:
    """A row per source."""
    view.title(view.t("status.title"), view.t("status.intro"))
    rows = view.ask(_sources)
    if not rows:
        view.note(view.t("status.none"))
        return
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
                cell(pick(r, "title", view.lang) or r["source"], soft=r["publisher"] or ""),
                cell(view.w("health", r["health"]), soft=plain(r["last_reason"] or "", 200), soft_lang="en"),
                cell(figures.moment(r["last_ok_at"], view.lang)),
                cell(figures.number(r["records"] or 0)),
                cell(pick(r, "blind", view.lang) or view.t("word.none")),
            )
            for r in rows
        ],
    )


def _sources(snapshot) -> list[dict]:
    return reader.rows(snapshot, "select * from sources order by health <> 'ok' desc, source limit 500")
