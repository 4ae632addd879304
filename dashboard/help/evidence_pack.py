"""The evidence pack: a ZIP of the person's originals, our archived captures, a list of SHA-256 hashes and a cover sheet.

Made in memory and handed back; nothing is written, kept or sent. A hash proves that a file was not changed since it was
computed, not that what it shows was true: the cover says exactly that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from dashboard.help.legal_facts import fact
from scoring.snapshot.reader import Snapshot

MAX_BYTES = 100 * 1024 * 1024
"""Of one pack, uncompressed; a larger one is refused, made or verified."""
MAX_FILES = 500
COVERS = frozenset({"manifest.json", "SHA256SUMS", "cover.html", "cover.pdf"})
"""What a pack holds besides the files; dashboard/help/evidence_pack_check.py compares them with each other and with the files."""
STYLE = "<style>@page{size:A4;margin:2cm}body{font-family:sans-serif;overflow-wrap:anywhere}</style>"
_NAME = re.compile(r"[^\w.\-\u4e00-\u9fff]+")
_FONT = "STSong-Light"
_SAYS = {
    "zh": ("证据包封面", "文件与 SHA-256", "生成时间", "网站", "本包由查看者自己的文件和本站存档组成，由查看者核对内容。"),
    "en": ("Evidence pack", "Files and SHA-256", "Made at", "Site", "The files are the person's own and our archived captures; the person answers for their content."),
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One file of the pack. `kind` is original (the person's) or capture (ours, with where and when it was fetched)."""

    name: str
    data: bytes
    kind: str = "original"
    url: str = ""
    seen_at: str = ""


class PackError(Exception):
    """The pack cannot be made or read; the message names the file, the reason and the remedy."""


def make(items: Iterable[Item], site: str, made_at: dt.datetime, lang: str = "zh") -> bytes:
    """The ZIP. Raises PackError when there is nothing to pack or too much."""
    listed = list(items)
    if not listed:
        raise PackError("没有文件 nothing to pack; 先选择文件 choose files first")
    if len(listed) > MAX_FILES or sum(len(item.data) for item in listed) > MAX_BYTES:
        raise PackError(
            f"超过 {MAX_FILES} 个文件或 {MAX_BYTES // 2**20} MB too large; 分成几个包 make several packs"
        )
    entries = []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, item in enumerate(listed, 1):
            path = f"{item.kind}s/{number:03d}_{_file_name(item.name)}"
            _put(archive, path, item.data, made_at)
            entries.append({"path": path, "sha256": hashlib.sha256(item.data).hexdigest(), "bytes": len(item.data),
                            "kind": item.kind, "url": item.url, "seen_at": item.seen_at})  # fmt: skip
        manifest = {"made_at": made_at.isoformat(), "site": site, "files": entries}
        _put(archive, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode(), made_at)
        _put(archive, "SHA256SUMS", sums_text(entries).encode(), made_at)
        _put(archive, "cover.html", _cover_html(manifest, lang).encode(), made_at)
        _put(archive, "cover.pdf", _cover_pdf(manifest, lang), made_at)
    return buffer.getvalue()


def _file_name(name: str) -> str:
    """A harmless file name: the last part, without separators, control characters or leading dots."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return _NAME.sub("_", last).lstrip(".")[-80:] or "file"


def _put(archive: zipfile.ZipFile, path: str, data: bytes, made_at: dt.datetime) -> None:
    info = zipfile.ZipInfo(
        path, date_time=(made_at.year, made_at.month, made_at.day, made_at.hour, made_at.minute, 0)
    )
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def sums_text(entries: list[dict[str, Any]]) -> str:
    """What SHA256SUMS says of the files listed."""
    return "".join(f"{e['sha256']}  {e['path']}\n" for e in entries)


def cover_lines(manifest: dict[str, Any], lang: str) -> list[str]:
    """The cover sheet, line by line: title, when, which site, fixed sentences, then a line for each file."""
    title, files, made, site, whose = _SAYS[lang]
    rule = fact("electronic_evidence")
    entries = manifest["files"]
    heads = [title, f"{made}: {manifest['made_at']}", f"{site}: {manifest['site'] or '—'}", whose]
    listed = [f"{e['path']} · {e['bytes']} B · {e['seen_at']} {e['url']} · {e['sha256']}" for e in entries]
    return [*heads, f"{rule.text(lang)}{rule.cite(lang)}", files, *listed]


def _cover_html(manifest: dict[str, Any], lang: str) -> str:
    title, *rest = (html.escape(line) for line in cover_lines(manifest, lang))
    body = "".join(f"<p>{line}</p>" for line in rest)
    return (
        f'<!doctype html><html lang="{"en" if lang == "en" else "zh-CN"}"><head><meta charset="utf-8"><title>{title}</title>'
        f"{STYLE}</head>"
        f"<body><h1>{title}</h1>{body}</body></html>"
    )


def _cover_pdf(manifest: dict[str, Any], lang: str) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    head = ParagraphStyle("head", fontName=_FONT, fontSize=18, leading=26, wordWrap="CJK")
    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=10, leading=15, spaceAfter=4, wordWrap="CJK")
    first, *rest = (html.escape(line) for line in cover_lines(manifest, lang))
    buffer = io.BytesIO()
    story = [Paragraph(first, head), Spacer(1, 8), *(Paragraph(line, plain) for line in rest)]
    SimpleDocTemplate(buffer, pagesize=A4, title=first, author="", invariant=1).build(story)
    return buffer.getvalue()


MOST = 100
"""Captures of one site in a pack, the first cited first."""


def captures_of(snapshot: Snapshot, host: str) -> list[Item]:
    """Captures cited about a host that the snapshot holds, without their bytes; `name` is the file in `captures/`."""
    found: dict[str, Item] = {}
    for claim in snapshot.of("evidence", host):
        name = f"{claim['sha256']}.txt"
        if claim["sha256"] and (snapshot.path / "captures" / name).is_file():
            found[name] = Item(name, b"", "capture", claim["link"] or "", str(claim["seen_at"] or ""))
    return list(found.values())[:MOST]


def with_text(snapshot: Snapshot, items: list[Item]) -> list[Item]:
    """The same items with their redacted text read from the snapshot."""
    return [replace(item, data=(snapshot.path / "captures" / item.name).read_bytes()) for item in items]
