"""A filled SQLite folder moved to a real PostgreSQL: equal row for row, resumed after a kill, never over somebody else's rows."""

import io
import json
import signal
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, make_url, select, text, update

from store.db import sqlite_to_postgres
from store.db.engine import migrate, open_engine
from store.db.tables import Complaint, Operator, Platform
from tests.support.data.kept import NOW, kept
from tests.support.programs.in_process_cli import command
from tests.support.servers.postgres import database

_KILLED = """
import os, signal, sys
from sqlalchemy import create_engine
from store.db.engine import open_engine
from store.db.sqlite_to_postgres import move_over

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


@pytest.mark.postgres
def test_a_row_that_does_not_fit_is_named_and_the_move_goes_on_once_it_is_mended(
    tmp_path, capsys, postgres_server
):
    """Older versions let in names longer than their column and NUL characters, which only SQLite keeps."""
    source = kept(tmp_path / "data")
    long, nul = (
        {"name": name, "host": f"{host}.example", "status": "watched", "demo": False, "added_at": NOW}
        for host, name in (("long", "长" * 390), ("nul", "甲\0"))
    )
    with source.engine.begin() as connection:
        connection.execute(Platform.__table__.insert(), [long, nul])
    with database(postgres_server) as url:
        for host, reason in (("nul", "NUL"), ("long", "varying(200)")):
            said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
            with source.engine.begin() as connection:
                number = connection.scalar(select(Platform.id).where(Platform.host == f"{host}.example"))
                assert (
                    "platform" in said.err
                    and f"(id={number})" in said.err
                    and reason in said.err
                    and len(said.err.strip().splitlines()) == 1
                )
                connection.execute(update(Platform).where(Platform.id == number).values(name="短"))
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", "--json")
        moved = {one["table"]: one for one in json.loads(said.out)}
        assert moved["platform"]["rows"] == moved["platform"]["copied"] == 3


@pytest.mark.postgres
def test_a_server_that_goes_away_while_rows_are_written_is_one_line(
    tmp_path, capsys, postgres_server, monkeypatch
):
    source = kept(tmp_path / "data")
    source.engine.dispose()
    with database(postgres_server) as url:
        target = open_engine(url)
        migrate(target)

        def cut(*of):
            with target.connect() as other:
                query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                other.execute(text(query))

        real = sqlite_to_postgres.move_over
        with monkeypatch.context() as patch:
            patch.setattr(
                sqlite_to_postgres, "move_over", lambda old, new, tell: real(old, new, cut, batch=7)
            )
            said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
        assert len(said.err.strip().splitlines()) == 1
        command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data")
        target.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_chinese_is_refused_before_anything_is_made(
    tmp_path, capsys, postgres_server, encoding
):
    kept(tmp_path / "data").engine.dispose()
    with database(postgres_server) as url:
        admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
        name = make_url(url).database
        with admin.connect() as connection:
            connection.exec_driver_sql(f'drop database "{name}"')
            connection.exec_driver_sql(
                f"create database \"{name}\" encoding '{encoding}' locale 'C' template template0"
            )
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
        assert encoding in said.err and "UTF8" in said.err and len(said.err.strip().splitlines()) == 1
        admin.dispose()


@pytest.mark.postgres
def test_a_target_of_a_newer_version_is_one_line(tmp_path, capsys, postgres_server):
    kept(tmp_path / "data").engine.dispose()
    with database(postgres_server) as url:
        target = open_engine(url)
        migrate(target)
        with target.begin() as connection:
            connection.execute(text("update alembic_version set version_num = '9999'"))
        target.dispose()
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
        assert "9999" in said.err and len(said.err.strip().splitlines()) == 1


def test_wrong_or_silent_targets_are_one_line(tmp_path, capsys):
    kept(tmp_path / "data").engine.dispose()
    for url in (
        "mysql://x@h/d",
        "nothing",
        "postgresql+psycopg://kw@127.0.0.1:9/none",
        "postgresql://kw:secr@h:abc/d",
    ):
        said = command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data", expect=2)
        assert len(said.err.strip().splitlines()) == 1 and "secr" not in said.err
    missing = command(capsys, "move", "--to", "postgresql://h/d", "--data-dir", tmp_path / "none", expect=2)
    assert "--data-dir" in missing.err


@pytest.mark.postgres
def test_a_person_is_erased_from_the_file_that_a_move_left_behind(
    tmp_path, capsys, postgres_server, monkeypatch
):
    """The new database forgets, and so does the old one in the same folder; one that cannot be read as ours is named."""
    source, who = kept(tmp_path / "data"), "zz_kefu_9912"
    with source.engine.begin() as connection:
        connection.execute(update(Complaint).where(Complaint.id == 1).values(text=f"联系 {who} 没人理"))
    source.engine.dispose()
    file = tmp_path / "data" / "kamengwatch.db"
    with database(postgres_server) as url:
        words = ("--data-dir", tmp_path / "data", "--database", url)
        command(capsys, "move", "--to", url, "--data-dir", tmp_path / "data")
        monkeypatch.setattr("sys.stdin", io.StringIO(who + "\n"))
        said = json.loads(command(capsys, "privacy", "erase", "--yes", "--json", *words).out)
        taken = ["complaint.text #1", "complaint.signature #1"]
        assert said["erased"] == [*taken, *(f"kamengwatch.db: {row}" for row in taken)] and not said["left"]
        assert who.encode() not in file.read_bytes()
        with open_engine(f"sqlite:///{file}").begin() as connection:
            connection.execute(text("update alembic_version set version_num = '0001'"))
        monkeypatch.setattr("sys.stdin", io.StringIO(who + "\n"))
        said = json.loads(command(capsys, "privacy", "find", "--json", *words).out)
        assert said == {"found": [], "not_searchable": ["kamengwatch.db"]}
