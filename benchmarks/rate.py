"""How long a full rating and its publication take, where the time goes, how that grows, and the memory; beside bare DuckDB.

    python benchmarks/rate.py [--platforms 3200] [--only] [--keep FOLDER]
    python benchmarks/rate.py --one-site --platforms 100000 --each 3 --days 60 --keep FOLDER

A market of `python -m sandbox scale`, a hundred complaints a platform over 360 days, is rated with its whole history and published three times (new,
unchanged, and with a response of every hundredth platform), in five sizes
that double up to --platforms; --only measures that one size (100,000 platforms take about ten minutes and 10 GB of disk). Everything is
measured; where the goal's size was not, the row says by the curve. --one-site measures single sites of one size alone: of the full run it makes
what is not in the kept folder yet, one rating and one publication, so that it can be ended and taken up again. The baseline is DuckDB counting the same complaints, which lie in memory, by
platform and day, on one processor; beside it what the rating does in its place: panels of the same counts.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Engine, insert, select

from benchmarks._told import as_installed, exponent, machine, row

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks._market import filled
from benchmarks._stages import Peak, timed
from sandbox.evidence.scale import Size
from scoring.engine.chunk import CHUNK, assess_chunk
from scoring.engine.rate import rate
from scoring.features.population import fit_population_priors
from scoring.fork_pool import processors
from scoring.observations.dataset import Dataset
from scoring.observations.panel import complaints, window
from scoring.observations.parquet_shards import arrow
from scoring.publish.publisher import publish
from scoring.rating.assessment import assess
from store.db.engine import default_url, open_engine
from store.db.tables import Platform, RatedRun, Response

LAST = dt.date(2026, 11, 15)
NOW = dt.datetime(2026, 11, 16, 4, tzinfo=dt.UTC)
EACH = 100
"""Complaints a platform."""
GOAL = 100_000
"""Platforms of the goals."""
MOST_PUBLISHED = 100_000
"""Platforms up to which the snapshot is written too: it is a file for each page, feed and badge."""


@dataclass
class Measured:
    """Seconds and GiB of the sizes so far, in their order."""

    sizes: list[int] = field(default_factory=list)
    rated: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    published: list[float] = field(default_factory=list)
    same: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    counted: list[tuple[float, float]] = field(default_factory=list)
    single: list[tuple[float, float, float, float]] = field(default_factory=list)
    """`rate --platform` and `publish --platform`, each seconds by the clock and of processors, start-up included."""


def measure_one_site(size: Size, folder: Path, found: Measured) -> None:
    """Make what the folder lacks of a rated and published market, and measure `rate --platform` and `publish --platform` thrice."""
    whole = folder / "filled"  # a making that was ended leaves a half one
    if folder.exists() and not whole.exists():
        shutil.rmtree(folder)
    if not folder.exists():
        filled(folder, size, NOW).dispose()
        whole.touch()
    engine = open_engine(default_url(folder))
    with engine.connect() as connection:
        rated = connection.scalar(select(RatedRun.folder).limit(1)) is not None
    if not rated:
        begun = time.perf_counter()
        rate(engine, folder, LAST, NOW)
        print(f"rated in {time.perf_counter() - begun:.1f} s")
    if not (folder / "snapshots" / "latest").exists():
        begun = time.perf_counter()
        publish(engine, folder, NOW)
        print(f"published in {time.perf_counter() - begun:.1f} s")
    engine.dispose()
    for _ in range(3):
        found.single.append((*commanded("rate", folder), *commanded("publish", folder)))
    found.single.sort(key=lambda one: one[1] + one[3])
    rated_in, worked, shown, put = found.single[1]
    both = sorted((commanded("rate", folder, "--publish") for _ in range(3)), key=lambda one: one[1])[1]
    bare = sorted(started() for _ in range(3))[1]
    row(f"one site of {size.platforms:,}, {size.complaints // size.platforms} complaints each, {size.days} days: commands with their start, the middle of three",
        f"{rated_in:.1f} + {shown:.1f} s ({worked:.1f} + {put:.1f} s of processors)", f"the start of the libraries alone {bare:.1f} s", None, "≤ 3 s each", max(rated_in, shown) <= 3)  # fmt: skip
    row("the same as one command, `rate --platform HOST --publish`", f"{both[0]:.1f} s ({both[1]:.1f} s of processors)", f"two commands {rated_in + shown:.1f} s", None, "reported", None)  # fmt: skip


def measure(platforms: int, folder: Path, found: Measured) -> None:
    """Fill, rate and publish one size, and print its split."""
    engine = filled(folder, Size(platforms, platforms * EACH, 360, LAST), NOW)
    begun, before = time.perf_counter(), processor_seconds()
    with timed() as (spent, facts), Peak() as peak:
        run = rate(engine, folder, LAST, NOW)
    took, worked = time.perf_counter() - begun, processor_seconds() - before
    found.sizes.append(platforms)
    found.rated.append(took)
    found.memory.append(peak.gib)
    split = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in spent.items())
    print(f"{platforms:,} platforms: rated in {took:.1f} s ({worked:.1f} s of processors), {peak.gib:.1f} GiB; {split}, rest (chunks) {took - sum(spent.values()):.1f} s; {run.sha256[:12]}")  # fmt: skip
    found.counted.append(counted(facts[0]))
    ours, bare = found.counted[-1]
    print(f"    {sampled(facts[0])}; counting by platform and day {ours:.2f} s, DuckDB {bare:.2f} s")
    facts.clear()
    if platforms <= MOST_PUBLISHED:
        for hours, times in enumerate((found.published, found.same, found.again)):
            if times is found.again:
                answered(engine, platforms)
                rate(engine, folder, LAST, NOW)
            begun = time.perf_counter()
            publish(engine, folder, NOW + dt.timedelta(hours=hours))
            times.append(time.perf_counter() - begun)
        print(f"    published in {found.published[-1]:.1f} s, unchanged {found.same[-1]:.1f} s, 1 % changed {found.again[-1]:.1f} s")  # fmt: skip
        found.single.append((*commanded("rate", folder), *commanded("publish", folder)))
        rated, worked, shown, put = found.single[-1]
        print(
            f"    one site: rated in {rated:.1f} s ({worked:.1f} s of processors), published in {shown:.1f} s ({put:.1f} s)"
        )
    engine.dispose()


def commanded(word: str, folder: Path, *options: str) -> tuple[float, float]:
    """(seconds by the clock, seconds of processors) of `kamengwatch WORD --platform` for the first site."""
    engine = open_engine(default_url(folder))
    with engine.connect() as connection:
        host = connection.scalar(select(Platform.host).order_by(Platform.host))
    engine.dispose()
    begun, before = time.perf_counter(), processor_seconds()
    words = [
        sys.executable,
        "-m",
        "kamengwatch",
        word,
        "--platform",
        str(host),
        *options,
        "--data-dir",
        str(folder),
    ]
    subprocess.run(
        words,
        check=True,
        cwd=ROOT,
        env=as_installed() | {"KAMENGWATCH_NOW": (NOW + dt.timedelta(hours=9)).isoformat()},
    )
    return time.perf_counter() - begun, processor_seconds() - before


def started() -> float:
    """Seconds by the clock until Python has loaded the libraries that either command needs, and nothing of ours: how fast this machine is now."""
    begun = time.perf_counter()
    words = "import duckdb, numpy, pyarrow.compute, pyarrow.parquet, pydantic_settings, scipy.special, sqlalchemy.orm, typer"
    subprocess.run([sys.executable, "-c", words], check=True, env=as_installed())
    return time.perf_counter() - begun


def answered(engine: Engine, platforms: int) -> None:
    """A response, the same day, of every hundredth platform: what is said of the others stays what it was."""
    with engine.begin() as connection:
        ids = connection.scalars(select(Platform.id).order_by(Platform.id).limit(platforms)).all()
        connection.execute(
            insert(Response), [{"platform_id": id_, "received_at": NOW - dt.timedelta(hours=20), "text": "款项已退回。"} for id_ in ids[::100]]
        )  # fmt: skip


def processor_seconds() -> float:
    """Of this process and those it forked and saw end."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def sampled(facts: Dataset) -> str:
    """What a chunk of platforms costs one processor, judged alone and with all its texts."""
    some = replace(facts, priors=fit_population_priors(facts)).chunk(0, min(CHUNK, len(facts.sites)))
    each = 1000 / len(some.sites)
    begun = time.process_time()
    assess(replace(some, cache={}))
    judged = time.process_time()
    assess_chunk(replace(some, cache={}), LAST, True)
    texts = time.process_time() - judged - (judged - begun)
    return f"a platform: judging {each * (judged - begun):.2f} ms, texts and tables {each * texts:.2f} ms"


