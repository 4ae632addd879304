"""Looks as the web process sees them: it reads what the worker (kamengwatch/pipeline/look.py) writes, and asks by a line in the inbox.

Whether a worker lives is told by the lock it holds: what a dead one left is nobody's answer.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.forms import inbox
from dashboard.presenters.formatting import SHANGHAI
from store.text.query import file_stem

_LARGEST = 200_000
"""Bytes of a look's file."""


@dataclass(frozen=True)
class Desk:
    """Where looks are asked for: whether a worker lives, how many the day's budget still allows, and the queue of hosts."""

    on: bool = False
    left: int = 0
    looking: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()

    def ahead(self, host: str) -> int:
        """How many looks come before that of `host`."""
        return self.queue.index(host) if host in self.queue else 0


def desk(data_dir: Path) -> Desk:
    """How it stands now."""
    folder = data_dir / "looks"
    told = _json(folder / "queue.json")
    if told is None or not _held(folder / "worker.lock"):
        return Desk()
    left = max(0, int(told.get("per_day", 0)) - int(told.get("used", 0)))
    return Desk(True, left, tuple(told.get("looking", ())), tuple(told.get("queue", ())))


def look_of(data_dir: Path, host: str, at: Desk) -> dict[str, Any] | None:
    """The look at a site, if there is one: finished, or on its way while a worker lives."""
    told = _json(data_dir / "looks" / f"{file_stem(host)}.json")
    if told is None or told.get("host") != host or not isinstance(told.get("steps"), list):
        return None
    return told if told.get("state") in ("done", "refused") or at.on else None


def finished(data_dir: Path, host: str | None) -> dict[str, Any] | None:
    """The look that answers for a site that is not on record; None where none was taken."""
    look = look_of(data_dir, host, Desk()) if host else None
    return look if look and look["state"] == "done" else None


def again_at(look: dict[str, Any] | None, now: dt.datetime) -> dt.datetime | None:
    """When the site may be looked at again; None where it may be now."""
    if look is None or not look.get("again_at"):
        return None
    moment = dt.datetime.fromisoformat(look["again_at"])
    # What lies further ahead than a day was written by a clock that was wrong.
    return moment if now < moment <= now + dt.timedelta(days=1) else None


def ask(
    data_dir: Path, kind: str, site: str, now: dt.datetime, wait: Callable[[], float]
) -> tuple[str, dict[str, Any]]:
    """Ask for a look (`look`) or to be taken up (`include`): ("", {}) once it is written down, else why not, a key of the
    catalogue with its values. `wait`: seconds until this visitor may ask again, asked only for what would be written.

    Nothing is written for a look that is on its way already: that is said as if it had been asked for.
    """
    from dashboard.forms import records  # and the redaction with it: a look is shown without

    today = now.astimezone(SHANGHAI).date()
    try:
        record = records.about_site(kind, secrets.token_hex(16), today, site)
    except records.Incomplete:
        return "look.no_site", {}
    if kind == "look":
        at = desk(data_dir)
        look = look_of(data_dir, record["host"], at)
        if not at.on:
            return "look.off", {}
        if look and look["state"] in ("queued", "looking"):
            return "", {}
        if moment := again_at(look, now):
            return "look.again", {"time": f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"}
        if at.left < 1:
            return "look.used_up", {}
    if seconds := wait():
        return "look.wait", {"minutes": int(seconds // 60) + 1}
    try:
        inbox.append(data_dir, records.line(record), today)
    except inbox.InboxClosed:
        return "form.closed", {}
    return "", {}


def _held(lock: Path) -> bool:
    """Whether a process holds the lock; nothing is written."""
    try:
        handle = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _json(file: Path) -> dict[str, Any] | None:
    try:
        if file.stat().st_size > _LARGEST:
            return None
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None
