"""The site page's evidence: captures, pictures, changes, responses and corrections, the evidence table.

Read-only. The name of a file is made from a hash that was checked to be one, never from what the reader typed.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import streamlit as st
from markupsafe import Markup, escape

from dashboard.components.page_context import View, cell, row
from dashboard.help import dossier, evidence_pack
from dashboard.help.evidence_pack import captures_of, with_text
from dashboard.presenters import csv_export, current_snapshot, formatting, html
from dashboard.presenters.translations import pick, tokens
from scoring.snapshot.reader import TABLES, Snapshot
from store.text.query import file_stem
from store.text.safe_text import plain

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST = 6000
"""Characters shown; the whole text is in the snapshot and in the evidence pack."""


@dataclass(frozen=True)
class Capture:
    """The one record or page that is meant: fields of a record, else lines of text, with the catalogue key that says what of it they are; or
    the key that says why there is neither."""

    fields: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    why: str = ""
    note: str = ""


def capture(view: View, host: str, sentences: Sequence[tuple[str, Sequence[str]]]) -> None:
    """The evidence the address asks for with `capture=<evidence id>`; nothing without it. `sentences` are those that cite evidence, with its ids:
    who followed one of them reads on from each piece to the next."""
    asked = view.param("capture").strip()
    if not asked:
        return
    view.html("anchor_heading.html", id="capture", title=view.translate("capture.title"))
    piece = view.cached_query(_piece, host, asked)
    if piece is None:
        view.note(view.translate("capture.unknown"))
        return
    found = view.cached_query(_found, host, piece["id"])
    needles = _needles(piece, view.cached_query(_name, host))
    view.html(
        "capture.html",
        claim=tokens(pick(piece, "claim", view.lang) or "", view.lang),
        facts=[
            *([(view.translate("capture.number"), _number(piece))] if piece["kind"] == "complaint" and _number(piece) else []),
            (view.translate("site.event_on"), formatting.day(piece["event_on"], view.lang)),
            (view.translate("site.source"), view.source(piece["source"])),
            (view.translate("site.tier"), view.label("tier", piece["tier"])),
            (view.translate("site.seen_at"), formatting.moment(piece["seen_at"], view.lang)),
        ],
        address=html.outside(piece["link"]),
        fields=[(_field_name(view, key), _marked(tokens(value, view.lang), needles)) for key, value in found.fields],
        lines=[_marked(tokens(plain(line, 400), view.lang), needles) for line in found.lines],
        why=view.translate(found.why) if found.why else "",
        notes=[view.translate("capture.redacted")] + ([view.translate(found.note)] if found.note else []),
        hashes=[(view.translate("capture.id"), plain(piece["id"], 120)), (view.translate("site.hash"), piece["sha256"] or "–")],
        back=view.link("site", host=host) + "#" + html.anchor(piece["id"]),
        beside=_beside(view, host, piece["id"], sentences),
    )  # fmt: skip


def _beside(
    view: View, host: str, identity: str, sentences: Sequence[tuple[str, Sequence[str]]]
) -> dict[str, str]:
    """Which piece this is of those one sentence cites (the one `of` numbers, else the one that leads to it), with the ways to its neighbours."""
    citing = [n for n, (_, ids) in enumerate(sentences) if identity in ids and len(ids) > 1]
    if not citing:
        return {}
    asked = view.param("of")
    of = next(
        (n for n in citing if str(n) == asked), min(citing, key=lambda n: sentences[n][1][0] != identity)
    )
    said, ids = sentences[of]
    at = list(ids).index(identity)

    def to(n: int) -> str:
        return view.link("site", host=host, capture=ids[n], of=of) + "#capture" if 0 <= n < len(ids) else ""

    words = view.translate("capture.of", said=plain(said, 300).rstrip("。."), n=len(ids), at=at + 1)
    return {"words": words, "before": to(at - 1), "after": to(at + 1)}


def _field_name(view: View, key: str) -> str:
    return view.translate(f"capture.field_{key}") if key in _FIELDS.values() else key


_FIELDS = {
    "title": "title", "summary": "text", "content": "text", "text": "text", "desc": "text", "cotitle": "about", "appeal": "wish",
    "issue": "issue", "domain": "domain", "unitname": "company", "mainlicence": "filing", "servicelicence": "filing_site",
    "naturename": "nature", "updaterecordtime": "updated", "ldhname": "domain", "name": "product", "price": "price", "amount": "amount",
    "orders": "orders", "orders1": "orders_done", "created": "created",
}  # fmt: skip
"""Fields of records that a reader understands, by what we call them; the others stay in the archive."""


def _name(snapshot: Snapshot, host: str) -> str:
    return next((r["name"] or "" for r in current_snapshot.ratings_of(snapshot, [host], "name")), "")


def _number(piece: dict[str, Any]) -> str:
    """The number a complaint has where it was made, or a post of a forum: its capture is a list of several."""
    listed = piece["kind"] == "complaint" or piece["id"].startswith("mention:forums:")
    return piece["id"].split(":")[2] if listed and piece["id"].count(":") > 1 else ""


def _needles(piece: dict[str, Any], name: str) -> tuple[str, ...]:
    """What the piece is about, as it may stand in the capture: number, site, name, product."""
    number = _number(piece)
    product = plain(piece["claim_zh"] or "").partition("：")[2] if piece["kind"] == "price" else ""
    return tuple(word for word in (number, piece["host"].partition("/")[0], name, product) if len(word) > 1)


def _marked(text: str, needles: Sequence[str]) -> Markup:
    """Text with what it is cited for highlighted."""
    if not needles:
        return escape(text)
    parts = re.split("(" + "|".join(map(re.escape, needles)) + ")", text)
    return Markup("").join(Markup("<mark>{}</mark>").format(p) if p in needles else escape(p) for p in parts)


def _found(snapshot: Snapshot, host: str, identity: str) -> Capture:
    return read(snapshot, _piece(snapshot, host, identity) or {})


def read(snapshot: Snapshot, piece: dict[str, Any]) -> Capture:
    """What the snapshot's folder holds of a piece of evidence: of a list the one record, never its neighbours'; of a page its text, at
    most 6,000 characters."""
    sha256 = piece.get("sha256") or ""
    if not piece.get("archive") or not sha256:
        return Capture(why="capture.none_kept")
    if not _SHA256.fullmatch(sha256):
        return Capture(why="capture.bad_hash")
    try:
        text = snapshot.file(f"captures/{sha256}.txt").read_text("utf-8", "replace")
    except OSError:
        return Capture(why="capture.not_here")
    if text.count("\ufffd") * 20 > len(text):
        return Capture(why="capture.picture")
    if not text.strip():
        return Capture(why="capture.blank")
    return passage(text, piece)


def passage(text: str, piece: dict[str, Any]) -> Capture:
    """The part of a capture that a piece of evidence means."""
    number = _number(piece)
    about = (number, *_tokens(piece["link"])) if number else _needles(piece, "")[::-1]
    of_others = piece["kind"] == "penalty" or bool(number)
    if text.lstrip()[:1] in "{[" and piece["kind"] == "orders":
        about = ('"orders"',)
    if text.lstrip()[:1] in "{[" and (of_others or piece["kind"] in ("filing", "price", "orders")):
        for needle in about:
            if needle and (record := _record(text, needle)):
                return Capture(fields=_readable(record))
    elif of_others or piece["kind"] == "price":
        lines = text.splitlines()
        at = next((n for needle in about if needle for n, line in enumerate(lines) if needle in line), None)
        if at is not None:
            near = lines[at : at + 1] if piece["kind"] == "penalty" else lines[max(0, at - 1) : at + 12]
            return Capture(lines=tuple(near), note="capture.only" if len(near) < len(lines) else "")
    # What lists several sites is not shown whole, or a reader would see another's record under this one's name.
    return Capture(why="capture.not_found") if of_others else _page(text)


def _page(text: str) -> Capture:
    return Capture(
        lines=tuple(text[:_LONGEST].splitlines()), note="capture.cut" if len(text) > _LONGEST else ""
    )


def _tokens(link: str | None) -> list[str]:
    """What in a record's address only it has: long parts of its query."""
    return [value for part in (link or "").partition("?")[2].split("&") if len(value := part.partition("=")[2]) >= 12]  # fmt: skip


