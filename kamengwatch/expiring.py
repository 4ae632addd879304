"""Let go of what has been kept for its declared period (kamengwatch/periods.py): archive, texts, and their copies in snapshots.

The register of erasures knows before the bytes change; snapshots are sealed anew as after an erasure, so that `verify` holds.
Run twice, or killed and run again, it ends the same. It never touches facts, hashes or dates.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection, String, Update, cast, exists, func, select, update
from sqlalchemy.orm import aliased

from kamengwatch import erasing_files, thinning
from kamengwatch.config import Config
from kamengwatch.keeping import erasures, register, snapshot_folders
from kamengwatch.periods import PERIODS, SETTLED_DAYS
from kamengwatch.progress import bar, say, tell, tell_json
from store.archive_expire import expire_file, newest
from store.tables import Capture, Complaint, Crawl, Dispute, Page, Response, Review


def expire(config: Config, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let go of everything whose period has ended; with `dry_run` only say what. Nothing happens while the clock is in doubt."""
    if not (yes or dry_run or _settled(config)):
        say(
            config.say(
                f"最近 30 天里有采集的日子不足 {SETTLED_DAYS} 天，无法确认时钟，没有移除任何内容；确认后加 --yes",
                f"crawls lie on fewer than {SETTLED_DAYS} of the last 30 days, so the clock is not trusted and nothing was let go; --yes does it",
            )
        )
        return
    files = list(_due_files(config))
    done: dict[str, int] = {"archive": len(files)}
    with bar(config.say("移除到期内容", "letting go"), len(files)) as progress:
        if files and not dry_run:
            register(config, {"expired": [path.name for path in files]})
            for path in files:
                expire_file(path, config.now())
                progress.advance()
    with config.engine.begin() as connection:
        for what, statement in _texts(config):
            done[what] = _count(connection, statement) if dry_run else connection.execute(statement).rowcount
    snapshots = thinning.due_snapshots(config, _cutoff(config, "snapshot"))
    ratings = thinning.due_ratings(config, _cutoff(config, "rating"))
    done |= {"snapshot": len(snapshots), "rating": len(ratings)}
    if not dry_run:
        _thin(config, snapshots, ratings)
        done["snapshots"] = _out_of_snapshots(config)
    if as_json:
        tell_json({"dry_run": dry_run, **done})
        return
    for what, n in done.items():
        days = f" ({PERIODS[what].days} d)" if what in PERIODS else ""
        tell(f"{what}{days}: {n}")


def _thin(config: Config, snapshots: list[Path], ratings: list[Path]) -> None:
    """Shrink snapshots, which the register knows before, and take ratings away."""
    if not snapshots and not ratings:
        return
    with FileLock(config.data_dir / "snapshots" / ".lock"):
        if snapshots:
            register(config, {"thinned": [folder.name for folder in snapshots]})
        for folder in snapshots:
            thinning.thin(folder)
    for folder in ratings:
        shutil.rmtree(folder)


def _settled(config: Config) -> bool:
    """Whether the last thirty days by this clock were lived through: a crawl ended on enough of them."""
    now = config.now()
    since = now - dt.timedelta(days=30)
    with config.engine.connect() as connection:
        ends = connection.scalars(
            select(Crawl.finished_at).where(Crawl.finished_at > since, Crawl.finished_at <= now)
        ).all()
    return len({end.date() for end in ends if end is not None}) >= SETTLED_DAYS


def _cutoff(config: Config, what: str) -> dt.datetime:
    return config.now() - dt.timedelta(days=PERIODS[what].days)


def _due_files(config: Config) -> list[Path]:
    """Archive files of which every capture is old enough; what no row of the database cites is asked itself."""
    cutoff = _cutoff(config, "archive")
    with config.engine.connect() as connection:
        query = select(Capture.archive, func.max(Capture.fetched_at)).group_by(Capture.archive)
        known: dict[str, dt.datetime] = {row[0]: row[1] for row in connection.execute(query)}
    due = []
    for path in sorted(config.archive_dir.glob("*.warc.gz")):
        if path.name.endswith(".expired.warc.gz"):
            continue
        if path.name in known and known[path.name] >= cutoff:
            continue
        last = newest(path)
        if last is not None and last < cutoff:
            due.append(path)
    return due


def _texts(config: Config) -> list[tuple[str, Update]]:
    """The statement of each table that takes away what has been kept long enough."""
    later = aliased(Page)
    newer = exists().where(
        later.source_id == Page.source_id,
        later.subject == Page.subject,
        later.role == Page.role,
        later.observed_at > Page.observed_at,
    )
    complaint = update(Complaint).where(
        Complaint.filed_at < _cutoff(config, "complaint"),
        Complaint.text.is_not(None) | Complaint.title.is_not(None),
    )
    page = update(Page).where(Page.observed_at < _cutoff(config, "page"), Page.text.is_not(None), newer)
    dispute = update(Dispute).where(Dispute.decided_at < _cutoff(config, "dispute"), Dispute.text != "")
    review = update(Review).where(
        Review.decided_at < _cutoff(config, "review"),
        Review.note.is_not(None) | (cast(Review.detail, String) != "{}"),
    )
    response = update(Response).where(
        Response.withdrawn_at < _cutoff(config, "response"), Response.text != ""
    )
    return [
        ("complaint", complaint.values(text=None, title=None)),
        ("page", page.values(text=None)),
        ("dispute", dispute.values(text="")),
        ("review", review.values(detail={}, note=None)),
        ("response", response.values(text="")),
    ]


def _count(connection: Connection, statement: Update) -> int:
    """How many rows the statement would change."""
    table = statement.entity_description["table"]
    found = select(func.count()).select_from(table).where(*statement._where_criteria)
    return int(connection.execute(found).scalar_one())


def _out_of_snapshots(config: Config) -> int:
    """Take the text and pictures of captures that are gone out of every snapshot; returns how many snapshots were sealed anew."""
    gone = _gone(config)
    unfinished = set(erasing_files.marked(config.data_dir))
    sealed = 0
    for folder in snapshot_folders(config.data_dir):
        texts = [text for text in folder.glob("captures/*") if text.stem in gone]
        if not texts and folder not in unfinished:
            continue
        erasing_files.mark(folder)
        for text in texts:
            text.unlink()
        before, after, manifest = erasing_files.seal(folder)
        register(config, {"manifests": {before: after}})
        erasing_files.finish(folder, manifest)
        sealed += 1
    return sealed


def _gone(config: Config) -> set[str]:
    """Payload hashes of which no capture holds the content any more."""
    expired, held = set(), set()
    names = erasures(config.data_dir)["expired"]
    with config.engine.connect() as connection:
        for name, sha256 in connection.execute(select(Capture.archive, Capture.payload_sha256)):
            (expired if name in names and not (config.archive_dir / name).exists() else held).add(sha256)
    return expired - held
