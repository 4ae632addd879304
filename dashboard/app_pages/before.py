"""付款之前 before: what recourse is left if it drops, a sensible maximum, and what to keep first. Stores and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import streamlit as st

from dashboard.components.page_context import View
from dashboard.help.prepay_coach import Peak, coach
from dashboard.help.texts import keys, text
from dashboard.presenters import verdict_card
from dashboard.presenters.sector_data import hours
from scoring.snapshot.reader import Snapshot
from store.text.query import parse_query

T = TypeVar("T")

title_zh = "付款之前"
title_en = "Before you pay"
url_path = "before"
order = 2
group = "act"
visible = True


def render(view: View) -> None:
    """Amount, product, means of payment and hour in; recourse, maximum and a short list out."""
    lang = view.lang
    view.title(text("ui", "before_title", lang), text("ui", "before_intro", lang))
    host = parse_query(view.param("site")).host if view.param("site") else None
    site = view.cached_query(Snapshot.site, host) if host else None
    warned = False
    if site:  # what is known of the site comes before any sum
        card = verdict_card.card(site, lang)
        view.verdict_line(card, site, view.link("site", host=card.host))
        view.html("lines_plain.html", lines=[card.advice, *filter(None, [card.lose])])
        warned = card.code in ("orange", "red")
    elif host and not view.no_data_note:
        view.note(text("ui", "unknown_site", lang).format(host=host))
    # Nothing is chosen beforehand: what is said must rest on the reader's own answers. The means of payment decides most, and is first.
    channel = _choice(lang, "channel", keys("channel"), lambda key: text("channel", key, lang))
    amount = st.number_input(text("ui", "before_amount", lang), 0, 100_000, None, step=10)
    kind = _choice(lang, "kind", keys("kind"), lambda key: text("kind", key, lang))
    hour = _choice(lang, "hour", range(24), lambda hour: text("ui", "before_at", lang).format(hour=hour))
    view.heading(text("ui", "before_result", lang))
    tested = bool(view.facts.count)
    said = coach(amount, kind, channel, hour, lang, view.cached_query(_peak), warned, tested)
    view.html("lines_plain.html", lines=said)
    view.heading(text("ui", "before_keep", lang))
    view.html("points.html", points=[text("before", f"keep_{n}", lang) for n in (1, 2, 3)])


def _choice(lang: str, what: str, offered: Iterable[T], word: Callable[[T], str]) -> T | None:
    """A question with nothing chosen beforehand."""
    return st.selectbox(
        text("ui", f"before_{what}", lang),
        list(offered),
        index=None,
        format_func=word,
        placeholder=text("ui", "before_choose", lang),
    )


def _peak(snapshot: Snapshot) -> Peak | None:
    """The hour that stands out, where the test says that it is no chance."""
    found, _ = hours(snapshot)
    if found is None or not found.real:
        return None
    return Peak(found.cell // 24, found.cell % 24, found.share, found.overall, found.n)
