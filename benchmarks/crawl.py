"""Pages per second of the crawler's full path, between bare Scrapy and the same extraction written the usual way.

    python benchmarks/crawl.py [HOSTS] [--long PAGES]

One run, the same responses, the same handler and event loop, a server in a process of its own: `bare` fetches and does
nothing; `ours` archives, redacts, extracts every good and stores; `usual` reads the same fields with BeautifulSoup and
commits one ORM row at a time (benchmarks/_usual.py). Rates are given per second and per CPU second of the crawling process.
`--long` crawls that many pages on the full path and prints the memory at every tenth.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing as mp
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from benchmarks._shop_pages import page_for, serve
from benchmarks._told import exponent, machine, row

NOW = dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)
PATHS = ("/robots.txt", "/", "/buy/0", "/notice", "/terms")
"""What the full path asks of every host; the others are given the same list."""


class Meter:
    """CPU and wall time between the first and the last page of a crawl."""

    def __init__(self) -> None:
        self.pages, self.marks = 0, []  # type: int, list[tuple[int, int]]
        self.first: tuple[float, float] | None = None

    def page(self) -> None:
        """Count one page."""
        self.first = self.first or (time.process_time(), time.perf_counter())
        self.pages += 1
        if self.pages % 3000 == 0:
            self.marks.append((self.pages, _memory()))

    def told(self, requests: int, **more: Any) -> dict[str, Any]:
        """The measurement as one dictionary; `requests` counts every response, robots.txt included."""
        cpu0, wall0 = self.first or (time.process_time(), time.perf_counter())
        cpu, wall = time.process_time() - cpu0, time.perf_counter() - wall0
        return {
            "requests": requests,
            "cpu": cpu,
            "wall": wall,
            "rss_mb": _memory(),
            "marks": self.marks,
            **more,
        }


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() // 2**20


def crawl_plain(hosts: int, proxy: str, read: Callable[[Any], None]) -> dict[str, Any]:
    """Fetch every page of every host with the product's settings for the sandbox, its handler and loop, and `read` each."""
    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess

    from crawler.run import Job, _settings

    settings = _settings(Job((), NOW, Path(), "", sandbox_proxy=proxy))
    # Nothing of ours but the handler: no archive, no robots, no throttle, no turns among crawls.
    for name in ("DOWNLOADER_MIDDLEWARES", "EXTENSIONS"):
        settings.set(
            name, {k: v for k, v in settings.getdict(name).items() if "Stop" in k or v is None}, "cmdline"
        )
    settings.set("TURNS_FOLDER", "", "cmdline")
    meter = Meter()

    class Plain(Spider):
        name = "plain"

        async def start(self) -> Any:
            for host in range(hosts):
                for path in PATHS:
                    yield Request(
                        f"http://s{host}.test{path}", meta={"handle_httpstatus_all": True, "proxy": proxy}
                    )

        def parse(self, response: Any) -> None:
            meter.page()
            read(response)

    process = AsyncCrawlerProcess(settings)
    process.crawl(Plain)
    process.start()
    return meter.told(meter.pages)


def bare(hosts: int, proxy: str, folder: Path) -> dict[str, Any]:
    """Scrapy with an empty callback."""
    return crawl_plain(hosts, proxy, lambda response: None)


def usual(hosts: int, proxy: str, folder: Path) -> dict[str, Any]:
    """The same extraction with BeautifulSoup and an ORM commit per item."""
    from benchmarks._usual import Reader

    reader = Reader(folder)
    return crawl_plain(hosts, proxy, reader) | {"goods": reader.goods}


def ours(hosts: int, proxy: str, folder: Path) -> dict[str, Any]:
    """The product's own job: archive, redact, extract, store."""
    from sqlalchemy import func, select

    from crawler.run import Job, run_job
    from store.db.engine import default_url, migrate, open_engine
    from store.db.tables import Price
    from store.evidence.ingest import Ingest, import_records

    engine = open_engine(default_url(folder))
    migrate(engine)
    known = [{"kind": "platform", "host": f"s{n}.test"} for n in range(hosts)]
    import_records(Ingest(engine, NOW, accept_new=True), known)
    stages = _stages()
    meter, requests = Meter(), 0

    def progress(event: dict[str, Any]) -> None:
        nonlocal requests
        if event["event"] == "page":
            meter.page()
        elif event["event"] == "crawl":
            requests = event["requests"]

    run_job(Job(("storefront",), NOW, folder, default_url(folder), sandbox_proxy=proxy), progress)
    told = meter.told(requests, stages=dict(stages))
    with engine.connect() as connection:
        return told | {"goods": connection.scalar(select(func.count()).select_from(Price))}


