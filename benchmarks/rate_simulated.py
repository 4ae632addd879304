"""How long a full rating of a simulated market takes, whose sites show everything: pages, prices, probes, counters and filings beside complaints.

    python benchmarks/rate_simulated.py [--platforms 400]

A market of `python -m sandbox evidence` over 360 days is imported and rated with its whole history, in five sizes that double up to --platforms.
benchmarks/rate.py measures many complaints and little else; here a platform has a thousand observations of all kinds. The baseline is the
driver of the database reading every column of the same observations, of which nothing is made.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._told import exponent, machine, row

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._stages import Peak, timed
from sandbox.evidence.evidence import write_evidence
from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from scoring.engine.rate import rate
from store.db.engine import default_url, migrate, open_engine
from store.db.tables import OBSERVATIONS
from store.evidence.ingest import Ingest, import_lines

LAST = dt.date(2026, 11, 15)
NOW = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)
SEED = 41


def measure(platforms: int, folder: Path) -> tuple[float, float, int]:
    """(seconds of the rating, seconds of bare reading, observations) of one size; prints its split."""
    folder.mkdir()
    write_evidence(
        build_market(MarketParameters(seed=SEED, platforms=platforms, days=360, ends_on=LAST)), folder / "m.jsonl"
    )  # fmt: skip
    engine = open_engine(default_url(folder))
    migrate(engine)
    with (folder / "m.jsonl").open("rb") as lines:
        for _ in import_lines(Ingest(engine, NOW, accept_new=True), lines):
            pass
    bare, n = read_bare(folder / "kamengwatch.db")
    begun = time.perf_counter()
    with timed() as (spent, _), Peak() as peak:
        run = rate(engine, folder, LAST, NOW)
    took = time.perf_counter() - begun
    split = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in spent.items())
    print(f"{platforms} platforms, {n:,} observations: rated in {took:.1f} s, {peak.gib:.1f} GiB; {split}, rest (kinship, chunks) {took - sum(spent.values()):.1f} s; {run.sha256[:12]}")  # fmt: skip
    engine.dispose()
    return took, bare, n


def read_bare(file: Path) -> tuple[float, int]:
    """(seconds, rows) of reading all observations."""
    with sqlite3.connect(file) as connection:
        begun, n = time.perf_counter(), 0
        for table in OBSERVATIONS.values():
            for _ in connection.execute(f"select * from {table.__tablename__}"):
                n += 1
    return time.perf_counter() - begun, n


def main() -> None:
    """Measure and print the row of the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platforms", type=int, default=400, help="of the largest size (at least 384)")
    most = max(parser.parse_args().platforms, 384)
    machine("duckdb", "numpy", "pyarrow", "sqlalchemy")
    sizes = [most // 2**n for n in (4, 3, 2, 1, 0)]
    with tempfile.TemporaryDirectory() as name:
        found = [measure(size, Path(name) / str(size)) for size in sizes]
    took, bare, n = found[-1]
    row(
        f"full rating of a simulated market, {most} platforms, {n:,} observations of all kinds, 360 days",
        f"{took:.1f} s",
        f"reading them alone {bare:.1f} s",
        exponent([n for _, _, n in found], [took for took, _, _ in found]),
    )


if __name__ == "__main__":
    main()
