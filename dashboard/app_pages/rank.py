"""榜单 rankings: tiers, lower bounds, intervals; the unrated always in sight and grey."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby

import streamlit as st

from dashboard.components import charts
from dashboard.components.page_context import Row, View, cell, first_page, row
from dashboard.presenters import csv_export, formatting, ranking, verdict_card
from scoring.snapshot.reader import TABLES

title_zh = "榜单"
title_en = "Rankings"
url_path = "rank"
order = 1
group = "browse"
visible = True

_WARNINGS = ("normal", "watch", "warning", "alarm", "closed")
_FILINGS = ("filed", "not_filed", "unknown")
_SELLS = ("svip", "topup", "game_card", "mixed", "unknown")
_MORE = ("warning", "filing", "province", "software", "sells", "coverage")


def render(view: View) -> None:
    """Filters bound to the address, the chart of one page and its table by tier, the unrated, the download."""
    view.title(view.translate("rank.title"), view.translate("rank.intro"))
    filters = _filters(view)
    rated, unrated = view.cached_query(ranking.counts, filters)
    count = view.translate("rank.count", rated=formatting.number(rated), unrated=formatting.number(unrated))
    view.html("lines.html", lines=[count])
    page = view.page_of(max(1, math.ceil(rated / ranking.PAGE_SIZE)))
    rows = view.cached_query(ranking.rated, filters, page)
    if rows:
        _chart(view, rows)
        _tiers(view, rows, (page - 1) * ranking.PAGE_SIZE)
    else:
        view.note(view.translate("rank.none"))
    _download(view, filters)
    view.heading(view.translate("rank.unrated_title"), view.translate("rank.unrated_text"))
    _unrated(view, filters, unrated)


def _tiers(view: View, rows: list[dict], before: int) -> None:
    """The page's rows, a table for each tier on it."""
    for tier, group in groupby(enumerate(rows, before + 1), key=lambda pair: pair[1]["tier"]):
        numbered = list(group)
        words = view.translate(
            "rank.tier_heading",
            tier=view.translate(f"rank.tier_{tier}"),
            first=formatting.number(numbered[0][0]),
            last=formatting.number(numbered[-1][0]),
        )
        view.html("heading3.html", title=words)
        view.table(_columns(view), [_row(view, r) for _, r in numbered], "flow")


def _filters(view: View) -> ranking.Filters:
    """The filter widgets; each writes itself into the page's address."""
    text = view.text_box(view.translate("rank.search"), "text", max_chars=80, on_change=first_page)
    tier = _choice(view, "tier", ("1", "2", "3"), lambda code: view.translate(f"rank.tier_{code}"))
    with st.expander(
        view.translate("word.filters"),
        expanded=any(view.param(k) for k in _MORE),
    ):
        warning = _choice(view, "warning", _WARNINGS, lambda code: view.label("warning", code))
        filing = _choice(view, "filing", _FILINGS, lambda code: view.label("filing", code))
        province = _choice(
            view,
            "province",
            tuple(view.cached_query(ranking.choices, "filing_province")),
            lambda code: view.label("province", code),
        )
        software = _choice(view, "software", tuple(view.cached_query(ranking.choices, "software")), str)
        sells = _choice(view, "sells", _SELLS, lambda code: view.label("sells", code))
        coverage = _choice(
            view,
            "coverage",
            ranking.COVERAGES,
            lambda share: view.translate("rank.coverage_from", share=share),
        )
    return ranking.Filters(text.strip(), tier, warning, filing, province, software, sells, coverage)


def _choice(view: View, key: str, options: tuple[str, ...], words: Callable[[str], str]) -> str:
    everything = view.translate("word.all")
    return view.choose(
        view.translate(f"rank.{key}"), key, ("", *options), lambda code: words(code) if code else everything
    )


def _columns(view: View) -> list[str]:
    return [
        view.translate("word.site"),
        view.translate("rank.verdict"),
        view.translate("rank.score"),
        view.translate("card.warning"),
        view.translate("card.filing"),
        view.translate("card.drop_rate"),
    ]


def _row(view: View, rating: dict) -> Row:
    card = verdict_card.card(rating, view.lang)
    score = cell(f"{rating['score']:.0f}", soft=_interval(view, rating)) if card.score else cell("–")
    return row(
        cell(
            card.name,
            href=view.link("site", host=rating["host"]),
            soft=card.host if card.host != card.name else "",
        ),
        cell(card.word, state=card.code, soft=view.translate("card.as_of", date=card.as_of)),
        score,
        cell(card.warning),
        cell(verdict_card.filing_short(rating, view.lang)),
        cell(verdict_card.drop_short(rating, view.lang)),
    )


def _interval(view: View, rating: dict) -> str:
    found = formatting.interval_of(rating)
    return f"{found[0]:.0f}–{found[1]:.0f}" if found else view.translate("rank.capped")


def _chart(view: View, rows: list[dict]) -> None:
    cards = [verdict_card.card(r, view.lang) for r in rows]
    records = [
        {
            "host": r["host"],
            "label": card.name,
            "state": card.code,
            "verdict": card.word,
            "score": r["score"],
            "low": formatting.ends_of(r)[0],
            "high": formatting.ends_of(r)[1],
            "n": view.translate("rank.chart_n", n=formatting.number(r["evidence_n"] or 0)),
        }
        for r, card in zip(rows, cards, strict=True)
        if r["score"] is not None
    ]
    tied = ranking.tied(rows)
    key = "rank.tied_finding" if tied else "rank.chart_finding"
    view.chart(
        lambda: charts.ranking(records, view.translate("card.score_title")),
        view.translate(key, count=len(records), tied=tied),
        view.translate("rank.chart_alt"),
        [
            {
                view.translate("word.site"): r["label"],
                **{view.label("column", c): r[c] for c in ("host", "verdict", "score", "low", "high")},
                view.translate("alerts.evidence"): r["n"],
            }
            for r in records
        ],
        view.translate("rank.file"),
    )
    view.html("lines.html", lines=[view.translate("rank.legend")])


def _unrated(view: View, filters: ranking.Filters, count: int) -> None:
    rows = view.cached_query(ranking.unrated, filters)
    if not rows:
        view.note(view.translate("rank.unrated_none"))
        return
    view.table(_columns(view), [_row(view, r) for r in rows], "flow")
    if count > len(rows):
        view.html("lines.html", lines=[view.translate("rank.unrated_more", shown=len(rows), count=count)])


def _download(view: View, filters: ranking.Filters) -> None:
    snapshot = view.snapshot

    def make() -> bytes:
        rows = ranking.rated(snapshot, filters, 1, ranking.DOWNLOAD_LIMIT, "*")
        rows += ranking.unrated(snapshot, filters, ranking.DOWNLOAD_LIMIT, "*")
        return csv_export.csv_bytes(rows, TABLES["ratings"].names)

    view.download(make, f"{view.translate('rank.file')}-{view.facts.as_of}.csv", key="download-ranking")
