"""预警 alerts: every dated change of a cash-flow state over all sites, newest first."""

from __future__ import annotations

import datetime as dt
import math

from dashboard import figures, reader, sheet, site_sections
from dashboard.text import pick
from dashboard.view import View, cell, row

title_zh = "预警"
title_en = "Alerts"
url_path = "alerts"
order = 2
group = "browse"
visible = True

_PAGE = 30
_STATES = ("watch", "warning", "alarm", "closed", "normal", "stale")
_COLUMNS = ("on", "host", "from_state", "to_state", "reason_zh", "reason_en", "evidence")


def render(view: View) -> None:
    """Period and state bound to the address, a page of changes, the download."""
    view.title(view.t("alerts.title"), view.t("alerts.intro"))
    days = view.choose(
        view.t("alerts.days"),
        "days",
        ("30", "7", "all"),
        lambda code: view.t(f"alerts.days_{code}"),
        flat=True,
    )
    state = view.choose(
        view.t("alerts.to_state"),
        "state",
        ("", *_STATES),
        lambda code: view.w("warning", code) if code else view.t("word.all"),
    )
    since = (
        view.facts.as_of - dt.timedelta(days=int(days)) if days in ("7", "30") and view.facts.as_of else None
    )
    total = view.ask(_count, since, state)
    view.html("lines.html", lines=[view.t("alerts.count", count=total["changes"], sites=total["sites"])])
    if not total["changes"]:
        view.note(view.t("alerts.none"))
        return
    page = view.page_of(math.ceil(total["changes"] / _PAGE))
    view.table(
        [view.t("word.date"), view.t("word.site"), view.t("alerts.change"), view.t("alerts.reason")],
        [
            row(
                cell(figures.day(w["on"], view.lang)),
                cell(
                    w["name"] or w["host"], href=view.link("site", host=w["host"]), soft=w["host"], limit=60
                ),
                cell(site_sections.transition(view, w)),
                cell(pick(w, "reason", view.lang)),
            )
            for w in view.ask(_changes, since, state, _PAGE, (page - 1) * _PAGE)
        ],
    )
    snapshot = view.snapshot
    view.download(
        lambda: sheet.csv_bytes(_changes(snapshot, since, state, 100_000, 0), _COLUMNS),
        f"{view.t('alerts.file')}-{view.facts.as_of}.csv",
        key="download-alerts",
    )
    view.html("linkline.html", href="./feeds/all.atom", words=view.t("alerts.subscribe"))


_WHERE = "where (? is null or \"on\" > ?) and (? = '' or to_state = ?)"


def _count(snapshot, since: dt.date | None, state: str) -> dict:
    return reader.rows(
        snapshot,
        f"select count(*) as changes, count(distinct host) as sites from warnings {_WHERE}",  # noqa: S608 - fixed text
        [since, since, state, state],
    )[0]


def _changes(snapshot, since: dt.date | None, state: str, size: int, skip: int) -> list[dict]:
    return reader.rows(
        snapshot,
        f"select w.*, r.name from (select * from warnings {_WHERE}) w left join ratings r using (host)"  # noqa: S608
        ' order by w."on" desc, w.host limit ? offset ?',
        [since, since, state, state, size, skip],
    )
