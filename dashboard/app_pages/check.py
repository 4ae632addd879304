"""查 check: what somebody pasted in, the verdict card out. The first screen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.components import first_look, shared_tables
from dashboard.components.page_context import ON_PAPER, View, cell, row
from dashboard.forms import looks
from dashboard.groups import clusters
from dashboard.presenters import current_snapshot, html, ranking, site_search, verdict_card
from dashboard.presenters import first_look as first_look_card
from scoring.snapshot.reader import Snapshot
from store.text.query import Query, queries_in, refusal
from store.text.safe_text import plain

title_zh = "查一个网站"
title_en = "Check a site"
url_path = ""
order = 1
group = "check"
visible = True

_CHANGES_SHOWN = 5
_TIERS = {"蓝": "1", "黄": "2", "橙": "3", "红": "3"}


def render(view: View) -> None:
    """The search box, what was understood, and the card, the choice of sites, or the self-check."""
    _tidy(view)
    answering = bool(view.param("q").strip())
    view.title(view.translate("check.title"), unseen=answering)  # a phone's first screen is for the answer
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = view.text_box(
            view.translate("check.label"),
            "q",
            placeholder=view.translate("check.placeholder"),
            max_chars=site_search.LONGEST,
            on_change=_shorten,
            width="stretch",
            label_visibility="collapsed" if answering else "visible",
        )
        st.button(view.translate("check.button"), type="primary")
    if not ON_PAPER.get() and st.session_state.pop("cut", False):
        view.note(view.translate("check.too_long", most=site_search.LONGEST))
    if not ON_PAPER.get() and st.session_state.pop("cut_sites", False):
        view.note(view.translate("check.too_many", most=site_search.MOST))
    if text.strip():
        _answer(view, text)
        return
    if not ON_PAPER.get() and st.session_state.pop("unread", False):
        view.note(view.translate("check.nothing"))
    _welcome(view)


def _shorten() -> None:
    """Leave only the hosts, or the name, that were understood in the box and the page's address: paths may hold order numbers, and what
    is no site at all may be somebody's number."""
    asked = st.session_state.get("q") or ""
    kept, query, more = kept_of(asked)
    st.session_state["unread"] = bool(asked.strip()) and not kept
    st.session_state["cut"] = len(asked) >= site_search.LONGEST
    st.session_state["cut_sites"] = more
    if kept != asked:
        st.session_state["q"] = kept
        st.session_state["asked"] = (kept, query)


def kept_of(asked: str) -> tuple[str, Query, bool]:
    """(what of a text may stand in an address, its first query, whether it names more sites than are answered); nothing of a text
    in which no site was recognised."""
    queries = queries_in(asked[: site_search.LONGEST])
    first = queries[0]
    if first.kind == "host":
        answered = queries[: site_search.MOST]
        return " ".join(query.host or "" for query in answered), first, len(queries) > len(answered)
    return first.name or first.number or "", first, False


def _tidy(view: View) -> None:
    """An address somebody was sent, or the plain form made, says no more than the box would."""
    asked = view.param("q")
    if not asked.strip() or ON_PAPER.get() or "q" in st.session_state:
        return  # once the box is there, the address is its own (_shorten)
    kept, query, more = kept_of(asked)
    if not kept:
        del st.query_params["q"]
        st.session_state["q"], st.session_state["unread"] = "", True
    elif kept != asked:
        st.session_state["cut_sites"] = more
        st.session_state["q"] = st.query_params["q"] = kept
        st.session_state["asked"] = (kept, query)


def _query_notices(view: View, query: Query) -> None:
    lines = site_search.understood(query, view.lang)
    if lines:
        view.html("lines.html", lines=[("；" if view.lang == "zh" else ". ").join(lines)])


def _answer(view: View, text: str) -> None:
    each: tuple[site_search.Answer, ...] = view.cached_query(site_search.find_each, text)
    if len(each) > 1:
        view.heading(view.translate("check.each", count=len(each)))
        cards = [(_card_of(view, found), next(iter(found.matches), None)) for found in each]
        _cards(view, sorted(cards, key=lambda one: site_search.badness(one[0].verdict)))
        return
    found = each[0]
    remembered = st.session_state.get("asked")
    _query_notices(view, remembered[1] if remembered and remembered[0] == text else found.query)
    if found.query.kind in ("name", "uscc"):
        company = view.cached_query(clusters.operator, found.query.name or found.query.number or "")
        if company is not None:
            words = view.translate("operator.to_page", name=plain(company.name, 60))
            view.html("linkline.html", href=view.link("operator", name=company.name), words=words)
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
        if found.query.host and not view.past and not refusal(found.query.host):
            first_look.unknown(view, found.query.host)
        else:
            view.card(verdict_card.unknown_card(asked, view.lang, view.facts.as_of, view.facts.demo))
        if found.near:
            view.heading(view.translate("check.near"))
            _choices(view, found.near)


def _card(view: View, rating: dict) -> None:
    card = view.cached_query(verdict_card.card_for, rating["host"], view.lang)
    view.card(card, html.card_actions(card))
    if not view.past:
        first_look.section(view, rating["host"])


def _card_of(view: View, found: site_search.Answer) -> verdict_card.Card:
    if found.matches:
        return verdict_card.card(found.matches[0], view.lang)
    host = found.query.host or ""
    if not view.past and (look := looks.finished(current_snapshot.data_dir(), host)):
        return first_look_card.card(look, view.lang)
    return verdict_card.unknown_card(host, view.lang, view.facts.as_of, view.facts.demo)


def _choices(view: View, ratings: tuple[dict, ...]) -> None:
    _cards(view, [(verdict_card.card(rating, view.lang), rating) for rating in ratings])


def _cards(view: View, cards: Sequence[tuple[verdict_card.Card, dict | None]]) -> None:
    """Verdicts below each other with what never may be missing beside one, in its short form: each leads to its card."""
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
                cell(verdict_card.filing_short(rating, view.lang) if rating else card.filing),
                cell(verdict_card.drop_line(rating, view.lang) if rating else card.drop_rate),
            )
            for card, rating in cards
        ],
    )


def _welcome(view: View) -> None:
    view.html("linkline.html", href=view.link("help"), words=view.translate("check.to_help"))
    view.html("lines.html", lines=[view.translate("check.examples"), view.translate("check.how_text")])
    if not view.facts.count:
        return
    rated, unrated = view.cached_query(ranking.counts, ranking.Filters())
    chips = [
        {
            "state": verdict_card.STATES[w].code,
            "words": view.translate(f"rank.colour_{verdict_card.STATES[w].code}").capitalize(),
            "count": n,
            "href": view.link("rank") + "#unrated" if w == "灰" else view.link("rank", tier=_TIERS[w]),
        }
        for w, n in view.cached_query(_by_verdict)
    ]
    view.html("watched.html", lead=view.translate("check.watched", count=rated + unrated), chips=chips)
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
