"""What scoring knows: everything visible up to a day as columns of numbers. scoring/engine/load_market.py fills it from the database.

`visible` = seen before the end of the day (Asia/Shanghai).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from scoring.observations.market import KeptMarket, MarketContext, PopulationPriors
from store.complaint_kinds.classify import KINDS
from store.evidence.site_volume import Numbering

NEVER = np.iinfo(np.int64).max // 4
HISTORY_DAYS = 800
GROUPS = ("complaint", "site", "probe", "filing", "registration", "penalty", "order")
GROUP_OF = {
    "complaint": "complaint",
    "counters": "complaint",
    "orders": "site",
    "price": "site",
    "page": "site",
    "probe": "probe",
    "filing": "filing",
    "registration": "registration",
    "penalty": "penalty",
    "order": "order",
}
"""Observation kind -> what one has looked at when one has seen it."""
UNWEIGHED = ("sighting", "mention")
"""Kinds that are shown and weigh nothing: they are no family of evidence, no coverage, and no day on which a grade may move."""
SOURCE_SHOWS = {
    "heimao": "complaint",
    "icp": "filing",
    "storefront": "site",
    "availability": "probe",
    "registration": "registration",
    "gsxt": "penalty",
    "feed": "order",
}
BIT = {kind: 1 << i for i, kind in enumerate(KINDS)}

Ints = NDArray[np.int64]
Ranks = Mapping[int, tuple[tuple[int, int], ...]]
"""Row id of a complaint -> (day index, its rank as a copy from that day on), rising, where a withdrawal changed the rank."""
Floats = NDArray[np.float64]


class _Taken(Mapping[str, NDArray[Any]]):
    """Columns of some rows, each made when it is first asked for: most of what is counted needs none."""

    def __init__(self, columns: Mapping[str, NDArray[Any]], chosen: NDArray[Any]) -> None:
        self._columns, self._chosen = columns, chosen
        self._made: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._made:
            self._made[name] = self._columns[name][self._chosen]
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@dataclass(frozen=True)
class ObservationColumns:
    """Observations of one kind as columns, ordered by platform, then time seen.

    `platform` index, `seen`/`gone`/`day` are day indices relative to the panel's first day (gone = NEVER while it
    stands; day = when it happened), `at` the moment in Shanghai microseconds; `columns` the kind's own values.
    """

    kind: str
    platform: Ints
    seen: Ints
    gone: Ints
    day: Ints
    at: Ints
    id: Ints
    source: Ints
    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.platform)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def take(self, mask: NDArray[Any]) -> ObservationColumns:
        """The rows selected by a mask or by positions, in the same order."""
        return ObservationColumns(
            self.kind,
            self.platform[mask],
            self.seen[mask],
            self.gone[mask],
            self.day[mask],
            self.at[mask],
            self.id[mask],
            self.source[mask],
            _Taken(self.columns, mask),
        )

    def between(self, low: int, high: int) -> ObservationColumns:
        """The rows of platforms low..high-1, renumbered from 0."""
        part = self.slice(*np.searchsorted(self.platform, (low, high)))
        return replace(part, platform=part.platform - low)

    def slice(self, low: int, high: int) -> ObservationColumns:
        """The rows low..high-1, without a copy."""
        part = slice(low, high)
        return replace(
            self.take(part),  # type: ignore[arg-type]
            columns={k: v[part] for k, v in self.columns.items()},
        )


def joined(a: ObservationColumns, b: ObservationColumns) -> ObservationColumns:
    """The rows of `a`, then those of `b`, which has the same columns."""
    columns = {k: np.concatenate([v, b.columns[k]]) for k, v in a.columns.items()}

    def both(name: str) -> Ints:
        found: Ints = np.concatenate([getattr(a, name), getattr(b, name)])
        return found

    return ObservationColumns(
        a.kind,
        both("platform"),
        both("seen"),
        both("gone"),
        both("day"),
        both("at"),
        both("id"),
        both("source"),
        columns,
    )


@dataclass(frozen=True)
class Site:
    """A platform as the rating sees it."""

    id: int
    host: str
    name: str | None
    software: str | None
    operator: str | None
    """As handed in; who the registry or the footer names is in scoring/linkage/operators.py."""
    opened_on: dt.date | None
    demo: bool
    aliases: tuple[str, ...] = ()
    uscc: str | None = None


@dataclass(frozen=True)
class SourceRow:
    """A source's card; `index` is what Rows.source holds. `numbering`: what its polls saw of the numbers it gave, if it has any.

    `unset`: nobody was asked, because a setting it needs is missing here.
    """

    index: int
    id: str
    kind: str
    family: str
    tier: str
    titles: tuple[str, str]
    numbering: Numbering | None = None
    unset: bool = False


@dataclass(frozen=True)
class CrawlCoverage:
    """Crawl outcomes: rows (platform or -1 = every platform, day index, source, ok, crawl). `share` (0-1) is how much of the numbers a
    board gave meanwhile a crawl of its whole feed saw; 1 where none were counted."""

    platform: Ints
    day: Ints
    source: Ints
    ok: NDArray[np.bool_]
    crawl: Ints
    share: Floats

    def take(self, mask: NDArray[Any], platform: Ints) -> CrawlCoverage:
        """The visits a mask selects, of platforms numbered anew."""
        return CrawlCoverage(
            platform, self.day[mask], self.source[mask], self.ok[mask], self.crawl[mask], self.share[mask]
        )


@dataclass(frozen=True)
class Line:
    """Our own line, day by day (arrays over the days): what all probes of a day together say of it.

    `down`: the share of the day's probes that failed where our line is at fault, above one half; else at most one half.
    `controlled`: a control page answered in an availability round begun that day. `probed`, `reached`: how many platforms were
    probed, and how many of them answered as a site does.
    """

    down: Floats
    controlled: NDArray[np.bool_]
    probed: Ints
    reached: Ints

    def longer(self, days: int) -> Line:
        """The same line with further days on which nothing was probed."""
        columns = (self.down, self.controlled, self.probed, self.reached)
        return Line(*(np.concatenate([column, np.zeros(days, column.dtype)]) for column in columns))


@dataclass(frozen=True)
class Dataset:
    """Everything visible up to `as_of`: `sites` × `days`, with all rows; see `panel` for what is made of it.

    `ranks`: the complaints whose rank as a copy changed (scoring/linkage/near_duplicates.py); the column `rank` is that of the last day.
    `trouble`: host -> the day (index) on which another site of its operator was found closed, and which (scoring/linkage/sibling_trouble.py).
    """

    sites: Sequence[Site]
    first_day: int
    days: int
    rows: dict[str, ObservationColumns]
    sources: Sequence[SourceRow]
    visits: CrawlCoverage
    reviews: dict[str, tuple[str, int]]
    disputes: dict[int, list[tuple[int, int, str]]]
    shown_since: dict[tuple[int, str], int]
    complaints_since: Ints
    line: Line
    ranks: Ranks = field(default_factory=dict)
    software: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Software -> counts of its tracker's last read (crawler/formats/github.py, `tally`)."""
    trouble: dict[str, tuple[int, str]] = field(default_factory=dict)
    places: Sequence[Mapping[str, Any]] = ()
    """Rows of the table `places`: what other places we look from saw last (scoring/observations/places.py)."""
    kin: MarketContext = field(default_factory=MarketContext)
    kept: KeptMarket | None = None
    """None in a rating of single sites, which keeps nothing for others."""
    cache: dict[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(platforms, days)."""
        return len(self.sites), self.days

    @property
    def last_day(self) -> int:
        """The day number of `as_of`."""
        return self.first_day + self.days - 1

    def only(self, chosen: Ints) -> Self:
        """The same facts about the platforms at these places (ascending), renumbered from 0."""
        number = np.full(len(self.sites) + 1, -2, dtype=np.int64)
        number[chosen] = np.arange(len(chosen))
        number[-1] = -1  # Visits to every platform stay visits to every platform.
        rows = {}
        for kind, found in self.rows.items():
            mine = found.take(number[found.platform] >= 0)
            rows[kind] = replace(mine, platform=number[mine.platform])
        v = self.visits
        keep = number[v.platform] >= -1
        return replace(
            self,
            sites=[self.sites[i] for i in chosen],
            rows=rows,
            visits=v.take(keep, number[v.platform[keep]]),
            disputes={int(number[site]): d for site, d in self.disputes.items() if number[site] >= 0},
            cache={},
        )

    def chunk(self, low: int, high: int) -> Self:
        """The same facts about platforms low..high-1."""
        visits = self.visits
        keep = (visits.platform < 0) | ((visits.platform >= low) & (visits.platform < high))
        moved = np.where(visits.platform[keep] < 0, -1, visits.platform[keep] - low)
        return replace(
            self,
            sites=self.sites[low:high],
            rows={k: r.between(low, high) for k, r in self.rows.items()},
            visits=visits.take(keep, moved),
            disputes={site - low: d for site, d in self.disputes.items() if low <= site < high},
            cache={},
        )

    def fitted(self, priors: PopulationPriors) -> FittedDataset:
        """The same facts with what the population teaches: what an assessment starts from."""
        return FittedDataset(**{f.name: getattr(self, f.name) for f in fields(Dataset)}, priors=priors)


@dataclass(frozen=True)
class FittedDataset(Dataset):
    """A dataset with the population's figures (scoring/features/population.py)."""

    priors: PopulationPriors = field(kw_only=True)
