"""The site page's evidence: captures, pictures, changes, responses and corrections, the evidence table.

Read-only. The name of a file is made from a hash that was checked to be one, never from what the reader typed.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import streamlit as st

from dashboard.components.page_context import Row, View, cell, row
from dashboard.help import evidence_pack
from dashboard.help.evidence_pack import captures_of, with_text
from dashboard.presenters import csv_export, current_snapshot, formatting, html
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import TABLES, Snapshot
from store.text.query import file_stem
from store.text.safe_text import plain

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST = 6000
"""Characters shown; the whole text is in the snapshot and in the evidence pack."""


@dataclass(frozen=True)
class Capture:
    """Lines of text, or the catalogue key that says why there are none."""

    lines: tuple[str, ...] = ()
    why: str = ""
    cut: bool = False


def capture(view: View, host: str) -> None:
    """The capture the address asks for with `capture=<evidence id>`; nothing without it."""
    asked = view.param("capture").strip()
    if not asked:
        return
    view.html("anchor_heading.html", id="capture", title=view.translate("capture.title"))
    piece = view.cached_query(_piece, host, asked)
    if piece is None:
        view.note(view.translate("capture.unknown"))
        return
    found = view.cached_query(read, piece["sha256"], piece["archive"])
    view.html(
        "capture.html",
        facts=[
            (view.translate("capture.id"), plain(piece["id"], 80)),
            (view.translate("word.link"), html.outside(piece["link"]) or view.translate("word.no_link")),
            (view.translate("site.seen_at"), formatting.moment(piece["seen_at"], view.lang)),
            (view.translate("site.source"), view.source(piece["source"])),
            (view.translate("site.hash"), piece["sha256"] or "–"),
        ],
        lines=[plain(line, 400) for line in found.lines],
        why=view.translate(found.why) if found.why else "",
        label=view.translate("capture.label"),
    )
    view.html(
        "lines.html",
        lines=[view.translate("capture.redacted")] + ([view.translate("capture.cut")] if found.cut else []),
    )


def read(snapshot: Snapshot, sha256: str | None, archive: str | None) -> Capture:
    """The text of a capture in the snapshot's folder, at most 6,000 characters; why there is none otherwise."""
    if not archive or not sha256:
        return Capture(why="capture.none_kept")
    if not _SHA256.fullmatch(sha256):
        return Capture(why="capture.bad_hash")
    try:
        with (snapshot.path / "captures" / f"{sha256}.txt").open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LONGEST + 1)
    except OSError:
        return Capture(why="capture.not_here")
    if text.count("�") * 20 > len(text):
        return Capture(why="capture.picture")
    if not text.strip():
        return Capture(why="capture.blank")
    return Capture(tuple(text[:_LONGEST].splitlines()), cut=len(text) > _LONGEST)


def _piece(snapshot: Snapshot, host: str, identity: str) -> dict[str, Any] | None:
    found = current_snapshot.rows(
        snapshot, "select * from evidence where host = ? and id = ? limit 1", [host, identity]
    )
    return found[0] if found else None


def pictures(view: View, host: str) -> None:
    """The newest picture of each page we have one of; nothing where there is none."""
    found = view.cached_query(_listed, host)
    if not found:
        return
    view.heading(view.translate("site.pictures"), view.translate("site.pictures_note"))
    view.html(
        "pictures.html",
        pictures=[
            {
                "src": f"./snapshot/captures/{p['sha256']}.jpg",
                "url": plain(p["url"], 120),
                "seen": formatting.moment(dt.datetime.fromisoformat(p["fetched_at"]), view.lang),
                "sha256": p["sha256"],
            }
            for p in found
        ],
    )


