"""Faults of the machine: one clear line with cause and remedy, nothing torn, and the next run reaches the clean state."""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update

from kamengwatch.config import Config
from kamengwatch.pipeline.crawl import cards, plan
from store.archive.warc import ArchiveWriter, iterate
from store.db.engine import open_engine
from store.db.tables import Crawl
from store.evidence.crawl_ledger import OWN_LINE, register_sources
from tests.support.data.database_state import state
from tests.support.data.kept import NOW, kept
from tests.support.markets.records import complaint, platform, probe
from tests.support.programs.in_process_cli import command


@contextmanager
def full_disk(bytes_: int) -> Iterator[None]:
    """No file of this process grows beyond `bytes_`: what a full disk looks like without being root (EFBIG for ENOSPC)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("faults") / "data").data_dir


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(whole, copy, symlinks=True)
    return copy


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """Evidence that takes more than one batch."""
    file = tmp_path / "more.jsonl"
    lines = [platform(), *(complaint(n, text=f"第{n}单付了款，一直没到账") for n in range(100, 900))]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return file


def one_line(said: str, remedy: str) -> None:
    (line,) = said.strip().splitlines()[-1:]
    assert line.startswith("错误 error: ") and remedy in line and "Traceback" not in said, said


def snapshots(data: Path) -> list[str]:
    return sorted(p.name for p in (data / "snapshots").iterdir() if p.is_dir() and not p.is_symlink())


def test_an_import_onto_a_full_disk_names_it_and_is_done_by_the_next(
    data: Path, more: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = tmp_path / "clean"
    shutil.copytree(data, clean, symlinks=True)
    command(capsys, "import", more, "--data-dir", clean)
    with full_disk(150_000):
        one_line(command(capsys, "import", more, "--data-dir", data, expect=2).err, "disk")
    command(capsys, "verify", "--data-dir", data)
    command(capsys, "import", more, "--data-dir", data)
    assert state(data) == state(clean)


@pytest.mark.parametrize(
    "words", [("rate", "--as-of", "2026-03-30"), ("publish",), ("backup", "-o", "copy.tar")]
)
def test_what_a_full_disk_stopped_leaves_nothing_torn(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-31T12:00:00+00:00")
    before, latest = snapshots(data), os.readlink(data / "snapshots/latest")
    shutil.rmtree(data / "rated") if words[0] == "rate" else None
    with full_disk(3_000 if words[0] != "backup" else 60_000):
        one_line(command(capsys, *words, "--data-dir", data, expect=2).err, "disk")
    assert (snapshots(data), os.readlink(data / "snapshots/latest")) == (before, latest)
    assert not (tmp_path / "copy.tar").exists()
    command(capsys, "verify", "--data-dir", data)
    command(capsys, *words, "--data-dir", data)
    command(capsys, "verify", "--data-dir", data)
    assert not list((data / "snapshots").glob(".tmp-*"))


def test_a_capture_the_disk_did_not_take_is_taken_away_whole(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, "a") as archive:
        first = archive.write("http://a.test/", NOW, 200, [], b"kept")
        with full_disk(1_000), pytest.raises(OSError):
            archive.write("http://a.test/2", NOW, 200, [], os.urandom(100_000))
        third = archive.write("http://a.test/3", NOW, 200, [], b"room again")
    assert [(at, found.payload) for at, found in iterate(tmp_path / "a.warc.gz")] == [
        (first.offset, b"kept"), (third.offset, b"room again"),
    ]  # fmt: skip


def test_a_locked_database_is_waited_for_then_named_and_doctor_finds_it(
    data: Path, more: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(data)
    file = data / "kamengwatch.db"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("begin immediate")
    hasty = ("--database", f"sqlite:///{file}?timeout=0.3")
    try:
        one_line(command(capsys, "import", more, "--data-dir", data, *hasty, expect=2).err, "另一个进程")
        found = json.loads(command(capsys, "doctor", "--json", "--data-dir", data, expect=1).out)
        (wrong,) = [f for f in found if f["state"] == "bad"]
        assert wrong["what"].endswith("database") and "wait" in wrong["remedy"]
    finally:
        holder.rollback()
    assert state(data) == before
    command(capsys, "import", more, "--data-dir", data, *hasty)
    command(capsys, "doctor", "--data-dir", data)


_TWO = """
import sys
from kamengwatch.cli.app import main
codes = []
for words in (["rate", "--as-of", "2026-03-29"], ["doctor"]):
    sys.argv = ["kamengwatch", *words, "--data-dir", {0!r}]
    try:
        main()
    except SystemExit as end:
        codes.append(end.code)
print(codes)
"""


def _bound_by_permissions(words: list[str]) -> list[str]:
    """The command without root's right to write anywhere, where the tests are run by root."""
    return (
        words if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--", *words]
    )


