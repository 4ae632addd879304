"""Tables of changed cash-flow states, shared by the alerts page and the first page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dashboard import figures, markup, weekly
from dashboard.text import pick
from dashboard.view import Cell, View, cell, row


def week(view: View, as_of: dt.date, size: int) -> None:
    """Heading with the number, how many turned to which state, and the first sites."""
    counted = view.ask(weekly.counts, as_of)
    first = weekly.since(as_of) + dt.timedelta(days=1)
    total = sum(counted.values())
    view.heading(view.t("alerts.week", count=total), view.t("alerts.week_days", first=first, last=as_of))
    if not total:
        view.note(view.t("alerts.week_none"))
        return
    parts = (view.t("alerts.week_part", state=view.w("warning", s), count=n) for s, n in counted.items())
    view.html(
        "lines.html",
        lines=[view.t("alerts.week_parts", parts=("、" if view.lang == "zh" else ", ").join(parts))],
    )
    found = view.ask(weekly.changed, as_of, size)
    changes(view, found)
    if total > len(found):
        words = view.t("alerts.week_more", shown=len(found), count=total)
        view.html("linkline.html", href=view.link("alerts", days=7), words=words)


def changes(view: View, found: Sequence[weekly.Change]) -> None:
    """One row a change: date, site, states, reason, evidence."""
    view.table(
        [
            view.t("word.date"),
            view.t("word.site"),
            view.t("alerts.change"),
            view.t("alerts.reason"),
            view.t("alerts.evidence"),
        ],
        [
            row(
                cell(figures.day(c.on, view.lang)),
                _site(view, c.host, c.name),
                cell(" → ".join(view.w("warning", s) for s in c.states)),
                cell(pick({"reason_zh": c.reason_zh, "reason_en": c.reason_en}, "reason", view.lang)),
                _evidence(view, c.host, c.evidence),
            )
            for c in found
        ],
        layout="changes",
    )


def _site(view: View, host: str, name: str | None) -> Cell:
    """A link to the site's page under its name."""
    shown = name or host
    return cell(shown, href=view.link("site", host=host), soft=host if shown != host else "", limit=60)


def _evidence(view: View, host: str, ids: tuple[str, ...] | list[str] | None) -> Cell:
    """A link to the first piece on the site's page, with how many there are."""
    if not ids:
        return cell(view.t("alerts.no_evidence"))
    href = f"{view.link('site', host=host)}#{markup.anchor(ids[0])}"
    return cell(view.t("alerts.evidence_n", count=len(ids)), href=href)
