"""预警成绩 record: for every site that closed whether we warned before, and every warning that has not come true (yet)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboard.components.page_context import Row, View, cell, row
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
    """Hits, misses, and warnings still open, each by name; the counts are those of the sector page."""
    view.title(view.translate("record.title"), view.translate("record.intro", days=_WITHIN))
    if not view.facts.as_of:
        view.note(view.translate("sector.closures_none"))
        return
    counted = view.cached_query(sector_data.closures, view.facts.as_of)
    if not counted.count:
        view.note(view.translate("sector.closures_none"))
    elif counted.warned is not None:
        view.note(
            view.translate("record.counts", closed=counted.count, warned=counted.warned, missed=counted.count - counted.warned)
        )  # fmt: skip
    closed = view.cached_query(_closed, view.facts.as_of)
    if closed:
        view.heading(view.translate("record.closed"))
        heads = [view.translate(key) for key in ("word.site", "record.down", "record.warned", "record.lead")]
        view.table(heads, [_closing(view, r) for r in closed], "flow", fold=25)
    standing = view.cached_query(_standing, view.facts.as_of)
    view.heading(view.translate("record.open"), view.translate("record.open_note"))
    if not standing:
        view.note(view.translate("record.open_none"))
        return
    view.table(
        [view.translate("word.site"), view.translate("record.warned"), view.translate("record.now")],
        [
            row(
                _site(view, r["host"]),
                cell(formatting.day(r["warned"], view.lang)),
                cell(view.label("warning", r["warning_state"])),
            )
            for r in standing
        ],
        "flow",
        fold=25,
    )


def _site(view: View, host: str) -> Any:
    return cell(host, href=view.link("site", host=host), limit=80)


def _closing(view: View, closing: dict[str, Any]) -> Row:
    warned, down = closing["warned"], closing["down"]
    return row(
        _site(view, closing["host"]),
        cell(formatting.day(down, view.lang)),
        cell(formatting.day(warned, view.lang) if warned else view.translate("record.missed")),
        cell(view.translate("sector.lead_days", days=(down - warned).days) if warned else "–"),
    )


def _closed(snapshot: Snapshot, as_of: dt.date) -> list[dict[str, Any]]:
    """Sites that closed in twelve months, newest first: the first day they were down, and the first warning within 180 days before it."""
    found = current_snapshot.rows(
        snapshot,
        """with closing as (select host, min("on") as closed from warnings where to_state = 'closed' and "on" >= ? group by host),
        up as (select c.host, max(s."on") as up from closing c join series s on s.host = c.host and s.measure = 'availability'
            and s.value > 0 and s."on" <= c.closed group by c.host),
        first as (select c.host, c.closed, coalesce(min(s."on"), c.closed) as down from closing c left join up on up.host = c.host
            left join series s on s.host = c.host and s.measure = 'availability' and s.value <= 0 and s."on" <= c.closed
            and s."on" > coalesce(up.up, date '1970-01-01') group by c.host, c.closed)
        select f.host, f.down, min(w."on") as warned from first f left join warnings w on w.host = f.host
            and w.to_state in ('warning', 'alarm') and w."on" < f.down and w."on" >= f.down - ? group by f.host, f.down
        order by f.down desc, f.host limit ?""",
        [sector_data.first_of_window(as_of), _WITHIN, _MOST],
    )
    return found


def _standing(snapshot: Snapshot, as_of: dt.date) -> list[dict[str, Any]]:
    """Sites that were warned of in twelve months and have not closed, newest warning first."""
    return current_snapshot.rows(
        snapshot,
        """select w.host, max(w."on") as warned, any_value(r.warning_state) as warning_state from warnings w join ratings r using (host)
        where w.to_state in ('warning', 'alarm') and w."on" >= ? and r.warning_state <> 'closed'
        group by w.host order by warned desc, w.host limit ?""",
        [sector_data.first_of_window(as_of), _MOST],
    )
