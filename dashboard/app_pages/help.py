"""掉单了怎么办 help: triage, the path for that case, and the tools for it. What is typed stays in the session."""

from __future__ import annotations

import streamlit as st

from dashboard.components import help_tools
from dashboard.components.page_context import View
from dashboard.help.texts import text
from dashboard.help.triage import BRANCHES, QUESTIONS, Answers, Path, path_for
from scoring.snapshot.reader import Snapshot
from store.text.query import parse_query

title_zh = "掉单了怎么办"
title_en = "Paid but nothing arrived?"
url_path = "help"
order = 1
group = "act"
visible = True


def render(view: View) -> None:
    """The questions, the path they lead to, the checklist, the letters, the clocks and the evidence pack."""
    lang = view.lang
    view.title(text("ui", "title", lang), text("ui", "intro", lang))
    view.note(text("ui", "emergency", lang))
    host = _host(view)
    site = view.cached_query(_site, host) if host else None
    path = path_for(_answers(lang), site["warning_state"] if site else None)
    _show(view, path, host, site)
    proofs = help_tools.checklist(view)
    details = help_tools.letters(view, path, host, proofs, site or {})
    if path.loss:
        help_tools.court(view, path, details)
    help_tools.deadlines(view, path, details)
    help_tools.evidence_pack(view, host if site else "")


def _host(view: View) -> str:
    asked = st.text_input(
        text("ui", "site", view.lang), value=view.param("site"), max_chars=300, key="help-site"
    )
    return parse_query(asked).host or ""


def _site(snapshot: Snapshot, host: str) -> dict | None:
    return snapshot.site(host)


def _answers(lang: str) -> Answers:
    given = {
        name: st.radio(
            text("question", name, lang),
            options,
            format_func=lambda option, name=name: text("answer", f"{name}_{option}", lang),
            key=f"help-{name}",
        )
        for name, options in QUESTIONS
    }
    branches = st.pills(
        text("question", "branches", lang),
        BRANCHES,
        selection_mode="multi",
        format_func=lambda branch: text("branch", branch, lang),
        key="help-branches",
    )
    return Answers(**given, branches=frozenset(branches))


def _show(view: View, path: Path, host: str, site: dict | None) -> None:
    lang = view.lang
    view.heading(text("case", path.case, lang))
    if host and site is None:
        view.note(text("ui", "unknown_site", lang).format(host=host))
    elif site and site["warning_state"] in ("warning", "alarm", "closed"):
        state = view.label("warning", site["warning_state"])
        view.note(text("ui", "warned", lang).format(host=host, state=state, date=view.facts.as_of))
    view.html("lines_plain.html", lines=[text("ui", "path", lang)])
    view.html("steps.html", steps=[text("step", step.id, lang) for step in path.steps])
    if path.loss and site and site["filing_number"]:
        view.html("lines_plain.html", lines=[text("ui", "venue", lang).format(number=site["filing_number"], province=site["filing_province"] or "—")])  # fmt: skip
    laws = dict.fromkeys(name for step in path.steps for name in step.laws)
    with st.expander(text("ui", "laws", lang)):
        view.html("lines_plain.html", lines=help_tools.laws_shown(list(laws), view))
