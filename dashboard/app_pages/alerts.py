"""预警 alerts: whose cash-flow state changed this week, then every dated change of any time, newest first."""

from __future__ import annotations

import datetime as dt
import math

from dashboard.components import shared_tables
from dashboard.components.page_context import View
from dashboard.presenters import csv_export, current_snapshot, recent_changes

title_zh = "预警"
title_en = "Alerts"
url_path = "alerts"
order = 2
group = "browse"
visible = True

_PAGE = 30
_WEEK_SHOWN = 20
_STATES = ("watch", "warning", "alarm", "closed", "normal", "stale")
_CHOICES = {"days": ("30", "7", "all"), "state": ("", "every", *_STATES), "sort": ("new", "worst")}
"""What the address may choose; the first of each is the default. Unasked, what changed with a site and not with our data."""
_COLUMNS = ("on", "host", "from_state", "to_state", "reason_zh", "reason_en", "evidence")


def render(view: View) -> None:
    """The week by itself; then period and state bound to the address, a page of changes, the download."""
    view.title(view.translate("alerts.title"), view.translate("alerts.intro"))
    if view.facts.as_of:
        shared_tables.week(view, view.facts.as_of, _WEEK_SHOWN)
    view.html("linkline.html", href="./feeds/all.atom", words=view.translate("alerts.subscribe"))
    view.heading(view.translate("alerts.every"))
    days, state, order = (
        next((code for code in offered if code == view.param(name)), offered[0])
        for name, offered in _CHOICES.items()
    )
    words = {
        "days": [(code, view.translate(f"alerts.days_{code}")) for code in _CHOICES["days"]],
        "state": [
            (
                s,
                view.translate("alerts.to_one", state=view.label("warning", s))
                if s in _STATES
                else view.translate(f"alerts.{s or 'own'}_changes"),
            )
            for s in _CHOICES["state"]
        ],
        "sort": [(code, view.translate(f"alerts.sort_{code}")) for code in _CHOICES["sort"]],
    }
    chosen = {"days": days, "state": state, "sort": order}
    labels = {"days": "alerts.days", "state": "alerts.to_state", "sort": "alerts.sort"}
    view.html(
        "filters.html",
        action="./alerts",
        hidden=[("lang", view.lang)] if view.lang != "zh" else [],
        boxes=[
            {"name": n, "label": view.translate(labels[n]), "value": chosen[n], "options": options}
            for n, options in words.items()
        ],
        button=view.translate("alerts.apply"),
    )
    _listed(view, _since(view, days), state, order)


def _since(view: View, days: str) -> dt.date | None:
    if days not in ("7", "30") or not view.facts.as_of:
        return None
    return view.facts.as_of - dt.timedelta(days=int(days))


def _listed(view: View, since: dt.date | None, state: str, order: str) -> None:
    total = view.cached_query(_count, since, state)
    view.html(
        "lines.html", lines=[view.translate("alerts.count", count=total["changes"], sites=total["sites"])]
    )
    if not total["changes"]:
        view.note(view.translate("alerts.none"))
        return
    page = view.page_of(math.ceil(total["changes"] / _PAGE))
    found = view.cached_query(_changes, since, state, order, _PAGE, (page - 1) * _PAGE)
    names = view.cached_query(recent_changes.named, tuple(dict.fromkeys(w["host"] for w in found)))
    shared_tables.changes(view, [recent_changes.one(w, names) for w in found])
    query = {"days": view.param("days"), "state": state, "sort": view.param("sort")}
    view.pager("alerts", page, math.ceil(total["changes"] / _PAGE), query)
    snapshot = view.snapshot
    view.download(
        lambda: csv_export.csv_bytes(_changes(snapshot, since, state, order, 100_000, 0), _COLUMNS),
        f"{view.translate('alerts.file')}-{view.facts.as_of}.csv",
        key="download-alerts",
        label=view.translate("alerts.download"),
    )


_WHERE = f"from {recent_changes.TOLD} and (? = 'every' or to_state = ? or (? = '' and {recent_changes.OWN}))"


def _count(snapshot, since: dt.date | None, state: str) -> dict:
    return current_snapshot.rows(
        snapshot,
        f"select count(*) as changes, count(distinct host) as sites {_WHERE}",
        [since, since, state, state, state],
    )[0]


def _changes(snapshot, since: dt.date | None, state: str, order: str, size: int, skip: int) -> list[dict]:
    worst = f"list_position({list(recent_changes.SERIOUS_FIRST)}, to_state), " if order == "worst" else ""
    return current_snapshot.rows(
        snapshot,
        f'select * {_WHERE} order by {worst}"on" desc, host limit ? offset ?',
        [since, since, state, state, state, size, skip],
    )
