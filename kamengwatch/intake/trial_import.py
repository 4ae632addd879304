"""A copy of the database in which an import can be tried out: what would happen is known, and nothing is written.

The trial runs the very import, on a copy in a temporary folder that is removed afterwards; the data folder and the database
are only read. A data folder that does not exist yet is not made.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from kamengwatch.config import Config, UserError, without_password
from kamengwatch.console import bar
from store.db.engine import DATABASE, sqlite_file

_CHUNK = 5_000


@contextmanager
def trial(config: Config) -> Iterator[Config]:
    """The same settings on a copy of the database; raises UserError when the database cannot be read."""
    from store.evidence.complainant_pseudonyms import FOLDER

    with tempfile.TemporaryDirectory(prefix="kamengwatch-check-") as folder:
        copy = replace(config, data_dir=Path(folder), database=None)
        keys = config.data_dir / FOLDER
        if keys.is_dir():
            shutil.copytree(keys, copy.data_dir / FOLDER)
        if file := sqlite_file(config.database_url):
            _copy_file(file, copy)
        else:
            _copy_rows(config, copy)
        try:
            yield copy
        finally:
            copy.engine.dispose()


def _copy_file(path: Path, copy: Config) -> None:
    """A database somebody has open is read as SQLite reads it; one at rest as a file, so that no file is made beside it."""
    if not path.exists():
        return
    to = copy.data_dir / DATABASE
    beside = [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
    try:
        if all(file.exists() for file in beside):
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as old,
                closing(sqlite3.connect(to)) as new,
            ):
                old.backup(new)
            return
        shutil.copyfile(path, to)
        if beside[0].exists():
            shutil.copyfile(beside[0], to.with_name(to.name + "-wal"))
    except (OSError, sqlite3.Error) as error:
        raise UserError(f"{path}: 读不出数据库 cannot read the database: {error}") from error


def _copy_rows(config: Config, copy: Config) -> None:
    """The tables an import looks at, read from PostgreSQL in one state and one reading transaction."""
    from store.db.engine import Unusable, is_current, is_empty, open_engine

    url = without_password(config.database_url)
    try:
        source = open_engine(config.database_url)
        if is_empty(source):
            return
        if not is_current(source):
            raise UserError(
                f"{url}: 数据库的版本较旧，先运行 its schema is older, first run: kamengwatch doctor"
            )
        with source.connect().execution_options(isolation_level="REPEATABLE READ") as old:
            old.exec_driver_sql("set transaction read only")
            _fill(old, copy.engine, config)
        source.dispose()
    except (SQLAlchemyError, Unusable, ImportError, OSError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise UserError(f"{url}: 读不出数据库 cannot read the database: {reason}") from error


def _fill(old: Any, new: Engine, config: Config) -> None:
    from store.db.tables import OBSERVATIONS, Alias, Base, Operator, Platform, Review, Setting, Source

    wanted = {m.__tablename__ for m in (Alias, Operator, Platform, Review, Setting, Source, *OBSERVATIONS.values())}  # fmt: skip
    wanted |= {"crawl", "crawl_platform"}
    tables = [table for table in Base.metadata.sorted_tables if table.name in wanted]
    total = sum(old.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    with (
        new.begin() as connection,
        bar(config.say("复制用于检查", "copying for the check"), total) as progress,
    ):
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in tables:
            connection.execute(table.delete())
            rows = old.execute(select(table), execution_options={"yield_per": _CHUNK}).mappings()
            for part in rows.partitions(_CHUNK):
                # What was archived is not part of the trial, so no row of it may point there.
                connection.execute(table.insert(), [_without_capture(row) for row in part])
                progress.advance(len(part))


def _without_capture(row: Any) -> dict[str, Any]:
    return {**row, "capture_id": None} if "capture_id" in row else dict(row)
