"""What may show that two sites have one operator: kind -> values, of one platform. Never a person's name.

What a page carries (contacts, statistics accounts, company codes) is copied with its theme; what a registry, a certificate
authority or a redirect says is not. What is needed to judge a shared value is read beside it (`Market`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring import method
from scoring.features.filings import company_key, number_key, own_domains
from scoring.fork_pool import map_ordered
from scoring.observations.dataset import NEVER, ObservationColumns, Site
from scoring.observations.panel import Bools
from store.text.malls import host_part, is_merchant
from store.text.query import registrable

IDENTIFYING = ("entity", "code", "contact", "account", "certificate")
"""Kinds whose values are compared; a move that points to the other site is the sixth (scoring/linkage/links.py)."""
COPIED = ("code", "contact", "account")
"""Kinds a page carries: one copying of a page takes all of them along."""
_JOINED = ("qq_group",)
"""Contacts that anybody may join and show: buyers of one theme share a group."""
_SOFTWARE = "software:"
_SELF = ("registered", "stated")
_PERSONAL = "个人"
_SHARED_NAME = re.compile(
    r"(?:^|[.-])(?:cdn\w*|\w+cdn|sni|ssl|waf|edge|proxy|panel|default|localhost|invalid)(?=[.\d-]|$)|"
    r"(?:^|\.)(?:cloudflare(?:ssl)?|cloudfront|fastly(?:lb)?|akamai(?:zed|edge)?|edgekey|edgesuite|incapsula|imperva|sucuri|stackpathdns|b-cdn|"
    r"azureedge|azurewebsites|herokuapp|vercel|netlify|pages|workers|github|gitee|aliyuncs|alicdn|alikunlun|kunlun\w*|myqcloud|qcloud\w*|"
    r"tencent\w*|bdydns|bcebos|jiasule|yunjiasu|yundun\w*|qiniu\w*|clouddn|upaiyun|upcdn|wscdns|wsdvs|chinanetcenter|jdcloud\w*|huaweicloud\w*|"
    r"baishan\w*|cachefly|gcore|bt|aapanel|plesk|cpanel)\.(?:[a-z]{2,3}\.)?[a-z]{2,10}$"
)
"""Names of certificates that belong to a delivery network, a host or a panel."""
_READ = ("page", "filing", "certificate", "sighting")
AT_ONCE = 500
"""Platforms whose traits one process finds at once."""
TRAITS = pa.schema(
    [("site", pa.int64()), ("kind", pa.large_string()), ("value", pa.large_string()), ("day", pa.int64()),
     ("of", pa.large_string()), ("id", pa.int64())]
)  # fmt: skip
"""A row says what a platform (its position) shows, since which day, and the observation that first showed it."""


@dataclass
class Traits:
    """Of one platform: (kind, value) -> the day and the observation that first showed it."""

    seen: dict[tuple[str, str], tuple[int, tuple[str, int]]] = field(default_factory=dict)

    def add(self, kind: str, value: str, day: int, cited: tuple[str, int]) -> None:
        """Remember the first showing."""
        old = self.seen.get((kind, value))
        if old is None or day < old[0]:
            self.seen[(kind, value)] = (day, cited)


@dataclass(frozen=True)
class Surroundings:
    """What of a market is counted over all of its platforms: `holders` of a kind and value; `telling` as in Market."""

    holders: Callable[[str, str], int]
    telling: dict[str, int]


@dataclass(frozen=True)
class Market:
    """All platforms by position. `traits`: identifying values that few share. `themes`: names of
    its software and page structure. `software`: whether that is known. `who`: companies and filing numbers by which it is known.

    `holders`: (kind, value) -> platforms. `telling`: kind -> how many platforms show one. `own`: (platform, sort of contact, or
    `contact`, `account`) -> how many values it shows. `theme_sizes`: theme -> how many platforms have it."""

    traits: list[Traits]
    sites: list[Site]
    themes: list[frozenset[str]]
    software: list[bool]
    who: list[frozenset[str]]
    holders: dict[tuple[str, str], list[int]]
    telling: dict[str, int]
    own: Counter[tuple[int, str]]
    theme_sizes: Counter[str]


def read_traits(rows: dict[str, ObservationColumns], sites: list[Site]) -> pa.Table:
    """What all platforms show, by everything visible: rows of TRAITS, by platform."""

    def told(low: int) -> pa.Table:
        some = {kind: rows[kind].between(low, low + AT_ONCE) for kind in _READ}
        return _table(low, traits_of(some, sites[low : low + AT_ONCE]))

    # All of them as columns: of a large market they fill little memory, and few are shared.
    every = [TRAITS.empty_table(), *map_ordered(told, range(0, len(sites), AT_ONCE))]
    return pa.concat_tables(every).combine_chunks()


def market_of(traits: pa.Table, sites: list[Site], around: Surroundings | None = None) -> Market:
    """What platforms show and what it says of them; of few of a market, `around` counts in all of it. No row may be a mall's (`of_mall`)."""
    named = pc.binary_join_element_wise(traits["kind"], traits["value"], pa.scalar(" ", pa.large_string()))
    words = named.combine_chunks().dictionary_encode()
    code = words.indices.to_numpy()
    held = np.bincount(code)[code] if len(code) else code
    identifying = pc.is_in(traits["kind"], value_set=pa.array(IDENTIFYING, pa.large_string()))
    few = pc.and_(identifying, pa.array((held >= 2) & (held <= method.LINK_COMMON)))
    shown = [Traits() for _ in sites]
    holders: dict[tuple[str, str], list[int]] = {}
    for row in traits.filter(few).to_pylist():
        key = (row["kind"], row["value"])
        if around is None or around.holders(*key) <= method.LINK_COMMON:
            shown[row["site"]].seen[key] = (row["day"], (row["of"], row["id"]))
            holders.setdefault(key, []).append(row["site"])
    themes = _sets(traits, ("theme",), len(sites))
    sizes = Counter(theme for some in themes for theme in some)
    return Market(
        shown,
        sites,
        themes,
        [any(theme.startswith(_SOFTWARE) for theme in some) for some in themes],
        _known_as(traits, sites),
        holders,
        around.telling if around else telling(traits),
        _own(traits),
        Counter({theme: around.holders("theme", theme) for theme in sizes}) if around else sizes,
    )


