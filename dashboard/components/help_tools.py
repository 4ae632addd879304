"""The tools of the help page: checklist, letters, deadlines, evidence pack. Widgets only; uploads stay in memory.

Starlette would put a part beyond one megabyte into a temporary file on the disk.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import config, runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.page_context import ON_PAPER, View, cell, row
from dashboard.help import evidence_pack as pack
from dashboard.help import letters as letter_texts
from dashboard.help.checklist import GROUPS, meter
from dashboard.help.deadlines import clocks, fact, ics, read_in
from dashboard.help.evidence_pack import captures_of, with_text
from dashboard.help.letters import Fields, check, docx, file_name, lint, provinces, title, write
from dashboard.help.texts import text
from dashboard.help.triage import Path, letters_for
from dashboard.presenters import current_snapshot
from dashboard.presenters.formatting import SHANGHAI
from store.text.safe_text import in_number

_MB = 1024 * 1024
SESSION_BYTES = 50 * _MB
"""Of one session: an evidence pack of five files of the largest size."""
ALL_BYTES = 200 * _MB
"""Of all sessions together."""
_OVERHEAD = 64 * 1024
"""Of a request beside its file."""

_run = threading.local()


def megabytes() -> int:
    """The most one file may have, as Streamlit enforces it."""
    return int(config.get_option("server.maxUploadSize"))


def keep_in_memory() -> None:
    """Let no upload reach the disk, and let this session upload. Called where the uploader is drawn, before anything can come in."""
    MultiPartParser.spool_max_size = (megabytes() + 1) * _MB
    if context := get_script_run_ctx():
        BUDGET.open_for(context.session_id)
        _run.drawn = True


def begin_run() -> None:
    """A page begins to be drawn; whether it has an uploader is not known yet."""
    _run.drawn = False


def end_run() -> None:
    """A page is drawn: where it showed no uploader, its session may upload no more."""
    context = get_script_run_ctx()
    if context and not getattr(_run, "drawn", False):
        BUDGET.close_for(context.session_id)


class Budget:
    """Which sessions may upload, and how much; used by the server's loop and by the threads of the pages."""

    def __init__(self, session_bytes: int = SESSION_BYTES, all_bytes: int = ALL_BYTES) -> None:
        self._session_bytes, self._all_bytes = session_bytes, all_bytes
        self._open: set[str] = set()
        self._coming: Counter[str] = Counter()
        self._lock = threading.Lock()

    def open_for(self, session: str) -> None:
        """The session's page shows an uploader."""
        with self._lock:
            self._open.add(session)

    def close_for(self, session: str) -> None:
        """It does no longer."""
        with self._lock:
            self._open.discard(session)

    def take(self, session: str, size: int) -> str:
        """Reserve bytes for one file of a session; "" or why not: closed, file, session, all."""
        held = _held()
        with self._lock:
            if len(self._open) > 1_000:  # those that ended while their uploader was shown
                self._open = _active(self._open)
            if session not in self._open:
                return "closed"
            if size > megabytes() * _MB + _OVERHEAD:
                return "file"
            if held.get(session, 0) + self._coming[session] + size > self._session_bytes:
                return "session"
            if sum(held.values()) + self._coming.total() + size > self._all_bytes:
                return "all"
            self._coming[session] += size
            return ""

    def give_back(self, session: str, size: int) -> None:
        """The upload has ended; what was kept of it counts as held."""
        with self._lock:
            self._coming[session] -= size
            if self._coming[session] <= 0:
                del self._coming[session]


def _held() -> dict[str, int]:
    """Bytes kept for each session."""
    if not runtime.exists():
        return {}
    kept = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    return {session: sum(len(f.data) for f in list(files.values())) for session, files in list(kept.items())}


def _active(sessions: set[str]) -> set[str]:
    running = runtime.get_instance()
    return {session for session in sessions if running.is_active_session(session)}


BUDGET = Budget()
"""This process's."""


_FIELDS = ("product", "payee", "channel", "order_no", "company")


def laws_shown(names: list[str], view: View) -> list[str]:
    """The legal facts with article and date; one verified too long ago says so."""
    today = _now(view).date()
    lines = []
    for name in names:
        rule = fact(name)
        old = text("ui", "old_law", view.lang) if rule.old(today) else ""
        lines.append(f"{rule.text(view.lang)}{rule.cite(view.lang)}{old}")
    return [*lines, read_in(view.lang)]


def checklist(view: View) -> tuple[str, ...]:
    """What to keep, ticked off; how complete it is and how each gap hurts. Returns the groups something was ticked of."""
    lang = view.lang
    ticked = []
    for group, items in GROUPS.items():
        chosen = st.pills(
            text("proof", group, lang),
            items,
            selection_mode="multi",
            format_func=lambda item: text("proof", item, lang),
            key=f"proof-{group}",
        )
        ticked += chosen
    found = meter(ticked)
    st.progress(found.percent, text("ui", "complete", lang).format(percent=found.percent))
    view.html(
        "lines_plain.html",
        lines=[
            f"{text('proof', g, lang)}{'：' if lang == 'zh' else ': '}{text('gap', g, lang)}"
            for g in found.gaps
        ],
    )
    return tuple(group for group, items in GROUPS.items() if set(items) & set(ticked))


def payment(view: View, path: Path, host: str, site: dict[str, Any]) -> Fields:
    """What was bought and paid, once for the deadlines, the court and every letter; `site` is the published rating, {} where there is none."""
    view.html("lines.html", lines=[text("ui", "fill", view.lang)])
    return replace(_fields(view.lang, path, host, site.get("operator") or ""), filing=_filing(site))


