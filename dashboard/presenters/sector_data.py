"""What the sector page says, as data: drops by week, how long refunds take, the hour that stands out, closures.

Pure apart from reading the snapshot; the estimates themselves are made by scoring/tables/sector.py and only read here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from dashboard.presenters import current_snapshot
from scoring.snapshot.reader import DROP_KINDS, Snapshot

PROOF = 0.05
"""A peak is called real below this p, which is already corrected for having looked at 168 hours."""
LAWFUL_DAYS = 15
"""More than so many days without a refund count as deliberate delay (product.md §4.1)."""
FEW = 30
"""Below so many cases no percentage is said (product.md §6.4)."""
_MONTHS = 12


@dataclass(frozen=True)
class Recent:
    """Drop complaints of the last four whole weeks and of the four before (None where a week was not read), and the most frequent kind
    of the newer ones."""

    count: int
    before: int | None
    kind: str
    most: int


@dataclass(frozen=True)
class PeakTest:
    """The most prominent hour: cell 24 × (weekday - 1) + hour, share of drops in it and overall, cases, corrected p."""

    cell: int
    share: float
    overall: float
    n: int
    p: float

    @property
    def real(self) -> bool:
        """Whether it may be shown as a peak."""
        return self.p < PROOF


@dataclass(frozen=True)
class HolidayTest:
    """The most prominent public holiday (scoring's name of it): share of drops on it and on ordinary days, cases, corrected p."""

    festival: str
    share: float
    ordinary: float
    n: int
    p: float

    @property
    def real(self) -> bool:
        """Whether it may be said."""
        return self.p < PROOF


@dataclass(frozen=True)
class Closures:
    """Sites closed by month ("2026-11"), months without one included; how many were warned about before they were down, median days ahead;
    how many were down when we first looked and could not be warned about."""

    months: tuple[tuple[str, int], ...]
    warned: int | None
    lead: float | None
    late: int = 0
    since: str = ""
    """The month in which we began to look at sites ("2026-09")."""

    @property
    def missed(self) -> int:
        """Those we could have warned about and did not."""
        return self.count - (self.warned or 0) - self.late

    @property
    def count(self) -> int:
        """All of them."""
        return sum(n for _, n in self.months)


def drops(snapshot: Snapshot) -> list[dict[str, Any]]:
    """{on, kind (code), value, n} by week and kind, oldest first; weeks without a drop are zeros."""
    found = _measured(snapshot, tuple(f"drops_{kind}" for kind in DROP_KINDS))
    return [
        {
            "on": row["on"],
            "kind": row["measure"].removeprefix("drops_"),
            "value": int(row["value"]),
            "n": int(row["n"]),
        }
        for row in sorted(found, key=lambda r: (r["on"], DROP_KINDS.index(r["measure"][6:])))
    ]


def unread_weeks(snapshot: Snapshot) -> frozenset[dt.date]:
    """The Mondays of weeks that were not read in full: few complaints in them are no calm."""
    return frozenset(row["on"] for row in _measured(snapshot, ("week_unread",)))


def recent(weeks: list[dict[str, Any]], as_of: dt.date, unread: frozenset[dt.date] = frozenset()) -> Recent:
    """The last four whole weeks, against the four before them where all eight were read."""
    last = as_of - dt.timedelta(days=as_of.weekday() + 1)  # The Sunday that ended the last whole week.
    if as_of.weekday() == 6:
        last = as_of
    newer = [w for w in weeks if last - dt.timedelta(days=28) < w["on"] <= last]
    older = [w for w in weeks if last - dt.timedelta(days=56) < w["on"] <= last - dt.timedelta(days=28)]
    compared = not any(last - dt.timedelta(days=56) < day <= last for day in unread)
    by_kind = {kind: sum(w["value"] for w in newer if w["kind"] == kind) for kind in DROP_KINDS}
    kind = max(by_kind, key=lambda k: by_kind[k])
    before = sum(w["value"] for w in older) if compared else None
    return Recent(sum(by_kind.values()), before, kind, by_kind[kind])


def refunds(snapshot: Snapshot) -> tuple[list[dict[str, Any]], list[int]]:
    """Curve {day, share, low, high, n at risk}, and the days on which open complaints leave it."""
    found = _measured(snapshot, ("refund_open", "refund_censored"))
    curve = [
        {"day": r["bin"], "share": r["value"], "low": r["low"], "high": r["high"], "n": int(r["n"])}
        for r in found
        if r["measure"] == "refund_open"
    ]
    return curve, [r["bin"] for r in found if r["measure"] == "refund_censored"]


def hours(snapshot: Snapshot) -> tuple[PeakTest | None, list[tuple[int, int, int]]]:
    """The test of the most prominent hour (None without enough to test), and (cell, drops, complaints) of all 168."""
    found = _measured(snapshot, ("drop_hour", "drop_peak", "drop_peak_p"))
    by = {row["measure"]: row for row in found}
    cells = [(r["bin"], int(r["value"]), int(r["n"])) for r in found if r["measure"] == "drop_hour"]
    if "drop_peak" not in by or "drop_peak_p" not in by:
        return None, cells
    top = by["drop_peak"]
    test = PeakTest(top["bin"], top["value"], top["low"], int(top["n"]), by["drop_peak_p"]["value"])
    return test, cells


def holiday(snapshot: Snapshot) -> HolidayTest | None:
    """The test of the most prominent public holiday; None without complaints on one."""
    found = current_snapshot.rows(
        snapshot, "select measure, value, n, low from sector where measure like 'drop_holiday_%'", []
    )
    p = next((row["value"] for row in found if row["measure"] == "drop_holiday_p"), None)
    top = next((row for row in found if row["measure"] != "drop_holiday_p"), None)
    if p is None or top is None:
        return None
    name = top["measure"].removeprefix("drop_holiday_")
    return HolidayTest(name, top["value"], top["low"], int(top["n"]), p)


def closures(snapshot: Snapshot, as_of: dt.date) -> Closures:
    """Sites that closed in the last twelve calendar months, each by its first closing in them; what was known before is a figure of
    the snapshot, counted to the first day a site was down."""
    found = current_snapshot.rows(
        snapshot,
        'select min("on") as "on" from warnings where to_state = \'closed\' and "on" >= ? group by host',
        [first_of_window(as_of)],
    )
    names = [f"{_first_of_month(as_of, back):%Y-%m}" for back in range(_MONTHS - 1, -1, -1)]
    counted = dict.fromkeys(names, 0)
    for row in found:
        month = f"{row['on']:%Y-%m}"
        counted[month] = counted.get(month, 0) + 1
    told = {
        row["name"]: row
        for row in current_snapshot.rows(
            snapshot, "select name, value, n from figures where place = 'sector'", []
        )
    }
    begun = current_snapshot.rows(snapshot, "select min(first_seen_on) as day from ratings")[0]["day"]
    warned, lead, late = (
        told.get(name) for name in ("closures_warned", "lead_days_median", "closures_down_at_first")
    )
    return Closures(
        tuple(counted.items()),
        int(warned["n"]) if warned else None,
        lead["value"] if lead is not None else None,
        int(late["value"]) if late else 0,
        f"{begun:%Y-%m}" if begun else "",
    )


def first_of_window(as_of: dt.date) -> dt.date:
    """The first of the twelve calendar months in which closings count."""
    return _first_of_month(as_of, _MONTHS - 1)


def _first_of_month(day: dt.date, back: int) -> dt.date:
    months = day.year * 12 + day.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)


def _measured(snapshot: Snapshot, measures: tuple[str, ...]) -> list[dict[str, Any]]:
    return current_snapshot.rows(
        snapshot,
        "select * from sector where list_contains(?, measure) order by measure, bin limit 2000",
        [list(measures)],
    )
