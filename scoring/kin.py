"""What can only be known of all platforms at once: which filing numbers several show, and which of them are linked.

Computed when facts are read, before they are cut into chunks; values are keyed by host, so a chunk may share them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scoring.facts import NEVER, Rows, Site
from scoring.filings import own_domains
from scoring.identity import number_key
from scoring.linked import Link, links_of
from scoring.processes import in_order
from scoring.traits import AT_ONCE
from store.names import registrable


@dataclass(frozen=True)
class Kin:
    """`showing`: filing number -> registrable domains whose newest footer shows it. `registered`: number -> domains the
    registry gave for it, from all answers. `links`: host -> its links, the most certain first."""

    showing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    registered: dict[str, frozenset[str]] = field(default_factory=dict)
    links: dict[str, list[Link]] = field(default_factory=dict)


def kinship(rows: dict[str, Rows], sites: list[Site]) -> Kin:
    """What the platforms share, by everything visible that was not withdrawn; `rows` of all of them."""
    rows = {kind: _standing(found) for kind, found in rows.items()}
    return Kin(_showing(rows["page"], sites), _registered(rows["filing"]), links_of(rows, sites))


def _standing(rows: Rows) -> Rows:
    stands = rows.gone >= NEVER
    return rows if stands.all() else rows.take(stands)


def _showing(pages: Rows, sites: list[Site]) -> dict[str, tuple[str, ...]]:
    showing: dict[str, set[str]] = {}
    pieces = range(0, len(sites), AT_ONCE)
    for found in in_order(lambda low: _shown(pages.between(low, low + AT_ONCE), sites[low:]), pieces):
        for number, domain in found:
            showing.setdefault(number, set()).add(domain)
    return {number: tuple(sorted(domains)) for number, domains in showing.items()}


def _shown(pages: Rows, sites: Sequence[Site]) -> list[tuple[str, str]]:
    """(filing number, registrable domain) of the newest footer of each of some platforms."""
    newest: dict[int, tuple[int, str]] = {}
    for site, at, number in zip(pages.platform.tolist(), pages.at.tolist(), pages["footer_icp"], strict=True):
        if number and at >= newest.get(site, (-1, ""))[0]:
            newest[site] = (at, number)
    keys = ((number_key(number), site) for site, (_, number) in newest.items())
    return [(key, min(own_domains(sites[site]))) for key, site in keys if key]


def _registered(filings: Rows) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, domain in zip(filings["number"], filings["domain"], strict=True):
        if domain and (main := number_key(number)):
            found.setdefault(main, set()).add(registrable(domain))
    return {number: frozenset(domains) for number, domains in found.items()}
