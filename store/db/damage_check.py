"""Does this database belong to this data folder? An archive or snapshots without their database are a loss, never a new start.

Told by what the folder itself cites: the crawl an archive file was written by, the crawls and the rating a snapshot was made from.
A database that is new, older than the folder, or of another one does not know them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import DatabaseError

from store.db.engine import Unusable, sqlite_file
from store.db.tables import Capture, Crawl, RatedRun

RESTORE = (
    "没有评级或发布，什么也没改 nothing was rated, published or changed; 恢复备份到新目录 restore a backup into a new folder: "
    "kamengwatch restore 备份 BACKUP --data-dir 新目录 NEW; 若用的是别的数据库 if another database is in use: --database"
)
_ARCHIVE_FILE = re.compile(
    r"(?P<source>[a-z0-9_]+)-(?P<at>\d{8}T\d{6}Z)-(?P<id>\d{1,15})(-\d+)?(\.expired)?\.warc\.gz"
)
"""How the crawler names an archive file: source, the attempt's time and the crawl's number (crawler/run.py)."""
_LOOKED_AT = 50
"""The newest archive files and the newest crawls a snapshot names are enough to tell."""
_LARGEST_MANIFEST = 64 << 20


class WrongDatabase(Unusable):
    """The database is missing, empty, older than the data folder, or of another one; the message says which and what to do."""


def check_not_lost(url: str, data_dir: Path) -> None:
    """Raise WrongDatabase where the database has no tables yet although the folder holds what was read from or written by one.

    Asks a SQLite file only if it is there, so that looking creates none.
    """
    if not (holds := next(_holdings(data_dir), None)):
        return
    file = sqlite_file(url)
    if file is None or (file.is_file() and file.stat().st_size):
        return
    what = "是空的 is empty" if file.exists() else "不在了 is missing"
    raise WrongDatabase(f"{file.name}: 数据库{what}，而目录里有 but the folder holds {holds}: {RESTORE}")


def check_belongs(engine: Engine, data_dir: Path) -> None:
    """Raise WrongDatabase where the folder cites crawls, captures or ratings the database does not know."""
    if not (holds := next(_holdings(data_dir), None)):
        return
    try:
        empty = "crawl" not in inspect(engine).get_table_names()
    except DatabaseError:
        return  # the command says what is wrong with it
    if empty:
        raise WrongDatabase(
            f"数据库是空的 the database is empty, 而目录里有 but the folder holds {holds}: {RESTORE}"
        )
    if unknown := next(_unknown(engine, data_dir), None):
        raise WrongDatabase(
            f"{unknown}: 数据库不知道它：数据库较旧，或属于另一个目录 the database does not know it: it is older, or of another folder: {RESTORE}"
        )


def _holdings(data_dir: Path) -> Iterator[str]:
    """What the folder holds that came out of a database, by name."""
    for name in _names(data_dir / "archive"):
        if name.endswith(".warc.gz"):
            yield f"archive/{name}"
    for name in _names(data_dir / "snapshots"):
        if (data_dir / "snapshots" / name / "manifest.json").is_file():
            yield f"snapshots/{name}"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _unknown(engine: Engine, data_dir: Path) -> Iterator[str]:
    """What the folder cites and the database does not know."""
    with engine.connect() as connection:
        yield from _unknown_archives(connection, data_dir)
        yield from _unknown_in_snapshots(connection, data_dir)


def _unknown_archives(connection: Any, data_dir: Path) -> Iterator[str]:
    """Archive files no capture cites, and whose crawl is not in the ledger either: a crawl is written down before it fetches."""
    named = [found for name in _names(data_dir / "archive") if (found := _ARCHIVE_FILE.fullmatch(name))]
    newest = sorted(named, key=lambda found: int(found["id"]))[-_LOOKED_AT:]
    numbers = {int(found["id"]) for found in newest}
    rows = connection.execute(
        select(Crawl.id, Crawl.source_id, Crawl.started_at).where(Crawl.id.in_(numbers))
    )
    crawls = {row.id: row for row in rows}
    strange = [found.string for found in newest if not _begun(crawls.get(int(found["id"])), found)]
    if not strange:
        return
    names = {name: name.replace(".expired.warc.gz", ".warc.gz") for name in strange}
    cited = set(
        connection.scalars(select(Capture.archive).where(Capture.archive.in_(names.values())).distinct())
    )
    yield from (f"archive/{name}" for name in strange if names[name] not in cited)


def _begun(crawl: Any, found: re.Match[str]) -> bool:
    """Whether the ledger's crawl of this number may have written the file: taken up again after a kill, it writes a further one, later."""
    at = dt.datetime.strptime(found["at"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    same = crawl is not None and crawl.source_id == found["source"]
    return bool(same and crawl.started_at.replace(microsecond=0) <= at)


def _unknown_in_snapshots(connection: Any, data_dir: Path) -> Iterator[str]:
    """The newest snapshot and the one `latest` names, where their rating or crawls are not in the database."""
    base = data_dir / "snapshots"
    newest = [name for name in _names(base) if name[:1] != "." and name != "latest"][-1:]
    for folder in dict.fromkeys([base / name for name in newest] + [(base / "latest").resolve()]):
        manifest = _manifest(folder)
        run = manifest.get("rated_run")
        known = select(RatedRun.folder).where(RatedRun.folder == str(run))
        if run is not None and connection.execute(known).first() is None:
            yield f"snapshots/{folder.name} (rated/{str(run)[:80]})"
        wanted = {crawl["id"]: crawl for crawl in _crawls(manifest)}
        rows = connection.execute(
            select(Crawl.id, Crawl.source_id, Crawl.finished_at).where(Crawl.id.in_(wanted))
        )
        here = {row.id: (row.source_id, row.finished_at) for row in rows}
        for number, crawl in wanted.items():
            source, finished = here.get(number, (None, None))
            if source != crawl["source"] or finished is None or finished.isoformat() != crawl["finished_at"]:
                yield f"snapshots/{folder.name} (crawl {number}, {str(crawl['source'])[:40]})"


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest; {} where it is missing or damaged, which `verify` tells."""
    file = folder / "manifest.json"
    try:
        if file.stat().st_size > _LARGEST_MANIFEST:
            return {}
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _crawls(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    listed = manifest.get("crawls")
    whole = [
        crawl
        for crawl in (listed if isinstance(listed, list) else [])
        if isinstance(crawl, dict)
        and isinstance(crawl.get("id"), int)
        and {"source", "finished_at"} <= crawl.keys()
    ]
    return sorted(whole, key=lambda crawl: int(crawl["id"]))[-_LOOKED_AT:]
