"""The command line as its users meet it: real processes, real files, exit codes and one clear line for a mistake."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.markets.records import HOST, complaint, platform, probe
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command

CRAWLED_DAYS = range(1, 31)


def kamengwatch(
    *words: str, stdin: str | None = None, expect: int = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    done = forked.run(words, os.environ | {"COLUMNS": "200"} | env, stdin)
    assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def evidence(folder: Path, *records: dict[str, Any] | str, name: str = "evidence.jsonl") -> str:
    file = folder / name
    file.write_text(
        "".join(r + "\n" if isinstance(r, str) else json.dumps(r) + "\n" for r in records), "utf-8"
    )
    return str(file)


def market() -> list[dict[str, Any]]:
    """A month of healthy looks at one site, so that it can be rated at all."""
    looks = [
        {
            "kind": "crawl",
            "source": source,
            "started_at": f"2026-03-{day:02d}T01:00:00Z",
            "finished_at": f"2026-03-{day:02d}T02:00:00Z",
            "outcome": "ok",
        }
        for day in CRAWLED_DAYS
        for source in ("heimao", "storefront", "availability")
    ]
    return [platform(), *looks, *(probe(day) for day in CRAWLED_DAYS), *(complaint(n) for n in range(6))]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one rated site, made by the commands themselves."""
    folder = tmp_path_factory.mktemp("cli")
    data = folder / "data"
    kamengwatch("import", evidence(folder, *market()), "--data-dir", str(data))
    kamengwatch("rate", "--as-of", "2026-03-30", "--data-dir", str(data))
    kamengwatch("publish", "--data-dir", str(data))
    return data


def test_help_names_every_command_with_an_example() -> None:
    commands = "run watch crawl import rate publish check explain rank evidence serve doctor classify schedule sources review"
    told = kamengwatch("--help").stdout
    assert all(word in told for word in commands.split())
    assert "hxxp://shop[.]test" in kamengwatch("check", "--help").stdout


