"""Trouble in the family: when another site of the same operator was found closed. Looked up for all platforms, before they are cut into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scoring import method
from scoring.linkage.operators import families
from scoring.observations.dataset import NEVER, Dataset
from scoring.observations.market import FamilyMember
from scoring.warning.site_signals import reachability

_AT_ONCE = 2_000
"""Platforms whose panels are held in memory together."""
_READ = ("orders", "price", "page", "probe")
"""What tells whether a site can be reached."""


def operator_trouble(facts: Dataset) -> tuple[dict[str, tuple[int, str]], list[FamilyMember]]:
    """Host -> (the first day, as an index, on which another site of its operator had not been reachable for CLOSED_DAYS days, that site);
    and the sites of all known operators."""
    related = families(facts)
    closed = first_closed(facts, sorted(at for sites in related.values() for at in sites if len(sites) > 1))
    found = {}
    for sites in related.values():
        for at in sites if len(sites) > 1 else ():
            first, other = min((closed[other], other) for other in sites if other != at)
            if first < NEVER:
                found[facts.sites[at].host] = (first, facts.sites[other].host)
    hosts = [site.host for site in facts.sites]
    members = [FamilyMember(key, hosts[at], closed.get(at)) for key, sites in related.items() for at in sites]
    return found, members


def first_closed(facts: Dataset, sites: Sequence[int]) -> dict[int, int]:
    """Place -> the first day on which a site had not been reachable for CLOSED_DAYS days; NEVER where none is."""
    out: dict[int, int] = {}
    some = replace(facts, rows={kind: facts.rows[kind] for kind in _READ})
    for start in range(0, len(sites), _AT_ONCE):
        chosen = sites[start : start + _AT_ONCE]
        _, run = reachability(some.only(np.array(chosen, dtype=np.int64)))
        closed = run >= method.CLOSED_DAYS
        first = np.where(closed.any(axis=1), closed.argmax(axis=1), NEVER)
        out |= dict(zip(chosen, first.tolist(), strict=True))
    return out
