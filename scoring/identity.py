"""How far the number and the company a site shows agree with its filing, per platform and day."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from scoring.facts import Facts
from scoring.filings import filing_panel
from scoring.panel import Bools, cached, latest, pick
from store.names import normal_name, parse_icp


@lru_cache(maxsize=65_536)
def number_key(number: str | None) -> str | None:
    """A filing number's main part in one spelling, for comparison; None when the text holds no number."""
    found = parse_icp(number) if number else None
    return found.main if found else None


def kind_of(main: str) -> str:
    """备, 证 or licence: numbers of different kinds cannot be compared, a company may hold one of each."""
    return "备" if "ICP备" in main else "证" if "ICP证" in main else "licence" if main else ""


def company_key(name: str | None) -> str | None:
    """A company name for comparison: simplified, without legal form, brackets and spaces."""
    return normal_name(name) or None if name else None


def pairs(facts: Facts) -> tuple[Bools, Bools, Bools, Bools, Any, Any]:
    """(footer comparable, footer agrees, company comparable, company agrees, footer text, company text) per platform and day."""

    def make() -> tuple[Any, ...]:
        rows = facts.rows["page"]
        footer_rows = rows.take(np.array([bool(x) for x in rows["footer_icp"]], bool)) if len(rows) else rows
        company_rows = rows.take(np.array([bool(x) for x in rows["company"]], bool)) if len(rows) else rows
        footer = pick(footer_rows["footer_icp"], latest(facts, footer_rows), None)
        company = pick(company_rows["company"], latest(facts, company_rows), None)
        f = filing_panel(facts)
        number = _keys(footer_rows["footer_icp"], latest(facts, footer_rows), number_key)
        shown_kind = _keys(footer_rows["footer_icp"], latest(facts, footer_rows), _kind)
        entity = _keys(company_rows["company"], latest(facts, company_rows), company_key)
        filed = _keys(f.rows["number"], f.position, number_key)
        filed_kind = _keys(f.rows["number"], f.position, _kind)
        owner = _keys(f.rows["entity"], f.position, company_key)
        # A number shown although none is on record disagrees as well; so does one that is no number at all.
        comparable = (filed != "") & ((shown_kind == filed_kind) | (shown_kind == ""))
        footer_known = (footer != None) & f.known & (comparable | ~f.found)  # noqa: E711 - elementwise
        company_known = (company != None) & (owner != "")  # noqa: E711 - elementwise
        return (
            footer_known,
            footer_known & (number == filed) & (filed != ""),
            company_known,
            company_known & (entity == owner),
            footer,
            company,
        )

    found: tuple[Bools, Bools, Bools, Bools, Any, Any] = cached(facts, "identity", make)
    return found


def _kind(number: str | None) -> str:
    return kind_of(number_key(number) or "")


def _keys(values: Any, position: Any, key: Any) -> Any:
    known: dict[Any, str] = {}
    keys = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        if value not in known:
            known[value] = key(value) or ""
        keys[i] = known[value]
    return pick(keys, position, "")
