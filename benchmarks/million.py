"""The dashboard with a million sites in the snapshot: what a verdict costs while 100 readers ask, search, the ranking, and how that grows.

    python benchmarks/million.py [--sites 1000000] [--sessions 100] [--seconds 20] [--data FOLDER]

The questions of the check box and the ranking page, warm, through the same functions as the pages, in five sizes that double up to
--sites for the exponent (of the median of the slowest question, and of writing the slim copies, the part of publishing that ranking and
search need). Then readers, each of whom opens the verdict of another site about every five seconds as a browser does: its HTML,
which brings the verdict, and a session of the app behind it; a page that does not show that site counts as failed. They and the server
share the machine. The baseline is one reader alone, of the same run. Then five readers of the ranking, for whom "usable" is taken as a
page within a second, and the server's memory after all that.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# Run as a file, its own folder stands first on the path, and dashboard.py there would be taken for the room of its name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._published import build
from benchmarks._questions import NAMED, checks, late, ranks, report, sampled, slowest
from benchmarks._told import exponent, machine, row
from benchmarks._visitors import THINK, readers, resident, served
from scoring.publish.exports import write_slim
from scoring.snapshot.reader import Snapshot


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--data", type=Path, help="where to make the snapshots (default: a temporary folder)")
    asked = parser.parse_args()
    machine("streamlit", "duckdb")
    with tempfile.TemporaryDirectory() as scratch:
        data = asked.data or Path(scratch)
        questions(data, [asked.sites // 2**n for n in (4, 3, 2, 1, 0)])
        visited(data, f"{asked.sites:,} sites", asked.sessions, asked.seconds)


def questions(data: Path, sizes: list[int]) -> None:
    """The queries alone, by size; the last size is left as the latest snapshot."""
    slim, middle = [], {group: [] for group in ("verdict", "named", "ranking")}
    for size in sizes:
        folder = data / "snapshots" / f"bench-{size}"
        build(data, size)
        start = time.perf_counter()
        write_slim(folder)
        slim.append(time.perf_counter() - start)
        snapshot = Snapshot(folder)
        asked, ranking = checks(snapshot, sampled(snapshot)), ranks(snapshot)
        found = {"verdict": asked, "named": {label: asked[label] for label in NAMED}, "ranking": ranking}
        for group, times in found.items():
            middle[group].append(float(np.median(times[slowest(times)])))
        said = ", ".join(f"{group} {times[-1]:.0f}" for group, times in middle.items())
        print(f"{size:,} sites: slim copies in {slim[-1]:.1f} s; slowest question, p50 ms: {said}")
    report(asked | ranking, {})
    sites = f"{sizes[-1]:,} sites"
    for group, what, goal in (("verdict", "slowest query of a verdict", 300), ("named", "search by host, name, number", 50),
                              ("ranking", "slowest question of the ranking", 1_000)):  # fmt: skip
        longest = slowest(found[group])
        most = late(found[group][longest])
        row(f"{what}, p95, {sites} ({longest})", f"{most:.0f} ms", "–", exponent(sizes, middle[group]), f"≤ {goal:,} ms", most <= goal)  # fmt: skip
    row(f"slim copies for ranking and search, {sites}", f"{slim[-1]:.1f} s", "–", exponent(sizes, slim))


def visited(data: Path, sites: str, sessions: int, seconds: float) -> None:
    """The same through the server: verdicts, then the ranking."""
    hosts = sampled(Snapshot(data / "snapshots/latest"), 10_000).hosts
    with served(data) as server:
        alone = readers(hosts[:500], 1, 10, ("",), think=0.3)
        found = readers(hosts[500:], sessions, seconds, ("",))
        row(f"verdict asked for by {sessions} sessions, one each {THINK:.0f} s, p95, {sites}", f"{late(found.html):.0f} ms, {len(found.failed)} of {len(found.html)} failed",
            f"one session {late(alone.html):.0f} ms", None, "≤ 300 ms", late(found.html) <= 300 and not found.failed)  # fmt: skip
        row(f"the same, drawn by the app, p95, {sites}", f"{late(found.whole):.0f} ms", f"one session {late(alone.whole):.0f} ms")  # fmt: skip
        found = readers([""], 5, 15, ("rank",))
        row(f"a page of the ranking, drawn by the app, 5 readers, p95, {sites}", f"{late(found.whole):.0f} ms (p50 {np.median(found.whole):.0f}), {len(found.failed)} of {len(found.whole)} failed",
            goal="≤ 1,000 ms", met=late(found.whole) <= 1_000 and not found.failed)  # fmt: skip
        row(f"memory of the server after it, {sites}", f"{resident(server):,.0f} MB")


if __name__ == "__main__":
    main()
