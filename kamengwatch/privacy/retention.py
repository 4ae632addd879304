"""Retention: how long what may concern a person is kept (docs/trust.md shows the table), and letting it go: archive, texts, snapshots.

Facts that name nobody (dates, counts, states, hashes) are kept for good: a past rating can be computed again from them. A thinned snapshot
keeps its manifest and sums, through which `verify` follows the chain of hashes; what `latest` shows is never touched. The register of
erasures knows before the bytes change; snapshots are sealed anew, so that `verify` holds. Run twice, or killed and run again, it ends the same.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Connection, String, Update, case, cast, exists, func, select, update
from sqlalchemy.orm import aliased

from kamengwatch.config import Config
from kamengwatch.console import bar, log_line, print_answer, tell_json
from kamengwatch.maintain.integrity import STAYS, erasures, register, snapshot_folders
from kamengwatch.privacy import file_erasure
from kamengwatch.review import report_life
from scoring.snapshot.integrity import manifest_of
from store.archive.retention import expire_file, newest
from store.china_time import SHANGHAI
from store.db.tables import Capture, Complaint, Crawl, Dispute, Mention, Page, RatedRun, Response, Review


@dataclass(frozen=True)
class Period:
    """What is let go, how many days after what, and what stays."""

    what: str
    days: int
    since: str
    goes: str
    stays: str


PERIODS = {
    period.what: period
    for period in (
        Period("archive", 730, "the newest capture of the file", "the pages' content", "host, time, both hashes"),
        Period("complaint", 730, "it was filed", "title and text", "day, kinds, amount, status, link"),
        Period("mention", 730, "it was said, or an old page was read", "title and text", "day, kinds, link, state"),
        Period("page", 730, "it was seen, and a newer one of the same role is known", "text", "day, role, signs"),
        Period("dispute", 730, "it was decided", "the objection's text", "dates, outcome and reason"),
        Period("review", 365, "it was decided", "details and note", "what was decided, and when"),
        Period("response", 90, "it was withdrawn", "the text", "dates"),
        Period("snapshot", 90, "it was made, unless it is the last of its month or the newest", "tables and pages", "manifest and sums"),
        Period("rating", 30, "it was made, unless it is published or the newest", "its tables", "when, of which day, its hash"),
    )
}  # fmt: skip
SETTLED_DAYS = 7
"""Nothing is let go unless crawls of so many different days lie in the last thirty: a clock that jumped must not destroy."""


def due_snapshots(config: Config, before: dt.datetime) -> list[Path]:
    """Snapshots made before a moment that are neither the last of their month nor `latest`, and those a kill left half thinned."""
    begun = erasures(config.data_dir)["thinned"]
    made = dict(_made(config))
    last = {
        f"{at.astimezone(SHANGHAI):%Y-%m}": folder for folder, at in sorted(made.items(), key=lambda m: m[1])
    }
    kept = {*last.values(), (config.data_dir / "snapshots/latest").resolve()}
    kept |= {
        folder.with_name(str(partial.get("of")))
        for folder in kept
        if (partial := manifest_of(folder).get("partial"))
    }
    due = (f for f, at in made.items() if f.name in begun or (at < before and not {f, f.resolve()} & kept))
    return sorted(folder for folder in due if any(p.name not in STAYS for p in folder.iterdir()))


def _made(config: Config) -> Iterator[tuple[Path, dt.datetime]]:
    """Every snapshot whose manifest can be read, and when it was made; what is wrong with the others `verify` says."""
    for folder in snapshot_folders(config.data_dir):
        try:
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
            yield folder, dt.datetime.fromisoformat(manifest["created_at"])
        except (OSError, ValueError, KeyError, TypeError):
            continue


def thin(folder: Path) -> None:
    """Leave only the manifest and the sums; killed and begun again, it ends the same."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in STAYS:
            path.unlink()


def due_ratings(config: Config, before: dt.datetime) -> list[Path]:
    """Folders of ratings finished before a moment, but not of the newest one or the one `latest` was made of."""
    try:
        shown = json.loads((config.data_dir / "snapshots/latest/manifest.json").read_text("utf-8"))[
            "rated_run"
        ]
    except (OSError, ValueError, KeyError):
        return []
    with config.engine.connect() as connection:
        runs = connection.execute(select(RatedRun.folder, RatedRun.finished_at).order_by(RatedRun.id)).all()
    kept = {shown, *(run.folder for run in runs[-1:])}
    old = {run.folder for run in runs if run.finished_at < before} - kept
    return sorted(path for name in old if (path := config.data_dir / "rated" / name).is_dir())


def expire(config: Config, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let go of everything whose period has ended; with `dry_run` only say what. Nothing happens while the clock is in doubt."""
    if not (yes or dry_run or _settled(config)):
        log_line(
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
    snapshots = due_snapshots(config, _cutoff(config, "snapshot"))
    ratings = due_ratings(config, _cutoff(config, "rating"))
    done |= {"snapshot": len(snapshots), "rating": len(ratings)}
    if not dry_run:
        report_life.write_states(config)
        _thin(config, snapshots, ratings)
        done["snapshots"] = _out_of_snapshots(config)
    if as_json:
        tell_json({"dry_run": dry_run, **done})
        return
    for what, n in done.items():
        days = f" ({PERIODS[what].days} d)" if what in PERIODS else ""
        print_answer(f"{what}{days}: {n}")


def _thin(config: Config, snapshots: list[Path], ratings: list[Path]) -> None:
    """Shrink snapshots, which the register knows before, and take ratings away."""
    if not snapshots and not ratings:
        return
    with FileLock(config.data_dir / "snapshots" / ".lock"):
        if snapshots:
            register(config, {"thinned": [folder.name for folder in snapshots]})
        for folder in snapshots:
            thin(folder)
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
    mention = update(Mention).where(
        # What a site said on an archived page is old when it is read.
        case((Mention.source_id == "archives", Mention.seen_at), else_=Mention.said_at)
        < _cutoff(config, "mention"),
        Mention.text.is_not(None) | Mention.title.is_not(None),
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
        ("mention", mention.values(text=None, title=None)),
        ("page", page.values(text=None)),
        ("dispute", dispute.values(text="")),
        ("review", review.values(detail={}, note=None, code=None)),
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
    unfinished = set(file_erasure.marked(config.data_dir))
    sealed = 0
    for folder in snapshot_folders(config.data_dir):
        texts = [text for text in folder.glob("captures/*") if text.stem in gone]
        if not texts and folder not in unfinished:
            continue
        file_erasure.mark(folder)
        for text in texts:
            text.unlink()
        before, after, manifest = file_erasure.seal(folder)
        register(config, {"manifests": {before: after}})
        file_erasure.finish(folder, manifest)
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
