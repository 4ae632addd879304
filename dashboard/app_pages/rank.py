"""榜单 rankings: tiers, lower bounds, intervals; one line a site, the unrated always in sight and grey. A view is its address."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from dashboard.components.page_context import View
from dashboard.presenters import csv_export, current_snapshot, formatting, html, ranking, verdict_card
from scoring.snapshot.reader import TABLES, whole_points

title_zh = "榜单"
title_en = "Rankings"
url_path = "rank"
order = 1
group = "browse"
visible = True

_TIERS = ("1", "2", "3")
_STATES = {"1": "blue", "2": "yellow", "3": "orange"}
_DAYS = 120
"""Days to choose from, the newest first; any other kept day is asked for by `as_of` in the address."""
_OPTIONS = {
    "warning": ("normal", "watch", "warning", "alarm", "closed"),
    "filing": ("filed", "not_filed", "unknown"),
    "sells": ("svip", "topup", "game_card", "mixed", "unknown"),
    "coverage": ranking.COVERAGES,
}
_HEADS = (
    ("word.site", "host"),
    ("rank.verdict", "tier"),
    ("rank.score", "score"),
    ("rank.change", ""),
    ("rank.complaints", "complaints"),
    ("card.drop_rate", "drop"),
    ("card.warning", "warning"),
    ("card.filing", ""),
    ("rank.coverage", "coverage"),
)
"""Heading and, where the table can be sorted by it, the order's name."""


def render(view: View) -> None:
    """Verdicts with their counts, filters, the page's table, the unrated, the download."""
    view.title(view.translate("rank.title"), view.translate("rank.intro"))
    filters = ranking.Filters(**{name: view.param(name).strip()[:80] for name in ranking.FILTERS})
    order = view.param("sort") if view.param("sort") in ranking.ORDERS else "tier"
    rising = view.param("way") != "down" if order == "host" else view.param("way") == "up"
    rated, unrated = view.cached_query(ranking.counts, filters)
    pages = max(1, math.ceil(rated / ranking.PAGE_SIZE))
    page = view.page_of(pages)
    rows = view.cached_query(ranking.rated, filters, page, ranking.PAGE_SIZE, ranking.LINE, order, rising)
    grey = view.cached_query(ranking.unrated, filters, ranking.UNRATED_SHOWN, ranking.LINE)
    before = view.cached_query(_before, tuple(r["host"] for r in rows), view.facts.as_of) if rows else {}
    query = {name: view.param(name).strip()[:80] for name in (*ranking.FILTERS, "sort", "way")}
    count = ranking.tied(rows) if order == "tier" else 0
    key = "rank.tied_all" if count == len(rows) > 1 else "rank.tied_finding"
    tied = [view.translate(key, count=len(rows), tied=count)] if count else []
    view.html(
        "ranking.html",
        tabs=_tabs(view, filters),
        hidden=_kept(view, "tier", *html.CHOOSING, *(["lang"] if view.lang != "zh" else [])),
        text=filters.text,
        boxes=_boxes(view, filters),
        filtered=filters != ranking.Filters(),
        heads=_heads(view, order, rising),
        orders=[("" if name == "tier" else name, view.translate(key)) for key, name in _HEADS if name],
        order="" if order == "tier" else order,
        caption=view.translate("rank.caption", date=formatting.day(view.facts.as_of, view.lang)),
        rated=[_line(view, r, before.get(r["host"])) for r in rows],
        unrated=[_line(view, r, None) for r in grey],
        unrated_count=unrated,
        pager=view.pages_near("rank", page, pages, query),
        notes=[*tied, view.translate("rank.legend")],
    )
    links = [(view.translate("operator.list"), view.link("operator")), (view.translate("cluster.list"), view.link("cluster"))]  # fmt: skip
    view.html("linklist.html", links=links, lead=view.translate("rank.groups"))
    _download(view, filters, order, rising)
    _other_days(view)


def _address(view: View, **changed: str) -> str:
    """The present view with some values changed; another page of the list is another question."""
    names = (*ranking.FILTERS, "sort", "way")
    query = {name: view.param(name).strip()[:80] for name in names} | changed
    return view.link("rank", **query)


def _other_days(view: View) -> None:
    """The same view as it was published on another day; nothing where one day alone is kept."""
    days = sorted({one.as_of.isoformat() for one in current_snapshot.kept()}, reverse=True)
    if len(days) < 2:
        return
    names = (*ranking.FILTERS, "sort", "way", *(["lang"] if view.lang != "zh" else []))
    view.html("other_days.html", days=days[:_DAYS], current=str(view.facts.as_of), hidden=_kept(view, *names))


