"""Numbers in the sentences themselves: each must be one of the place's figures, a date, or a number of a fixed rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scoring.snapshot import Snapshot


def unexplained(
    snapshot: Snapshot, figures: list[dict[str, Any]]
) -> Iterator[tuple[tuple[str, str], int, list[tuple[str, str]]]]:
    """((host, place), sentences read, numbers nothing explains as (column, number))."""
    yield ("", ""), 0, []
