"""Two crawl workers against one, and one of two killed: pages a second, what bounds them, pages lost, hosts asked by two at once.

    python benchmarks/workers.py [HOSTS]

Real `kamengwatch worker` processes on a PostgreSQL of their own crawl the pages of benchmarks/crawl.py through the queue; no pause between
two requests, so that processors bound it. The server holds every answer back for a few milliseconds and counts how many requests
of one host are open at a time. Three runs: one worker, two, and two of which one is killed with
all its processes (SIGKILL) when half of the pages are asked for; nobody replaces it, and the other takes its job over when its heartbeat
has been missing for 30 seconds. The clocks run from the first request, when the crawler has been imported, to the last job done. Workers, server and database share the machine: the rows say how much of it each took, and besides
the pages a second compare the pages for each second of the workers' processors, which other processes on the machine change less.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import multiprocessing as mp
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "scripts")]

from postgres_programs import find_server
from sqlalchemy import text

from benchmarks._shop_pages import Answers, serve
from benchmarks._told import machine, row
from kamengwatch.config import Config
from kamengwatch.pipeline import job_queue
from store.evidence.ingest import Ingest, import_records
from tests.support.servers.postgres import database
from tests.support.servers.postgres import server as postgres_server

NOW = dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)
PAGES = 5
"""Requests the storefront spider makes of every host, robots.txt among them."""
HELD = 0.005
"""Seconds an answer is held back."""
SOURCES = ("storefront",)
WARM = [f"w{n}.test" for n in range(4)]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Seen:
    """What the server saw, in memory that its process and this one share."""

    def __init__(self) -> None:
        self.requests, self.most = mp.Value("i"), mp.Value("i")
        self.first = mp.Value("d")

    def reset(self) -> None:
        """Begin a new run."""
        self.requests.value = self.most.value = 0


def served(port: int, ready: Event, seen: Seen) -> None:
    """The pages, each held back a little, and a count of the open requests of each host."""
    under_way: dict[str, int] = defaultdict(int)

    class Counting(Answers):
        def asked(self, url: str) -> None:
            host = urlsplit(url).hostname or ""
            under_way[host] += 1
            seen.most.value = max(seen.most.value, under_way[host])
            if seen.requests.value == 0:
                seen.first.value = time.monotonic()
            seen.requests.value += 1
            asyncio.get_running_loop().call_later(HELD, self.sent, host, url)

        def sent(self, host: str, url: str) -> None:
            under_way[host] -= 1
            self.transport.write(self.answer(url))

    serve(port, ready, Counting)


@dataclass(frozen=True)
class Place:
    """Where all runs take place: the server of the pages, what it saw, and the database server."""

    proxy: str
    server: int
    seen: Seen
    databases: str


@dataclass
class Run:
    """One run: seconds on the clock and of processors, and what came of it."""

    hosts: int
    wall: float
    workers: list[float]
    server: float
    database: float
    requests: int
    most: int
    stored: set[tuple[str, str, str]]

    @property
    def pace(self) -> float:
        """Pages a second; what was asked twice counts once."""
        return self.hosts * PAGES / self.wall

    @property
    def each(self) -> float:
        """Pages for each second of the workers' processors."""
        return self.hosts * PAGES / sum(self.workers)

    def told(self, name: str) -> None:
        """Print it."""
        share = CORES * self.wall
        took = ", ".join(f"{seconds:.1f} s" for seconds in self.workers)
        print(
            f"{name}: {self.wall:.1f} s, {self.pace:.0f} pages/s, {self.requests} requests, at most {self.most} at once of a host; processors: "
            f"workers {took} ({sum(self.workers) / share:.0%} of {CORES}), database {self.database:.1f} s ({self.database / share:.0%}), "
            f"server {self.server:.1f} s ({self.server / share:.0%})"
        )


def crawled(place: Place, hosts: int, count: int, kill: bool = False) -> Run:
    """Crawl that many hosts by so many workers, of which one may be killed in the middle."""
    with tempfile.TemporaryDirectory() as folder, database(place.databases) as url:
        config = Config(data_dir=Path(folder), database=url, fixed_now=NOW)
        watched = [f"s{n}.test" for n in range(hosts)]
        known = [{"kind": "platform", "host": host} for host in [*watched, *WARM]]
        import_records(Ingest(config.engine, NOW, accept_new=True), known)
        with started(config, count) as running:
            warmed(config, place, running)
            place.seen.reset()
            beside = [place.server, _parent(_backend(config))]
            before = [processor_seconds(pid) for pid in beside]
            of_workers = [worker.pid for worker in running]
            job_queue.defer(config, SOURCES, watched, "bench", place.proxy, wait=False)
            while not place.seen.requests.value:
                time.sleep(0.01)
            begun = used = [processor_seconds(pid) for pid in of_workers]
            while job_queue.waiting(config):
                used = [max(u, processor_seconds(pid)) for u, pid in zip(used, of_workers, strict=True)]
                if kill and place.seen.requests.value > hosts * PAGES / 2:
                    os.killpg(of_workers[0], signal.SIGKILL)
                    kill = False
                time.sleep(0.05)
            wall = time.monotonic() - place.seen.first.value
            used = [
                max(u, processor_seconds(pid)) - b for u, pid, b in zip(used, of_workers, begun, strict=True)
            ]
            server, base = (processor_seconds(pid) - had for pid, had in zip(beside, before, strict=True))
        return Run(
            hosts, wall, used, server, base, place.seen.requests.value, place.seen.most.value, stored(config)
        )


