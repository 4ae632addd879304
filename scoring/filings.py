"""The latest answer of the filing registries, as panels; a failed query is no answer and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.calendar import MICROSECONDS
from scoring.facts import Facts, Floats, Ints, Rows, Site
from scoring.panel import Bools, age, cached, latest, pick
from store.names import host_of, registrable


@dataclass(frozen=True)
class FilingPanel:
    """Per platform and day: was there an answer, was a filing found, its particulars and the answer's age in days."""

    rows: Rows
    position: Ints
    known: Bools
    found: Bools
    restricted: Bools
    nature: NDArray[Any]
    number: NDArray[Any]
    entity: NDArray[Any]
    age: Floats


def filing_panel(facts: Facts) -> FilingPanel:
    """What the registries last answered."""
    result: FilingPanel = cached(facts, "filing", lambda: _panel(facts))
    return result


def own_filings(facts: Facts) -> Rows:
    """The answers about the platform's own domains; an answer to a query by number may name another domain."""

    def make() -> Rows:
        rows = facts.rows["filing"]
        mine = [
            not domain or registrable(domain) in own_domains(facts.sites[site])
            for site, domain in zip(rows.platform.tolist(), rows["domain"], strict=True)
        ]
        return rows.take(np.array(mine, bool))

    found: Rows = cached(facts, "own_filings", make)
    return found


@lru_cache(maxsize=262_144)
def own_domains(site: Site) -> frozenset[str]:
    """The registrable domains of a platform: its host's and those of the hosts among its aliases."""
    hosts = [site.host, *(host for alias in site.aliases if (host := host_of(alias)))]
    return frozenset(registrable(host) for host in hosts)


def _panel(facts: Facts) -> FilingPanel:
    rows = own_filings(facts)
    at = latest(facts, rows)
    found = pick(rows["found"], at, 0.0) > 0
    return FilingPanel(
        rows=rows,
        position=at,
        known=at >= 0,
        found=found,
        restricted=pick(np.nan_to_num(rows["limit_access"]), at, 0.0) > 0,
        nature=pick(rows["nature"], at, None),
        number=pick(rows["number"], at, None),
        entity=pick(rows["entity"], at, None),
        age=age(facts, rows, at),
    )


def confirmed_absent(facts: Facts) -> Bools:
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
        out: Bools = pick(streak.astype(bool), filing_panel(facts).position, False).astype(bool)
        return out

    result: Bools = cached(facts, "confirmed_absent", make)
    return result