def letters(view: View, path: Path, fields: Fields) -> None:
    """The letters of the case, filled with what was said of the payment, to be taken away."""
    lang = view.lang
    said = st.text_area(text("ui", "said", lang), max_chars=800, key="letter-said")
    fields = replace(fields, said=said or "")
    chosen = st.selectbox(
        text("ui", "letter", lang),
        letters_for(path),
        format_func=lambda name: title(name, lang, path.refund_first),
        key="letter-which",
    )
    missing = lint(fields, fields.said, lang)
    if missing:
        zh = lang == "zh"
        view.note(text("ui", "lint", lang) + ("" if zh else " ") + ("；" if zh else "; ").join(missing))
    else:
        view.note(text("ui", "ready", lang))
    today = _now(view).date()
    body = write(chosen, fields, today, lang)
    view.letter(body)
    named = file_name(chosen, fields.site, today, lang, path.refund_first)
    with st.container(horizontal=True):
        _file(text("ui", "text_file", lang), body.encode("utf-8-sig"), f"{named}.txt", "text/plain")
        _file(
            text("ui", "docx_file", lang),
            docx(title(chosen, lang, path.refund_first), body),
            f"{named}.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        )
    with st.expander(text("ui", "laws", lang)):
        quoted = letter_texts.laws(chosen, lang, path.branches)
        view.html("lines_plain.html", lines=laws_shown(quoted, view))


def _filing(site: dict[str, Any]) -> str:
    number, province = site.get("filing_number"), site.get("filing_province")
    return f"{number}（{province}）" if number and province else number or ""


def _fields(lang: str, path: Path, host: str, company: str) -> Fields:
    typed = {}
    for name in _FIELDS:
        known = company if name == "company" else ""
        typed[name] = st.text_input(text("ui", name, lang), known, max_chars=200, key=f"letter-{name}")
    amount = st.number_input(text("ui", "amount", lang), 0.0, 1_000_000.0, None, 1.0, key="letter-amount")
    days = {
        name: st.date_input(text("ui", name, lang), None, key=f"letter-{name}", format="YYYY-MM-DD")
        for name in ("paid_on", "demanded_on")
    }
    exact = Decimal(str(amount)).normalize() if amount else None
    return Fields(
        site=host,
        amount=exact,
        case=path.case,
        refund=path.refund_first,
        branches=path.branches,
        **typed,
        **days,
    )


def court(view: View, path: Path, fields: Fields) -> None:
    """Whether small claims apply in the reader's own province, with year and source."""
    lang = view.lang
    view.html("lines.html", lines=[text("ui", "court_intro", lang)])
    province = st.selectbox(
        text("ui", "province", lang),
        provinces(),
        index=None,
        placeholder=text("ui", "province_none", lang),
        key="court-province",
    )
    lines = check(province, fields.amount, _now(view).date(), lang, path.barred) if province else []
    view.html("lines_plain.html", lines=lines + laws_shown(["small_claims"], view)[:1])


def deadlines(view: View, path: Path, fields: Fields) -> None:
    """The clocks that run from the dates given, and the calendar file; those that only protect consumers not for a reseller."""
    lang = view.lang
    complained = (
        st.date_input(text("ui", "complained_on", lang), None, key="clock-complained", format="YYYY-MM-DD")
        if path.loss
        else None
    )
    expires = st.date_input(text("ui", "expires_on", lang), None, key="clock-expires", format="YYYY-MM-DD")
    now = _now(view)
    paid_on = fields.paid_on or now.date()
    try:
        found = clocks(paid_on, fields.demanded_on, complained, expires, "reseller" not in fields.branches)
    except ValueError:
        view.note(text("ui", "clock_error", lang))
        return
    if not path.loss:  # nothing is owed: what is left is when the membership ends
        found = [clock for clock in found if clock.id == "expiry_3d"]
    elif fields.paid_on is None:
        view.note(text("ui", "clock_today", lang))
    if not found:
        return
    view.table(
        [text("ui", "clock_date", lang), text("ui", "clock_what", lang)],
        [
            row(cell(c.on), cell(c.text(lang), soft="" if c.exact else text("ui", "inexact", lang)))
            for c in found
        ],
    )
    made_at = now.replace(
        hour=0, minute=0, second=0, microsecond=0
    )  # the same file while the page runs again
    _file(text("ui", "ics_file", lang), ics(found, made_at, lang), "kamengwatch.ics", "text/calendar")


def evidence_pack(view: View, host: str) -> None:
    """Originals and our captures in one ZIP, made in memory."""
    lang = view.lang
    view.html("lines.html", lines=[text("ui", "pack_intro", lang).format(most=megabytes())])
    keep_in_memory()
    files = st.file_uploader(text("ui", "files", lang), accept_multiple_files=True, key="pack-files")
    items = [pack.Item(file.name, file.getvalue()) for file in files or ()]
    ours = view.cached_query(captures_of, host) if host else []
    with_ours = in_number(text("ui", "with_captures", lang).format(count=len(ours)))
    if ours and st.checkbox(with_ours, True, key="pack-ours"):
        items += with_text(view.snapshot, ours)
    if not items:
        return
    try:
        made = pack.make(items, host, _now(view).replace(second=0, microsecond=0), lang)
    except pack.PackError as error:
        view.note(str(error))
        return
    _file(text("ui", "pack_file", lang), made, "evidence-pack.zip", "application/zip")


def _now(view: View) -> dt.datetime:
    return current_snapshot.now(view.facts).astimezone(SHANGHAI)


def _file(label: str, data: bytes, name: str, kind: str) -> None:
    if ON_PAPER.get():
        return  # there is no session that would keep it
    st.download_button(label, data, file_name=name, mime=kind, key=f"file-{name}", on_click="ignore")
