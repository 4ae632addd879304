"""The snapshot's slim copies of the ratings, each in an order of its own, so that a page of a long ranking or a look-up reads little.

Written by the publisher beside the tables; `Snapshot` offers them as views, and computes them where they are missing.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from scoring.snapshot import SLIM, quoted

ROW_GROUP = 50_000


def write_slim(folder: Path) -> None:
    """Write the files of SLIM from the ratings of a snapshot folder; memory stays small whatever its size."""
    source = f"read_parquet('{quoted(folder / 'ratings.parquet')}')"
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        for name, query in SLIM.items():
            db.execute(
                f"copy ({query.format(ratings=source)}) to '{quoted(folder / f'{name}.parquet')}'"
                f" (format parquet, compression zstd, row_group_size {ROW_GROUP})"
            )
