"""docs/vocabulary.md names every table and every word that code and pages share."""

import re
from pathlib import Path

import pytest

from store.db.tables import Base

PAGE = (Path(__file__).resolve().parents[2] / "docs/vocabulary.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]
WORDS = {row[0]: row[1] for row in ROWS if row[0] != "code"}


@pytest.mark.parametrize("table", sorted(mapper.class_.__name__ for mapper in Base.registry.mappers))
def test_every_table_has_its_row(table: str) -> None:
    assert table in WORDS, (
        f"give {table} a row in docs/vocabulary.md (code, 中文, meaning, not to be confused with)"
    )


def test_no_chinese_word_means_two_things() -> None:
    chinese = list(WORDS.values())
    assert len(chinese) == len(set(chinese)), sorted(word for word in chinese if chinese.count(word) > 1)


def test_every_row_is_whole() -> None:
    broken = [row for row in ROWS if len(row) != 4 or not all(row) or not re.search(r"[一-鿿]|中文", row[1])]
    assert not broken


@pytest.mark.parametrize("word", ["ok", "concern", "unknown", "hidden", "not_applicable"])
def test_every_outcome_is_explained(word: str) -> None:
    assert f"`{word}` " in PAGE


@pytest.mark.parametrize("word", ["normal", "watch", "warning", "alarm", "closed", "stale"])
def test_every_warning_state_has_its_chinese_word(word: str) -> None:
    row = next(row for row in ROWS if row[0] == "Warning state")
    assert re.search(rf"{word} [一-鿿]+", row[2])
