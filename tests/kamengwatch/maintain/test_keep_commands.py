"""verify, backup, restore: what is wrong is named with its remedy; a copy is whole and consistent, and comes back whole or not at all."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
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


# A restore writes plain files only, each once, inside its folder; what is kept is readable by its owner alone, wherever the folder lies.


LATEST = "snapshots/latest"


@pytest.fixture(scope="module")
def restored_whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = kept(tmp_path_factory.mktemp("restore") / "data")
    config.engine.dispose()
    return config.data_dir


@pytest.fixture(scope="module")
def backup(restored_whole: Path) -> Path:
    """A good backup, as a file."""
    file = restored_whole.parent / "good.tar"
    words = [
        sys.executable,
        "-m",
        "kamengwatch",
        "backup",
        "-o",
        str(file),
        "--data-dir",
        str(restored_whole),
    ]
    subprocess.run(words, check=True, capture_output=True)
    return file


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", body: bytes = b""
) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, len(body)
    return made, body


def written(file: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(file, "w") as tar:
        for made, body in entries:
            tar.addfile(made, io.BytesIO(body))
    return file


def changed(
    backup: Path, file: Path, change: Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]]
) -> Path:
    """The good backup with some of its entries changed, left out or doubled."""
    with tarfile.open(backup) as old, tarfile.open(file, "w") as new:
        for member in old:
            body = old.extractfile(member).read() if member.isreg() else b""  # type: ignore[union-attr]
            for made, content in change(member, body):
                new.addfile(made, io.BytesIO(content))
    return file


def through_links(file: Path) -> Path:
    """Hard links of the one symlink that is allowed, then a file through them."""
    return written(
        file,
        entry("snapshots/down", tarfile.DIRTYPE),
        entry(LATEST, tarfile.SYMTYPE, ".."),
        entry("snapshots/up", tarfile.LNKTYPE, LATEST),
        entry("snapshots/up/up", tarfile.LNKTYPE, LATEST),
        entry("snapshots/up/outside.txt", body=b"outside"),
    )


def long_header(file: Path) -> Path:
    """A name of 64 MB in a few kilobytes."""
    made = tarfile.TarInfo("././@LongLink")
    made.type, made.size = tarfile.GNUTYPE_LONGNAME, 64 << 20
    with gzip.open(file, "wb") as stream:
        stream.write(made.tobuf(tarfile.GNU_FORMAT))
        stream.write(b"a" * made.size)
    return file


def sparse(file: Path) -> Path:
    made = tarfile.TarInfo("kamengwatch.db")
    made.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "../x",
        "GNU.sparse.realsize": "9",
    }
    return written(file, (made, b""))


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "hard links of latest": through_links,
    "hard link of a file outside": lambda f: written(f, entry("a", tarfile.LNKTYPE, "/etc/passwd")),
    "the database under a published name": lambda f: written(
        f, entry("kamengwatch.db"), entry("snapshots/a", tarfile.LNKTYPE, "kamengwatch.db")
    ),
    "a published file as the database": lambda f: written(
        f, entry("snapshots/a"), entry("kamengwatch.db", tarfile.LNKTYPE, "snapshots/a")
    ),
    "hard link of what comes later": lambda f: written(f, entry("a", tarfile.LNKTYPE, "b"), entry("b")),
    "a folder": lambda f: written(f, entry("archive", tarfile.DIRTYPE)),
    "a named pipe": lambda f: written(f, entry("archive/p", tarfile.FIFOTYPE)),
    "twice": lambda f: written(f, entry("a"), entry("a")),
    "a file and a folder": lambda f: written(f, entry("a"), entry("a/b")),
    "two spellings": lambda f: written(f, entry("archive/a"), entry("archive//a")),
    "upwards inside": lambda f: written(f, entry("archive/../a")),
    "a control character": lambda f: written(f, entry("archive/a\nb")),
    "a name of 64 MB": long_header,
    "sparse": sparse,
    "no room": lambda f: _huge(f),
    "a list a thousand deep": lambda f: written(
        f, entry("BACKUP.json", body=b'{"files":' * 5_000 + b"1" + b"}" * 5_000)
    ),
    "a list of numbers": lambda f: written(f, entry("a"), entry("BACKUP.json", body=b'{"files": {"a": 1}}')),
    "no list but text": lambda f: written(f, entry("BACKUP.json", body=b"[]")),
}


def _huge(file: Path) -> Path:
    made = tarfile.TarInfo("kamengwatch.db")
    made.size = 1 << 60
    file.write_bytes(made.tobuf(tarfile.GNU_FORMAT))
    return file


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_backup_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], attack: str
) -> None:
    file = HOSTILE[attack](tmp_path / "b.tar")
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    said = command(capsys, "restore", file, "--data-dir", folder / "new", expect=2).err
    assert "b.tar" in said and len(said.strip().splitlines()) == 1, said
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["b.tar", "deep", "er"]


def test_covers_are_compared_with_what_they_hold(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tarfile.open(backup) as tar:
        table = next(name for name in tar.getnames() if name.endswith("ratings.csv"))

    def swapped(member: tarfile.TarInfo, body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [entry(member.name, body=b"x" * len(body))] if member.name == table else [(member, body)]

    def left_out(member: tarfile.TarInfo, body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [] if member.name.endswith("storefront-1.warc.gz") else [(member, body)]

    def twice(member: tarfile.TarInfo, body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [(member, body)] * 2 if member.name == table else [(member, body)]

    def added(member: tarfile.TarInfo, body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return (
            [(member, body), entry("archive/planted.warc.gz")] if member.name == table else [(member, body)]
        )

    def elsewhere(member: tarfile.TarInfo, body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [entry(LATEST, tarfile.SYMTYPE, "..")] if member.name == LATEST else [(member, body)]

    for n, change in enumerate((swapped, left_out, twice, added, elsewhere)):
        file = changed(backup, tmp_path / f"{n}.tar", change)
        said = command(capsys, "restore", file, "--data-dir", tmp_path / "new", expect=2).err
        assert file.name in said and len(said.strip().splitlines()) == 1
        assert not (tmp_path / "new").exists()


def _open_to_others(folder: Path) -> list[str]:
    """What group or others may read of the database, the archive and the folder itself."""
    kept = [folder, *folder.glob("kamengwatch.db*"), folder / "archive", *(folder / "archive").iterdir()]
    return [path.name for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.parametrize("name", ["a b\nc", "what?now=[1]", "100%25 %20", "查证#1&x"])
def test_database_archive_and_backup_are_the_owners_alone_in_a_folder_of_any_name(
    restored_whole: Path, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
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
    restored_whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, away = tmp_path / "da[t]a", tmp_path / "away\nnew"
    shutil.copytree(restored_whole, data, symlinks=True)
    away.mkdir()
    (tmp_path / ".da[t]a.restoring-1").mkdir()
    for words in (("privacy", "find", "13800001234"), ("backup", "-o", tmp_path / "b.tar")):
        left = _killed(data, away / "b.tar.gz")
        assert left, "the backup was killed before it was whole"
        command(capsys, *words, "--data-dir", data)
        assert not list(away.iterdir()) and not (tmp_path / ".da[t]a.restoring-1").exists()


def _killed(data: Path, out: Path) -> list[Path]:
    """What lies beside `out` after a backup that was killed while it wrote there."""
    slow = (
        "import sys, time; from kamengwatch.maintain import backup; from kamengwatch.cli.app import main\n"
        "backup._add = lambda *_: time.sleep(60)\n"
        f"sys.argv = ['kamengwatch', 'backup', '-o', {str(out)!r}, '--data-dir', {str(data)!r}]; main()"
    )
    running = subprocess.Popen([sys.executable, "-c", slow], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(p.stat().st_size for p in out.parent.glob(".*.db")):
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    left = list(out.parent.iterdir())
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in left)
    return left


def test_stored_texts_are_brought_up_to_the_present_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of older rules are redacted and read again; a run that was stopped goes on, another one changes nothing."""
    told = [
        {"kind": "complaint", "source": "heimao", "source_id": f"1{n}", "host": "a.example",
         "filed_at": f"2026-03-0{n + 1}T10:00:00+08:00", "text": f"付款后第{n}天还没有到账，一直没有给我发货"}
        for n in range(3)
    ]  # fmt: skip
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, told)), "utf-8")
    data = tmp_path / "data"
    command(capsys, "import", tmp_path / "c.jsonl", "--data-dir", data)
    config = Config(data)
    with config.engine.begin() as connection:
        connection.execute(
            text("update complaint set text = text || '，电话13800001234', primary_kind = 'other', kinds = '[\"other\"]' where id > 1")
        )  # fmt: skip
    found = {
        f["what"]: f
        for f in json.loads(command(capsys, "doctor", "--json", "--data-dir", data, expect=None).out)
    }
    assert found["规则 rules"]["state"] == "warn"
    assert (
        json.loads(command(capsys, "reread", "--json", "--data-dir", data).out)["changed"]["complaint"] == 2
    )
    with config.engine.connect() as connection:
        rows = connection.execute(text("select text, primary_kind from complaint")).all()
    assert {row.primary_kind for row in rows} == {"drop.unspecified"}
    assert not any("13800001234" in row.text for row in rows)
    assert (
        json.loads(command(capsys, "reread", "--json", "--data-dir", data).out)["changed"]["complaint"] == 0
    )
