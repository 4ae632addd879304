"""The charts as data for templates/picture.html: rows with bars and intervals, or columns over time. Plain HTML, so that they are there with
the first bytes, follow the theme, print, and lead on by links.

Bars begin at zero; what was not observed is hatched and never drawn as zero; no colour of a verdict stands for anything else.
Places are whole per cent of the picture's width or height.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.presenters import formatting
from scoring.snapshot.reader import whole_points

_TICKS = 15
"""Beyond so many, ticks for cases still open would hide the curve."""
_COLUMNS = 120
"""At most so many columns: a longer history shows every second, third … day."""


@dataclass(frozen=True)
class Bar:
    """A row: `fills` are (tone, from, width), `dots` (tone, at); the value in words stands at its end."""

    label: str
    value: str
    fills: tuple[tuple[str, int, int], ...] = ()
    dots: tuple[tuple[str, int], ...] = ()
    href: str = ""


@dataclass(frozen=True)
class Bars:
    """Rows over one scale; `rule` marks a place that matters, such as the sector's median."""

    rows: tuple[Bar, ...]
    ticks: tuple[tuple[int, str], ...]
    rule: int | None = None
    kind: str = "bars"


@dataclass(frozen=True)
class Column:
    """`parts` are (tone, bottom, height), `marks` (tone, bottom); `flag` draws a dashed line, `unseen` hatches the column."""

    title: str
    parts: tuple[tuple[str, int, int], ...] = ()
    marks: tuple[tuple[str, int], ...] = ()
    flag: bool = False
    unseen: bool = False


@dataclass(frozen=True)
class Columns:
    """Columns over one scale; `ends` are words below it, from the first column to the last; `keys` say what the tones mean."""

    columns: tuple[Column, ...]
    ticks: tuple[tuple[int, str], ...]
    ends: tuple[str, ...]
    keys: tuple[tuple[str, str], ...] = ()
    kind: str = "columns"


Picture = Bars | Columns


def _place(value: float | None, most: float) -> int:
    return 0 if value is None or most <= 0 else min(100, max(0, round(100 * value / most)))


def _fill(tone: str, low: float, high: float, most: float) -> tuple[str, int, int]:
    begin, end = sorted((_place(low, most), _place(high, most)))
    return tone, begin, max(1, end - begin)


def _scale(most: float) -> float:
    """The first round number that is no less: 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15 …"""
    step = 10.0 ** (len(str(int(max(most, 1)))) - 1)
    return next(step * times for times in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * times >= most)


_SCORES = tuple((at, str(at)) for at in (0, 25, 50, 75, 100))
_SHARES = ((0, "0"), (50, "50%"), (100, "100%"))


def intervals(records: list[dict[str, Any]], name: str, words: Callable[[dict[str, Any]], str]) -> Bars:
    """Dot and interval of each {name, score, low, high} on the scale of scores, with what `words` says of it."""
    rows = (
        Bar(
            r[name],
            words(r),
            (_fill("soft", r["low"], r["high"], 100),) if r["high"] > r["low"] else (),
            (("main", _place(r["score"], 100)),),
        )
        for r in records
    )
    return Bars(tuple(rows), _SCORES)


def waterfall(records: list[dict[str, Any]]) -> Bars:
    """What each {label, start, end, points, reach, href} adds, from `start` to `end`; what it could add lies behind, pale."""
    rows = []
    for r in records:
        low, high = min(r["start"], r["end"]), max(r["start"], r["end"])
        fills = [_fill("pale", r["start"], r["reach"], 100)] if r["reach"] > high else []
        if abs(r["points"]) >= 0.05:
            fills.append(_fill("other" if r["points"] < 0 else "main", low, high, 100))
        rows.append(Bar(r["label"], formatting.signed(r["points"]), tuple(fills), (), r["href"]))
    return Bars(tuple(rows), _SCORES)


