"""The form by which a rated site responds or objects: its words, the proof that it is the site, and the days that follow."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from dashboard import forms, forms_page, malls
from dashboard.disputes import due
from dashboard.view import View, cell, row

_KINDS = ("response", "dispute", "feed")


def answer(view: View) -> None:
    """The fields, what to put on the site, the preview, consent; after it the receipt."""
    view.heading(view.t("appeals.form"), view.t("appeals.form_note"))
    id_, today = forms_page.draft("answer"), forms_page.today(view)
    token = st.session_state.setdefault(f"answer-proof-{id_}", secrets.token_hex(16))
    kind = st.radio(
        view.t("appeals.kind"),
        _KINDS,
        format_func=lambda code: view.t(f"appeals.kind_{code}"),
        key=f"answer-kind-{id_}",
    )
    asked = view.param("site")[:300]
    site = st.text_input(view.t("form.host"), value=asked, max_chars=300, key=f"answer-site-{id_}") or ""
    about = ""
    if kind == "feed":
        view.note(view.t("appeals.feed_note"))
    if kind == "dispute":
        about = st.text_input(view.t("appeals.about"), max_chars=80, key=f"answer-about-{id_}") or ""
    text = st.text_area(view.t("appeals.text"), max_chars=forms.LONGEST[kind], key=f"answer-text-{id_}") or ""
    if done := forms_page.handed_in("answer"):
        _receipt(view, done)
    else:
        proof(view, token, "")
    forms_page.hand_in(
        view,
        "answer",
        lambda: forms.answer(kind, id_, token, today, site=site, text=text, about=about),
    )


def proof(view: View, token: str, host: str) -> None:
    """The two places where the token may stand; for a merchant of a mall, whose host is not its own, its shop page."""
    shown = host or view.t("appeals.your_host")
    if malls.unit_of(shown) == "merchant":
        there = cell(view.t("appeals.on_your_page", page=f"https://{shown}"))
        view.table(
            [view.t("appeals.where"), view.t("appeals.content")],
            [row(there, cell(forms.proof_text(token), mono=True))],
        )
        return
    view.table(
        [view.t("appeals.where"), view.t("appeals.content")],
        [
            row(
                cell(f"DNS TXT · {shown} / _kamengwatch.{shown}"),
                cell(forms.proof_text(token), mono=True),
            ),
            row(cell(f"https://{shown}{forms.PROOF_FILE}"), cell(forms.proof_text(token), mono=True)),
        ],
    )


def _receipt(view: View, done: dict[str, Any]) -> None:
    """What was handed in, what to put where, and until when we answer."""
    today = forms_page.today(view)
    acknowledge, decide = due(today)
    words = {"id": done["id"][:8], "host": done["host"], "acknowledge": acknowledge, "decide": decide}
    view.note(view.t(f"appeals.receipt_{done['kind']}", **words))
    proof(view, done["proof"], done["host"])
