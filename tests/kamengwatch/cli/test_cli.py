"""The command line as its users meet it: real processes, real files, exit codes and one clear line for a mistake."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text
from typer.main import get_command

from kamengwatch import pipeline
from kamengwatch.cli.app import _commands, app
from kamengwatch.config import make
from kamengwatch.console import InertConsole, tell_json
from store.db.tables import Alias, Platform
from tests.support.data.sentences import of_one
from tests.support.markets.records import HOST, complaint, platform, probe
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.servers.polite_server import Answer, serving

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
    shown = [
        {name: (c.help, c.short_help, c.hidden, c.deprecated) for name, c in _commands(word).commands.items()}
        for word in ("--help", "-h", "")
    ]
    assert shown[0] == shown[1] == shown[2], (
        "what lists the commands leaves their options unread, and nothing else"
    )
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


@pytest.mark.parametrize(
    "words", [["check", HOST], ["check", "shop.test"], ["explain", HOST], ["diff", HOST, "--since", "90d"], ["alerts"], ["sources"], ["rank"], ["verify"]]
)  # fmt: skip
def test_english_output_is_english_throughout(
    published: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = command(capsys, *words, "--lang", "en", "--data-dir", str(published)).out
    assert told and not re.findall(r"[，；：（）。、]|[蓝黄橙红灰]", told) and of_one(told) is None


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


# What an operator types and expects of any command line: versions, examples, completion, plans for programs, extras named.


Capsys = pytest.CaptureFixture[str]


def commands() -> Iterator[tuple[str, object]]:
    def walk(one: object, path: str) -> Iterator[tuple[str, object]]:
        yield path, one
        for name, below in sorted(getattr(one, "commands", {}).items()):
            yield from walk(below, f"{path} {name}")

    yield from walk(get_command(app), "kamengwatch")


def test_every_help_gives_an_example_of_its_own_command() -> None:
    lacking = []
    for path, one in commands():
        epilog = getattr(one, "epilog", None) or ""
        if f"`{path}" not in epilog and f"| {path}" not in epilog:
            lacking.append(path)
    assert lacking == []


def test_no_word_of_a_help_text_is_taken_for_markup() -> None:
    """Brackets as in `[default: 30d]` are a style to rich, and vanish; typer's show_default says the same."""
    texts = [
        (path, text)
        for path, one in commands()
        for at in (one, *getattr(one, "params", ()))
        for text in (getattr(at, "help", None), getattr(at, "epilog", None))
        if text
    ]
    assert [(path, text) for path, text in texts if Text.from_markup(text).plain != text] == []


def test_version_and_completion(capsys: Capsys) -> None:
    said = command(capsys, "--version").out
    assert said.startswith("kamengwatch ") and "方法 method 20" in said
    assert "--install-completion" in command(capsys, "--help").out
    environment = os.environ | {
        "_KAMENGWATCH_COMPLETE": "complete_bash",
        "COMP_WORDS": "kamengwatch watch re",
        "COMP_CWORD": "2",
    }
    assert forked.run(["watch"], environment).stdout.split() == ["remove"]


def test_the_plan_as_json_names_what_is_due_and_paused(data_dir: Path, capsys: Capsys) -> None:
    rows = {row["source"]: row for row in json.loads(command(capsys, "schedule", "--list", "--json").out)}
    assert (
        rows["storefront"]["due"]
        and rows["storefront"]["last_finished"] is None
        and not rows["icp"]["paused"]
    )
    rows = {
        row["source"]: row for row in json.loads(command(capsys, "schedule", "--pause", "icp", "--json").out)
    }
    assert rows["icp"]["paused"] and rows["heimao"]["cadence_hours"] > 0
    assert "--list" in command(capsys, "schedule", "--json", expect=2).err


