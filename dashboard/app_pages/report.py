"""提交线索 report: what happened, in fields; only what the preview shows is kept, after consent, for a person to look at. By the code
its sender was given it is looked up again, called settled, or taken back."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import streamlit as st

from dashboard.components import forms as forms_page
from dashboard.components.page_context import View
from dashboard.forms import inbox, records, report_codes
from dashboard.presenters import current_snapshot
from dashboard.web import rate_limit

title_zh = "提交线索"
title_en = "Report"
url_path = "report"
order = 3
group = "act"
visible = True

_CHOICES = (
    ("band", records.BANDS, "report_band"),
    ("product", records.PRODUCTS, "sells"),
    ("state", records.STATES, "report_state"),
)


def _option(view: View, section: str, code: str) -> str:
    """An answer as one chooses it: whoever does not say what was bought has not stated it, and all begin alike."""
    words = view.label("report_band" if code == "unknown" else section, code)
    return words[:1].upper() + words[1:]


def render(view: View) -> None:
    """The fields, the preview, consent."""
    view.title(view.translate("report.title"), view.translate("report.intro"))
    view.note(view.translate("report.first"))
    id_, today = forms_page.draft("report"), forms_page.shanghai_today(view)
    if done := forms_page.handed_in("report"):
        _receipt(view, done["id"])
    filled = _fields(view, id_, today)
    code = st.session_state.setdefault(f"report-code-{id_}", report_codes.new_code())
    hashed = report_codes.keyed(current_snapshot.data_dir(), code)
    forms_page.hand_in(view, "report", lambda: records.report(id_, today, **filled, code=hashed))
    view.html("lines.html", lines=[view.translate("report.later")])
    _life(view)


def _receipt(view: View, id_: str) -> None:
    """The number, and the code, which nobody can say again."""
    forms_page.receipt(view, view.translate("report.receipt", id=id_[:8]))
    code = st.session_state.get(f"report-code-{id_}")
    if code and report_codes.keyed(current_snapshot.data_dir(), code):
        view.note(view.translate("report.code_once"))
        view.letter(code)


def _life(view: View) -> None:
    """What became of a report by its code, and what its sender may say of it."""
    view.heading(view.translate("report.life"), view.translate("report.life_note"))
    code = st.text_input(view.translate("report.code"), max_chars=40, key="report-life-code") or ""
    what = st.radio(
        view.translate("report.say"),
        ("", *report_codes.SAID),
        format_func=lambda said: view.translate(f"report.say_{said or 'nothing'}"),
        key="report-life-say",
    )
    pressed = st.button(view.translate("report.look_up"), key="report-life-button")
    if pressed and code.strip():
        view.html("lines.html", lines=_answer(view, code, what or ""))


def _answer(view: View, code: str, what: str) -> list[str]:
    address = st.context.ip_address
    if rate_limit.code_wait(time.monotonic(), address):
        return [view.translate("report.wait")]
    try:
        hashed = report_codes.keyed(current_snapshot.data_dir(), code)
        known = report_codes.state_of(current_snapshot.data_dir(), hashed)
        if known is None or hashed is None:
            rate_limit.code_wrong(time.monotonic(), address)
            time.sleep(rate_limit.WRONG_CODE_SECONDS)
            return [view.translate("report.no_such")]
        if what:
            report_codes.say(current_snapshot.data_dir(), hashed, what, forms_page.shanghai_today(view))
    except inbox.InboxClosed:
        return [view.translate("form.closed")]
    noted = [view.translate(f"report.noted_{what}")] if what else []
    return [*report_codes.lines(known, view.lang), *noted]


def _fields(view: View, id_: str, today: dt.date) -> dict[str, Any]:
    site = st.text_input(
        view.translate("form.site"), value=view.param("site")[:300], max_chars=300, key=f"report-site-{id_}"
    )
    happened = st.selectbox(
        view.translate("report.happened"),
        records.HAPPENED,
        index=None,
        format_func=lambda kind: view.label("report_kind", kind),
        placeholder=view.translate("report.choose"),
        key=f"report-happened-{id_}",
    )
    on = st.date_input(
        view.translate("report.on"),
        None,
        min_value=records.EARLIEST,
        max_value=max(today, records.EARLIEST),  # without a clock and a snapshot today is not known
        key=f"report-on-{id_}",
        format="YYYY-MM-DD",
    )
    chosen = {
        name: st.selectbox(
            view.translate(f"report.{name}"),
            options,
            format_func=lambda code, section=section: _option(view, section, code),
            key=f"report-{name}-{id_}",
        )
        for name, options, section in _CHOICES
    }
    words = st.text_area(
        view.translate("report.text"), max_chars=records.LONGEST["report"], key=f"report-text-{id_}"
    )
    return {"site": site or "", "happened": happened, "on": on, "text": words or "", **chosen}
