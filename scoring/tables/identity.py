"""Rows of the identity table: filing, footer, company and licence side by side, the rules that apply, and the operator.

A company is linked to a site only by two independent keys, with its confidence; a person's name never links anything.
"""

from __future__ import annotations

import datetime as dt
from math import prod
from typing import Any

import numpy as np

from scoring import method
from scoring.features.filings import company_key, filing_panel, number_key, pairs
from scoring.filing_checks import Mark, checked
from scoring.finding import Cited, of_site, pages_of
from scoring.observations.dataset import Dataset
from scoring.observations.day_index import date_of
from scoring.rating.assessment import Assessment
from store.text.malls import is_merchant
from store.text.safe_text import in_number

_PERSONAL = "个人"
_SAID = {
    ("filing", "yes"): ("登记系统查到备案。", "The registry has a filing."),
    ("filing", "no"): ("登记系统未查到备案。", "The registry has no filing."),
    ("filing", "unknown"): ("备案尚未成功查询。", "The registry has not been queried successfully."),
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
    ("licence", "unknown"): (
        "网站写有许可或执照信息，未与登记机关核对。",
        "The site states a licence; it was not checked with the authority.",
    ),
}
_KEYS = {
    "filing": ("按域名查到的备案", "the filing of the domain"),
    "footer": ("页面所写公司", "the company named on the pages"),
    "number": ("页脚备案号", "the number in the footer"),
    "code": ("统一社会信用代码", "the credit code"),
    "stated": ("人工登记", "entered by a person"),
}


def identity_rows(judged: Assessment) -> list[dict[str, Any]]:
    """Rows of the identity table for a chunk of platforms."""
    facts = judged.facts
    out = []
    for site in range(len(facts.sites)):
        if not is_merchant(facts.sites[site].host):  # filing and footer are its mall's
            out += _compared(facts, site) + _marks(facts, site)
        out += _operator(facts, site)
    return out


def _row(facts: Dataset, site: int, aspect: str, agrees: str, **more: Any) -> dict[str, Any]:
    zh, en = more.pop("said", None) or _SAID[(aspect, agrees)]
    blank = {"shown": None, "registered": None, "source": "icp", "observed_on": None, "confidence": None}
    row: dict[str, Any] = {
        "host": facts.sites[site].host,
        "aspect": aspect,
        "agrees": agrees,
        **blank,
        "evidence": [],
    }
    return row | {"sentence_zh": zh, "sentence_en": en} | more


def _compared(facts: Dataset, site: int) -> list[dict[str, Any]]:
    f = filing_panel(facts)
    footer_known, footer_same, company_known, company_same, footer, company = pairs(facts)
    known = bool(f.known[site, -1])
    on = date_of(facts.first_day + int(f.rows.day[f.position[site, -1]])) if known else None
    number = f.number[site, -1] if known and f.found[site, -1] else None
    cited: list[Cited] = [("filing", int(f.rows.id[f.position[site, -1]]))] if known else []
    rows = []
    filed = ("yes" if f.found[site, -1] else "no") if known else "unknown"
    rows.append(_row(facts, site, "filing", filed, registered=number, observed_on=on, evidence=cited))
    for aspect, able, same, shown, registered in (
        ("footer", footer_known, footer_same, footer[site, -1], number),
        ("company", company_known, company_same, company[site, -1], f.entity[site, -1] if known else None),
    ):
        agrees = ("yes" if same[site, -1] else "no") if able[site, -1] else "unknown"
        rows.append(
            _row(
                facts,
                site,
                aspect,
                agrees,
                shown=shown,
                registered=registered,
                observed_on=on,
                evidence=cited,
            )
        )
    return rows + _licence(facts, site)


