"""A consistent copy of everything: one tar file with the hash of each file it holds; kamengwatch/maintain/restore.py brings it back.

The database is copied first, as it stands between two transactions; archive, ratings and snapshots only grow and were written
before the database spoke of them, so what is copied after it holds all it cites. The complainants' secrets are left out: they
are destroyed in time, and a copy would outlive that promise. Never follows a link out of the data folder.

What is written beside the backup until it is whole stands in a list in the data folder: a killed backup's parts are removed by the
next one, and by `privacy find` and `erase`, which could not search them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kamengwatch import machine_faults
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, log_line
from scoring.snapshot import signing
from store.db.engine import DATABASE, sqlite_file
from store.evidence.complainant_pseudonyms import FOLDER as SECRETS
from store.private_files import make_private_file

LIST = "BACKUP.json"
"""The last file of a backup: the hash of each other one, or `-> NAME` for a link."""
_ENDINGS = (".tar", ".tar.gz", ".tgz")
_LOCK, _BEGUN = ".backup.lock", ".backup-begun"
_PART = re.compile(r"\..+\.\d+\.(part|db)(-journal|-wal|-shm)?")
"""How the name of a file looks that a backup makes and removes again."""


def backup(config: Config, out: Path) -> None:
    """Write the file whole or not at all. Raises UserError for PostgreSQL, a wrong name, or nothing to copy."""
    if not out.name.endswith(_ENDINGS):
        raise UserError(f"{out.name}: 文件名须以 .tar、.tar.gz 或 .tgz 结尾 the name must end so")
    database = sqlite_file(config.database_url)
    if database is None:
        raise UserError(
            "PostgreSQL: 请用 pg_dump 备份数据库，再复制数据目录 use pg_dump for the database, then copy the data folder"
        )
    if not database.is_file() or not database.stat().st_size:
        raise UserError(
            f"{config.data_dir}: 还没有可备份的数据 nothing to back up; 先 first: kamengwatch run"
        )
    try:
        with _begun(config, out) as (part, copy):
            held = _write(config, database, out, part, copy)
            part.replace(out)
    except OSError as error:
        raise stopped(f"{out}: 没有写成 could not be written", error) from error
    log_line(
        config.say(
            f"{out}: {len(held)} 个文件。恢复：kamengwatch restore {out} --data-dir 新目录",
            f"{out}: {len(held)} files. To restore: kamengwatch restore {out} --data-dir NEW",
        )
    )


def remove_leftovers(data_dir: Path) -> None:
    """Remove what a killed backup or restore left behind, wherever it was written; one that still runs is left alone."""
    for leftover in data_dir.absolute().parent.glob(f".{data_dir.absolute().name}.restoring-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if (data_dir / _BEGUN).is_file():
        with suppress(Timeout), FileLock(data_dir / _LOCK, timeout=0):
            _sweep(data_dir)


def _sweep(data_dir: Path) -> None:
    begun = data_dir / _BEGUN
    for line in begun.read_text("utf-8", "replace").splitlines() if begun.is_file() else ():
        for path in (Path(line + ending) for ending in ("", "-journal", "-wal", "-shm")):
            if path.is_absolute() and _PART.fullmatch(path.name) and not path.is_symlink():
                path.unlink(missing_ok=True)
    begun.unlink(missing_ok=True)


@contextmanager
def _begun(config: Config, out: Path) -> Iterator[tuple[Path, Path]]:
    """Two empty private files beside `out`, for the backup and the database's copy; gone afterwards, and known if we are killed.

    Raises UserError while another backup of the folder runs.
    """
    parts = [out.absolute().with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("part", "db")]
    try:
        with FileLock(config.data_dir / _LOCK, timeout=0):
            _sweep(config.data_dir)
            make_private_file(config.data_dir / _BEGUN)
            (config.data_dir / _BEGUN).write_text("".join(f"{part}\n" for part in parts), "utf-8")
            try:
                for part in parts:
                    make_private_file(part)
                yield parts[0], parts[1]
            finally:
                _sweep(config.data_dir)
    except Timeout as error:
        raise UserError(
            f"{config.data_dir}: 另一个备份正在进行 another backup is running; 等它结束 wait for it to end"
        ) from error


def _write(config: Config, database: Path, out: Path, part: Path, copy: Path) -> dict[str, str | None]:
    """Copy the database, then put everything into `part`; returns what it holds."""
    _copy_database(database, copy)
    with bar(config.say("备份", "backing up")) as progress, part.open("wb") as stream:
        with tarfile.open(fileobj=stream, mode="w" if out.suffix == ".tar" else "w:gz") as tar:
            held = {DATABASE: _add(tar, copy, DATABASE)}
            for path in _files(config.data_dir, database, out):
                name = path.relative_to(config.data_dir).as_posix()
                digest = _add(tar, path, name)
                if digest is not None:
                    held[name] = digest
                progress.advance()
            _add_list(tar, held, config)
        stream.flush()
        os.fsync(stream.fileno())
    return held


def stopped(what: str, error: OSError) -> Exception:
    """A full or closed disk is the operator's to mend, with a remedy; anything else just failed."""
    remedy = machine_faults.named(error)
    return UserError(f"{what}; {remedy}") if remedy else Failure(f"{what} ({error.strerror or error})")


def _copy_database(database: Path, copy: Path) -> None:
    """One read transaction, which writers neither wait for nor disturb."""
    connection = sqlite3.connect(database, timeout=60, isolation_level=None)
    try:
        connection.execute("vacuum into ?", [str(copy)])
    except sqlite3.DatabaseError as error:
        if machine_faults.named(error):
            raise
        raise Failure(f"{database.name}: 读不了 cannot be copied ({error}); kamengwatch verify") from error
    finally:
        connection.close()


def _files(data_dir: Path, database: Path, out: Path) -> Iterator[Path]:
    """What is kept besides the database. `latest` comes first, before the folders are listed: what it names is there by then."""
    latest = data_dir / "snapshots" / "latest"
    if (
        latest.is_symlink()
        and latest.with_name(os.readlink(latest)).is_dir()
        and "/" not in os.readlink(latest)
    ):
        yield latest
    beside = (database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal"))
    own = {*(path.resolve() for path in beside), out.resolve()}
    for path in sorted(data_dir.rglob("*")):
        parts = path.relative_to(data_dir).parts
        passing = any(part.startswith(".") for part in parts) or path.suffix == ".lock"
        secret = parts[0] == SECRETS or parts == (signing.FOLDER, signing.PRIVATE)
        if passing or secret or path.is_symlink() or path.resolve() in own:
            continue
        if path.is_file():
            yield path


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str | None:
    """Add a file as long as it is now, a hard link or `latest` as such; returns the hash, None if it has just gone."""
    try:
        entry = tar.gettarinfo(path, name)
        if not entry.isreg():
            tar.addfile(entry)
            return f"-> {entry.linkname}"
        with path.open("rb") as stream:
            reader = _Hashed(stream)
            tar.addfile(entry, reader)  # type: ignore[arg-type]
    except FileNotFoundError:
        return None
    return reader.digest.hexdigest()


class _Hashed:
    """Hashes what is read through it."""

    def __init__(self, stream: Any) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self.digest.update(data)
        return data


def _add_list(tar: tarfile.TarFile, held: dict[str, str | None], config: Config) -> None:
    body = json.dumps(
        {"made_at": config.now().isoformat(), "files": held}, ensure_ascii=False, indent=1
    ).encode()
    entry = tarfile.TarInfo(LIST)
    entry.size, entry.mtime = len(body), int(config.now().timestamp())
    tar.addfile(entry, io.BytesIO(body))
