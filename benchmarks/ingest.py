"""How fast evidence is taken in: complaints end to end with the cost of each stage, the store part alone, and lines that need no classification.

    python benchmarks/ingest.py [--complaints 40000]

Complaints of `python -m sandbox scale` go through the real import into a fresh database, in five sizes that double, for the exponent. The
store part writes the same finished rows once with our joining upsert and once with a plain SQLAlchemy Core upsert, in SQLite and, where its
programs are found, in PostgreSQL, in five sizes too, as are the lines without classification. The baseline of lines without classification is json.loads of the same lines.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, UniqueConstraint, delete, select
from sqlalchemy.exc import OperationalError

from benchmarks._told import exponent, machine, row

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import store.evidence.ingest
import store.evidence.normalize
from sandbox.evidence.scale import Size, write_scale
from store.db.engine import default_url, migrate, open_engine
from store.db.tables import Complaint
from store.db.upsert import insert_for, upsert_observations
from store.evidence.ingest import Ingest, import_lines

NOW = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)
PLATFORMS = 400
STAGES = {
    (store.evidence.ingest, "parse_line"): "parse",
    (store.evidence.normalize, "clean"): "redact",
    (store.evidence.normalize, "classify_many"): "classify",
    (store.evidence.normalize, "signatures"): "copies",
    (store.evidence.ingest, "upsert_observations"): "store",
}


def evidence(folder: Path, complaints: int) -> list[bytes]:
    """The lines of a market of that many complaints."""
    file = folder / f"{complaints}.jsonl"
    write_scale(Size(PLATFORMS, complaints, 360, dt.date(2026, 11, 15)), 7, file)
    return file.read_bytes().splitlines()


def database(url: str) -> Engine:
    """A migrated, empty database."""
    engine = open_engine(url)
    migrate(engine)
    return engine


def taken_in(engine: Engine, lines: list[bytes]) -> float:
    """CPU seconds to import the lines."""
    ingest = Ingest(engine, NOW, accept_new=True)
    begun = time.process_time()
    for _, saved in import_lines(ingest, lines):
        if saved.refused:
            raise SystemExit(f"refused: {saved.refused[0]}")
    return time.process_time() - begun


@contextlib.contextmanager
def staged() -> Iterator[dict[str, float]]:
    """CPU seconds by stage while it is open."""
    spent: dict[str, float] = defaultdict(float)

    def timed(inner: Any, stage: str) -> Any:
        def wrapped(*args: Any, **more: Any) -> Any:
            begun = time.process_time()
            try:
                return inner(*args, **more)
            finally:
                spent[stage] += time.process_time() - begun

        return wrapped

    originals = {place: getattr(*place) for place in STAGES}
    for (owner, name), stage in STAGES.items():
        setattr(owner, name, timed(originals[owner, name], stage))
    yield spent
    for (owner, name), inner in originals.items():
        setattr(owner, name, inner)


def by_kind(lines: list[bytes], kind: str) -> list[bytes]:
    """The lines of one kind, behind the platforms."""
    mark = f'"kind":"{kind}"'.encode()
    return [line for line in lines if mark in line or b'"kind":"platform"' in line]


def orders(folder: Path, platforms: int) -> tuple[list[bytes], list[bytes]]:
    """(platforms, a year's weekly order counters of each) as lines."""
    file = folder / "orders.jsonl"
    write_scale(Size(platforms, 1, 360, dt.date(2026, 11, 15)), 7, file)
    lines = by_kind(file.read_bytes().splitlines(), "orders")
    return lines[:platforms], lines[platforms:]


def store_part(engine: Engine, rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Seconds (ours, a plain Core upsert) to write the same rows, twice each: once new, once known."""
    table = Complaint.__table__
    key = next(c for c in table.constraints if isinstance(c, UniqueConstraint))
    times = []
    with engine.begin() as connection:
        plain = insert_for(connection, table)
        plain = plain.on_conflict_do_update(
            index_elements=[c.name for c in key.columns],
            set_={name: plain.excluded[name] for name in rows[0]},
        )
    for write in (
        lambda c, part: upsert_observations(c, Complaint, part),
        lambda c, part: c.execute(plain, part),
    ):
        with engine.begin() as connection:
            connection.execute(delete(Complaint))
        begun = time.perf_counter()
        for _ in range(2):
            for at in range(0, len(rows), store.evidence.ingest.BATCH):
                with engine.begin() as connection:
                    write(connection, rows[at : at + store.evidence.ingest.BATCH])
        times.append(time.perf_counter() - begun)
    return times[0], times[1]


@contextlib.contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Database URLs by name: SQLite, and PostgreSQL where its programs are found."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as open_:
        found = {"SQLite": default_url(Path(folder))}
        from postgres_programs import find_server

        from tests.support.servers.postgres import database as fresh
        from tests.support.servers.postgres import server

        if (programs := find_server()) is not None:
            found["PostgreSQL"] = open_.enter_context(fresh(open_.enter_context(server(programs))))
        yield found


def main() -> None:
    """Measure, print the stages and the rows of the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--complaints", type=int, default=40_000, help="of the largest of the five sizes")
    most = parser.parse_args().complaints
    machine("sqlalchemy", "numpy")
    sizes = [most // 2**n for n in (4, 3, 2, 1, 0)]
    times = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in sizes:
            lines = by_kind(evidence(folder, size), "complaint")
            engine = database(default_url(folder / str(size)))
            with staged() as spent:
                times.append(taken_in(engine, lines))
        total = times[-1]
        for stage, seconds in sorted(spent.items(), key=lambda s: -s[1]):
            print(f"{stage:9}{1e6 * seconds / most:7.0f} µs a complaint, {seconds / total:4.0%}")
        rate = most / total
        row(
            "ingest of complaints end to end, one core, SQLite",
            f"{rate:,.0f}/s",
            "–",
            exponent(sizes, times),
            "≥ 2,500/s",
            rate >= 2_500,
        )
        with engine.connect() as connection:
            table = Complaint.__table__
            kept = [
                dict(r._mapping)
                for r in connection.execute(select(*(c for c in table.columns if c.name != "id")))
            ]
        counts, times = [], []
        for platforms in [2 * PLATFORMS // 2**n for n in (4, 3, 2, 1, 0)]:
            known, others = orders(folder, platforms)
            engine = database(default_url(folder / f"orders{platforms}"))
            taken_in(engine, known)
            counts.append(len(others))
            times.append(taken_in(engine, others))
        begun = time.perf_counter()
        for line in others:
            json.loads(line)
        bare = len(others) / (time.perf_counter() - begun)
        rate = counts[-1] / times[-1]
        row(
            "import of lines without classification, SQLite",
            f"{rate:,.0f} lines/s",
            f"json.loads {bare:,.0f}/s",
            exponent(counts, times),
            "≥ 20,000/s",
            rate >= 20_000,
        )
    with servers() as urls:
        for name, url in urls.items():
            engine = database(url)
            taken_in(engine, lines[: PLATFORMS + 10])  # the platforms, the source and a few complaints
            rows = [r | {"capture_id": None, "crawl_id": None} for r in kept]
            with contextlib.suppress(OperationalError):
                parts = [len(rows) // 2**n for n in (4, 3, 2, 1, 0)]
                both = [store_part(engine, rows[:part]) for part in parts]
                ours, plain = both[-1]
                row(f"store part alone, {name}", f"{2 * len(rows) / ours:,.0f} rows/s", f"Core upsert {2 * len(rows) / plain:,.0f} rows/s",
                    exponent(parts, [each[0] for each in both]), "≥ 0.8 of it", plain / ours >= 0.8)  # fmt: skip


if __name__ == "__main__":
    main()
