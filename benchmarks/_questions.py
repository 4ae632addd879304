"""Every question the check box and the ranking page put to a snapshot, asked through the same functions as the pages ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from dashboard.presenters import ranking, recent_changes, site_search
from dashboard.presenters.ranking import Filters
from scoring.snapshot.reader import Snapshot
from store.text.query import parse_query

_FILTERS = (
    Filters(),
    Filters(tier="1"),
    Filters(warning="watch"),
    Filters(province="福建"),
    Filters(sells="svip", software="acg-faka", coverage="40"),
    Filters(text="星云"),
)
NAMED = ("check: host", "check: name", "check: filing number")
"""The questions of which the goal says 50 ms."""


def timed(calls: Iterable[Callable[[], object]]) -> np.ndarray:
    """Milliseconds of each call; the first runs once before it counts."""
    calls = list(calls)
    calls[0]()
    out = []
    for call in calls:
        start = time.perf_counter()
        call()
        out.append((time.perf_counter() - start) * 1000)
    return np.array(out)


@dataclass(frozen=True)
class Sample:
    """What some sites are asked for by."""

    hosts: list[str]
    names: list[str]
    numbers: list[str]


def sampled(snapshot: Snapshot, count: int = 30) -> Sample:
    """The names of so many sites that have a filing number."""
    query = (
        "select host, name, filing_number from (from ratings where filing_number is not null)"
        f" using sample reservoir({count} rows) repeatable (4)"
    )
    some = snapshot.rows(query)
    numbers = [row["filing_number"].rpartition("-")[0] for row in some]
    return Sample([row["host"] for row in some], [row["name"] for row in some], numbers)


def checks(snapshot: Snapshot, some: Sample) -> dict[str, np.ndarray]:
    """Times of every kind of question of the check box, each looked up anew."""
    asked = {
        "check: host": some.hosts,
        "check: subdomain": [f"www.{host}" for host in some.hosts],
        "check: unknown host": [f"{host[1]}{host[0]}{host[2:]}" for host in some.hosts],
        "check: name": some.names,
        "check: part of a name": [name[:2] for name in some.names],
        "check: filing number": some.numbers,
    }
    look_up = site_search.answer.__wrapped__  # what was answered before is remembered
    return {
        label: timed([lambda text=text: look_up(snapshot, parse_query(text)) for text in texts])
        for label, texts in asked.items()
    }


def ranks(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """Times of every question of the ranking page, under each of its filters, and of the week's alerts."""
    pages = {f: max(1, ranking.counts(snapshot, f)[0] // ranking.PAGE_SIZE) for f in _FILTERS}
    many = _FILTERS * 4
    day = snapshot.rows("select max(as_of) as day from ratings")[0]["day"]
    return {
        "rank: counts": timed([lambda f=f: ranking.counts(snapshot, f) for f in many]),
        "rank: first page": timed([lambda f=f: ranking.rated(snapshot, f, 1) for f in many]),
        "rank: last page": timed([lambda f=f: ranking.rated(snapshot, f, pages[f]) for f in many]),
        "rank: unrated": timed([lambda f=f: ranking.unrated(snapshot, f) for f in many]),
        "alerts: week": timed([lambda: recent_changes.changed(snapshot, day, 20)] * 20),
    }


def late(times: np.ndarray | list[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(times, 95))


def slowest(found: dict[str, np.ndarray]) -> str:
    """The question that takes longest."""
    return max(found, key=lambda label: late(found[label]))


def report(found: dict[str, np.ndarray], base: dict[str, np.ndarray]) -> None:
    """Print the times of every question, and of the baseline where it has one."""
    print(f"{'query':24}{'p50 ms':>8}{'p95 ms':>8}{'baseline p50':>14}{'ratio':>7}")
    for label, times in found.items():
        line = f"{label:24}{np.median(times):8.0f}{late(times):8.0f}"
        if label in base:
            whole = np.median(base[label])
            line += f"{whole:14.0f}{whole / np.median(times):7.1f}"
        print(line)
