"""The soak's report: a line as each test ends, failures and skips among them; what passed on this revision is not run again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import soak

HEAVY = """
import os, pytest
pytestmark = pytest.mark.soak
@pytest.mark.parametrize("part", ["a", "b|c"])
def test_part(part, record_property):
    with open(os.environ["RAN"], "a") as stream:
        stream.write(part + " ")
    record_property("kills", 7)
def test_wrong():
    assert 1 == 2
def test_absent():
    pytest.skip("no browser")
def test_killed():
    if os.environ.get("KILL"):
        os._exit(9)
"""


@pytest.fixture
def heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of a soak of a few tests of its own, in a folder of its own."""
    (tmp_path / "test_heavy.py").write_text(HEAVY)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = soak\n    timeout\n")
    for name in ("REPORT", "RESULTS", "DONE"):
        monkeypatch.setattr(soak, name, tmp_path / "results" / name.lower())
    monkeypatch.setattr(soak, "revision", lambda: "0123456789ab")
    monkeypatch.setattr(soak, "spark", lambda words: None)
    monkeypatch.setenv("RAN", str(tmp_path / "ran"))
    return ["-c", str(tmp_path / "pytest.ini"), "--rootdir", str(tmp_path), str(tmp_path / "test_heavy.py")]


def ran(folder: Path) -> str:
    return (folder / "ran").read_text()


def test_a_stopped_soak_keeps_what_ended_and_goes_on(
    heavy: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("KILL", "1")
    soak.main(heavy)
    page = (tmp_path / "results/report").read_text("utf-8")
    assert "| `test_heavy::test_part[a]` | passed |" in page and "kills: 7" in page
    assert "| `test_heavy::test_part[b/c]` | passed |" in page
    assert "| failed |" in page and "1 == 2" in page and "| skipped |" in page and "no browser" in page
    assert "test_killed" not in page
    monkeypatch.delenv("KILL")
    assert soak.main(["--resume", *heavy]) == 1, "what failed is run again, and still fails"
    assert ran(tmp_path) == "a b|c ", "what passed on this revision is not"
    after = (tmp_path / "results/report").read_text("utf-8")
    assert "| `test_heavy::test_killed` | passed |" in after and "kills: 7" in after
    monkeypatch.setattr(soak, "revision", lambda: "ba9876543210")
    soak.main(["--resume", *heavy])
    assert ran(tmp_path) == "a b|c a b|c ", "another revision begins anew"
