"""掉单了怎么办 help: one question a screen, then the path for that case and the tools for it. What is typed stays in the session."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.components import help_tools
from dashboard.components.page_context import ON_PAPER, View
from dashboard.help.letters import Fields
from dashboard.help.texts import text
from dashboard.help.triage import BRANCHES, QUESTIONS, Answers, Path, asked, path_for
from dashboard.presenters import verdict_card
from scoring.snapshot.reader import Snapshot
from store.text.query import parse_query

title_zh = "掉单了怎么办"
title_en = "Paid but nothing arrived?"
url_path = "help"
order = 1
group = "act"
visible = True

_OPTIONS = dict(QUESTIONS)
FIRST_STEPS = ("stop_paying", "payment_channel", "keep_evidence", "escalate_24h")


def render(view: View) -> None:
    """Which site, the questions one by one, the result. Nothing is chosen beforehand but what is known of the site."""
    lang = view.lang
    view.title(text("ui", "title", lang))
    view.note(text("ui", "emergency", lang))
    if ON_PAPER.get():
        _on_paper(view)
        return
    given: dict[str, Any] = st.session_state.setdefault("help-given", {})
    if "site" not in given and view.param("site"):
        given["site"] = parse_query(view.param("site")).host or ""
    host = given.get("site") or ""
    site = view.cached_query(_site, host) if host else None
    # A site that has gone answers the question about the order by itself; the person can still choose otherwise.
    suggested = {"order": "no_site"} if site and site["warning_state"] == "closed" else {}
    names = ["site", *asked(given), "branches"] if "site" in given else ["site"]
    open_ = [name for name in names if name not in given]
    if not open_:
        _result(view, given, host, site)
        return
    now = open_[0]
    done = sum(name in given for name in names)
    most = len(QUESTIONS) + 2
    st.progress(
        min(done / most, 1.0), text("ui", "progress", lang).format(step=done + 1, most=max(most, len(names)))
    )
    _known_site(view, host, site)
    if now == "site":
        _ask_site(view, given)
        _first_steps(view)
    elif now == "branches":
        _ask_branches(view, given)
    else:
        _ask(view, given, now, suggested.get(now))
    if done and st.button(text("ui", "back", lang), key="help-back", type="tertiary"):
        given.pop([name for name in names if name in given][-1])
        st.rerun()
    view.html("lines.html", lines=[text("ui", "intro", lang)])


def _on_paper(view: View) -> None:
    """What is asked first, before the app is there."""
    _first_steps(view)
    view.heading(text("ui", "site", view.lang))
    view.html("lines.html", lines=[text("ui", "intro", view.lang)])


def _first_steps(view: View) -> None:
    """What is right in every case, for whoever has no time for questions."""
    view.heading(text("ui", "first", view.lang))
    view.html("steps.html", steps=[text("step", step, view.lang) for step in FIRST_STEPS])


def _known_site(view: View, host: str, site: dict[str, Any] | None) -> None:
    if (
        host and site is None and not view.no_data_note
    ):  # where nothing can be read, that says nothing of what is on record
        view.note(text("ui", "unknown_site", view.lang).format(host=host))
    elif site:
        card = verdict_card.card(site, view.lang)
        words = text("ui", "known_site", view.lang)
        view.note(words.format(host=host, word=card.word, state=card.warning, date=card.as_of))


def _ask_site(view: View, given: dict[str, Any]) -> None:
    lang = view.lang
    view.heading(text("ui", "site", lang))
    with st.form("help-which", border=False):  # so that Enter goes on
        typed = st.text_input(
            text("ui", "site", lang), max_chars=300, key="help-site", label_visibility="collapsed"
        )
        left, right = st.columns(2)
        known = left.form_submit_button(
            text("ui", "next", lang), key="help-next", type="primary", width="stretch"
        )
        skipped = right.form_submit_button(text("ui", "no_site", lang), key="help-skip", width="stretch")
    if known or skipped:
        given["site"] = "" if skipped else parse_query(typed or "").host or ""
        st.rerun()


def _ask(view: View, given: dict[str, Any], name: str, suggested: str | None) -> None:
    """One question; a press answers it."""
    view.heading(text("question", name, view.lang))
    for option in _OPTIONS[name]:
        words = text("answer", f"{name}_{option}", view.lang)
        if option == suggested:
            words += text("ui", "suggested", view.lang)
        kind = "primary" if option == suggested else "secondary"
        if st.button(words, key=f"help-{name}-{option}", type=kind, width="stretch"):
            given[name] = option
            st.rerun()


def _ask_branches(view: View, given: dict[str, Any]) -> None:
    lang = view.lang
    view.heading(text("question", "branches", lang))
    chosen = [
        branch
        for branch in BRANCHES
        if st.checkbox(text("branch", branch, lang), key=f"help-branch-{branch}")
    ]
    if st.button(text("ui", "to_result", lang), key="help-done", type="primary", width="stretch"):
        given["branches"] = frozenset(chosen)
        st.rerun()


def _result(view: View, given: dict[str, Any], host: str, site: dict[str, Any] | None) -> None:
    """The path first; then the tools in the order in which they are needed, the letter at the end."""
    lang = view.lang
    answers = Answers(**{name: given[name] for name in asked(given)}, branches=given["branches"])
    path = path_for(answers, site["warning_state"] if site else None)
    _show(view, path, host, site)
    with st.expander(text("ui", "answers", lang)):
        lines = [
            f"{text('question', name, lang)} — {text('answer', f'{name}_{given[name]}', lang)}"
            for name in asked(given)
        ]
        view.html("lines_plain.html", lines=lines)
        if st.button(text("ui", "again", lang), key="help-again"):
            for key in [key for key in st.session_state if str(key).startswith("help-")]:
                del st.session_state[key]
            st.session_state["help-given"] = {"site": host}
            st.rerun()
    view.heading(text("ui", "tools", lang))
    fields, proofs = Fields(site=host, case=path.case, branches=path.branches), ()
    if path.letters:
        with _tool("checklist", lang):
            proofs = help_tools.checklist(view)
        with _tool("payment", lang):
            fields = help_tools.payment(view, path, host, site or {})
    if path.loss:
        with _tool("court", lang):
            help_tools.court(view, path, fields)
    with _tool("clocks", lang):
        help_tools.deadlines(view, path, fields)
    if path.letters:
        with _tool("pack", lang):
            help_tools.evidence_pack(view, host if site else "")
        with _tool("letters", lang):
            help_tools.letters(view, path, replace(fields, proofs=proofs))


def _tool(name: str, lang: str) -> AbstractContextManager[Any]:
    """A fold, so that a phone shows at once which tools there are."""
    return st.expander(f"**{text('ui', name, lang)}**", key=f"tool-{name}")


def _site(snapshot: Snapshot, host: str) -> dict[str, Any] | None:
    return snapshot.site(host)


def _show(view: View, path: Path, host: str, site: dict[str, Any] | None) -> None:
    lang = view.lang
    view.heading(text("case", path.case, lang))
    if host and site is None and not view.no_data_note:
        view.note(text("ui", "unknown_site", lang).format(host=host))
    elif path.loss and site and site["warning_state"] in ("warning", "alarm", "closed"):
        state = view.label("warning", site["warning_state"])
        view.note(text("ui", "warned", lang).format(host=host, state=state, date=view.facts.as_of))
    view.html("lines_plain.html", lines=[text("ui", "path", lang)])
    view.html("steps.html", steps=[text("step", step.id, lang) for step in path.steps])
    view.html("print.html", words=text("ui", "print", lang))
    if path.loss and site and site["filing_number"]:
        view.html("lines_plain.html", lines=[text("ui", "venue", lang).format(number=site["filing_number"], province=view.label("province", site["filing_province"]) or "—")])  # fmt: skip
    laws = dict.fromkeys(name for step in path.steps for name in step.laws)
    with st.expander(text("ui", "laws", lang)):
        view.html("lines_plain.html", lines=help_tools.laws_shown(list(laws), view))
