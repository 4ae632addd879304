"""A consistent copy of everything: one tar file with the hash of each file it holds; kamengwatch/maintain/backup.py brings it back.

The database is copied first, as it stands between two transactions; archive, ratings and snapshots only grow and were written
before the database spoke of them, so what is copied after it holds all it cites. The complainants' secrets are left out: they
are destroyed in time, and a copy would outlive that promise. Never follows a link out of the data folder.

What is written beside the backup until it is whole stands in a list in the data folder: a killed backup's parts are removed by the
next one, and by `privacy find` and `erase`, which could not search them.
"""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kamengwatch import machine_faults
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, log_line
from scoring.snapshot import signing
from store.db.engine import DATABASE, sqlite_file
from store.durable_files import sha256_of, sync_folder, sync_tree
from store.evidence.complainant_pseudonyms import FOLDER as SECRETS
from store.private_files import make_private_file, make_private_folder, open_private

LIST = "BACKUP.json"
"""The last file of a backup: the hash of each other one, or `-> NAME` for a link."""
_ENDINGS = (".tar", ".tar.gz", ".tgz")
_LOCK, _BEGUN = ".backup.lock", ".backup-begun"
_PART = re.compile(r"\..+\.\d+\.(part|db)(-journal|-wal|-shm)?", re.DOTALL)
"""How the name of a file looks that a backup makes and removes again."""


def backup(config: Config, out: Path) -> None:
    """Write the file whole or not at all. Raises UserError for PostgreSQL, a wrong name, or nothing to copy."""
    if not out.name.endswith(_ENDINGS):
        raise UserError(f"{out.name}: 文件名须以 .tar、.tar.gz 或 .tgz 结尾 the name must end so")
    if not out.absolute().parent.is_dir():
        raise UserError(
            f"{out.parent}: 没有这个目录 no such folder; 先建好，或换个位置 make it first, or write elsewhere"
        )
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
            f"{out}: {len(held)} file(s). To restore: kamengwatch restore {out} --data-dir NEW",
        )
    )


