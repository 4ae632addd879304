"""关于 about: who pays, what is kept, how evidence is collected, what this cannot do."""

from __future__ import annotations

from dashboard.components.page_context import View
from dashboard.presenters import current_snapshot
from scoring.snapshot.reader import Snapshot

title_zh = "关于"
title_en = "About"
url_path = "about"
order = 5
group = "trust"
visible = True


def render(view: View) -> None:
    """Short statements, and how often we were wrong."""
    view.title(view.translate("about.title"))
    for part in ("funding", "privacy", "crawler", "access", "limits"):
        view.heading(view.translate(f"about.{part}"))
        view.html("lines_plain.html", lines=[view.translate(f"about.{part}_text")])
    view.heading(view.translate("about.mistakes"))
    view.html(
        "lines_plain.html", lines=[view.translate("about.mistakes_text", **view.cached_query(_corrections))]
    )
    view.html("linkline.html", href=view.link("appeals"), words=view.translate("appeals.title"))


def _corrections(snapshot: Snapshot) -> dict[str, int]:
    return current_snapshot.rows(
        snapshot,
        "select count(*) as count, count(*) filter (where outcome in ('amended', 'withdrawn')) as amended from corrections",
    )[0]
