"""Where an identifier occurs among the files that are kept, and those files without it: archive, snapshots, ratings, the rest.

A snapshot that had to be changed is sealed anew; what its hashes were and are now is returned for the register of erasures.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.publish.exports import ratings_csv
from scoring.publish.publisher import checksums, json_text, listed, sums_text
from scoring.snapshot import signing
from scoring.snapshot.integrity import content_digest
from scoring.snapshot.reader import DELTA, SIGNATURE
from store.archive.retention import erase_capture
from store.archive.warc import Archived, iterate
from store.durable_files import write_whole
from store.redaction.numbers import TO_DIGITS
from store.redaction.rules import fold

# A person's identifier as something to look for: in any width and case, with spaces or dashes in it, escaped or not. Pure.

ERASED = "[已删除]"
"""What stands in a text where an identifier stood."""
_WIDE = {chr(c - 0xFEE0): chr(c) for c in range(0xFF01, 0xFF5F)}
_GAP = r"[\s\-_.·—]{0,2}"
_WIDE_GAP = r"[\W_]{0,3}"
_LONG = 9
"""Digits from which a number is nobody else's however it is spread out."""
_HEX = re.compile(r"[0-9a-f]*\Z"), re.compile(r"[0-9a-f]*")
_HASH = 32
"""A run of so many hexadecimal digits is a hash; digits inside one are nobody's number."""


class Identifier:
    """What to look for. Raises ValueError, naming only the reason, for a text too short to mean one person."""

    def __init__(self, text: str) -> None:
        """`text` as somebody wrote it."""
        plain = " ".join(unicodedata.normalize("NFKC", text).split())
        number = re.sub(r"[\W_]", "", _digits(plain))
        self.digits = number.isascii() and number.isdigit() and "**" not in plain
        bare = number if self.digits else plain
        least = 5 if self.digits else 4 if plain.isascii() else 2
        if len(bare) < least:
            raise ValueError(f"太短，会误伤别的内容 too short: at least {least} characters")
        if len(bare) > 200:
            raise ValueError("太长 too long: at most 200 characters")
        mobile = self.digits and re.fullmatch(r"(?:0{0,2}86)?(1\d{10})", bare)
        bare = mobile[1] if mobile else bare
        self.plain = bare
        gap = "" if not self.digits else _GAP if len(bare) < _LONG else _WIDE_GAP
        before, after = (r"(?<!\d)(?<!\d\.)", r"(?!\d)") if self.digits else _edges(bare)
        if mobile:
            before += rf"(?:(?:\+|00)?86{_GAP})?"
        inner = (_GAP if self.digits else "").join(map(_either, bare))
        self._pattern = re.compile(f"{before}{inner}{after}", re.IGNORECASE)
        folded = gap.join(map(re.escape, fold(bare)))
        self._folded = re.compile(f"{before}{folded}{after}", re.IGNORECASE)

    def __repr__(self) -> str:
        return "Identifier(…)"

    def count(self, text: str) -> int:
        """How often it occurs in `text`."""
        return len(self._spans(text))

    def taken_out(self, text: str) -> str:
        """`text` without it."""
        pieces, at = [], 0
        for start, end in self._spans(text):
            pieces += [text[at:start], ERASED]
            at = end
        return "".join([*pieces, text[at:]])

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands, as it is or in another spelling (circled, bold or Chinese digits, traditional characters), apart and in order."""
        found = [m.span() for m in self._pattern.finditer(text) if not _in_hash(m)]
        shadow = _digits(text) if self.digits else fold(text)
        found += [m.span() for m in self._folded.finditer(shadow) if not _in_hash(m)]
        apart: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if apart and start < apart[-1][1]:
                apart[-1] = apart[-1][0], max(end, apart[-1][1])
            else:
                apart.append((start, end))
        return apart

    def count_in(self, value: Any) -> int:
        """How often it occurs in the texts inside a JSON value."""
        if isinstance(value, str):
            return self.count(value)
        if isinstance(value, dict):
            return sum(self.count(str(k)) + self.count_in(v) for k, v in value.items())
        return sum(map(self.count_in, value)) if isinstance(value, (list, tuple)) else 0

    def taken_out_of(self, value: Any) -> Any:
        """A JSON value of which every text is without it; numbers are nobody's identifier and stay."""
        if isinstance(value, str):
            return self.taken_out(value)
        if isinstance(value, dict):
            return {self.taken_out(str(k)): self.taken_out_of(v) for k, v in value.items()}
        return [self.taken_out_of(v) for v in value] if isinstance(value, (list, tuple)) else value

    def raw(self) -> list[bytes]:
        """Its plain forms as bytes, to look for in what has no other reader."""
        return sorted({form.encode() for form in (self.plain, self.plain.lower(), self.plain.upper())})


