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
TOLD = f"""(select w.*, i.from_state as before from (select * from warnings where (? is null or "on" > ?)) w asof left join
 (select host, "on", from_state from warnings where to_state = 'stale') i on w.host = i.host and w."on" > i."on") warnings
 where {KNOWN}"""  # noqa: S608 - fixed text
"""The rows of `warnings` after a day (bound twice; null: all); `before` is the state before the last interruption of our data."""
OWN = "to_state <> 'stale' and (from_state <> 'stale' or to_state <> coalesce(before, 'normal'))"
"""Condition on rows of TOLD: the site changed. An interruption of our data is none, nor is its end in the state there was before it."""


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
    """Sites that changed in the week by the newest state they changed to, the most serious first; under `stale` those of which only our
    data were interrupted."""
    found = current_snapshot.rows(
        snapshot,
        f"select coalesce(state, 'stale') as state, count(*) as n from (select arg_max(to_state, \"on\") filter (where {OWN}) as state"  # noqa: S608 - fixed text
        f" from {TOLD} group by host) group by 1",
        [since(as_of)] * 2,
    )
    numbers = {row["state"]: row["n"] for row in found}
    return {state: numbers[state] for state in SERIOUS_FIRST if state in numbers}


def changed(snapshot: Snapshot, as_of: dt.date, size: int) -> list[Change]:
    """The first `size` sites that changed in the week: by seriousness, then newest, then host."""
    own = f"filter (where {OWN})"
    found = current_snapshot.rows(
        snapshot,
        f'select host, max("on") {own} as "on", list(to_state order by "on") as states,'  # noqa: S608 - fixed text
        " arg_min(if(from_state = 'stale', coalesce(before, 'normal'), from_state), \"on\") as before,"
        f' arg_max(reason_zh, "on") {own} as reason_zh, arg_max(reason_en, "on") {own} as reason_en, arg_max(evidence, "on") {own} as evidence'
        f" from {TOLD} group by host having bool_or({OWN})"
        f' order by list_position(?, arg_max(to_state, "on") {own}), max("on") {own} desc, host limit ?',
        [since(as_of), since(as_of), list(SERIOUS_FIRST), size],
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