def dots(records: list[dict[str, Any]]) -> Bars:
    """Dot and interval of each share {label, value, low, high}, from zero."""
    most = max(r["high"] if r["high"] is not None else r["value"] for r in records) or 1.0
    rows = (
        Bar(
            r["label"],
            formatting.percent(r["value"]),
            (_fill("soft", r["low"], r["high"], most),)
            if r["low"] is not None and r["high"] is not None
            else (),
            (("main", _place(r["value"], most)),),
        )
        for r in records
    )
    ticks = tuple((at, formatting.percent(most * at / 100)) for at in (0, 50, 100))
    return Bars(tuple(rows), (ticks[0], ticks[1], ticks[2]))


def against(records: list[dict[str, Any]]) -> Bars:
    """The ratio of each {label, ratio} to the sector's median, from zero; the rule is the median."""
    most = max(1.25, *(r["ratio"] for r in records))
    rows = (
        Bar(r["label"], formatting.percent(r["ratio"]), (_fill("main", 0, r["ratio"], most),))
        for r in records
    )
    one = _place(1.0, most)
    return Bars(tuple(rows), ((0, "0"), (one, "100%")), rule=one)


def bars(records: list[dict[str, Any]], label: str, value: str) -> Bars:
    """Bars of `value` by `label`, in the order given, from zero."""
    most = max([1, *(r[value] for r in records)])
    rows = (
        Bar(
            str(r[label]),
            formatting.number(r[value]),
            (_fill("main", 0, r[value], most),) if r[value] else (),
        )
        for r in records
    )
    return Bars(tuple(rows), ())


