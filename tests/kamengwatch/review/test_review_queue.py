"""Deciding many entries at once: ranges, lists, sources, all; what cannot be decided is named and keeps nothing else from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.markets.records import complaint, platform
from tests.support.programs.in_process_cli import command

Capsys = pytest.CaptureFixture[str]


def queue(capsys: Capsys, *words: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command(capsys, "review", "--json", *words).out)
    return found


def watched(capsys: Capsys) -> list[str]:
    return [row["host"] for row in json.loads(command(capsys, "watch", "list", "--json").out)]


@pytest.fixture
def listed(data_dir: Path, tmp_path: Path, capsys: Capsys) -> Path:
    """Twelve hosts from a sheet with names (numbers 1 to 12), a name without a host (13), one from a complaint (14)."""
    file = tmp_path / "list.csv"
    file.write_text(
        "网址,名称\n" + "".join(f"s{n:02d}.example,{n}号卡盟\n" for n in range(1, 13)) + ",无名卡盟\n",
        "utf-8",
    )
    command(capsys, "watch", "import", file)
    evidence = tmp_path / "e.jsonl"
    lines = [platform(), complaint(1, host=None, platform="某家卡盟")]
    evidence.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    command(capsys, "import", evidence)
    return data_dir


def test_a_range_a_list_and_single_numbers_decide_together_and_a_bad_one_is_named(
    listed: Path, capsys: Capsys
) -> None:
    said = command(
        capsys, "review", "accept", "1-3", "5,7", "#9", "99", "x", "３", "40-50", "9-8", expect=2
    ).err
    assert watched(capsys) == [
        "a.example",
        "s01.example",
        "s02.example",
        "s03.example",
        "s05.example",
        "s07.example",
        "s09.example",
    ]
    assert "#1 s01.example（1号卡盟）：接受" in said
    for wrong in ("#99", "x：编号", "40-50", "9-8"):
        assert wrong.replace("：", ": ") in said, wrong
    assert said.splitlines()[-1].startswith("错误") and "4" in said.splitlines()[-1]
    said = command(capsys, "review", "reject", "1", "4", expect=2).err
    assert "#1 s01.example: 已于" in said and 4 not in [row["id"] for row in queue(capsys)]


def test_a_range_passes_over_what_is_decided_and_one_entry_that_lacks_its_host_voids_nothing(
    listed: Path, capsys: Capsys
) -> None:
    command(capsys, "review", "reject", "2")
    told = json.loads(command(capsys, "review", "accept", "1-200", "--json", expect=2).out)
    assert [row["id"] for row in told["decided"]] == [1, *range(3, 13)]
    assert len(told["refused"]) == 2 and "无名卡盟" in told["refused"][0] and "--host" in told["refused"][0]
    assert "s02.example" not in watched(capsys) and len(watched(capsys)) == 12


def test_a_source_or_all_that_wait_and_nothing_else(listed: Path, capsys: Capsys) -> None:
    assert {row["id"] for row in queue(capsys, "--source", "list.csv")} == set(range(1, 14))
    command(capsys, "review", "reject", "--source", "heimao")
    assert [row["id"] for row in queue(capsys)] == list(range(1, 14))
    said = command(capsys, "review", "reject", "--source", "weibo", expect=2).err
    assert "list.csv" in said, "the sources there are"
    command(capsys, "review", "accept", "--all", expect=2)
    assert [row["id"] for row in queue(capsys)] == [13]
    command(capsys, "review", "reject", "--all", "--note", "无网址")
    assert queue(capsys) == [] and "--all" in command(capsys, "review", "reject", "--all", expect=2).err
    assert "--all" in command(capsys, "review", "accept", "--all", "3", expect=2).err


def test_the_list_is_paged_and_shows_names(listed: Path, capsys: Capsys) -> None:
    said = command(capsys, "review", "--limit", "5", "--page", "2")
    assert (
        "s06.example（6号卡盟）" in said.out
        and "s05.example" not in said.out
        and "s11.example" not in said.out
    )
    assert "第 2/3 页，共 14 项" in said.err and "--page 3" in said.err
    assert [row["id"] for row in queue(capsys, "--limit", "5", "--page", "3")] == [11, 12, 13, 14]
    assert "3" in command(capsys, "review", "--limit", "5", "--page", "4", expect=2).err
