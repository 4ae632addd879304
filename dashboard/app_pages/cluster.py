"""关联网站组 cluster: the sites that links join with one site; without a site, the list of clusters."""

from __future__ import annotations

from dashboard.components import cluster_sections
from dashboard.components.page_context import Cell, View, cell, row
from dashboard.groups import clusters
from dashboard.presenters import formatting, verdict_card
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
        verdicts = view.cached_query(clusters.verdicts, tuple(r["name"] for r in found))
        view.table(
            [
                view.translate("cluster.title"),
                view.translate("rank.verdict"),
                view.translate("cluster.count"),
            ],
            [
                row(
                    cell(
                        formatting.join_words(r["hosts"][:6], view.lang),
                        href=view.link("cluster", host=r["name"]),
                    ),
                    _verdicts(view, verdicts[r["name"]]),
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


def _verdicts(view: View, counted: list[tuple[str, int]]) -> Cell:
    """The worst verdict of a cluster's sites with its colour, and how many have which."""
    said = [(verdict_card.STATES[word].code, n) for word, n in counted]
    if not said:
        return cell(view.translate("word.unknown"))
    (worst, most), *others = (
        (code, f"{view.translate(f'rank.colour_{code}').capitalize()} {n}") for code, n in said
    )
    return cell(most, state=worst, soft=formatting.join_words((words for _, words in others), view.lang))
