"""Whose cash-flow state changed in the last seven days of the data: one entry a site, the most serious first.

Pure apart from reading the snapshot; shared by the alerts page and the first page.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from dashboard.presenters import current_snapshot
from scoring.snapshot.reader import SERIOUS_FIRST, Snapshot

DAYS = 7
KNOWN = (
    'not exists (select 1 from ratings r where r.host = warnings.host and warnings."on" < r.first_seen_on)'
)
"""Condition on rows of `warnings`: what our crawls of whole sources say of days before a site was known to us is no change of it."""


@dataclass(frozen=True)
class Change:
    """One site's week: the states it went through (first the one before the week), the last change, and what it rests on."""

    host: str
    name: str
    states: tuple[str, ...]
    on: dt.date
    reason_zh: str
    reason_en: str
    evidence: tuple[str, ...]


def since(as_of: dt.date) -> dt.date:
    """The day before the first of the week that ends with `as_of`."""
    return as_of - dt.timedelta(days=DAYS)


def counts(snapshot: Snapshot, as_of: dt.date) -> dict[str, int]:
    """Sites by their newest state among those that changed in the week, the most serious first."""
    found = current_snapshot.rows(
        snapshot,
        'select state, count(*) as n from (select arg_max(to_state, "on") as state from warnings where "on" > ?'  # noqa: S608 - fixed text
        f" and {KNOWN} group by host) group by state",
        [since(as_of)],
    )
    numbers = {row["state"]: row["n"] for row in found}
    return {state: numbers[state] for state in SERIOUS_FIRST if state in numbers}


def changed(snapshot: Snapshot, as_of: dt.date, size: int) -> list[Change]:
    """The first `size` sites that changed in the week: by seriousness, then newest, then host."""
    found = current_snapshot.rows(
        snapshot,
        'select host, max("on") as "on", list(to_state order by "on") as states,'  # noqa: S608 - fixed text
        ' arg_min(from_state, "on") as before, arg_max(reason_zh, "on") as reason_zh,'
        ' arg_max(reason_en, "on") as reason_en, arg_max(evidence, "on") as evidence'
        f' from warnings where "on" > ? and {KNOWN} group by host'
        ' order by list_position(?, states[-1]), "on" desc, host limit ?',
        [since(as_of), list(SERIOUS_FIRST), size],
    )
    names = named(snapshot, tuple(row["host"] for row in found))
    return [_change(row, names) for row in found]


def named(snapshot: Snapshot, hosts: tuple[str, ...]) -> dict[str, str]:
    """Host to name, for hosts that have one."""
    rows: list[dict[str, Any]] = current_snapshot.ratings_of(snapshot, dict.fromkeys(hosts), "host, name")
    return {row["host"]: row["name"] for row in rows if row["name"]}


def one(warning: dict[str, Any], names: dict[str, str]) -> Change:
    """A single row of the snapshot's `warnings` as a change; out of an interruption of our data, with the state `before` it."""
    first, *through = (
        [s for s in (warning.get("before"), warning["from_state"]) if s]
        if warning["from_state"] == "stale"
        else [warning["from_state"]]
    )
    return _change({**warning, "before": first, "states": [*through, warning["to_state"]]}, names)


def _change(row: dict[str, Any], names: dict[str, str]) -> Change:
    return Change(
        host=row["host"],
        name=names.get(row["host"], row["host"]),
        states=(row["before"], *row["states"]),
        on=row["on"],
        reason_zh=row["reason_zh"] or "",
        reason_en=row["reason_en"] or "",
        evidence=tuple(row["evidence"] or ()),
    )
