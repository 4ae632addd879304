"""Which snapshot is being shown: finds the latest one, opens it once, and notices a newer one without a restart.

It must not import streamlit (the API shares it) and never writes. Opened snapshots are kept per resolved path, so the
`latest` link may move at any time: requests under way keep the one they started with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from dashboard.presenters.formatting import SHANGHAI
from scoring.snapshot.reader import Kept, Snapshot, SnapshotError, kept_snapshots, snapshot_on
from store.settings import settings

DATA_DIR_VARIABLE = "KAMENGWATCH_DATA_DIR"
STALE_AFTER_DAYS = 3
"""A snapshot older than this is shown under a banner; publishing is daily."""

_FEW = 100
"""Up to so many hosts are named one by one, which the reader of the file can use; more are joined."""

Clock = Callable[[], datetime]
_clock: list[Clock] = []
_lock = threading.Lock()


class NoSnapshot(Exception):
    """Nothing has been published in the data directory yet."""


class DamagedSnapshot(Exception):
    """What has been published cannot be read; the message says which file."""


UNREADABLE = (NoSnapshot, DamagedSnapshot)


class NotKept(Exception):
    """No snapshot is kept of the time asked for; one line that says which are."""


class NoDay(ValueError):
    """What should be a day is none."""


@dataclass(frozen=True)
class Chosen:
    """The snapshot an address is about; `memento` where it asks for one and not simply for the latest."""

    snapshot: Snapshot
    memento: Kept | None = None


@dataclass(frozen=True)
class Facts:
    """What every page says about its snapshot: last day covered, method, number of sites, demonstration data or not."""

    as_of: date | None
    method_version: str
    count: int
    demo: bool


class Unpublished:
    """Stands in for a snapshot where none can be read, for pages that help without one: it knows no site and has no rows."""

    id, path, manifest, partial = "", Path("unpublished"), MappingProxyType({}), None

    def site(self, host: str) -> None:
        """No site is known."""

    def rows(self, sql: str, parameters: list[Any] | tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """No table has a row."""
        return []


NOTHING = Facts(None, "–", 0, demo=False)
"""The facts of `Unpublished`."""


def use_clock(clock: Clock | None) -> None:
    """Give the dashboard the clock of its host program; without one the age of the snapshot is not judged."""
    _clock[:] = [clock] if clock else []


def data_dir() -> Path:
    """The data directory: KAMENGWATCH_DATA_DIR, else ./data."""
    return settings().data_dir


def current() -> Snapshot:
    """The latest snapshot, opened; NoSnapshot or DamagedSnapshot with a message when that is impossible."""
    latest = data_dir() / "snapshots" / "latest"
    if not latest.exists():
        raise NoSnapshot(f"{DATA_DIR_VARIABLE}: snapshots/latest")
    try:
        path = latest.resolve(strict=True)
        stamp = (path / "manifest.json").stat().st_mtime_ns
        with _lock:
            return _open(path, stamp)
    except (SnapshotError, duckdb.Error, OSError) as error:
        raise DamagedSnapshot(_told(error)) from error


@lru_cache(maxsize=3)
def _open(path: Path, stamp: int) -> Snapshot:
    """Kept by modification time as well, so that a folder replaced under the same name is read anew."""
    return Snapshot(path)


def kept() -> list[Kept]:
    """Every snapshot that can be read, in the order of their publication."""
    folder = data_dir() / "snapshots"
    try:
        stamp = folder.stat().st_mtime_ns
    except OSError:
        return []
    return list(_kept(folder.parent, stamp))


@lru_cache(maxsize=2)
def _kept(folder: Path, stamp: int) -> tuple[Kept, ...]:
    """Kept until a snapshot comes or goes; one that is thinned meanwhile cannot be opened, which is said then."""
    return tuple(kept_snapshots(folder))


def chosen(as_of: str = "", snapshot: str = "") -> Chosen:
    """The snapshot `snapshot`, else the newest that covers no later day than `as_of`, else the latest.

    Raises NoDay for what is no date, NotKept where none is kept.
    """
    if not (as_of or snapshot):
        return Chosen(current())
    known = kept()
    if snapshot:
        one = next((k for k in known if k.id == snapshot), None)
        if one is None:
            raise NotKept(f"snapshot={snapshot[:60]}: {_which(known)}")
        return Chosen(opened(one), one)
    try:
        one = snapshot_on(known, date.fromisoformat(as_of))
    except ValueError:
        raise NoDay(f"as_of={as_of[:20]} (YYYY-MM-DD)") from None
    except SnapshotError as error:
        raise NotKept(f"as_of={error}") from error
    return Chosen(opened(one), one)


def _which(known: list[Kept]) -> str:
    if not known:
        return "没有可读的快照 no snapshot is kept"
    return f"没有这个快照；现有 no such snapshot; kept are {known[0].id} … {known[-1].id}（{len(known)}）"


def opened(one: Kept) -> Snapshot:
    """A kept snapshot, opened; DamagedSnapshot when that is impossible."""
    try:
        with _lock:
            return _open_earlier(one.path, (one.path / "manifest.json").stat().st_mtime_ns)
    except (SnapshotError, duckdb.Error, OSError) as error:
        raise DamagedSnapshot(_told(error)) from error


@lru_cache(maxsize=4)
def _open_earlier(path: Path, stamp: int) -> Snapshot:
    """Apart from the latest, which a reader of the past must not push out."""
    return Snapshot(path)


def version(snapshot: Snapshot) -> str:
    """A name for a snapshot and what it holds now: what was erased from one leaves its own name as it was, and nothing kept under
    this one may be shown after that."""
    return f"{snapshot.id}-{str(snapshot.manifest.get('content_sha256'))[:12]}"


def rows(snapshot: Snapshot, sql: str, parameters: list[Any] | tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """Rows of a query; DamagedSnapshot when a file behind it cannot be read."""
    try:
        return snapshot.rows(sql, parameters)
    except (SnapshotError, duckdb.Error, OSError) as error:
        raise DamagedSnapshot(_told(error)) from error


def ratings_of(snapshot: Snapshot, hosts: Collection[str], columns: str = "*") -> list[dict[str, Any]]:
    """The rows of `ratings` of these hosts, in no order; the file is sorted by host, so most of it is skipped.

    `columns` is written in the code, never read.
    """
    if not hosts:
        return []
    marks = ",".join("?" * len(hosts)) if len(hosts) <= _FEW else "select unnest(?)"
    values = list(hosts) if len(hosts) <= _FEW else [list(hosts)]
    return rows(snapshot, f"select {columns} from ratings where host in ({marks})", values)  # noqa: S608 - question marks


@lru_cache(maxsize=8)
def facts(snapshot: Snapshot) -> Facts:
    """The facts of a snapshot; an empty one falls back on its manifest."""
    row = rows(
        snapshot,
        'select max(as_of) as "as_of", max(method_version) as "method_version", count(*) as "count",'
        ' coalesce(bool_or(demo), false) as "demo" from ratings',
    )[0]
    manifest = snapshot.manifest
    return Facts(
        # Of a partial snapshot the day of all sites, not that of the few told anew.
        as_of=_manifest_day(manifest) if snapshot.partial else row["as_of"] or _manifest_day(manifest),
        method_version=row["method_version"] or str(manifest.get("method_version", "–")),
        count=row["count"],
        demo=bool(row["demo"] or manifest.get("demo")),
    )


def days_old(known: Facts) -> int | None:
    """Days since the last day covered; None without a clock, and for demonstration data, whose calendar is simulated."""
    if not _clock or known.as_of is None or known.demo:
        return None
    return (_clock[0]().astimezone(SHANGHAI).date() - known.as_of).days


def stale_days(known: Facts) -> int | None:
    """Days since the last day covered, where they are too many to call the data of today."""
    age = days_old(known)
    return age if age is not None and age > STALE_AFTER_DAYS else None


def now(known: Facts) -> datetime:
    """The host program's present; without a clock, noon of the last day covered."""
    if _clock:
        return _clock[0]()
    return datetime.combine(known.as_of or date(1970, 1, 1), time(12), SHANGHAI)


def _manifest_day(manifest: dict[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(manifest.get("as_of"))[:10])
    except ValueError:
        return None


def _told(error: Exception) -> str:
    """The first line of an error without the folder it happened in."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return " ".join(Path(word.strip("'\"")).name if "/" in word else word for word in text.split())[:200]
