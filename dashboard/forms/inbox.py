"""The one thing the dashboard writes: lines at the end of `<data>/inbox/<day>.jsonl`, which `kamengwatch` takes in.

Where it writes depends on the day alone, never on anything typed. What is there is never read, changed or removed here.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from filelock import FileLock, Timeout

LARGEST_DAY = 4_000_000
"""Bytes of one day's file: some four thousand reports. Beyond that forms are closed until tomorrow."""
LONGEST_LINE = 8_000
_SECONDS = 5.0


class InboxClosed(Exception):
    """The line was not kept: the day's file is full, or the folder cannot be written to."""


def append(data_dir: Path, line: str, today: dt.date) -> Path:
    """Put one line at the end of the day's file, on the disk before this returns. Raises InboxClosed, and then kept nothing.

    A line torn by a crash is ended first, so that it spoils itself alone.
    """
    data = line.encode("utf-8") + b"\n"
    if "\n" in line or len(data) > LONGEST_LINE:
        raise InboxClosed("the line is too long, or is several")
    folder = data_dir / "inbox"
    file = folder / f"{today.isoformat()}.jsonl"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with FileLock(folder / ".lock", timeout=_SECONDS, mode=0o600):
            _write(file, data)
            _settle(folder)
    except (OSError, Timeout) as error:
        raise InboxClosed(type(error).__name__) from error
    return file


def _write(file: Path, data: bytes) -> None:
    """All of `data` or nothing."""
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size + len(data) > LARGEST_DAY:
            raise InboxClosed("the day's file is full")
        if size and os.pread(handle, 1, size - 1) != b"\n":
            data = b"\n" + data
        try:
            written = os.write(handle, data)
            if written != len(data):
                raise OSError("the disk is full")
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _settle(folder: Path) -> None:
    """Have the file's name on the disk as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
