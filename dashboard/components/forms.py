"""Forms: the preview of exactly what would be kept, the tick, the receipt; and the form by which a rated site responds or objects.

What is typed lives in the browser session until it is handed in; widgets are named after a draft, so a form that was handed in is
empty again, and a tick holds for the record it was given for and no other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any

import streamlit as st
from markupsafe import escape

from dashboard.components.page_context import View
from dashboard.components.shared_tables import due
from dashboard.forms import inbox, records
from dashboard.presenters import current_snapshot, mall_merchants
from dashboard.presenters.formatting import SHANGHAI
from dashboard.presenters.translations import tokens
from dashboard.web import rate_limit
from store.text.query import parse_query
from store.text.safe_text import inert


def shanghai_today(view: View) -> dt.date:
    """The Shanghai day of the host program's clock."""
    return current_snapshot.now(view.facts).astimezone(SHANGHAI).date()


def draft(name: str) -> str:
    """The id of the form being filled in: 32 hexadecimal digits, new after each one handed in."""
    return st.session_state.setdefault(f"{name}-draft", secrets.token_hex(16))


def handed_in(name: str) -> dict[str, Any] | None:
    """Kind, id, host and proof of what this session handed in last by this form, for its receipt."""
    return st.session_state.get(f"{name}-done")


def hand_in(view: View, name: str, make: Callable[[], dict[str, Any]]) -> None:
    """Preview the record `make()` gives, and keep it once consent is given and the button pressed."""
    view.heading(view.translate("form.preview"), view.translate("form.preview_note"))
    try:
        record = make()
    except records.Incomplete as error:
        view.html("lines.html", lines=error.reasons(view.lang))
        return
    line = records.line(record)
    published, kept = _told(view, record)
    view.html("kept.html", published=published, kept=kept, line=escape(inert(line)))
    digest = hashlib.sha256(line.encode()).hexdigest()[:12]
    agreed = st.checkbox(view.translate("form.consent"), key=f"{name}-consent-{digest}")
    if st.button(view.translate("form.send"), key=f"{name}-send-{digest}", disabled=not agreed) and agreed:
        _keep(view, name, line, record)


_PUBLIC = {
    "report": ("host", "name", "happened", "on"),
    "response": ("host", "text"),
    "dispute": ("host", "about"),
    "feed": (),
}
"""Of each kind of form, what is published once a person has taken it up; the rest is kept for that person alone."""
_WORDS = {
    "happened": "report_kind",
    "amount_band": "report_band",
    "product": "sells",
    "state": "report_state",
}


def _told(view: View, record: dict[str, Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(what will be published, what is kept for whoever checks it), each by its name as a reader knows it."""
    parts: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for field in ("host", "name", "happened", "on", "amount_band", "product", "state", "about", "text"):
        if value := record.get(field):
            section = "report_band" if value == "unknown" else _WORDS.get(field)
            words = view.label(section, value) if section else tokens(value, view.lang)
            parts[field in _PUBLIC[record["kind"]]].append((view.translate(f"form.of_{field}"), words))
    return parts[True], parts[False]


def _keep(view: View, name: str, line: str, record: dict[str, Any]) -> None:
    bucket = st.session_state.setdefault("form-bucket", rate_limit.Bucket(rate_limit.FORM_SESSION))
    seconds = rate_limit.form_wait(bucket, time.monotonic(), st.context.ip_address)
    if seconds:
        view.note(view.translate("form.too_fast", minutes=int(seconds // 60) + 1))
        return
    try:
        inbox.append(current_snapshot.data_dir(), line, shanghai_today(view))
    except inbox.InboxClosed:
        view.note(view.translate("form.closed"))
        return
    del st.session_state[f"{name}-draft"]
    st.session_state[f"{name}-done"] = {k: record[k] for k in ("kind", "id", "host", "proof") if k in record}
    st.rerun()


_KINDS = ("response", "dispute", "feed")
_ORDER = (
    '{"kind": "order", "source": "feed", "host": "%s", "order_ref": "A-1", "paid_at": "2026-11-01T10:00:00+08:00",'
    ' "state": "delivered", "delivered_at": "2026-11-01T10:02:00+08:00"}'
)
"""An order as a site hands it in (docs/evidence-format.md)."""


def answer(view: View) -> None:
    """The fields, what to put on the site, the preview, consent; what was handed in last stands first, with what remains to be done."""
    if done := handed_in("answer"):
        _receipt(view, done)
    view.heading(view.translate("appeals.form"), view.translate("appeals.form_note"))
    id_, today = draft("answer"), shanghai_today(view)
    token = st.session_state.setdefault(f"answer-proof-{id_}", secrets.token_hex(16))
    kind = st.radio(
        view.translate("appeals.kind"),
        _KINDS,
        format_func=lambda code: view.translate(f"appeals.kind_{code}"),
        key=f"answer-kind-{id_}",
    )
    asked = view.param("site")[:300]
    site = (
        st.text_input(view.translate("form.host"), value=asked, max_chars=300, key=f"answer-site-{id_}") or ""
    )
    about = ""
    if kind == "feed":
        view.note(view.translate("appeals.feed_note"))
        view.letter(_ORDER % (parse_query(site).host or "example.com"))
    if kind == "dispute":
        about = st.text_input(view.translate("appeals.about"), max_chars=80, key=f"answer-about-{id_}") or ""
    text = (
        st.text_area(
            view.translate("appeals.text"), max_chars=records.LONGEST[kind], key=f"answer-text-{id_}"
        )
        or ""
    )
    if not done:
        proof(view, token, parse_query(site).host or "")
    hand_in(
        view,
        "answer",
        lambda: records.answer(kind, id_, token, today, site=site, text=text, about=about),
    )


def proof(view: View, token: str, host: str) -> None:
    """The two places where the token may stand; for a merchant of a mall, whose host is not its own, its shop page."""
    shown = host or view.translate("appeals.your_host")
    if mall_merchants.unit_of(shown) == "merchant":
        note = "appeals.proof_note_merchant"
        places = [view.translate("appeals.on_your_page", page=f"https://{shown}")]
    else:
        note = "appeals.proof_note"
        places = [
            view.translate("appeals.dns", host=shown),
            view.translate("appeals.file", host=shown, path=records.PROOF_FILE),
        ]
    view.html("proof.html", note=view.translate(note), line=records.proof_text(token), places=places)


def receipt(view: View, words: str) -> None:
    """What says that it came in: shell.js leads whoever pressed the button to it."""
    view.html("receipt.html", words=words)


def _receipt(view: View, done: dict[str, Any]) -> None:
    """What was handed in, what to put where, and until when we answer."""
    today = shanghai_today(view)
    acknowledge, decide = due(today)
    words = {"id": done["id"][:8], "host": done["host"], "acknowledge": acknowledge, "decide": decide}
    receipt(view, view.translate(f"appeals.receipt_{done['kind']}", **words))
    proof(view, done["proof"], done["host"])