def _licence(facts: Dataset, site: int) -> list[dict[str, Any]]:
    """What the newest home page says of a licence; no register of licences is asked."""
    pages = facts.rows["page"]
    homes = [i for i in pages_of(facts, site) if pages["role"][i] == "home" and pages["signs"][i]]
    if not homes:
        return []
    signs = pages["signs"][homes[-1]]
    said = [*(signs.get("licences") or ()), *(signs.get("credit_codes") or ())]
    if not said and not signs.get("licence_link"):
        return []
    on = date_of(facts.first_day + int(pages.day[homes[-1]]))
    shown = "、".join(str(part) for part in said) or None
    cited = [("page", int(pages.id[homes[-1]]))]
    return [
        _row(
            facts,
            site,
            "licence",
            "unknown",
            shown=shown,
            source="storefront",
            observed_on=on,
            evidence=cited,
        )
    ]


def _marks(facts: Dataset, site: int) -> list[dict[str, Any]]:
    """A row for every rule that applies."""
    on = date_of(facts.last_day)
    return [
        _row(facts, site, mark.rule, "no", shown=mark.shown, registered=mark.registered, observed_on=on,
             said=(mark.zh, in_number(mark.en)), source=_source_of(facts, mark), evidence=list(mark.cited))
        for mark in checked(facts)[site].marks
    ]  # fmt: skip


def _source_of(facts: Dataset, mark: Mark) -> str:
    """The sources of what a rule cites, in order."""
    found: dict[str, None] = {}
    for kind, id_ in mark.cited:
        rows = facts.rows[kind]
        at = np.flatnonzero(rows.id == id_)
        if len(at):
            found[facts.sources[int(rows.source[at[0]])].id] = None
    return "+".join(found) or "icp"


def operator_keys(facts: Dataset, site: int) -> dict[str, dict[str, str]]:
    """company (as compared) -> {key: its name as that key gives it}; keys filing footer number stated."""
    f = filing_panel(facts)
    _, footer_same, _, _, _, company = pairs(facts)
    found: dict[str, dict[str, str]] = {}

    def add(key: str, name: str | None) -> None:
        if name and (compared := company_key(name)):
            found.setdefault(compared, {})[key] = name

    known = bool(f.known[site, -1]) and bool(f.found[site, -1]) and f.nature[site, -1] != _PERSONAL
    entity = f.entity[site, -1] if known else None
    add("filing", entity)
    # The site showing the filing's own number is its word for that filing, apart from the registry's answer.
    add("number", entity if footer_same[site, -1] else _owner(facts, site))
    add("footer", company[site, -1])
    add("stated", facts.sites[site].operator)
    return found


def _owner(facts: Dataset, site: int) -> str | None:
    """The company to which answers about other domains give the number in the footer."""
    *_, footer, _ = pairs(facts)
    rows = facts.rows["filing"]
    for i in reversed(of_site(rows, site, facts.days)):
        same = number_key(rows["number"][i]) == number_key(footer[site, -1])
        if footer[site, -1] and same and rows["nature"][i] != _PERSONAL:
            return str(rows["entity"][i]) if rows["entity"][i] else None
    return None


def confidence(keys: list[str]) -> float:
    """1 - product of (1 - weight) of independent keys."""
    return round(1.0 - prod(1.0 - method.OPERATOR_KEYS[key] for key in keys), 6)


def _operator(facts: Dataset, site: int) -> list[dict[str, Any]]:
    """The companies named, the best linked first; one key alone is shown as unknown, never as a link."""
    rows: list[dict[str, Any]] = []
    on: dt.date = date_of(facts.last_day)
    for keys in sorted(operator_keys(facts, site).values(), key=lambda k: -confidence(list(k))):
        zh = "、".join(_KEYS[key][0] for key in keys)
        en = ", ".join(_KEYS[key][1] for key in keys)
        linked = len(keys) >= 2
        said = (
            (f"两项以上独立依据指向该公司：{zh}。", f"Two or more independent keys name this company: {en}.")
            if linked
            else (
                f"只有一项依据指向该公司，不作关联：{zh}。",
                f"One key alone names this company, no link is made: {en}.",
            )
        )
        rows.append(
            _row(facts, site, "operator", "yes" if linked else "unknown", shown=next(iter(keys.values())),
                 observed_on=on, confidence=confidence(list(keys)), said=said, source="+".join(keys))
        )  # fmt: skip
    return rows
