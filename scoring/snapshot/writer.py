"""The rated folder while it is written: tables come in parts, in order, and leave memory by groups of rows.

The same rows give the same bytes, however they were cut into parts.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.snapshot.reader import TABLES
from store.durable_files import sync_folder, sync_tree

ROW_GROUP = 20_000
SINGLE, ABOUT = "sites", "about.json"
"""In the folder of a full rating: the folders of single ratings that stand on it, and the file that says what each is about."""
_BLOCK = 1 << 20


class TableFile:
    """One Parquet file written in parts, in groups of ROW_GROUP rows, so that a reader can skip most of them."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
        self._waiting = schema.empty_table()
        self._empty = True

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        self._waiting = pa.concat_tables([self._waiting, table])
        whole = self._waiting.num_rows // ROW_GROUP * ROW_GROUP
        for low in range(0, whole, ROW_GROUP):
            self._write(self._waiting.slice(low, ROW_GROUP))
        self._waiting = self._waiting.slice(whole)

    def close(self) -> None:
        """Write what is left."""
        if self._waiting.num_rows or self._empty:
            self._write(self._waiting)
        self._writer.close()

    def _write(self, rows: pa.Table) -> None:
        # In one piece: where its pieces end would show in the bytes.
        self._writer.write_table(rows.combine_chunks(), row_group_size=ROW_GROUP)
        self._empty = False


class Writing:
    """All tables of a run, in a folder that has no name yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = {name: TableFile(folder / f"{name}.parquet", schema) for name, schema in TABLES.items()}

    def add(self, tables: dict[str, pa.Table]) -> None:
        """Append rows to these tables."""
        for name, table in tables.items():
            self._files[name].add(table)

    def finish(self) -> str:
        """Write what is left, make it durable, and return the sha256 over all tables."""
        for file in self._files.values():
            file.close()
        sync_tree(self.folder)
        return digest_of(self.folder)

    def place(self, folder: Path, sha256: str) -> None:
        """Give the finished folder its name. A whole one of that name stays; of a damaged one nothing does."""
        try:
            self.folder.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if digest_of(folder) == sha256:
                return
            folder.rename(folder.with_name(f".tmp-damaged-{os.getpid()}"))
            self.folder.rename(folder)
        sync_folder(folder.parent)


def digest_of(folder: Path) -> str:
    """The sha256 over all tables of a rated folder, by which it is named. Raises OSError where they cannot be read."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.parquet"), key=lambda file: file.stem):
        digest.update(file.stem.encode())
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


@contextmanager
def writing(base: Path) -> Iterator[Writing]:
    """A temporary folder below `base`; what is still there afterwards, or was left by a killed process, is removed."""
    base.mkdir(parents=True, exist_ok=True)
    for leftover in base.glob(".tmp-*"):
        if not in_use(leftover):
            shutil.rmtree(leftover, ignore_errors=True)
    temporary = base / f".tmp-{os.getpid()}"
    temporary.mkdir()
    try:
        yield Writing(temporary)
    finally:
        for mine in (temporary, base / f".tmp-damaged-{os.getpid()}"):
            shutil.rmtree(mine, ignore_errors=True)


def in_use(folder: Path) -> bool:
    """Does another process that is alive write there?"""
    number = folder.name.rpartition("-")[2]
    if not number.isdecimal() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def single_ratings(rated: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The single ratings kept beside a full one and what each is about, the newest first."""
    base = rated / SINGLE
    folders = [p for p in base.iterdir() if p.name.isdecimal()] if base.is_dir() else []
    for folder in sorted(folders, key=lambda p: int(p.name), reverse=True):
        yield folder, json.loads((folder / ABOUT).read_text("utf-8"))


def write_parquet(table: pa.Table, file: Path) -> None:
    """One whole table as Parquet, the same bytes for the same rows."""
    pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP)


def linked(old: Path, new: Path) -> None:
    """A file that never changes under a second name; a copy where the file system has no links, or no more of them."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
