"""关于 about: who pays, what is kept, how evidence is collected, what this cannot do."""

from __future__ import annotations

from dashboard.view import View

title_zh = "关于"
title_en = "About"
url_path = "about"
order = 5
group = "trust"
visible = True


def render(view: View) -> None:
    """Four short statements."""
    view.title(view.t("about.title"))
    for part in ("funding", "privacy", "crawler", "limits"):
        view.heading(view.t(f"about.{part}"))
        view.html("lines_plain.html", lines=[view.t(f"about.{part}_text")])
