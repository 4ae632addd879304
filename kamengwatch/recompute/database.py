"""The database's tables in DuckDB, as they are: read with SQLAlchemy, so that SQLite and PostgreSQL give the same.

Every time becomes the Shanghai wall clock without a zone, because that is the day sentences speak of.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import Boolean, Date, Engine, Float, Integer, LargeBinary, Table, select

from kamengwatch.recompute.words import promises, terms
from scoring.observations.product_names import ware
from scoring.snapshot.reader import Snapshot
from store.db.base import UtcDateTime
from store.db.tables import OBSERVATIONS, Base
from store.text.query import host_of, parse_icp, registrable

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
WANTED = (
    *(model.__tablename__ for model in OBSERVATIONS.values()),
    *(
        "alias",
        "crawl",
        "crawl_platform",
        "observer",
        "operator",
        "place_probe",
        "platform",
        "review",
        "source",
    ),
)
"""Tables that any sentence rests on."""
_AT_ONCE = 20_000


def load(
    db: duckdb.DuckDBPyConnection, engine: Engine, note: Callable[[str], None] = lambda name: None
) -> None:
    """Put each of the tables WANTED into `db` under its own name with `_all` behind it, every row and column."""
    for name in WANTED:
        note(name)
        _store(db, f"{name}_all", _arrow(engine, Base.metadata.tables[name]))
    _store(db, "domain_of", _domains(db))
    _store(db, "ware", _mapped(db, "select distinct product from price_all", ("product", "ware"), ware))
    numbers = "select footer_icp from page_all union select number from filing_all"
    _store(db, "filing_number", _mapped(db, numbers, ("text", "number"), _number))


def _store(db: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    db.register("read", rows)
    db.execute(f'create table "{name}" as select * from read')  # noqa: S608 - fixed names
    db.unregister("read")


def _domains(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """name, domain: the registrable domain of every host that is spoken of."""
    names = db.sql(
        "select host as name from platform_all union select text from alias_all union select domain from filing_all"
    ).fetchall()
    hosts = {name: host for (name,) in names if name and (host := host_of(name))}
    return pa.table(
        {
            "name": pa.array(list(hosts), pa.string()),
            "domain": pa.array([registrable(host) for host in hosts.values()], pa.string()),
        }
    )


def _mapped(
    db: duckdb.DuckDBPyConnection, query: str, names: tuple[str, str], of: Callable[[str], str | None]
) -> pa.Table:
    """Every text the query gives, and what `of` makes of it; texts of which it makes nothing are left out."""
    found = {text: to for (text,) in db.sql(query).fetchall() if text and (to := of(text))}
    values = (list(found), list(found.values()))
    return pa.table({name: pa.array(some, pa.string()) for name, some in zip(names, values, strict=True)})


def _number(text: str) -> str | None:
    """The main part of a filing number in one spelling."""
    found = parse_icp(text)
    return found.main if found else None


def _arrow(engine: Engine, table: Table) -> pa.Table:
    """All rows of a table."""
    schema = pa.schema([(column.name, _type(column.type)) for column in table.columns])
    batches = []
    with engine.connect() as connection:
        found = connection.execution_options(stream_results=True).execute(select(table))
        for rows in found.partitions(_AT_ONCE):
            columns = [
                _column(values, field.type)
                for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return pa.Table.from_batches(batches, schema)


def _type(column: Any) -> pa.DataType:
    kinds = (
        (UtcDateTime, pa.timestamp("us")),
        (Date, pa.date32()),
        (Boolean, pa.bool_()),
        (Integer, pa.int64()),
        (Float, pa.float64()),
        (LargeBinary, pa.binary()),
    )
    return next((arrow for kind, arrow in kinds if isinstance(column, kind)), pa.string())


def _column(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        values = [v and v.astimezone(SHANGHAI).replace(tzinfo=None) for v in values]
    elif pa.types.is_string(kind):
        values = [v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
    return pa.array(values, kind)


# The queries: one for each kind of figure, in the .sql files beside this module, each under a line that names what it computes.

BASE = ("visible.sql", "counted.sql", "places.sql", "observed.sql", "coverage.sql", "prices.sql")
"""What the figures rest on, in this order: what was visible by the end of the day, which complaints count, what other places contradict, what was observed,
which days were covered, what the goods cost elsewhere."""
_HEAD = re.compile(r"^-- figure (\w+)(?: by (until|place))?$", re.MULTILINE)
_COLUMNS = (
    'host varchar, place varchar, name varchar, value double, n double, "of" double, since date, until date'
)


@dataclass(frozen=True)
class Query:
    """How a figure is computed again, and which column tells several of one site apart."""

    sql: str
    by: str | None


@cache
def queries() -> dict[str, Query]:
    """The query of every figure there is one for, by the figure's name."""
    found: dict[str, Query] = {}
    folder = files("kamengwatch.recompute").joinpath("sql")
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name):
        text = file.read_text("utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [*(head.start() for head in heads[1:]), len(text)]
        for head, end in zip(heads, ends, strict=False):
            if head[1] in found:
                raise ValueError(f"{file.name}: a second query for {head[1]}")
            body = text[head.end() : end].strip().rstrip(";")
            found[head[1]] = Query(body, head[2])
    return found


def recompute(
    engine: Engine,
    as_of: dt.date,
    snapshot: Snapshot,
    note: Callable[[str], None] = lambda step: None,
) -> duckdb.DuckDBPyConnection:
    """A DuckDB database with the table `recomputed` (host, place, name, value, n, of, since, until) of a day.

    Of the tables of the `snapshot` it takes over what is no count: which complaints were held back as a possible campaign
    (set_aside), when the state of a site changed and how many days it was down then (warnings), which sites are linked
    (links); of the table figures, of which days and places figures are asked for.
    """
    db = duckdb.connect(":memory:", config={"threads": 2, "autoload_known_extensions": "false"})
    load(db, engine, note)
    for name in ("figures", "set_aside", "warnings", "links"):
        db.from_arrow(snapshot.arrow(f"select * from {name}")).create(name)  # noqa: S608 - fixed names
    db.execute("set variable as_of = ?::date", [as_of])
    for file in BASE:
        note(file)
        db.execute(_text(file))
    db.register("promise", promises(db))
    db.execute(_text("promised.sql"))
    db.register("terms", terms(db, as_of))
    db.execute(f"create table recomputed ({_COLUMNS})")
    for name, query in queries().items():
        note(name)
        db.execute(f"insert into recomputed by name select '{name}' as name, * from ({query.sql}\n)")  # noqa: S608 - our own files
    return db


def _text(file: str) -> str:
    return files("kamengwatch.recompute").joinpath("sql", file).read_text("utf-8")
