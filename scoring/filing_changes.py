"""When a platform's filing went from the registry or came into it: an event of the world, told by confirmed answers only."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring.calendar import date_of
from scoring.facts import Facts
from scoring.filings import confirmed_absent, filing_panel
from scoring.panel import hold

_GONE, _FILED = 0, 1
_NAMES = {_GONE: "not_filed", _FILED: "filed"}
_SAID = {
    _GONE: (
        "此前查到的备案，两次查询均已查不到。",
        "A filing that was on record was not found in two queries.",
    ),
    _FILED: ("此前查不到备案，现已查到。", "A filing is now on record where there was none."),
}


def filing_changes(facts: Facts) -> list[dict[str, Any]]:
    """Rows of the changes table: host, on, cause world, what filing."""
    f = filing_panel(facts)
    sure = (f.known & f.found) | confirmed_absent(facts)
    state = hold(np.where(f.found, _FILED, _GONE), sure, -1)
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
