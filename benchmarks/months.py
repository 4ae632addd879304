"""What partitions by month cost and buy on PostgreSQL: the same rows in a whole table and by month, written and read.

    python benchmarks/months.py [--platforms 200] [--months 60]

A probe a platform and day, in two databases of the product's own schema: one at the revision before the months. Written in batches of an
import and in the few rows of a crawled page, beside a plain SQLAlchemy Core upsert, and read by ranges of ids as `rate` reads (rows a second
of processors, this process and the server's for it together); read by single ids as evidence is cited, and of one month; then one month is let
go, and the whole table made one by month. Where PostgreSQL's programs are not found, nothing is measured.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, select, text

from benchmarks._told import machine, row

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from postgres_programs import find_server

from scoring.observations.sql_columns import _between, id_ranges
from scoring.tables.evidence import _fetch
from store.db.engine import migrate, open_engine
from store.db.partitions import Month, Months, month_of
from store.db.tables import Platform, Probe, Source
from store.db.upsert import insert_for, upsert_observations
from store.evidence.ingest import BATCH
from tests.support.servers.postgres import database, server

END = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
PAGE, PAGES = 20, 250
CITED = 2_000
SHAPES = {"whole": "0005", "by month": "head"}
"""What the tables are like -> the revision of the schema that has them so."""
Batches = list[list[dict[str, Any]]]


def probes(platforms: int, days: range) -> Iterator[dict[str, Any]]:
    """A probe a platform and day, the oldest day first."""
    for day in reversed(days):
        for platform in range(1, platforms + 1):
            at = END - dt.timedelta(days=day, seconds=platform)
            yield {
                "platform_id": platform, "subject": f"s{platform}.example", "source_id": "availability", "crawl_id": None, "capture_id": None,
                "seen_at": at, "observed_at": at, "outcome": "ok", "class": "up", "status": 200, "latency_ms": 300,
            }  # fmt: skip


def cut(rows: list[dict[str, Any]], size: int) -> Batches:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def made(url: str, shape: str, platforms: int) -> Engine:
    """A database with tables of that shape, the platforms and their source."""
    engine = open_engine(url)
    migrate(engine, SHAPES[shape])
    with engine.begin() as connection:
        source = {
            "id": "availability",
            "kind": "site",
            "title_zh": "探测",
            "title_en": "probes",
            "family": "us",
            "tier": "B",
        }
        connection.execute(Source.__table__.insert(), source)
        known = {"status": "watched", "demo": False, "added_at": END}
        hosts = [known | {"host": f"s{n}.example"} for n in range(1, platforms + 1)]
        connection.execute(Platform.__table__.insert(), hosts)
    return engine


def worked(engine: Engine) -> float:
    """Seconds of processors so far, of this process and of the server's for it: the machine is not ours alone."""
    with engine.connect() as connection:
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
    told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return time.process_time() + (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def written(engine: Engine, months: Months | None, batches: Batches, write: Callable[..., Any]) -> float:
    """Rows a second of processors, one transaction a batch."""
    begun = worked(engine)
    for batch in batches:
        if months is not None:
            months.make(("probe", one["observed_at"]) for one in batch)
        with engine.begin() as connection:
            write(connection, batch)
    return sum(map(len, batches)) / (worked(engine) - begun)


def ours(connection: Any, batch: list[dict[str, Any]]) -> None:
    upsert_observations(connection, Probe, batch)


def plain(connection: Any, batch: list[dict[str, Any]]) -> None:
    connection.execute(insert_for(connection, Probe.__table__).on_conflict_do_nothing(), batch)


def filled(engine: Engine, months: Months | None, platforms: int, days: range) -> dict[str, float]:
    """Write everything; gives what each way of writing did."""
    rows = list(probes(platforms, days))
    batches, late = cut(rows, BATCH), list(probes(platforms, range(-400, 0)))
    pages, more = cut(late[: PAGE * PAGES], PAGE), cut(late[PAGE * PAGES :][: 10 * BATCH], BATCH)
    found = {
        "new rows": written(engine, months, batches, ours),
        "known rows": written(engine, months, batches, ours),
        "new rows, plain upsert": written(engine, months, more, plain),
        "known rows, plain upsert": written(engine, months, more, plain),
        f"pages of {PAGE} rows, new": written(engine, months, pages, ours),
        f"pages of {PAGE} rows, known": written(engine, months, pages, ours),
    }
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum analyze probe")
    return found


def by_ranges(engine: Engine, platforms: int) -> int:
    """Read the whole table as one process of `rate` does; gives its number of rows."""
    index = np.array([np.arange(1, platforms + 1), np.arange(platforms)])
    end = END + dt.timedelta(days=999)
    n = 0
    for ids in id_ranges(engine, Probe):
        with engine.connect() as connection:
            n += len(_between(connection, "probe", ids, index, {"availability": 0}, end)["id"])
    with engine.connect() as connection:
        assert n == connection.scalar(select(func.count()).select_from(Probe))
    return n


def cited(engine: Engine, ids: list[int], span: Any) -> int:
    with engine.connect() as connection:
        rows = _fetch(connection, "probe", ids, span)
        assert len(rows) == len(ids)
        return len(rows)


def counted(engine: Engine, month: Month) -> int:
    """The outcomes of one month."""
    query = f"select outcome, count(*) from probe where observed_at >= {month.low} and observed_at < {month.high} group by outcome"
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(query).one()[1])


