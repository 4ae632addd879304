"""Is an evidence pack whole? Every file against its hash, and the covers against what they claim: the list, the sums, both cover sheets.

The pack is untrusted and nothing of it is written anywhere: entries are read one after another, in pieces, up to the size they
state, which is bounded.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Any

from dashboard.help.evidence_pack import (
    COVERS,
    MAX_BYTES,
    MAX_FILES,
    STYLE,
    PackError,
    cover_lines,
    sums_text,
)

_CHUNK = 1 << 20
_LONGEST_COVER = 8 << 20
"""Bytes of the list, the sums or a cover sheet; 500 files are told in less than one."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"(originals|captures|lists)/[^/\\\x00-\x1f]{1,200}")
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
        if info.filename in seen:
            raise PackError(f"{path.name}: {shown!r} 出现两次 is in it twice")
        if kind not in (0, stat.S_IFREG) or not (info.filename in COVERS or _PLAIN.fullmatch(info.filename)):
            raise PackError(f"{path.name}: {shown!r} 不是普通文件 is no plain file of a pack")
        if info.filename in COVERS and info.file_size > _LONGEST_COVER:
            raise PackError(f"{path.name}: {shown!r} 太大 is too large")
        seen.add(info.filename)


def _faults(archive: zipfile.ZipFile) -> list[str]:
    manifest = json.loads(archive.read("manifest.json"))
    listed = manifest["files"]
    names = set(archive.namelist())
    wrong = []
    for entry in listed:
        name = str(entry["path"])
        if name not in names or not _PLAIN.fullmatch(name):
            wrong.append(f"{name[:120]!r}: 缺失 missing")
            continue
        digest, size = _hash(archive, name)
        if digest != entry["sha256"] or size != entry["bytes"]:
            wrong.append(f"{name}: 内容已改变 changed since it was packed")
    told = [str(entry["path"]) for entry in listed]
    wrong += [
        f"{name}: 清单里有两次 is listed twice" for name in sorted({n for n in told if told.count(n) > 1})
    ]
    wrong += [f"{name}: 不在清单里 not listed" for name in sorted(names - set(told) - COVERS)]
    if archive.read("SHA256SUMS").decode() != sums_text(listed):
        wrong.append("SHA256SUMS: 与清单不符 says otherwise than manifest.json")
    if not _html_agrees(archive.read("cover.html").decode(), manifest):
        wrong.append("cover.html: 封面与清单不符 the cover says otherwise than manifest.json")
    if not _agrees(_pdf_text(archive.read("cover.pdf")), manifest):
        wrong.append("cover.pdf: 封面与清单不符 the cover says otherwise than manifest.json")
    return wrong


def _hash(archive: zipfile.ZipFile, name: str) -> tuple[str, int]:
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
