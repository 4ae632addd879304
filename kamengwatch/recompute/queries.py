"""The queries: one for each kind of figure, in the .sql files beside this module, each under a line that names what it computes.

`-- figure answered` heads a query that gives `host` and `value`, and `n`, `of`, `since`, `until` where the figure has them.
A figure `by until` or `by place` is stated of one site several times, and this column tells which one it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import duckdb
from sqlalchemy import Engine

from kamengwatch.recompute.database import load
from kamengwatch.recompute.promise_words import promises
from kamengwatch.recompute.terms import terms

BASE = ("visible.sql", "counted.sql", "observed.sql", "coverage.sql", "prices.sql")
"""What the figures rest on, in this order: what was visible by the end of the day, which complaints count, what was observed,
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
    folder: Path,
    note: Callable[[str], None] = lambda step: None,
) -> duckdb.DuckDBPyConnection:
    """A DuckDB database with the table `recomputed` (host, place, name, value, n, of, since, until) of a day.

    Of the tables published in `folder` it takes over what is no count: which complaints were held back as a possible campaign
    (set_aside), when the state of a site changed and how many days it was down then (warnings), which sites are linked
    (links); of the table figures, of which days and places figures are asked for.
    """
    db = duckdb.connect(":memory:", config={"threads": 2, "autoload_known_extensions": "false"})
    load(db, engine, note)
    for name in ("figures", "set_aside", "warnings", "links"):
        db.read_parquet(str(folder / f"{name}.parquet")).create(name)
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
