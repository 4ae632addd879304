"""榜单 rankings: tiers, lower bounds, intervals; the unrated always in sight and grey."""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

from dashboard import charts, ranking, sheet, verdict
from dashboard.view import Row, View, cell, first_page, row
from scoring.snapshot import TABLES

title_zh = "榜单"
title_en = "Rankings"
url_path = "rank"
order = 1
group = "browse"
visible = True

_WARNINGS = ("normal", "watch", "warning", "alarm", "closed")
_FILINGS = ("filed", "not_filed", "unknown")
_SELLS = ("svip", "topup", "game_card", "mixed", "unknown")


def render(view: View) -> None:
    """Filters bound to the address, the chart and table of one page, the unrated, the download."""
    view.title(view.t("rank.title"), view.t("rank.intro"))
    filters = _filters(view)
    rated, unrated = view.ask(ranking.counts, filters)
    view.html("lines.html", lines=[view.t("rank.count", rated=rated, unrated=unrated), view.t("rank.ties")])
    page = view.page_of(max(1, math.ceil(rated / ranking.PAGE_SIZE)))
    rows = view.ask(ranking.rated, filters, page)
    if rows:
        _chart(view, rows)
        view.table(_columns(view), [_row(view, r) for r in rows])
    else:
        view.note(view.t("rank.none"))
    _download(view, filters)
    view.heading(view.t("rank.unrated_title"), view.t("rank.unrated_text"))
    _unrated(view, filters, unrated)


def _filters(view: View) -> ranking.Filters:
    """The filter widgets; each writes itself into the page's address."""
    text = st.text_input(
        view.t("rank.search"), key="text", bind="query-params", max_chars=80, on_change=first_page
    )
    tier = _choice(view, "tier", ("1", "2", "3"), lambda code: view.t(f"rank.tier_{code}"))
    with st.expander(
        view.t("word.filters"),
        expanded=any(view.param(k) for k in ("warning", "filing", "province", "software", "sells")),
    ):
        warning = _choice(view, "warning", _WARNINGS, lambda code: view.w("warning", code))
        filing = _choice(view, "filing", _FILINGS, lambda code: view.w("filing", code))
        province = _choice(view, "province", tuple(view.ask(ranking.choices, "filing_province")), str)
        software = _choice(view, "software", tuple(view.ask(ranking.choices, "software")), str)
        sells = _choice(view, "sells", _SELLS, lambda code: view.w("sells", code))
    return ranking.Filters(text.strip(), tier, warning, filing, province, software, sells)


def _choice(view: View, key: str, options: tuple[str, ...], words: Callable[[str], str]) -> str:
    everything = view.t("word.all")
    return view.choose(
        view.t(f"rank.{key}"), key, ("", *options), lambda code: words(code) if code else everything
    )


def _columns(view: View) -> list[str]:
    return [
        view.t("word.site"),
        view.t("rank.verdict"),
        view.t("rank.score"),
        view.t("card.warning"),
        view.t("card.filing"),
        view.t("card.drop_rate"),
    ]


def _row(view: View, rating: dict) -> Row:
    card = verdict.card(rating, view.lang)
    score = (
        cell(f"{rating['score']:.0f}", soft=f"{rating['score_low']:.0f}–{rating['score_high']:.0f}")
        if card.score
        else cell("–")
    )
    return row(
        cell(
            card.name,
            href=view.link("site", host=rating["host"]),
            soft=card.host if card.host != card.name else "",
        ),
        cell(card.word, state=card.code, soft=view.t("card.as_of", date=card.as_of)),
        score,
        cell(card.warning),
        cell(verdict.filing_short(rating, view.lang)),
        cell(verdict.drop_short(rating, view.lang)),
    )


def _chart(view: View, rows: list[dict]) -> None:
    records = [
        {
            view.t("word.site"): f"{verdict.card(r, view.lang).name}",
            "host": r["host"],
            "score": r["score"],
            "low": r["score_low"],
            "high": r["score_high"],
            "verdict": view.t(f"verdict.{verdict.STATES[verdict.verdict_of(r)].code}"),
        }
        for r in rows
        if r["score"] is not None
    ]
    view.chart(
        charts.intervals(records, view.t("word.site"), view.t("card.score_title")),
        view.t("rank.chart_finding", count=len(records)),
        view.t("rank.chart_alt"),
        records,
        view.t("rank.file"),
    )


def _unrated(view: View, filters: ranking.Filters, count: int) -> None:
    rows = view.ask(ranking.unrated, filters)
    if not rows:
        view.note(view.t("rank.unrated_none"))
        return
    view.table(_columns(view), [_row(view, r) for r in rows])
    if count > len(rows):
        view.html("lines.html", lines=[view.t("rank.unrated_more", shown=len(rows), count=count)])


def _download(view: View, filters: ranking.Filters) -> None:
    snapshot = view.snapshot

    def make() -> bytes:
        rows = ranking.rated(snapshot, filters, 1, ranking.DOWNLOAD_LIMIT)
        rows += ranking.unrated(snapshot, filters, ranking.DOWNLOAD_LIMIT)
        return sheet.csv_bytes(rows, TABLES["ratings"].names)

    view.download(make, f"{view.t('rank.file')}-{view.facts.as_of}.csv", key="download-ranking")