@contextlib.contextmanager
def started(config: Config, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes, ready for jobs while the block runs; told to stop afterwards."""
    words = ["worker", "--data-dir", str(config.data_dir), "--database", config.database_url]
    environment = os.environ | {
        "KAMENGWATCH_NOW": NOW.isoformat(),
        "KAMENGWATCH_CONTACT": "bench@watchdog.example",
        "PYTHONPATH": str(ROOT),
    }
    command, quiet = [sys.executable, "-m", "kamengwatch", *words], subprocess.DEVNULL
    processes = [
        subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)
        for _ in range(count)
    ]
    try:
        while _asked(config, "select to_regclass('queue.procrastinate_workers') is null") or (
            _asked(config, "select count(*) from queue.procrastinate_workers") < count
        ):
            time.sleep(0.1)
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(90)


def warmed(config: Config, place: Place, running: list[subprocess.Popen[bytes]]) -> None:
    """Give the workers small jobs until each has had one, and with it the process its crawls are forked from."""
    times = 0
    while {worker.pid for worker in running} - {int(told[1]) for told in _processes().values()}:
        job_queue.defer(config, SOURCES, WARM, f"warm{(times := times + 1)}", place.proxy, wait=True)


def _asked(config: Config, query: str) -> Any:
    with config.engine.connect() as connection:
        return connection.execute(text(query)).scalar_one()


def _backend(config: Config) -> int:
    return int(_asked(config, "select pg_backend_pid()"))


def stored(config: Config) -> set[tuple[str, str, str]]:
    """What was kept of every page: its text by role, its goods by name."""
    query = (
        "select 'page' kind, subject, role from page union all select 'price', subject, product from price"
    )
    query = f"select * from ({query}) kept where subject like 's%'"
    with config.engine.connect() as connection:
        found = {tuple(r) for r in connection.execute(text(query))}
    config.engine.dispose()
    return found  # type: ignore[return-value]


def _stat(pid: int | str) -> list[str]:
    """What the system says of a process, behind its name; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processes() -> dict[int, list[str]]:
    return {int(f.name): told for f in Path("/proc").glob("[0-9]*") if (told := _stat(f.name))}


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def processor_seconds(pid: int) -> float:
    """Of a process, those below it, and those below it that have ended."""
    whole, below, family = _processes(), [pid], set()
    while below:
        family.add(one := below.pop())
        below += [child for child, told in whole.items() if int(told[1]) == one]
    ticks = sum(int(field) for one in family if one in whole for field in whole[one][11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def report(one: Run, two: Run, killed: Run) -> None:
    """The rows of the table."""
    faster, alike = two.pace / one.pace, two.each / one.each
    # What the processors allow when all of them work all the time: whatever a page costs, all of it is done by them.
    most = min(2.0, CORES / (sum(two.workers) + two.server + two.database) * one.wall)
    row(f"two crawl workers against one, {one.hosts} hosts, {CORES} cores", f"{two.pace:.0f} pages/s, {faster:.2f} times", f"one {one.pace:.0f}/s",
        None, f"≥ 1.8 times where cores allow (these: {most:.2f})", True if faster >= 1.8 else None if most < 1.8 else False)  # fmt: skip
    row("pages for each second of the workers' processors, two against one", f"{two.each:.0f}, {alike:.2f} times: {2 * alike:.2f} times the pace on cores enough",
        f"one {one.each:.0f}", None, "≥ 0.9 times", alike >= 0.9)  # fmt: skip
    lost = [len([r for r in one.stored - killed.stored if r[0] == kind]) for kind in ("page", "price")]
    total = [len([r for r in one.stored if r[0] == kind]) for kind in ("page", "price")]
    row("one of two workers killed in the middle: lost", f"{lost[0]} of {total[0]:,} texts, {lost[1]} of {total[1]:,} goods",
        f"{killed.requests - one.requests} requests made twice", None, "0 lost", not any(lost))  # fmt: skip
    most_at_once = max(run.most for run in (one, two, killed))
    row(
        "requests of one host open at once, all three runs",
        str(most_at_once),
        "–",
        None,
        "1",
        most_at_once == 1,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("hosts", nargs="?", type=int, default=800)
    hosts = parser.parse_args().hosts
    if (programs := find_server()) is None or not Path("/proc/self/stat").exists():
        print("left out: it needs Linux and PostgreSQL's server programs (make postgres)")
        return
    machine("scrapy", "procrastinate", "psycopg")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ready, seen = mp.Event(), Seen()
    server = mp.Process(target=served, args=(port, ready, seen), daemon=True)
    server.start()
    ready.wait()
    with postgres_server(programs) as databases:
        place = Place(f"http://127.0.0.1:{port}", server.pid or 0, seen, databases)
        runs = []
        for name, count, kill in (
            ("one worker", 1, False),
            ("two workers", 2, False),
            ("two, one killed", 2, True),
        ):
            runs.append(crawled(place, hosts, count, kill))
            runs[-1].told(name)
    report(*runs)


if __name__ == "__main__":
    main()