def history(
    records: list[dict[str, Any]], flags: Sequence[str], unseen: str, keys: tuple[str, str]
) -> Columns:
    """Days {on, score, low, high, state}: the score as a line, its interval as a band; `flags` are days of a change of state, `unseen`
    says what a day without a score is, `keys` name line and band."""
    step = -(-len(records) // _COLUMNS)
    changed = set(flags)
    columns = []
    for at in range(len(records) - 1, -1, -step):
        days = records[max(0, at - step + 1) : at + 1]
        day = days[-1]
        flag = any(d["on"] in changed for d in days)
        if day["score"] is None:
            columns.append(Column(f"{day['on']} {unseen}", flag=flag, unseen=True))
            continue
        low, high = (day[end] if day[end] is not None else day["score"] for end in ("low", "high"))
        title = f"{day['on']} {whole_points(day['score'])} ({formatting.ends((low, high))}) {day['state']}"
        band = _fill("soft", low, high, 100)
        columns.append(Column(title, (band,), (("main", _place(day["score"], 100)),), flag))
    named = [("main", keys[0]), ("soft", keys[1])]
    if any(c.unseen for c in columns):
        named.append(("unseen", unseen))
    ends = [records[0]["on"], records[len(records) // 2]["on"], records[-1]["on"]]
    ticks = tuple((at, str(at)) for at in (0, 50, 100))
    return Columns(tuple(reversed(columns)), ticks, tuple(dict.fromkeys(ends)), tuple(named))


def survival(
    curves: dict[str, list[dict[str, Any]]], censored: list[int], marks: tuple[int, ...], days: str
) -> Columns:
    """Step curves {day, share, low, high, n} by name, the first with its interval; dashed lines at each of `marks`."""
    names = list(curves)
    last = max([*marks, *(r["day"] for curve in curves.values() for r in curve)])
    columns = []
    for at in range(last + 1):
        parts, lines, said = [], [], []
        for tone, name in zip(("main", "other"), names, strict=False):
            corner = _corner(curves[name], at)
            if corner is None:
                continue
            lines.append((tone, _place(corner["share"], 1)))
            said.append(f"{name} {corner['share']:.0%}")
            if tone == "main" and corner["low"] is not None:
                parts.append(_fill("soft", corner["low"], corner["high"], 1))
                if at in censored and len(censored) <= _TICKS:
                    lines.append(("tick", _place(corner["share"], 1)))
        columns.append(Column(f"{at} {days}: {'; '.join(said)}", tuple(parts), tuple(lines), at in marks))
    keys = tuple(zip(("main", "other"), names, strict=False))
    return Columns(tuple(columns), _SHARES, (f"0 · {days}", f"{last // 2}", f"{last}"), keys)


def _corner(curve: list[dict[str, Any]], day: int) -> dict[str, Any] | None:
    """The corner that holds on a day; None after the last one, where nobody is followed any more."""
    before = [r for r in curve if r["day"] <= day]
    return before[-1] if before and day <= curve[-1]["day"] else None


_BLIND_WEEKS = 4
"""So many weeks before the first that was read are drawn, to show that the picture begins there and not the trouble."""


def weekly(
    records: list[dict[str, Any]],
    kinds: list[str],
    unread: frozenset[str] = frozenset(),
    unseen: str = "",
) -> Columns:
    """Stacked numbers `value` by the week `on` (a Monday) and `kind`, in the order of `kinds`; a week without any is empty, one of
    `unread` hatched (`unseen` says so), over which stands what was found of it all the same."""
    found: dict[str, dict[str, float]] = {}
    for r in records:
        found.setdefault(r["on"], {})[r["kind"]] = r["value"]
    first, last = (dt.date.fromisoformat(end(found)) for end in (min, max))
    weeks = [(first + dt.timedelta(7 * n)).isoformat() for n in range((last - first).days // 7 + 1)]
    begun = next((at for at, week in enumerate(weeks) if week not in unread), len(weeks))
    weeks = weeks[max(0, begun - _BLIND_WEEKS) :] if begun < len(weeks) else weeks
    most = _scale(max(sum(of.values()) for of in found.values()))
    columns = []
    for week in weeks:
        below, parts, of = 0.0, [], found.get(week, {})
        for at, kind in enumerate(kinds):
            if of.get(kind):
                begin, end = _place(below, most), _place(below + of[kind], most)
                parts.append((f"k{at + 1}", begin, max(1, end - begin)))
                below += of[kind]
        said = ", ".join(f"{kind} {of[kind]:.0f}" for kind in kinds if of.get(kind))
        blind = week in unread
        words = f"{unseen} {said}".strip() if blind else said or "0"
        columns.append(Column(f"{week} {words}", tuple(parts), unseen=blind))
    keys = tuple((f"k{at + 1}", kind) for at, kind in enumerate(kinds))
    if any(column.unseen for column in columns):
        keys = (*keys, ("unseen", unseen))
    ticks = ((0, "0"), (50, formatting.number(most / 2)), (100, formatting.number(most)))
    return Columns(tuple(columns), ticks, (weeks[0], weeks[len(weeks) // 2], weeks[-1]), keys)


def months(records: list[dict[str, Any]], since: str = "", unseen: str = "") -> Columns:
    """A column for each {month, value}; one before the month `since` is hatched (`unseen` says so), unless there is something in it."""
    most = _scale(max(r["value"] for r in records))
    columns = (
        Column(
            f"{r['month']} {unseen if _blind(r, since) else r['value']}",
            (("main", 0, max(1, _place(r["value"], most))),) if r["value"] else (),
            unseen=_blind(r, since),
        )
        for r in records
    )
    ticks = ((0, "0"), (100, formatting.number(most)))
    keys = (("unseen", unseen),) if any(_blind(r, since) for r in records) else ()
    return Columns(tuple(columns), ticks, (records[0]["month"], records[-1]["month"]), keys)


def _blind(month: dict[str, Any], since: str) -> bool:
    return month["month"] < since and not month["value"]


def heat(records: list[dict[str, Any]], weekdays: list[str], hours: str) -> Bars:
    """A row for each weekday, 24 cells of {weekday, hour, value}: five steps of one hue, darker is more."""
    most = max([1, *(r["value"] for r in records)])
    value = {(r["weekday"], r["hour"]): r["value"] for r in records}
    rows = []
    for day in weekdays:
        fills = [
            (f"s{-(-5 * value[day, hour] // most):.0f}", round(hour * 100 / 24), 4)
            for hour in range(24)
            if value.get((day, hour))
        ]
        rows.append(Bar(day, formatting.number(sum(value.get((day, h), 0) for h in range(24))), tuple(fills)))
    return Bars(tuple(rows), ((0, "0"), (50, "12"), (98, f"24 {hours}")))
