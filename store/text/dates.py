"""Dates and times as people, spreadsheets, registries and servers write them, read in one place. Pure.

A time without a zone is China time. What leaves a day open is no date: nothing is filled in from today, and 5/6/2026, which is
two days, is none. Month names and mail dates are python-dateutil's; it fills gaps silently, so its answer is asked for twice.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache
from typing import Any

from dateutil import parser  # type: ignore[import-untyped]

from store.china_time import SHANGHAI

_SERIAL_ZERO = dt.datetime(1899, 12, 30)
"""Day 0 of a spreadsheet's numbers."""
_DAYS_TO_1904 = 1462
_LONGEST = 80
_ZONE = r"(?:\s*[(（]?(?:(?P<letters>UTC|GMT|CST|BJT|北京时间)|(?P<zulu>Z))[)）]?)?(?:\s*(?P<sign>[+-])(?P<off>\d{1,2})(?::?(?P<offmin>\d{2}))?(?!\d))?"
_DAY = re.compile(
    r"(?<!\d)(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d)\s*[日号號]?"
    r"(?:[\sT,、]{0,3}(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?!\d)" + _ZONE + r")?",
    re.IGNORECASE,
)  # fmt: skip
_CHINESE_TIME = re.compile(
    r"(?<!\d)(\d{1,2})\s*[时時点點]\s*(?:钟|鐘|整|(?:(\d{1,2})\s*分?|(半))?\s*(?:(\d{1,2})\s*秒)?)"
)
_HALF = re.compile(
    r"(?P<word>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|(?<![a-z])[ap]\.?m\.?(?![a-z]))",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"[(（]?(?:星期|礼拜|周)[一二三四五六日天][)）]?")
_MORNING = {"凌晨", "清晨", "早上", "早晨", "上午", "am"}
_LETTERS = re.compile(r"[a-z]{3}", re.IGNORECASE)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_DEFAULTS = (dt.datetime(2001, 2, 3), dt.datetime(2002, 4, 5))
_OFFSETS = {"CST": 28800, "BJT": 28800}


class Serial1904(float):
    """A spreadsheet's number of a workbook whose days count from 1904."""


def moment_in(value: Any) -> dt.datetime | None:
    """The moment a cell or text states, aware; a bare day is its midnight in China. None where it states no whole date, or one at the
    edge of the calendar, which in another zone would lie beyond it."""
    moment = _stated(value)
    return moment if moment and dt.MINYEAR < moment.year < dt.MAXYEAR else None


def day_in(value: Any) -> dt.date | None:
    """The day in China that a cell or text states; a bare day stays that day."""
    moment = moment_in(value)
    return moment.astimezone(SHANGHAI).date() if moment else None


def _stated(value: Any) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), SHANGHAI)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Serial1904):
        return _serial(value + _DAYS_TO_1904)
    return _read(str(value)[: _LONGEST * 2])


@lru_cache(maxsize=8_192)
def _read(said: str) -> dt.datetime | None:
    text = unicodedata.normalize("NFKC", said).strip().lstrip("'‘’")
    try:
        if re.fullmatch(r"\d+(?:\.\d+)?", text):
            return _number(text)
        if len(text) > _LONGEST:
            return None
        return _written(text)
    # Numbers too large for a date, also dateutil's decimal ones.
    except (ValueError, ArithmeticError, OSError):
        return None


def _number(text: str) -> dt.datetime | None:
    whole = text.partition(".")[0] if set(text.partition(".")[2]) <= {"0"} else ""
    if len(whole) in (10, 13):
        return dt.datetime.fromtimestamp(int(whole[:10]), dt.UTC)
    if len(whole) in (8, 12, 14) and whole[:2] in ("19", "20"):
        form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(whole)]
        return dt.datetime.strptime(whole, form).replace(tzinfo=SHANGHAI)
    return _serial(float(text))


def _serial(days: float) -> dt.datetime | None:
    if not 20_000 < days < 80_000:
        return None
    exact = _SERIAL_ZERO + dt.timedelta(days=days)
    return (exact + dt.timedelta(milliseconds=500)).replace(microsecond=0, tzinfo=SHANGHAI)


def _written(text: str) -> dt.datetime | None:
    plain = _WEEKDAY.sub(" ", text)
    halves = {match["word"].lower().replace(".", "") for match in _HALF.finditer(plain)}
    plain = _CHINESE_TIME.sub(_clock, _HALF.sub(" ", plain)) if len(halves) < 2 else ""
    found = list(_DAY.finditer(plain))
    if len(found) != 1:
        return _foreign(text) if not found else None
    match = found[0]
    if re.search(r"\d", plain[: match.start()] + plain[match.end() :]):
        return None
    hour = int(match["hour"] or 0)
    if halves:
        if match["hour"] is None:
            return None
        hour = _of_half(hour, next(iter(halves)))
    return dt.datetime(
        int(match["year"]), int(match["month"]), int(match["day"]), hour, int(match["minute"] or 0), int(match["second"] or 0),
        tzinfo=_zone(match),
    )  # fmt: skip


def _clock(match: re.Match[str]) -> str:
    minute = "30" if match[3] else match[2] or "0"
    return f" {match[1]}:{int(minute):02}:{int(match[4] or 0):02} "


def _of_half(hour: int, half: str) -> int:
    """The hour of the day; raises ValueError where the word and the number contradict each other or say nothing certain."""
    if half in _MORNING:
        if hour > 12:
            raise ValueError("no such hour in the morning")
        return hour % 12
    if half == "中午":
        if hour not in (11, 12, 13, 1, 2):
            raise ValueError("not noon")
        return hour + 12 if hour < 11 else hour
    if hour == 0 or (hour == 12 and half in ("晚上", "夜里", "傍晚")):
        raise ValueError("midnight of which day")
    return hour + 12 if hour < 12 else hour


def _zone(match: re.Match[str]) -> dt.timezone:
    if match["sign"]:
        minutes = int(match["off"]) * 60 + int(match["offmin"] or 0)
        return dt.timezone(dt.timedelta(minutes=-minutes if match["sign"] == "-" else minutes))
    if match["zulu"] or (match["letters"] or "").upper() in ("UTC", "GMT"):
        return dt.UTC
    return SHANGHAI


def _foreign(text: str) -> dt.datetime | None:
    """Dates with month names, and American ones whose day cannot be a month."""
    numeric = _AMERICAN.search(text)
    if numeric and (int(numeric[1]) > 12) == (int(numeric[2]) > 12) and numeric[1] != numeric[2]:
        return None
    if not numeric and not (_LETTERS.search(text) and re.search(r"\d{4}", text)):
        return None
    dayfirst = bool(numeric) and int(numeric[1]) > 12 if numeric else False
    first: dt.datetime
    first, second = (parser.parse(text, default=d, tzinfos=_OFFSETS, dayfirst=dayfirst) for d in _DEFAULTS)
    if first != second:
        return None  # something of it came from the default
    return first if first.tzinfo else first.replace(tzinfo=SHANGHAI)