def _kept(view: View, *names: str) -> list[tuple[str, str]]:
    """What the form carries along beside its own boxes."""
    found = [(name, view.lang if name == "lang" else view.param(name)[:20]) for name in names]
    return [(name, value) for name, value in found if value]


def _tabs(view: View, filters: ranking.Filters) -> list[dict[str, Any]]:
    """All, each tier, and the unrated, with how many match."""
    counts = view.cached_query(ranking.by_tier, filters)
    tabs = [
        {
            "href": _address(view, tier=tier),
            "words": view.translate(f"rank.tier_{tier or 'all'}"),
            "state": _STATES.get(tier, ""),
            "count": counts.get(int(tier), 0) if tier else sum(n for t, n in counts.items() if t),
            "current": filters.tier == tier,
        }
        for tier in ("", *_TIERS)
    ]
    grey = {"href": "#unrated", "words": view.translate("rank.tier_0"), "state": "grey"}
    return [*tabs, {**grey, "count": counts.get(0, 0), "current": False}]


def _boxes(view: View, filters: ranking.Filters) -> list[dict[str, Any]]:
    def words(name: str, code: str) -> str:
        if name == "coverage":
            return view.translate("rank.coverage_from", share=code)
        return code if name == "software" else view.label(name, code)

    options = _OPTIONS | {
        "province": tuple(view.cached_query(ranking.choices, "filing_province")),
        "software": tuple(view.cached_query(ranking.choices, "software")),
    }
    return [
        {
            "name": name,
            "label": view.translate(f"rank.{name}"),
            "value": getattr(filters, name),
            "options": [(code, words(name, code)) for code in options[name]],
        }
        for name in ("warning", "filing", "province", "software", "sells", "coverage")
    ]


def _heads(view: View, order: str, rising: bool) -> list[dict[str, str]]:
    """The headings; one leads to the table sorted by it, and once it is, to the other way round."""
    found = []
    for key, name in _HEADS:
        here = bool(name) and name == order
        way = (
            ("down" if name == "host" else "") if here and rising else "up" if here and name != "host" else ""
        )
        found.append(
            {
                "words": view.translate(key),
                "href": _address(view, sort="" if name == "tier" else name, way=way) if name else "",
                "sorted": ("ascending" if rising else "descending") if here else "",
            }
        )
    return found


def _line(view: View, rating: dict[str, Any], before: float | None) -> dict[str, Any]:
    card = verdict_card.card(rating, view.lang)
    shown = card.code != "grey" and rating["score"] is not None
    low, high = formatting.ends_of(rating) if shown else (0.0, 0.0)
    change = rating["score"] - before if shown and before is not None else None
    found = formatting.interval_of(rating) if shown else None
    coverage = rating["coverage"]
    return {
        "host": rating["host"],
        "name": card.name,
        "state": card.code,
        "word": card.word,
        "colour": view.translate(f"rank.colour_{card.code}"),
        "grade": rating["grade"] if shown else "",
        "score": whole_points(rating["score"]) if shown else None,
        "low": whole_points(low),
        "width": max(1, whole_points(high) - whole_points(low)),
        "interval": formatting.ends(found) if found else view.translate("rank.capped"),
        "change": "–" if change is None else formatting.signed(change),
        "complaints": f"{formatting.number(rating['complaints_30d'] or 0)} / {formatting.number(rating['complaints_total'] or 0)}",
        "drop": verdict_card.drop_line(rating, view.lang),
        "warning": view.label("warning", card.warning_state),
        "since": rating["warning_since"].isoformat()
        if rating["warning_since"] and card.warning_state != "normal"
        else "",
        "filing": verdict_card.filing_short(rating, view.lang),
        "filing_number": rating["filing_number"] or "",
        "coverage": "–" if coverage is None else f"{whole_points(coverage)}%",
    }


def _before(snapshot: Any, hosts: tuple[str, ...], as_of: dt.date | None) -> dict[str, float]:
    """The score of each host thirty days before the last day."""
    return ranking.scores_on(snapshot, hosts, as_of - dt.timedelta(days=30)) if as_of else {}


def _download(view: View, filters: ranking.Filters, order: str, rising: bool) -> None:
    snapshot = view.snapshot

    def make() -> bytes:
        rows = ranking.rated(snapshot, filters, 1, ranking.DOWNLOAD_LIMIT, "*", order, rising)
        rows += ranking.unrated(snapshot, filters, ranking.DOWNLOAD_LIMIT, "*")
        return csv_export.csv_bytes(rows, TABLES["ratings"].names)

    label = view.translate("rank.download")
    view.download(
        make, f"{view.translate('rank.file')}-{view.facts.as_of}.csv", key="download-ranking", label=label
    )