def _stages() -> dict[str, float]:
    """CPU seconds per stage, counted by wrapping the product's own functions: inner stages are taken off the outer."""
    from crawler.recording.recorder import DatabaseRecorder
    from crawler.spiders import storefront
    from store.archive.warc import ArchiveWriter

    spent: dict[str, float] = defaultdict(float)
    open_stages: list[float] = []

    def timed(owner: Any, name: str, stage: str) -> None:
        inner = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            open_stages.append(0.0)
            begun = time.process_time()
            try:
                result = inner(*args, **kwargs)
                return list(result) if isinstance(result, Iterator) else result
            finally:
                took = time.process_time() - begun
                spent[stage] += took - open_stages.pop()
                if open_stages:
                    open_stages[-1] += took

        setattr(owner, name, wrapped)

    timed(ArchiveWriter, "write", "archive")
    for name in ("read_home", "read_lists", "read_prose", "finished"):
        timed(storefront.StorefrontSpider, name, "extract")
    timed(DatabaseRecorder, "page", "redact and store")
    return spent


CONTENDERS = {"bare": bare, "ours": ours, "usual": usual}


def measure(name: str, hosts: int, proxy: str) -> dict[str, Any]:
    """Run one contender in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="kamengwatch-bench-") as folder:
        words = [
            sys.executable,
            __file__,
            str(hosts),
            "--contender",
            name,
            "--proxy",
            proxy,
            "--folder",
            folder,
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{name} failed: {done.stderr.strip().splitlines()[-1]}")
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return result


def main() -> None:
    """Print the table, the ratios and the CPU of each stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("hosts", nargs="?", type=int, default=500)
    parser.add_argument(
        "--long", type=int, help="crawl this many pages on the full path and print the memory"
    )
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--proxy", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        print(json.dumps(CONTENDERS[given.contender](given.hosts, given.proxy, given.folder)))
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ready = mp.Event()
    server = mp.Process(target=serve, args=(port, ready), daemon=True)
    server.start()
    ready.wait()
    proxy = f"http://127.0.0.1:{port}"
    if given.long:
        told = measure("ours", given.long // (len(PATHS) - 1), proxy)
        print("pages, resident MB:", ", ".join(f"{pages}: {mb}" for pages, mb in told["marks"]))
        early, late = told["marks"][min(2, len(told["marks"]) - 1)][1], told["marks"][-1][1]
        row(
            f"memory over {given.long:,} pages of one crawl",
            f"{late} MB",
            f"after 9,000: {early} MB",
            None,
            "flat",
            late <= early * 1.1,
        )
        return
    _compare(given.hosts, proxy)


def _compare(hosts: int, proxy: str) -> None:
    sizes = sorted(len(page_for("/", shop) or b"") for shop in range(64))
    machine("scrapy", "selectolax", "beautifulsoup4")
    print(
        f"{hosts} hosts x {len(PATHS)} requests, home pages {sizes[0] // 1000}-{sizes[-1] // 1000} KB, median {sizes[32] // 1000} KB"
    )
    found = {name: measure(name, hosts, proxy) for name in CONTENDERS}
    rates = {name: told["requests"] / told["cpu"] for name, told in found.items()}
    paces = {name: told["requests"] / told["wall"] for name, told in found.items()}
    for name, told in found.items():
        goods = f", {told['goods']} goods" if "goods" in told else ""
        print(
            f"{name:6} {told['requests']} pages: {paces[name]:.0f} pages/s, {rates[name]:.0f} per CPU second, "
            f"{told['cpu'] / told['wall']:.0%} CPU-bound, {told['rss_mb']} MB{goods}"
        )
    stages = found["ours"]["stages"]
    rest = found["ours"]["cpu"] - sum(stages.values())
    print(
        "CPU of ours: "
        + ", ".join(f"{k} {v:.1f} s" for k, v in {**stages, "fetch and the rest": rest}.items())
    )
    halves = [hosts // 2**n for n in (4, 3, 2, 1)]
    times = [measure("ours", n, proxy)["cpu"] for n in halves]
    grows = exponent([*halves, hosts], [*times, found["ours"]["cpu"]])
    for base, said, goal in (("bare", "bare Scrapy", 0.2), ("usual", "the usual way", 6.0)):
        ratio = paces["ours"] / paces[base]
        row(f"crawl, {hosts} hosts, pages a second beside {said}", f"{paces['ours']:.0f}/s, {ratio:.2f} times", f"{paces[base]:.0f}/s",
            grows if base == "bare" else None, f"≥ {goal:g} times", ratio >= goal)  # fmt: skip


if __name__ == "__main__":
    main()
