"""reread: stored texts are brought up to the present rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from kamengwatch.config import Config
from tests.support.programs.in_process_cli import command


def test_stored_texts_are_brought_up_to_the_present_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of older rules are redacted and read again; a run that was stopped goes on, another one changes nothing."""
    told = [
        {"kind": "complaint", "source": "heimao", "source_id": f"1{n}", "host": "a.example",
         "filed_at": f"2026-03-0{n + 1}T10:00:00+08:00", "text": f"付款后第{n}天还没有到账，一直没有给我发货"}
        for n in range(3)
    ]  # fmt: skip
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, told)), "utf-8")
    data = tmp_path / "data"
    command(capsys, "import", tmp_path / "c.jsonl", "--data-dir", data)
    config = Config(data)
    with config.engine.begin() as connection:
        connection.execute(
            text("update complaint set text = text || '，电话13800001234', primary_kind = 'other', kinds = '[\"other\"]' where id > 1")
        )  # fmt: skip
    found = {
        f["what"]: f
        for f in json.loads(command(capsys, "doctor", "--json", "--data-dir", data, expect=None).out)
    }
    assert found["规则 rules"]["state"] == "warn"
    assert (
        json.loads(command(capsys, "reread", "--json", "--data-dir", data).out)["changed"]["complaint"] == 2
    )
    with config.engine.connect() as connection:
        rows = connection.execute(text("select text, primary_kind from complaint")).all()
    assert {row.primary_kind for row in rows} == {"drop.unspecified"}
    assert not any("13800001234" in row.text for row in rows)
    assert (
        json.loads(command(capsys, "reread", "--json", "--data-dir", data).out)["changed"]["complaint"] == 0
    )
