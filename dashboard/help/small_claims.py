"""Whether a claim is small enough for small claims in a province: dated, sourced figures, or the words to ask the court. Pure.

Nothing is estimated: for a province whose figure was not read there is none, and an older figure is called one.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from dashboard.help.legal_facts import LONGEST_UNREAD
from dashboard.help.texts import text

_FILE = Path(__file__).with_name("small_claims.toml")
NEWEST = 2
"""A figure resting on the wage of more than so many years ago is an old one: the law wants that of the year before."""


@dataclass(frozen=True)
class Ceiling:
    """The two amounts of a province in yuan, since when, from which year's wage, announced where, read when and where."""

    province: str
    en: str
    ceiling: Decimal
    by_consent: Decimal
    wage_year: int
    since: dt.date
    source: str
    read_at: str
    verified_on: dt.date

    def old(self, on: dt.date) -> bool:
        """Whether a newer figure is to be expected."""
        return on.year - self.wage_year > NEWEST

    def unread(self, on: dt.date) -> bool:
        """Whether it was read too long ago to be repeated."""
        return on - self.verified_on > LONGEST_UNREAD


@cache
def provinces() -> tuple[str, ...]:
    """The provinces, municipalities and regions in their usual order."""
    with _FILE.open("rb") as file:
        return tuple(tomllib.load(file)["names"]["provinces"])


@cache
def ceilings() -> dict[str, Ceiling]:
    """The figures that were read, by province."""
    with _FILE.open("rb") as file:
        found = tomllib.load(file)
    amounts = ("ceiling", "by_consent")
    return {
        entry["province"]: Ceiling(**{k: Decimal(v) if k in amounts else v for k, v in entry.items()})
        for name, entry in found.items()
        if name != "names"
    }


def check(province: str, amount: Decimal | None, on: dt.date, lang: str, barred: bool = False) -> list[str]:
    """What to tell about a claim of `amount` yuan in a province; `barred`: the other side is missing or abroad.

    Raises ValueError for a province that is none.
    """
    if province not in provinces():
        raise ValueError(f"{province}: 不是省级地区 no province; 可选 one of {'、'.join(provinces())}")
    if barred:
        return [text("court", "barred", lang)]
    found = ceilings().get(province)
    if found is None or found.unread(on):
        return [text("court", "not_verified", lang).format(province=province), text("court", "ask", lang)]
    said = {
        "province": found.en if lang == "en" else province, "ceiling": f"{found.ceiling:f}",
        "by_consent": f"{found.by_consent:f}", "wage_year": found.wage_year, "since": found.since,
        "source": found.source, "verified_on": found.verified_on,
    }  # fmt: skip
    lines = [text("court", "figure", lang).format(**said)]
    if amount is not None:
        where = "within" if amount <= found.ceiling else "consent" if amount <= found.by_consent else "above"
        lines.append(text("court", where, lang).format(amount=f"{amount:f}"))
    if found.old(on):
        lines.append(text("court", "old", lang).format(year=found.wage_year))
        lines.append(text("court", "ask", lang))
    return lines
