"""Partitions by month, on PostgreSQL only, of the tables that grow with every visit (docs/decisions/0016).

A row lies in the month (UTC) of its `observed_at`, which no later look changes. A month's table is made when the first row
of it comes. Dates before FIRST or from END on are mistakes of a clock or a file: they are kept too, all of them in one
table a side, so that no file can make tables without end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from store.db.tables import Base

SCHEMA = "months"
"""Where the months' tables lie: beside the tables of the vocabulary, which stay the only ones to read and write."""
MONTHLY = ("counters", "orders", "page", "price", "probe")
"""Kinds of observation whose natural key holds `observed_at` and whose rows come with every visit; also their tables' names."""
FIRST, END = 2010, 2050
_LOCK = 0x6B6D6D6F
_SHORT, _LONG = "150ms", "5s"
"""How long to wait for a lock while others are held, and while none is."""
_TRIES = 12
_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True)
class Month:
    """What one partition holds: the last part of its name, and its bounds as PostgreSQL reads them."""

    name: str
    low: str
    high: str


def month_of(at: dt.datetime) -> Month:
    """The month in which `at` lies."""
    utc = at.astimezone(dt.UTC)
    if utc.year < FIRST:
        return Month("earlier", "minvalue", _first(FIRST, 1))
    if utc.year >= END:
        return Month("later", _first(END, 1), "maxvalue")
    year, month = (utc.year, utc.month + 1) if utc.month < 12 else (utc.year + 1, 1)
    return Month(f"{utc:%Y_%m}", _first(utc.year, utc.month), _first(year, month))


def _first(year: int, month: int) -> str:
    return f"'{year}-{month:02}-01 00:00:00+00'"


class Months:
    """The months that a process knows to be there. On SQLite there are none, and none are needed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[tuple[str, Month]] = set()

    def make(self, moments: Iterable[tuple[str, dt.datetime]]) -> None:
        """See that every (table, moment) has its partition; what belongs to no table of MONTHLY is passed over.

        To be called before the transaction that writes the rows: a month is made in one of its own, because the locks it
        takes on the tables it refers to would otherwise be held until the rows are written.
        """
        if self._engine.dialect.name != "postgresql":
            return
        wanted = {(table, month_of(at)) for table, at in moments if table in MONTHLY} - self._known
        if not wanted:
            return
        with self._engine.begin() as connection:
            there = {table: attached(connection, table) for table in {table for table, _ in wanted}}
        for table, month in sorted(wanted, key=str):
            if month.name not in there[table]:
                self._attach(table, month)
        self._known |= wanted

    def _attach(self, table: str, month: Month) -> None:
        """Make one month, or find that another process did.

        It locks what the table refers to against writers. Waiting for those locks together could end in a deadlock with
        a writer, so that is given up at once, long before PostgreSQL looks for one; each is then waited for alone.
        """
        for left in reversed(range(_TRIES)):
            try:
                with self._engine.begin() as connection:
                    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                    _patience(connection, _SHORT)
                    if month.name not in attached(connection, table):
                        attach(connection, table, month)
                return
            except OperationalError as error:
                if not left or getattr(error.orig, "sqlstate", None) != _NOT_AVAILABLE:
                    raise
            self._wait(table)

    def _wait(self, table: str) -> None:
        """Wait until each lock was there for a moment; autovacuum gives way to who waits for more than a second."""
        refers = {key.column.table.name for key in Base.metadata.tables[table].foreign_keys}
        modes = {
            f"only {table}": "share update exclusive",
            **dict.fromkeys(sorted(refers), "share row exclusive"),
        }
        for name, mode in modes.items():
            with suppress(OperationalError), self._engine.begin() as connection:
                _patience(connection, _LONG)
                connection.exec_driver_sql(f"lock table {name} in {mode} mode")


def _patience(connection: Connection, how_long: str) -> None:
    connection.exec_driver_sql(f"set local lock_timeout = '{how_long}'")


def attached(connection: Connection, table: str) -> set[str]:
    """The names of the months that `table` has."""
    query = "select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = cast(:name as regclass)"
    names = connection.execute(text(query), {"name": table}).scalars()
    return {name.removeprefix(f"{table}_") for name in names}


def attach(connection: Connection, table: str, month: Month) -> None:
    """Make the partition of one month. It is attached, not created in place: that leaves readers and writers of the others alone."""
    name = f"{SCHEMA}.{table}_{month.name}"
    connection.exec_driver_sql(f"create table {name} (like {table})")
    connection.exec_driver_sql(
        f"alter table {table} attach partition {name} for values from ({month.low}) to ({month.high})"
    )
