"""Is everything as it was recorded? Archive re-hashed, database checked, every published snapshot and the chain between them.

What was erased on a person's request (kamengwatch/privacy/erasure.py) is no fault where the register of erasures says so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, print_answer, tell_json
from kamengwatch.read.evidence import wrong_captures
from scoring.snapshot import stamps
from scoring.snapshot.integrity import integrity_errors, manifest_of
from scoring.snapshot.reader import SIGNATURE
from store.durable_files import append_line
from store.evidence.capture_rows import root_of

REGISTER = "erasures.jsonl"
"""What was erased, when and where, never whose: one JSON object a line, in the data folder."""
STAYS = frozenset({"manifest.json", "SHA256SUMS", SIGNATURE})
"""What stays of a snapshot that was let go: the chain of hashes runs through it."""
_JUDGED = ("host", "verdict", "grade", "score", "score_low", "score_high", "warning_state", "tier")
_RESTORE = "用备份恢复 restore a backup: kamengwatch restore"
_AGAIN = "重新发布 publish again: kamengwatch rate && kamengwatch publish"


def verify(config: Config, as_json: bool) -> None:
    """Print one line per fault, naming the file and the remedy; raises Failure (exit 1) when there is any."""
    if not config.data_dir.is_dir():
        raise UserError(f"{config.data_dir}: 没有这个目录 no such folder; 先 first: kamengwatch run")
    erased = erasures(config.data_dir)
    with bar(config.say("核对存证", "verifying the archive")) as progress:
        checked, faults = wrong_captures(config, erased, progress.advance)
        wrong = [(fault, _RESTORE) for fault in faults]
        progress.note(config.say("数据库", "database"))
        wrong += [(fault, _RESTORE) for fault in database_faults(config)]
        progress.note(config.say("快照", "snapshots"))
        snapshots = snapshot_folders(config.data_dir)
        wrong += list(snapshot_faults(config.data_dir, snapshots, erased))
        wrong += [(f"snapshots/{name}: {fault}", _RESTORE) for name, fault in stamp_errors(snapshots)]
        wrong += [(fault, _RESTORE) for fault in archive_faults(config, snapshots)]
    if as_json:
        lines = [{"fault": fault, "remedy": remedy} for fault, remedy in wrong]
        tell_json({"captures": checked, "snapshots": len(snapshots), "wrong": lines})
    else:
        for fault, remedy in wrong:
            print_answer(f"{fault} → {remedy}")
        print_answer(
            config.say(
                f"核对了 {checked} 份存证、数据库与 {len(snapshots)} 个快照：{len(wrong)} 处不符。",
                f"Checked {checked} capture(s), the database and {len(snapshots)} snapshot(s): {len(wrong)} fault(s).",
            )
        )
    if wrong:
        raise Failure(f"{len(wrong)} 处与登记不符 differ from what was recorded")


def stamp_errors(folders: list[Path]) -> Iterator[tuple[str, str]]:
    """(file, what is wrong) of the time stamps kept of the snapshots, checked with the certificates the operator trusts."""
    from kamengwatch.maintain.time_stamps import trusted_certificates

    trusted, headers = trusted_certificates(), stamps.read_headers(folders[0].parent) if folders else {}
    for folder in folders:
        if (folder / "manifest.json").is_file():
            yield from (f for f in stamps.stamps_of(folder, trusted, headers) if isinstance(f, tuple))


def archive_faults(config: Config, folders: list[Path]) -> Iterator[str]:
    """Where the rows of captures are not those whose hash a published manifest names."""
    manifests = {folder.name: manifest_of(folder) for folder in folders}
    with config.engine.connect() as connection:
        for folder in folders:
            said = manifests[folder.name].get("archive")
            if not isinstance(said, dict):
                continue
            try:
                # By the chain, not by name: after a clock went back the next snapshot's name is the smaller one.
                previous = (manifests[folder.name].get("previous") or {}).get("name")
                before = manifests.get(previous, {}).get("archive") or {}
                now = root_of(connection, before, int(said["through"]), [int(n) for n in said["open"]])
                same = now == said
            except (KeyError, TypeError, ValueError):
                same = False
            if not same:
                yield f"snapshots/{folder.name}: 存证登记与发布时的根不符 the captures on record are not those whose root it published"


def database_faults(config: Config) -> list[str]:
    """What the database itself says is broken; PostgreSQL holds its constraints at all times and is only asked to answer."""
    with config.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(text("select 1"))
            return []
        said = [str(r[0]) for r in connection.execute(text("pragma integrity_check(20)"))]
        faults = [f"{config.database_url.rsplit('/', 1)[-1]}: {line}" for line in said if line != "ok"]
        for row in connection.execute(text("pragma foreign_key_check")).all()[:20]:
            faults.append(f"{row[0]} #{row[1]}: 指向不存在的行 points to a missing row of {row[2]}")
        return faults


def snapshot_folders(data_dir: Path) -> list[Path]:
    """Every published snapshot by name; what a killed publication left is none."""
    base = data_dir / "snapshots"
    folders = (p for p in base.iterdir() if p.is_dir() and not p.is_symlink()) if base.is_dir() else ()
    return sorted(p for p in folders if not p.name.startswith("."))


def snapshot_faults(data_dir: Path, folders: list[Path], erased: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(fault, remedy) of each file that differs from its sums and of each broken link of the chain between snapshots."""
    manifests: dict[str, str] = {}
    for folder in folders:
        file = folder / "manifest.json"
        if file.is_file():
            manifests[folder.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    latest = data_dir / "snapshots" / "latest"
    if folders and latest.resolve() not in {
        folder.resolve() for folder in folders if folder.name in manifests
    }:
        yield "snapshots/latest: 没有指向这里的任何快照 points at no snapshot here", _AGAIN
    for folder in folders:
        stem = f"snapshots/{folder.name}"
        if folder.name not in manifests:
            yield f"{stem}/manifest.json: 缺失 missing", _RESTORE
            continue
        here = STAYS if folder.name in erased["thinned"] else None
        yield from ((f"{stem}/{fault}", _RESTORE) for fault in integrity_errors(folder, here))
        manifest = manifest_of(folder)
        if here is None and _rewritten(data_dir, folder, str(manifest.get("rated_run"))):
            yield (
                f"{stem}/ratings.parquet: 与当时的评级不同 says otherwise than the rating it was made from",
                _RESTORE,
            )
        if (before := manifest.get("previous")) is None:
            continue
        if broken := _broken(before, manifests, erased["manifests"]):
            yield f"{stem}: {broken}", _RESTORE


def _rewritten(data_dir: Path, folder: Path, run: str) -> bool:
    """Whether a snapshot's labels and scores differ from those of its rating, which is kept for a while; an erasure changes neither."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    rated = data_dir / "rated" / Path(run).name / "ratings.parquet"
    if not (folder / "ratings.parquet").is_file():
        return False  # a partial snapshot: its sites were rated since
    if not rated.is_file():
        return False
    try:
        columns = [name for name in _JUDGED if name in pq.read_schema(rated).names]
        first, second = (pq.read_table(file, columns=columns) for file in (rated, folder / "ratings.parquet"))
    except (OSError, ArrowException, KeyError):
        return False  # what is missing or damaged has a line of its own
    return not first.equals(second)


def _broken(before: Any, manifests: dict[str, str], replaced: dict[str, str]) -> str | None:
    """What is wrong about the link of the chain from a snapshot to the one `before` it, as its manifest names that."""
    try:
        name, digest = str(before["name"]), str(before["sha256"])
    except (TypeError, KeyError):
        return "manifest.json: 损坏，没有说明前一个快照 damaged, it does not name the snapshot before"
    now = manifests.get(name)
    if now is None:
        return f"前一个快照 {name[:80]} 缺失 the snapshot before it is missing"
    if now != digest and now not in _later(digest, replaced):
        return f"与前一个快照 {name[:80]} 的哈希链断开 the hash chain to it is broken"
    return None


def _later(digest: str, replaced: dict[str, str]) -> set[str]:
    """Every manifest hash that recorded erasures have put in the place of `digest`."""
    out: set[str] = set()
    while (digest := replaced.get(digest, "")) and digest not in out:
        out.add(digest)
    return out


def register(config: Config, what: dict[str, Any]) -> None:
    """Add one line to the register of erasures, on the disk before this returns; what it speaks of happens after."""
    line = {"at": config.now().astimezone(dt.UTC).isoformat(), **what}
    append_line(config.data_dir / REGISTER, json.dumps(line))


def erasures(data_dir: Path) -> dict[str, Any]:
    """What the register of erasures accounts for: `captures` (archive, offset), `expired` (archive files), `thinned` (snapshots), `manifests` (old -> new hash)."""
    out: dict[str, Any] = {"captures": set(), "expired": set(), "thinned": set(), "manifests": {}}
    register = data_dir / REGISTER
    for line in register.read_text("utf-8").splitlines() if register.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # A kill while it was written: what it would account for shows up as a fault.
        out["captures"] |= {(c["archive"], c["offset"]) for c in entry.get("captures", ())}
        out["expired"] |= set(entry.get("expired", ()))
        out["thinned"] |= set(entry.get("thinned", ()))
        out["manifests"] |= entry.get("manifests", {})
    return out
