"""方法 method: the published method of this snapshot, as the publisher generated it from the code."""

from __future__ import annotations

import re

from dashboard.components.page_context import View, cell, row
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import Snapshot, SnapshotError
from store.text.safe_text import plain

title_zh = "方法"
title_en = "Method"
url_path = "method"
order = 1
group = "trust"
visible = True


def render(view: View) -> None:
    """The words, the indicators with their weights, the rules."""
    view.title(view.translate("method.title"), view.translate("method.generated"))
    try:
        method = view.cached_query(Snapshot.method)
    except SnapshotError as error:
        view.note(f"{view.translate('app.damaged_title')}：{plain(error, 200)}")
        return
    words = (method.get(view.lang) or method.get("zh") or {}).get("markdown")
    if words:
        # The page has its own first heading.
        body = re.sub(r"\A# .*\n", "", str(words))
        formulas, heading, rules = body.partition("\n## ")
        view.heading(view.translate("method.short"))
        view.html("lines_plain.html", lines=[view.translate(f"method.short_{n}") for n in range(1, 5)])
        view.markdown(formulas, fold=view.translate("method.formulas"))
        if heading:
            view.markdown(f"## {rules}")
    if indicators := method.get("indicators"):
        view.heading(view.translate("method.indicators"))
        view.table(
            [
                view.translate("site.indicator"),
                view.translate("method.question"),
                view.translate("method.dimension"),
                view.translate("method.weight"),
            ],
            [
                row(
                    cell(pick(i, "title", view.lang) or i.get("id"), soft=plain(i.get("id") or "", 40)),
                    cell(pick(i, "question", view.lang) or pick(i, "definition", view.lang)),
                    cell(view.label("dimension", i.get("dimension"))),
                    cell(f"{i['weight']:g}" if i.get("weight") else view.translate("method.unscored")),
                    id=str(i.get("id") or ""),
                )
                for i in indicators
            ],
            "flow",
            fold=6,
        )
    if not words:  # which name the rules themselves
        view.html(
            "lines.html", lines=[view.translate("method.version", version=method.get("version") or "–")]
        )
        if rules := method.get("rules"):
            view.heading(view.translate("method.rules"))
            view.html("lines_plain.html", lines=[r.get(view.lang) or r.get("zh") or "" for r in rules])
