"""The evidence pack: a ZIP of the person's originals, our archived captures, a list of SHA-256 hashes and a cover sheet.

Made in memory and handed back; nothing is written, kept or sent. A hash proves that a file was not changed since it was
computed, not that what it shows was true: the cover says exactly that.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import html
import io
import json
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer

from dashboard.help.deadlines import fact
from scoring.snapshot.reader import Snapshot
from store.text.safe_text import check_zip_count, name_anywhere

MAX_BYTES = 100 * 1024 * 1024
"""Of one pack, uncompressed; a larger one is refused, made or verified."""
MAX_FILES = 500
COVERS = frozenset({"manifest.json", "SHA256SUMS", "cover.html", "cover.pdf"})
"""What a pack holds besides the files; dashboard/help/evidence_pack.py compares them with each other and with the files."""
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
    story = [Paragraph(first, head), Spacer(1, 8), *(KeepTogether(Paragraph(line, plain)) for line in rest)]
    SimpleDocTemplate(buffer, pagesize=A4, title=first, author="", invariant=1).build(story)
    return buffer.getvalue()


MOST = 100
"""Captures of one site in a pack, the first cited first."""


def captures_of(snapshot: Snapshot, host: str) -> list[Item]:
    """Captures cited about a host that the snapshot holds, without their bytes; `name` is the file in `captures/`."""
    found: dict[str, Item] = {}
    for claim in snapshot.of("evidence", host):
        name = f"{claim['sha256']}.txt"
        if claim["sha256"] and snapshot.file(f"captures/{name}").is_file():
            found[name] = Item(name, b"", "capture", claim["link"] or "", str(claim["seen_at"] or ""))
    return list(found.values())[:MOST]


def with_text(snapshot: Snapshot, items: list[Item]) -> list[Item]:
    """The same items with their redacted text read from the snapshot."""
    return [replace(item, data=snapshot.file(f"captures/{item.name}").read_bytes()) for item in items]


# Is an evidence pack whole? Every file against its hash, and the covers against what they claim: the list, the sums, both cover sheets.

_CHUNK = 1 << 20
_LONGEST_COVER = 8 << 20
"""Bytes of the list, the sums or a cover sheet; 500 files are told in less than one."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"(originals|captures|lists)/\d{3}_[\w.\-\u4e00-\u9fff]{1,200}")
"""As `make` names them: nothing a file system anywhere reads as a drive, a stream, a device or a way up."""
_HTML = re.compile(
    r'<!doctype html><html lang="(?:en|zh-CN)"><head><meta charset="utf-8"><title>[^<>]*</title>'
    + re.escape(STYLE)
    + r"</head><body><h1>([^<>]*)</h1>((?:<p>[^<>]*</p>)*)</body></html>"
)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN_TEXT = re.compile(rb"\(((?:\\.|[^\\()])*)\)\s*Tj", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def verify(path: Path) -> list[str]:
    """What is wrong with a pack, a line a file; empty when all is as listed. Raises PackError, one line, when it is no pack of ours."""
    if not path.is_file():
        raise PackError(f"{path}: 没有这个文件 no such file")
    try:
        check_zip_count(path, MAX_FILES + len(COVERS))
        with zipfile.ZipFile(path) as archive:
            _check_entries(path, archive)
            return list(_faults(archive))
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        RecursionError,
        NotImplementedError,
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
    ) as error:
        said = (str(error).splitlines() or [""])[0][:120]
        raise PackError(f"{path}: 不是证据包 not an evidence pack ({said})") from error


