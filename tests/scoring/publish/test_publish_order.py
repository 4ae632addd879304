"""Nothing is published by mistake: `latest` goes back only when asked, never ahead of today, and a look adds nothing to the watchlist."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.markets.records import complaint, platform, probe
from tests.support.programs.in_process_cli import command

Capsys = pytest.CaptureFixture[str]


def day_published(data_dir: Path) -> str:
    manifest = json.loads((data_dir / "snapshots" / "latest" / "manifest.json").read_text("utf-8"))
    return str(manifest["as_of"])


def test_latest_never_moves_back_unasked_nor_ahead(
    data_dir: Path, tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "e.jsonl"
    lines = [platform(), complaint(1), *(probe(day) for day in range(1, 20))]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-21T12:00:00+08:00")
    command(capsys, "import", file)
    said = command(capsys, "rate", "--as-of", "2026-03-22", expect=2).err
    assert "2026-03-22" in said and "2026-03-21" in said and "没有评级" in said
    command(capsys, "rate")
    command(capsys, "publish")
    link = os.readlink(data_dir / "snapshots" / "latest")

    command(capsys, "rate", "--as-of", "2026-03-15")
    said = command(capsys, "publish", expect=2).err
    assert "2026-03-15" in said and "2026-03-21" in said and "--allow-older" in said and said.count("\n") <= 2
    assert os.readlink(data_dir / "snapshots" / "latest") == link
    command(capsys, "publish", "--allow-older")
    assert day_published(data_dir) == "2026-03-15"

    command(capsys, "rate")
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-18T12:00:00+08:00")
    said = command(capsys, "publish", "--allow-older", "--lang", "en", expect=2).err
    assert "a day to come" in said and "clock" in said and day_published(data_dir) == "2026-03-15"

    assert "共用" in command(capsys, "check", "t.me/x", "--live", "--watch", expect=2).err
    assert "--live" in command(capsys, "check", "other.example", "--watch", expect=2).err
