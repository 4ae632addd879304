"""预警 alerts: whose cash-flow state changed this week, then every dated change of any time, newest first."""

from __future__ import annotations

import datetime as dt
import math

from dashboard import alert_tables, reader, sheet, weekly
from dashboard.view import View

title_zh = "预警"
title_en = "Alerts"
url_path = "alerts"
order = 2
group = "browse"
visible = True

_PAGE = 30
_WEEK_SHOWN = 20
_STATES = ("watch", "warning", "alarm", "closed", "normal", "stale")
_COLUMNS = ("on", "host", "from_state", "to_state", "reason_zh", "reason_en", "evidence")


def render(view: View) -> None:
    """The week by itself; then period and state bound to the address, a page of changes, the download."""
    view.title(view.t("alerts.title"), view.t("alerts.intro"))
    if view.facts.as_of:
        alert_tables.week(view, view.facts.as_of, _WEEK_SHOWN)
    view.html("linkline.html", href="./feeds/all.atom", words=view.t("alerts.subscribe"))
    view.heading(view.t("alerts.every"))
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
    _listed(view, _since(view, days), state)


def _since(view: View, days: str) -> dt.date | None:
    if days not in ("7", "30") or not view.facts.as_of:
        return None
    return view.facts.as_of - dt.timedelta(days=int(days))


def _listed(view: View, since: dt.date | None, state: str) -> None:
    total = view.ask(_count, since, state)
    view.html("lines.html", lines=[view.t("alerts.count", count=total["changes"], sites=total["sites"])])
    if not total["changes"]:
        view.note(view.t("alerts.none"))
        return
    page = view.page_of(math.ceil(total["changes"] / _PAGE))
    found = view.ask(_changes, since, state, _PAGE, (page - 1) * _PAGE)
    names = view.ask(weekly.named, tuple(dict.fromkeys(w["host"] for w in found)))
    alert_tables.changes(view, [weekly.one(w, names) for w in found])
    snapshot = view.snapshot
    view.download(
        lambda: sheet.csv_bytes(_changes(snapshot, since, state, 100_000, 0), _COLUMNS),
        f"{view.t('alerts.file')}-{view.facts.as_of}.csv",
        key="download-alerts",
    )


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
        f'select * from warnings {_WHERE} order by "on" desc, host limit ? offset ?',  # noqa: S608 - fixed text
        [since, since, state, state, size, skip],
    )