def remove_leftovers(data_dir: Path) -> None:
    """Remove what a killed backup or restore left behind, wherever it was written; one that still runs is left alone."""
    for leftover in data_dir.absolute().parent.glob(f".{glob.escape(data_dir.absolute().name)}.restoring-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if (data_dir / _BEGUN).is_file():
        with suppress(Timeout), FileLock(data_dir / _LOCK, timeout=0):
            _sweep(data_dir)


def _sweep(data_dir: Path) -> None:
    begun = data_dir / _BEGUN
    # A path may hold anything but a zero byte.
    for part in begun.read_bytes().split(b"\0") if begun.is_file() else ():
        for path in (Path(os.fsdecode(part) + ending) for ending in ("", "-journal", "-wal", "-shm")):
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
            (config.data_dir / _BEGUN).write_bytes(b"\0".join(map(os.fsencode, parts)))
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


# A backup brought back into a new folder: plain files only, each name once, each hash as listed, whole or not at all.

LATEST = "snapshots/latest"
_PUBLIC = "snapshots/"
"""What is published may be read by whoever may enter the folder."""
_WRITTEN_ONCE = ("rated/", _PUBLIC)
_LONGEST_NAME, _LONGEST_HEAD = 1_000, 1 << 20
_LEFT_FREE = 64 << 20
"""Bytes a restore leaves on the disk."""
_LONGEST_LIST = 256 << 20
_CHUNK = 1 << 20


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
    remove_leftovers(target)
    temporary = target.parent / f".{target.name}.restoring-{os.getpid()}"
    try:
        make_private_folder(temporary)
        with bar(config.say("恢复", "restoring")) as progress:
            latest = _unpack(file, temporary, progress.advance)
            count = _check(file, temporary, latest)
        sync_tree(temporary)
        temporary.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise stopped(f"{target}: 没有恢复 not restored", error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    log_line(
        config.say(
            f"已恢复到 {target}：{count} 个文件，哈希全部一致。核对：kamengwatch verify",
            f"Restored to {target}: {count} file(s), every hash as listed. Check: kamengwatch verify",
        )
    )


class _Entry(tarfile.TarInfo):
    """A member whose header is bounded: a name or attribute of gigabytes would be read into memory."""

    def _proc_member(self, tar: tarfile.TarFile) -> Any:
        plain = self.type in (*tarfile.REGULAR_TYPES, tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE)
        if not plain and self.size > _LONGEST_HEAD:
            raise tarfile.ReadError("a header of more than a megabyte")
        return super()._proc_member(tar)  # type: ignore[misc]


def _unpack(file: Path, folder: Path, advance: Callable[[], None]) -> str | None:
    """Write the plain files; returns what the link `latest` names, None where there is none."""
    seen: set[str] = set()
    latest = None
    try:
        with tarfile.open(file, "r|*", tarinfo=_Entry) as tar:
            while (entry := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined] # one after another: none is needed again
                _check_name(file, entry.name, seen)
                if entry.issym() and entry.name == LATEST:
                    latest = entry.linkname
                elif entry.islnk() and entry.linkname in seen - {LATEST} and _written_once(entry):
                    (folder / entry.name).parent.mkdir(parents=True, exist_ok=True)
                    os.link(folder / entry.linkname, folder / entry.name, follow_symlinks=False)
                elif entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not entry.issparse():
                    _write_member(file, tar, entry, folder)
                else:
                    raise UserError(
                        f"{file.name}: 只能有普通文件，拒绝 holds something else than plain files, refused: {entry.name[:80]}"
                    )
                seen.add(entry.name)
                advance()
    except (tarfile.TarError, EOFError, ValueError, KeyError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        said = (str(error).splitlines() or [""])[0][:80]
        raise UserError(f"{file.name}: 不是完整的备份 is not a whole backup ({said})") from error
    return latest


def _written_once(entry: tarfile.TarInfo) -> bool:
    """Whether both names of a hard link are of what never changes: the database under a second, published name would go on changing there."""
    return entry.name.startswith(_WRITTEN_ONCE) and entry.linkname.startswith(_WRITTEN_ONCE)


def _check_name(file: Path, name: str, seen: set[str]) -> None:
    """Raise UserError for a name that leaves the folder, is written in two ways, or was there before."""
    parts = name.split("/")
    odd = {"", ".", ".."} & set(parts) or any(ord(sign) < 32 or sign == "\\" for sign in name)
    if odd or len(name) > _LONGEST_NAME or any(len(part.encode("utf-8", "replace")) > 255 for part in parts):
        raise UserError(
            f"{file.name}: 有文件指向目录之外，拒绝 a file leads out of the folder, refused: {name[:80]!r}"
        )
    if name in seen:
        raise UserError(f"{file.name}: 同一文件出现两次，拒绝 holds a file twice, refused: {name[:80]}")


def _write_member(file: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    path = folder / entry.name
    if shutil.disk_usage(folder).free < entry.size + _LEFT_FREE:
        raise UserError(
            f"{file.name}: 磁盘空间不够 not enough room on the disk for {entry.name[:80]} ({entry.size >> 20} MB); 腾出空间 make room"
        )
    public = entry.name.startswith(_PUBLIC)
    try:
        if public:
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            make_private_folder(path.parent)
        target = open(path, "xb", opener=None if public else open_private)  # noqa: SIM115 - closed below
    except (FileExistsError, NotADirectoryError) as error:
        raise UserError(
            f"{file.name}: 文件与目录同名 a file and a folder of one name, refused: {entry.name[:80]}"
        ) from error
    source = tar.extractfile(entry)
    assert source is not None
    with target as stream:
        shutil.copyfileobj(source, stream, _CHUNK)
        if stream.tell() != entry.size:
            raise tarfile.ReadError("cut short")


def _check(file: Path, folder: Path, latest: str | None) -> int:
    """How many files there are, if they are exactly those listed; the list is the last thing a backup writes."""
    held = _list(file, folder / LIST)
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {LIST}
    if latest is not None:
        here.add(LATEST)
    if odd := sorted(here ^ set(held)):
        raise UserError(f"{file.name}: 与清单不符 does not match its list: {odd[0][:80]}")
    for name, digest in held.items():
        if name == LATEST:
            _link_latest(file, folder, latest, digest)
            continue
        wanted = held.get(digest[3:], "") if digest.startswith("-> ") else digest
        if sha256_of(folder / name) != wanted:
            raise UserError(f"{file.name}: 文件损坏 is damaged: {name[:80]}")
    (folder / LIST).unlink()
    return len(held)


def _list(file: Path, path: Path) -> dict[str, str]:
    from crawler.pages.safe_parse import parse_json_bounded

    try:
        if path.stat().st_size > _LONGEST_LIST:
            raise ValueError("the list is too long")
        held = parse_json_bounded(path.read_text("utf-8"))["files"]
        if not all(isinstance(digest, str) for digest in held.values()):
            raise ValueError("a hash that is none")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{file.name}: 不完整，或不是 kamengwatch 的备份 is cut short, or no backup of ours"
        ) from error
    return dict(held)


def _link_latest(file: Path, folder: Path, latest: str | None, listed: str) -> None:
    """Make the one symlink, to a snapshot beside it."""
    beside = {path.name for path in (folder / LATEST).parent.iterdir() if path.is_dir()}
    if latest is None or latest not in beside or listed != f"-> {latest}":
        raise UserError(
            f"{file.name}: snapshots/latest 没有指向包里的快照，拒绝 names no snapshot of the backup, refused: {str(latest)[:80]}"
        )
    (folder / LATEST).symlink_to(latest)