def _check_entries(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise PackError for what no pack of ours has: too much, a name twice, a link or folder, a name that leads elsewhere, encryption."""
    infos = archive.infolist()
    if (
        len(infos) > MAX_FILES + len(COVERS)
        or sum(i.file_size for i in infos) > MAX_BYTES + 4 * _LONGEST_COVER
    ):
        raise PackError(f"{path.name}: 太大 too large to be a pack of ours")
    seen: set[str] = set()
    for info in infos:
        shown = info.filename[:80]
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.flag_bits & 0x1:
            raise PackError(
                f"{path.name}: {shown!r} 已加密 is encrypted; 请要一份未加密的 ask for one that is not"
            )
        if name_anywhere(info.filename) in seen:
            raise PackError(f"{path.name}: {shown!r} 出现两次 is in it twice")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PackError(f"{path.name}: {shown!r} 的压缩方式不是本站的 is packed as no pack of ours is")
        if kind not in (0, stat.S_IFREG) or not (info.filename in COVERS or _PLAIN.fullmatch(info.filename)):
            raise PackError(f"{path.name}: {shown!r} 不是普通文件 is no plain file of a pack")
        if info.filename in COVERS and info.file_size > _LONGEST_COVER:
            raise PackError(f"{path.name}: {shown!r} 太大 is too large")
        seen.add(name_anywhere(info.filename))


def _faults(archive: zipfile.ZipFile) -> list[str]:
    manifest = json.loads(archive.read("manifest.json"))
    listed = manifest["files"]
    if len(listed) > MAX_FILES:
        raise ValueError(f"lists more than {MAX_FILES} files")
    names = set(archive.namelist())
    wrong = []
    for entry in listed:
        name = str(entry["path"])
        if name not in names or not _PLAIN.fullmatch(name):
            wrong.append(f"{name[:120]!r}: 缺失 missing")
            continue
        digest, size = hash_member(archive, name)
        if digest != entry["sha256"] or size != entry["bytes"]:
            wrong.append(f"{name}: 内容已改变 changed since it was packed")
    told = Counter(str(entry["path"]) for entry in listed)
    wrong += [f"{name}: 清单里有两次 is listed twice" for name, times in sorted(told.items()) if times > 1]
    wrong += [f"{name}: 不在清单里 not listed" for name in sorted(names - set(told) - COVERS)]
    if archive.read("SHA256SUMS").decode() != sums_text(listed):
        wrong.append("SHA256SUMS: 与清单不符 says otherwise than manifest.json")
    if not _html_agrees(archive.read("cover.html").decode(), manifest):
        wrong.append("cover.html: 封面与清单不符 the cover says otherwise than manifest.json")
    if not _agrees(_pdf_text(archive.read("cover.pdf")), manifest):
        wrong.append("cover.pdf: 封面与清单不符 the cover says otherwise than manifest.json")
    return wrong


def hash_member(archive: zipfile.ZipFile, name: str) -> tuple[str, int]:
    """SHA-256 and length of a file in a ZIP, read in pieces."""
    digest, size = hashlib.sha256(), 0
    with archive.open(name) as stream:
        while part := stream.read(_CHUNK):
            digest.update(part)
            size += len(part)
    return digest.hexdigest(), size


def _html_agrees(page: str, manifest: dict[str, Any]) -> bool:
    found = _HTML.fullmatch(page)
    return found is not None and _agrees(
        html.unescape(re.sub(r"<[^<>]*>", "", found[1] + found[2])), manifest
    )


def _agrees(text: str, manifest: dict[str, Any]) -> bool:
    """Whether a cover says when, which site and which files as the list does, and names no file besides. Its fixed sentences may be of another version."""
    text = _solid(text)
    for lang in ("zh", "en"):
        lines = cover_lines(manifest, lang)
        heads, files = (
            _solid("".join(part)) for part in (lines[:3], lines[len(lines) - len(manifest["files"]) :])
        )
        if text.startswith(heads) and text.endswith(files):
            return not _DIGEST.search(text[len(heads) : len(text) - len(files)])
    return False


def _solid(text: str) -> str:
    """Without spaces, which a wrapped line loses, and signs the cover's font has not."""
    return "".join(sign for sign in text if not sign.isspace() and ord(sign) < 0x10000)


def _pdf_text(data: bytes) -> str:
    """The text a cover sheet shows, as reportlab writes it: UTF-16 strings in packed streams."""
    shown: list[bytes] = []
    left = _LONGEST_COVER
    for stream in _STREAM.findall(data):
        try:
            packed = base64.a85decode(stream.strip().removesuffix(b"~>"))
            plain = zlib.decompressobj().decompress(packed, left)
        except (ValueError, zlib.error):
            continue
        left = max(left - len(plain), 1)
        shown += (_ESCAPE.sub(_unescaped, text) for text in _SHOWN_TEXT.findall(plain))
    return b"".join(shown).decode("utf-16-be", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8) & 0xFF]) if sign[:1] in b"01234567" else _NAMED.get(sign, sign)
