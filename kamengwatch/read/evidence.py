"""Show and verify evidence: every capture re-hashed from the archive, every snapshot file from its sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, print_answer, tell_json
from scoring.snapshot.integrity import integrity_errors
from scoring.snapshot.reader import Snapshot, SnapshotError
from store.archive import warc
from store.db.tables import Capture


def show(config: Config, id_: str, as_json: bool) -> None:
    """One row of the published evidence table, with the state of its archived capture."""
    try:
        rows = Snapshot.latest(config.data_dir).rows("select * from evidence where id = ?", [id_])
    except SnapshotError as error:
        raise UserError(str(error)) from error
    if not rows:
        raise UserError(f"{id_}: 快照里没有这条证据 no such evidence in the latest snapshot")
    row = rows[0]
    row["archive_state"] = _state(config, row)
    if as_json:
        tell_json(row)
        return
    for key in (
        "id",
        "host",
        "tier",
        "claim_zh",
        "claim_en",
        "source",
        "link",
        "event_on",
        "seen_at",
        "sha256",
        "archive_state",
    ):
        print_answer(f"{key:14} {row[key] if row[key] is not None else '—'}")


def _state(config: Config, row: dict[str, object]) -> str:
    if not row["archive"]:
        return "no capture of ours 无本站存档"
    try:
        found = warc.read(config.archive_dir, str(row["archive"]), int(str(row["offset"])))
    except warc.ErasedCapture as error:
        return f"erased on {error.at[:10]} 已应个人请求删除"
    except warc.ExpiredCapture as error:
        same = error.sha256 == row["sha256"]
        return f"expired on {error.at[:10]} 保存期满已移除" if same else "altered 与登记的哈希不符"
    except warc.ArchiveError as error:
        return f"missing 缺失: {error}"
    return "intact 完好" if found.sha256 == row["sha256"] else "altered 与登记的哈希不符"


def verify(config: Config, as_json: bool) -> None:
    """Re-hash all captures and the latest snapshot; raises Failure (exit 1) when anything is missing or altered."""
    from kamengwatch.maintain.integrity import erasures

    with bar(config.say("核对存证", "verifying")) as progress:
        checked, wrong = wrong_captures(config, erasures(config.data_dir), progress.advance)
    files = 0
    if (config.data_dir / "snapshots" / "latest").exists():
        try:
            snapshot = Snapshot.latest(config.data_dir)
            wrong += [
                f"snapshot {snapshot.id}: {fault}"
                for folder in snapshot.folders
                for fault in integrity_errors(folder)
            ]
            files = sum(path.is_file() for folder in snapshot.folders for path in folder.rglob("*"))
        except (SnapshotError, OSError) as error:
            wrong.append(f"snapshot latest: {error}")
    if as_json:
        tell_json({"captures": checked, "files": files, "wrong": wrong})
    else:
        for line in wrong[:50]:
            print_answer(line)
        print_answer(
            config.say(
                f"核对了 {checked} 份存证与 {files} 个快照文件，{len(wrong)} 处不符。",
                f"Checked {checked} capture(s) and {files} snapshot file(s); {len(wrong)} [differs|differ].",
            )
        )
    if wrong:
        raise Failure(f"{len(wrong)} 处与登记不符 differ from what was recorded")


def wrong_captures(
    config: Config, register: dict[str, Any], advance: Callable[[], None]
) -> tuple[int, list[str]]:
    """Re-hash every capture; returns how many there are and a line for each that is missing or altered.

    One whose content was erased, or let go after its period, is in order only if the `register` of erasures says so.
    """
    wrong: list[str] = []
    with config.engine.connect() as connection:
        rows = connection.execute(
            select(Capture.archive, Capture.offset, Capture.url, Capture.payload_sha256).order_by(
                Capture.archive, Capture.offset
            )
        ).all()
    for row in rows:
        try:
            if warc.read(config.archive_dir, row.archive, row.offset).sha256 != row.payload_sha256:
                wrong.append(f"{row.archive}:{row.offset} {row.url}: 与登记的哈希不符 altered")
        except warc.ErasedCapture as error:
            if (row.archive, row.offset) not in register["captures"]:
                wrong.append(f"{error}，但未登记 but the register of erasures does not say so")
        except warc.ExpiredCapture as error:
            if row.archive not in register["expired"] or error.sha256 != row.payload_sha256:
                wrong.append(f"{error}，但未登记或哈希不符 but the register says otherwise, or another hash")
        except warc.ArchiveError as error:
            wrong.append(str(error))
        advance()
    return len(rows), wrong
