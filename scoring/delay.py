"""Reporting delay: a complaint becomes visible some days after it was filed, so that the newest days of any window are only half heard."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.facts import NEVER, Facts, Floats
from scoring.panel import complaints, visited


def heard_days(facts: Facts, epochs: list[int]) -> Floats:
    """Days × (DROP_WINDOW + 1): of the last n days up to a day, how many days' worth of complaints is visible by then.

    The sum over ages below n of the share of complaints seen within that many days of filing, from those filed in the DELAY_LOOK
    days that ended DELAY_LONGEST days before the epoch, at platforms whose complaints were already read when they were filed
    (the chain ladder's first step; what a first look brings is no delay). Too few of them: everything counts as heard at once.
    """
    rows = complaints(facts)
    rows = rows.take(~rows["again"])  # A second time is no late one.
    read = visited(facts, "complaint")[0]
    since = np.where(read.any(axis=1), read.argmax(axis=1), NEVER)
    usable = (rows.day >= since[rows.platform]) & (rows.seen >= rows.day)
    day, late = rows.day[usable], (rows.seen - rows.day)[usable]
    out = np.empty((facts.days, method.DROP_WINDOW + 1))
    for epoch in sorted(epochs):
        last = epoch - method.DELAY_LONGEST
        mine = late[(day <= last) & (day > last - method.DELAY_LOOK)]
        within = np.ones(method.DROP_WINDOW)
        if len(mine) >= method.DELAY_FEWEST:
            count = np.bincount(np.minimum(mine, method.DELAY_LONGEST), minlength=method.DROP_WINDOW)
            within = np.cumsum(count)[: method.DROP_WINDOW] / len(mine)
        out[epoch:] = np.r_[0.0, np.cumsum(within)]
    return out