def test_a_wrong_line_is_named_by_number_and_the_rest_is_kept(data_dir: Path, tmp_path: Path) -> None:
    file = evidence(tmp_path, platform(), "{broken", complaint(1))
    first = kamengwatch("import", file, expect=2)
    assert "第2" in first.stderr.replace(" ", "") and "JSON" in first.stderr
    again = json.loads(kamengwatch("import", file, "--json", expect=2).stdout)
    assert (again[0]["inserted"], again[0]["unchanged"]) == (0, 2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("import", "nowhere.jsonl"), "nowhere.jsonl"),
        (("rate", "--as-of", "yesterday"), "yesterday"),
        (("check", "a.example"), "kamengwatch run"),
        (("crawl", "nosuchsource"), "nosuchsource"),
        (("watch", "add", "没有网址"), "没有网址"),
        (("watch", "remove", "zzz.example"), "zzz.example"),
        (("publish",), "kamengwatch rate"),
        (("evidence", "show", "x"), "kamengwatch publish"),
        (("review", "accept", "99"), "99"),
        (("rank", "--lang", "fr"), "fr"),
        (("rank", "--limit", "-3"), "--limit"),
        (("rank", "--limt", "3"), "--limit"),
        (("explain",), "HOST"),
        (("serve", "--port", "99999"), "--port"),
        (("crawl", "storefront", "--replay", "pyproject.toml"), "WARC"),
        (("nosuch",), "nosuch"),
    ],
)
def test_a_mistake_is_one_line_that_names_input_and_remedy(
    data_dir: Path, words: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(capsys, *words, expect=2)
    assert named in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_csv_with_a_kind_column_is_taken(data_dir: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "处罚.csv"
    rows = [
        f"penalty,gsxt,{HOST},2026-03-02,经营异常,通过登记的住所无法联系",
        f"penalty,gsxt,{HOST},someday,经营异常,x",
    ]
    sheet.write_text("\ufeffkind,source,host,decided_on,category,reason\n" + "\n".join(rows) + "\n", "utf-8")
    done = kamengwatch("import", str(sheet), expect=2)
    assert "第3" in done.stderr.replace(" ", "") and "decided_on" in done.stderr


def test_classify_reads_a_file_or_standard_input(tmp_path: Path) -> None:
    texts = "付款三天了订单一直显示处理中\n去掉单品页的广告\n"
    rows = [json.loads(line) for line in kamengwatch("classify", stdin=texts).stdout.splitlines()]
    assert [row["text"] for row in rows] == texts.splitlines()
    assert rows[0]["primary"] == rows[0]["kinds"][0] == "drop.stuck"
    assert not rows[1]["primary"].startswith("drop.")
    file = tmp_path / "texts.txt"
    file.write_text(texts, "utf-8")
    assert kamengwatch("classify", str(file)).stdout.splitlines() == [
        json.dumps(r, ensure_ascii=False) for r in rows
    ]


def test_check_understands_a_defanged_address_and_a_chat_message(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (f"hxxp://{HOST.replace('.', '[.]')}/x?id=1", f"【甲卡盟】http://{HOST}/abc 快来"):
        told = command(capsys, "check", text, "--data-dir", str(published)).out
        assert HOST in told and "2026-03-30" in told
        assert "id=1" not in told


def test_an_unknown_site_is_grey_and_says_so(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = command(
        capsys, "check", "hxxp://shop[.]test/x?id=1", "--exit-code", "--data-dir", str(published), expect=14
    )
    assert "尚未收录" in done.out and "shop.test" in done.out
    english = command(capsys, "check", "shop.test", "--lang", "en", "--data-dir", str(published))
    assert "not" in english.out.lower() and "shop.test" in english.out


def test_check_explain_and_rank_speak_json(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = json.loads(command(capsys, "check", HOST, "--json", "--data-dir", str(published)).out)
    assert card["host"] == HOST and card["verdict"] in "蓝黄橙红灰"
    table = json.loads(command(capsys, "rank", "--json", "--data-dir", str(published)).out)
    assert [row["host"] for row in table] == [HOST]
    told = json.loads(command(capsys, "explain", HOST, "--json", "--data-dir", str(published)).out)
    total = sum(part["points"] for part in told["parts"])
    assert total == pytest.approx(told["total"], abs=1e-9)
    assert told["score"] in (None, pytest.approx(total, abs=1e-9))


def test_tables_speak_the_language_asked_for(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chinese = command(capsys, "rank", "--data-dir", str(published)).out
    english = command(capsys, "rank", "--lang", "en", "--data-dir", str(published)).out
    assert "正常" in chinese and "未知" in chinese and "不予评级" in chinese
    for word in ("normal", "unknown", "grey", "not_filed"):
        assert word not in chinese, word
    for word in ("正常", "未知", "灰"):
        assert word not in english, word
    sources = command(capsys, "sources", "--data-dir", str(published)).out
    assert "信用中国" in sources and "尚未导入" in sources and "never" not in sources
    assert "nothing handed in" in command(capsys, "sources", "--lang", "en", "--data-dir", str(published)).out


def test_rating_and_publishing_again_change_nothing(published: Path) -> None:
    before = sorted(p.name for p in (published / "snapshots").iterdir())
    kamengwatch("rate", "--as-of", "2026-03-30", "--data-dir", str(published))
    kamengwatch("publish", "--data-dir", str(published))
    assert sorted(p.name for p in (published / "snapshots").iterdir()) == before


def test_altered_evidence_is_found(published: Path) -> None:
    assert "0 处" in kamengwatch("evidence", "verify", "--data-dir", str(published)).stdout
    file = published / "snapshots" / "latest" / "ratings.csv"
    text = file.read_bytes()
    try:
        file.write_bytes(text + b"x")
        done = kamengwatch("evidence", "verify", "--data-dir", str(published), expect=1)
        assert "ratings.csv" in done.stdout
    finally:
        file.write_bytes(text)


def test_doctor_names_the_remedy(data_dir: Path) -> None:
    found = {f["what"]: f for f in json.loads(kamengwatch("doctor", "--json").stdout)}
    assert any("database" in what and f["state"] == "ok" for what, f in found.items())
    assert any("snapshot" in what and "kamengwatch" in f["remedy"] for what, f in found.items())
