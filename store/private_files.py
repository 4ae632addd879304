"""Files nobody else on the machine may read: the database, the archive and backups hold what was said about people.

Folders are 0700 and files 0600. Looser ones are tightened when they are taken into use; a file system without owners stays as it is.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def make_private_folder(path: Path) -> None:
    """Create the folder (and its parents), for its owner alone; raises OSError where it cannot be created."""
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    tighten(path)


def make_private_file(path: Path) -> None:
    """Create an empty file for its owner alone, or take the rights of others from one that is there; raises OSError.

    A file that is there is never opened: closing it would drop every lock this process holds on it, and a database that
    another connection of ours has open could be damaged (sqlite.org/howtocorrupt.html, section 2.2).
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY | os.O_CLOEXEC, FILE_MODE))
    except FileExistsError:
        tighten(path)


def open_private(name: str, flags: int) -> int:
    """The `opener` of `open` for a new file that only its owner may read."""
    return os.open(name, flags, FILE_MODE)


def tighten(path: Path) -> None:
    """Take every right from group and others; what belongs to somebody else, or cannot be changed, is left."""
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            path.chmod(mode & 0o700)
