"""Settings of a machine: one class, a file the commands read themselves, and one line for whatever cannot be meant."""

from __future__ import annotations

import ast
import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.formats.icp import PROVIDERS
from kamengwatch import console, env_example
from kamengwatch.config import Config
from kamengwatch.pipeline import crawl_process, scheduler
from kamengwatch.pipeline.run_log import RunLedger
from store import env_file
from store.settings import Settings, SettingsError, fields, settings, unknown, variable
from tests.support.data.kept import NOW, kept
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("store", "crawler", "scoring", "dashboard", "kamengwatch")
FOREIGN = {"JAVA_HOME", "PYSPARK_PYTHON", "SCRAPY_SETTINGS_MODULE"}
"""Variables of other programs, which they define."""
READERS = {"store/settings.py", "store/env_file.py"}
WHOLE = {
    "kamengwatch/pipeline/crawl_process.py",
    "kamengwatch/pipeline/scheduler.py",
    "crawler/assisted_lookup.py",
}
"""They hand the environment on to a program, or look for a display."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `.env` of this test alone; what is loaded from it is forgotten afterwards."""
    for name in [n for n in os.environ if n.startswith(env_file.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ[env_file.FILE] = str(tmp_path / ".env")
    return tmp_path / ".env"


def product() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def test_the_example_is_the_settings_class_and_complete() -> None:
    shown = (ROOT / ".env.example").read_text("utf-8")
    assert shown == env_example.render(), "write it again: python -m kamengwatch.env_example"
    internal = {name for name, _, extra in fields() if extra["group"] == "internal"}
    assert {name for name, _, _ in fields()} - internal <= set(re.findall(r"^# (\w+)=", shown, re.M))
    assert all(extra["zh"] and extra["en"] for _, _, extra in fields())


def test_every_variable_is_read_through_the_class() -> None:
    for path in product():
        name = str(path.relative_to(ROOT))
        source = path.read_text("utf-8")
        if name in READERS | WHOLE or not re.search("environ|getenv", source):
            continue
        for node in ast.walk(ast.parse(source)):
            read = ast.unparse(node) if isinstance(node, ast.Call | ast.Subscript) else ""
            if read.startswith(("os.environ", "os.getenv", "environ[", "environ.get", "getenv(")):
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                    continue  # handed on to what this process starts
                assert any(word in read for word in FOREIGN) or "setdefault(RUN" in read, f"{name}: {read}"


def test_messages_name_the_exact_variable() -> None:
    """A sentence that says BLOCKLISTS sends the reader to a variable that does not exist."""
    short = {
        name.removeprefix(env_file.PREFIX)
        for name, _, _ in fields()
        if "_" in name.removeprefix(env_file.PREFIX)
    }
    wrong = re.compile(rf"(?<![\w]){'|(?<![A-Z_])'.join(sorted(short | {'BLOCKLISTS'}))}(?![\w])")
    for path in product():
        if not wrong.search(source := path.read_text("utf-8")):
            continue
        tree = ast.parse(source)
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                sentence = " " in node.value or node.value.endswith(":")
                assert not (sentence and wrong.search(node.value)), f"{path}: {node.value}"


def test_the_formats_of_filing_services_are_those_the_crawler_reads() -> None:
    assert set(Settings.model_fields["icp_provider"].annotation.__args__) == set(PROVIDERS)


def test_the_file_is_read_and_the_environment_wins(file: Path) -> None:
    file.write_text(
        "# note\nKAMENGWATCH_LANG=en\nexport KAMENGWATCH_CONTACT='desk@watch.example'\nKAMENGWATCH_ICP_KEY=id=1&key=$abc\n"
        "LD_PRELOAD=/evil.so\nPATH=/evil\nDESK_SECRET=0123456789abcdef\n",
        "utf-8",
    )
    os.environ["KAMENGWATCH_CONTACT"] = "https://watch.example/about"
    found = settings()
    assert (found.lang, found.contact, found.icp_key) == (
        "en",
        "https://watch.example/about",
        "id=1&key=$abc",
    )
    assert "LD_PRELOAD" not in os.environ and os.environ["PATH"] != "/evil", "the file sets nothing but ours"
    assert env_file.lookup("DESK_SECRET") == "0123456789abcdef", (
        "a secret the operator named is found where it is asked for"
    )
    assert "DESK_SECRET" not in os.environ


@pytest.mark.parametrize(
    ("name", "value", "told", "hidden"),
    [
        ("KAMENGWATCH_LANG", "fr", "KAMENGWATCH_LANG=fr: 可用 use zh, en", ""),
        ("KAMENGWATCH_NOW", "tomorrow", "ISO 8601", ""),
        ("KAMENGWATCH_NOW", "2026-03-02T10:00:00", "offset", ""),
        ("KAMENGWATCH_CONTACT", "nobody", "mail address or a page", ""),
        ("KAMENGWATCH_CONTACT", "https://a.example/ (me)", "mail address or a page", ""),
        ("KAMENGWATCH_ICP_BASE", "127.0.0.1:16181", "KAMENGWATCH_ICP_BASE=127.0.0.1:16181", ""),
        ("KAMENGWATCH_ICP_BASE", "http://a.example:port", "not an address", ""),
        ("KAMENGWATCH_ICP_BASE", "http://a.example/?key=geheim1", "question mark", "geheim1"),
        ("KAMENGWATCH_RDAP_BASE", "http://me:geheim2@a.example/", "login", "geheim2"),
        ("KAMENGWATCH_ICP_KEY", "geheim3", "name=value", "geheim3"),
        ("KAMENGWATCH_ICP_PROVIDER", "nobody", "ymicp", ""),
        ("KAMENGWATCH_BLOCKLISTS", "{'a': 1}", "JSON", ""),
        ("KAMENGWATCH_LOG", "xml", "json", ""),
    ],
)
def test_a_value_that_makes_no_sense_is_one_line_naming_the_variable(
    file: Path, name: str, value: str, told: str, hidden: str
) -> None:
    os.environ[name] = value
    with pytest.raises(SettingsError) as error:
        settings()
    line = str(error.value)
    assert line.startswith(name) and told in line and "\n" not in line
    assert not hidden or hidden not in line


def test_a_name_of_ours_that_means_nothing_is_told_with_the_nearest_one(file: Path) -> None:
    file.write_text("KAMENGWATCH_CONTCAT=a@b.example\nOTHER=1\n")
    os.environ |= {"KAMENGWATCH_BLOCKLIST": "x", "KAMENGWATCH_ZZZZQQQQ": "1", "KAMENGWATCH_SOAK_DAYS": "1"}
    assert unknown() == [
        ("KAMENGWATCH_BLOCKLIST", "environment", "KAMENGWATCH_BLOCKLISTS"),
        ("KAMENGWATCH_CONTCAT", str(file), "KAMENGWATCH_CONTACT"),
        ("KAMENGWATCH_ZZZZQQQQ", "environment", None),
    ]


def test_commands_read_the_file_of_their_folder_and_say_what_is_wrong_with_it(tmp_path: Path) -> None:
    """As an operator meets it: the console script, a folder with a `.env`, no help from the environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(env_file.PREFIX)}
    (tmp_path / ".env").write_text(
        "KAMENGWATCH_LANG=en\nKAMENGWATCH_DATA_DIR=mine\nKAMENGWATCH_CNTACT=a@b.example\n"
    )
    words = [sys.executable, "-m", "kamengwatch", "watch", "add", "shop.example"]
    done = subprocess.run(words, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and (tmp_path / "mine").is_dir(), done.stderr
    assert "KAMENGWATCH_CNTACT (.env)" in done.stderr and "KAMENGWATCH_CONTACT?" in done.stderr


@pytest.mark.parametrize(
    ("words", "written", "told"),
    [
        (("rank",), "KAMENGWATCH_LANG=fr\n", "KAMENGWATCH_LANG=fr (ENV): 可用 use zh, en"),
        (("rank",), "KAMENGWATCH_LANG=en\nnonsense here\n", "ENV: 第 2 行"),
        (("crawl", "--due"), "", "kamengwatch init"),
        (("run", "--no-serve"), "", "KAMENGWATCH_CONTACT"),
        (("schedule",), "", "KAMENGWATCH_CONTACT"),
        (("schedule", "--run-now", "heimao"), "", "KAMENGWATCH_CONTACT"),
        (("check", "shop.example", "--live"), "", "KAMENGWATCH_CONTACT"),
        (("worker",), "", "KAMENGWATCH_CONTACT"),
        (("scrapy", "crawl", "availability", "-a", "platform=shop.example"), "", "KAMENGWATCH_CONTACT"),
        (
            ("crawler.run", "--source", "heimao", "--now", "2026-03-02T10:00:00+08:00", "--data-dir", "D", "--database", "sqlite://"),
            "",
            "KAMENGWATCH_CONTACT",
        ),
    ],
)  # fmt: skip
def test_wrong_or_missing_settings_end_in_one_line_and_code_2(
    data_dir: Path, tmp_path: Path, words: tuple[str, ...], written: str, told: str
) -> None:
    (tmp_path / ".env").write_text(written, "utf-8")
    clean = {k: v for k, v in os.environ.items() if k != "KAMENGWATCH_CONTACT"}
    done = forked.run(words, clean | {env_file.FILE: str(tmp_path / ".env")})
    assert done.returncode == 2, done.stderr
    assert told.replace("ENV", str(tmp_path / ".env")) in done.stderr and "Traceback" not in done.stderr
    assert not list((data_dir / "archive").glob("*")), "nothing was asked"


def test_variables_keep_their_published_names() -> None:
    assert variable("chromium") == "CHROMIUM" and variable("icp_base") == "KAMENGWATCH_ICP_BASE"


# KAMENGWATCH_LOG=json: every line of standard error is one JSON object with the run's id, and names nobody.


LATER = NOW + dt.timedelta(hours=3)
"""After the newest snapshot of the kept folder: a clock before it is refused."""


@pytest.fixture
def data(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kept(data_dir)
    monkeypatch.setenv(console.VARIABLE, "json")
    monkeypatch.setenv(console.RUN, "run-1")
    monkeypatch.setenv("KAMENGWATCH_NOW", LATER.isoformat())
    return data_dir


def lines(said: str) -> list[dict]:
    return [json.loads(line) for line in said.splitlines()]


def test_rate_and_publish_are_told_as_events_of_one_run(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = lines(command(capsys, "rate", "--as-of", "2026-03-30").err)
    assert {line["run"] for line in told} == {"run-1"} and all(line["at"].endswith("+00:00") for line in told)
    events = {line["event"]: line for line in told}
    assert (told[0]["event"], told[-1]["event"]) == ("command.begun", "command.ended")
    assert events["rated"]["platforms"] == 1 and events["command.ended"]["exit"] == 0
    told = lines(command(capsys, "publish").err)
    assert next(line for line in told if line["event"] == "published")["snapshot"].startswith("2026-03-30T")


def test_what_somebody_typed_is_not_logged_and_what_is_said_is_redacted(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(capsys, "13800001234", "张三丰", expect=2).err
    said += command(capsys, "import", "电话13800001234.jsonl", expect=2).err
    said += command(capsys, "rank", "张三丰", expect=2).err
    failed = [line for line in lines(said) if line["event"] == "command.failed"]
    assert [line["exit"] for line in failed] == [2, 2, 2] and "no such file" in failed[1]["text"]
    assert "13800001234" not in said and "张三丰" not in said


@pytest.mark.soak
def test_a_crawl_tells_pages_and_hosts_without_paths(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    archive = data / "archive/storefront-1.warc.gz"
    words = ["--key", "k", "--now", NOW.isoformat(), "--source", "storefront", "--replay", str(archive)]
    list(crawl_process.events([*words, "--data-dir", str(data), "--database", Config(data).database_url]))
    told = lines(capsys.readouterr().err)
    assert {"crawl.page", "crawl.host", "crawl.crawl"} <= {line["event"] for line in told}
    assert not [line for line in told if "notice" in json.dumps(line) or "url" in line]


@pytest.mark.soak
def test_the_scheduler_hands_the_log_of_a_step_on_and_keeps_its_last_words(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert scheduler.Service(Config(data, fixed_now=LATER))._step("publish")
    told = lines(capsys.readouterr().err)
    (step,) = {line["step_run"] for line in told if line["event"].startswith("step.")}
    assert {line["run"] for line in told if line["event"] == "published"} == {step}
    (run,) = RunLedger(data).last(5)
    assert run["run"] == step and "已发布快照" in run["said"]
