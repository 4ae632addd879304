"""提交线索 report: what happened, in fields; only what the preview shows is kept, after consent, for a person to look at."""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from dashboard import forms, forms_page
from dashboard.view import View

title_zh = "提交线索"
title_en = "Report"
url_path = "report"
order = 3
group = "act"
visible = True

_CHOICES = (
    ("band", forms.BANDS, "report_band"),
    ("product", forms.PRODUCTS, "sells"),
    ("state", forms.STATES, "report_state"),
)


def render(view: View) -> None:
    """The fields, the preview, consent."""
    view.title(view.t("report.title"), view.t("report.intro"))
    view.note(view.t("report.first"))
    id_, today = forms_page.draft("report"), forms_page.today(view)
    filled = _fields(view, id_, today)
    if done := forms_page.handed_in("report"):  # where the reader, who has just pressed the button, looks
        view.note(view.t("report.receipt", id=done["id"][:8]))
    forms_page.hand_in(view, "report", lambda: forms.report(id_, today, **filled))
    view.html("lines.html", lines=[view.t("report.later")])


def _fields(view: View, id_: str, today: dt.date) -> dict[str, Any]:
    site = st.text_input(
        view.t("form.site"), value=view.param("site")[:300], max_chars=300, key=f"report-site-{id_}"
    )
    happened = st.selectbox(
        view.t("report.happened"),
        forms.HAPPENED,
        index=None,
        format_func=lambda kind: view.w("report_kind", kind),
        placeholder=view.t("report.choose"),
        key=f"report-happened-{id_}",
    )
    on = st.date_input(
        view.t("report.on"), None, min_value=forms.EARLIEST, max_value=today, key=f"report-on-{id_}"
    )
    chosen = {
        name: st.selectbox(
            view.t(f"report.{name}"),
            options,
            format_func=lambda code, section=section: view.w(section, code),
            key=f"report-{name}-{id_}",
        )
        for name, options, section in _CHOICES
    }
    words = st.text_area(view.t("report.text"), max_chars=forms.LONGEST["report"], key=f"report-text-{id_}")
    return {"site": site or "", "happened": happened, "on": on, "text": words or "", **chosen}
