"""Numbers in the sentences themselves: each must be one of the place's figures, a date, or a number of a fixed rule.

So no sentence states a number that the table of figures does not hold.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scoring.snapshot.reader import Snapshot

_REASON = "rating"
"""Reasons and advice: they repeat findings and warnings, or say what the method's rules are (a cap, why nothing is rated)."""
_COUNTERFACTUAL, _BLIND = "counterfactual", "blind spot"
_BY_RULE = frozenset({_REASON, _COUNTERFACTUAL})
"""Texts that may name numbers of the method."""
_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_NO_NUMBERS = re.compile(
    r"\d{4}-\d{2}-\d{2}"  # a date
    r"|\d{4}\.\d{1,2}\.\d{1,2}"  # a method version
    r"|[\u4e00-\u9fff]?ICP[备证]\d+号?(?:-\d+)?|[AB][12]-\d{8}"  # a filing or licence number
    r"|“[^”]*”"  # somebody's own words
    r"|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+"  # a host
)
_RULES = re.compile(
    r"90% (?:区间|可能|interval|likely)|每 100 单|in 100 paid orders|受害者中 1%–15% 会|1% to 15% of the victims|24 小时|24 hours"
    r"|近 (?:14|28|30|90) 天|(?:last|in) (?:14|28|30|90) days|(?<![\d.])7 天|(?<![\d.])7 days|(?:three|3) (?:家|peers)"
)
"""Windows and limits that the method fixes and the words name: docs/figures.md gives each figure's own."""

_TABLES = (
    ("identity", "'identity:' || aspect", ("sentence_zh", "sentence_en")),
    ("links", "'links'", ("reason_zh", "reason_en")),
    ("changes", "'change'", ("sentence_zh", "sentence_en")),
    ("practices", "'practices'", ("improve_zh", "improve_en")),
    ("ratings", f"'{_COUNTERFACTUAL}'", ("better_zh", "better_en", "worse_zh", "worse_en")),
    ("ratings", f"'{_BLIND}'", ("blind_spots_zh", "blind_spots_en")),
)
"""Tables with texts besides findings, warnings and ratings: the place of a row, and its columns."""


@dataclass(frozen=True)
class Told:
    """Text of one place about one site, and which column it stands in."""

    host: str
    place: str
    column: str
    text: str


def unexplained(snapshot: Snapshot, figures: list[dict[str, Any]]) -> Iterator[tuple[Told, list[str]]]:
    """Every sentence of the snapshot with the numbers in it that nothing explains (mostly none)."""
    by_place: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in figures:
        by_place[row["host"] or "", row["place"]] += _numbers(row)
    for host, numbers in _intervals(snapshot):
        by_place[host, "finding:drop_rate"] += numbers
    for host, numbers in _counterfactuals(snapshot):
        by_place[host, _COUNTERFACTUAL] += numbers
    polled = [
        number for (_, place), some in by_place.items() if place.startswith("source:") for number in some
    ]
    rules = frozenset(_NUMBER.findall(json.dumps(snapshot.method())))
    read: set[tuple[str, str]] = set()
    for told in _texts(snapshot):
        if told.place == _REASON and (told.host, told.text) in read:
            continue  # A reason mostly repeats a finding or a warning, word for word.
        read.add((told.host, told.text))
        known = polled if told.place == _BLIND else by_place[told.host, told.place]
        fixed = rules if told.place in _BY_RULE or told.place.startswith("finding:cap_") else frozenset()
        numbers = [n for n in _written(told.text) if n not in fixed and not _explained(n, known)]
        yield told, numbers


def _texts(snapshot: Snapshot) -> Iterator[Told]:
    """What is read in a snapshot. Words people wrote are their own."""
    for table, place, columns in _TABLES:
        wanted = ", ".join(columns)
        for row in snapshot.rows(f"select host, {place} as place, {wanted} from {table}"):  # noqa: S608 - fixed names
            for column in columns:
                said = row[column]
                for text in said if isinstance(said, list) else [said]:
                    yield Told(row["host"] or "", row["place"], column, text or "")
    for row in snapshot.rows("select host, indicator, sentence_zh, sentence_en from findings"):
        for column in ("sentence_zh", "sentence_en"):
            yield Told(row["host"], f"finding:{row['indicator']}", column, row[column] or "")
    for row in snapshot.rows('select host, "on", reason_zh, reason_en from warnings'):
        for column in ("reason_zh", "reason_en"):
            yield Told(row["host"], f"warning:{row['on']}", column, row[column] or "")
    for row in snapshot.rows(
        "select host, drop_rate_why_zh, drop_rate_why_en, reasons_zh, reasons_en, advice_zh, advice_en from ratings"
    ):
        for column in ("drop_rate_why_zh", "drop_rate_why_en"):
            yield Told(row["host"], "finding:drop_rate", column, row[column] or "")
        for column in ("reasons_zh", "reasons_en", "advice_zh", "advice_en"):
            said = row[column]
            for text in said if isinstance(said, list) else [said]:
                yield Told(row["host"], _REASON, column, text or "")


def _intervals(snapshot: Snapshot) -> Iterator[tuple[str, list[float]]]:
    """The ends of each site's interval of the drop rate, which the sentence gives beside it."""
    for row in snapshot.rows("select host, drop_rate_low as low, drop_rate_high as high from ratings"):
        yield row["host"], [100 * x for x in (row["low"], row["high"]) if x is not None]


def _counterfactuals(snapshot: Snapshot) -> Iterator[tuple[str, list[float]]]:
    """How many facts each of a site's counterfactuals lists."""
    for row in snapshot.rows(
        "select host, len(better_facts) as better, len(worse_facts) as worse from ratings"
    ):
        yield row["host"], [float(row["better"] or 0), float(row["worse"] or 0)]


def _numbers(row: dict[str, Any]) -> Iterator[float]:
    """What a sentence may make of a figure: itself, its parts, as percent, what is missing to 1, in years."""
    value = row["value"]
    yield from (value, 100 * value, 100 * (1 - value), value / 365.25)
    yield from (x for x in (row["n"], row["of"]) if x is not None)
    since, until = row["since"], row["until"]
    if isinstance(since, dt.date) and isinstance(until, dt.date):
        yield (until - since).days + 1


def _written(text: str) -> list[str]:
    """The numbers of a text that are neither dates nor names nor a window the method fixes."""
    return _NUMBER.findall(_RULES.sub(" ", _NO_NUMBERS.sub(" ", text)))


def _explained(number: str, known: Iterable[float]) -> bool:
    """Whether one of the known values is written like this: to so many decimals, or to two significant digits."""
    stated, decimals = float(number), len(number.partition(".")[2])
    return any(
        abs(round(value, decimals) - stated) < 1e-9
        or abs(float(f"{value:.{decimals}f}") - stated) < 1e-9
        or abs(float(f"{value:.2g}") - stated) < 1e-9
        for value in known
    )
