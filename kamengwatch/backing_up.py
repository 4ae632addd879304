"""A consistent copy of everything, and back: one tar file with the hash of each file it holds.

The database is copied first, as it stands between two transactions; archive, ratings and snapshots only grow and were written
before the database spoke of them, so what is copied after it holds all it cites. The complainants' secrets are left out: they
are destroyed in time, and a copy would outlive that promise. Never follows a link out of the data folder.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kamengwatch import faults
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.progress import bar, say
from store.complainants import FOLDER as SECRETS

DATABASE = "kamengwatch.db"
_LIST = "BACKUP.json"
_ENDINGS = (".tar", ".tar.gz", ".tgz")


def backup(config: Config, out: Path) -> None:
    """Write the file whole or not at all. Raises UserError for PostgreSQL, a wrong name, or nothing to copy."""
    if not out.name.endswith(_ENDINGS):
        raise UserError(f"{out.name}: 文件名须以 .tar、.tar.gz 或 .tgz 结尾 the name must end so")
    if not config.database_url.startswith("sqlite"):
        raise UserError(
            "PostgreSQL: 请用 pg_dump 备份数据库，再复制数据目录 use pg_dump for the database, then copy the data folder"
        )
    database = Path(config.database_url.removeprefix("sqlite:///"))
    if not database.is_file():
        raise UserError(
            f"{config.data_dir}: 还没有可备份的数据 nothing to back up; 先 first: kamengwatch run"
        )
    part, copy = (out.with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("part", "db"))
    try:
        _copy_database(database, copy)
        with (
            bar(config.say("备份", "backing up")) as progress,
            tarfile.open(part, "w" if out.suffix == ".tar" else "w:gz") as tar,
        ):
            held = {DATABASE: _add(tar, copy, DATABASE)}
            for path in _files(config.data_dir, database, out):
                name = path.relative_to(config.data_dir).as_posix()
                digest = _add(tar, path, name)
                if digest is not None:
                    held[name] = digest
                progress.advance()
            _add_list(tar, held, config)
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.replace(out)
    except OSError as error:
        raise _stopped(f"{out}: 没有写成 could not be written", error) from error
    finally:
        part.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    say(
        config.say(
            f"{out}: {len(held)} 个文件。恢复：kamengwatch restore {out} --data-dir 新目录",
            f"{out}: {len(held)} files. To restore: kamengwatch restore {out} --data-dir NEW",
        )
    )


def _stopped(what: str, error: OSError) -> Exception:
    """A full or closed disk is the operator's to mend, with a remedy; anything else just failed."""
    remedy = faults.named(error)
    return UserError(f"{what}; {remedy}") if remedy else Failure(f"{what} ({error.strerror or error})")


def _copy_database(database: Path, copy: Path) -> None:
    """One read transaction, which writers neither wait for nor disturb."""
    connection = sqlite3.connect(database, timeout=60, isolation_level=None)
    try:
        connection.execute("vacuum into ?", [str(copy)])
    except sqlite3.DatabaseError as error:
        if faults.named(error):
            raise
        raise Failure(f"{database.name}: 读不了 cannot be copied ({error}); kamengwatch verify") from error
    finally:
        connection.close()


def _files(data_dir: Path, database: Path, out: Path) -> Iterator[Path]:
    """What is kept besides the database. `latest` comes first, before the folders are listed: what it names is there by then."""
    latest = data_dir / "snapshots" / "latest"
    if latest.is_symlink():
        yield latest
    beside = (database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal"))
    own = {*(path.resolve() for path in beside), out.resolve()}
    for path in sorted(data_dir.rglob("*")):
        parts = path.relative_to(data_dir).parts
        passing = any(part.startswith(".") for part in parts) or path.suffix == ".lock"
        if passing or parts[0] == SECRETS or path.is_symlink() or path.resolve() in own:
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
    entry = tarfile.TarInfo(_LIST)
    entry.size, entry.mtime = len(body), int(config.now().timestamp())
    tar.addfile(entry, io.BytesIO(body))


def restore(config: Config, file: Path) -> None:
    """Unpack beside the data folder, check every hash, then put it in place in one step.

    Raises UserError when the folder is not empty or the file is no whole backup of ours; then nothing is left behind.
    """
    target = config.data_dir.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            f"{target}: 不是空目录，不会覆盖 is not an empty folder and will not be overwritten; 换一个 --data-dir"
        )
    if not file.is_file():
        raise UserError(f"{file}: 没有这个文件 no such file")
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.name}.restoring-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary = target.parent / f".{target.name}.restoring-{os.getpid()}"
    try:
        temporary.mkdir()
        with bar(config.say("恢复", "restoring")) as progress:
            _unpack(file, temporary, progress.advance)
            count = _check(file, temporary)
        _durable(temporary)
        temporary.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise _stopped(f"{target}: 没有恢复 not restored", error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    say(
        config.say(
            f"已恢复到 {target}：{count} 个文件，哈希全部一致。核对：kamengwatch verify",
            f"Restored to {target}: {count} files, every hash as listed. Check: kamengwatch verify",
        )
    )


def _unpack(file: Path, folder: Path, advance: Any) -> None:
    try:
        with tarfile.open(file) as tar:
            for entry in tar:
                if entry.issym() and entry.name != "snapshots/latest":
                    raise UserError(
                        f"{file.name}: 含有不该有的链接 holds a link it should not: {entry.name[:80]}"
                    )
                tar.extract(entry, folder, filter="data")
                advance()
    except tarfile.FilterError as error:
        raise UserError(
            f"{file.name}: 有文件指向目录之外，拒绝 a file leads out of the folder, refused: {error.tarinfo.name[:80]}"
        ) from error
    except (tarfile.TarError, EOFError, ValueError, KeyError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(
            f"{file.name}: 不是完整的备份 is not a whole backup ({str(error).splitlines()[0][:80]})"
        ) from error


def _check(file: Path, folder: Path) -> int:
    """How many files there are, if they are exactly those listed; the list is the last thing a backup writes."""
    try:
        held: dict[str, str] = json.loads((folder / _LIST).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{file.name}: 不完整，或不是 kamengwatch 的备份 is cut short, or no backup of ours"
        ) from error
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or p.is_file()} - {
        _LIST
    }
    if odd := sorted(here ^ set(held)):
        raise UserError(f"{file.name}: 与清单不符 does not match its list: {odd[0][:80]}")
    for name, digest in held.items():
        path = folder / name
        linked = digest.startswith("-> ")
        if linked and path.is_symlink() and f"-> {os.readlink(path)}" == digest:
            continue
        wanted = held.get(digest[3:], "") if linked else digest
        if hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            raise UserError(f"{file.name}: 文件损坏 is damaged: {name[:80]}")
    (folder / _LIST).unlink()
    return len(held)


def _durable(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    for sub in (*(p for p in folder.rglob("*") if p.is_dir() and not p.is_symlink()), folder):
        _sync(sub)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
