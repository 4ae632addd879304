"""Open the database: SQLite in the data directory by default, PostgreSQL by URL, always migrated to the current schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"

_WAIT_SECONDS = 15.0
"""How long SQLite waits for another writer; `?timeout=SECONDS` in the URL says otherwise."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-65536",
    "temp_store=MEMORY",
)


class NewerSchema(Exception):
    """The database was migrated by a newer version of this program; the message is its revision."""


def default_url(data_dir: Path) -> str:
    """The URL of the embedded database inside `data_dir`."""
    return f"sqlite:///{(data_dir / 'kamengwatch.db').resolve()}"


def open_engine(url: str) -> Engine:
    """An engine for `url`; creates the parent folder of a SQLite file. Call `migrate` once before first use."""
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    sqlite = url.startswith("sqlite")
    waits = {"timeout": _WAIT_SECONDS} if sqlite and "timeout=" not in url else {}
    engine = create_engine(url, pool_pre_ping=not sqlite, connect_args=waits)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision` (up; use `downgrade` to go back); raises NewerSchema for one this program does not know."""
    if revision == "head" and is_current(engine):
        return
    from alembic import command

    if (there := _revision(engine)) and there not in _known():
        raise NewerSchema(there)
    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` ("base" = empty)."""
    from alembic import command

    command.downgrade(_config(engine), revision)


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the newest revision; asked without Alembic, whose import costs every command a second."""
    return _revision(engine) == max(_known())


def _known() -> set[str]:
    return {path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")}


def _revision(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database, and for one that does not answer."""
    try:
        with engine.connect() as connection:
            return connection.execute(text("select version_num from alembic_version")).scalar()
    except DatabaseError:
        return None


def _config(engine: Engine) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def _prepare_sqlite(connection: Any, entry: ConnectionPoolEntry) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
