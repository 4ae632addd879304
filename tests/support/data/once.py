"""What is dear to make is made once for all workers of a test run, in the run's own temporary folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

_folder: list[Path] = []


def share(folder: Path) -> None:
    """Where all workers of this run find what one of them made; tests/conftest.py says it."""
    _folder[:] = [folder]


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name: `make` fills a new path where nobody has yet. Copy what you change; hard links are the others', too."""
    place, half = _folder[0] / name, _folder[0] / f"{name}.half"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            shutil.rmtree(half, ignore_errors=True)  # of a worker that was killed
            make(half)
            half.rename(place)
    return place
