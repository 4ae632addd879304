"""The look on a page: a press to ask for it, each step as it ends, and the card that comes of it.

On paper (the first sight, and without scripts) the presses are plain forms and a link reads the state anew.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from dashboard.components.page_context import ON_PAPER, View
from dashboard.forms import looks
from dashboard.presenters import current_snapshot, first_look, verdict_card
from dashboard.web import rate_limit

_EVERY = 1.0
"""Seconds between two readings of the state while a look is on its way."""
_LONGEST = 120.0
"""Seconds after a press for which its look is waited for before it is in the queue."""


def unknown(view: View, host: str) -> None:
    """The card of a site that is not on record: of the look that was taken, its steps below it; else grey, below what can be asked for."""
    look = looks.look_of(current_snapshot.data_dir(), host, looks.desk(current_snapshot.data_dir()))
    if look and look["state"] == "done":
        view.card(first_look.card(look, view.lang))
        section(view, host, include=True)
        return
    card = verdict_card.unknown_card(host, view.lang, view.facts.as_of, view.facts.demo)
    if not looks.desk(current_snapshot.data_dir()).on:
        view.card(card)
    section(view, host, include=True)  # before the card where one may look: on a phone, what one can do now
    if looks.desk(current_snapshot.data_dir()).on:
        view.card(card)


def section(view: View, host: str, include: bool = False) -> None:
    """The look at a site and what one may ask about it; drawn anew by itself while one is on its way."""
    if ON_PAPER.get():
        _draw(view, host, include)
        return
    at = looks.desk(current_snapshot.data_dir())
    look = looks.look_of(current_snapshot.data_dir(), host, at)
    asked, since = st.session_state.get("look-asked", ("", 0.0))
    on_its_way = _under_way(look) or (asked == host and time.monotonic() - since < _LONGEST)

    @st.fragment(run_every=_EVERY if on_its_way else None)
    def drawn() -> None:
        over = _draw(view, host, include)
        if on_its_way and over:
            st.session_state.pop("look-asked", None)
            st.rerun()

    drawn()


def _under_way(look: dict[str, Any] | None) -> bool:
    return bool(look) and look["state"] in ("queued", "looking")


def _draw(view: View, host: str, include: bool) -> bool:
    """Show the state; True where a look has ended."""
    folder, now = current_snapshot.data_dir(), current_snapshot.now(view.facts)
    at = looks.desk(folder)
    look = looks.look_of(folder, host, at)
    moment = looks.again_at(look, now)
    line, note, may = "", "", at.on
    if look and look["state"] == "queued":
        line = view.translate("look.queued", ahead=at.ahead(host) + len(at.looking))
        may = False
    elif look and look["state"] == "looking":
        line, may = view.translate("look.looking"), False
    elif moment:
        key = "look.again" if look and look["state"] == "done" else "look.used_up"
        note, may = view.translate(key, time=first_look.moment(moment.isoformat())[5:]), False
    elif at.on and at.left < 1:
        note, may = view.translate("look.used_up"), False
    if not may and not line and not note and not at.on:
        if not include:
            return True  # on record, and nothing to ask for
        note = view.translate("look.off")
    asked = "look.button_again" if look or not include else "look.button"
    presses = [("look", view.translate(asked))] if may else []
    presses += [("include", view.translate("look.include"))] if include else []
    if may and not note:
        note = view.translate("look.explained")
    shown = first_look.steps(look, view.lang) if look and look["state"] in ("looking", "done") else []
    values = {
        "line": line,
        "steps": shown,
        "note": note,
        "host": host,
        "source": lambda id_: _source(view, id_),
    }
    if ON_PAPER.get():
        view.html("look.html", presses=presses, **values)
        if line:
            view.html("linkline.html", href=view.link("", q=host), words=view.translate("look.refresh"))
    else:
        view.html("look.html", presses=(), **values)
        with st.container(horizontal=True):
            for kind, words in presses:
                if st.button(words, key=f"press-{kind}-{host}"):
                    _press(view, kind, host)
        if said := st.session_state.pop(f"press-said-{host}", ""):
            view.note(said)
    return bool(look) and not _under_way(look)


def _press(view: View, kind: str, host: str) -> None:
    now, folder = current_snapshot.now(view.facts), current_snapshot.data_dir()
    address = st.context.ip_address
    why, values = looks.ask(folder, kind, host, now, lambda: rate_limit.look_wait(time.monotonic(), address))
    if why:
        st.session_state[f"press-said-{host}"] = view.translate(why, **values)
    elif kind == "look":
        st.session_state["look-asked"] = (host, time.monotonic())
        _wait_until_taken(folder, host)
    else:
        st.session_state[f"press-said-{host}"] = view.translate("look.included")
    st.rerun()


def _wait_until_taken(folder: Any, host: str) -> None:
    """A moment, so that the next drawing shows it in the queue."""
    for _ in range(12):
        look = looks.look_of(folder, host, looks.desk(folder))
        if _under_way(look):
            return
        time.sleep(0.1)


def _source(view: View, identity: str) -> str:
    return view.translate("look.stored") if identity == "store" else view.source(identity)
