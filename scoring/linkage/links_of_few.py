"""Links of a few sites with all others: by their own evidence as it is now and that of the others as the last full rating kept it.

Of the others only those are read that hold a value in common with one of the few, found by an index; what is counted over the whole
market (holders of a value, sites that show a kind, sites of a theme) is counted in the index and put right by what the few show now.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring import method
from scoring.features.filings import own_domains
from scoring.linkage.attributes import IDENTIFYING, TRAITS, Surroundings, market_of, of_mall, telling
from scoring.linkage.links import link_evidence, linked, owners
from scoring.observations.dataset import Ints, ObservationColumns, Site
from scoring.observations.market import Link, LinkEvidence, Move
from scoring.observations.panel import Bools
from store.text.malls import host_part

_INDEXED = (*IDENTIFYING, "theme")
_MOVES = pa.schema(
    [
        ("site", pa.int64()),
        ("place", pa.string()),
        ("via", pa.string()),
        ("day", pa.int64()),
        ("id", pa.int64()),
    ]
)


def keep_links(evidence: LinkEvidence, folder: Path) -> None:
    """Write what may link all sites, with the index of the values that few share."""
    kinds = pc.is_in(evidence.traits["kind"], value_set=pa.array(_INDEXED, pa.large_string()))
    place = np.flatnonzero(~evidence.malls & kinds.to_numpy())
    some = evidence.traits.select(["kind", "value"]).take(pa.array(place))
    order = pc.sort_indices(some, [("kind", "ascending"), ("value", "ascending")]).to_numpy()
    np.save(folder / "traits.order.npy", place[order])
    np.save(folder / "traits.malls.npy", evidence.malls)
    with pa.OSFile(str(folder / "traits.arrow"), "wb") as file, pa.ipc.new_file(file, TRAITS) as writer:
        writer.write_table(evidence.traits.combine_chunks(), max_chunksize=1 << 62)
    counts = telling(evidence.traits.filter(pa.array(~evidence.malls)))
    (folder / "telling.json").write_text(json.dumps(counts), "utf-8")
    moves = [(*key, *move) for key, move in evidence.moves.items()]
    columns = zip(*moves, strict=True) if moves else [()] * len(_MOVES)
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, _MOVES, strict=True)], schema=_MOVES)
    with pa.OSFile(str(folder / "moves.arrow"), "wb") as file, pa.ipc.new_file(file, _MOVES) as writer:
        writer.write_table(table)
    alive = [(site, *days) for site, days in sorted(evidence.alive.items())]
    np.save(folder / "alive.npy", np.array(alive, np.int64).reshape(-1, 3))


@dataclass(frozen=True)
class KeptLinks:
    """What `keep_links` wrote, opened; `hosts` of all sites, by position."""

    folder: Path
    hosts: list[str]

    @cached_property
    def traits(self) -> pa.Table:
        """Rows of TRAITS of all sites, by site."""
        return _mapped(self.folder / "traits.arrow")

    @cached_property
    def sites(self) -> Ints:
        """Per row of `traits` its site."""
        found: Ints = self.traits["site"].to_numpy()
        return found

    @cached_property
    def malls(self) -> Bools:
        """Per row of `traits` whether it is a mall's."""
        found: Bools = np.load(self.folder / "traits.malls.npy", mmap_mode="r")
        return found

    @cached_property
    def order(self) -> Ints:
        """The rows of `traits` that are counted, by kind and value."""
        found: Ints = np.load(self.folder / "traits.order.npy", mmap_mode="r")
        return found

    @cached_property
    def telling(self) -> dict[str, int]:
        """See Market."""
        found: dict[str, int] = json.loads((self.folder / "telling.json").read_text("utf-8"))
        return found

    def place(self, host: str) -> int | None:
        """The position of a site; None where it was not rated."""
        at = bisect_left(self.hosts, host)
        return at if at < len(self.hosts) and self.hosts[at] == host else None

    def of_mall(self, mall: str) -> list[int]:
        """The positions of a mall, where it is rated itself, and of its merchants."""
        low, high = bisect_left(self.hosts, f"{mall}/"), bisect_left(self.hosts, f"{mall}0")
        alone = self.place(mall)
        return [*([alone] if alone is not None else ()), *range(low, high)]

    def span(self, kind: str, value: str) -> tuple[int, int]:
        """From where to where in `order` a kind and value stands."""
        kinds, values = self.traits["kind"], self.traits["value"]

        def key(row: Any) -> tuple[str, str]:
            return kinds[int(row)].as_py(), values[int(row)].as_py()

        low = bisect_left(self.order, (kind, value), key=key)
        return low, bisect_right(self.order, (kind, value), lo=low, key=key)

    def holders(self, span: tuple[int, int]) -> Ints:
        """The positions of the sites that hold what stands there."""
        return self.sites[self.order[span[0] : span[1]]]

    def rows(self, sites: Iterable[int], whole: bool) -> pa.Table:
        """The rows of some sites, without those of malls unless `whole`."""
        wanted = np.array(sorted(sites), np.int64)
        low, high = (np.searchsorted(self.sites, wanted, side) for side in ("left", "right"))
        rows = np.concatenate([np.arange(0), *map(np.arange, low, high)])
        return self.traits.take(pa.array(rows if whole else rows[~self.malls[rows]]))

    def alive(self, sites: Collection[int]) -> dict[int, tuple[int, int]]:
        """See LinkEvidence; of some sites."""
        every: Ints = np.load(self.folder / "alive.npy", mmap_mode="r")
        some = every[np.isin(every[:, 0], list(sites))].tolist()
        return {site: (first, last) for site, first, last in some}

    @cached_property
    def moves(self) -> dict[str, list[tuple[int, Move]]]:
        """Where moves lead -> the sites whose they are, with the newest of each, in the order of the rows."""
        found: dict[str, list[tuple[int, Move]]] = {}
        for row in _mapped(self.folder / "moves.arrow").to_pylist():
            found.setdefault(row["place"], []).append((row["site"], (row["via"], row["day"], row["id"])))
        return found


