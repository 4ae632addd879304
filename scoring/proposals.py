"""What a person must decide before a site may turn red: alarms, closures, grade E on two facts; and campaigns."""

from __future__ import annotations

import numpy as np

from scoring.calendar import date_of
from scoring.campaigns import key_of
from scoring.facts import NEVER
from scoring.judge import Judged, red_facts
from scoring.warning import CLOSED, proposal_key


def propose(judged: Judged) -> list[tuple[str, str, str]]:
    """(kind, review key, host) of everything that waits for a person on the last day."""
    out = []
    facts = judged.facts
    for site, who in enumerate(facts.sites):
        day = int(judged.warned.proposed[site, -1])
        if day >= 0:
            out.append(("alarm", proposal_key(who.host, facts, day), who.host))
        if int(judged.warned.state[site, -1]) == CLOSED:
            out.append(
                (
                    "closed",
                    f"closed:{who.host}:{_since(judged.warned.state[site], facts.first_day)}",
                    who.host,
                )
            )
        if int(judged.grade[site, -1]) == 4 and red_facts(judged.found, site) >= 2:
            out.append(("grade", f"grade:{who.host}:{_since(judged.grade[site], facts.first_day)}", who.host))
    return out + _campaigns(judged)


def _campaigns(judged: Judged) -> list[tuple[str, str, str]]:
    facts = judged.facts
    rows = facts.rows["complaint"]
    waiting = (rows["held"] < facts.days) & (rows["freed"] >= NEVER)
    found = np.unique(np.stack([rows.platform[waiting], rows["campaign"][waiting]]), axis=1)
    hosts = [(facts.sites[site].host, facts.first_day + int(day)) for site, day in found.T]
    return [("campaign", key_of(host, day), host) for host, day in hosts]


def _since(codes: np.ndarray, first_day: int) -> str:
    changed = np.flatnonzero(np.diff(codes) != 0)
    return date_of(first_day + (int(changed[-1]) + 1 if len(changed) else 0)).isoformat()