def telling(traits: pa.Table) -> dict[str, int]:
    """Kind -> how many platforms show one."""
    return {
        kind: len(pc.unique(traits.filter(pc.equal(traits["kind"], kind))["site"])) for kind in IDENTIFYING
    }


def of_mall(traits: pa.Table, sites: Sequence[Site]) -> Bools:
    """Which rows of TRAITS are a mall's: what a merchant's pages share with their mall or with another merchant of it."""
    inside = {at: host_part(site.host) for at, site in enumerate(sites) if is_merchant(site.host)}
    found = np.zeros(len(traits), bool)
    if not inside:
        return found
    malls = set(inside.values())
    within = inside | {at: site.host for at, site in enumerate(sites) if site.host in malls}
    place = np.flatnonzero(np.isin(traits["site"].to_numpy(), sorted(within)))
    some = traits.take(pa.array(place))
    rows = list(zip(*(some[name].to_pylist() for name in ("site", "kind", "value")), strict=True))
    shown = Counter((within[site], kind, value) for site, kind, value in rows)
    found[place] = [
        site in inside and kind in COPIED and shown[(inside[site], kind, value)] > 1
        for site, kind, value in rows
    ]
    return found


def _sets(every: pa.Table, kinds: Sequence[str], count: int) -> list[frozenset[str]]:
    found: list[set[str]] = [set() for _ in range(count)]
    some = every.filter(pc.is_in(every["kind"], value_set=pa.array(kinds, pa.large_string())))
    for site, value in zip(some["site"].to_pylist(), some["value"].to_pylist(), strict=True):
        found[site].add(value)
    return [frozenset(values) for values in found]


def _known_as(every: pa.Table, sites: list[Site]) -> list[frozenset[str]]:
    """By what the registry or whoever handed the site in says; where neither does, by what the site says of itself."""
    registered, stated = (_sets(every, (kind,), len(sites)) for kind in _SELF)
    given = [frozenset(k for k in (company_key(site.operator), site.uscc) if k) for site in sites]
    return [(a | c) or b for a, b, c in zip(registered, stated, given, strict=True)]


def _own(every: pa.Table) -> Counter[tuple[int, str]]:
    """How many contacts and accounts of each kind a site shows."""
    some = every.filter(
        pc.is_in(every["kind"], value_set=pa.array(("contact", "account"), pa.large_string()))
    )
    shown = list(zip(*(some[name].to_pylist() for name in ("site", "kind", "value")), strict=True))
    return Counter((site, sort_of(value)) for site, _, value in shown) + Counter(
        (site, kind) for site, kind, _ in shown
    )


def sort_of(value: str) -> str:
    """What sort of contact a value is, as `qq`; of anything else nothing."""
    return value.partition(":")[0]


def _table(low: int, traits: list[Traits]) -> pa.Table:
    """The traits of the platforms from `low` on, a row each."""
    rows = [
        (low + site, kind, value, day, *cited)
        for site, one in enumerate(traits)
        for (kind, value), (day, cited) in one.seen.items()
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(TRAITS)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, TRAITS, strict=True)], schema=TRAITS)