def locks(engine: Engine) -> int:
    """How many locks one query by id holds."""
    with engine.connect() as connection:
        connection.execute(select(Probe.id).where(Probe.id == 1)).all()
        return int(
            connection.execute(
                text("select count(*) from pg_locks where pid = pg_backend_pid()")
            ).scalar_one()
        )


def let_go(engine: Engine, shape: str, month: Month) -> None:
    """One month's rows and their space."""
    detached = (
        f"alter table probe detach partition months.probe_{month.name} concurrently",
        f"drop table months.probe_{month.name}",
    )
    deleted = f"delete from probe where observed_at >= {month.low} and observed_at < {month.high}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in detached if shape == "by month" else (deleted, "vacuum probe"):
            connection.exec_driver_sql(statement)


def quickest(
    what: Callable[[], Any], turns: int = 5, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds of the quickest turn."""
    times = []
    for _ in range(turns):
        begun = clock()
        what()
        times.append(clock() - begun)
    return min(times)


def read(engine: Engine, shape: str, platforms: int, days: range) -> dict[str, float]:
    """Rows a second by ranges of ids, and milliseconds of everything else."""
    n = platforms * len(days)
    anywhere = sorted(random.Random(7).sample(range(1, n), CITED))
    last = list(range(n - CITED, n))
    with engine.connect() as connection:
        span = connection.execute(
            select(func.min(Probe.observed_at), func.max(Probe.observed_at)).where(Probe.id.in_(last))
        ).one()
    month, rows = month_of(END - dt.timedelta(days=len(days) // 2)), by_ranges(engine, platforms)
    return {
        "by ranges of ids, rows/s": rows
        / quickest(lambda: by_ranges(engine, platforms), clock=lambda: worked(engine)),
        f"{CITED:,} ids anywhere, ms": 1e3 * quickest(lambda: cited(engine, anywhere, None)),
        f"the last {CITED:,} ids, ms": 1e3 * quickest(lambda: cited(engine, last, None)),
        "the same with their dates, ms": 1e3 * quickest(lambda: cited(engine, last, tuple(span))),
        "one month counted, ms": 1e3 * quickest(lambda: counted(engine, month)),
        "locks of a query by id": locks(engine),
        "a month let go, ms": 1e3 * quickest(lambda: let_go(engine, shape, month), 1),
    }


def main() -> None:
    """Measure both shapes and print them side by side."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platforms", type=int, default=200)
    parser.add_argument("--months", type=int, default=60)
    asked = parser.parse_args()
    days = range(1, asked.months * 30 + 1)
    machine("sqlalchemy", "psycopg")
    if (programs := find_server()) is None:
        print("no PostgreSQL server programs here")
        return
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        url = stack.enter_context(server(programs))
        for shape in SHAPES:
            engine = made(stack.enter_context(database(url)), shape, asked.platforms)
            found[shape] = filled(
                engine, Months(engine) if shape == "by month" else None, asked.platforms, days
            )
            found[shape] |= read(engine, shape, asked.platforms, days)
            if shape == "whole":
                begun = time.perf_counter()
                migrate(engine)
                print(
                    f"made one by month: {asked.platforms * len(days):,} rows in {time.perf_counter() - begun:.1f} s"
                )
            engine.dispose()
    whole, by_month = found.values()
    for what in whole:
        print(f"{what:32} whole {whole[what]:10,.0f}   by month {by_month[what]:10,.0f}")
    for state in ("new", "known"):
        new, core = by_month[f"{state} rows"], by_month[f"{state} rows, plain upsert"]
        row(f"store part alone, PostgreSQL, {asked.months} months, {state} rows", f"{new:,.0f} rows/s", f"Core upsert {core:,.0f} rows/s, whole table {whole[f'{state} rows']:,.0f}",
            None, "≥ 0.8 of Core upsert", new >= 0.8 * core)  # fmt: skip
    ids = "by ranges of ids, rows/s"
    row(f"a table of {asked.months} months read by ranges of ids, PostgreSQL", f"{by_month[ids]:,.0f} rows/s", f"whole table {whole[ids]:,.0f} rows/s",
        None, "≥ 0.8 of it", by_month[ids] >= 0.8 * whole[ids])  # fmt: skip


if __name__ == "__main__":
    main()
