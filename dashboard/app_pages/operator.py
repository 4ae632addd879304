"""运营主体 operator: the sites of one company that filings or registers name; without a name, the list of companies."""

from __future__ import annotations

from dashboard.components import cluster_sections
from dashboard.components.page_context import View, cell, row
from dashboard.groups import clusters

title_zh = "运营主体"
title_en = "Operator"
url_path = "operator"
order = 5
group = "browse"
visible = False


def render(view: View) -> None:
    """The company's sites, names, filings, moves, endings, warnings, links, whom to notify, and what is not known."""
    asked = view.param("name").strip()[:200]
    if not asked:
        view.title(view.translate("operator.list"), view.translate("operator.intro"))
        found = view.cached_query(clusters.operators)
        if not found:
            view.note(view.translate("operator.list_none"))
            return
        view.table(
            [view.translate("operator.title"), view.translate("cluster.count")],
            [row(cell(r["name"], href=view.link("operator", name=r["name"])), cell(r["n"])) for r in found],
            fold=12,
        )
        return
    known = view.cached_query(clusters.operator, asked)
    if known is None:
        view.missing()
        view.title(view.translate("operator.title"))
        view.note(view.translate("operator.none"))
        view.html("linkline.html", href=view.link("operator"), words=view.translate("operator.to_list"))
        return
    code = (
        view.translate("operator.code", code=known.uscc) if known.uscc else view.translate("operator.no_code")
    )
    view.title(known.name, f"{code} {view.translate('operator.intro')}")
    cluster_sections.page(view, known)
