"""What a rating of single sites takes from the last full one: the sector's figures, and what all sites' evidence says of each of them.

`rate` keeps it in the folder `context` beside its tables; docs/decisions/0026 says what of a rating depends on the market, and so on this.
Large arrays are mapped into memory and read where they are needed; of the tables only the rows about the sites asked for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring import method
from scoring.linkage.campaigns import Usual
from scoring.linkage.links_of_few import KeptLinks, keep_links
from scoring.observations.dataset import FittedDataset, Ints, Line, ObservationColumns, joined
from scoring.observations.day_index import day_number
from scoring.observations.market import (
    DropPriors,
    FamilyMember,
    MarketContext,
    Peers,
    PopulationPriors,
    Wording,
    Words,
)
from scoring.observations.panel import Bools
from store.durable_files import sha256_of, sync_tree

FOLDER, _ABOUT = "context", "about.json"
_FORMAT = 3
_NUMBER = pa.schema([("said", pa.string()), ("number", pa.string()), ("domains", pa.list_(pa.string()))])
_FAMILY = pa.schema([("key", pa.string()), ("host", pa.string()), ("closed", pa.int64())])
_WARE = pa.schema([("ware", pa.string()), ("prices", pa.list_(pa.float64()))])
_PLACE = pa.schema([("host", pa.string()), ("id", pa.int64())])


class ContextUnusable(ValueError):
    """There is no full rating to stand on, or not one of this method; `zh` and `en` say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def keep_context(facts: FittedDataset, as_of: dt.date, unread: int, rated: Path) -> None:
    """Keep the context of a full rating in its folder, whole or not at all; complaints from the number `unread` on may be none of its."""
    for leftover in rated.glob(f".tmp-{FOLDER}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = rated / f".tmp-{FOLDER}-{os.getpid()}"
    fresh.mkdir()
    kept = facts.kept
    if kept is None:
        raise ValueError("only a rating of all sites has a context to keep")
    np.savez(fresh / "days.npz", **dict(_flat("", _by_day(facts))))
    wording: dict[str, Any] = {
        f"{at}.{n}": a for at, two in enumerate(kept.wording) for n, a in enumerate(two)
    }
    np.savez(fresh / "wording.npz", **wording)
    for name in ("platform", "seen", "day"):
        np.save(fresh / f"complaints.{name}.npy", getattr(kept.rows, name).astype(np.int32))
    for name in ("kinds", "signature"):
        np.save(fresh / f"complaints.{name}.npy", kept.rows[name])
    np.save(fresh / "complaints.copied.npy", kept.copied)
    np.save(fresh / "words.keys.npy", kept.words.keys)
    np.save(fresh / "words.ids.npy", kept.words.ids)
    _write(fresh / "hosts.parquet", _PLACE, ({"host": site.host, "id": site.id} for site in facts.sites))
    keep_links(kept.links, fresh)
    _write(fresh / "numbers.parquet", _NUMBER, _number_rows(facts.kin))
    _write(
        fresh / "families.parquet", _FAMILY, map(vars, sorted(kept.families, key=attrgetter("key", "host")))
    )
    wares = ({"ware": ware, "prices": prices} for ware, (_, prices) in sorted(facts.priors.products.items()))
    _write(fresh / "wares.parquet", _WARE, wares)
    epochs = next(iter(facts.priors.products.values()), ((),))[0]
    names = [source.id for source in facts.sources]
    about = {
        "format": _FORMAT,
        "method_version": method.METHOD_VERSION,
        "as_of": as_of.isoformat(),
        "first_day": facts.first_day,
        "days": facts.days,
        "epochs": [int(day) for day in epochs],
        "shown_since": [[names[at], kind, day] for (at, kind), day in sorted(facts.shown_since.items())],
        "probes": kept.probes,
        "complaints": unread,
        "files": {file.name: [file.stat().st_size, _sum(file)] for file in sorted(fresh.iterdir())},
    }
    (fresh / _ABOUT).write_text(json.dumps(about), "utf-8")
    sync_tree(fresh)
    shutil.rmtree(rated / FOLDER, ignore_errors=True)
    fresh.rename(rated / FOLDER)


def _sum(file: Path) -> str:
    """The hash of a file; of a mapped one, which is read here and there, that of its beginning."""
    if file.suffix not in (".npy", ".arrow"):
        return sha256_of(file)
    with file.open("rb") as stream:
        return hashlib.sha256(stream.read(1 << 16)).hexdigest()


def _by_day(facts: FittedDataset) -> dict[str, Any]:
    """Everything that is an array over the days."""
    known: PopulationPriors = facts.priors
    some = {f.name: getattr(known, f.name) for f in fields(known) if f.name not in ("products", "without")}
    without = {str(day): {"streams": s, "volume": v} for day, (s, v) in known.without.items()}
    return {
        "line": facts.line,
        "complaints_since": facts.complaints_since,
        "priors": some,
        "without": without,
    }


def _flat(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    """The arrays inside dictionaries, lists and dataclasses, by their path."""
    if is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, list):
        value = {str(at): one for at, one in enumerate(value)}
    if isinstance(value, dict):
        for part, one in value.items():
            yield from _flat(f"{name}/{part}" if name else part, one)
    else:
        yield name, value


def _write(file: Path, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), schema), file, compression="zstd")


