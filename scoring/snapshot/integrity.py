"""Integrity of a snapshot: sums of its files, the digest of its content, and whether a folder is what was published.

A publication writes folders and files; a link is neither, even if it leads to the same bytes: what it leads to may change.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from scoring.snapshot.reader import SIGNATURE, stands_on
from store.durable_files import sha256_of

_UNCOMPARED = ("manifest.json", "SHA256SUMS", SIGNATURE)


def sums_of(folder: Path) -> dict[str, str]:
    """The sums of a snapshot's files by name, as its SHA256SUMS has them."""
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def content_digest(sums: dict[str, str]) -> str:
    """What two snapshots of the same content have in common: the hash of their sums without manifest and list."""
    kept = sorted((k, v) for k, v in sums.items() if k not in _UNCOMPARED)
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


_LIST = "SHA256SUMS"
_MANIFEST = "manifest.json"


def integrity_errors(folder: Path, only: Collection[str] | None = None, every: bool = True) -> Iterator[str]:
    """One line for each name with what is wrong about it; of a snapshot that was let go `only` some files are there to look at.

    Without `every` a file that was not written to since it was published is taken to be what it was, and not read.
    """
    here, odd = _found(folder)
    yield from (f"{name}: 是链接或特殊文件 a link or no plain file" for name in sorted(odd))
    try:
        sums = sums_of(folder) if _LIST in here else {}
    except (OSError, ValueError):
        sums = {}
    if not sums:
        yield f"{_LIST}: 缺失或损坏 missing or damaged"
        return
    there = {
        name: digest for name, digest in sums.items() if (only is None or name in only) and name not in odd
    }
    since = -1 if every else sealed_at(folder)
    wrong = {
        name: fault for name, digest in there.items() if (fault := _wrong(folder, here, name, digest, since))
    }
    yield from (f"{name}: {fault}" for name, fault in wrong.items())
    yield from (f"{name}: 未登记的文件 not listed" for name in sorted(here - set(sums) - {_LIST, SIGNATURE}))
    manifest = manifest_of(folder)
    if not manifest and _MANIFEST not in wrong:
        yield f"{_MANIFEST}: 损坏 damaged"
    elif manifest and manifest.get("content_sha256") != content_digest(sums):
        yield f"{_LIST}: 与清单 manifest.json 不符 not the list the manifest was made with"
    if isinstance(partial := manifest.get("partial"), dict):
        whole = folder.with_name(str(partial.get("of")).replace("/", ""))
        if not stands_on(partial, whole):
            yield f"{_MANIFEST}: 依据的快照 {whole.name[:80]} 缺失或不符 the snapshot it stands on is missing or another"
    if manifest.get("signed_by") and SIGNATURE not in here:
        yield f"{SIGNATURE}: 缺失，清单说已签名 missing, and the manifest says it was signed"


def sealed_at(folder: Path) -> int:
    """When a snapshot was published, in nanoseconds of its file system's clock; -1 when its manifest is missing."""
    try:
        return (folder / _MANIFEST).lstat().st_mtime_ns
    except OSError:
        return -1


def written_at(file: str) -> int | None:
    """When a plain file was last written, like `sealed_at`; None for anything else. Raises OSError when there is nothing."""
    found = os.lstat(file)
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else None


def manifest_of(folder: Path) -> dict[str, Any]:
    """What the manifest of a snapshot says; nothing when it is missing or damaged."""
    try:
        found = json.loads((folder / _MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _wrong(folder: Path, here: set[str], name: str, digest: str, since: int) -> str | None:
    """What is wrong about a listed file, None if nothing is; what lies outside is never read."""
    if name not in here:
        return "缺失 missing"
    try:
        at = written_at(os.path.join(folder, name))
        if name != _MANIFEST and at is not None and at <= since:
            return None
        return None if sha256_of(folder / name) == digest else "与登记的哈希不符 altered"
    except OSError:
        return "读不了 cannot be read"


def _found(folder: Path) -> tuple[set[str], set[str]]:
    """(plain files, whatever else is no folder) below a folder by relative name; no link is followed."""
    plain: set[str] = set()
    odd: set[str] = set()
    places = [""]
    while places:
        place = places.pop()
        try:
            with os.scandir(folder / place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        places.append(f"{place}{entry.name}/")
                    else:
                        (plain if entry.is_file(follow_symlinks=False) else odd).add(f"{place}{entry.name}")
        except FileNotFoundError:
            continue  # let go of while this looked
    return plain, odd
