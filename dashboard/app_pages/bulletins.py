"""通报 bulletins: what happened in a finished week or month, as it was written then; the sites by the provision they touch."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboard.components import shared_tables
from dashboard.components.page_context import Row, View, cell, row
from dashboard.help import bulletin
from dashboard.presenters import formatting, recent_changes
from dashboard.presenters.translations import pick

title_zh = "通报"
title_en = "Bulletins"
url_path = "bulletins"
order = 5
group = "browse"
visible = True

_ORDER = ("closures", "moves", "sector", "changes", "corrections")
_FOLD = 10
_SITES = 6
"""Sites of one provision on the page; the file has all."""


def render(view: View) -> None:
    """The bulletin the address names or the newest, the earlier ones, the list by provision."""
    known = view.cached_query(bulletin.ids)
    asked = view.param("of")
    id_ = asked if asked in known else known[0] if known else ""
    told = view.cached_query(bulletin.facts_of, id_) if id_ else None
    view.title(view.translate("bulletins.title"), view.translate("bulletins.intro"))
    if told is None:
        view.note(view.translate("bulletins.none"))
    else:
        if asked and asked != id_:
            view.note(view.translate("bulletins.unknown"))
        _bulletin(view, told)
        _archive(view, [other for other in known if other != id_])
    _provisions(view)


def _bulletin(view: View, told: dict[str, Any]) -> None:
    sections = bulletin.sections(told, view.lang, view.facts.demo)
    view.heading(bulletin.title(told, view.lang))
    more = "" if view.lang == "zh" else f"?lang={view.lang}"
    view.html(
        "linklist.html",
        lead=view.translate("bulletins.take"),
        links=[
            *((form.upper(), f"./bulletins/{told['id']}.{form}{more}") for form in ("pdf", "docx")),
            (view.translate("alerts.subscribe"), "./feeds/bulletins.atom"),
        ],
    )
    view.html("lines.html", lines=sections[0].lines)
    for section, name in zip(sections[1:], _ORDER, strict=False):
        view.html("heading3.html", title=section.title)
        entries = told.get(name) or ()
        if name == "sector" or not entries:
            view.html("lines.html", lines=section.lines)
            continue
        if "to_state" in entries[0]:
            shared_tables.changes(view, [_change(entry) for entry in entries], _FOLD)
        else:
            columns = ["word.date", "word.site", "bulletins.what"]
            rows = [_row(view, entry) for entry in entries]
            view.table([view.translate(c) for c in columns], rows, fold=_FOLD)
        view.html("lines.html", lines=section.lines[len(entries) :])


def _change(entry: dict[str, Any]) -> recent_changes.Change:
    states = (entry["from_state"], entry["to_state"])
    day, ids = dt.date.fromisoformat(entry["on"]), tuple(entry["evidence"] or ())
    return recent_changes.Change(
        entry["host"], entry["name"] or "", states, day, entry["reason_zh"], entry["reason_en"], ids
    )


def _row(view: View, entry: dict[str, Any]) -> Row:
    words = pick(entry, "sentence", view.lang) or ""
    return row(cell(entry["on"]), shared_tables.site_cell(view, entry["host"], None), cell(words))


def _archive(view: View, earlier: list[str]) -> None:
    view.heading(view.translate("bulletins.archive"))
    if not earlier:
        view.note(view.translate("bulletins.first"))
        return
    rows = []
    for id_ in earlier:
        if told := view.cached_query(bulletin.facts_of, id_):
            name = bulletin.title(told, view.lang)
            rows.append(
                row(
                    cell(name, href=view.link("bulletins", of=id_)),
                    cell(_counted(view, told)),
                    cell("PDF", href=f"./bulletins/{id_}.pdf{'' if view.lang == 'zh' else '?lang=en'}"),
                )
            )
    columns = ["bulletins.issue", "bulletins.what", "bulletins.file"]
    view.table([view.translate(c) for c in columns], rows, fold=_FOLD)


def _counted(view: View, told: dict[str, Any]) -> str:
    if bulletin.is_empty(told):
        return view.translate("bulletins.empty")
    return view.translate("bulletins.counted", **{k: formatting.number(n) for k, n in told["counts"].items()})


def _provisions(view: View) -> None:
    view.heading(view.translate("bulletins.provisions"), view.translate("bulletins.provisions_note"))
    found = view.cached_query(bulletin.provisions)
    if not found:
        view.note(view.translate("bulletins.no_provisions"))
        return
    rows = []
    for one in found:
        hosts = sorted({r["host"] for r in one.rows})
        shown = formatting.join_words(hosts[:_SITES], view.lang)
        left = len(hosts) - _SITES
        rows.append(
            row(
                cell(f"{one.fact.text(view.lang)}{one.fact.cite(view.lang)}"),
                cell(view.translate("bulletins.sites", count=formatting.number(len(hosts)))),
                cell(shown + (view.translate("bulletins.more", count=left) if left > 0 else ""), limit=900),
            )
        )
    columns = ["bulletins.provision", "bulletins.number", "bulletins.which"]
    view.table([view.translate(c) for c in columns], rows, "wordy", fold=4)
    view.html(
        "linkline.html", href="./bulletins/provisions.csv", words=view.translate("bulletins.provisions_csv")
    )
