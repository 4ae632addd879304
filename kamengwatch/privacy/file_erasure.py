"""Where an identifier occurs among the files that are kept, and those files without it: archive, snapshots, ratings, the rest.

A snapshot that had to be changed is sealed anew; what its hashes were and are now is returned for the register of erasures.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kamengwatch.privacy.identifiers import Identifier
from scoring.publish.exports import ratings_csv
from scoring.publish.publisher import checksums, json_text, listed, sums_text
from scoring.snapshot import signing
from scoring.snapshot.integrity import content_digest
from scoring.snapshot.reader import SIGNATURE
from store.archive.retention import erase_capture
from store.archive.warc import Archived, iterate

CLOSED = (".zip", ".xlsx", ".docx", ".pdf", ".gz", ".tar", ".tgz", ".png", ".jpg", ".jpeg", ".webp")
"""Files whose texts can be neither read nor rewritten here; they are named, so that a person looks at them."""
_SEALED = ("manifest.json", "SHA256SUMS", "datapackage.json")
_MARK = ".erasing"
"""In a snapshot's folder while it is being changed: after a kill the next run seals it again."""


def files(data_dir: Path, also: list[Path]) -> Iterator[Path]:
    """Every file kept but the database, the archive and secrets, and every file of `also`."""
    for root in (data_dir, *also):
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            database = path.name.partition(".db")[1] and path.parent == data_dir
            skipped = path.suffix in (".key", ".lock") or path.name.endswith(".warc.gz") or path.name == _MARK
            if path.is_file() and not path.is_symlink() and not database and not skipped:
                yield path


def closed(data_dir: Path, also: list[Path]) -> list[Path]:
    """Files nobody can search here: packs, workbooks, pictures, backups."""
    return [path for path in files(data_dir, also) if path.suffix.lower() in CLOSED]


def count(path: Path, who: Identifier) -> int:
    """How often the identifier occurs in a file."""
    if path.suffix.lower() in CLOSED or path.name in _SEALED:
        return 0
    if path.suffix == ".parquet":
        return sum(who.count_in(column.to_pylist()) for _, column in _texts(pq.read_table(path)))
    return who.count(_read(path)[0])


def captures(folder: Path, who: Identifier) -> Iterator[tuple[Path, int, Archived]]:
    """(file, offset, capture) of every capture that holds the identifier in its address, headers or content."""
    for path in sorted(folder.glob("*.warc.gz")):
        for offset, found in iterate(path):
            head = found.url + "\n" + "\n".join(f"{k}: {v}" for k, v in found.headers)
            if who.count(head) or any(who.count(text) for text in _readings(found.payload)):
                yield path, offset, found


def erase_in_archive(place: tuple[Path, int, Archived], who: Identifier, at: dt.datetime) -> None:
    """Take one capture's content away; its address stays as a fact, without the identifier."""
    path, offset, found = place
    erase_capture(path, offset, replace(found, url=who.taken_out(found.url)), at)


def erase_in_file(path: Path, who: Identifier) -> None:
    """Rewrite one file without the identifier, whole or not at all; a hard link elsewhere keeps its own copy."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        for number, column in _texts(table):
            kept = pa.array([who.taken_out_of(v) for v in column.to_pylist()], type=column.type)
            table = table.set_column(number, table.schema.field(number), kept)
        part = path.with_name(f".{path.name}.part")
        pq.write_table(table, part, compression="zstd")
        part.replace(path)
        return
    text, encoding = _read(path)
    _write(path, _without(path, text, who).encode(encoding))


def marked(data_dir: Path) -> list[Path]:
    """Snapshots whose change a killed run did not finish."""
    found = (data_dir / "snapshots").glob(f"*/{_MARK}")
    return sorted(mark.parent for mark in found if not mark.parent.is_symlink())


def snapshot_of(data_dir: Path, path: Path) -> Path | None:
    """The snapshot folder a file belongs to."""
    base = data_dir / "snapshots"
    return base / path.relative_to(base).parts[0] if path.is_relative_to(base) else None


def mark(folder: Path) -> None:
    """Note in a snapshot's folder that it is being changed; holds the hash its manifest had."""
    if not (folder / _MARK).exists():
        manifest = folder / "manifest.json"
        _write(folder / _MARK, hashlib.sha256(manifest.read_bytes()).hexdigest().encode())


def seal(folder: Path) -> tuple[str, str, str]:
    """Make the lists of a changed snapshot agree with it; returns (old manifest hash, its new one, its new text).

    Nothing but the derived files is written; the manifest itself is written by `finish`, after the register knows.
    """
    ratings = pq.read_table(folder / "ratings.parquet").to_pylist()
    ratings_csv(ratings, folder / "ratings.csv.part")
    (folder / "ratings.csv.part").replace(folder / "ratings.csv")
    package: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        resource |= {"bytes": len(data), "hash": "sha256:" + hashlib.sha256(data).hexdigest()}
    _write(folder / "datapackage.json", json_text(package).encode())
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    sums = _sums(folder)
    before = (folder / _MARK).read_text()
    manifest["replaces"] = list(dict.fromkeys([*manifest.get("replaces", ()), before]))
    text = json_text(manifest | {"files": listed(sums), "content_sha256": content_digest(sums)})
    return before, hashlib.sha256(text.encode()).hexdigest(), text


def finish(folder: Path, text: str) -> None:
    """Write manifest and sums of a sealed snapshot, and sign it again; without the key it is from now on unsigned."""
    _write(folder / "manifest.json", text.encode())
    _write(folder / "SHA256SUMS", sums_text(_sums(folder), text).encode())
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


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