def _digits(text: str) -> str:
    """`text` of the same length, its numerals of every script as digits."""
    return fold(text).translate(TO_DIGITS)


def _either(char: str) -> str:
    """One character as it may be written: as it is, in full width, escaped in JSON or in a URL."""
    if char == " ":
        return r"\s+"
    ways = {re.escape(char), re.escape(_WIDE.get(char, char))}
    if not char.isascii():
        ways |= {"".join(rf"\\u{unit:04x}" for unit in _units(char)), re.escape(quote(char))}
    return f"(?:{'|'.join(sorted(ways))})"


def _units(char: str) -> list[int]:
    raw = char.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


def _edges(bare: str) -> tuple[str, str]:
    """An identifier of letters is a whole word: it does not begin or end inside another."""
    return (
        r"(?<![A-Za-z0-9])" if bare[0].isascii() and bare[0].isalnum() else "",
        r"(?![A-Za-z0-9])" if bare[-1].isascii() and bare[-1].isalnum() else "",
    )


def _in_hash(match: re.Match[str]) -> bool:
    text, (start, end) = match.string, match.span()
    if not text[start:end].isascii() or not text[start:end].isalnum():
        return False
    left = _HEX[0].search(text[max(0, start - 64) : start].lower())
    right = _HEX[1].match(text[end : end + 64].lower())
    return (len(left[0]) if left else 0) + end - start + (len(right[0]) if right else 0) >= _HASH


CLOSED = (".zip", ".xlsx", ".docx", ".pdf", ".gz", ".tar", ".tgz", ".png", ".jpg", ".jpeg", ".webp")
"""Files whose texts can be neither read nor rewritten here; they are named, so that a person looks at them."""
_TABLES = (".parquet", ".arrow")
_SEALED = ("manifest.json", "SHA256SUMS", "datapackage.json")
_MARK = ".erasing"
"""In a snapshot's folder while it is being changed: after a kill the next run seals it again."""


def files(data_dir: Path, also: list[Path]) -> Iterator[Path]:
    """Every file kept but the database, the archive, secrets and arrays of numbers, and every file of `also`."""
    for root in (data_dir, *also):
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            database = path.name.partition(".db")[1] and path.parent == data_dir
            skipped = (
                path.suffix in (".key", ".lock", ".npy", ".npz")
                or path.name.endswith(".warc.gz")
                or path.name == _MARK
            )
            if path.is_file() and not path.is_symlink() and not database and not skipped:
                yield path


def closed(data_dir: Path, also: list[Path]) -> list[Path]:
    """Files nobody can search here: packs, workbooks, pictures, backups."""
    return [path for path in files(data_dir, also) if path.suffix.lower() in CLOSED and not _readable(path)]


def count(path: Path, who: Identifier) -> int:
    """How often the identifier occurs in a file."""
    if _readable(path):
        with zipfile.ZipFile(path) as packed:
            tables = [
                pq.read_table(io.BytesIO(packed.read(name)))
                for name in packed.namelist()
                if name.endswith(".parquet")
            ]
        return sum(who.count_in(column.to_pylist()) for table in tables for _, column in _texts(table))
    if path.suffix.lower() in CLOSED or path.name in _SEALED:
        return 0
    if path.suffix in _TABLES:
        return sum(who.count_in(column.to_pylist()) for _, column in _texts(_read_table(path)))
    return who.count(_read(path)[0])


def captures(folder: Path, who: Identifier, closed: list[Path]) -> Iterator[tuple[Path, int, Archived]]:
    """(file, offset, capture) of every capture that holds the identifier in its address, headers or content; a file of which
    a part cannot be read goes to `closed`."""
    for path in sorted(folder.glob("*.warc.gz")):
        unread: list[int] = []
        for offset, found in iterate(path, unread):
            head = found.url + "\n" + "\n".join(f"{k}: {v}" for k, v in found.headers)
            if who.count(head) or any(who.count(text) for text in _readings(found.payload)):
                yield path, offset, found
        if unread:
            closed.append(path)


def erase_in_archive(place: tuple[Path, int, Archived], who: Identifier, at: dt.datetime) -> None:
    """Take one capture's content away; its address stays as a fact, without the identifier."""
    path, offset, found = place
    erase_capture(path, offset, replace(found, url=who.taken_out(found.url)), at)