def counted(facts: Dataset) -> tuple[float, float]:
    """Seconds of the panels of complaints by platform and day, and of DuckDB's counts of the same rows."""
    begun = time.perf_counter()
    for low in range(0, len(facts.sites), CHUNK):
        chunk = facts.chunk(low, min(low + CHUNK, len(facts.sites)))
        window(chunk, complaints(chunk), 1)
    ours = time.perf_counter() - begun
    rows: Any = arrow(facts.rows["complaint"]).select(["platform", "day", "gone"])  # noqa: F841 (DuckDB sees it)
    bare = duckdb.connect(config={"threads": 1})
    begun = time.perf_counter()
    bare.sql("select platform, day, count(*) n from rows where gone > day group by all").to_arrow_table()
    return ours, time.perf_counter() - begun


def _told(size: int, seconds: list[float], grows: float | None) -> tuple[float, str]:
    """(seconds at the goal's size, how they are known)."""
    if size >= GOAL:
        return seconds[-1], "measured"
    guess = seconds[-1] * (GOAL / size) ** (grows or 1.0)
    return guess, f"{guess:.0f} s by the curve"


def main() -> None:
    """Measure and print the rows of the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platforms", type=int, default=3_200, help="of the largest size")
    parser.add_argument("--only", action="store_true", help="measure the largest size alone")
    parser.add_argument("--keep", type=Path, help="a new folder to work in, kept afterwards (default: a temporary one)")  # fmt: skip
    parser.add_argument("--one-site", action="store_true", help="measure single sites of one size alone")
    parser.add_argument("--each", type=int, default=EACH, help="complaints a platform, with --one-site")
    parser.add_argument("--days", type=int, default=360, help="days of the calendar, with --one-site")
    given = parser.parse_args()
    most, found = given.platforms, Measured()
    machine("duckdb", "numpy", "pyarrow", "sqlalchemy")
    print(f"{processors()} processes")
    if given.one_site:
        with tempfile.TemporaryDirectory() as name:
            size = Size(most, most * given.each, given.days, LAST)
            measure_one_site(size, (given.keep or Path(name)) / f"{most}-{given.each}-{given.days}", found)
        return
    with tempfile.TemporaryDirectory() as name:
        for size in [most] if given.only else [most // 2**n for n in (4, 3, 2, 1, 0)]:
            measure(size, (given.keep or Path(name)) / str(size), found)
    report(most, found)


def report(most: int, found: Measured) -> None:
    """The rows of the table."""

    def grows(times: list[float]) -> float | None:
        return exponent(found.sizes[: len(times)], times) if len(times) > 2 else None

    guess, how = _told(most, found.rated, grows(found.rated))
    ours, bare = found.counted[-1]
    row(f"full rating, {most:,} platforms × {most * EACH:,} complaints × 360 days", f"{found.rated[-1]:.1f} s, {found.memory[-1]:.1f} GiB",
        f"bare DuckDB count {bare:.2f} s", grows(found.rated), f"{GOAL:,} in ≤ 60 s, ≤ 4 GiB ({how})",
        guess <= 60 and found.memory[-1] <= 4)  # fmt: skip
    row(f"aggregate part of it, {most * EACH:,} complaints", f"{ours:.2f} s", f"bare DuckDB count {bare:.2f} s", grows([ours for ours, _ in found.counted]),
        "≤ 1.5 × the bare query", ours <= 1.5 * bare)  # fmt: skip
    if not found.published:
        return
    size = found.sizes[len(found.published) - 1]
    row(f"first publication, {size:,} platforms", f"{found.published[-1]:.1f} s", "–", grows(found.published), "reported", None)  # fmt: skip
    rated, worked, shown, put = found.single[-1]
    both = [one[0] + one[2] for one in found.single]
    row(f"one site rated and published, commands with their start, {size:,} platforms", f"{rated:.1f} + {shown:.1f} s ({worked:.1f} + {put:.1f} s of processors)",
        f"all of them {found.rated[-1] + found.again[-1]:.1f} s", grows(both), f"{GOAL:,} in ≤ 3 s each", max(rated, shown) <= 3 if size >= GOAL else None)  # fmt: skip
    guess, how = _told(size, found.again, grows(found.again))
    row(f"publication when 1 % changed, {size:,} platforms", f"{found.again[-1]:.1f} s", f"first {found.published[-1]:.1f} s, unchanged {found.same[-1]:.1f} s",
        grows(found.again), f"{GOAL:,} in ≤ 30 s when 1 % changed ({how})", guess <= 30)  # fmt: skip


if __name__ == "__main__":
    main()
