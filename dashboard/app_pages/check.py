"""查 check: what somebody pasted in, the verdict card out. The first screen."""

from __future__ import annotations

import streamlit as st

from dashboard.components import first_look, shared_tables
from dashboard.components.page_context import View, cell, row
from dashboard.presenters import current_snapshot, html, ranking, site_search, verdict_card
from scoring.snapshot.reader import Snapshot
from store.text.query import Query, parse_query

title_zh = "查一个网站"
title_en = "Check a site"
url_path = ""
order = 1
group = "check"
visible = True

_CHANGES_SHOWN = 5


def render(view: View) -> None:
    """The search box, what was understood, and the card, the choice of sites, or the self-check."""
    answering = bool(view.param("q").strip())
    view.title(view.translate("check.title"), unseen=answering)  # a phone's first screen is for the answer
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = view.text_box(
            view.translate("check.label"),
            "q",
            placeholder=view.translate("check.placeholder"),
            max_chars=4000,
            on_change=_shorten,
            width="stretch",
            label_visibility="collapsed" if answering else "visible",
        )
        st.button(view.translate("check.button"), type="primary")
    if text.strip():
        _answer(view, text)
    else:
        _welcome(view)


def _shorten() -> None:
    """Leave only the host of a pasted address in the box and the page's address: paths may hold order numbers."""
    asked = st.session_state.get("q") or ""
    query = parse_query(asked[:4000])
    if query.kind == "host" and query.host and query.host != asked:
        st.session_state["q"] = query.host
        st.session_state["asked"] = (query.host, query)


def _query_notices(view: View, query: Query) -> None:
    lines = site_search.understood(query, view.lang)
    if lines:
        view.html("lines.html", lines=[("；" if view.lang == "zh" else "; ").join(lines)])


def _answer(view: View, text: str) -> None:
    found: site_search.Answer = view.cached_query(site_search.find, text)
    remembered = st.session_state.get("asked")
    _query_notices(view, remembered[1] if remembered and remembered[0] == text else found.query)
    if found.query.kind == "empty":
        view.note(view.translate("check.nothing"))
    elif len(found.matches) == 1:
        _card(view, found.matches[0])
    elif found.matches:
        view.heading(view.translate("check.several", count=len(found.matches)))
        _choices(view, found.matches)
    else:
        if found.query.kind == "uscc":
            view.note(view.translate("check.uscc_note"))
        if found.near:  # above the card: on a phone nobody would look for it below
            links = [
                (f"{r['name'] or ''} {r['host']}".strip(), view.link("", q=r["host"])) for r in found.near
            ]
            view.html("linklist.html", links=links, lead=view.translate("check.near_lead"))
        asked = found.query.host or found.query.name or found.query.number or text
        if found.query.host:
            first_look.unknown(view, found.query.host)
        else:
            view.card(verdict_card.unknown_card(asked, view.lang, view.facts.as_of, view.facts.demo))
        if found.near:
            view.heading(view.translate("check.near"))
            _choices(view, found.near)


def _card(view: View, rating: dict) -> None:
    card = view.cached_query(verdict_card.card_for, rating["host"], view.lang)
    view.card(card, html.card_actions(card))
    first_look.section(view, rating["host"])


def _choices(view: View, ratings: tuple[dict, ...]) -> None:
    cards = [verdict_card.card(rating, view.lang) for rating in ratings]
    view.table(
        [
            view.translate("rank.verdict"),
            view.translate("word.site"),
            view.translate("card.warning"),
            view.translate("card.filing"),
            view.translate("card.drop_rate"),
        ],
        [
            row(
                cell(card.word, state=card.code, soft=view.translate("card.as_of", date=card.as_of)),
                cell(card.name, href=view.link("", q=card.host), soft=card.host),
                cell(card.warning),
                cell(card.filing),
                cell(card.drop_rate),
            )
            for card in cards
        ],
    )


def _welcome(view: View) -> None:
    view.html("lines.html", lines=[view.translate("check.examples"), view.translate("check.how_text")])
    if not view.facts.count:
        return
    rated, unrated = view.cached_query(ranking.counts, ranking.Filters())
    parts = view.cached_query(_by_verdict)
    words = ("，" if view.lang == "zh" else ", ").join(
        view.translate(
            "check.watched_part", word=view.translate(f"rank.colour_{verdict_card.STATES[w].code}"), count=n
        )
        for w, n in parts
    )
    view.note(view.translate("check.watched", count=rated + unrated, parts=words or "0"))
    if view.facts.as_of:
        shared_tables.week(view, view.facts.as_of, _CHANGES_SHOWN)


def _by_verdict(snapshot: Snapshot) -> list[tuple[str, int]]:
    found = current_snapshot.rows(
        snapshot,
        f"select case when {ranking.RATED} then verdict else '灰' end as verdict, count(*) as n"  # noqa: S608 - fixed text
        " from ratings group by 1",
    )
    counts = {r["verdict"]: r["n"] for r in found}
    return [(word, counts[word]) for word in verdict_card.STATES if counts.get(word)]