@pytest.mark.skipif(
    not os.geteuid() and not shutil.which("setpriv"), reason="root needs setpriv to be refused anything"
)
def test_a_read_only_folder_is_named_and_doctor_finds_it(data: Path) -> None:
    before = state(data)
    folders = [data, *(p for p in data.rglob("*") if p.is_dir() and not p.is_symlink())]
    for path in (*folders, data / "kamengwatch.db"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        told = subprocess.run(
            _bound_by_permissions([sys.executable, "-c", _TWO.format(str(data))]),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.stderr.count("Traceback") == 0 and told.stdout.endswith("[2, 1]\n"), told
        assert "read-only" in told.stderr.splitlines()[0], told.stderr
        assert [line[0] for line in told.stdout.splitlines() if "read-only" in line] == ["▲", "▲"]
    finally:
        for path in (*folders, data / "kamengwatch.db"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert state(data) == before


def crawled(config: Config, at: dt.datetime, outcome: str, *sources: str) -> None:
    register_sources(config.engine, cards())
    with config.engine.begin() as connection:
        for source in sources:
            row = {"key": f"{source}-{at}", "source_id": source, "started_at": at, "finished_at": at}
            connection.execute(insert(Crawl).values(**row, outcome=outcome, whole_source=True, demo=False))


def test_a_clock_that_was_ahead_puts_no_source_off_and_doctor_tells(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir, fixed_now=NOW)
    crawled(config, NOW - dt.timedelta(hours=30), "ok", "heimao")
    crawled(config, NOW + dt.timedelta(days=400), "ok", "heimao", "rednet")
    due = {p.source: p.due_at for p in plan(config, config.now())}
    assert due["heimao"] <= NOW and due["rednet"] <= NOW
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    found = json.loads(command(capsys, "doctor", "--json", expect=1).out)
    (wrong,) = [f for f in found if f["state"] == "bad"]
    assert "clock" in wrong["what"] and "2027-05-04" in wrong["detail"] and "timedatectl" in wrong["remedy"]


def test_a_snapshot_published_after_the_clock_went_back_continues_the_chain(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-29T09:00:00+00:00")
    before = snapshots(data)
    command(capsys, "rate", "--as-of", "2026-03-28", "--data-dir", data)
    assert "--allow-older" in command(capsys, "publish", "--data-dir", data, expect=2).err
    command(capsys, "publish", "--allow-older", "--data-dir", data)
    (new,) = set(snapshots(data)) - set(before)
    assert new < before[0] and os.readlink(data / "snapshots/latest") == new
    command(capsys, "verify", "--data-dir", data)


def test_when_every_source_fails_doctor_suspects_our_own_network(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir, fixed_now=NOW)
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    crawled(config, NOW - dt.timedelta(hours=2), "failed", "heimao", "rednet")
    assert "DNS" in command(capsys, "doctor").out
    crawled(config, NOW - dt.timedelta(hours=1), "ok", "rednet")
    assert "DNS" not in command(capsys, "doctor").out


def test_a_round_without_a_control_is_named_by_doctor_as_our_own_outage(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir, fixed_now=NOW)
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    crawled(config, NOW - dt.timedelta(hours=2), "ok", "heimao", "rednet")
    crawled(config, NOW - dt.timedelta(hours=1), "failed", "availability")
    assert "controls" not in command(capsys, "doctor").out
    with config.engine.begin() as connection:
        reason = f"{OWN_LINE}: www.one.example: the name does not resolve"
        connection.execute(update(Crawl).where(Crawl.source_id == "availability").values(reason=reason))
    said = command(capsys, "doctor").out
    assert "对照网页 controls" in said and "www.one.example" in said and "KAMENGWATCH_CONTROLS" in said


@pytest.mark.postgres
def test_a_database_server_that_goes_away_is_named_and_the_next_import_ends_clean(
    tmp_path: Path, data_dir: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "e.jsonl"
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    times = ((at + dt.timedelta(minutes=n)).isoformat() for n in range(9_000))
    file.write_text(
        "".join(json.dumps(r) + "\n" for r in (platform(), *(probe(1, observed_at=t) for t in times))),
        "utf-8",
    )
    words = ("import", file, "--data-dir", data_dir, "--database", postgres_url)
    watching, cut = open_engine(postgres_url), threading.Event()

    def cut_off() -> None:
        while not cut.wait(0.02):
            with watching.connect() as connection:
                made = connection.execute(text("select to_regclass('probe') is not null")).scalar()
                if made and connection.execute(text("select exists (select from probe)")).scalar():
                    connection.execute(text(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                    ))  # fmt: skip

    thread = threading.Thread(target=cut_off)
    thread.start()
    try:
        one_line(command(capsys, *words, expect=2).err, "PostgreSQL")
    finally:
        cut.set()
        thread.join()
    command(capsys, *words)
    with watching.connect() as connection:
        assert connection.execute(text("select count(*), count(distinct observed_at) from probe")).one() == (
            9_000,
            9_000,
        )
    watching.dispose()
