"""The comparison of filing, footer and company, and how far they agree."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from scoring.calendar import date_of
from scoring.facts import Facts
from scoring.filings import filing_panel
from scoring.judge import Judged
from scoring.panel import Bools, cached, latest, pick

_SUFFIX = re.compile(r"(-\d+|号)+$")
_SPACE = re.compile(r"[\s()（）·.,，。]")


def number_key(number: str | None) -> str | None:
    """A filing number without its site suffix, for comparison."""
    return _SUFFIX.sub("", number.replace(" ", "")) if number else None


def company_key(name: str | None) -> str | None:
    """A company name without spaces and brackets, for comparison."""
    return _SPACE.sub("", name) if name else None


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
        entity = _keys(company_rows["company"], latest(facts, company_rows), company_key)
        filed = _keys(f.rows["number"], f.position, number_key)
        owner = _keys(f.rows["entity"], f.position, company_key)
        # A number shown although none is on record disagrees as well.
        footer_known = (footer != None) & f.known & ((filed != "") | ~f.found)  # noqa: E711 - elementwise
        company_known = (company != None) & (owner != "")  # noqa: E711 - elementwise
        return (
            footer_known,
            footer_known & (number == filed),
            company_known,
            company_known & (entity == owner),
            footer,
            company,
        )

    found: tuple[Bools, Bools, Bools, Bools, Any, Any] = cached(facts, "identity", make)
    return found


def _keys(values: Any, position: Any, key: Any) -> Any:
    keys = np.array([key(v) or "" for v in values], dtype=object) if len(values) else np.empty(0, object)
    return pick(keys, position, "")


def identity_rows(judged: Judged) -> list[dict[str, Any]]:
    """Rows of the identity table."""
    facts = judged.facts
    f = filing_panel(facts)
    footer_known, footer_same, company_known, company_same, footer, company = pairs(facts)
    out = []
    for site, who in enumerate(facts.sites):
        on = (
            None
            if not f.known[site, -1]
            else date_of(facts.first_day + int(f.rows.day[f.position[site, -1]]))
        )
        number = f.number[site, -1] if f.known[site, -1] and f.found[site, -1] else None
        entity = f.entity[site, -1] if f.known[site, -1] else None
        for aspect, known, same, shown, registered in (
            ("footer", footer_known, footer_same, footer[site, -1], number),
            ("company", company_known, company_same, company[site, -1], entity),
        ):
            agrees = ("yes" if same[site, -1] else "no") if known[site, -1] else "unknown"
            zh, en = _SAID[(aspect, agrees)]
            out.append(
                {
                    "host": who.host,
                    "aspect": aspect,
                    "shown": shown,
                    "registered": registered,
                    "agrees": agrees,
                    "source": "icp",
                    "observed_on": on,
                    "sentence_zh": zh,
                    "sentence_en": en,
                }
            )
    return out


_SAID = {
    ("footer", "yes"): ("页脚备案号与登记一致。", "The footer's filing number matches the registry."),
    ("footer", "no"): ("页脚备案号与登记不一致。", "The footer's filing number does not match the registry."),
    ("footer", "unknown"): ("页脚备案号无法核对。", "The footer's filing number cannot be compared."),
    ("company", "yes"): ("网站写的公司与备案主体一致。", "The company named on the site matches the filing."),
    ("company", "no"): (
        "网站写的公司与备案主体不一致。",
        "The company named on the site does not match the filing.",
    ),
    ("company", "unknown"): (
        "网站写的公司无法与备案主体核对。",
        "The company named on the site cannot be compared with the filing.",
    ),
}
