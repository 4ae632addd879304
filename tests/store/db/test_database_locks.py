"""Opening the database again in one process must not make another process believe that nobody has it open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kamengwatch.config import Config
from tests.support.markets.judged_records import database

WRITE = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1])
other.execute("insert into setting (name, value) values ('other', 'wrote')")
other.commit()
other.close()
"""


@pytest.mark.parametrize(
    "open_again", [lambda config: config.engine, lambda config: Config(config.data_dir).engine]
)
def test_a_log_that_is_in_use_is_not_taken_away(
    tmp_path: Path, open_again: Callable[[Config], Engine]
) -> None:
    engine, config = database(tmp_path, []), Config(tmp_path)
    with engine.connect() as reader:
        reader.execute(text("select count(*) from platform")).all()
        open_again(config).dispose()
        words = [sys.executable, "-c", WRITE, str(tmp_path / "kamengwatch.db")]
        subprocess.run(words, check=True, timeout=60)
        assert (tmp_path / "kamengwatch.db-wal").exists(), "whoever closes last takes the log away"
        reader.rollback()
        assert reader.execute(text("select value from setting where name = 'other'")).all()
    engine.dispose()
