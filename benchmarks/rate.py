"""How long a full rating and its publication take, how that grows, and what the daily update costs; beside the bare DuckDB aggregate.

    python benchmarks/rate.py [--platforms 1600]

Evidence of `python -m sandbox scale`, a hundred complaints a platform over 360 days, is taken in without redaction and classification being measured
(benchmarks/ingest.py does) and rated with its whole history, in five sizes that double. The baseline is one DuckDB query that only counts the same
complaints by platform and day. The goal for 100,000 platforms is compared with the fitted curve: the figure is an extrapolation and says so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
from _told import exponent, machine, row

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sandbox.scale import Size, write_scale  # noqa: E402
from scoring.publish import publish  # noqa: E402
from scoring.rate import rate  # noqa: E402
from store import kinds, rows  # noqa: E402
from store.engine import default_url, migrate, open_engine  # noqa: E402
from store.ingest import Ingest, import_lines  # noqa: E402

LAST = dt.date(2026, 11, 15)
NOW = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)
EACH = 100
"""Complaints a platform."""
GOAL = 100_000
"""Platforms of the goals."""


def filled(folder: Path, platforms: int) -> Any:
    """A database with that many platforms; every text gets the kinds of a few hundred, because classifying is not measured here."""
    folder.mkdir()
    write_scale(Size(platforms, platforms * EACH, 360, LAST), 7, folder / "evidence.jsonl")
    engine = open_engine(default_url(folder))
    migrate(engine)
    known: dict[str, kinds.Classified] = {}

    def remembered(texts: list[str]) -> list[kinds.Classified]:
        new = list({text[-40:]: text for text in texts if text[-40:] not in known}.values())
        known.update(zip((text[-40:] for text in new), kinds.classify_many(new), strict=True))
        return [known[text[-40:]] for text in texts]

    rows.classify_many = remembered  # type: ignore[assignment]
    with (folder / "evidence.jsonl").open("rb") as lines:
        for _ in import_lines(Ingest(engine, NOW, accept_new=True), lines):
            pass
    return engine


def counted(folder: Path) -> float:
    """Seconds of the bare aggregate: complaints by platform and day."""
    begun = time.perf_counter()
    duckdb.sql(
        f"""select host, cast(filed_at as timestamptz)::date as day, count(*) from read_json_auto('{folder}/evidence.jsonl', format='newline_delimited')
        where kind = 'complaint' group by all"""
    ).fetchall()
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print the rows of the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platforms", type=int, default=1_600, help="of the largest of the five sizes")
    most = parser.parse_args().platforms
    machine("duckdb", "numpy", "pyarrow")
    sizes, rated, published, again, bare = [most // 2**n for n in (4, 3, 2, 1, 0)], [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        for platforms in sizes:
            folder = Path(name) / str(platforms)
            engine = filled(folder, platforms)
            bare.append(counted(folder))
            tomorrow = NOW + dt.timedelta(days=1)
            steps = (
                (rated, rate, (folder, LAST, NOW)),
                (published, publish, (folder, NOW)),
                (again, publish, (folder, tomorrow)),
            )
            for times, step, given in steps:
                begun = time.perf_counter()
                step(engine, *given)
                times.append(time.perf_counter() - begun)
            print(
                f"{platforms} platforms: rated in {rated[-1]:.1f} s, published in {published[-1]:.1f} s, bare count {bare[-1]:.2f} s"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    grows = exponent(sizes, rated)
    guess = rated[-1] * (GOAL / most) ** grows
    row(f"full rating, {most:,} platforms × {most * EACH:,} complaints × 360 days", f"{rated[-1]:.1f} s, {peak:.1f} GiB",
        f"bare DuckDB count {bare[-1]:.2f} s", grows, f"100,000 in ≤ 60 s (by the curve: {guess / 60:.0f} min)", guess <= 60)  # fmt: skip
    grows = exponent(sizes, published)
    guess = published[-1] * (GOAL / most) ** grows
    row(f"first publication, {most:,} platforms", f"{published[-1]:.1f} s", "–", grows, "reported", None)
    row(f"publication when nothing changed, {most:,} platforms", f"{again[-1]:.1f} s", f"first {published[-1]:.1f} s", exponent(sizes, again),
        "100,000 in ≤ 30 s when 1 % changed", again[-1] * (GOAL / most) ** exponent(sizes, again) <= 30)  # fmt: skip


if __name__ == "__main__":
    main()
