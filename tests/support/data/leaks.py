"""Look for given words in everything a data folder holds: database, archive, snapshots, exports, logs, whatever its format."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """(where, text) of every file below `folder`, unpacked: a table's columns, a gzip's content, else its bytes."""
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        name = str(file.relative_to(folder))
        if file.suffix == ".parquet":
            yield name, str(pq.read_table(file).to_pydict())
        elif file.suffix == ".db":
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
                yield name, "\n".join(connection.iterdump())
            connection.close()
        elif file.suffix == ".gz":
            yield name, unpacked(file.read_bytes())
        else:
            yield name, file.read_bytes().decode("utf-8", "replace")


def unpacked(body: bytes) -> str:
    """The content of a gzip file, as far as it can be read."""
    found = b""
    while body:
        member = zlib.decompressobj(wbits=31)
        try:
            found += member.decompress(body)
        except zlib.error:
            break
        body = member.unused_data
    return found.decode("utf-8", "replace")


def leaks(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Where any of the words stands, as `place: word`; words JSON writes with escapes are found in either form."""
    wanted = {
        form: secret for secret in secrets for form in (secret, secret.encode("unicode_escape").decode())
    }
    found = []
    for where, text in texts(folder):
        found += [f"{where}: {secret}" for form, secret in wanted.items() if form in text]
    return found
