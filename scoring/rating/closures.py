"""Sites that closed within a year: when each was first down, and whether a warning came before that. Shown, never scored.

The state becomes closed only after days of failed probes; what counts for those who wanted a warning is the first of those days.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from scoring.figures import Figure, Window, count, share
from scoring.observations.dataset import Ints
from scoring.observations.day_index import date_of, day_number
from scoring.rating.assessment import Assessment
from scoring.warning.site_signals import answers_before
from scoring.warning.state_machine import ALARM, CLOSED, WARNING, transitions

MONTHS = 12
WITHIN = 180
"""A warning counts as ahead of a closing when it came in the so many days before the first day down."""


def months_back(last_day: int) -> Window:
    """The window of the MONTHS calendar months that end with the month of a day number."""
    last = date_of(last_day)
    months = max(12, last.year * 12 + last.month - MONTHS)  # the calendar begins with the year 1
    return dt.date(months // 12, months % 12 + 1, 1), last


def closures_of(judged: Assessment) -> Ints:
    """(first day down, earliest warning before it or -1, probes answered before) of each site closed within MONTHS, by its first closing;
    days as day numbers."""
    facts = judged.facts
    since, _ = months_back(facts.last_day)
    begin = day_number(since) if since else 0
    changes: dict[int, list[tuple[int, int]]] = {}
    for site, day, _, after in transitions(facts, judged.warned):
        changes.setdefault(site, []).append((day, after))
    rows = []
    for site, mine in changes.items():
        closed = next((d for d, to in mine if to == CLOSED and d + facts.first_day >= begin), None)
        if closed is None:
            continue
        down = closed - int(judged.warned.signs.down_run[site, closed])
        ahead = [d for d, to in mine if to in (WARNING, ALARM) and down - WITHIN <= d < down]
        rows.append(
            (
                down + facts.first_day,
                min(ahead) + facts.first_day if ahead else -1,
                answers_before(facts, site, closed),
            )
        )
    return np.array(rows, np.int64).reshape(-1, 3)


def closure_figures(closures: Ints, last_day: int) -> tuple[Figure, ...]:
    """How many sites closed; of those that could be warned about how many were before they were down, and how long before (median).

    A site that was down when we first looked could not; unless its complaints had brought a warning before.
    """
    window = months_back(last_day)
    down, warned, answered = closures.T
    late = int(((warned < 0) & (answered == 0)).sum())
    lead = (down - warned)[warned >= 0]
    told = (
        count("closures_12m", len(closures), window),
        count("closures_down_at_first", late, window),
        share("closures_warned", len(lead), len(closures) - late, window),
    )
    if not len(lead):
        return told
    return (*told, Figure("lead_days_median", float(np.median(lead)), float(len(lead)), None, *window))
