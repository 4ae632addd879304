"""`publish`: write the snapshot of a finished rating whole or not at all, and only then move `latest` to it.

Everything is built in a temporary folder, made durable, renamed; a kill at any moment leaves the old `latest` as it was.
The only clock in the content is manifest.created_at, which is not part of the comparison "nothing changed".
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from filelock import FileLock
from sqlalchemy import Engine, func, select

from scoring import method
from scoring.observations.day_index import end_of_day
from scoring.publish.bulletins import write_bulletins
from scoring.publish.captures import write_captures, write_pictures
from scoring.publish.exports import datapackage, write_slim
from scoring.publish.lists import write_lists
from scoring.publish.method_changes import with_method_changes
from scoring.publish.site_pages import KINDS, Before, made_by, write_site_files
from scoring.snapshot import signing
from scoring.snapshot.delta import write_delta
from scoring.snapshot.integrity import content_digest, integrity_errors, manifest_of, sums_of
from scoring.snapshot.reader import DELTA, LATER, TABLES, Snapshot, SnapshotError
from scoring.snapshot.writer import digest_of, linked, write_parquet
from store.china_time import SHANGHAI
from store.db.tables import Crawl, Platform, RatedRun
from store.durable_files import sha256_of, sync_folder, sync_tree
from store.evidence.capture_rows import archive_root

Progress = Callable[[str], None]
LISTED_CRAWLS = 200
"""Crawls a manifest names: enough to tell a database that lost its newest ones (store/db/damage_check.py), and no more each year."""


class NothingRated(Exception):
    """There is no finished rating to publish; run `rate` first."""


class RatingDamaged(Exception):
    """The newest rating's folder, which the message names, is not as `rate` left it; rating again mends it."""


class WrongDay(Exception):
    """The rating's day may not be published: `rated` lies after `today`, or before `published`, the day of the latest snapshot."""

    def __init__(self, rated: dt.date, today: dt.date, published: dt.date | None) -> None:
        super().__init__(f"rated up to {rated}, today is {today}, published up to {published}")
        self.rated, self.today, self.published = rated, today, published


def publish(
    engine: Engine,
    data_dir: Path,
    now: dt.datetime,
    as_of: dt.date | None = None,
    progress: Progress | None = None,
    allow_older: bool = False,
) -> Path:
    """Publish the newest finished rating (of `as_of`, if given) and return the snapshot's folder.

    Publishing the same again returns the snapshot that is there. Raises NothingRated when nothing was rated or the newest
    rating was taken away, RatingDamaged when its tables were changed since, WrongDay for a rating up to a day that is still
    to come or, unless `allow_older`, up to an earlier day than the latest snapshot's, signing.KeyUnusable for a damaged key.
    """
    tell = progress or (lambda note: None)
    data_dir = Path(data_dir)
    base = data_dir / "snapshots"
    base.mkdir(parents=True, exist_ok=True)
    with FileLock(base / ".lock"):
        run = _newest(engine, data_dir, as_of)
        before = latest_in(base)
        known = manifest_of(before) if before is not None else {}
        _check_day(run.as_of, now.astimezone(SHANGHAI).date(), known.get("as_of"), allow_older)
        with temporary_folder(base) as temporary:
            tell("writing")
            old = None
            if before is not None:
                whole, of_it = whole_of(before, known)
                old = Before(whole, _sums(whole, of_it), of_it.get("site_files"))
            key = signing.private_key(data_dir)
            made = _content(engine, data_dir, temporary, run, old, known.get("method_version"))
            sums = checksums(temporary, made)
            digest = content_digest(sums)
            if before is not None and known.get("content_sha256") == digest and _whole(before):
                final = before
            else:
                write_manifest(engine, temporary, run, now, before, sums, digest, key)
                if old is not None:
                    _link_unchanged(temporary, old, listed(sums))
                tell("making durable")
                sync_tree(temporary)
                final = folder_name(base, now)
                temporary.rename(final)
                sync_folder(base)
                tell("telling what changed")
                _publish_delta(base, before, final)
        point_latest_at(base, final)
    return final


def _publish_delta(base: Path, before: Path | None, final: Path) -> None:
    """Write what changed since the snapshot before as base/delta.zip, in place of the one that was there; where the one before
    cannot be read there is none, which keeps no snapshot from being published."""
    made = base / ".tmp-delta"
    try:
        if before is None:
            raise SnapshotError("the first")
        write_delta(Snapshot(before), Snapshot(final), made)
        made.replace(base / DELTA)
    except (SnapshotError, OSError, duckdb.Error, pa.ArrowException):
        made.unlink(missing_ok=True)
        (base / DELTA).unlink(missing_ok=True)


