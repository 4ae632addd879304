"""Traits by which two sites may belong together: kind -> values, of one platform. Never a person's name.

A trait says that something is the same, not who did it; what many sites share is common and says nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring import method
from scoring.facts import Rows, Site
from scoring.filings import own_domains
from scoring.identity import number_key
from scoring.processes import in_order
from store.names import normal_name, registrable

_SENTENCE = re.compile(r"[。；;！!？?\n]+")
_NOT_WORDS = re.compile(r"\[[^\]]*\]|[\W\d_a-zA-Z]+")
_PERSONAL = "个人"
_PROSE = ("terms", "notice")
_READ = ("page", "filing", "certificate", "price")
AT_ONCE = 500
"""Platforms whose traits one process finds at once."""
_SCHEMA = pa.schema(
    [("site", pa.int64()), ("kind", pa.large_string()), ("value", pa.large_string()), ("day", pa.int64()),
     ("of", pa.large_string()), ("id", pa.int64())]
)  # fmt: skip


@dataclass
class Traits:
    """Of one platform: (kind, value) -> the day and the observation that first showed it."""

    seen: dict[tuple[str, str], tuple[int, tuple[str, int]]] = field(default_factory=dict)

    def add(self, kind: str, value: str, day: int, cited: tuple[str, int]) -> None:
        """Remember the first showing."""
        old = self.seen.get((kind, value))
        if old is None or day < old[0]:
            self.seen[(kind, value)] = (day, cited)


def shared_traits(rows: dict[str, Rows], sites: list[Site]) -> list[Traits]:
    """The traits of each platform that others have too, by everything visible; none that so many have that it is common."""

    def told(low: int) -> pa.Table:
        some = {kind: rows[kind].between(low, low + AT_ONCE) for kind in _READ}
        return _table(low, traits_of(some, sites[low : low + AT_ONCE]))

    # All of them as columns: of a large market they fill little memory, and few are shared.
    every = pa.concat_tables([_SCHEMA.empty_table(), *in_order(told, range(0, len(sites), AT_ONCE))])
    named = pc.binary_join_element_wise(every["kind"], every["value"], pa.scalar(" ", pa.large_string()))
    code = named.combine_chunks().dictionary_encode().indices.to_numpy()
    held = np.bincount(code)[code] if len(code) else code
    found = [Traits() for _ in sites]
    for row in every.filter(pa.array((held >= 2) & (held <= method.LINK_COMMON))).to_pylist():
        found[row["site"]].seen[(row["kind"], row["value"])] = (row["day"], (row["of"], row["id"]))
    return found


def _table(low: int, traits: list[Traits]) -> pa.Table:
    """The traits of the platforms from `low` on, a row each."""
    rows = [
        (low + site, kind, value, day, *cited)
        for site, one in enumerate(traits)
        for (kind, value), (day, cited) in one.seen.items()
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(_SCHEMA)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA)


def traits_of(rows: dict[str, Rows], sites: Sequence[Site]) -> list[Traits]:
    """All traits of each of some platforms by everything visible."""
    found = [Traits() for _ in sites]
    read: dict[tuple[int, str], str] = {}
    marks: dict[tuple[int, str], tuple[Any, Any, int]] = {}
    pages = rows["page"]
    signs, footers, roles, texts = (pages[name] for name in ("signs", "footer_icp", "role", "text"))
    for at, site, day, id_ in _each(pages):
        cited = ("page", id_)
        role, text = str(roles[at]), texts[at]
        # Pages seldom change: only what differs from the one before is taken apart.
        mark = marks.get((site, role))
        if mark is None or mark[:2] != (signs[at], footers[at]) or day < mark[2]:
            marks[(site, role)] = (signs[at], footers[at], day)
            for kind, value in _of_page(signs[at], footers[at]):
                found[site].add(kind, value, day, cited)
        if role in _PROSE and text and read.get((site, role)) != text:
            read[(site, role)] = text
            name = sites[site].name
            for sentence in sorted(sentences(text, normal_name(name) if name else "")):
                found[site].add("words", sentence, day, cited)
    for at, site, day, id_ in _each(rows["filing"]):
        for kind, value in _of_filing(rows["filing"], at):
            found[site].add(kind, value, day, ("filing", id_))
    for at, site, day, id_ in _each(rows["certificate"]):
        for value in _of_certificate(rows["certificate"], at, sites[site]):
            found[site].add("certificate", value, day, ("certificate", id_))
    for site, value, day, id_ in _goods(rows["price"]):
        found[site].add("goods", value, day, ("price", id_))
    return found


def _each(rows: Rows) -> Iterator[tuple[int, int, int, int]]:
    """(position, platform, day, id) of each row."""
    columns = (rows.platform.tolist(), rows.day.tolist(), rows.id.tolist())
    yield from zip(range(len(rows)), *columns, strict=True)


def _of_page(signs: dict[str, Any] | None, footer: str | None) -> Iterator[tuple[str, str]]:
    signs = signs or {}
    for kind, keys in (signs.get("contact_keys") or {}).items():
        for key in keys:
            yield ("account" if kind == "analytics" else "contact"), f"{kind}:{key}"
    if template := signs.get("template"):
        yield "template", str(template)
    if number := number_key(footer):
        yield "number", number


def sentences(text: str, name: str = "") -> set[str]:
    """The sentences of a page long enough to tell sites apart: Chinese characters only, without the site's own name."""
    bare = (_NOT_WORDS.sub("", part) for part in _SENTENCE.split(text))
    kept = (part.replace(name, "") if name else part for part in bare)
    return {part for part in kept if len(part) >= method.LINK_SENTENCE}


def _of_filing(filings: Rows, at: int) -> Iterator[tuple[str, str]]:
    """The filing's company; an individual's filing names nobody here, and never joins sites."""
    entity, nature = filings["entity"][at], filings["nature"][at]
    if filings["found"][at] > 0 and entity and nature and nature != _PERSONAL:
        yield "entity", normal_name(entity)


def _of_certificate(certificates: Rows, at: int, site: Site) -> Iterator[str]:
    """The certificate itself and the other domains it is for; one for many domains is a hoster's and says nothing."""
    domains = {registrable(name.removeprefix("*.")) for name in certificates["names"][at] or ()}
    if len(domains) > method.LINK_CERTIFICATE_DOMAINS or certificates["issuer_kind"][at] == "self_signed":
        return
    if len(domains - own_domains(site)):
        yield from sorted(domains | own_domains(site))


def _goods(prices: Rows) -> Iterator[tuple[int, str, int, int]]:
    """One value for the whole list of goods and prices a platform last showed, if it is long enough to be its own."""
    if not len(prices):
        return
    newest = np.full(int(prices.platform.max()) + 1, -1, dtype=np.int64)
    np.maximum.at(newest, prices.platform, prices.at)
    lists: dict[int, dict[str, float]] = defaultdict(dict)
    where: dict[int, tuple[int, int]] = {}
    for at in np.flatnonzero(prices.at == newest[prices.platform]).tolist():
        site = int(prices.platform[at])
        lists[site][str(prices["product"][at])] = float(prices["price"][at])
        where[site] = (int(prices.day[at]), int(prices.id[at]))
    for site, goods in lists.items():
        if len(goods) >= method.LINK_GOODS:
            said = "\n".join(f"{product}\t{price:.2f}" for product, price in sorted(goods.items()))
            yield site, hashlib.sha256(said.encode()).hexdigest()[:24], *where[site]