def _number_rows(kin: MarketContext) -> Iterable[dict[str, Any]]:
    for said, numbers in (("showing", kin.showing), ("registered", kin.registered)):
        for number, domains in sorted(numbers.items()):
            yield {"said": said, "number": number, "domains": sorted(domains)}


@dataclass(frozen=True)
class SectorContext:
    """The kept context of a full rating, opened. Days are counted from `first_day`; `until` is its last."""

    folder: Path
    as_of: dt.date
    first_day: int
    until: int
    epochs: Ints
    shown_since: dict[tuple[str, str], int]
    probes: int
    complaints: int
    arrays: dict[str, Any]

    @classmethod
    def opened(cls, rated: Path) -> SectorContext:
        """The context in the folder of a full rating. Raises ContextUnusable."""
        folder = rated / FOLDER
        try:
            about = json.loads((folder / _ABOUT).read_text("utf-8"))
            if about.get("format") != _FORMAT:
                raise ValueError(f"format {about.get('format')}")
        except (OSError, ValueError) as error:
            raise ContextUnusable(
                "上一次全量评级没有留下单站评级所需的依据（由较早的版本评级，或文件已损坏）；先运行一次 kamengwatch rate",
                "the last full rating kept nothing for rating single sites (an earlier version made it, or a file is damaged); run kamengwatch rate once",
            ) from error
        if about.get("method_version") != method.METHOD_VERSION:
            raise ContextUnusable(
                f"上一次全量评级的方法是 {about.get('method_version')}，现在是 {method.METHOD_VERSION}；先运行 kamengwatch rate",
                f"the last full rating is of method {about.get('method_version')}, this is {method.METHOD_VERSION}; run kamengwatch rate first",
            )
        for name, (size, digest) in about["files"].items():
            file = folder / name
            if not file.is_file() or file.stat().st_size != size or _sum(file) != digest:
                raise ContextUnusable(
                    f"{rated.name}/{FOLDER}/{name}：被改动或缺失；先运行 kamengwatch rate，它会重新写好",
                    f"{rated.name}/{FOLDER}/{name} was changed or is missing; run kamengwatch rate, which writes it anew",
                )
        with np.load(folder / "days.npz") as found:
            arrays = dict(found)
        shown = {(source, kind): day for source, kind, day in about["shown_since"]}
        return cls(
            folder, dt.date.fromisoformat(about["as_of"]), about["first_day"], about["days"] - 1, np.array(about["epochs"], np.int64),
            shown, about["probes"], about["complaints"], arrays,
        )  # fmt: skip

    def days_at(self, as_of: dt.date) -> int:
        """How many days a rating of that day looks at."""
        return day_number(as_of) - self.first_day + 1

    def _array(self, name: str, days: int) -> Any:
        """An array over the days; after its last day it stays as it was."""
        values = self.arrays[name]
        return np.concatenate([values, np.repeat(values[-1:], days - len(values), axis=0)])

    def _list(self, name: str, days: int) -> list[Any]:
        count = sum(known.startswith(f"{name}/") for known in self.arrays)
        return [self._array(f"{name}/{at}", days) for at in range(count)]

    def complaints_since(self, days: int) -> Ints:
        """See Dataset."""
        found: Ints = self._array("complaints_since", days)
        return found

    def line(self) -> Line:
        """Our own line on the days of the full rating."""
        return Line(*(self.arrays[f"line/{f.name}"] for f in fields(Line)))

    def priors(self, days: int, wares: Collection[str]) -> PopulationPriors:
        """The population's figures; the medians of these wares."""
        one = {
            name: self._array(f"priors/{name}", days)
            for name in ("heard", "disclose", "drop_share", "index", "volume")
        }
        drop = DropPriors(*(self._array(f"priors/drop/{f.name}", days) for f in fields(DropPriors)))
        peers = Peers(*(self._array(f"priors/peers/{f.name}", days) for f in fields(Peers)))
        back = {int(name.split("/")[1]) for name in self.arrays if name.startswith("without/")}
        without = {
            day: (self._list(f"without/{day}/streams", days), self._array(f"without/{day}/volume", days))
            for day in sorted(back)
        }
        rows = self._rows("wares", [("ware", "in", sorted(wares))]) if wares else []
        products = {row["ware"]: (self.epochs, np.array(row["prices"], np.float64)) for row in rows}
        return PopulationPriors(
            drop=drop,
            peers=peers,
            products=products,
            streams=self._list("priors/streams", days),
            without=without,
            **one,
        )

    def _rows(self, name: str, filters: list[tuple[str, str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(
            self.folder / f"{name}.parquet", filters=filters
        ).to_pylist()
        return found

    def numbers(
        self, numbers: Collection[str]
    ) -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
        """Which domains show these filing numbers, and which have them (see MarketContext)."""
        known = self._rows("numbers", [("number", "in", sorted(numbers))]) if numbers else []
        showing = {row["number"]: tuple(row["domains"]) for row in known if row["said"] == "showing"}
        registered = {
            row["number"]: frozenset(row["domains"]) for row in known if row["said"] == "registered"
        }
        return showing, registered

    def links(self) -> KeptLinks:
        """What may link all sites."""
        return KeptLinks(self.folder, pq.read_table(self.folder / "hosts.parquet")["host"].to_pylist())

    def family(self, key: str) -> list[FamilyMember]:
        """The sites of a company, by its key."""
        return [FamilyMember(**row) for row in self._rows("families", [("key", "=", key)])]

    def wording(self) -> Wording:
        """What is common wording (scoring/linkage/near_duplicates.py)."""
        with np.load(self.folder / "wording.npz") as found:
            return [(found[f"{at}.0"], found[f"{at}.1"]) for at in range(len(found.files) // 2)]

    def sites(self) -> Ints:
        """The numbers of the sites it was rated with."""
        found: Ints = pq.read_table(self.folder / "hosts.parquet", columns=["id"])["id"].to_numpy()
        return found

    def words(self) -> Words:
        """Which complaints hold which words, but those from the number `complaints` on."""
        return Words(*(np.load(self.folder / f"words.{f.name}.npy", mmap_mode="r") for f in fields(Words)))

    def usual(self, mine: ObservationColumns, hosts: Collection[str], copied: Any) -> Usual:
        """How complaints usually are, beside complaints of single sites, which come first; `copied` says of those which hold others' words."""

        def kept(name: str) -> Any:
            return np.load(self.folder / f"complaints.{name}.npy", mmap_mode="r")

        day, n = kept("day"), len(mine)
        places = pq.read_table(self.folder / "hosts.parquet")["host"].to_pylist()
        at = {host: place for place, host in enumerate(places)}
        platform = np.asarray(kept("platform"), np.int64) + len(hosts)
        for number, host in enumerate(hosts):
            if host in at:  # the site's own complaints are no other site's
                platform[platform == at[host] + len(hosts)] = number
        blank = np.zeros(len(day), np.int64)
        stored = ObservationColumns(
            "complaint", platform, np.asarray(kept("seen"), np.int64), blank, np.asarray(day, np.int64), blank, blank, blank,
            {"kinds": kept("kinds"), "signature": kept("signature")},
        )  # fmt: skip
        own = replace(mine, columns={name: mine[name] for name in ("kinds", "signature")})
        flags = kept("copied")

        def holds(some: Ints) -> Bools:
            out = np.zeros(len(some), bool)
            out[some >= n] = flags[some[some >= n] - n]
            if (some < n).any():
                out[some < n] = copied()[some[some < n]]
            return out

        return Usual(joined(own, stored), np.arange(n, n + len(day)), np.asarray(day, np.int64), holds)
