"""对比 compare: two to four sites side by side; what is missing is shown as unknown, never as zero."""

from __future__ import annotations

import re

import streamlit as st

from dashboard.components import charts
from dashboard.components.page_context import View, cell, row
from dashboard.presenters import current_snapshot, formatting, verdict_card
from scoring.snapshot.reader import Snapshot, verdict_of, whole_points
from store.text.query import parse_query

title_zh = "对比"
title_en = "Compare"
url_path = "compare"
order = 3
group = "check"
visible = True


def render(view: View) -> None:
    """The names, the intervals, the table of facts."""
    view.title(view.translate("compare.title"))
    # The sites of the address in one line, whether it names them in one `h` or each in its own (`?h=a&h=b`).
    given = " ".join(view.params("h"))[:1000]
    text = view.line(
        view.translate("compare.label"), "compare-sites", given, max_chars=1000, on_change=_written
    )
    asked = [parse_query(part).host or part for part in re.split(r"[\s,，、;；]+", text) if part]
    hosts = tuple(dict.fromkeys(asked))[:4]
    if len(hosts) < 2:
        view.note(view.translate("compare.need_two"))
        return
    found = view.cached_query(_ratings, hosts)
    cards = [
        verdict_card.card(found[h], view.lang)
        if h in found
        else verdict_card.unknown_card(h, view.lang, view.facts.as_of, view.facts.demo)
        for h in hosts
    ]
    _intervals(view, [found[c.host] for c in cards if c.score and c.host in found])
    if unrated := [c.name for c in cards if not c.score]:
        view.note(
            view.translate("compare.unrated", names=("、" if view.lang == "zh" else ", ").join(unrated))
        )
    shared = [spot for spot in cards[0].blind_spots if all(spot in c.blind_spots for c in cards)]
    facts = (
        (
            "rank.verdict",
            lambda c, r: cell(c.word, state=c.code, soft=view.translate("card.as_of", date=c.as_of)),
        ),
        ("card.warning", lambda c, r: cell(c.warning)),
        ("card.filing", lambda c, r: cell(c.filing)),
        ("card.drop_rate", lambda c, r: cell(c.drop_rate)),
        (
            "card.score_title",
            lambda c, r: cell(c.score or view.translate("compare.no_score" if c.known else "word.unknown")),
        ),
        (
            "card.reasons",
            lambda c, r: (
                cell("", points=tuple(reason.text for reason in c.reasons))
                if c.reasons
                else cell(view.translate("word.none"))
            ),
        ),
        ("compare.complaints", lambda c, r: cell(_known(view, r, "complaints_30d"))),
        (
            "compare.blind_more" if shared else "card.blind",
            lambda c, r: (
                cell("", points=tuple(spot for spot in c.blind_spots if spot not in shared))
                if set(c.blind_spots) - set(shared)
                else cell(view.translate("word.none"))
            ),
        ),
    )
    view.table(
        [
            view.translate("compare.fact"),
            *(c.host if c.name == c.host else f"{c.name} {c.host}" for c in cards),
        ],
        [row(cell(view.translate(key)), *(make(c, found.get(c.host)) for c in cards)) for key, make in facts],
        "compare",
    )
    if shared:
        view.html(
            "lines.html", lines=[view.translate("compare.blind_all"), *(f"· {spot}" for spot in shared)]
        )
    view.html(
        "linklist.html",
        links=[(c.name, view.link("site", host=c.host)) for c in cards if c.known],
        lead="",
    )


def _written() -> None:
    st.query_params["h"] = st.session_state["compare-sites"]


def _known(view: View, rating: dict | None, column: str) -> object:
    value = rating.get(column) if rating else None
    return view.translate("word.unknown") if value is None else value


def _intervals(view: View, ratings: list[dict]) -> None:
    if not ratings:
        return
    records = [
        {
            "name": verdict_card.card(r, view.lang).name,
            "host": r["host"],
            "score": r["score"],
            "low": formatting.ends_of(r)[0],
            "high": formatting.ends_of(r)[1],
            "verdict": view.translate(f"verdict.{verdict_card.STATES[verdict_of(r)].code}"),
        }
        for r in ratings
    ]
    view.chart(
        lambda: charts.intervals(records, "name", lambda r: _score(view, r)),
        _finding(view, records),
        view.translate("compare.chart_alt"),
        records,
        "compare",
    )


def _finding(view: View, records: list[dict]) -> str:
    """Whether the best and the worst can be told apart."""
    best, worst = (pick(records, key=lambda r: r["low"]) for pick in (max, min))
    if len(records) < 2:
        return view.translate("compare.one", name=best["name"])
    if worst["high"] < best["low"]:
        ends = {"best_range": _range(view, best), "worst_range": _range(view, worst)}
        return view.translate("compare.apart", best=best["name"], worst=worst["name"], **ends)
    return view.translate("compare.together", count=len(records))


def _range(view: View, r: dict) -> str:
    return formatting.ends((r["low"], r["high"])) if r["high"] > r["low"] else _score(view, r)


def _score(view: View, r: dict) -> str:
    score = whole_points(r["score"])
    if r["high"] > r["low"]:
        return view.translate("compare.score", score=score, ends=formatting.ends((r["low"], r["high"])))
    return f"{score} {view.translate('rank.capped')}"


def _ratings(snapshot: Snapshot, hosts: tuple[str, ...]) -> dict[str, dict]:
    found = current_snapshot.rows(
        snapshot, "select * from ratings where list_contains(?, host)", [list(hosts)]
    )
    return {r["host"]: r for r in found}
