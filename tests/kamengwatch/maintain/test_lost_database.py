"""Absence is not health: an archive or snapshots without their database stop what would judge or publish, with one line and the remedy."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kamengwatch.config import Config
from store.evidence.crawl_ledger import start_crawl
from tests.support.data.kept import kept
from tests.support.programs.in_process_cli import command

DATABASE = "kamengwatch.db"
STOPPED = (("rate",), ("publish",), ("run", "--no-serve"), ("schedule",), ("crawl", "--due"))


@pytest.fixture(autouse=True)
def contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAMENGWATCH_CONTACT", "watch@a.example")
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-30T10:00:00+00:00")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with archive, rating and two snapshots."""
    kept(tmp_path / "data").engine.dispose()
    return tmp_path / "data"


def gone(data: Path) -> None:
    for file in data.glob(DATABASE + "*"):
        file.unlink()


def empty(data: Path) -> None:
    gone(data)
    (data / DATABASE).touch()


def new(data: Path) -> None:
    """A database with tables and nothing in them, as an earlier version made one by itself."""
    gone(data)
    Config(data.parent / "other").engine.dispose()
    shutil.copy(data.parent / "other" / DATABASE, data / DATABASE)


def older(data: Path) -> None:
    """The state before the last rating."""
    _change(data, "delete from rated_run where id = (select max(id) from rated_run)")


def of_another(data: Path) -> None:
    """Crawls of the same numbers, but of other times."""
    _change(
        data, "update crawl set finished_at = datetime(finished_at, '-1 hour') where source_id = 'heimao'"
    )


def _size(data: Path) -> int | None:
    file = data / DATABASE
    return file.stat().st_size if file.exists() else None


def _change(data: Path, statement: str) -> None:
    with sqlite3.connect(data / DATABASE) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("harm", [gone, empty, new, older, of_another])
def test_what_judges_or_publishes_stops_with_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], harm: Callable[[Path], None]
) -> None:
    harm(data)
    before = sorted(p.name for p in data.glob("snapshots/*")), _size(data)
    for words in STOPPED:
        said = command(capsys, *words, "--data-dir", data, expect=2)
        assert "kamengwatch restore" in said.err and len(said.err.strip().splitlines()) == 1, said.err
    told = command(capsys, "doctor", "--data-dir", data, expect=1).out
    (line,) = [line for line in told.splitlines() if "数据库 database" in line]
    assert line.startswith("▲") and "kamengwatch restore" in line
    after = sorted(p.name for p in data.glob("snapshots/*")), _size(data)
    assert after == before, "nothing was published, and no database was made in the place of the lost one"


def test_an_archive_file_of_a_crawl_the_database_does_not_know_is_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data)
    at = config.now().replace(2026, 3, 30, 5, 0, 0, 0)
    number = start_crawl(config.engine, "heimao:killed", "heimao", at).id
    config.engine.dispose()
    killed = data / "archive" / f"heimao-20260330T050000Z-{number}-2.warc.gz"
    killed.touch()
    command(capsys, "rate", "--as-of", "2026-03-30", "--data-dir", data)
    killed.rename(killed.with_name(f"heimao-20260330T050000Z-{number + 1}.warc.gz"))
    said = command(capsys, "rate", "--as-of", "2026-03-30", "--data-dir", data, expect=2).err
    assert f"heimao-20260330T050000Z-{number + 1}.warc.gz" in said and "older" in said


def test_a_restored_backup_is_rated_and_published_again(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(capsys, "backup", "-o", tmp_path / "b.tar", "--data-dir", data)
    gone(data)
    command(capsys, "restore", tmp_path / "b.tar", "--data-dir", tmp_path / "back")
    for words in (("rate", "--as-of", "2026-03-30"), ("publish",)):
        command(capsys, *words, "--data-dir", tmp_path / "back")


def test_what_needs_no_database_goes_on(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone(data)
    assert "a.example" in command(capsys, "rank", "--data-dir", data).out


def test_doctor_reads_every_page_of_the_database(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = data / DATABASE
    with sqlite3.connect(file) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        (page,) = connection.execute("select max(pageno) from dbstat where name = 'complaint'").fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    connection.close()
    body = bytearray(file.read_bytes())
    body[(page - 1) * size + 8 : page * size] = b"\xff" * (size - 8)
    file.write_bytes(body)
    told = json.loads(command(capsys, "doctor", "--json", "--data-dir", data, expect=1).out)
    (found,) = [line for line in told if "database" in line["what"] and line["state"] == "bad"]
    assert "restore" in found["remedy"]


def test_under_a_clock_that_is_behind_nothing_is_published_and_doctor_tells(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(p.name for p in (data / "snapshots").iterdir())
    for now in ("2026-03-30T05:30:00+00:00", "2026-03-30T00:30:00+00:00", "2020-01-01T00:00:00+00:00"):
        monkeypatch.setenv("KAMENGWATCH_NOW", now)
        said = command(capsys, "publish", "--data-dir", data, expect=2).err
        assert "timedatectl" in said and len(said.strip().splitlines()) == 1
        assert "▲ 时钟 clock" in command(capsys, "doctor", "--data-dir", data, expect=1).out
    assert sorted(p.name for p in (data / "snapshots").iterdir()) == before


def test_once_a_person_says_that_the_clock_is_right_it_publishes_again_and_a_later_fault_is_still_seen(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--data-dir", data)
    _change(
        data,
        "insert into crawl (key, source_id, started_at, finished_at, outcome, whole_source, requests, records, demo) "
        "values ('ahead', 'heimao', '2027-05-01 00:00:00', '2027-05-01 00:00:00', 'ok', 0, 0, 0, 0)",
    )
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-31T12:00:00+00:00")
    said = command(capsys, "publish", *words, expect=2).err
    assert "publish --allow-older" in said and "2027-05-01" in said
    command(capsys, "publish", "--allow-older", *words)
    command(capsys, "publish", *words)
    assert "● 时钟 clock" in command(capsys, "doctor", *words, expect=None).out
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-01T12:00:00+00:00")
    assert "publish --allow-older" in command(capsys, "publish", *words, expect=2).err
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-31T12:00:00+00:00")
    (data / "clock.json").write_text("{")
    assert "2027-05-01" in command(capsys, "publish", *words, expect=2).err, "a damaged word confirms nothing"
