"""What every form has in common: the preview of exactly what would be kept, the tick, the button, and the receipt.

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

from dashboard import forms, forms_inbox, limits, reader
from dashboard.figures import SHANGHAI
from dashboard.view import View


def today(view: View) -> dt.date:
    """The Shanghai day of the host program's clock."""
    return reader.now(view.facts).astimezone(SHANGHAI).date()


def draft(name: str) -> str:
    """The id of the form being filled in: 32 hexadecimal digits, new after each one handed in."""
    return st.session_state.setdefault(f"{name}-draft", secrets.token_hex(16))


def handed_in(name: str) -> dict[str, Any] | None:
    """Kind, id, host and proof of what this session handed in last by this form, for its receipt."""
    return st.session_state.get(f"{name}-done")


def hand_in(view: View, name: str, make: Callable[[], dict[str, Any]]) -> None:
    """Preview the record `make()` gives, and keep it once consent is given and the button pressed."""
    view.heading(view.t("form.preview"), view.t("form.preview_note"))
    try:
        record = make()
    except forms.Incomplete as error:
        view.html("lines.html", lines=[view.t(key) for key in error.missing])
        return
    line = forms.line(record)
    view.letter(line)
    digest = hashlib.sha256(line.encode()).hexdigest()[:12]
    agreed = st.checkbox(view.t("form.consent"), key=f"{name}-consent-{digest}")
    if st.button(view.t("form.send"), key=f"{name}-send-{digest}", disabled=not agreed) and agreed:
        _keep(view, name, line, record)


def _keep(view: View, name: str, line: str, record: dict[str, Any]) -> None:
    bucket = st.session_state.setdefault("form-bucket", limits.Bucket(limits.FORM_SESSION))
    seconds = limits.form_wait(bucket, time.monotonic(), st.context.ip_address)
    if seconds:
        view.note(view.t("form.too_fast", minutes=int(seconds // 60) + 1))
        return
    try:
        forms_inbox.append(reader.data_dir(), line, today(view))
    except forms_inbox.InboxClosed:
        view.note(view.t("form.closed"))
        return
    del st.session_state[f"{name}-draft"]
    st.session_state[f"{name}-done"] = {k: record[k] for k in ("kind", "id", "host", "proof") if k in record}
    st.rerun()
