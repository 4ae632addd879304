"""关联网站组 cluster: the sites that links join with one site; without a site, the list of clusters."""

from __future__ import annotations

from dashboard.components import cluster_sections
from dashboard.components.page_context import View, cell, row
from dashboard.groups import clusters
from dashboard.presenters import formatting
from store.text.query import parse_query

title_zh = "关联网站组"
title_en = "Cluster of linked sites"
url_path = "cluster"
order = 6
group = "browse"
visible = False


def render(view: View) -> None:
    """The cluster of a site: its sites, names, filings, moves, endings, warnings, the network with its keys, whom to notify."""
    asked = view.param("host").strip()[:300]
    if not asked:
        view.title(view.translate("cluster.list"), view.translate("cluster.intro"))
        found = view.cached_query(clusters.clusters)
        if not found:
            view.note(view.translate("cluster.list_none"))
            return
        view.table(
            [view.translate("cluster.title"), view.translate("cluster.count")],
            [
                row(
                    cell(
                        formatting.join_words(r["hosts"][:6], view.lang),
                        href=view.link("cluster", host=r["name"]),
                    ),
                    cell(r["n"]),
                )
                for r in found
            ],
        )
        return
    host = parse_query(asked).host or asked
    known = view.cached_query(clusters.cluster, host)
    if known is None:
        view.missing()
        view.title(view.translate("cluster.title"))
        view.note(view.translate("cluster.none", host=host[:80]))
        view.html("linkline.html", href=view.link("cluster"), words=view.translate("cluster.to_list"))
        return
    view.title(
        view.translate("cluster.of", host=known.name, count=known.count), view.translate("cluster.intro")
    )
    cluster_sections.page(view, known)
