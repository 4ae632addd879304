"""ICP filings as panels: the registries' latest answer, how far it agrees with what the site shows, and when it changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.observations.dataset import Dataset, Floats, Ints, ObservationColumns, Site
from scoring.observations.day_index import MICROSECONDS, date_of
from scoring.observations.panel import Bools, age, cached, forward_fill, gather, latest
from store.text.query import host_of, normal_name, parse_icp, registrable


@dataclass(frozen=True)
class FilingPanel:
    """Per platform and day: was there an answer, was a filing found, its particulars and the answer's age in days."""

    rows: ObservationColumns
    position: Ints
    known: Bools
    found: Bools
    restricted: Bools
    nature: NDArray[Any]
    number: NDArray[Any]
    entity: NDArray[Any]
    age: Floats


def filing_panel(facts: Dataset) -> FilingPanel:
    """What the registries last answered."""
    result: FilingPanel = cached(facts, "filing", lambda: _panel(facts))
    return result


def own_filings(facts: Dataset) -> ObservationColumns:
    """The answers about the platform's own domains; an answer to a query by number may name another domain."""

    def make() -> ObservationColumns:
        rows = facts.rows["filing"]
        mine = [
            not domain or registrable(domain) in own_domains(facts.sites[site])
            for site, domain in zip(rows.platform.tolist(), rows["domain"], strict=True)
        ]
        return rows.take(np.array(mine, bool))

    found: ObservationColumns = cached(facts, "own_filings", make)
    return found


@lru_cache(maxsize=262_144)
def own_domains(site: Site) -> frozenset[str]:
    """The registrable domains of a platform: its host's and those of the hosts among its aliases."""
    hosts = [site.host, *(host for alias in site.aliases if (host := host_of(alias)))]
    return frozenset(registrable(host) for host in hosts)


def _panel(facts: Dataset) -> FilingPanel:
    rows = own_filings(facts)
    at = latest(facts, rows)
    found = gather(rows["found"], at, 0.0) > 0
    return FilingPanel(
        rows=rows,
        position=at,
        known=at >= 0,
        found=found,
        restricted=gather(np.nan_to_num(rows["limit_access"]), at, 0.0) > 0,
        nature=gather(rows["nature"], at, None),
        number=gather(rows["number"], at, None),
        entity=gather(rows["entity"], at, None),
        age=age(facts, rows, at),
    )


def confirmed_absent(facts: Dataset) -> Bools:
    """Not found now, and not found by another query at least 24 hours earlier with none found in between."""

    def make() -> Bools:
        rows = own_filings(facts)
        streak = np.zeros(len(rows), dtype=np.int64)
        order = np.lexsort((rows.at, rows.platform))
        start = 0
        found = rows["found"][order] > 0
        platform, at = rows.platform[order], rows.at[order]
        broken = np.r_[True, (np.diff(platform) != 0) | found[:-1]] if len(order) else np.empty(0, bool)
        begin = np.maximum.accumulate(np.where(broken, np.arange(len(order)), start))
        long_enough = ~found & (at - at[begin] >= MICROSECONDS) & (begin < np.arange(len(order)))
        streak[order] = long_enough
        out: Bools = gather(streak.astype(bool), filing_panel(facts).position, False).astype(bool)
        return out

    result: Bools = cached(facts, "confirmed_absent", make)
    return result


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


def pairs(facts: Dataset) -> tuple[Bools, Bools, Bools, Bools, Any, Any]:
    """(footer comparable, footer agrees, company comparable, company agrees, footer text, company text) per platform and day."""

    def make() -> tuple[Any, ...]:
        rows = facts.rows["page"]
        footer_rows = rows.take(np.array([bool(x) for x in rows["footer_icp"]], bool)) if len(rows) else rows
        company_rows = rows.take(np.array([bool(x) for x in rows["company"]], bool)) if len(rows) else rows
        footer = gather(footer_rows["footer_icp"], latest(facts, footer_rows), None)
        company = gather(company_rows["company"], latest(facts, company_rows), None)
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
    return gather(keys, position, "")


_GONE, _FILED = 0, 1
_NAMES = {_GONE: "not_filed", _FILED: "filed"}
_SAID = {
    _GONE: (
        "此前查到的备案，两次查询均已查不到。",
        "A filing that was on record was not found in two queries.",
    ),
    _FILED: ("此前查不到备案，现已查到。", "A filing is now on record where there was none."),
}


def filing_changes(facts: Dataset) -> list[dict[str, Any]]:
    """Rows of the changes table: host, on, cause world, what filing."""
    f = filing_panel(facts)
    sure = (f.known & f.found) | confirmed_absent(facts)
    state = forward_fill(np.where(f.found, _FILED, _GONE), sure, -1)
    out = []
    for site, day in np.argwhere((np.diff(state, axis=1) != 0) & (state[:, :-1] >= 0)):
        before, after = int(state[site, day]), int(state[site, day + 1])
        zh, en = _SAID[after]
        out.append(
            {
                "host": facts.sites[site].host,
                "on": date_of(facts.first_day + int(day) + 1),
                "cause": "world",
                "what": "filing",
                "from": _NAMES[before],
                "to": _NAMES[after],
                "sentence_zh": zh,
                "sentence_en": en,
            }
        )
    return out
