"""关于 about: who pays, what is kept, how evidence is collected, what this cannot do."""

from __future__ import annotations

from dashboard import reader
from dashboard.view import View
from scoring.snapshot import Snapshot

title_zh = "关于"
title_en = "About"
url_path = "about"
order = 5
group = "trust"
visible = True


def render(view: View) -> None:
    """Short statements, and how often we were wrong."""
    view.title(view.t("about.title"))
    for part in ("funding", "privacy", "crawler", "access", "limits"):
        view.heading(view.t(f"about.{part}"))
        view.html("lines_plain.html", lines=[view.t(f"about.{part}_text")])
    view.heading(view.t("about.mistakes"))
    view.html("lines_plain.html", lines=[view.t("about.mistakes_text", **view.ask(_corrections))])
    view.html("linkline.html", href=view.link("appeals"), words=view.t("appeals.title"))


def _corrections(snapshot: Snapshot) -> dict[str, int]:
    return reader.rows(
        snapshot,
        "select count(*) as count, count(*) filter (where outcome in ('amended', 'withdrawn')) as amended from corrections",
    )[0]
