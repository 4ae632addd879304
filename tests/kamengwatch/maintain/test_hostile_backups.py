"""A restore writes plain files only, each once, inside its folder: a damaged or hostile file restores nothing."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.programs.in_process_cli import command

LATEST = "snapshots/latest"


def test_a_damaged_or_foreign_file_restores_nothing(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = backup.read_bytes()
    at = body.index(b"PAR1") + 200
    files = {
        "damaged.tar": body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :],
        "short.tar": body[: len(body) // 2],
        "none.tar": b"hello",
        "empty.tar": b"",
    }
    for name, broken in files.items():
        (tmp_path / name).write_bytes(broken)
        said = command(capsys, "restore", tmp_path / name, "--data-dir", tmp_path / "new", expect=2)
        assert name in said.err and len(said.err.strip().splitlines()) == 1, said.err
    assert {p.name for p in tmp_path.iterdir()} == set(files)


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


OUTSIDE = Path("/tmp/evil-of-kamengwatch")
HOSTILE: dict[str, Callable[[Path], Path]] = {
    "upwards": lambda f: written(f, entry("../evil", body=b"x")),
    "a place of its own": lambda f: written(f, entry(str(OUTSIDE), body=b"x")),
    "through a link": lambda f: written(
        f, entry("out", tarfile.SYMTYPE, "/etc"), entry("out/evil", body=b"x")
    ),
    "latest outside": lambda f: written(f, entry(LATEST, tarfile.SYMTYPE, "../../..")),
    "a device": lambda f: written(f, entry("d", tarfile.CHRTYPE)),
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
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["b.tar", "deep", "er"] and not OUTSIDE.exists()


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
