"""A restore writes plain files only, each once, inside its folder; what is kept is readable by its owner alone, wherever the folder lies."""

from __future__ import annotations

import gzip
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

import pytest

from kamengwatch.config import Config
from tests.support.data.kept import kept
from tests.support.programs.in_process_cli import command

LATEST = "snapshots/latest"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = kept(tmp_path_factory.mktemp("restore") / "data")
    config.engine.dispose()
    return config.data_dir


@pytest.fixture(scope="module")
def backup(whole: Path) -> Path:
    """A good backup, as a file."""
    file = whole.parent / "good.tar"
    words = [sys.executable, "-m", "kamengwatch", "backup", "-o", str(file), "--data-dir", str(whole)]
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


@pytest.mark.parametrize("name", ["a b", "what?now=1", "100%25 %20", "查证#1&x"])
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
    data, away = tmp_path / "data", tmp_path / "away"
    shutil.copytree(whole, data, symlinks=True)
    away.mkdir()
    for words in (("privacy", "find", "13800001234"), ("backup", "-o", tmp_path / "b.tar")):
        left = _killed(data, away / "b.tar.gz")
        assert left, "the backup was killed before it was whole"
        command(capsys, *words, "--data-dir", data)
        assert not list(away.iterdir())


def _killed(data: Path, out: Path) -> list[Path]:
    """What lies beside `out` after a backup that was killed while it wrote there."""
    slow = (
        "import sys, time; from kamengwatch.maintain import backup as backing_up; from kamengwatch.cli.app import main\n"
        "backing_up._add = lambda *_: time.sleep(60)\n"
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
