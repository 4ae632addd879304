"""提交线索 report: what happened, in fields; only what the preview shows is kept, after consent, for a person to look at."""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from dashboard.components import forms as forms_page
from dashboard.components.page_context import View
from dashboard.forms import records

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


def render(view: View) -> None:
    """The fields, the preview, consent."""
    view.title(view.translate("report.title"), view.translate("report.intro"))
    view.note(view.translate("report.first"))
    id_, today = forms_page.draft("report"), forms_page.shanghai_today(view)
    filled = _fields(view, id_, today)
    if done := forms_page.handed_in("report"):  # where the reader, who has just pressed the button, looks
        view.note(view.translate("report.receipt", id=done["id"][:8]))
    forms_page.hand_in(view, "report", lambda: records.report(id_, today, **filled))
    view.html("lines.html", lines=[view.translate("report.later")])


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
        view.translate("report.on"), None, min_value=records.EARLIEST, max_value=today, key=f"report-on-{id_}"
    )
    chosen = {
        name: st.selectbox(
            view.translate(f"report.{name}"),
            options,
            format_func=lambda code, section=section: view.label(section, code),
            key=f"report-{name}-{id_}",
        )
        for name, options, section in _CHOICES
    }
    words = st.text_area(
        view.translate("report.text"), max_chars=records.LONGEST["report"], key=f"report-text-{id_}"
    )
    return {"site": site or "", "happened": happened, "on": on, "text": words or "", **chosen}
