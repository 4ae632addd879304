"""A filled SQLite folder moved to a real PostgreSQL: equal row for row, resumed after a kill, never over somebody else's rows."""

import json
import signal
import subprocess
import sys

import pytest
from cli_play import command
from kept_data import kept
from postgres import database
from sqlalchemy import select, text

from store.engine import migrate, open_engine
from store.tables import Complaint, Operator

_KILLED = """
import os, signal, sys
from sqlalchemy import create_engine
from store.engine import open_engine
from store.move_over import move_over

def tell(table, done, of):
    if table == "probe":
        os.kill(os.getpid(), signal.SIGKILL)

move_over(create_engine(sys.argv[1]), open_engine(sys.argv[2]), tell, batch=7)
"""


def _typed(engine):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(Complaint.__table__).order_by(Complaint.id))]


@pytest.mark.postgres
def test_killed_move_is_resumed_and_equal(tmp_path, capsys, postgres_server):
    source = kept(tmp_path / "data")
    before = _typed(source.engine)
    assert before
    source.engine.dispose()
    file = tmp_path / "data" / "kamengwatch.db"
    kept_bytes = file.read_bytes()
    with database(postgres_server) as url:
        target = open_engine(url)
        migrate(target)
        killed = subprocess.run([sys.executable, "-c", _KILLED, f"sqlite:///{file}", url])
        assert killed.returncode == -signal.SIGKILL
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", "--json")
        moved = {one["table"]: one for one in json.loads(said.out)}
        assert moved["probe"]["copied"] == moved["probe"]["rows"] - 7
        assert moved["complaint"]["rows"] == len(before)
        assert _typed(target) == before
        assert file.read_bytes() == kept_bytes
        again = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", "--json")
        assert sum(one["copied"] for one in json.loads(again.out)) == 0
        with target.begin() as connection:
            connection.execute(Operator.__table__.insert(), {"name": "新主体"})
        target.dispose()


@pytest.mark.postgres
def test_somebody_elses_rows_are_left_alone(tmp_path, capsys, postgres_server):
    kept(tmp_path / "data").engine.dispose()
    with database(postgres_server) as url:
        target = open_engine(url)
        migrate(target)
        with target.begin() as connection:
            connection.execute(Operator.__table__.insert(), {"name": "别家"})
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
        assert "operator" in said.err
        with target.connect() as connection:
            assert connection.execute(text("select count(*) from platform")).scalar() == 0
        target.dispose()


def test_wrong_or_silent_targets_are_one_line(tmp_path, capsys):
    kept(tmp_path / "data").engine.dispose()
    for url in ("mysql://x@h/d", "nothing", "postgresql+psycopg://kw@127.0.0.1:9/none"):
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
        assert len(said.err.strip().splitlines()) == 1
    missing = command(capsys, "move", "--to", "postgresql://h/d", "--data-dir", tmp_path / "none", expect=2)
    assert "--data-dir" in missing.err
