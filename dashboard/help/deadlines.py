"""The clocks of a case: when to write again, when the law's edges pass, as dates and as an ICS file.

Working days follow the published Chinese calendar (chinesecalendar); for a year it does not hold yet, Mondays to Fridays
but the days that are holidays every year, and the clock says so. Pure: the day the case begins is a parameter.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import chinese_calendar
from dateutil.relativedelta import relativedelta
from icalendar import Alarm, Calendar, Event

_EVERY_YEAR = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""Holidays by date; those of the lunar calendar are only known once published."""


@dataclass(frozen=True)
class Clock:
    """One deadline. `law` names the legal fact it rests on, None where it is a good habit; `exact` False: holidays not published."""

    id: str
    on: dt.date
    zh: str
    en: str
    law: str | None = None
    exact: bool = True

    def text(self, lang: str) -> str:
        """What to do on that day."""
        return self.en if lang == "en" else self.zh


def clocks(
    paid_on: dt.date,
    demanded_on: dt.date | None = None,
    complained_on: dt.date | None = None,
    expires_on: dt.date | None = None,
    consumer: bool = True,
) -> list[Clock]:
    """The clocks of a case in order of date.

    `paid_on` the payment, `demanded_on` the written demand for a refund, `complained_on` the complaint with 12315, `expires_on` the
    membership's last day; the fifteen days protect a `consumer` only, not who bought to resell. Raises ValueError when a later step lies before an earlier one.
    """
    for name, day in (("demanded_on", demanded_on), ("complained_on", complained_on)):
        if day is not None and day < paid_on:
            raise ValueError(f"{name} {day} 早于付款日 is before the payment on {paid_on}")
    also = (
        ("，同时向 12315 和公开投诉平台投诉", ", 12315 and a public complaint board")
        if consumer
        else ("", "")
    )
    found = [
        Clock("reply_24h", (demanded_on or paid_on) + dt.timedelta(days=1),
              f"24 小时没有答复：走网站的投诉通道{also[0]}（这是好习惯，不是法定期限）。",
              f"No answer after 24 hours: use the site's complaint channel{also[1]} (a good habit, not a legal term)."),
        Clock("limitation", paid_on + relativedelta(years=3),
              "三年诉讼时效一般到期（期间催告、起诉会重新计算）。",
              "The three years for a civil claim generally end (a demand or a lawsuit restarts them).", "limitation"),
    ]  # fmt: skip
    if demanded_on and consumer:
        found.append(
            Clock("refund_15d", demanded_on + dt.timedelta(days=16),
                  "要求退款满 15 日仍未退：可以认定为故意拖延或无理拒绝，发第二封信。",
                  "More than 15 days since the refund was demanded: it may count as deliberate delay; send the second letter.", "refund_15")
        )  # fmt: skip
    if complained_on:
        for name, days, zh, en in (
            ("accept_7wd", 7, "12315 应当决定是否受理。", "12315 should have decided whether to accept the complaint."),
            ("mediate_45wd", 45, "调解到期：不成即终止，可以起诉。", "Mediation ends: without a result, a lawsuit is next."),
        ):  # fmt: skip
            on, exact = after_working_days(complained_on, days)
            found.append(Clock(name, on, zh, en, "market_regulator", exact))
    if expires_on:
        found.append(
            Clock("expiry_3d", expires_on - dt.timedelta(days=3),
                  "会员还有三天到期：看看会员是否正常、要不要续费（到期没续不是掉单）。",
                  "The membership ends in three days: check it and decide about renewal (an expiry is not a drop).", "auto_renew")
        )  # fmt: skip
    return sorted(found, key=lambda clock: (clock.on, clock.id))


def after_working_days(start: dt.date, days: int) -> tuple[dt.date, bool]:
    """The day on which `days` working days after `start` have passed, and whether every holiday in between is published."""
    day, left, exact = start, days, True
    while left:
        day += dt.timedelta(days=1)
        working, known = _working(day)
        exact = exact and known
        left -= working
    return day, exact


def _working(day: dt.date) -> tuple[bool, bool]:
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:  # the State Council has not published that year's holidays yet
        return day.weekday() < 5 and (day.month, day.day) not in _EVERY_YEAR, False


