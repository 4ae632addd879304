"""The legal facts of the help flow, each dated: article, our wording, where it was read and when. Values only."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
        """Law, article and the day it was checked, in brackets."""
        name = self._english() if lang == "en" else f"《{self.law}》{self.article}"
        note = ("; to be re-read" if lang == "en" else "，待复核") if self.recheck else ""
        when = f"checked {self.verified_on}" if lang == "en" else f"{self.verified_on} 核对"
        return f"({name}, {when}{note})" if lang == "en" else f"（{name}，{when}{note}）"

    def named(self, lang: str) -> str:
        """Law and article in brackets, as a letter quotes them."""
        return f" ({self._english()})" if lang == "en" else f"（《{self.law}》{self.article}）"

    def _english(self) -> str:
        """Laws and articles in English, in the same order."""
        names = " / ".join(_english_names()[name] for name in self.law.split("》《"))
        if self.article_en:
            return f"{names}, {self.article_en}"
        numbered = re.sub(r"第([一二三四五六七八九十百]+)条", lambda m: str(number(m[1])), self.article)
        return f"{names}, art. {numbered}"

    def holds(self, on: dt.date) -> bool:
        """Whether it was in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def old(self, on: dt.date) -> bool:
        """Whether it was checked too long ago to be repeated without reading it again."""
        return on - self.verified_on > LONGEST_UNREAD


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
