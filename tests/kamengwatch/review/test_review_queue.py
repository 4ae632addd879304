"""Deciding many entries at once: ranges, lists, sources, all; what cannot be decided is named and keeps nothing else from it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from kamengwatch.config import Config
from kamengwatch.review.disputes import deadlines
from tests.support.markets.records import HOST, complaint, platform, probe
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


# compare, diff, alerts, and how the rated answer: responses, objections with clocks, corrections.


OTHER = "b.example"
AS_OF = "2026-03-30"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two rated sites, one of them in trouble lately; nothing published yet."""
    from kamengwatch.intake import evidence_import
    from kamengwatch.pipeline import run

    folder = tmp_path_factory.mktemp("answer")
    days = range(1, 31)
    looks = [
        {
            "kind": "crawl",
            "source": source,
            "started_at": f"2026-03-{day:02d}T01:00:00Z",
            "finished_at": f"2026-03-{day:02d}T02:00:00Z",
            "outcome": "ok",
        }
        for day in days
        for source in ("heimao", "storefront", "availability")
    ]
    probes = [probe(day) for day in days] + [
        probe(day, host=OTHER, outcome="ok" if day < 20 else "down") for day in days
    ]
    texts = [
        complaint(n, host=OTHER, text=f"付款{n}元三天了还没到账，{'客服'*(n % 3)}不回，余额也提不出来", filed_at=f"2026-03-{18 + n % 10:02d}T10:00:00+08:00")
        for n in range(14)
    ]  # fmt: skip
    sites = [platform(), platform(OTHER, name="乙卡盟", aliases=[])]
    file = folder / "evidence.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in [*sites, *looks, *probes, *texts]), "utf-8")
    config = Config(folder / "data", fixed_now=dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC))
    evidence_import.import_files(config, [file], "auto", None, False)
    run.rate(config, AS_OF, "duckdb", False)
    run.publish(config, False)
    return config.data_dir


def publish(data: Path, capsys: pytest.CaptureFixture[str], day: str) -> None:
    command(capsys, "rate", "--as-of", day, "--data-dir", data)
    command(capsys, "publish", "--data-dir", data)


def test_compare_shows_both_and_an_unknown_site_is_grey(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = command(capsys, "compare", HOST, f"http://{OTHER}/x?id=7", "nowhere.example", "--data-dir", base)
    assert HOST in told.out and OTHER in told.out and "id=7" not in told.out
    assert "kamengwatch watch add nowhere.example" in told.out
    rows = json.loads(command(capsys, "compare", HOST, "nowhere.example", "--json", "--data-dir", base).out)
    assert [r["verdict"] for r in rows][1] == "灰" and rows[1]["complaints_30d"] is None
    english = command(capsys, "compare", HOST, OTHER, "--lang", "en", "--data-dir", base).out
    assert "cash flow" in english and "结论" not in english


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("compare", HOST), "2 to 4"),
        (("compare", HOST, HOST), "same site"),
        (("compare", "", HOST), "no site"),
        (("diff", "nowhere.example"), "nowhere.example"),
        (("diff", HOST, "--since", "someday"), "someday"),
        (("alerts", "--since", "2027-01-01"), "2027-01-01"),
        (("response", "add", "nowhere.example", "--text", "x", "--yes"), "nowhere.example"),
        (("response", "add", HOST, "--text", "字" * 801, "--yes"), "801"),
        (("response", "add", HOST, "--text", "好"), "--yes"),
        (("response", "add", HOST, "--text", "好", "--link", "javascript:x", "--yes"), "javascript"),
        (("response", "remove", HOST), HOST),
        (("dispute", "ack", "99"), "#99"),
        (("dispute", "decide", "99", "--outcome", "好", "--reason", "x"), "好"),
        (("correction", "add", HOST, "--outcome", "维持", "--zh", "x", "--en", "x"), "维持"),
    ],
)
def test_a_mistake_is_one_line(
    base: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], named: str
) -> None:
    said = command(capsys, *words, "--data-dir", base, expect=2)
    assert named in said.err.splitlines()[-1]


