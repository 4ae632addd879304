"""A backup brought back into a new folder: plain files only, each name once, each hash as listed, whole or not at all.

The file is untrusted. Nothing it holds is unpacked by rules of its own: regular files are written anew, a hard link may name only a
file written before it, and the one symlink a data folder has is made at the end from a checked name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kamengwatch.config import Config, UserError
from kamengwatch.console import bar, log_line
from kamengwatch.maintain.backup import LIST, remove_leftovers, stopped
from store.private_files import make_private_folder, open_private

LATEST = "snapshots/latest"
_PUBLIC = "snapshots/"
"""What is published may be read by whoever may enter the folder."""
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
        _durable(temporary)
        temporary.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise stopped(f"{target}: 没有恢复 not restored", error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    log_line(
        config.say(
            f"已恢复到 {target}：{count} 个文件，哈希全部一致。核对：kamengwatch verify",
            f"Restored to {target}: {count} files, every hash as listed. Check: kamengwatch verify",
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
                elif entry.islnk() and entry.linkname in seen and entry.linkname != LATEST:
                    (folder / entry.name).parent.mkdir(parents=True, exist_ok=True)
                    os.link(folder / entry.linkname, folder / entry.name, follow_symlinks=False)
                elif entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not entry.issparse():
                    _write(file, tar, entry, folder)
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


def _write(file: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
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
        if _hash(folder / name) != wanted:
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


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
