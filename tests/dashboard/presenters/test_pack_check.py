"""An evidence pack is checked against what it claims: each hash, the list, the sums and both covers; what is no pack of ours is one line."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.help import evidence_pack
from tests.support.programs.in_process_cli import command

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
URL = "http://a.test/" + "ab" * 32
Entries = dict[str, bytes]


@pytest.fixture(scope="module")
def good() -> bytes:
    items = [
        evidence_pack.Item("账单 (1).png", b"bill"),
        evidence_pack.Item("\U00020bb7\\chat.jpg", b"chat"),
        evidence_pack.Item("home.txt", b"page", "capture", URL, "2026-11-01"),
    ]
    return evidence_pack.make(items, "a.test", NOW)


def entries(data: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(file: Path, held: Entries | list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in held.items() if isinstance(held, dict) else held:
            archive.writestr(name, body)
    return file


def _swap(held: Entries) -> None:
    first, second = (name for name in held if name.startswith("originals/"))
    held[first], held[second] = held[second], held[first]


def _cover_of_another(name: str) -> Callable[[Entries], None]:
    """A cover that tells of other files, site or time; all else as it was."""

    def change(held: Entries) -> None:
        other = evidence_pack.make(
            [evidence_pack.Item("账单 (1).png", b"another bill")], "b.test", NOW + dt.timedelta(days=1)
        )
        held[name] = entries(other)[name]

    return change


def _cover_and_more(held: Entries) -> None:
    held["cover.html"] = held["cover.html"].replace(b"</h1>", f"</h1><p>{'0' * 64}</p>".encode())


def _hidden_cover(held: Entries) -> None:
    held["cover.html"] = held["cover.html"].replace(b"<p>", b'<p style="display:none">')


def _other_list(held: Entries) -> None:
    """A file changed together with its hash in the list: sums and covers still say what it was."""
    manifest = json.loads(held["manifest.json"])
    entry = manifest["files"][0]
    held[entry["path"]] = b"forged"
    entry |= {"sha256": hashlib.sha256(b"forged").hexdigest(), "bytes": 6}
    held["manifest.json"] = json.dumps(manifest).encode()


def _listed_twice(held: Entries) -> None:
    manifest = json.loads(held["manifest.json"])
    manifest["files"] *= 2
    held["manifest.json"] = json.dumps(manifest).encode()


DIFFERENT: dict[str, tuple[Callable[[Entries], None], str]] = {
    "swapped files": (_swap, "originals/"),
    "another sums": (lambda h: h.update(SHA256SUMS=b""), "SHA256SUMS"),
    "another html cover": (_cover_of_another("cover.html"), "cover.html"),
    "another pdf cover": (_cover_of_another("cover.pdf"), "cover.pdf"),
    "a pdf of something else": (lambda h: h.update({"cover.pdf": b"%PDF-1.4 hello"}), "cover.pdf"),
    "one file more on the cover": (_cover_and_more, "cover.html"),
    "a cover that hides its lines": (_hidden_cover, "cover.html"),
    "another list": (_other_list, "SHA256SUMS"),
    "listed twice": (_listed_twice, "twice"),
    "planted": (lambda h: h.update({"originals/009_x.png": b"x"}), "not listed"),
    "left out": (lambda h: h.pop(next(n for n in h if n.startswith("captures/"))) and None, "missing"),
}


def test_a_pack_of_ours_is_whole_and_its_owners_alone(
    good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.zip").write_bytes(good)
    command(capsys, "pack", "--verify", tmp_path / "p.zip")
    (tmp_path / "p.zip").write_bytes(evidence_pack.make([evidence_pack.Item("a.png", b"x")], "", NOW, "en"))
    command(capsys, "pack", "--verify", tmp_path / "p.zip")
    (tmp_path / "a.png").write_bytes(b"x")
    out = tmp_path / "o.zip"
    command(capsys, "pack", "shop.example", tmp_path / "a.png", "-o", out, "--data-dir", tmp_path / "none")
    assert not stat.S_IMODE(out.stat().st_mode) & 0o077
    for what in (tmp_path, Path("/dev/zero")):
        said = command(
            capsys, "pack", "shop.example", what, "-o", out, "--data-dir", tmp_path / "none", expect=2
        )
        assert str(what) in said.err


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_differs_is_named(
    good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    change, named = DIFFERENT[case]
    held = entries(good)
    change(held)
    said = command(capsys, "pack", "--verify", zipped(tmp_path / "p.zip", held), expect=1)
    assert named in said.err + said.out


def _encrypted(file: Path, held: Entries) -> Path:
    data = bytearray(zipped(file, held).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(mark) + at
        data[place] |= 1
    file.write_bytes(data)
    return file


def _twice(file: Path, held: Entries) -> Path:
    with pytest.warns(UserWarning):
        return zipped(file, [*held.items(), ("cover.html", b"x")])


def _link(file: Path, held: Entries) -> Path:
    info = zipfile.ZipInfo("originals/004_x")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped(file, [*held.items(), (info, b"/etc/passwd")])


def _truncated(file: Path, held: Entries) -> Path:
    zipped(file, held)
    file.write_bytes(file.read_bytes()[:-300])
    return file


def _packed_otherwise(file: Path, held: Entries) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        for name, body in held.items():
            archive.writestr(name, body)
    return file


def flood(file: Path) -> Path:
    """A ZIP of 100,000 files in its list, whose end says there is one."""
    entry = b"PK\1\2" + struct.pack("<6H3I5H2I", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, len(entry) * 100_000, 0, 0)
    file.write_bytes(entry * 100_000 + end)
    return file


FOREIGN: dict[str, Callable[[Path, Entries], Path]] = {
    "encrypted": _encrypted,
    "a name twice": _twice,
    "a link": _link,
    "cut short": _truncated,
    "a pack in a zip": lambda f, h: zipped(f, {"pack.zip": zipped(f, h).read_bytes()}),
    "upwards": lambda f, h: zipped(f, h | {"originals/../../x": b"x"}),
    "at the root": lambda f, h: zipped(f, h | {"/etc/x": b"x"}),
    "deep JSON": lambda f, h: zipped(f, h | {"manifest.json": b'{"files":' * 100_000}),
    "a list that is none": lambda f, h: zipped(f, h | {"manifest.json": b"[1]"}),
    "entries that are none": lambda f, h: zipped(f, h | {"manifest.json": b'{"files": [1]}'}),
    "no text": lambda f, h: zipped(f, h | {"cover.html": b"\xff\xfe"}),
    "a folder": lambda f, h: f.parent,
    "one name where case does not count": lambda f, h: zipped(
        f, h | {"originals/004_a": b"", "originals/004_A": b""}
    ),
    "one name where letters are composed": lambda f, h: zipped(
        f, h | {"lists/004_\ufb01": b"", "lists/004_fi": b""}
    ),
    "one name where a last dot does not count": lambda f, h: zipped(
        f, h | {"lists/004_a.": b"", "lists/004_a": b""}
    ),
    **{
        f"a name as {name}": lambda f, h, name=name: zipped(f, h | {name: b""})
        for name in (
            "originals/..",
            "originals/C:x",
            "originals/004_x:stream",
            "originals/CON",
            "originals/.bashrc",
            "originals/004_\x9b1m",
            "originals/004_\u202ex",
        )
    },
    "another packing": _packed_otherwise,
    "a flood of names": lambda f, h: flood(f),
    "a list without end": lambda f, h: zipped(
        f,
        h
        | {
            "manifest.json": json.dumps(
                {"files": [{"path": "originals/x", "sha256": "", "bytes": 0}] * 100_000}
            ).encode()
        },
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_no_pack_of_ours_is_one_line(
    good: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    file = FOREIGN[case](tmp_path / "p.zip", entries(good))
    said = command(capsys, "pack", "--verify", file, expect=2).err
    assert file.name in said and len(said.strip().splitlines()) == 1, said


def test_a_bomb_is_refused_by_what_it_says_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(9):
            archive.writestr(f"originals/00{n}_x", bytes(17 << 20))
    assert "too large" in command(capsys, "pack", "--verify", tmp_path / "p.zip", expect=2).err