def test_alerts_and_diff_tell_changes_with_cause_and_say_when_there_are_none(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(command(capsys, "alerts", "--json", "--data-dir", base).out)
    assert {r["host"] for r in rows} == {OTHER}
    assert [r["on"] for r in rows] == sorted((r["on"] for r in rows), reverse=True)
    told = json.loads(command(capsys, "diff", OTHER, "--json", "--data-dir", base).out)
    moved = [c for c in told["changes"] if c["what"] == "warning_state"]
    assert moved and all(c["cause"] in ("world", "source", "method") and c["sentence_en"] for c in moved)
    assert "2026-03-30" in command(capsys, "diff", OTHER, "--lang", "en", "--data-dir", base).out
    quiet = command(capsys, "alerts", "--since", AS_OF, "--data-dir", base).out
    assert "没有" in quiet and "kamengwatch rank" in quiet
    assert "kamengwatch explain" in command(capsys, "diff", HOST, "--since", AS_OF, "--data-dir", base).out


def test_a_response_is_shown_redacted_kept_and_published_until_withdrawn(
    base: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-30T12:00:00+08:00")
    words = "通道升级已完成，联系李经理13800001234处理。"
    link = "https://a.example/notice?token=1"
    said = command(capsys, "response", "add", HOST, "--text", words, "--link", link, "--yes", "--data-dir", base)  # fmt: skip
    assert "[手机号#1]" in said.err and "13800001234" not in said.err
    publish(base, capsys, AS_OF)
    assert "通道升级已完成" in command(capsys, "check", HOST, "--data-dir", base).out
    (row,) = json.loads(command(capsys, "response", "list", HOST, "--json", "--data-dir", base).out)
    assert row["link"] == "https://a.example/notice" and "13800001234" not in row["text"]
    command(capsys, "response", "remove", HOST, "--data-dir", base)
    publish(base, capsys, AS_OF)
    assert "通道升级" not in command(capsys, "check", HOST, "--data-dir", base).out


def test_an_objection_runs_its_clocks_and_its_outcome_is_published(
    base: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-30T13:00:00+08:00")
    command(capsys, "dispute", "open", HOST, "--about", "ICP 备案", "--text", "备案号已更新", "--yes", "--data-dir", base)  # fmt: skip
    publish(base, capsys, AS_OF)
    (row,) = json.loads(command(capsys, "dispute", "list", "--open", "--json", "--data-dir", base).out)
    assert not row["late"]
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-04-03T11:00:00+08:00")
    (row,) = json.loads(command(capsys, "dispute", "list", "--overdue", "--json", "--data-dir", base).out)
    number = row["id"]
    command(capsys, "dispute", "ack", number, "--data-dir", base)
    assert json.loads(command(capsys, "dispute", "list", "--overdue", "--json", "--data-dir", base).out) == []
    command(capsys, "dispute", "decide", number, "--outcome", "更正", "--reason", "备案号确已更新", "--data-dir", base)  # fmt: skip
    assert "已" in command(capsys, "dispute", "ack", number, "--data-dir", base, expect=2).err
    publish(base, capsys, "2026-04-03")
    (made,) = json.loads(command(capsys, "correction", "list", "--json", "--data-dir", base).out)
    assert made["outcome"] == "amended" and "备案号确已更新" in made["sentence_zh"]
    assert "“ICP filing”" in made["sentence_en"] and "“ICP 备案”" in made["sentence_zh"]
    told = json.loads(command(capsys, "diff", HOST, "--since", "7d", "--json", "--data-dir", base).out)
    assert [c["sentence_zh"] for c in told["changes"] if c["kind"] == "correction"] == [made["sentence_zh"]]


def test_deadlines_count_chinese_working_days() -> None:
    before_holiday = dt.datetime(2026, 9, 30, 2, tzinfo=dt.UTC)
    assert deadlines(before_holiday)[0] == dt.date(2026, 10, 9), "National Day is no working day"
    late_evening = dt.datetime(2026, 3, 2, 17, tzinfo=dt.UTC)
    assert deadlines(late_evening) == (dt.date(2026, 3, 5), dt.date(2026, 3, 12)), (
        "a Shanghai day begins at 16:00 UTC"
    )
