"""A name stored with terminal escapes steers no terminal: not in a table, a line, JSON or an error of any command."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from pathlib import Path

import pytest
from rich.table import Table

from kamengwatch.config import make
from kamengwatch.console import InertConsole, tell_json
from store.db.tables import Alias, Platform
from tests.support.programs.in_process_cli import command

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
