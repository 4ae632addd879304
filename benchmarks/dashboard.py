"""How fast the dashboard answers with 100,000 sites in the snapshot, and whether it holds many readers at once.

    python benchmarks/dashboard.py [--sites 100000] [--sessions 30] [--seconds 20] [--data FOLDER] [--browser PATH]

Queries: every question of the check box and the ranking page, warm, through the same functions as the pages. The baseline of
the same run reads the columns it needs of the whole table with pyarrow and filters or sorts them; the ratio is baseline / ours.
Sessions: clients that open another page about every five seconds as a browser does, its HTML and then a session of the app; a page
that does not show the site it was asked for counts as failed. First verdict: a browser opens the address of a site until its verdict
stands there, which the HTML itself brings, and until the app has drawn it in its turn; left out where there is no browser.
Slow phone: every page with an empty cache at 1.6 Mbit/s, 150 ms and a quarter of the processor, until something to read is painted.
Goals of design (2 cores): a query within 300 ms, the first verdict within 1.5 s, both p95; 30 sessions held.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Run as a file, its own folder stands first on the path, and this file would be taken for the room of its name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._published import build
from benchmarks._questions import NAMED, checks, late, ranks, report, sampled, slowest, timed
from benchmarks._told import machine, row
from benchmarks._visitors import first_sights, first_verdicts, readers, served
from crawler.download.browser import executable
from dashboard.page_list import discover
from dashboard.presenters import ranking
from scoring.snapshot.reader import Snapshot


def baseline(folder: Path, hosts: list[str], names: list[str]) -> dict[str, np.ndarray]:
    """The same answers by reading the needed columns whole: a name by substring, a host by equality, a page by sorting."""
    file = folder / "ratings.parquet"

    def host(text: str) -> object:
        table = pq.read_table(file)
        return table.filter(pc.equal(table["host"], text)).to_pylist()

    def name(text: str) -> object:
        table = pq.read_table(file)
        return table.filter(pc.match_substring(table["name"], text)).slice(0, 8).to_pylist()

    def page() -> object:
        table = pq.read_table(file).filter(pc.field("tier").is_valid())
        order = [
            ("tier", "ascending"),
            ("score_low", "descending"),
            ("score", "descending"),
            ("host", "ascending"),
        ]
        return table.sort_by(order).slice(0, ranking.PAGE_SIZE).to_pylist()

    return {
        "check: host": timed([lambda t=t: host(t) for t in hosts[:5]]),
        "check: part of a name": timed([lambda t=t: name(t[:2]) for t in names[:5]]),
        "rank: first page": timed([page] * 5),
    }


def main() -> None:
    """Build the snapshot (unless --data has it), measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=100_000)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--browser", default="")
    asked = parser.parse_args()
    machine("streamlit", "duckdb")
    with tempfile.TemporaryDirectory() as scratch:
        data = asked.data or Path(scratch)
        folder = data / "snapshots" / f"bench-{asked.sites}"
        if not folder.is_dir():
            start = time.perf_counter()
            build(data, asked.sites)
            print(f"snapshot of {asked.sites} sites made in {time.perf_counter() - start:.0f} s")
        snapshot, sites = Snapshot(folder), f"{asked.sites:,} sites"
        questions(snapshot, sites)
        with served(data):
            if browser := asked.browser or executable():
                in_a_browser(sampled(snapshot).hosts, browser, sites)
                on_a_slow_line(sampled(snapshot).hosts[0], browser, sites)
            held(sampled(snapshot, 5_000).hosts, asked.sessions, asked.seconds, sites)


def questions(snapshot: Snapshot, sites: str) -> None:
    """The queries alone."""
    some = sampled(snapshot)
    found, base = checks(snapshot, some) | ranks(snapshot), baseline(snapshot.path, some.hosts, some.names)
    report(found, base)
    longest = slowest(found)
    row(f"slowest query, p95, {sites} ({longest})", f"{late(found[longest]):.0f} ms", f"host by reading the table {np.median(base['check: host']):.0f} ms",
        None, "≤ 300 ms", late(found[longest]) <= 300)  # fmt: skip
    named = max(late(found[label]) for label in NAMED)
    row(f"search by host, name, number, p95, {sites}", f"{named:.0f} ms", goal="≤ 50 ms", met=named <= 50)


def in_a_browser(hosts: list[str], browser: str, sites: str) -> None:
    """What one visitor waits for."""
    for who, fresh in (("warm", False), ("empty browser cache", True)):
        what = ("first verdict in a browser", "the app's own card")
        for name, times in zip(what, first_verdicts(hosts, browser, fresh), strict=True):
            row(f"{name}, {who}, p95, {sites}", f"{late(times):.0f} ms (p50 {np.median(times):.0f})",
                goal="–" if fresh else "≤ 1,500 ms", met=None if fresh else late(times) <= 1_500)  # fmt: skip


def on_a_slow_line(host: str, browser: str, sites: str) -> None:
    """What somebody on a slow phone waits for, on every page."""
    addresses = [page.url_path for page in discover()] + [f"?q={host}", f"site?host={host}"]
    seen = first_sights(addresses, browser)
    for address, painted, whole, size, shift in seen:
        row(
            f"slow phone, /{address}, {sites}",
            f"something to read {painted:.0f} ms, the app {whole:.0f} ms, {size / 1000:.0f} kB, layout shift {shift:.3f}",
        )
    longest, largest = max(one[1] for one in seen), max(one[3] for one in seen)
    row(
        f"slow phone, longest wait for something to read, {sites}",
        f"{longest:.0f} ms",
        goal="≤ 1,500 ms",
        met=longest <= 1_500,
    )
    row(
        f"slow phone, most bytes before the app's answer, {sites}",
        f"{largest / 1000:.0f} kB",
        goal="≤ 1,200 kB",
        met=largest <= 1_200_000,
    )
    moved = max(one[4] for one in seen)
    row(f"slow phone, largest layout shift, {sites}", f"{moved:.3f}", goal="≤ 0.1", met=moved <= 0.1)


def held(hosts: list[str], sessions: int, seconds: float, sites: str) -> None:
    """Many readers at once, on every page they use."""
    found = readers(hosts, sessions, seconds)
    row(f"{sessions} sessions held, {sites}", f"{len(found.failed)} of {len(found.whole)} pages failed; p95 HTML {late(found.html):.0f} ms, app {late(found.whole):.0f} ms",
        goal="none fails", met=not found.failed)  # fmt: skip


if __name__ == "__main__":
    main()
