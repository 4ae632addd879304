"""Files that are on the disk before a step goes on, and that are there whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

SYNCED_SINGLY = 1_000
"""Above so many files one call for everything that waits to be written is quicker than one a file."""


def write_whole(file: Path, data: bytes, mode: int = 0o666) -> None:
    """Put `data` in the place of the file, durably; whoever reads meanwhile sees the old or the new. Raises OSError.

    `mode` (less the umask) holds from the first byte on.
    """
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def append_line(file: Path, line: str) -> None:
    """Add a line to the file, on the disk before this returns; a line that a kill left half stays a line of its own. Raises OSError."""
    with file.open("a+b") as stream:
        end = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, end - 1))
        torn = stream.read(1) not in (b"\n", b"")
        stream.write(b"\n" * torn + line.encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def sync_tree(folder: Path) -> None:
    """Make every file of a folder durable: one by one, or all that waits to be written where they are many."""
    found = [(place, names) for place, _, names in os.walk(folder)]
    if sum(len(names) for _, names in found) > SYNCED_SINGLY:
        os.sync()
        found = [(place, []) for place, _ in found]
    for place, names in reversed(found):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                with open(path, "rb") as stream:
                    os.fsync(stream.fileno())
        sync_folder(Path(place))


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(file: Path) -> str:
    """The sum of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
