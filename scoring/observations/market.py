"""What is known only of all platforms together, and what a rating of each of them needs to have beside its own observations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scoring.observations.dataset import Floats, Ints, ObservationColumns

Population = tuple["list[Floats]", "Floats"]
"""(share of each stream among complaints, complaints a day of an average platform), per day."""
Move = tuple[str, int, int]
"""(via, day, row id) of a redirect or a notice of a new address."""
Wording = list[tuple["Ints", "Ints"]]
"""For each band of a signature: the keys (rising) that are common wording, and the day from which each is."""


@dataclass(frozen=True)
class Peers:
    """Orders a day of a middling site and their spread (of the logarithm), per day; how they grow with a site's age: the slope of
    the logarithm and the logarithm of the age it is measured from."""

    orders: Floats
    spread: Floats
    slope: Floats
    age: Floats


@dataclass(frozen=True)
class DropPriors:
    """Population of log(drop rate × reporting share): mean and spread per day, the part of the mean that is the drop rate's, and how
    uncertain that part is (the error all platforms share)."""

    log_mean: Floats
    spread: Floats
    log_median: Floats
    common_sd: Floats
    median_sd: Floats
    """How uncertain the sector's median is for having been learned from few sites; nan where there is none."""
    middle: Floats
    """By how much the middle site lies off the mean (of the logarithm): rates are lopsided, and the sector is told by its middle."""


@dataclass(frozen=True)
class PopulationPriors:
    """Population figures per day: days' worth of complaints heard, the drop rate's prior, complaints a day of a median platform, share
    that disclose counters, share of drops among complaints, and the orders of middling platforms.

    Fitted by scoring/features/population.py.
    """

    heard: Floats
    drop: DropPriors
    disclose: Floats
    drop_share: Floats
    index: Floats
    products: dict[str, tuple[Any, Floats]]
    """Ware -> (epochs, median price before each)."""
    streams: list[Floats]
    volume: Floats
    peers: Peers
    without: dict[int, Population] = field(default_factory=dict)
    """Day on which complaints were withdrawn -> streams and volume as if those withdrawn by then had never been."""


@dataclass(frozen=True)
class Link:
    """`other` shares `traits` with a platform since `day` (day index); `confidence` 0-1; `cited` what shows it."""

    other: str
    relation: str
    traits: tuple[str, ...]
    day: int
    confidence: float
    cited: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class MarketContext:
    """`showing`: filing number -> registrable domains whose newest footer shows it. `registered`: number -> domains the
    registry gave for it, from all answers. `links`: host -> its links, the most certain first.

    Built by scoring/linkage/links.py.
    """

    showing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    registered: dict[str, frozenset[str]] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """Which complaints hold which words. A line for each band of a signature: the `keys` in their order, of one key as the complaints
    were seen, and the `ids` of these."""

    keys: NDArray[np.uint32]
    ids: NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class LinkEvidence:
    """What may link platforms, each by its position. `traits`: rows of TRAITS (scoring/linkage/attributes.py), `malls` which of them are
    a mall's. `moves`: (platform, where it leads) -> the newest such move, in the order of the rows. `alive`: first day seen, last reached."""

    traits: pa.Table
    malls: NDArray[np.bool_]
    moves: dict[tuple[int, str], Move]
    alive: dict[int, tuple[int, int]]


@dataclass(frozen=True)
class FamilyMember:
    """A site, the key of the company that runs it, and the day since which it is closed (scoring/linkage/sibling_trouble.py); None where
    it is the company's only site, at which nobody looked."""

    key: str
    host: str
    closed: int | None


@dataclass(frozen=True)
class KeptMarket:
    """What a rating of all sites keeps for ratings of single ones (scoring/engine/sector_context.py).

    Of the complaints, `rows`: those a campaign of any day can be held against, by day; `copied`: which of them hold another site's words;
    `words`: of all complaints; `wording`: see scoring/linkage/near_duplicates.py. `probes`: the number from which probes may be of the last day.
    """

    rows: ObservationColumns
    copied: NDArray[np.bool_]
    probes: int
    words: Words
    links: LinkEvidence
    families: list[FamilyMember] = field(default_factory=list)
    wording: Wording = field(default_factory=list)
