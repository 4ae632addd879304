"""verify, backup, restore: what is wrong is named with its remedy; a copy is whole and consistent, and comes back whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, select, text

from kamengwatch.config import Config
from store.db.tables import Probe
from tests.support.data.kept import kept
from tests.support.markets.records import platform, probe
from tests.support.programs.in_process_cli import command


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("keep") / "data").data_dir


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    copy = tmp_path / "data"
    shutil.copytree(whole, copy, symlinks=True)
    return copy


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and not p.is_symlink() and not p.name.startswith(".") and ".db" not in p.name
    }


def test_everything_whole_is_said_to_be(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(command(capsys, "verify", "--json", "--data-dir", whole).out)
    assert (told["captures"], told["snapshots"], told["wrong"]) == (2, 2, [])


def _flip(file: Path) -> None:
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.unlink()
    file.write_bytes(body)


def _snapshot(data: Path, number: int) -> Path:
    return sorted(p for p in (data / "snapshots").iterdir() if p.is_dir() and not p.is_symlink())[number]


def _moved_out(data: Path, name: str) -> None:
    """A file or folder of a snapshot lies beside the data folder from now on, and a link to it in its place."""
    path, outside = _snapshot(data, 0) / name, data.parent / "outside"
    path.rename(outside)
    path.symlink_to(outside)


def _with_its_sum(data: Path, name: str, content: str) -> None:
    """A file of the latest snapshot and its line in SHA256SUMS rewritten together."""
    file, sums = _snapshot(data, 1) / name, _snapshot(data, 1) / "SHA256SUMS"
    old = next(line for line in sums.read_text().splitlines() if line.endswith(f"  {name}"))
    file.unlink()
    file.write_text(content)
    sums.write_text(sums.read_text().replace(old, f"{hashlib.sha256(content.encode()).hexdigest()}  {name}"))


def _latest_outside(data: Path) -> None:
    _snapshot(data, 1).rename(data.parent / "outside")
    (data / "snapshots/latest").unlink()
    (data / "snapshots/latest").symlink_to(data.parent / "outside")


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda d: _flip(d / "archive/storefront-1.warc.gz"), "storefront-1.warc.gz"),
        (lambda d: (d / "archive/storefront-1.warc.gz").unlink(), "storefront-1.warc.gz"),
        (lambda d: _flip(_snapshot(d, 0) / "ratings.parquet"), "ratings.parquet"),
        (lambda d: (_snapshot(d, 1) / "ratings.csv").unlink(), "ratings.csv"),
        (lambda d: (_snapshot(d, 0) / "planted.html").write_text("x"), "planted.html"),
        (lambda d: shutil.rmtree(_snapshot(d, 0)), "missing"),
        (lambda d: (d / "snapshots/latest").unlink(), "latest"),
        (lambda d: _with_its_sum(d, "feeds/all.atom", "<feed/>"), "SHA256SUMS"),
        (lambda d: _with_its_sum(d, "manifest.json", "null"), "manifest.json"),
        (lambda d: _with_its_sum(d, "manifest.json", '{"previous": "x"}'), "manifest.json"),
        (lambda d: _moved_out(d, "ratings.csv"), "ratings.csv"),
        (lambda d: _moved_out(d, "SHA256SUMS"), "SHA256SUMS"),
        (lambda d: _moved_out(d, "feeds"), "feeds"),
        (lambda d: (_snapshot(d, 0) / "planted").symlink_to(d), "planted"),
        (lambda d: os.mkfifo(_snapshot(d, 0) / "pipe"), "pipe"),
        (_latest_outside, "snapshots/latest"),
    ],
)
def test_a_fault_is_one_line_with_file_and_remedy(
    data: Path, capsys: pytest.CaptureFixture[str], harm: object, named: str
) -> None:
    harm(data)  # type: ignore[operator]
    said = command(capsys, "verify", "--data-dir", data, expect=1)
    fault = next(line for line in said.out.splitlines() if named in line)
    assert "→" in fault and "kamengwatch" in fault


def test_a_snapshot_rewritten_together_with_its_sums_breaks_the_chain(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from kamengwatch.privacy import file_erasure

    folder = _snapshot(data, 0)
    file_erasure.mark(folder)
    manifest = file_erasure.seal(folder)[2].replace("2026-03-29", "2026-03-28")
    file_erasure.finish(folder, manifest)
    said = command(capsys, "verify", "--data-dir", data, expect=1)
    assert "hash chain" in said.out


READERS = (
    ("check", "a.example"),
    ("explain", "a.example"),
    ("rank",),
    ("alerts",),
    ("compare", "a.example", "b.example"),
)


@pytest.mark.parametrize("name", ["manifest.json", "ratings.parquet"])
def test_commands_that_read_a_damaged_snapshot_say_so_in_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for number in (0, 1):
        (_snapshot(data, number) / name).unlink()
        (_snapshot(data, number) / name).write_text("null")
    for words in READERS:
        said = command(capsys, *words, "--data-dir", data, expect=2).err
        assert "publish again" in said and len(said.splitlines()) == 1
    assert "publish again" in command(capsys, "doctor", "--data-dir", data, expect=None).out


def test_a_table_damaged_inside_is_named_when_it_is_read(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _snapshot(data, 1) / "ratings.parquet"
    body = bytearray(file.read_bytes())
    body[4:2000] = bytes(1996)
    file.unlink()
    file.write_bytes(body)
    said = command(capsys, "rank", "--data-dir", data, expect=2).err
    assert "publish again" in said and len(said.splitlines()) == 1


def test_a_broken_reference_in_the_database_is_found(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = Config(data)
    with config.engine.connect() as connection:
        connection.execute(text("pragma foreign_keys=off"))
        connection.execute(text("update complaint set platform_id = 999 where id = 1"))
        connection.commit()
    config.engine.dispose()
    assert "complaint #1" in command(capsys, "verify", "--data-dir", data, expect=1).out


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


def _evil(file: Path, *entries: tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    return file


def _entry(name: str, link: str = "", kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return entry


def test_a_damaged_foreign_or_hostile_file_restores_nothing(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "good.tar"
    command(capsys, "backup", "-o", good, "--data-dir", whole)
    body = good.read_bytes()
    at = body.index(b"PAR1") + 200
    files = {
        "damaged.tar": body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :],
        "short.tar": body[: len(body) // 2],
        "none.tar": b"hello",
        "empty.tar": b"",
    }
    for name, broken in files.items():
        (tmp_path / name).write_bytes(broken)
    _evil(tmp_path / "up.tar", _entry("../evil"))
    _evil(tmp_path / "root.tar", _entry("/tmp/evil-of-kamengwatch"))
    _evil(tmp_path / "link.tar", _entry("out", "/etc", tarfile.SYMTYPE), _entry("out/evil"))
    _evil(tmp_path / "latest.tar", _entry("snapshots/latest", "../../..", tarfile.SYMTYPE))
    _evil(tmp_path / "device.tar", _entry("d", kind=tarfile.CHRTYPE))
    before = sorted(p.name for p in tmp_path.iterdir())
    for name in before:
        if name != "good.tar":
            said = command(capsys, "restore", tmp_path / name, "--data-dir", tmp_path / "new", expect=2)
            assert name in said.err and len(said.err.strip().splitlines()) == 1, said.err
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert not Path("/tmp/evil-of-kamengwatch").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("backup", "-o", "b.zip"), "b.zip"),
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
    times = ((at + dt.timedelta(minutes=n)).isoformat() for n in range(24_999))
    lines = [platform(), *(probe(1, observed_at=time) for time in times)]
    file.write_text("".join(json.dumps(r) + "\n" for r in lines), "utf-8")
    words = [sys.executable, "-m", "kamengwatch", "import", str(file), "--data-dir", str(data)]
    running = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    seen = []
    try:
        while running.poll() is None:
            if (data / "kamengwatch.db").exists() and len(seen) < 4:
                out = tmp_path / f"b{len(seen)}.tar"
                try:
                    command(capsys, "backup", "-o", out, "--data-dir", data)
                    seen.append(out)
                except AssertionError:
                    assert not seen, "only before the database has its tables"
            time.sleep(0.3)
    finally:
        running.wait(120)
    assert running.returncode == 0 and seen
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
    for n, after in enumerate((0.6, 0.9, 1.2)):
        new, out = tmp_path / f"new{n}", tmp_path / f"out{n}.tar"
        for words in (["restore", str(file), "--data-dir", str(new)], ["backup", "-o", str(out), "--data-dir", str(whole)]):  # fmt: skip
            process = subprocess.Popen(
                [sys.executable, "-m", "kamengwatch", *words], stderr=subprocess.DEVNULL
            )
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        if not new.exists():
            command(capsys, "restore", file, "--data-dir", new)
        command(capsys, "verify", "--data-dir", new)
        assert not list(tmp_path.glob(f".{new.name}.restoring-*"))
        if out.exists():
            command(capsys, "restore", out, "--data-dir", tmp_path / f"copy{n}")


def test_a_rating_rewritten_with_every_sum_and_an_entry_in_the_register_differs_from_its_run(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from kamengwatch.maintain import integrity
    from kamengwatch.privacy import file_erasure

    folder = _snapshot(data, 0)
    file_erasure.mark(folder)
    table = pq.read_table(folder / "ratings.parquet")
    better = pa.array([99.0] * table.num_rows, table.schema.field("score").type)
    table = table.set_column(table.schema.get_field_index("score"), "score", better)
    (folder / "ratings.parquet").unlink()
    pq.write_table(table, folder / "ratings.parquet")
    before, after, manifest = file_erasure.seal(folder)
    integrity.register(Config(data), {"manifests": {before: after}})
    file_erasure.finish(folder, manifest)
    said = command(capsys, "verify", "--data-dir", data, expect=1).out
    assert "than the rating it was made from" in said and folder.name in said