def traits_of(rows: dict[str, ObservationColumns], sites: Sequence[Site]) -> list[Traits]:
    """All traits of each of some platforms by everything visible."""
    found = [Traits() for _ in sites]
    marks: dict[tuple[int, str], tuple[Any, ...]] = {}
    pages = rows["page"]
    names = ("signs", "footer_icp", "company", "software")
    columns = [pages[name] for name in names]
    for at, site, day, id_ in _each(pages):
        said = tuple(column[at] for column in columns)
        # Pages seldom change: only what differs from the one before is taken apart.
        mark = marks.get((site, role := str(pages["role"][at])))
        if mark is None or mark[:-1] != said or day < mark[-1]:
            marks[(site, role)] = (*said, day)
            for kind, value in _of_page(*said):
                found[site].add(kind, value, day, ("page", id_))
    for one, about in zip(found, sites, strict=True):
        if about.software and not any(value.startswith(_SOFTWARE) for _, value in one.seen):
            one.add("theme", f"{_SOFTWARE}{about.software}", 0, ("page", 0))
    filings = rows["filing"]
    newest: dict[int, tuple[int, int]] = {}
    for at, site, _, _ in _each(filings):
        domain = filings["domain"][at]
        if not domain or registrable(domain) in own_domains(sites[site]):
            newest[site] = max(newest.get(site, (-1, -1)), (int(filings.at[at]), at))
    for site, (_, at) in newest.items():
        for kind, value in _of_filing(filings, at):
            found[site].add(kind, value, int(filings.day[at]), ("filing", int(filings.id[at])))
    for at, site, day, id_ in _each(rows["certificate"]):
        for value in _of_certificate(rows["certificate"], at, sites[site]):
            found[site].add("certificate", value, day, ("certificate", id_))
    for at, site, day, id_ in _each(rows["sighting"]):
        for value in _of_log(rows["sighting"], at, sites[site]):
            found[site].add("certificate", value, day, ("sighting", id_))
    return found


def other_certificate_names(
    rows: dict[str, ObservationColumns], about: Site, site: int
) -> dict[str, tuple[str, int]]:
    """Domain not the site's own that stands with it on a certificate which tells one operator -> (kind, position) that first showed it."""
    found: dict[str, tuple[str, int]] = {}
    own = own_domains(about)
    for kind, names_of in (("certificate", _of_certificate), ("sighting", _of_log)):
        some = rows[kind]
        low, high = np.searchsorted(some.platform, (site, site + 1))
        for at in sorted(range(int(low), int(high)), key=lambda i: int(some.at[i])):
            if some.gone[at] >= NEVER:
                for name in names_of(some, at, about):
                    if name not in own:
                        found.setdefault(name, (kind, at))
    return found


def _each(rows: ObservationColumns) -> Iterator[tuple[int, int, int, int]]:
    """(position, platform, day, id) of each row."""
    columns = (rows.platform.tolist(), rows.day.tolist(), rows.id.tolist())
    yield from zip(range(len(rows)), *columns, strict=True)


def _of_page(
    signs: dict[str, Any] | None, footer: str | None, company: str | None, software: str | None
) -> Iterator[tuple[str, str]]:
    signs = signs or {}
    for kind, keys in (signs.get("contact_keys") or {}).items():
        for key in keys if kind not in _JOINED else ():
            yield ("account" if kind == "analytics" else "contact"), f"{kind}:{key}"
    for code in signs.get("credit_codes") or ():
        yield "code", str(code)
        yield "stated", str(code)
    if template := signs.get("template"):
        yield "theme", f"template:{template}"
    if software:
        yield "theme", f"{_SOFTWARE}{software}"
    for said in (number_key(footer), company_key(company)):
        if said:
            yield "stated", said


def _of_filing(filings: ObservationColumns, at: int) -> Iterator[tuple[str, str]]:
    """The filing's company or, where it is not named, its number; an individual's filing joins no sites, it only keeps some apart."""
    if not filings["found"][at] > 0:
        return
    nature = filings["nature"][at]
    number, entity = number_key(filings["number"][at]), company_key(filings["entity"][at])
    if number:
        yield "registered", number
    if entity and nature != _PERSONAL:
        yield "registered", entity
    if nature and nature != _PERSONAL and (who := entity or number):
        yield "entity", who


def _of_certificate(certificates: ObservationColumns, at: int, site: Site) -> Iterator[str]:
    """The domains of a certificate that is for this host and few others; one of a delivery network, a host or a panel says nothing."""
    names = [str(name).lower() for name in certificates["names"][at] or ()]
    domains = {registrable(name.removeprefix("*.")) for name in names}
    if certificates["issuer_kind"][at] == "self_signed" or not _covers(names, site):
        return
    if len(domains) <= method.LINK_CERTIFICATE_DOMAINS and not any(map(_SHARED_NAME.search, names)):
        yield from sorted(domains)


def _of_log(sightings: ObservationColumns, at: int, site: Site) -> Iterator[str]:
    """The same of what the certificate logs have of a domain: certificates for many domains were left out when they were read
    (crawler/formats/domain_records.py), those of delivery networks are here."""
    if sightings["provider"][at] != "ct":
        return
    names = [str(name).lower() for name in sightings["names"][at] or ()]
    domains = {registrable(n.removeprefix("*.")) for n in names if not _SHARED_NAME.search(n)}
    if domains & own_domains(site) and len(domains) <= method.LINK_COMMON:
        yield from sorted(domains)


def _covers(names: list[str], site: Site) -> bool:
    """Is a certificate for these names for the site's host (RFC 6125, 6.4.3)?"""
    host = host_part(site.host).partition(":")[0]
    return host in names or f"*.{host.partition('.')[2]}" in names