@contextmanager
def temporary_folder(base: Path) -> Iterator[Path]:
    """A folder to write in, gone afterwards: a publication that failed must not fill the disk, and what a killed one left goes too."""
    for leftover in base.glob(".tmp-*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink()
    folder = base / f".tmp-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_day(rated: dt.date, today: dt.date, published: Any, allow_older: bool) -> None:
    """Raise WrongDay for a day to come, and for one before the published day unless that is allowed.

    A manifest that is damaged names no day, and holds nothing up.
    """
    try:
        before = dt.date.fromisoformat(published)
    except (TypeError, ValueError):
        before = None
    if rated > today or (before is not None and rated < before and not allow_older):
        raise WrongDay(rated, today, before)


def whole_of(folder: Path, manifest: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """The snapshot that holds every file: this one, or the one that it, being partial, stands on; and the manifest."""
    partial = manifest.get("partial")
    if not isinstance(partial, dict):
        return folder, manifest
    whole = folder.with_name(str(partial.get("of")).replace("/", ""))
    return whole, manifest_of(whole)


def _whole(folder: Path) -> bool:
    return not any(integrity_errors(folder, every=False))


def _newest(engine: Engine, data_dir: Path, as_of: dt.date | None) -> Any:
    query = select(RatedRun.as_of, RatedRun.folder, RatedRun.method_version, RatedRun.sha256)
    if as_of is not None:
        query = query.where(RatedRun.as_of == as_of)
    with engine.connect() as connection:
        run = connection.execute(query.order_by(RatedRun.id.desc()).limit(1)).first()
    if run is None or not (data_dir / "rated" / run.folder).is_dir():
        raise NothingRated("nothing is rated yet: run `kamengwatch rate` first")
    if digest_of(data_dir / "rated" / run.folder) != run.sha256:
        raise RatingDamaged(run.folder)
    return run


def latest_in(base: Path) -> Path | None:
    """The newest snapshot."""
    link = base / "latest"
    return link.resolve() if (link / "manifest.json").is_file() else None


def _content(
    engine: Engine, data_dir: Path, folder: Path, run: Any, before: Before | None, old_method: str | None
) -> dict[str, str]:
    """Write every file but the manifest and the sums; returns the sums that are known already."""
    rated = data_dir / "rated" / run.folder
    for table in TABLES:
        if table in LATER and not (rated / f"{table}.parquet").is_file():  # rated before there was this table
            write_parquet(TABLES[table].empty_table(), folder / f"{table}.parquet")
            continue
        linked(rated / f"{table}.parquet", folder / f"{table}.parquet")
    readable = before is not None and before.holds("changes.parquet", "ratings.parquet")
    changes = with_method_changes(
        folder, before.folder if before is not None and readable else None, (old_method, run.method_version)
    )
    (folder / "changes.parquet").unlink()
    write_parquet(changes, folder / "changes.parquet")
    write_slim(folder)
    write_captures(folder, data_dir / "archive")
    hosts = set(pq.read_table(folder / "ratings.parquet", columns=["host"])["host"].to_pylist())
    write_pictures(engine, hosts, end_of_day(run.as_of), data_dir / "archive", folder)
    write_lists(folder, run.as_of)
    sums = write_site_files(folder, before)
    write_bulletins(folder, run.as_of, run.method_version, before)
    from scoring.publish.method_docs import method_json  # the whole method, and scipy with it

    (folder / "method.json").write_text(json_text(method_json()), "utf-8")
    (folder / "datapackage.json").write_text(json_text(datapackage(folder, run.as_of)), "utf-8")
    if (keys := signing.listed_keys(data_dir)) is not None:
        (folder / signing.LISTED).write_bytes(keys)
    return sums


def write_manifest(
    engine: Engine,
    folder: Path,
    run: Any,
    now: dt.datetime,
    before: Path | None,
    sums: dict[str, str],
    digest: str,
    key: Ed25519PrivateKey | None,
    partial: dict[str, Any] | None = None,
) -> None:
    """Write manifest.json (chained to the snapshot before by its hash), SHA256SUMS and, with a key, the signature.

    `partial`: what a snapshot of few sites stands on, and which these are.
    """
    crawls, demo = _crawls(engine, end_of_day(run.as_of))
    previous, old = None, manifest_of(before).get("archive") if before is not None else None
    with engine.connect() as connection:
        archive = archive_root(connection, old if isinstance(old, dict) else None)
    if before is not None:
        previous = {
            "name": before.name,
            "sha256": hashlib.sha256((before / "manifest.json").read_bytes()).hexdigest(),
        }
    manifest = {
        "as_of": run.as_of.isoformat(),
        "method_version": run.method_version,
        "code_version": _code_version(),
        "created_at": now.astimezone(dt.UTC).isoformat(),
        "demo": demo,
        "rated_run": run.folder,
        "rated_sha256": run.sha256,
        "crawls": crawls,
        "archive": archive,
        "content_sha256": digest,
        "site_files": made_by(),
        "files": listed(sums),
        "previous": previous,
        "signed_by": None if key is None else signing.key_id(key.public_key()),
    }
    written = json_text(manifest if partial is None else manifest | {"partial": partial})
    (folder / "manifest.json").write_text(written, "utf-8")
    (folder / "SHA256SUMS").write_text(sums_text(sums, written), "utf-8")
    if key is not None:
        signing.sign(folder, key)


def _crawls(engine: Engine, end: dt.datetime) -> tuple[list[dict[str, Any]], bool]:
    """The newest crawls finished by `end`, with the newest of every source and outcome, and whether the market is a demonstration."""
    finished = (Crawl.finished_at.is_not(None), Crawl.finished_at < end)
    newest = select(Crawl.id).where(*finished).order_by(Crawl.id.desc()).limit(LISTED_CRAWLS)
    each = select(func.max(Crawl.id)).where(*finished).group_by(Crawl.source_id, Crawl.outcome)
    with engine.connect() as connection:
        ids = {*connection.scalars(newest), *connection.scalars(each)}
        rows = connection.execute(
            select(Crawl.id, Crawl.source_id, Crawl.outcome, Crawl.finished_at)
            .where(Crawl.id.in_(ids))
            .order_by(Crawl.id)
        ).all()
        demo = connection.execute(select(Platform.id).where(Platform.demo).limit(1)).first() is not None
    return [
        {"id": r.id, "source": r.source_id, "outcome": r.outcome, "finished_at": r.finished_at.isoformat()}
        for r in rows
    ], demo


def checksums(folder: Path, known: dict[str, str] | None = None) -> dict[str, str]:
    """sha256 of every file of the folder by its relative name; those `known` are taken over."""
    sums = dict(known or {})
    for place, _, files in os.walk(folder):
        inside = Path(place).relative_to(folder).as_posix()
        for file in files:
            name = file if inside == "." else f"{inside}/{file}"
            if name not in sums:
                sums[name] = sha256_of(Path(place) / file)
    return dict(sorted(sums.items()))


def sums_text(sums: dict[str, str], manifest: str) -> str:
    """The content of SHA256SUMS: the sums of all files and of the manifest."""
    whole = {**sums, "manifest.json": hashlib.sha256(manifest.encode()).hexdigest()}
    return "".join(f"{v}  {k}\n" for k, v in sorted(whole.items()))


def _sums(folder: Path, known: dict[str, Any]) -> dict[str, str]:
    """The sums of the snapshot before; where its list is damaged those its manifest names."""
    files = known.get("files")
    named: dict[str, str] = files if isinstance(files, dict) else {}
    try:
        return sums_of(folder) | named
    except (OSError, ValueError):
        return named


def listed(sums: dict[str, str]) -> dict[str, str]:
    """The sums the manifest names itself: those of the files of single sites, which are many, are in SHA256SUMS, and in
    `content_sha256` with all others."""
    return {name: digest for name, digest in sums.items() if name.partition("/")[0] not in KINDS}


def _link_unchanged(folder: Path, before: Before, sums: dict[str, str]) -> None:
    """Files equal to those of the snapshot before become hard links to them, to save space."""
    for name, digest in sums.items():
        old, new = before.folder / name, folder / name
        if before.sums.get(name) == digest and before.holds(name) and not old.samefile(new):
            spare = new.with_name(new.name + ".link")
            try:
                os.link(old, spare)
            except OSError:
                return  # Another file system: copies are as good.
            spare.replace(new)


def folder_name(base: Path, now: dt.datetime) -> Path:
    """A name that no snapshot has, in the order of time."""
    stem = f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H%M%S}-{method.METHOD_VERSION}"
    path, n = base / stem, 1
    while path.exists():
        n += 1
        path = base / f"{stem}.{n}"
    return path


def point_latest_at(base: Path, folder: Path) -> None:
    """Point `latest` at `folder` in one step."""
    link = base / "latest"
    if link.is_symlink() and os.readlink(link) == folder.name:
        return
    spare = base / f".tmp-latest-{os.getpid()}"
    spare.unlink(missing_ok=True)
    spare.symlink_to(folder.name)
    spare.replace(link)
    sync_folder(base)


def json_text(value: Any) -> str:
    """JSON as every file of a snapshot has it."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _code_version() -> str:
    try:
        return version("kamengwatch")
    except PackageNotFoundError:  # Run from a checkout that is not installed.
        return "0"
