"""预警成绩 record: for every site that closed whether we warned before, and every warning that has not come true (yet)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboard.components.page_context import Cell, Row, View, cell, row
from dashboard.presenters import current_snapshot, formatting, sector_data
from scoring.snapshot.reader import Snapshot

title_zh = "预警成绩"
title_en = "How early we warned"
url_path = "record"
order = 4
group = "browse"
visible = True

_WITHIN = 180
"""Days before the first day a site was down in which a warning counts as one of it."""
_MOST = 200


def render(view: View) -> None:
    """Hits and misses, what could not be warned about, and warnings still open, each by name; the counts are those of the sector page."""
    view.title(view.translate("record.title"), view.translate("record.intro", days=_WITHIN))
    if not view.facts.as_of:
        view.note(view.translate("sector.closures_none"))
        return
    counted = view.cached_query(sector_data.closures, view.facts.as_of)
    if not counted.count:
        view.note(view.translate("sector.closures_none"))
    elif counted.warned is not None:
        view.note(
            view.translate(
                "record.counts", closed=counted.count, warned=counted.warned, missed=counted.missed
            )
            + (view.translate("record.counts_late", late=counted.late) if counted.late else "")
        )
    closed = view.cached_query(_closed, view.facts.as_of)
    late = [r for r in closed if r["answered"] == 0 and r["warned"] is None]
    if judged := [r for r in closed if r not in late]:
        view.heading(view.translate("record.closed"))
        heads = [view.translate(key) for key in ("word.site", "record.down", "record.warned", "record.lead")]
        view.table(heads, [_closing(view, r) for r in judged], "flow kw-dated", fold=25)
    if late:
        view.heading(view.translate("record.late"), view.translate("record.late_note"))
        heads = [view.translate(key) for key in ("word.site", "record.first_look")]
        rows = [row(_site(view, r), cell(formatting.day(r["down"], view.lang))) for r in late]
        view.table(heads, rows, "flow kw-dated", fold=10)
    standing = view.cached_query(_standing, view.facts.as_of)
    view.heading(view.translate("record.open"), view.translate("record.open_note"))
    if not standing:
        view.note(view.translate("record.open_none"))
        return
    view.table(
        [view.translate("word.site"), view.translate("record.warned"), view.translate("record.now")],
        [
            row(
                _site(view, r),
                cell(formatting.day(r["warned"], view.lang)),
                cell(view.label("warning", r["warning_state"])),
            )
            for r in standing
        ],
        "flow kw-dated",
        fold=25,
    )


def _site(view: View, found: dict[str, Any]) -> Cell:
    name = found["name"] or found["host"]
    soft = found["host"] if name != found["host"] else ""
    return cell(name, href=view.link("site", host=found["host"]), soft=soft, limit=80)


def _closing(view: View, closing: dict[str, Any]) -> Row:
    warned, down = closing["warned"], closing["down"]
    return row(
        _site(view, closing),
        cell(formatting.day(down, view.lang)),
        cell(formatting.day(warned, view.lang) if warned else view.translate("record.missed")),
        cell(view.translate("sector.lead_days", days=(down - warned).days) if warned else "–"),
    )


def _closed(snapshot: Snapshot, as_of: dt.date) -> list[dict[str, Any]]:
    """Sites that closed in twelve months, newest first: the first day they were down, whether they had answered before, and the first
    warning within 180 days before; days down and answers are the figures of the sentence that said the site had closed."""
    return current_snapshot.rows(
        snapshot,
        """with closing as (select host, min("on") as closed from warnings where to_state = 'closed' and "on" >= ? group by host),
        told as (select host, place, max(value) filter (where name = 'down_days') as run,
            max(value) filter (where name = 'answered_before') as answered from figures
            where place like 'warning:%' and name in ('down_days', 'answered_before') group by host, place),
        first as (select c.host, c.closed - coalesce(t.run, 0)::integer as down, t.answered from closing c
            left join told t on t.host = c.host and t.place = 'warning:' || c.closed)
        select f.host, any_value(r.name) as name, f.down, f.answered, min(w."on") as warned from first f
            left join ratings r on r.host = f.host left join warnings w on w.host = f.host
            and w.to_state in ('warning', 'alarm') and w."on" < f.down and w."on" >= f.down - ? group by f.host, f.down, f.answered
        order by f.down desc, f.host limit ?""",
        [sector_data.first_of_window(as_of), _WITHIN, _MOST],
    )


def _standing(snapshot: Snapshot, as_of: dt.date) -> list[dict[str, Any]]:
    """Sites that were warned of in twelve months and have not closed, newest warning first."""
    return current_snapshot.rows(
        snapshot,
        """select w.host, any_value(r.name) as name, max(w."on") as warned, any_value(r.warning_state) as warning_state from warnings w join ratings r using (host)
        where w.to_state in ('warning', 'alarm') and w."on" >= ? and r.warning_state <> 'closed'
        group by w.host order by warned desc, w.host limit ?""",
        [sector_data.first_of_window(as_of), _MOST],
    )
