"""verify: what is damaged is named with its file and its remedy; what was rewritten together with its sums is found, too."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from kamengwatch.config import Config
from tests.support.programs.in_process_cli import command


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    copy = tmp_path / "data"
    shutil.copytree(whole, copy, symlinks=True)
    return copy


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


def test_an_erasure_is_on_record_though_a_kill_left_the_line_before_it_half(tmp_path: Path) -> None:
    from kamengwatch.maintain import integrity

    (tmp_path / integrity.REGISTER).write_text('{"at": "2026-03-01T00:00:00+00:00", "expi')
    integrity.register(Config(tmp_path), {"expired": ["storefront-1.warc.gz"]})
    assert integrity.erasures(tmp_path)["expired"] == {"storefront-1.warc.gz"}
