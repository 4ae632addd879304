"""Telling complainants apart without keeping who they are: a keyed hash whose key is destroyed in time.

What identifies a complainant in a source (an account, or the order number a text names) is hashed before redaction together
with the platform, under a secret of the quarter in which the complaint was filed. The secrets lie in the data folder, never in
the database, and are destroyed a quarter after theirs ended: from then on nobody can test a guess against a hash. A complaint
of a quarter whose secret is gone, or that names nobody, gets none. Only the hash may leave this module.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, select

from store.db.tables import Setting
from store.db.upsert import insert_for
from store.evidence.records import ComplaintRecord

FOLDER = "complainant-keys"
_LENGTH = 32
_Quarter = tuple[int, int]


class Complainants:
    """The secrets of one data folder. Opening it destroys those that are due; making one is safe between processes."""

    def __init__(self, data_dir: Path, now: dt.datetime) -> None:
        """`now` decides which quarters still have a secret: the present one and the one before."""
        self._folder = data_dir / FOLDER
        self._last = _quarter(now)
        self._first = _before(self._last)
        self._known: dict[_Quarter, bytes] = {}
        for path in self._folder.glob("*.key"):
            if path.stem < _name(self._first):
                path.unlink(missing_ok=True)

    def of(self, record: ComplaintRecord, platform_id: int | None) -> str | None:
        """A hash (32 hexadecimal digits) shared by what one complainant says about one platform, or None if unknown."""
        quarter = _quarter(record.filed_at)
        if platform_id is None or not self._first <= quarter <= self._last:
            return None
        if record.complainant:
            who = f"account|{record.source.lower()}|{record.complainant}"
        elif record.order_number:
            who = f"order|{record.order_number}"
        else:
            return None
        said = f"{platform_id}|{who}".encode()
        return hmac.new(self._key(quarter), said, hashlib.sha256).hexdigest()[:_LENGTH]

    def _key(self, quarter: _Quarter) -> bytes:
        if quarter not in self._known:
            self._known[quarter] = self._read_or_make(self._folder / f"{_name(quarter)}.key")
        return self._known[quarter]

    def _read_or_make(self, path: Path) -> bytes:
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            os.chmod(self._folder, 0o700)
            fresh = self._folder / f".{secrets.token_hex(8)}"
            fresh.write_bytes(secrets.token_bytes(32))
            os.chmod(fresh, 0o600)
            try:
                os.link(fresh, path)  # Fails if another process was first; then its secret counts.
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_bytes()


def _quarter(moment: dt.datetime) -> _Quarter:
    utc = moment.astimezone(dt.UTC)
    return utc.year, (utc.month - 1) // 3


def _before(quarter: _Quarter) -> _Quarter:
    year, number = quarter
    return (year, number - 1) if number else (year - 1, 3)


def _name(quarter: _Quarter) -> str:
    return f"{quarter[0]}Q{quarter[1] + 1}"


def order_secret(connection: Connection) -> bytes:
    """The database's own secret under which order numbers and contacts are hashed; made on first use."""
    row = {"name": "order_key", "value": secrets.token_hex(32)}
    connection.execute(insert_for(connection, Setting).on_conflict_do_nothing(), [row])
    value = connection.execute(select(Setting.value).where(Setting.name == "order_key")).scalar_one()
    return bytes.fromhex(value)