def erase_in_file(path: Path, who: Identifier) -> None:
    """Rewrite one file without the identifier, whole or not at all; a hard link elsewhere keeps its own copy. What tells of changes
    between snapshots goes: the next publication tells anew."""
    if _of_changes(path):
        path.unlink(missing_ok=True)
        return
    if path.suffix in _TABLES:
        table = _read_table(path)
        for number, column in _texts(table):
            kept = pa.array([who.taken_out_of(v) for v in column.to_pylist()], type=column.type)
            table = table.set_column(number, table.schema.field(number), kept)
        part = path.with_name(f".{path.name}.part")
        if path.suffix == ".parquet":
            pq.write_table(table, part, compression="zstd")
        else:
            with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
        part.replace(path)
        return
    text, encoding = _read(path)
    write_whole(path, _without(path, text, who).encode(encoding))


def marked(data_dir: Path) -> list[Path]:
    """Snapshots whose change a killed run did not finish."""
    found = (data_dir / "snapshots").glob(f"*/{_MARK}")
    return sorted(mark.parent for mark in found if not mark.parent.is_symlink())


def snapshot_of(data_dir: Path, path: Path) -> Path | None:
    """The snapshot folder a file belongs to."""
    base = data_dir / "snapshots"
    return (
        base / path.relative_to(base).parts[0] if path.is_relative_to(base) and path.parent != base else None
    )


def _read_table(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return pa.ipc.open_file(path.read_bytes()).read_all()


def _readable(path: Path) -> bool:
    return _of_changes(path) and zipfile.is_zipfile(path)


def _of_changes(path: Path) -> bool:
    return path.name == DELTA and path.parent.name == "snapshots"


def mark(folder: Path) -> None:
    """Note in a snapshot's folder that it is being changed; holds the hash its manifest had. What is told of changes between snapshots has
    rows of both, and goes: the next publication tells anew."""
    (folder.parent / DELTA).unlink(missing_ok=True)
    if not (folder / _MARK).exists():
        manifest = folder / "manifest.json"
        write_whole(folder / _MARK, hashlib.sha256(manifest.read_bytes()).hexdigest().encode())


def seal(folder: Path) -> tuple[str, str, str]:
    """Make the lists of a changed snapshot agree with it; returns (old manifest hash, its new one, its new text).

    Nothing but the derived files is written; the manifest itself is written by `finish`, after the register knows. What a killed run
    left half written goes first: it would be listed as a file of the snapshot, and may hold what is to be erased.
    """
    for part in folder.rglob("*.part"):
        part.unlink()
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    if not manifest.get("partial"):  # which has neither
        _derived(folder)
    sums = _sums(folder)
    before = (folder / _MARK).read_text()
    manifest["replaces"] = list(dict.fromkeys([*manifest.get("replaces", ()), before]))
    text = json_text(manifest | {"files": listed(sums), "content_sha256": content_digest(sums)})
    return before, hashlib.sha256(text.encode()).hexdigest(), text


def _derived(folder: Path) -> None:
    """Write what is made of a whole snapshot's tables."""
    ratings = pq.read_table(folder / "ratings.parquet").to_pylist()
    ratings_csv(ratings, folder / "ratings.csv.part")
    (folder / "ratings.csv.part").replace(folder / "ratings.csv")
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        resource |= {"bytes": len(data), "hash": "sha256:" + hashlib.sha256(data).hexdigest()}
    write_whole(folder / "datapackage.json", json_text(package).encode())


def finish(folder: Path, text: str) -> None:
    """Write manifest and sums of a sealed snapshot, and sign it again; without the key it is from now on unsigned."""
    write_whole(folder / "manifest.json", text.encode())
    write_whole(folder / "SHA256SUMS", sums_text(_sums(folder), text).encode())
    (folder / SIGNATURE).unlink(missing_ok=True)
    if (key := signing.private_key(folder.parent.parent)) is not None:
        signing.sign(folder, key)
    (folder / _MARK).unlink()


def _sums(folder: Path) -> dict[str, str]:
    return {
        k: v
        for k, v in checksums(folder).items()
        if k not in ("manifest.json", "SHA256SUMS", SIGNATURE, _MARK)
    }


def _texts(table: pa.Table) -> Iterator[tuple[int, pa.ChunkedArray]]:
    for number, field in enumerate(table.schema):
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            yield number, table.column(number)


def _without(path: Path, text: str, who: Identifier) -> str:
    """JSON stays JSON: only its texts change, not its numbers."""
    if path.suffix == ".json":
        try:
            return json_text(who.taken_out_of(json.loads(text)))
        except ValueError:
            return who.taken_out(text)
    return who.taken_out(text)


def _readings(payload: bytes) -> Iterator[str]:
    """A page as text, in each encoding Chinese pages come in."""
    for encoding in ("utf-8", "gb18030"):
        yield payload.decode(encoding, "replace")


def _read(path: Path) -> tuple[str, str]:
    data = path.read_bytes()
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"
