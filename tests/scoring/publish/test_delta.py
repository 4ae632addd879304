"""Deltas between snapshots: older + delta is the newer one, row by row and column by column, for whoever applies it with our command or by hand."""

from __future__ import annotations

import collections
import datetime as dt
import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.snapshot import delta
from scoring.snapshot.reader import OF_SITES, SITES, TABLES, Snapshot
from tests.support.programs.in_process_cli import command

HOSTS = [f"{letter}.test" for letter in "abcdef"]
OLD, NEW, PART = "2026-11-20T080000-1", "2026-11-21T080000-1", "2026-11-21T090000-1"
METHODS = ("2026.12.1", "2026.12.2")
DAYS = {OLD: dt.date(2026, 11, 20), NEW: dt.date(2026, 11, 21), PART: dt.date(2026, 11, 21)}


def value(kind: pa.DataType, n: int):
    """A value of a type; the same n gives the same, every seventh is missing, and floats are what sums of floats look like."""
    if n % 7 == 6:
        return None
    if pa.types.is_list(kind):
        return [value(kind.value_type, n + k) for k in range(n % 3)]
    if pa.types.is_string(kind):
        return f"文{n}'\""
    if pa.types.is_floating(kind):
        return float("nan") if n % 11 == 10 else n / 7
    if pa.types.is_boolean(kind):
        return n % 2 == 0
    if pa.types.is_date(kind):
        return dt.date(2026, 1, 1) + dt.timedelta(n)
    if pa.types.is_timestamp(kind):
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=n)
    return n


def rows_of(table: str, day: dt.date) -> list[dict]:
    """Rows of every host, the first of each twice, in which each column differs from row to row."""
    found = []
    for at, host in enumerate(HOSTS):
        for k in range(1 if table == "ratings" else 4):
            row = {
                f.name: value(f.type, 31 * at + 5 * max(k, 1) + i) for i, f in enumerate(TABLES[table])
            } | ({"host": host} if table in OF_SITES else {})
            found.append(row | ({"as_of": day, "method_version": METHODS[0]} if table == "ratings" else {}))
    return found


def changed(table: str, rows: list[dict]) -> list[dict]:
    """One row less, one once more, and a copy of the rows with another value in each column by turns."""
    out = [*rows[1:], rows[-1]]
    for i, field in enumerate(TABLES[table]):
        if field.name not in ("host", "as_of", "method_version"):
            n = i % (len(out) - 1)
            out[n] = out[n] | {field.name: value(field.type, 500 + i - (500 + i) % 7 + i % 6)}
    return sorted(out, key=lambda row: row.get("host") or "")