def _mapped(file: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()


class Store(Protocol):
    """What is asked of the database."""

    def sites(self, hosts: Collection[str]) -> list[Site]:
        """The watched sites of these hosts."""

    def at(self, domains: Collection[str]) -> list[Site]:
        """The watched sites that may own one of these domains, by host or by alias."""

    def standing(self, kind: str, ids: Collection[int]) -> set[int]:
        """Which of these observations are there and not taken back."""


def links_of_few(
    kept: KeptLinks,
    rows: dict[str, ObservationColumns],
    sites: list[Site],
    ask: Store,
) -> dict[str, list[Link]]:
    """host -> its links, of each of `sites` (by host) that has any; `rows` are theirs that stand."""
    return _Few(kept, link_evidence(rows, sites), sites, ask).links()


class _Few:
    """The few, those that hold a value in common with one of them, and what is counted in the whole market."""

    def __init__(
        self,
        kept: KeptLinks,
        fresh: LinkEvidence,
        few: list[Site],
        ask: Store,
    ) -> None:
        self._kept, self._fresh, self._few, self._ask = kept, fresh, few, ask
        mine = {site.host for site in few}
        places = {site.host: kept.place(site.host) for site in few}
        self._old = {at for at in places.values() if at is not None}
        # What a merchant shares with its mall is the mall's: then all of the mall is told anew.
        beside = {
            at for host in {host_part(site.host) for site in few} for at in kept.of_mall(host)
        } - self._old
        self._renewed = np.array(sorted(beside | self._old), np.int64)
        group = ask.sites([kept.hosts[at] for at in sorted(beside)]) if beside else []
        group = sorted([*few, *group], key=lambda site: site.host)
        whole = _hosted(fresh.traits, [site.host for site in few])
        if beside:
            others = _hosted(kept.rows(beside, whole=True), kept.hosts)
            known = pa.array([site.host for site in group], pa.string())
            whole = pa.concat_tables([whole, others.filter(pc.is_in(others["host"], value_set=known))])
        numbers = {site.host: at for at, site in enumerate(group)}
        malls = of_mall(_numbered(whole, numbers), group)
        self._told = whole.filter(pa.array(~malls))
        self._group, self._mine = group, mine
        self._counts = Counter(
            zip(self._told["kind"].to_pylist(), self._told["value"].to_pylist(), strict=True)
        )

    def links(self) -> dict[str, list[Link]]:
        """The links of the few."""
        partners = self._partners()
        apart = sorted(partners - set(self._renewed.tolist()))
        near = {self._kept.hosts[at] for at in partners} - self._mine
        others = self._ask.sites(sorted(near)) if near else []
        sites = sorted([*self._few, *others], key=lambda site: site.host)
        numbers = {site.host: at for at, site in enumerate(sites)}
        traits = pa.concat_tables(
            [self._told, _hosted(self._kept.rows(apart, whole=False), self._kept.hosts)]
        )
        traits = traits.filter(pc.is_in(traits["host"], value_set=pa.array(list(numbers), pa.string())))
        traits = _numbered(self._standing_rows(traits), numbers).sort_by("site")
        around = Surroundings(self._held, self._telling())
        market = market_of(traits, sites, around)
        about = {numbers[host] for host in self._mine}
        pointing = self._pointing(sites, numbers)
        alive = {numbers[self._few[at].host]: days for at, days in self._fresh.alive.items()}
        places = {
            place: numbers[host]
            for host in near
            if (place := self._kept.place(host)) is not None and host in numbers
        }
        alive |= {places[place]: days for place, days in self._kept.alive(places).items()}
        size = len(self._kept.hosts) + len(self._few) - len(self._old)
        found = linked(market, about, pointing, lambda to: self._named(sites[to]), alive, size)
        return {host: links for host, links in found.items() if host in self._mine}

    def _held(self, kind: str, value: str) -> int:
        """How many sites of the market hold a value."""
        low, high = self._kept.span(kind, value)
        inside = self._counts[(kind, value)]
        if high - low > method.LINK_COMMON + len(self._renewed) and kind in IDENTIFYING:
            return high - low - len(self._renewed) + inside  # too many, whatever it is exactly
        holders = self._kept.holders((low, high))
        return int((~np.isin(holders, self._renewed)).sum()) + inside

    def _partners(self) -> set[int]:
        """The positions of the sites that hold what few hold and one of these holds."""
        host, kind, value = (self._told[name].to_pylist() for name in ("host", "kind", "value"))
        keys = {
            (k, v) for h, k, v in zip(host, kind, value, strict=True) if h in self._mine and k in IDENTIFYING
        }
        found: set[int] = set()
        for key in keys:
            if 2 <= self._held(*key) <= method.LINK_COMMON:
                found.update(self._kept.holders(self._kept.span(*key)).tolist())
        inside = {self._kept.place(h) for h, k, v in zip(host, kind, value, strict=True) if (k, v) in keys}
        return (found | {at for at in inside if at is not None}) - self._old

    def _telling(self) -> dict[str, int]:
        """Kind -> how many sites of the market show one."""
        before = telling(self._kept.rows(self._renewed.tolist(), whole=False))
        numbers = {site.host: at for at, site in enumerate(self._group)}
        now = telling(_numbered(self._told, numbers))
        return {kind: self._kept.telling[kind] - before[kind] + now[kind] for kind in now}

    def _standing_rows(self, traits: pa.Table) -> pa.Table:
        """Without what observations showed that were taken back since."""
        cited = list(zip(traits["of"].to_pylist(), traits["id"].to_pylist(), strict=True))
        stands = {("page", 0)}  # what whoever handed the site in said of its software
        for kind in {kind for kind, _ in cited}:
            ids = {id_ for of, id_ in cited if of == kind}
            stands |= {(kind, id_) for id_ in self._ask.standing(kind, ids)}
        return traits.filter(pa.array([one in stands for one in cited], pa.bool_()))

    def _pointing(self, sites: list[Site], numbers: dict[str, int]) -> dict[tuple[int, int], Move]:
        """(from, to) -> the newest move, of pairs of these sites of which one is of the few."""
        found: dict[tuple[int, int], Move] = {}
        to = self._led_to
        for (at, place), move in self._fresh.moves.items():
            host = self._few[at].host
            if to.get(place, host) != host and to[place] in numbers:
                found.pop(pair := (numbers[host], numbers[to[place]]), None)
                found[pair] = move
        mine = {place for site in self._few for place in (*own_domains(site), site.host)}
        to = self._owners(mine & self._kept.moves.keys())
        for place, host in to.items():
            for at, move in self._kept.moves[place]:
                one = self._kept.hosts[at]
                if (
                    host in self._mine
                    and one in numbers
                    and one not in self._mine
                    and self._ask.standing("move", {move[2]})
                ):
                    pair = (numbers[one], numbers[host])
                    if pair not in found or found[pair][1:] < move[1:]:
                        found[pair] = move
        return found

    def _named(self, site: Site) -> int:
        """How many sites move to one."""
        places = {*own_domains(site), site.host}
        kept = self._owners(places & self._kept.moves.keys())
        told = {
            self._kept.hosts[at]
            for place, host in kept.items()
            if host == site.host
            for at, _ in self._kept.moves[place]
        }
        now = {self._few[at].host for at, place in self._fresh.moves if self._led_to.get(place) == site.host}
        return len(((told - self._mine) | now) - {site.host})

    @cached_property
    def _led_to(self) -> dict[str, str]:
        """Where the few lead -> the host of the watched site there."""
        return self._owners({place for _, place in self._fresh.moves})

    def _owners(self, places: set[str]) -> dict[str, str]:
        """Where a move may lead -> the host of the watched site there."""
        if not places:
            return {}
        every = {site.host: site for site in [*self._ask.at(places), *self._few]}
        known = [every[host] for host in sorted(every)]
        return {place: known[at].host for place, at in owners(places, known).items()}


def _hosted(traits: pa.Table, hosts: list[str]) -> pa.Table:
    """Rows of TRAITS with the host in place of the position."""
    names = pa.array([hosts[at] for at in traits["site"].to_pylist()], pa.string())
    return traits.drop_columns("site").add_column(0, "host", names)


def _numbered(traits: pa.Table, numbers: dict[str, int]) -> pa.Table:
    """Rows with a host as rows of TRAITS, by these positions."""
    at = pa.array([numbers[host] for host in traits["host"].to_pylist()], pa.int64())
    return traits.drop_columns("host").add_column(0, "site", at).cast(TRAITS)
