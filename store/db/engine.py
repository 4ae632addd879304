"""Open the database (SQLite by default, PostgreSQL by URL), migrate it, and retry a transaction that PostgreSQL aborted for a deadlock.

Begun again beside the other it would only meet it once more, so large writes go side by side the first time and alone after that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from store.private_files import make_private_file

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parents[1] / "migrations"

DATABASE = "kamengwatch.db"
"""The embedded database's file in the data folder."""
_WAIT_SECONDS = 15.0
"""How long SQLite waits for another writer; `?timeout=SECONDS` in the URL says otherwise."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-65536",
    "temp_store=MEMORY",
)


class Unusable(Exception):
    """A database that cannot be taken into use; the message says why and what to do."""


class NewerSchema(Unusable):
    """The database has a revision this program does not know: a later version of it was here before."""

    def __init__(self, found: str, newest: str) -> None:
        super().__init__(
            f"数据库的版本是 its schema is revision {found}，本程序只到 this program knows up to {newest}; "
            "请更新程序，或恢复更新前的备份 update the program (kamengwatch), or restore a backup made before"
        )


def default_url(data_dir: Path) -> str:
    """The URL of the embedded database inside `data_dir`; `?` and `%` of its path are written as %3F and %25."""
    return sqlite_url(data_dir / DATABASE)


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file, whatever characters its path holds."""
    return URL.create("sqlite", database=str(file.resolve())).render_as_string(hide_password=False)


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL; None for another database, one in memory, or what is no URL."""
    try:
        given = make_url(url)
    except (ArgumentError, ValueError):
        return None
    named = given.database if given.get_backend_name() == "sqlite" else None
    return Path(named) if named and named != ":memory:" and not named.startswith("file:") else None


def open_engine(url: str) -> Engine:
    """An engine for `url`; creates a SQLite file, for its owner alone, with its folder. Call `migrate` once before first use.

    SQLite gives its log and shared memory the rights of the file. Raises Unusable for a URL whose port is no number; the URL
    may hold a password and is not repeated.
    """
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if file := sqlite_file(url):
        file.parent.mkdir(parents=True, exist_ok=True)
        make_private_file(file)
    sqlite = url.startswith("sqlite")
    told: dict[str, Any] = {"timeout": _WAIT_SECONDS} if sqlite and "timeout=" not in url else {}
    if url.startswith("postgresql"):
        told = {"client_encoding": "utf8"}  # whatever the server or PGCLIENTENCODING says
    try:
        engine = create_engine(url, pool_pre_ping=not sqlite, connect_args=told)
    except ValueError as error:
        raise Unusable(
            "URL 的端口不是数字 the port in the URL is no number; 密码里的 in a password write @ : / 写作 as %40 %3A %2F"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision` (up; use `downgrade` to go back).

    Raises NewerSchema, and Unusable for a PostgreSQL that cannot hold Chinese text; nothing is changed then.
    """
    found, known = _revision(engine), _revisions()
    if revision == "head" and found == known[-1]:
        return
    if found is not None and found not in known:
        raise NewerSchema(found, known[-1])
    _check_encoding(engine)
    from alembic import command

    command.upgrade(_config(engine), revision)


def _check_encoding(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        encoding = connection.execute(text("show server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise Unusable(
            f"库的编码是 its encoding is {encoding}，须为 must be UTF8: create database NAME encoding 'UTF8' template template0"
        )


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` ("base" = empty)."""
    from alembic import command

    command.downgrade(_config(engine), revision)


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the newest revision; asked without Alembic, whose import costs every command a second."""
    return _revision(engine) == _revisions()[-1]


def is_empty(engine: Engine) -> bool:
    """Whether the database has no schema yet; raises DatabaseError when it cannot be reached."""
    from sqlalchemy import inspect

    return "alembic_version" not in inspect(engine).get_table_names()


def _revision(engine: Engine) -> str | None:
    """The revision the database says it has; None for a new one, or where it cannot be asked."""
    try:
        with engine.connect() as connection:
            return connection.execute(text("select version_num from alembic_version")).scalar()
    except DatabaseError:
        return None


def _revisions() -> list[str]:
    """All revisions this program knows, in their order."""
    return sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _config(engine: Engine) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def _prepare_sqlite(connection: Any, entry: ConnectionPoolEntry) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


_T = TypeVar("_T")
_DEADLOCK = "40P01"
_TRIES = 5
_LOCK = 0x6B6D7769


def retry_on_deadlock(write: Callable[[bool], _T], forget: Callable[[], None]) -> _T:
    """What `write(alone)` returns: one whole transaction, begun again where it fell to a deadlock, up to five times in all.

    `alone` is true from the second time on. `forget` is called before each new beginning: what memory holds of the
    transaction that was rolled back is not there.
    """
    for alone in (False, *[True] * (_TRIES - 2)):
        try:
            return write(alone)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
        forget()
    return write(True)


def acquire_writer_lock(connection: Connection, alone: bool) -> None:
    """Wait until no other large write runs (`alone`), or until none runs that has to be alone; kept until the transaction ends."""
    if connection.dialect.name == "postgresql":
        shared = "" if alone else "_shared"
        connection.execute(text(f"select pg_advisory_xact_lock{shared}(:key)"), {"key": _LOCK})
