"""What an operator types and expects of any command line: versions, examples, completion, plans for programs, extras named."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from kamengwatch import pipeline
from kamengwatch.cli.app import app
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command
from tests.support.servers.polite_server import Answer, serving

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
