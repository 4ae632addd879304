"""How much disk a watched site takes: some shops of the sandbox market visited several times, bytes told apart by source.

    python -m benchmarks._disk [sites] [visits]

Archive: the size of each source's files after the visits, over sites × visits. Database: growth of the file after the first visit
(which brings the tables), checkpointed. Screenshots need a browser. Of a shop of the sandbox about three pages are asked.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from kamengwatch.config import Config
from kamengwatch.intake import watchlist
from kamengwatch.pipeline import crawl, run, sandbox_market
from kamengwatch.pipeline.crawl_process import events
from store.china_time import SHANGHAI

SOURCES = ("availability", "registration", "screenshot", "storefront")


def main(sites: int, visits: int) -> None:
    """Visit, then print one row a source."""
    folder = Path(tempfile.mkdtemp(prefix="kamengwatch-disk-"))
    config = Config(folder, fixed_now=dt.datetime.now(dt.UTC))
    try:
        with sandbox_market.started(7) as market:
            last = market.calendar()[1]
            days = [last - dt.timedelta(days=n) for n in reversed(range(visits))]
            shops = market.hosts()[:sites]
            grown = []
            for day in days:
                moment = dt.datetime.combine(day, dt.time(20), SHANGHAI).astimezone(dt.UTC)
                market.set_now(moment)
                config = replace(config, fixed_now=moment)
                if day == days[0]:
                    watchlist.add_sites(config, [(s["host"], s.get("name"), ()) for s in shops], demo=True)
                for source in SOURCES:
                    words = crawl.arguments(config, moment, f"disk-{day}", [source], [], market.proxy, None)
                    told = [event for event in events(words) if event["event"] == "crawl"]
                    print(
                        day,
                        source,
                        [(e["outcome"], e.get("requests"), e.get("records")) for e in told],
                        flush=True,
                    )
                grown.append(database(folder))
        archive: Counter[str] = Counter()
        for file in (folder / "archive").glob("*.warc.gz"):
            archive[file.name.split("-")[0]] += file.stat().st_size
        for source in SOURCES:
            print(f"archive {source}: {archive[source] / sites / visits:,.0f} bytes a site and visit")
        print(
            f"database: {(grown[-1] - grown[0]) / sites / (visits - 1):,.0f} bytes a site and visit; {grown}"
        )
        run.rate(config, None, "duckdb", False)
        run.publish(config, False)
        print(f"snapshot of {sites} sites: {blocks(folder / 'snapshots'):,} bytes on disk")
    finally:
        shutil.rmtree(folder)


def database(folder: Path) -> int:
    """Bytes of the database after a checkpoint."""
    file = folder / "kamengwatch.db"
    with sqlite3.connect(file) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return file.stat().st_size


def blocks(folder: Path) -> int:
    """Bytes on disk below a folder; a file with several names counts once."""
    seen = {}
    for path in folder.rglob("*") if folder.exists() else ():
        if path.is_file():
            stat = os.stat(path)
            seen[stat.st_ino] = stat.st_blocks * 512
    return sum(seen.values())


if __name__ == "__main__":  # crawl processes import this module too
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12, int(sys.argv[2]) if len(sys.argv) > 2 else 4)