def _record(text: str, needle: str) -> dict[str, Any] | None:
    """The smallest JSON object around the first place a text names something; the text may be cut off elsewhere."""
    at = text.find(needle)
    while at >= 0:
        begin, depth = at, 0
        while begin > 0:
            begin -= 1
            depth += {"}": 1, "{": -1}.get(text[begin], 0)
            if depth < 0:
                try:
                    found, end = json.JSONDecoder().raw_decode(text, begin)
                except (ValueError, RecursionError):
                    break
                if isinstance(found, dict) and end > at and any(key.lower() in _FIELDS for key in found):
                    return found
                depth = 0
        at = text.find(needle, at + 1)
    return None


def _readable(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    shown = {}
    for key, value in record.items():
        name = _FIELDS.get(key.lower())
        if name and isinstance(value, str | int | float) and str(value).strip():
            shown.setdefault(name, plain(str(value), 2_000))
    return tuple(shown.items())


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
    view.html("heading3.html", title=view.translate("site.pictures"))
    view.html("lines.html", lines=[view.translate("site.pictures_note")])
    view.html(
        "pictures.html",
        pictures=[
            {
                "src": html.in_read_snapshot(f"./snapshot/captures/{p['sha256']}.jpg"),
                "url": plain(p["url"], 120),
                "seen": formatting.moment(dt.datetime.fromisoformat(p["fetched_at"]), view.lang),
                "sha256": p["sha256"],
                "alike": [(other, bits, view.link("site", host=other)) for other, bits in p.get("alike", ())],
                "shared_by": p.get("shared_by"),
            }
            for p in found
        ],
    )


def _listed(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    """What the snapshot lists of a host, if the picture is there; a snapshot made before there were any lists none."""
    try:
        listed = json.loads(snapshot.file("captures/pictures.json").read_text("utf-8"))
        return [
            p
            for p in listed
            if p["host"] == host
            and _SHA256.fullmatch(p["sha256"])
            and snapshot.file(f"captures/{p['sha256']}.jpg").is_file()
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []


_TERMS = ("terms", "notice")
"""Roles of pages whose changes are shown line by line; a home page's counters change every day."""
_PAIRS = 4
_DIFF_LINES = 40


def terms(view: View, host: str) -> None:
    """What changed in the site's terms and notices from one archived day to the next, line by line; nothing where nothing did."""
    found = view.cached_query(_rewritten, host)
    if not found:
        return
    view.html("heading3.html", title=view.translate("site.terms"))
    view.html("lines.html", lines=[view.translate("site.terms_note")])
    for change in found:
        words = view.translate(
            "site.terms_change",
            role=view.translate(f"site.role_{change['role']}"),
            before=formatting.day(change["before"]["event_on"], view.lang),
            after=formatting.day(change["after"]["event_on"], view.lang),
        )
        pieces = [(formatting.day(p["event_on"], view.lang), cited(view, host, p["id"])) for p in (change["before"], change["after"])]  # fmt: skip
        view.html("diff.html", title=words, lines=change["lines"], more=change["more"], pieces=pieces)


def _rewritten(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    """Pairs of archived texts of one page that differ, newest first, with the lines taken away and added."""
    rows = current_snapshot.rows(
        snapshot,
        "select id, event_on, sha256 from evidence where host = ? and kind = 'page' and sha256 <> '' order by event_on, id",
        [host],
    )
    found: list[dict[str, Any]] = []
    for role in _TERMS:
        before: dict[str, Any] | None = None
        for piece in (r for r in rows if r["id"].endswith(f":{role}") and _SHA256.fullmatch(r["sha256"])):
            try:
                text = snapshot.file(f"captures/{piece['sha256']}.txt").read_text("utf-8", "replace")
            except OSError:
                continue
            piece["text"] = [plain(line, 300) for line in text.splitlines() if line.strip()]
            if before is not None and before["text"] != piece["text"]:
                lines = [
                    (line[0], line[1:])
                    for line in difflib.unified_diff(before["text"], piece["text"], n=0, lineterm="")
                    if line[:1] in "+-" and not line.startswith(("+++", "---"))
                ]
                if lines:
                    more = max(0, len(lines) - _DIFF_LINES)
                    found.append({"role": role, "before": before, "after": piece, "lines": lines[:_DIFF_LINES], "more": more})  # fmt: skip
            before = piece
    return sorted(found, key=lambda change: change["after"]["event_on"], reverse=True)[:_PAIRS]


SHOWN = 5
"""So many rows stand open; the others wait behind a line, or the page would be a hundred screens on a phone."""


def changes(view: View, rows: list[dict[str, Any]]) -> None:
    """What changed and whether the world, a source or our method did."""
    view.html("heading3.html", title=view.translate("site.changes"))
    if not rows:
        view.note(view.translate("site.changes_none"))
        return
    view.table(
        [view.translate("word.date"), view.translate("alerts.reason"), view.translate("alerts.change")],
        [
            row(
                cell(formatting.day(r["on"], view.lang)),
                cell(view.label("site", _cause(r))),
                cell(pick(r, "sentence", view.lang) or f"{r['what']}: {r['from']} → {r['to']}"),
            )
            for r in rows[:50]
        ],
        fold=SHOWN,
    )


def _cause(change: dict[str, Any]) -> str:
    """The word for why something changed; a state or grade that is lost has no new data to thank for it."""
    less = change["cause"] == "source" and change["to"] in ("stale", "NR")
    return f"cause_{change['cause']}{'_less' if less else ''}"


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
            [
                view.translate("word.date"),
                view.translate("appeals.outcome"),
                view.translate("appeals.corrected"),
            ],
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
    """The list of evidence: claim, tier, event date, seen time, source; each opens the one piece. Hashes are on the piece itself."""
    if not rows:
        view.note(view.translate("site.evidence_none"))
        return
    view.html("lines.html", lines=[view.translate("site.evidence_shown", count=total, shown=min(20, total))])
    view.table(
        [
            view.translate("word.date"),
            view.translate("site.claim"),
            view.translate("site.source"),
            view.translate("site.tier"),
            view.translate("capture.column"),
        ],
        [
            row(
                cell(formatting.day(r["event_on"], view.lang)),
                cell(pick(r, "claim", view.lang), limit=160),
                cell(view.source(r["source"]), limit=60),
                cell(view.label("tier", r["tier"])),
                cell(view.translate("capture.show"), href=cited(view, host, r["id"])),
                id=r["id"],
            )
            for r in rows
        ],
        "pieces",
        fold=SHOWN,
    )


def cited(view: View, host: str, identity: str) -> str:
    """Where a piece of evidence can be read."""
    return view.link("site", host=host, capture=identity) + "#capture"


def downloads(view: View, host: str) -> None:
    """Everything about the site to take away: all evidence as a table or as a pack with the archived texts, the page to print."""
    view.html("anchor_heading3.html", id="download", title=view.translate("site.download"))
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
            *([] if view.past else [(view.translate("site.to_print"), html.static_page(host, view.lang))]),
            (
                view.translate("site.to_json"),
                html.in_read_snapshot(f"./api/v1/sites/{quote(host, safe='')}/evidence"),
            ),
            (
                view.translate("site.to_all_json"),
                html.in_read_snapshot(f"./api/v1/sites/{quote(host, safe='')}"),
            ),
        ],
        lead="",
    )
    if not view.past:
        _dossiers(view, host)


def _dossiers(view: View, host: str) -> None:
    """The dossier of the site; of its operator and its cluster where those have further sites."""
    file, lang = quote(host, safe="/"), "" if view.lang == "zh" else f"&lang={view.lang}"
    links = []
    for kind in ("site", "operator", "cluster"):
        subject = view.cached_query(dossier.subject_of, host, "" if kind == "site" else kind)
        if subject is not None and (kind == "site" or len(subject.hosts) > 1):
            words = view.translate(f"site.dossier_{kind}", count=len(subject.hosts))
            links += [
                (f"{words} {form.upper()}", f"./dossier/{file}.{form}?of={kind}{lang}")
                for form in ("pdf", "docx")
            ]
    view.html("linklist.html", links=links, lead=view.translate("site.dossier"))


def packed(snapshot: Snapshot, host: str, made_at: dt.datetime, lang: str) -> bytes:
    """The evidence pack of a site: the list of all its evidence and the archived texts, with hashes, a cover and a manifest."""
    listed = csv_export.csv_bytes(snapshot.of("evidence", host), TABLES["evidence"].names)
    captures = with_text(snapshot, captures_of(snapshot, host))
    return evidence_pack.make(
        [evidence_pack.Item("evidence.csv", listed, "list"), *captures], host, made_at, lang
    )