def build(data: Path, name: str, tables: dict[str, list[dict]], partial: list[str] | None = None) -> Path:
    folder = data / "snapshots" / name
    inside = folder / SITES if partial else folder
    inside.mkdir(parents=True)
    for table in OF_SITES if partial else TABLES:
        pq.write_table(pa.Table.from_pylist(tables[table], TABLES[table]), inside / f"{table}.parquet")
    said = {"as_of": (DAYS[NEW] if partial else DAYS[name]).isoformat(), "method_version": METHODS[name != OLD]}  # fmt: skip
    if partial:
        whole = (data / "snapshots" / NEW / "manifest.json").read_bytes()
        said["partial"] = {"of": NEW, "sha256": hashlib.sha256(whole).hexdigest(), "sites": partial}
    said["created_at"] = f"{name[:10]}T{name[11:13]}:00:00+00:00"
    (folder / "manifest.json").write_text(json.dumps(said), "utf-8")
    (data / "snapshots" / "latest").unlink(missing_ok=True)
    os.symlink(name, data / "snapshots" / "latest")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two whole snapshots, and a partial one that tells two sites anew."""
    folder = tmp_path_factory.mktemp("delta")
    old = {table: rows_of(table, DAYS[OLD]) for table in TABLES}
    old["places"] = []
    build(folder, OLD, old)
    new = {table: changed(table, rows) if rows else rows_of(table, DAYS[NEW]) for table, rows in old.items()}
    new["moves"] = []
    new["sources"] = old["sources"]
    new["ratings"] = [r | {"as_of": DAYS[NEW], "method_version": METHODS[1]} for r in new["ratings"]]
    build(folder, NEW, new)
    few = HOSTS[2:4]
    anew = {t: [r for r in changed(t, rows_of(t, DAYS[PART])) if r["host"] in few] for t in OF_SITES}
    anew["ratings"] = [r | {"as_of": dt.date(2026, 11, 22)} for r in anew["ratings"]]
    build(folder, PART, anew, few)
    return folder


FEW = {name: TABLES[name] for name in ("ratings", "evidence", "figures", "clusters")}


def bag(table: pa.Table) -> collections.Counter:
    """The rows, each as often as it stands there."""
    return collections.Counter(repr(list(row.values())) for row in table.to_pylist())


def content(snapshot: Snapshot, table: str) -> collections.Counter:
    return bag(snapshot.arrow(f'select * from "{table}"').cast(TABLES[table]))


def applied(older: Snapshot, read: delta.Delta, table: str) -> collections.Counter:
    """The older table with the delta, in plain Python."""
    rows = older.arrow(f'select * from "{table}"').cast(TABLES[table]).to_pylist()
    for column, (was, now) in read.about["restated"].get(table, {}).items():
        kind = dt.date.fromisoformat if column == "as_of" else str
        rows = [r | {column: kind(now)} if r[column] == kind(was) else r for r in rows]
    found = bag(pa.Table.from_pylist(rows, TABLES[table]))
    if (gone := read.rows.get(("removed", table))) is not None:
        assert not bag(gone) - found, f"{table}: rows removed that are not there"
        found -= bag(gone)
    if (come := read.rows.get(("added", table))) is not None:
        found += bag(come)
    return found


@pytest.mark.parametrize(("a", "b", "tables", "at_once"), [(OLD, NEW, TABLES, 100_000), (PART, OLD, FEW, 16)])
def test_older_and_delta_are_the_newer_in_every_table(data, tmp_path, monkeypatch, a, b, tables, at_once):
    monkeypatch.setattr(delta, "_AT_ONCE", at_once)
    monkeypatch.setattr(delta, "TABLES", tables)
    older, newer = (Snapshot(data / "snapshots" / name) for name in (a, b))
    file = tmp_path / "d.zip"
    about = delta.write_delta(older, newer, file)
    read = delta.read_delta(file)
    for table in tables:
        assert applied(older, read, table) == content(newer, table), table
        assert about["tables"][table]["rows"] == sum(content(newer, table).values())
    assert not list(delta.delta_errors(read, older, newer))
    assert ("added", "sources") not in read.rows and ("removed", "sources") not in read.rows
    if {a, b} == {OLD, NEW}:
        assert about["restated"]["ratings"] == {"as_of": [DAYS[a].isoformat(), DAYS[b].isoformat()], "method_version": list(METHODS)}  # fmt: skip
    else:
        assert about["tables"]["ratings"]["added"] <= len(HOSTS)


def test_a_new_day_alone_is_told_once_and_not_a_row_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(delta, "TABLES", FEW)
    rows = {table: rows_of(table, DAYS[OLD]) for table in TABLES}
    build(tmp_path, OLD, rows)
    build(tmp_path, NEW, rows | {"ratings": [r | {"as_of": DAYS[NEW], "method_version": METHODS[1]} for r in rows["ratings"]]})  # fmt: skip
    older, newer = (Snapshot(tmp_path / "snapshots" / name) for name in (OLD, NEW))
    about = delta.write_delta(older, newer, tmp_path / "d.zip")
    assert about["files"] == {} and len(about["restated"]["ratings"]) == 2


def test_the_documented_lines_apply_it(data, tmp_path, monkeypatch):
    monkeypatch.setattr(delta, "TABLES", FEW)
    older, newer = (Snapshot(data / "snapshots" / name) for name in (OLD, NEW))
    delta.write_delta(older, newer, tmp_path / "d.zip")
    with zipfile.ZipFile(tmp_path / "d.zip") as packed:
        packed.extractall(tmp_path)
    text = Path(__file__).parents[3].joinpath("docs/snapshot.md").read_text("utf-8")
    said = re.search(r"## Deltas.*?```sql\n(.*?)```", text, re.DOTALL)[1].replace("OLD/", f"{older.path}/")
    assert str(DAYS[OLD]) in said and str(DAYS[NEW]) in said
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as db:
        db.execute(said)
        found = db.execute("from ratings").to_arrow_table().cast(TABLES["ratings"])
    assert bag(found) == content(newer, "ratings")


def test_the_command_takes_ids_days_and_folders_and_checks_what_it_made(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(delta, "TABLES", FEW)

    def run(*words, expect: int = 0):
        return command(capsys, "delta", *words, "--data-dir", data, expect=expect)

    file = tmp_path / "d.zip"
    assert f"{NEW} → {PART}" in run("-o", file).err
    assert f"{OLD} → {NEW}" in run("2026-11-20", NEW, "-o", tmp_path / "d2.zip").err
    assert f"{PART} → {NEW}" in run(data / "snapshots" / PART, NEW, "-o", file).err
    assert "已核对" in run("--verify", file).err

    def refused(*words) -> str:
        said = run(*words, expect=2).err.strip()
        assert len(said.splitlines()) == 1
        return said

    assert "-o" in refused()
    assert OLD in refused("2019-13-01", "-o", file)
    assert "2026-11-20" in refused("2019-01-01", "-o", file)
    assert OLD in refused(OLD, OLD, "-o", file)
    content = bytearray(file.read_bytes())
    content[content.index(b"PAR1") + 10] ^= 1
    for name, text in {"bad.zip": content, "none.zip": b"no zip", "list.zip": b"[]"}.items():
        (tmp_path / name).write_bytes(text)
        assert name in refused("--verify", tmp_path / name)
    # A delta that lacks rows leads elsewhere, and is told by table.
    with zipfile.ZipFile(file) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    about = json.loads(members["delta.json"])
    name = next(name for name in about["files"] if name.startswith("added/"))
    del members[name], about["files"][name]
    members["delta.json"] = json.dumps(about).encode()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    assert Path(name).stem in refused("--verify", tmp_path / "other.zip")
    # A few bytes that stand for ten million rows are not unpacked.
    ratings, sink = TABLES["ratings"], io.BytesIO()
    with pq.ParquetWriter(sink, ratings, compression="zstd") as writer:
        for _ in range(10):
            writer.write_table(
                pa.table([pa.nulls(1_000_000, field.type) for field in ratings], schema=ratings)
            )
    name = "added/ratings.parquet"
    about["files"][name] = hashlib.sha256(sink.getvalue()).hexdigest()
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w") as packed:
        for text, content in {
            **members,
            name: sink.getvalue(),
            "delta.json": json.dumps(about).encode(),
        }.items():
            packed.writestr(text, content)
    assert "more rows than" in refused("--verify", tmp_path / "bomb.zip")