@pytest.mark.parametrize(
    ("words", "missing", "extra"),
    [
        (("worker", "--once"), "procrastinate", "kamengwatch[postgres]"),
        (("crawl", "--due", "--defer"), "procrastinate", "kamengwatch[postgres]"),
        (("watch", "list", "--database", "postgresql+psycopg://a@127.0.0.1:1/x"), "psycopg", "kamengwatch[postgres]"),
        (("move", "--to", "postgresql+psycopg://a@127.0.0.1:1/x"), "psycopg", "kamengwatch[postgres]"),
        (("rate", "--engine", "spark", "--master", "local[2]"), "pyspark", "kamengwatch[spark]"),
        (("crawl", "icp", "--assisted", "--platform", "a.example"), "playwright", "kamengwatch[browser]"),
        (("crawl", "screenshot", "--platform", "a.example"), "scrapy_playwright", "kamengwatch[browser]"),
    ],
)  # fmt: skip
def test_a_missing_extra_is_one_line_with_its_install(
    words: tuple[str, ...],
    missing: str,
    extra: str,
    data_dir: Path,
    capsys: Capsys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command(capsys, "watch", "add", "a.example")
    for name in [one for one in sys.modules if one.split(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    # A test before this one may have imported it: then the package knows it as well.
    monkeypatch.delitem(sys.modules, "kamengwatch.pipeline.job_queue", raising=False)
    monkeypatch.delattr(pipeline, "job_queue", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    lines = command(capsys, *words, expect=2).err.strip().splitlines()
    assert f"pip install '{extra}'" in lines[-1] and missing in lines[-1] and len(lines) == 1


def test_several_platforms_of_a_crawl_one_not_watched_is_named(data_dir: Path, capsys: Capsys) -> None:
    said = command(
        capsys, "crawl", "storefront", "--platform", "x.example", "--platform", "t.me", expect=2
    ).err
    assert "x.example: 不在观察名单里" in said and "共用" in said and "storefront:" not in said


def scrapy(*words: str) -> tuple[int, str, str]:
    done = forked.run(["scrapy", *words], dict(os.environ))
    return done.returncode, done.stdout, done.stderr


def test_scrapy_crawl_says_what_it_lacks_and_what_was_refused(data_dir: Path) -> None:
    code, _, said = scrapy("crawl", "storefront")
    assert code == 2 and "-a platform=shop.example" in said and said.count("\n") == 1
    code, _, said = scrapy("crawl", "storefront", "-a", "platform=http://127。0。0。1/")
    assert code == 2 and "内部网络" in said and said.count("\n") == 1
    code, _, said = scrapy("crawl", "nosuch")
    assert code == 2 and "nosuch" in said and "storefront" in said
    code, _, said = scrapy("crawl", "storefront", "-a", "platform=localhost.example", "-s", "DNS_TIMEOUT=1")
    assert code == 1 and "storefront localhost.example" in said


def test_scrapy_shell_fetches_under_our_settings(data_dir: Path) -> None:
    def shop(path: str) -> Answer:
        return (
            (404, "text/plain", "") if path == "/robots.txt" else (200, "text/html", "<title>甲卡盟</title>")
        )

    with serving(shop, address="127.0.1.9") as one:
        url = f"http://127.0.1.9:{one.port}/"
        code = "response.css('title::text').get(), settings.getbool('REMOTE_CONTROL_ENABLED')"
        allowed = ("-s", "GUARD_ALLOWED_HOSTS=127.0.1.9", "-s", "DOWNLOAD_DELAY=0")
        ended, out, said = scrapy("shell", url, *allowed, "-c", code)
        assert (ended, out.strip()) == (0, "('甲卡盟', False)"), said
        asked = len(one.paths)
        assert scrapy("shell", url, "-c", "response")[1].strip() == "None"
        assert len(one.paths) == asked, "the guard holds in the shell too"


# A name stored with terminal escapes steers no terminal: not in a table, a line, JSON or an error of any command.


EVIL = "甲\x1b[2J\x1b]0;盗\x07\x9b31m卡盟\u202e\u200b"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b-\u200f]")


def without_colours(said: str) -> str:
    """What was printed, without the colours rich puts there itself."""
    return re.sub(r"\x1b\[[0-9;]*m", "", said)


def test_a_console_prints_foreign_text_inert_and_its_own_colours_still() -> None:
    out = io.StringIO()
    console = InertConsole(file=out, force_terminal=True, highlight=False, width=100)
    table = Table("名", title="表")
    table.add_row(EVIL, style="red")
    for what in (EVIL, table):
        console.print(what, markup=False)
    assert not RAW.search(without_colours(out.getvalue()))
    assert "\x1b[31m" in out.getvalue() and "卡盟" in out.getvalue()


def test_json_is_the_same_value_with_nothing_raw(capsys: pytest.CaptureFixture[str]) -> None:
    tell_json({"name": EVIL})
    said = capsys.readouterr().out
    assert json.loads(said) == {"name": EVIL} and not RAW.search(said)


@pytest.mark.parametrize("words", [["watch", "list"], ["watch", "list", "--json"], ["doctor"], ["review"], ["check", EVIL], ["explain", EVIL], ["rank"], ["rate", "--as-of", EVIL]])  # fmt: skip
def test_no_command_prints_it_raw(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(tmp_path))
    config = make(tmp_path, None, None)
    with config.engine.begin() as connection:
        now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
        connection.execute(Platform.__table__.insert(), {"host": "a.example", "name": EVIL, "status": "watched", "demo": False, "added_at": now})  # fmt: skip
        connection.execute(Alias.__table__.insert(), {"platform_id": 1, "kind": "name", "key": EVIL, "text": EVIL, "source": "import", "seen_at": now})  # fmt: skip
    said = command(capsys, *words, expect=None)
    assert not RAW.search(without_colours(said.out + said.err)), said


BEGIN_HERE = {"help-me", "run", "crawl", "worker", "schedule", "import", "watch add", "watch import", "init", "keys create", "observe init", "restore", "serve", "mcp", "evaluate"}  # fmt: skip
"""Commands that may be the first one in a folder, that ask, or that go on until they are stopped."""


def test_what_looks_at_a_folder_that_does_not_exist_says_so_and_makes_none(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """“0 of 0 are wrong” of a name spelt wrongly would be calm without evidence."""
    monkeypatch.delenv("KAMENGWATCH_DATABASE_URL", raising=False)
    folder = tmp_path / "mistyped"
    for path, one in commands():
        name = path.removeprefix("kamengwatch ")
        takes_folder = any(p.name == "data_dir" for p in getattr(one, "params", ()))
        if not takes_folder or name in BEGIN_HERE:
            continue
        needed = ["1" for p in one.params if p.param_type_name == "argument" and p.required]
        options = [
            word
            for p in one.params
            if p.required and p.param_type_name == "option"
            for word in (p.opts[0], "1")
        ]
        said = command(capsys, *name.split(), *needed, *options, "--data-dir", folder, expect=None)
        assert said.code == 2 and said.err.strip(), (name, said)
        assert not folder.exists(), name


def test_long_work_without_a_terminal_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kamengwatch import console

    monkeypatch.setattr(console, "SILENT_SECONDS", 0.0)
    with console.bar("采集", 3) as progress:
        progress.advance(2, "storefront")
    said = capsys.readouterr()
    assert "采集… 2/3 storefront" in said.err and not said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rank", "--nosuch"), "没有这个选项 no such option: --nosuch"),
        (("ranc",), "没有这个命令 no such command: ranc；近似的 close: 'rank'"),
        (("check",), "缺少参数 missing argument: text"),
        (("export",), "缺少选项 missing option: '-o'"),
        (("rank", "extra"), "多出的参数 unexpected: extra"),
        (("rank", "--limit"), "--limit: 缺少值 needs a value"),
        (("rank", "--limit", "x"), "--limit: 要写数字 give a number"),
        (("rank", "--limit", "-1"), "--limit: 不能小于 not below 0"),
        (("serve", "--port", "70000"), "--port: 不能大于 not above 65535"),
        (("rank", "--as-of", "2026-99-01"), "--as-of: 2026-99-01 不是日期 is no date; 例 e.g. 2026-11-15"),
        (("rank", "--json=3"), "--json: 不带值 takes no value"),
    ],
)
def test_a_wrong_option_is_named_in_both_languages(capsys: Capsys, words: tuple[str, ...], said: str) -> None:
    told = command(capsys, *words, expect=None)
    assert told.code == 2 and said in told.err and told.err.count("\n") == 1, told.err
