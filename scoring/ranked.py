"""The snapshot's slim copy of the ratings in ranking order, so that a page of a long ranking reads little.

Written by the publisher beside the tables; `Snapshot` offers it as the view `ranked`, and computes it where it is missing.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from scoring.snapshot import RANKED, RANKED_SQL, quoted

ROW_GROUP = 50_000


def write_ranked(folder: Path) -> None:
    """Write `ranked.parquet` from the ratings of a snapshot folder; memory stays small whatever its size."""
    source = f"read_parquet('{quoted(folder / 'ratings.parquet')}')"
    with duckdb.connect(":memory:", config={"threads": 1}) as db:
        db.execute(
            f"copy ({RANKED_SQL.format(ratings=source)}) to '{quoted(folder / RANKED)}'"
            f" (format parquet, compression zstd, row_group_size {ROW_GROUP})"
        )