def ics(found: list[Clock], made_at: dt.datetime, lang: str) -> bytes:
    """The clocks as an iCalendar file, an all-day event each with a reminder at nine; names no site and no order."""
    calendar = Calendar()
    calendar.add("prodid", "-//kamengwatch//help//ZH")
    calendar.add("version", "2.0")
    for clock in found:
        event = Event()
        event.add("uid", f"{clock.id}-{clock.on:%Y%m%d}@kamengwatch")
        event.add("dtstamp", made_at)
        event.add("dtstart", clock.on)
        event.add("summary", clock.text(lang))
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", clock.text(lang))
        alarm.add("trigger", dt.timedelta(hours=9))
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


# The legal facts of the help flow, each dated: article, our wording, where it was read and when. Values only.

_FILE = Path(__file__).with_name("legal_facts.toml")
_DIGITS, _UNITS = "一二三四五六七八九", {"十": 10, "百": 100}
LONGEST_UNREAD = dt.timedelta(days=180)
"""A fact checked longer ago than this may not be shown as it stands: a test fails, and the page says it is old."""


@dataclass(frozen=True)
class Fact:
    """One rule of law in our words. `valid_to` None: still in force when checked; `recheck`: read it again in the official text."""

    id: str
    law: str
    article: str
    zh: str
    en: str
    source: str
    verified_on: dt.date
    valid_from: dt.date
    valid_to: dt.date | None = None
    recheck: bool = False
    article_en: str = ""

    def text(self, lang: str) -> str:
        """The rule in one language."""
        return self.en if lang == "en" else self.zh

    def cite(self, lang: str) -> str:
        """Law, article and the day it was checked, in brackets, to stand behind a sentence."""
        name = self.name(lang)
        note = ("; to be re-read" if lang == "en" else "，待复核") if self.recheck else ""
        when = f"checked {self.verified_on}" if lang == "en" else f"{self.verified_on} 核对"
        return f" ({name}, {when}{note})" if lang == "en" else f"（{name}，{when}{note}）"

    def named(self, lang: str) -> str:
        """Law and article in brackets, as a letter quotes them."""
        return f" ({self.name(lang)})" if lang == "en" else f"（{self.name(lang)}）"

    def name(self, lang: str) -> str:
        """Law and article; of several laws each with its own."""
        laws, articles = self.law.split("》《"), self.article.split(" · ")
        if len(laws) != len(articles):
            laws, articles = [self.law], [self.article.replace(" · ", "、")]
        if lang != "en":
            return "、".join(f"《{law}》{article}" for law, article in zip(laws, articles, strict=True))
        if self.article_en:
            return f"{' / '.join(_english_names()[law] for law in self.law.split('》《'))}, {self.article_en}"
        return "; ".join(
            f"{' / '.join(_english_names()[one] for one in law.split('》《'))}, {_numbered(article)}"
            for law, article in zip(laws, articles, strict=True)
        )

    def holds(self, on: dt.date) -> bool:
        """Whether it was in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def old(self, on: dt.date) -> bool:
        """Whether it was checked too long ago to be repeated without reading it again."""
        return on - self.verified_on > LONGEST_UNREAD


def _numbered(article: str) -> str:
    """Articles as English counts them: art. 59, arts. 59, 60."""
    figures = re.sub(r"第([一二三四五六七八九十百]+)条", lambda m: str(number(m[1])), article)
    return f"{'arts.' if '、' in figures else 'art.'} {figures.replace('、', ', ')}"


def number(text: str) -> int:
    """The number below 1000 a Chinese numeral says."""
    total, digit = 0, 0
    for sign in text:
        if sign in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[sign], 0
        else:
            digit = _DIGITS.index(sign) + 1
    return total + digit


@cache
def _english_names() -> dict[str, str]:
    with _FILE.open("rb") as file:
        return dict(tomllib.load(file)["english"])


@cache
def facts() -> dict[str, Fact]:
    """Every fact by id."""
    with _FILE.open("rb") as file:
        found = tomllib.load(file)
    return {key: Fact(id=key, **value) for key, value in found.items() if "article" in value}


def fact(name: str) -> Fact:
    """One fact; raises KeyError for a name legal_facts.toml does not have."""
    return facts()[name]


@cache
def read_in(lang: str) -> str:
    """Where the texts were read."""
    with _FILE.open("rb") as file:
        return str(tomllib.load(file)["read_in_en" if lang == "en" else "read_in"])
