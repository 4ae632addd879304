"""An operator (a company named in filings) and a cluster (sites joined by links) as readers see them: whose sites, under which names, whom to tell.

Pages, the API and the command line ask here; every figure comes from the snapshot. It must not import streamlit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.presenters import current_snapshot
from dashboard.presenters.ranking import RATED
from scoring.snapshot.reader import Snapshot
from store.text.query import spellings

MOST = 200
"""Sites of one operator or cluster that are shown."""
LISTED = 100
"""Operators and clusters that the lists show, the largest first."""
_WORST_FIRST = ("红", "橙", "黄", "灰", "蓝")
_ORDER = {
    "identifiers": "kind, since nulls last, value, host",
    "moves": '"on", host, to_host',
    "warnings": '"on" desc, host',
    "links": "host, other",
    "notify": "host, role",
    "corrections": '"on" desc, host',
    "responses": '"on" desc, host',
}


@dataclass(frozen=True)
class Group:
    """Sites that belong together: `kind` operator or cluster; `name` the company, or the first host; `hosts` at most MOST of `count`."""

    kind: str
    name: str
    uscc: str | None
    hosts: tuple[str, ...]
    count: int


def operator(snapshot: Snapshot, asked: str) -> Group | None:
    """The sites whose filing, registry or statement names a company, by its name or its code; None where none does."""
    text = asked.strip()
    if not text:
        return None
    forms = spellings(text)
    hosts = current_snapshot.rows(
        snapshot,
        f"select distinct host from sought where kind = 'operator' and word in ({', '.join('?' * len(forms))})"  # noqa: S608 - only marks
        " or kind = 'uscc' and word = upper(?) order by host",
        [*forms, text],
    )
    if not hosts:
        return None
    found = tuple(row["host"] for row in hosts)
    rows = current_snapshot.ratings_of(snapshot, found[:MOST], "operator, operator_uscc")
    names = [row["operator"] for row in rows if row["operator"]]
    codes = [row["operator_uscc"] for row in rows if row["operator_uscc"]]
    name = max(sorted(set(names)), key=names.count) if names else text.upper()
    return Group("operator", name, codes[0] if len(set(codes)) == 1 else None, found[:MOST], len(found))


def cluster(snapshot: Snapshot, host: str) -> Group | None:
    """The cluster a site belongs to; None for a site without a link."""
    rows = current_snapshot.rows(
        snapshot,
        "select cluster, site from clusters where cluster = (select cluster from clusters where site = ?) order by site",
        [host],
    )
    if not rows:
        return None
    hosts = tuple(row["site"] for row in rows)
    return Group("cluster", rows[0]["cluster"], None, hosts[:MOST], len(hosts))


def operators(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every operator that is known of two sites and more, then the others: name, number of sites."""
    return current_snapshot.rows(
        snapshot,
        f"select operator as name, count(*) as n from ratings where operator is not null group by 1 order by n desc, name limit {LISTED}",  # noqa: S608
    )


def clusters(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Every cluster: its first host, number of sites, the hosts."""
    return current_snapshot.rows(
        snapshot,
        f"select cluster as name, count(*) as n, list(site order by site) as hosts from clusters group by 1 order by n desc, name limit {LISTED}",  # noqa: S608
    )


def verdicts(snapshot: Snapshot, names: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    """How many sites of each of these clusters have which verdict, the worst first."""
    found = current_snapshot.rows(
        snapshot,
        f"select c.cluster as name, case when {RATED} then verdict else '灰' end as word, count(*) as n from clusters c"  # noqa: S608
        " join ratings on site = host where list_contains(?, c.cluster) group by all",
        [list(names)],
    )
    counted = {(row["name"], row["word"]): row["n"] for row in found}
    return {
        name: [(word, counted[name, word]) for word in _WORST_FIRST if (name, word) in counted]
        for name in names
    }


def about(snapshot: Snapshot, table: str, hosts: Sequence[str], limit: int = 2000) -> list[dict[str, Any]]:
    """Rows of one table about these sites."""
    return current_snapshot.rows(
        snapshot,
        f'select * from "{table}" where list_contains(?, host) order by {_ORDER[table]} limit {limit}',  # noqa: S608 - names of this file
        [list(hosts)],
    )


def whom_to_notify(snapshot: Snapshot, hosts: Sequence[str]) -> list[dict[str, Any]]:
    """Whom to tell about these sites: role, name (None: not known), sentence, source, day, and the hosts it is about; equal answers once.

    Rows of the table `notify`, those with a name first in each role.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in about(snapshot, "notify", hosts):
        key = (row["role"], row["name"], row["source"], row["sentence_zh"])
        one = found.setdefault(key, {**row, "hosts": [], "evidence": []})
        one["hosts"].append(row["host"])
        one["evidence"] += row["evidence"] or ()
        if row["observed_on"] and (one["observed_on"] is None or row["observed_on"] > one["observed_on"]):
            one["observed_on"] = row["observed_on"]
    return sorted(found.values(), key=lambda r: (ROLES.index(r["role"]), r["name"] is None, r["sentence_zh"]))


ROLES = ("mall", "registrar", "network", "payment", "filing_authority", "market_authority")
"""Whom one may tell, in the order shown."""
