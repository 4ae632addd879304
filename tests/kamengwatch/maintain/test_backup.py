"""backup, restore: a copy is whole and consistent, comes back whole or not at all, and is its owner's alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import stat
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kamengwatch.config import Config
from store.db.tables import Probe
from tests.support.markets.records import platform, probe
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.programs.killed import Job
from tests.support.programs.workers import busy


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and not p.is_symlink() and not p.name.startswith(".") and ".db" not in p.name
    }


@pytest.mark.parametrize("ending", ["tar", "tar.gz"])
def test_a_backup_comes_back_as_it_was(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    (whole / "complainant-keys").mkdir(exist_ok=True)
    (whole / "complainant-keys" / "2026Q1.key").write_bytes(b"k" * 32)
    file, new = tmp_path / f"b.{ending}", tmp_path / "new"
    command(capsys, "backup", "-o", file, "--data-dir", whole)
    command(capsys, "restore", file, "--data-dir", new)
    before = {k: v for k, v in content(whole).items() if not k.startswith("complainant-keys")}
    assert content(new) == before, "secrets that are destroyed in time do not go into a copy"
    assert os.readlink(new / "snapshots/latest") == os.readlink(whole / "snapshots/latest")
    command(capsys, "verify", "--data-dir", new)
    said = command(capsys, "restore", file, "--data-dir", new, expect=2)
    assert "empty" in said.err and content(new) == before
    assert {p.name for p in tmp_path.iterdir()} == {"new", file.name}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("backup", "-o", "b.zip"), "b.zip"),
        (("backup", "-o", "gone/b.tar"), "gone"),
        (("backup", "-o", "b.tar", "--database", "postgresql://u:secret@localhost/x"), "pg_dump"),
        (("backup", "-o", "b.tar"), "nothing"),
        (("restore", "nowhere.tar"), "nowhere.tar"),
    ],
)
def test_a_mistake_is_one_line(
    data_dir: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], named: str
) -> None:
    said = command(capsys, *words, expect=2)
    assert named in said.err and "secret" not in said.err and len(said.err.strip().splitlines()) == 1


def test_a_backup_during_an_import_is_an_earlier_whole_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = tmp_path / "data", tmp_path / "e.jsonl"
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    times = ((at + dt.timedelta(minutes=n)).isoformat() for n in range(14_999))
    lines = [platform(), *(probe(1, observed_at=time) for time in times)]
    file.write_text("".join(json.dumps(r) + "\n" for r in lines), "utf-8")
    running = forked.start(["import", str(file), "--data-dir", str(data)], os.environ, tmp_path)
    seen = []
    try:
        while running.is_alive():
            if (data / "kamengwatch.db").exists() and len(seen) < 3:
                out = tmp_path / f"b{len(seen)}.tar"
                try:
                    command(capsys, "backup", "-o", out, "--data-dir", data)
                    seen.append(out)
                except AssertionError:
                    assert not seen, "only before the database has its tables"
            time.sleep(0.1)
    finally:
        running.join(120)
    assert running.exitcode == 0 and seen
    counts = []
    for n, out in enumerate(seen):
        new = tmp_path / f"new{n}"
        command(capsys, "restore", out, "--data-dir", new)
        command(capsys, "verify", "--data-dir", new)
        with Config(new).engine.connect() as connection:
            counts.append(connection.execute(select(func.count()).select_from(Probe)).scalar_one())
    assert counts == sorted(counts)
    assert all((n + 1) % 5_000 == 0 or n == 0 for n in counts), counts


def test_a_killed_restore_or_backup_leaves_nothing_half(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.tar.gz"
    command(capsys, "backup", "-o", file, "--data-dir", whole)
    for n, after in enumerate((0.1, 0.2, 0.4)):
        new, out = tmp_path / f"new{n}", tmp_path / f"out{n}.tar"
        for words in (["restore", str(file), "--data-dir", str(new)], ["backup", "-o", str(out), "--data-dir", str(whole)]):  # fmt: skip
            Job(words, tmp_path / "said").killed(after)
        if not new.exists():
            command(capsys, "restore", file, "--data-dir", new)
        command(capsys, "verify", "--data-dir", new)
        assert not list(tmp_path.glob(f".{new.name}.restoring-*"))
        if out.exists():
            command(capsys, "restore", out, "--data-dir", tmp_path / f"copy{n}")


def _open_to_others(folder: Path) -> list[str]:
    """What group or others may read of the database, the archive and the folder itself."""
    kept = [folder, *folder.glob("kamengwatch.db*"), folder / "archive", *(folder / "archive").iterdir()]
    return [path.name for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.parametrize("name", ["a b\n查证#1&x", "what?now=[1] 100%25 %20"])
def test_database_archive_and_backup_are_the_owners_alone_in_a_folder_of_any_name(
    whole: Path, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    old = os.umask(0)
    try:
        folder, file = tmp_path / name, tmp_path / f"{name}.tar.gz"
        command(capsys, "restore", backup, "--data-dir", folder)
        assert _open_to_others(folder) == []
        (folder / "kamengwatch.db").chmod(0o644)
        (folder / "archive").chmod(0o755)
        config = Config(folder)
        with config.engine.begin() as connection:
            connection.exec_driver_sql("create table open_to_others (n)")
            assert _open_to_others(folder) == [], "SQLite's log and shared memory are as the database"
        config.engine.dispose()
        assert json.loads(command(capsys, "verify", "--json", "--data-dir", folder).out)["wrong"] == []
        command(capsys, "backup", "-o", file, "--data-dir", folder)
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077
        command(capsys, "rate", "--as-of", "2026-03-30", "--data-dir", folder)
        new = tmp_path / f"{name}2"
        command(capsys, "restore", file, "--data-dir", new)
        with Config(new).engine.connect() as connection:
            connection.exec_driver_sql("select * from open_to_others")
    finally:
        os.umask(old)
    assert {p.name for p in tmp_path.iterdir()} == {name, file.name, new.name}, "and no file beside it"


def test_what_a_killed_backup_leaves_is_removed_by_the_next_and_by_privacy(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, away = tmp_path / "da[t]a", tmp_path / "away\nnew"
    shutil.copytree(whole, data, symlinks=True)
    away.mkdir()
    (tmp_path / ".da[t]a.restoring-1").mkdir()
    for words in (("privacy", "find", "13800001234"), ("backup", "-o", tmp_path / "b.tar")):
        left = _killed(data, away / "b.tar.gz")
        assert left, "the backup was killed before it was whole"
        command(capsys, *words, "--data-dir", data)
        assert not list(away.iterdir()) and not (tmp_path / ".da[t]a.restoring-1").exists()


def _killed(data: Path, out: Path) -> list[Path]:
    """What lies beside `out` after a backup that was killed while it wrote there."""
    (said := data.parent / "said").mkdir(exist_ok=True)
    slow = {"kamengwatch.maintain.backup._add": busy}
    words = ["backup", "-o", str(out), "--data-dir", str(data)]
    running = forked.start(words, os.environ, said, constants=slow)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(p.stat().st_size for p in out.parent.glob(".*.db")):
        time.sleep(0.02)
    running.kill()
    running.join()
    left = list(out.parent.iterdir())
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in left)
    return left
