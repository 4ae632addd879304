"""What the site page draws, as data: the 90 cells of availability, the refund curve, prices, and what was known on a day.

Pure: it takes rows of a snapshot and gives lists; the estimates are made in scoring/ and only arranged here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
CELLS = 90
LONGEST_OPEN = 90
"""Days after filing up to which refund curves are drawn."""
_OPEN, _CENSORED, _PRICE = "refund_open_", "refund_censored_", "price_sector_"


@dataclass(frozen=True)
class Cell:
    """One day: ok | partly | down | refused | none; share of probes that reached the site (None without any), probes."""

    on: dt.date
    state: str
    share: float | None
    n: int


@dataclass(frozen=True)
class Known:
    """What had been seen by the end of a day: its history row (None without one), pieces of evidence, state changes."""

    day: dt.date
    row: Row | None
    evidence: int
    newest: tuple[Row, ...]
    changes: tuple[Row, ...]


def strip(series: list[Row], as_of: dt.date) -> list[Cell]:
    """The 90 days up to `as_of`, oldest first; `refused` only where no probe was answered, for it is no failure."""
    reached = {r["on"]: r for r in series if r["measure"] == "availability"}
    refused = {r["on"]: r for r in series if r["measure"] == "refused"}
    cells = []
    for back in range(CELLS - 1, -1, -1):
        day = as_of - dt.timedelta(days=back)
        if day in reached:
            share = reached[day]["value"]
            state = "ok" if share >= 1 else "down" if share <= 0 else "partly"
            cells.append(Cell(day, state, share, int(reached[day]["n"] or 0)))
        elif day in refused:
            cells.append(Cell(day, "refused", None, int(refused[day]["n"] or 0)))
        else:
            cells.append(Cell(day, "none", None, 0))
    return cells


def refunds(series: list[Row]) -> tuple[list[Row], list[int]]:
    """Corners of the site's curve as {day, share, low, high, n at risk}, by day; days on which open complaints leave it."""
    curve, censored = [], []
    for row in series:
        day = _day(row["measure"], _OPEN)
        if day is not None:
            curve.append(
                {
                    "day": day,
                    "share": row["value"],
                    "low": row["low"],
                    "high": row["high"],
                    "n": int(row["n"]),
                }
            )
        day = _day(row["measure"], _CENSORED)
        if day is not None:
            censored.append(day)
    return sorted(curve, key=lambda r: r["day"]), sorted(censored)


def _day(measure: str, prefix: str) -> int | None:
    """15 of refund_open_15d; None of any other measure."""
    number = measure.removeprefix(prefix).removesuffix("d") if measure.startswith(prefix) else ""
    return int(number) if number.isascii() and number.isdigit() else None


def share_on(curve: list[Row], day: int) -> Row | None:
    """The corner that holds on a day; None before the first one and after the last, where nobody is followed any more."""
    before = [r for r in curve if r["day"] <= day]
    return before[-1] if before and day <= curve[-1]["day"] else None


def prices(series: list[Row]) -> list[Row]:
    """{product, on, price, median, ratio, n} of each product that can be compared, cheapest against the sector first."""
    found = [
        {
            "product": r["measure"].removeprefix(_PRICE),
            "on": r["on"],
            "price": r["value"],
            "median": r["low"],
            "ratio": r["value"] / r["low"],
            "n": int(r["n"]),
        }
        for r in series
        if r["measure"].startswith(_PRICE) and r["value"] and r["low"]
    ]
    return sorted(found, key=lambda r: (r["ratio"], r["product"]))


def methods(
    changes: list[Row], first: dt.date, last: dt.date, version: str
) -> list[tuple[dt.date, dt.date, str]]:
    """(from, to, method version) over a history: cut where `changes` say that the method changed."""
    cuts = sorted(
        (c for c in changes if c["cause"] == "method" and first < c["on"] <= last), key=lambda c: c["on"]
    )
    bands, begin = [], first
    for cut in cuts:
        bands.append((begin, cut["on"], cut["from"] or "–"))
        begin = cut["on"]
    return [*bands, (begin, last, version)]


def known(day: dt.date, history: list[Row], evidence: int, newest: list[Row], changes: list[Row]) -> Known:
    """What had been seen by the end of a day; `evidence` and `newest` count from the moment of seeing, not of the event."""
    row = next((r for r in history if r["on"] == day), None)
    return Known(day, row, evidence, tuple(newest), tuple(c for c in changes if c["on"] <= day)[:10])
