"""A real start: lists and finds wait in the review queue with their source; nothing is watched until a person says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.support.markets.records import complaint, platform
from tests.support.programs.in_process_cli import command

Capsys = pytest.CaptureFixture[str]
SPELLINGS = """# 某某群里收集的名单
example.com
HTTPS://www.Shop-Two.example:443/a?b#c
例子.中国
ｔｈｒｅｅ．ｅｘａｍｐｌｅ
four。example
hxxp://five[.]example
【某某卡盟】http://six.example/abc 快来
[点这里](https://seven.example/x)
12.34.56.78:8080

某某卡盟
粤ICP备18046372号-1
。。。
今天天气很好我们去公园散步顺便买点东西回来给大家吃这一行没有网址也不是任何网站的名称请忽略它谢谢
"""


def queue(capsys: Capsys, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command(capsys, "review", "--json", *words).out)
    return found


def watched(capsys: Capsys) -> list[str]:
    return [row["host"] for row in json.loads(command(capsys, "watch", "list", "--json").out)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_spelling_is_taken_wrong_lines_are_named_and_nothing_is_watched(
    encoding: str, data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    file = tmp_path / "名单.txt"
    file.write_text(SPELLINGS, encoding)
    said = command(capsys, "watch", "import", file, expect=2).err
    assert "名单.txt 第 14 行" in said and "名单.txt 第 15 行" in said
    assert watched(capsys) == []
    subjects = [row["subject"] for row in queue(capsys)]
    assert subjects == ["example.com", "shop-two.example", "xn--fsqu00a.xn--fiqs8s", "three.example", "four.example", "five.example",
                        "six.example", "seven.example", "12.34.56.78:8080", "某某卡盟", "粤ICP备18046372号"]  # fmt: skip
    again = json.loads(command(capsys, "watch", "import", file, "--json", expect=2).out)[0]
    assert (again["queued"], again["waiting"], again["asked_before"]) == (0, 11, 0)
    assert "名单.txt" in command(capsys, "review").out


def test_a_sheet_with_names_and_accepting_at_once(data_dir: Path, tmp_path: Path, capsys: Capsys) -> None:
    book = Workbook()
    for line in (
        ["平台名称", "网址"],
        ["甲卡盟", "https://a.example/x"],
        ["乙卡盟", None],
        [None, "b.example"],
    ):
        book.active.append(line)
    book.save(tmp_path / "list.xlsx")
    report = json.loads(command(capsys, "watch", "import", tmp_path / "list.xlsx", "--accept", "--json").out)[
        0
    ]
    assert (report["watched"], report["queued"], report["refused"]) == (2, 1, [])
    rows = json.loads(command(capsys, "watch", "list", "--json").out)
    assert [(row["host"], row["name"]) for row in rows] == [("a.example", "甲卡盟"), ("b.example", None)]
    number = queue(capsys)[0]["id"]
    assert "--host" in command(capsys, "review", "accept", number, expect=2).err, (
        "a name alone cannot be watched"
    )
    command(capsys, "review", "accept", number, "--host", "hxxp://c[.]example")
    rows = json.loads(command(capsys, "watch", "list", "--json").out)
    assert ("c.example", "乙卡盟") in [(row["host"], row["name"]) for row in rows]


def test_a_site_that_was_removed_can_be_watched_again(data_dir: Path, capsys: Capsys) -> None:
    command(capsys, "watch", "add", "a.example", "--name", "甲卡盟")
    command(capsys, "watch", "remove", "a.example")
    assert watched(capsys) == []
    command(capsys, "watch", "add", "a.example")
    assert json.loads(command(capsys, "watch", "list", "--json").out)[0]["name"] == "甲卡盟"


@pytest.fixture
def collected(data_dir: Path, tmp_path: Path, capsys: Capsys) -> Path:
    """A watched site; complaints that name others; a page whose notice names another address."""
    notice = {"kind": "page", "source": "storefront", "host": "a.example", "observed_at": "2026-03-05T03:00:00Z", "role": "notice",
              "text": "备用网址", "signs": {"other_hosts": ["jia-new.example"], "moved_to": "https://jia-moved.example/"}}  # fmt: skip
    records = [
        platform(),
        complaint(1, "在 yi-faka.example 买卡密，付款后不发货"),
        complaint(2, "yi-faka.example 发卡网不退款，客服在 a.example", host=None, platform="某家卡盟"),
        complaint(3, "买了双鞋，在 shoes.example 不发货", host=None, platform="某鞋店"),
        notice,
    ]
    file = tmp_path / "evidence.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    command(capsys, "import", file)
    return data_dir


def test_suggestions_say_where_they_were_found_and_rate_nothing(collected: Path, capsys: Capsys) -> None:
    found = {row["subject"]: row for row in json.loads(command(capsys, "watch", "suggest", "--json").out)}
    assert watched(capsys) == ["a.example"]
    assert (found["yi-faka.example"]["kind"], found["yi-faka.example"]["detail"]["times"]) == ("candidate", 2)
    assert found["yi-faka.example"]["detail"]["source"] == "heimao"
    assert found["jia-new.example"]["detail"]["via"] == "notice"
    assert found["jia-moved.example"]["detail"]["via"] == "redirect"
    assert found["jia-new.example"]["detail"]["candidates"] == ["a.example"]
    assert "某家卡盟" in found and not {"shoes.example", "a.example"} & set(found)
    table = command(capsys, "review").out
    assert "投诉正文提到" in table and "备用网址公告" in table and "网站跳转" in table and "黑猫投诉" in table
    assert "named in complaints" in command(capsys, "review", "--lang", "en").out


def test_a_decision_stands_and_is_not_asked_again(collected: Path, capsys: Capsys) -> None:
    command(capsys, "watch", "suggest")
    numbers = {row["subject"]: row["id"] for row in queue(capsys)}
    command(capsys, "review", "accept", numbers["jia-moved.example"], numbers["yi-faka.example"])
    command(capsys, "review", "reject", numbers["jia-new.example"], "--note", "广告")
    assert watched(capsys) == ["a.example", "yi-faka.example"], (
        "a move becomes another address of the same site"
    )
    command(capsys, "watch", "suggest")
    assert [row["subject"] for row in queue(capsys)] == ["某家卡盟", "某鞋店"]
    assert "已于" in command(capsys, "review", "reject", numbers["jia-new.example"], expect=2).err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("watch", "import", "nowhere.txt"), "nowhere.txt"),
        (("watch", "import", "{empty}"), "empty.txt"),
        (("watch", "import", "{headless}"), "网址"),
        (("review", "accept"), "编号"),
        (("review", "accept", "x"), "x"),
        (("review", "accept", "1", "2", "--host", "a.example"), "--host"),
        (("review", "perhaps", "1"), "perhaps"),
        (("review", "--kind", "zzz"), "zzz"),
    ],
)
def test_wrong_input_is_named(
    words: tuple[str, ...], named: str, data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    files = {"empty": tmp_path / "empty.txt", "headless": tmp_path / "h.xlsx"}
    files["empty"].write_text("\n", "utf-8")
    book = Workbook()
    book.active.append(["甲", "乙"])
    book.active.append(["1", "2"])
    book.save(files["headless"])
    assert named in command(capsys, *(word.format(**files) for word in words), expect=2).err


def test_a_name_cannot_steer_the_terminal(data_dir: Path, tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "sites.jsonl"
    evil = {
        "kind": "platform",
        "host": "evil.example",
        "name": "甲\x1b]0;x\x07\u202e卡盟\n乙",
        "aliases": ["丙\x1b[2J"],
    }
    file.write_text(json.dumps(evil))
    command(capsys, "import", file)
    shown = command(capsys, "watch", "list").out
    assert "evil.example" in shown and not {"\x1b", "\x07", "\u202e"} & set(shown)
