"""Traits by which two sites may belong together: kind -> values, of one platform. Never a person's name.

A trait says that something is the same, not who did it; what many sites share is common and says nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from scoring import method
from scoring.facts import Rows, Site
from scoring.filings import own_domains
from scoring.identity import number_key
from store.names import normal_name, registrable

_SENTENCE = re.compile(r"[。；;！!？?\n]+")
_NOT_WORDS = re.compile(r"\[[^\]]*\]|[\W\d_a-zA-Z]+")
_PERSONAL = "个人"
_PROSE = ("terms", "notice")


@dataclass
class Traits:
    """Of one platform: (kind, value) -> the day and the observation that first showed it."""

    seen: dict[tuple[str, str], tuple[int, tuple[str, int]]] = field(default_factory=dict)

    def add(self, kind: str, value: str, day: int, cited: tuple[str, int]) -> None:
        """Remember the first showing."""
        old = self.seen.get((kind, value))
        if old is None or day < old[0]:
            self.seen[(kind, value)] = (day, cited)


def traits_of(rows: dict[str, Rows], sites: list[Site]) -> list[Traits]:
    """The traits of each platform by everything visible."""
    found = [Traits() for _ in sites]
    read: dict[tuple[int, str], str] = {}
    for at, site, day, id_ in _each(rows["page"]):
        cited = ("page", id_)
        for kind, value in _of_page(rows["page"], at):
            found[site].add(kind, value, day, cited)
        role, text = str(rows["page"]["role"][at]), rows["page"]["text"][at]
        # Pages seldom change: only a text that differs from the one before is taken apart.
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
    """(position, platform, day, id) of each row that stands."""
    for at in range(len(rows)):
        yield at, int(rows.platform[at]), int(rows.day[at]), int(rows.id[at])


def _of_page(pages: Rows, at: int) -> Iterator[tuple[str, str]]:
    signs = pages["signs"][at] or {}
    for kind, keys in (signs.get("contact_keys") or {}).items():
        for key in keys:
            yield ("account" if kind == "analytics" else "contact"), f"{kind}:{key}"
    if template := signs.get("template"):
        yield "template", str(template)
    if number := number_key(pages["footer_icp"][at]):
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
