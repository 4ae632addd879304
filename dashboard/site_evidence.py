"""Sections of the site page that let a reader check: changes, responses and corrections, the evidence table."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import streamlit as st

from dashboard import figures, markup, reader, sheet
from dashboard.help import pack
from dashboard.help.captures import captures_of, with_text
from dashboard.text import pick
from dashboard.view import Row, View, cell, row
from scoring.snapshot import TABLES, Snapshot
from store.names import file_stem
from store.plain import plain

SHOWN = 6
"""So many rows stand open; the others wait behind a line, or the page would be a hundred screens on a phone."""


def changes(view: View, rows: list[dict[str, Any]]) -> None:
    """What changed and whether the world, a source or our method did."""
    view.heading(view.t("site.changes"))
    if not rows:
        view.note(view.t("site.changes_none"))
        return
    view.table(
        [view.t("word.date"), view.t("alerts.reason"), view.t("alerts.change")],
        [
            row(
                cell(figures.day(r["on"], view.lang)),
                cell(view.w("site", f"cause_{r['cause']}")),
                cell(pick(r, "sentence", view.lang) or f"{r['what']}: {r['from']} → {r['to']}"),
            )
            for r in rows[:50]
        ],
        fold=SHOWN,
    )


def responses(view: View, answers: list[dict[str, Any]], corrections: list[dict[str, Any]]) -> None:
    """Everything the site said, in full, and every correction made."""
    if len(answers) > 1:
        view.heading(view.t("site.responses"))
        view.html(
            "lines_plain.html",
            lines=[
                view.t(
                    "card.response", date=figures.day(r["on"], view.lang), text=plain(r["text"] or "", 800)
                )
                for r in answers
            ],
        )
    if corrections:
        view.heading(view.t("site.corrections"))
        view.table(
            [view.t("word.date"), view.t("appeals.outcome"), view.t("site.finding")],
            [
                row(
                    cell(figures.day(r["on"], view.lang)),
                    cell(view.w("correction", r["outcome"])),
                    cell(pick(r, "sentence", view.lang)),
                )
                for r in corrections
            ],
        )


def evidence(view: View, host: str, total: int, rows: list[dict[str, Any]]) -> None:
    """The evidence table: claim, tier, event date, seen time, source, link, hash."""
    view.html("anchor_heading.html", id="evidence", title=view.t("site.evidence"))
    if not rows:
        view.note(view.t("site.evidence_none"))
        return
    view.html("lines.html", lines=[view.t("site.evidence_shown", count=total, shown=min(20, total))])
    view.table(
        [
            view.t("site.claim"),
            view.t("site.tier"),
            view.t("site.event_on"),
            view.t("site.seen_at"),
            view.t("site.source"),
            view.t("word.link"),
            view.t("site.hash"),
            view.t("capture.column"),
        ],
        [_piece(view, host, r) for r in rows],
        "pieces",
        fold=SHOWN,
    )


def downloads(view: View, host: str) -> None:
    """Everything about the site to take away: all evidence as a table or as a pack with the archived texts, the page to print."""
    view.html("anchor_heading.html", id="download", title=view.t("site.download"))
    snapshot, as_of = view.snapshot, view.facts.as_of
    stem = f"{file_stem(host)}-{as_of}"
    with st.container(horizontal=True):
        view.download(
            lambda: sheet.csv_bytes(snapshot.of("evidence", host), TABLES["evidence"].names),
            f"{stem}-evidence.csv",
            key="download-evidence",
            label=view.t("site.download_csv"),
        )
        view.download(
            lambda: packed(snapshot, host, reader.now(view.facts), view.lang),
            f"{stem}-evidence.zip",
            key="download-pack",
            label=view.t("site.download_pack"),
            mime="application/zip",
        )
    view.html("lines.html", lines=[view.t("site.download_note")])
    view.html(
        "linklist.html",
        links=[
            (view.t("site.to_print"), f"./s/{quote(file_stem(host))}.html"),
            (view.t("site.to_json"), f"./api/v1/sites/{quote(host, safe='')}/evidence"),
            (view.t("site.to_all_json"), f"./api/v1/sites/{quote(host, safe='')}"),
        ],
        lead="",
    )


def packed(snapshot: Snapshot, host: str, made_at: dt.datetime, lang: str) -> bytes:
    """The evidence pack of a site: the list of all its evidence and the archived texts, with hashes, a cover and a manifest."""
    listed = sheet.csv_bytes(snapshot.of("evidence", host), TABLES["evidence"].names)
    captures = with_text(snapshot, captures_of(snapshot, host))
    return pack.make([pack.Item("evidence.csv", listed, "list"), *captures], host, made_at, lang)


def _piece(view: View, host: str, piece: dict[str, Any]) -> Row:
    url = markup.outside(piece["link"])
    return row(
        cell(pick(piece, "claim", view.lang), soft=plain(piece["id"], 40)),
        cell(view.w("tier", piece["tier"])),
        cell(figures.day(piece["event_on"], view.lang)),
        cell(figures.moment(piece["seen_at"], view.lang)),
        cell(view.source(piece["source"]), limit=60),
        cell(view.t("word.open"), href=url, outside=True) if url else cell(view.t("word.no_link")),
        cell(piece["sha256"] or "–", mono=True, limit=70),
        cell(view.t("capture.show"), href=view.link("site", host=host, capture=piece["id"]) + "#capture")
        if piece["archive"]
        else cell(view.t("word.none")),
        id=piece["id"],
    )
