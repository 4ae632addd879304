"""Trouble in the family: when another site of the same operator was found closed. Looked up for all platforms, before they are cut into chunks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring import method
from scoring.linkage.operators import families
from scoring.observations.dataset import NEVER, Dataset
from scoring.warning.site_signals import reachability

_AT_ONCE = 2_000
"""Platforms whose panels are held in memory together."""
_READ = ("orders", "price", "page", "probe")
"""What tells whether a site can be reached."""


def operator_trouble(facts: Dataset) -> dict[str, tuple[int, str]]:
    """Host -> (the first day, as an index, on which another site of its operator had not been reachable for CLOSED_DAYS days, that site)."""
    related = families(facts)
    closed = _first_closed(facts, sorted(at for sites in related for at in sites))
    found = {}
    for sites in related:
        for at in sites:
            first, other = min((closed[other], other) for other in sites if other != at)
            if first < NEVER:
                found[facts.sites[at].host] = (first, facts.sites[other].host)
    return found


def _first_closed(facts: Dataset, sites: list[int]) -> dict[int, int]:
    out: dict[int, int] = {}
    some = replace(facts, rows={kind: facts.rows[kind] for kind in _READ})
    for start in range(0, len(sites), _AT_ONCE):
        chosen = sites[start : start + _AT_ONCE]
        _, run = reachability(some.only(np.array(chosen, dtype=np.int64)))
        closed = run >= method.CLOSED_DAYS
        first = np.where(closed.any(axis=1), closed.argmax(axis=1), NEVER)
        out |= dict(zip(chosen, first.tolist(), strict=True))
    return out
