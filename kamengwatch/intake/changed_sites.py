"""Which sites changed since the last full rating, so that `schedule` can rate and publish them by themselves within a minute.

What people decided stands in the database with its moment. What an import or a look brought is noted in one file, a line a time. Nothing else
is remembered: a site is due until a snapshot says that it was rated after the change, so a killed service loses nothing and does nothing twice.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator

from filelock import FileLock
from sqlalchemy import Connection, func, select

from kamengwatch.config import Config
from scoring.snapshot.integrity import manifest_of
from store.db.tables import OBSERVATIONS, Correction, Dispute, Platform, RatedRun, Response, Review
from store.evidence.entity_matching import Directory

FILE = "changed-sites.jsonl"
_LONGEST = 16 << 20
"""Bytes of the file; one that is larger is begun anew: the next full rating knows of every change anyway."""


def due(config: Config, settled: dt.timedelta) -> list[str]:
    """The sites to be rated and published singly now: changed since they were last rated, and left alone for `settled` since."""
    latest = manifest_of(config.data_dir / "snapshots" / "latest")
    with config.engine.connect() as connection:
        run = connection.execute(
            select(RatedRun.folder, RatedRun.finished_at).order_by(RatedRun.id.desc()).limit(1)
        ).first()
        if run is None or latest.get("rated_run") != run.folder:
            return []  # Nothing to stand on, or a full rating that is about to be published.
        changed: dict[str, dt.datetime] = {}
        for host, at in (*_decided(connection, run.finished_at), *_noted(config, run.finished_at)):
            changed[host] = max(at, changed.get(host, at))
        watched = set(
            connection.scalars(
                select(Platform.host).where(Platform.status == "watched", Platform.host.in_(changed))
            )
        )
    partial = latest.get("partial") or {}
    rated = {host: dt.datetime.fromisoformat(at) for host, at in (partial.get("rated_at") or {}).items()}
    by = config.now() - settled
    return sorted(
        host
        for host, at in changed.items()
        if host in watched and rated.get(host, run.finished_at) < at <= by
    )


def _decided(connection: Connection, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """(host, when) of what people decided, corrected, took back, answered and objected to."""
    for table, moments in (
        (Correction, (Correction.made_at,)),
        (Response, (Response.received_at, Response.withdrawn_at)),
        (Dispute, (Dispute.received_at, Dispute.acknowledged_at, Dispute.decided_at)),
    ):
        for moment in moments:
            found = (
                select(Platform.host, moment)
                .join(table, table.platform_id == Platform.id)
                .where(moment > since)
            )
            yield from ((host, at) for host, at in connection.execute(found))
    reviews = connection.execute(
        select(Review.subject, Review.detail, Review.decided_at).where(Review.decided_at > since)
    ).all()
    directory = Directory(connection) if reviews else None
    for subject, detail, at in reviews:
        host = (detail or {}).get("host")
        found_id = directory.resolve(host, None if host else subject).platform_id if directory else None
        if directory and found_id is not None:
            yield directory.host(found_id), at


def _noted(config: Config, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    file = config.data_dir / FILE
    if not file.is_file():
        return
    for line in file.read_text("utf-8").splitlines():
        try:
            said = json.loads(line)
            at = dt.datetime.fromisoformat(said["at"])
        except (ValueError, KeyError, TypeError):
            continue  # A kill while it was written.
        if at > since:
            yield from ((str(host), at) for host in said["hosts"])


def meant(connection: Connection, about: Iterable[tuple[str | None, str]]) -> list[str]:
    """The sites that entries of the queue, by their host or else their subject, are about."""
    some = sorted(set(about), key=str)
    if not some:
        return []
    directory = Directory(connection)
    found = (directory.resolve(host, None if host else subject).platform_id for host, subject in some)
    return [directory.host(id_) for id_ in found if id_ is not None]


def note(config: Config, hosts: Iterable[str]) -> None:
    """Note that these sites have new evidence."""
    some = sorted(set(hosts))
    if not some:
        return
    file = config.data_dir / FILE
    with FileLock(config.data_dir / f".{FILE}.lock"):
        mode = "w" if file.is_file() and file.stat().st_size > _LONGEST else "a"
        with file.open(mode, encoding="utf-8") as stream:
            stream.write(json.dumps({"at": config.now().isoformat(), "hosts": some}) + "\n")


def newest_rows(config: Config) -> dict[str, int]:
    """The highest number of each kind of observation, before something is taken in."""
    with config.engine.connect() as connection:
        return {
            kind: connection.scalar(select(func.max(table.id))) or 0 for kind, table in OBSERVATIONS.items()
        }


def note_since(config: Config, before: dict[str, int], most: int = 501) -> None:
    """Note the watched sites with observations newer than `before`; beyond `most` a full rating is the cheaper way."""
    hosts: set[str] = set()
    with config.engine.connect() as connection:
        for kind, table in OBSERVATIONS.items():
            found = (
                select(Platform.host)
                .join(table, table.platform_id == Platform.id)
                .where(table.id > before[kind], Platform.status == "watched")
                .distinct()
                .limit(most)
            )
            hosts.update(connection.scalars(found))
    note(config, hosts)
