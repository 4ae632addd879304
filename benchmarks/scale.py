"""How fast evidence of any size is made (`python -m sandbox scale`), and how that grows; beside writing the same bytes.

    python benchmarks/scale.py [--complaints 10000000] [--folder FOLDER]

A hundred complaints a platform over 360 days, with its crawls and order counters, in five sizes that double. The largest file of the
default takes 4.4 GB for half a minute; where the disk has less, the largest size is smaller and the row says by the curve. The baseline
writes as many bytes of the same file, which are there already.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._told import exponent, machine, row

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sandbox.evidence.scale import Size, write_scale

LAST = dt.date(2026, 11, 15)
EACH = 100
"""Complaints a platform."""
GOAL = 10_000_000
BYTES = 450
"""Of a complaint with its share of the other lines, a little more than measured."""
BLOCK = 2**20


def made(file: Path, complaints: int) -> tuple[float, int]:
    """(seconds, lines) of writing evidence."""
    begun = time.perf_counter()
    lines = write_scale(Size(max(1, complaints // EACH), complaints, 360, LAST), 7, file)
    return time.perf_counter() - begun, lines


def plain(file: Path) -> float:
    """Seconds to write over the file as many bytes as it has."""
    size = file.stat().st_size
    with file.open("r+b") as out:
        block = out.read(BLOCK)
        begun = time.perf_counter()
        out.seek(0)
        out.truncate()
        for _ in range(size // len(block)):
            out.write(block)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--complaints", type=int, default=GOAL, help="of the largest of the five sizes")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    given = parser.parse_args()
    machine("numpy", "pyarrow")
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        most = min(given.complaints, shutil.disk_usage(name).free // 2 // BYTES)
        sizes, times = [most // 2**n for n in (4, 3, 2, 1, 0)], []
        file = Path(name) / "evidence.jsonl"
        for size in sizes:
            seconds, lines = made(file, size)
            times.append(seconds)
            print(
                f"{size:,} complaints: {lines:,} lines, {file.stat().st_size / 1e9:.2f} GB in {seconds:.1f} s"
            )
        volume, bare = file.stat().st_size / 1e9, plain(file)
    grows = exponent(sizes, times)
    guess = times[-1] * (GOAL / most) ** max(grows, 1.0)
    how = "" if most == GOAL else f" ({guess:.0f} s by the curve)"
    row(f"evidence made, {most:,} complaints, {lines:,} lines, {volume:.1f} GB", f"{times[-1]:.1f} s", f"plain writing {bare:.1f} s",
        grows, f"{GOAL:,} in ≤ 60 s{how}", guess <= 60)  # fmt: skip


if __name__ == "__main__":
    main()
