"""Which colour a site gets: blue, yellow, orange, red, or grey where it is not rated. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.finding import CONCERN, Definition, Finding
from scoring.observations.dataset import Dataset
from scoring.observations.panel import Bools, forward_fill
from scoring.rating.grades import NR
from scoring.warning.state_machine import ALARM, CLOSED, STALE, WARNING, WATCH, Warned

BLUE, YELLOW, ORANGE, RED, GREY = range(5)
_SELF_SEEN = (
    "icp_filing",
    "penalties",
    "order_backlog",
    "funds_terms",
    "availability",
    "price_anomaly",
    "identity_match",
)
"""Indicators of what an authority or we ourselves have seen; two of them make the lowest grade worth a person's look."""


def verdicts(
    facts: Dataset, found: dict[str, tuple[Definition, Finding]], grade: NDArray[np.int8], warned: Warned
) -> NDArray[np.int8]:
    """The colour of every platform on every day: the first rule that matches; red only after a person decided, before it orange."""
    state = warned.state
    facts_bad = np.sum([found[i][1].outcome == CONCERN for i in _SELF_SEEN if i in found], axis=0)
    e_twice = (grade == 4) & (facts_bad >= 2)
    red = (
        (state == ALARM)
        | ((state == CLOSED) & reviewed(facts, "closed"))
        | (e_twice & reviewed(facts, "grade"))
    )
    out = np.full(facts.shape, BLUE, dtype=np.int8)
    out[(state == WATCH) | (grade == 2)] = YELLOW
    out[(state == WARNING) | (state == CLOSED) | (grade == 3) | (grade == 4)] = ORANGE
    out[red] = RED
    known = (grade != NR) & (state != STALE)
    # Confirmed red stands while nothing is known: our not looking, or a site's keeping us out, is no evidence to the contrary.
    stands = (state == ALARM) | ((state == CLOSED) & reviewed(facts, "closed"))
    stands |= forward_fill(red, known, False).astype(bool)
    out[~known & ~stands] = GREY
    out[~known & stands] = RED
    return out


def reviewed(facts: Dataset, kind: str) -> Bools:
    """Days from which a person has confirmed something of this kind about a platform."""
    out = np.zeros(facts.shape, bool)
    index = {s.host: i for i, s in enumerate(facts.sites)}
    for key, (decision, day) in facts.reviews.items():
        what, _, rest = key.partition(":")
        host = rest.rpartition(":")[0]
        if what == kind and decision == "confirmed" and host in index:
            out[index[host], max(day - facts.first_day, 0) :] = True
    return out


def red_facts(found: dict[str, tuple[Definition, Finding]], site: int) -> int:
    """How many official or self-observed facts speak against a platform on the last day."""
    return sum(int(found[i][1].outcome[site, -1] == CONCERN) for i in _SELF_SEEN if i in found)
