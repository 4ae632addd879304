"""What other places we look from have seen, and when it contradicts what our own line says: a site is down by a majority of the places.

A further place can only keep a site from being called down where our own line says so; by itself it calls nobody down. With no further place
nothing changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from scoring import method
from scoring.observations.dataset import NEVER, ObservationColumns
from scoring.observations.day_index import MICROSECONDS, microseconds
from store.china_time import SHANGHAI
from store.db.tables import Observer, PlaceProbe

_WINDOW = method.QUORUM_HOURS * MICROSECONDS // 24
DIVERTED = "diverted"
"""The class of a probe that was led elsewhere: it saw nothing of the site, and is no voice for or against it."""


@dataclass(frozen=True)
class PlaceLook:
    """One look of one place: `at` in Shanghai microseconds, `seen` the day number on which it was visible here."""

    platform: int
    place: str
    mainland: bool
    at: int
    seen: int
    outcome: str
    told: str | None
    layers: tuple[int | None, str | None, str | None, str | None]

    @property
    def votes(self) -> bool:
        """Whether it saw whether the site can be reached."""
        return self.told != DIVERTED


def read_places(connection: Connection, index: dict[int, int], end: dt.datetime) -> list[PlaceLook]:
    """The looks of all places visible before `end`, by platform and moment; of a place that was removed those it took before."""
    rows = connection.execute(
        select(*PlaceProbe.__table__.columns, Observer.place, Observer.mainland)
        .join(Observer, Observer.id == PlaceProbe.observer_id)
        .where(PlaceProbe.seen_at < end)
    )
    found = [
        PlaceLook(
            index[r.platform_id], r.place, r.mainland, microseconds(r.observed_at), int(microseconds(r.seen_at) // MICROSECONDS),
            r.outcome, getattr(r, "class"), (r.status, r.dns, r.tcp, r.tls),
        )
        for r in rows
        if r.platform_id in index
    ]  # fmt: skip
    return sorted(found, key=lambda look: (look.platform, look.at, look.place))


def by_quorum(own: ObservationColumns, places: list[PlaceLook], first_day: int) -> ObservationColumns:
    """Our own probes; a run of “down” against which a majority of places speaks is taken back, from the day on which that was visible."""
    if not places:
        return own
    gone = own.gone.copy()
    for platform, looks in _by_platform(places).items():
        low, high = np.searchsorted(own.platform, (platform, platform + 1))
        mine = low + np.argsort(own.at[low:high], kind="stable")
        down, at = own["outcome"][mine] == "down", own.at[mine]
        for moment in sorted({*at[down].tolist(), *(look.at for look in looks)}):
            last = int(np.searchsorted(at, moment, "right")) - 1
            if last < 0 or not down[last] or moment - at[last] > _WINDOW:
                continue
            day = _contradicted(_latest(looks, moment), int(own.seen[mine[last]]), first_day)
            while day is not None and last >= 0 and down[last]:
                gone[mine[last]] = min(int(gone[mine[last]]), day)
                last -= 1
    return replace(own, gone=gone)


def _contradicted(looks: Iterator[PlaceLook], seen: int, first_day: int) -> int | None:
    """The first day (index) on which what places had told made “down”, seen by us on a day, the word of no majority."""
    voices = [(max(v.seen - first_day, seen), v.outcome == "down") for v in looks if v.votes]
    for day in sorted({day for day, _ in voices}):
        known = [down for since, down in voices if since <= day]
        if not _majority(1 + sum(known), 1 + len(known)):
            return day
    return None


def place_rows(own: ObservationColumns, places: list[PlaceLook], hosts: list[str]) -> list[dict[str, Any]]:
    """Rows of the table `places`: of every site another place looked at, the last look of each place within the window."""
    found = []
    for platform, looks in sorted(_by_platform(places).items()):
        mine = np.flatnonzero((own.platform == platform) & (own.gone >= NEVER))
        last = max((int(own.at[i]) for i in mine), default=-NEVER)
        newest = max(looks[-1].at, last)
        rows: list[dict[str, Any]] = [
            {"place": v.place, "mainland": v.mainland, "at": v.at, "outcome": v.outcome, "class": v.told, "votes": v.votes,
             **dict(zip(("status", "dns", "tcp", "tls"), v.layers, strict=True))}
            for v in _latest(looks, newest)
        ]  # fmt: skip
        if newest - last <= _WINDOW:
            at = next(i for i in mine if int(own.at[i]) == last)
            told = own["class_"][at]
            rows.insert(0, {"place": "", "mainland": None, "at": last, "outcome": str(own["outcome"][at]), "class": told, "votes": told != DIVERTED})  # fmt: skip
        voices = [r for r in rows if r.pop("votes")]
        agreed = _majority(sum(r["outcome"] == "down" for r in voices), len(voices))
        found += [{"host": hosts[platform], "agreed": agreed, "observed_at": _moment(r.pop("at")), **r} for r in rows]  # fmt: skip
    return found


def _by_platform(places: list[PlaceLook]) -> dict[int, list[PlaceLook]]:
    looks: dict[int, list[PlaceLook]] = {}
    for look in places:
        looks.setdefault(look.platform, []).append(look)
    return looks


def _latest(looks: list[PlaceLook], at: int) -> Iterator[PlaceLook]:
    """The last look of each place in the window that ends at a moment."""
    newest = {look.place: look for look in looks if at - _WINDOW <= look.at <= at}
    yield from newest.values()


def _majority(down: int, of: int) -> bool:
    return 2 * down > of


def _moment(at: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=SHANGHAI) + dt.timedelta(microseconds=at)