def _listed(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    """What the snapshot lists of a host, if the picture is there; a snapshot made before there were any lists none."""
    try:
        listed = json.loads((snapshot.path / "captures" / "pictures.json").read_text("utf-8"))
        return [
            p
            for p in listed
            if p["host"] == host
            and _SHA256.fullmatch(p["sha256"])
            and (snapshot.path / "captures" / f"{p['sha256']}.jpg").is_file()
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


SHOWN = 6
"""So many rows stand open; the others wait behind a line, or the page would be a hundred screens on a phone."""


def changes(view: View, rows: list[dict[str, Any]]) -> None:
    """What changed and whether the world, a source or our method did."""
    view.heading(view.translate("site.changes"))
    if not rows:
        view.note(view.translate("site.changes_none"))
        return
    view.table(
        [view.translate("word.date"), view.translate("alerts.reason"), view.translate("alerts.change")],
        [
            row(
                cell(formatting.day(r["on"], view.lang)),
                cell(view.label("site", f"cause_{r['cause']}")),
                cell(pick(r, "sentence", view.lang) or f"{r['what']}: {r['from']} → {r['to']}"),
            )
            for r in rows[:50]
        ],
        fold=SHOWN,
    )


def responses(view: View, answers: list[dict[str, Any]], corrections: list[dict[str, Any]]) -> None:
    """Everything the site said, in full, and every correction made."""
    if len(answers) > 1:
        view.heading(view.translate("site.responses"))
        view.html(
            "lines_plain.html",
            lines=[
                view.translate(
                    "card.response", date=formatting.day(r["on"], view.lang), text=plain(r["text"] or "", 800)
                )
                for r in answers
            ],
        )
    if corrections:
        view.heading(view.translate("site.corrections"))
        view.table(
            [view.translate("word.date"), view.translate("appeals.outcome"), view.translate("site.finding")],
            [
                row(
                    cell(formatting.day(r["on"], view.lang)),
                    cell(view.label("correction", r["outcome"])),
                    cell(pick(r, "sentence", view.lang)),
                )
                for r in corrections
            ],
        )


def evidence(view: View, host: str, total: int, rows: list[dict[str, Any]]) -> None:
    """The evidence table: claim, tier, event date, seen time, source, link, hash."""
    view.html("anchor_heading.html", id="evidence", title=view.translate("site.evidence"))
    if not rows:
        view.note(view.translate("site.evidence_none"))
        return
    view.html("lines.html", lines=[view.translate("site.evidence_shown", count=total, shown=min(20, total))])
    view.table(
        [
            view.translate("site.claim"),
            view.translate("site.tier"),
            view.translate("site.event_on"),
            view.translate("site.seen_at"),
            view.translate("site.source"),
            view.translate("word.link"),
            view.translate("site.hash"),
            view.translate("capture.column"),
        ],
        [_evidence_line(view, host, r) for r in rows],
        "pieces",
        fold=SHOWN,
    )


def downloads(view: View, host: str) -> None:
    """Everything about the site to take away: all evidence as a table or as a pack with the archived texts, the page to print."""
    view.html("anchor_heading.html", id="download", title=view.translate("site.download"))
    snapshot, as_of = view.snapshot, view.facts.as_of
    stem = f"{file_stem(host)}-{as_of}"
    with st.container(horizontal=True):
        view.download(
            lambda: csv_export.csv_bytes(snapshot.of("evidence", host), TABLES["evidence"].names),
            f"{stem}-evidence.csv",
            key="download-evidence",
            label=view.translate("site.download_csv"),
        )
        view.download(
            lambda: packed(snapshot, host, current_snapshot.now(view.facts), view.lang),
            f"{stem}-evidence.zip",
            key="download-pack",
            label=view.translate("site.download_pack"),
            mime="application/zip",
        )
    view.html("lines.html", lines=[view.translate("site.download_note")])
    view.html(
        "linklist.html",
        links=[
            (view.translate("site.to_print"), f"./s/{quote(file_stem(host))}.html"),
            (view.translate("site.to_json"), f"./api/v1/sites/{quote(host, safe='')}/evidence"),
            (view.translate("site.to_all_json"), f"./api/v1/sites/{quote(host, safe='')}"),
        ],
        lead="",
    )


def packed(snapshot: Snapshot, host: str, made_at: dt.datetime, lang: str) -> bytes:
    """The evidence pack of a site: the list of all its evidence and the archived texts, with hashes, a cover and a manifest."""
    listed = csv_export.csv_bytes(snapshot.of("evidence", host), TABLES["evidence"].names)
    captures = with_text(snapshot, captures_of(snapshot, host))
    return evidence_pack.make(
        [evidence_pack.Item("evidence.csv", listed, "list"), *captures], host, made_at, lang
    )


def _evidence_line(view: View, host: str, piece: dict[str, Any]) -> Row:
    url = html.outside(piece["link"])
    return row(
        cell(pick(piece, "claim", view.lang), soft=plain(piece["id"], 40)),
        cell(view.label("tier", piece["tier"])),
        cell(formatting.day(piece["event_on"], view.lang)),
        cell(formatting.moment(piece["seen_at"], view.lang)),
        cell(view.source(piece["source"]), limit=60),
        cell(view.translate("word.open"), href=url, outside=True)
        if url
        else cell(view.translate("word.no_link")),
        cell(piece["sha256"] or "–", mono=True, limit=70),
        cell(
            view.translate("capture.show"),
            href=view.link("site", host=host, capture=piece["id"]) + "#capture",
        )
        if piece["archive"]
        else cell(view.translate("word.none")),
        id=piece["id"],
    )
