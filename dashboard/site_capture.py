"""One archived capture: hash, address, time and its redacted text, read from the snapshot, or the reason for its absence.

Read-only. The name of a file is made from a hash that was checked to be one, never from what the reader typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dashboard import figures, markup, reader
from dashboard.view import View
from scoring.snapshot import Snapshot
from store.plain import plain

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
    view.html("anchor_heading.html", id="capture", title=view.t("capture.title"))
    piece = view.ask(_piece, host, asked)
    if piece is None:
        view.note(view.t("capture.unknown"))
        return
    found = view.ask(read, piece["sha256"], piece["archive"])
    view.html(
        "capture.html",
        facts=[
            (view.t("capture.id"), plain(piece["id"], 80)),
            (view.t("word.link"), markup.outside(piece["link"]) or view.t("word.no_link")),
            (view.t("site.seen_at"), figures.moment(piece["seen_at"], view.lang)),
            (view.t("site.source"), view.source(piece["source"])),
            (view.t("site.hash"), piece["sha256"] or "–"),
        ],
        lines=[plain(line, 400) for line in found.lines],
        why=view.t(found.why) if found.why else "",
        label=view.t("capture.label"),
    )
    view.html(
        "lines.html", lines=[view.t("capture.redacted")] + ([view.t("capture.cut")] if found.cut else [])
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
    found = reader.rows(
        snapshot, "select * from evidence where host = ? and id = ? limit 1", [host, identity]
    )
    return found[0] if found else None
