"""The redacted text of the captures a snapshot cites, by sha256."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from scoring.snapshot import quoted
from store.archive import ArchiveError, read
from store.redact import clean

_LONGEST = 20_000
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.S | re.I)
_TAG = re.compile(r"<[^>]+>")
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.I)


def write_captures(folder: Path, archive: Path) -> None:
    """Write `captures/<sha256>.txt` for every capture the evidence in `folder` cites; one that cannot be read is left out, its hash stays cited."""
    out = folder / "captures"
    out.mkdir()
    query = f"""select distinct sha256, archive, "offset" from read_parquet('{quoted(folder / "evidence.parquet")}')
        where sha256 <> '' and archive <> '' order by all"""  # noqa: S608 - quoted path
    with duckdb.connect(":memory:") as db:
        wanted = db.sql(query).fetchall()
    for sha256, name, offset in wanted:
        file = out / f"{sha256}.txt"
        if file.exists():
            continue
        try:
            found = read(archive, name, offset)
        except ArchiveError:
            continue
        if found.sha256 == sha256:
            file.write_text(_text(found.payload), "utf-8")


def _text(payload: bytes) -> str:
    """Readable, redacted text of a page: decoded, without scripts and tags."""
    charset = _CHARSET.search(payload[:2048])
    for name in (charset.group(1).decode() if charset else "utf-8", "utf-8", "gb18030"):
        try:
            text = payload.decode(name)
            break
        except (LookupError, UnicodeDecodeError):
            continue
    else:
        text = payload.decode("utf-8", "replace")
    plain = _TAG.sub("\n", _SCRIPT.sub(" ", text)) if "<" in text[:2048] else text
    lines = [" ".join(line.split()) for line in plain.splitlines()]
    return clean("\n".join(line for line in lines if line)[:_LONGEST]) + "\n"
