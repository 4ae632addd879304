"""Links between platforms: two features in common, of different families, each of which tells one operator by itself. Shown, never scored.

The same software, the same supplier and the same maker of a theme make sites alike and are no link. What many sites share weighs less
the more share it (inverse document frequency, Spärck Jones 1972); what comes with a theme is learned from the other sites that use it.

Computed when facts are read, before they are cut into chunks; values are keyed by host, so a chunk may share them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations
from math import log, prod

import numpy as np
import pyarrow as pa

from scoring import method
from scoring.features.filings import number_key, own_domains
from scoring.fork_pool import map_ordered
from scoring.linkage.attributes import AT_ONCE, COPIED, Market, market_of, of_mall, read_traits, sort_of
from scoring.observations.dataset import NEVER, ObservationColumns, Site
from scoring.observations.market import Link, LinkEvidence, MarketContext, Move
from store.text.malls import is_merchant
from store.text.query import registrable

_WORDS = {
    "contact": ("联系方式", "contact"),
    "account": ("统计代码账号", "analytics account"),
    "certificate": ("证书", "certificate"),
    "entity": ("备案主体", "filing entity"),
    "code": ("页脚统一社会信用代码", "company code in the footer"),
    "redirect": ("跳转", "redirect"),
    "notice": ("换址公告", "notice of a new address"),
}


def reason_of(link: Link) -> tuple[str, str]:
    """What is the same, Chinese and English."""
    zh, en = zip(*(_WORDS[trait] for trait in link.traits), strict=True)
    return f"相同或相连：{'、'.join(zh)}。", f"In common or connected: {', '.join(en)}."


def link_evidence(rows: dict[str, ObservationColumns], sites: list[Site]) -> LinkEvidence:
    """What may link these platforms; `rows` that stand, all of theirs."""
    traits = read_traits(rows, sites)
    return LinkEvidence(traits, of_mall(traits, sites), _moves(rows["move"]), _alive(rows))


def links_of(rows: dict[str, ObservationColumns], sites: list[Site]) -> dict[str, list[Link]]:
    """host -> its links, the most certain first; `rows` of all platforms."""
    return links_by(link_evidence(rows, sites), sites)


def links_by(evidence: LinkEvidence, sites: list[Site]) -> dict[str, list[Link]]:
    """host -> its links, the most certain first; by what all platforms show."""
    market = market_of(evidence.traits.filter(pa.array(~evidence.malls)), sites)
    pointing = dict(_targets(evidence.moves, sites))
    named = Counter(to for _, to in pointing)
    return linked(market, range(len(sites)), pointing, lambda to: named[to], evidence.alive, len(sites))


def linked(
    market: Market,
    about: Collection[int],
    pointing: dict[tuple[int, int], Move],
    named: Callable[[int], int],
    alive: dict[int, tuple[int, int]],
    size: int,
) -> dict[str, list[Link]]:
    """host -> links of pairs of which one is `about`. `pointing`: (from, to) -> the move; `named`: how many platforms move to one;
    `size` of the market."""
    sites = market.sites
    shared: dict[tuple[int, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (kind, value), holders in sorted(market.holders.items()):
        for pair in combinations(holders, 2):
            if pair[0] in about or pair[1] in about:
                shared[pair][kind].append(value)
    found: dict[str, list[Link]] = defaultdict(list)
    for a, b in sorted(shared):
        if own_domains(sites[a]) & own_domains(sites[b]):
            continue  # Below one domain filing, certificate and support are the domain's.
        told = [p for p in ((a, b), (b, a)) if p in pointing]
        values, weights = _telling(market, (a, b), shared[(a, b)], bool(told))
        for move in told:
            via = pointing[move][0]
            weight = method.LINK_WEIGHTS[via] * rarity(named(move[1]) + 1, size)
            if weight >= method.LINK_TELLING:
                weights[via] = max(weights.get(via, 0.0), weight)
        if not _is_link(weights):
            continue
        day, cited = _since(market, values, (a, b), pointing)
        order = tuple(sorted(weights, key=lambda k: -method.LINK_WEIGHTS[k]))
        for one, other in ((a, b), (b, a)):
            relation = _relation(one, other, pointing, alive)
            found[sites[one].host].append(
                Link(sites[other].host, relation, order, day, confidence(weights), cited)
            )
    return {host: sorted(some, key=lambda x: (-x.confidence, x.other)) for host, some in found.items()}


def rarity(holders: int, telling: int) -> float:
    """Inverse document frequency of a value that `holders` of `telling` platforms show, 1 for two of them and 0 when all do."""
    n = max(telling, method.LINK_MARKET)
    return max(0.0, min(1.0, log(n / max(holders, 2)) / log(n / 2)))


def confidence(weights: dict[str, float]) -> float:
    """1 - product of (1 - weight), the best trait of each family only: traits of one family are not independent."""
    best: dict[str, float] = {}
    for kind, weight in weights.items():
        family = method.LINK_FAMILY[kind]
        best[family] = max(best.get(family, 0.0), weight)
    return round(1.0 - prod(1.0 - weight for weight in best.values()), 6)


def _is_link(weights: dict[str, float]) -> bool:
    """Two families tell, and together they are sure enough."""
    families = {method.LINK_FAMILY[kind] for kind in weights}
    return len(families) >= 2 and confidence(weights) >= method.LINK_SURE


def _telling(
    market: Market, pair: tuple[int, int], shared: dict[str, list[str]], points: bool
) -> tuple[dict[str, str], dict[str, float]]:
    """(kind -> the rarest value in common that tells one operator, kind -> its weight); nothing when the two are known to differ."""
    if not points and _apart(market.who[pair[0]], market.who[pair[1]]):
        return {}, {}
    copied = not points and set(shared) <= set(COPIED)
    if copied and not all(market.software[site] for site in pair):
        return (
            {},
            {},
        )  # What a page carries is copied with it: without the software nothing says what came with it.
    weights: dict[str, float] = {}
    values: dict[str, str] = {}
    for kind, some in shared.items():
        for value in some:
            holders = market.holders[(kind, value)]
            weight = method.LINK_WEIGHTS[kind] * rarity(len(holders), market.telling[kind])
            if (
                weight >= method.LINK_TELLING
                and weight > weights.get(kind, 0.0)
                and not _among_strangers(market, holders, pair, points)
                and _is_own(market, pair, kind, value, shared, copied)
            ):
                weights[kind], values[kind] = weight, value
    if not points and not copied and set(weights) <= set(COPIED):
        return _telling(market, pair, {kind: shared[kind] for kind in weights}, points)
    return values, weights


def _apart(a: frozenset[str], b: frozenset[str]) -> bool:
    """Do two sites have names, and none in common?"""
    return bool(a and b) and not a & b


def _among_strangers(market: Market, holders: list[int], pair: tuple[int, int], points: bool) -> bool:
    """Do sites of different operators show the value? Where one of the pair points to the other, each stands for both."""

    def differ(some: list[int]) -> bool:
        return any(_apart(market.who[a], market.who[b]) for a, b in combinations(some, 2))

    if not points:
        return differ(holders)
    return all(differ([h for h in holders if h != left]) for left in pair)


def _is_own(
    market: Market, pair: tuple[int, int], kind: str, value: str, shared: dict[str, list[str]], copied: bool
) -> bool:
    """Is the value the two sites' own: no theme's default, no supplier's beside their own, no third party's certificate?

    `copied`: all they have in common is carried by pages. Then it must be all they show, and too rare to come with the theme.
    """
    if kind == "certificate":
        return any(value in own_domains(market.sites[site]) for site in pair)
    if kind not in COPIED:
        return True
    if kind != "code":
        sort = kind if copied else sort_of(value)
        common = sum(copied or sort_of(other) == sort for other in shared[kind])
        part = common / min(market.own[(site, sort)] for site in pair)
        if part < 1 if copied else part <= method.LINK_OWN_SHARE:
            return False
    strangers = [
        site
        for site in market.holders[(kind, value)]
        if site not in pair and not any(_tied(market, site, one) for one in pair)
    ]
    themes = market.themes[pair[0]] & market.themes[pair[1]]
    return not any(_is_default(market, strangers, theme, copied) for theme in themes)


def _tied(market: Market, a: int, b: int) -> bool:
    """Does something no page carries join two sites?"""
    return any(kind not in COPIED for kind, _ in market.traits[a].seen.keys() & market.traits[b].seen.keys())


def _is_default(market: Market, strangers: list[int], theme: str, copied: bool) -> bool:
    """Does a value come with a theme? By how many of the theme's other sites show it (rule of succession): few sites cannot tell.

    Where the pair has more in common than pages carry, only when another of its sites does show it.
    """
    others = sum(theme in market.themes[site] for site in strangers)
    if not copied and not others:
        return False
    return (others + 1) / (market.theme_sizes[theme] - 1) > method.LINK_DEFAULT_SHARE


def _moves(rows: ObservationColumns) -> dict[tuple[int, str], Move]:
    found: dict[tuple[int, str], Move] = {}
    columns = (rows.platform.tolist(), rows["to_host"], rows["via"], rows.day.tolist(), rows.id.tolist())
    for site, host, via, day, id_ in zip(*columns, strict=True):
        key = (site, _place(host))
        found.pop(key, None)  # so that the newest is the last
        found[key] = (str(via), day, id_)
    return found


def _targets(moves: dict[tuple[int, str], Move], sites: list[Site]) -> Iterator[tuple[tuple[int, int], Move]]:
    """(from, to) -> the moves whose new host is another platform."""
    to = owners({place for _, place in moves}, sites)
    for (site, place), move in moves.items():
        if place in to and to[place] != site:
            yield (site, to[place]), move


def owners(places: Collection[str], sites: Sequence[Site]) -> dict[str, int]:
    """Where a move may lead -> the position of the platform there."""
    wanted = set(places)
    by_domain = {
        d: i
        for i, site in enumerate(sites)
        if not is_merchant(site.host) and _may_own(site, wanted)
        for d in own_domains(site)
    }
    by_domain |= {site.host: i for i, site in enumerate(sites) if site.host in wanted}
    return {place: by_domain[place] for place in wanted & by_domain.keys()}


def _place(host: str) -> str:
    """What a move leads to: a merchant of a mall by itself, any other host by its domain."""
    return host if is_merchant(host) else registrable(host)


def _may_own(site: Site, domains: set[str]) -> bool:
    """Could one of these be a domain of the site? Of a large market few can, and only theirs are worked out."""
    if site.aliases or ":" in site.host:
        return bool(domains)
    labels = site.host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _alive(rows: dict[str, ObservationColumns]) -> dict[int, tuple[int, int]]:
    """platform -> (first day seen, last day on which a probe reached it)."""
    probes = rows["probe"]
    if not len(probes):
        return {}
    probes = probes.take(probes["outcome"] != "down")
    platforms, at = np.unique(probes.platform, return_inverse=True)
    first, last = np.full(len(platforms), NEVER), np.full(len(platforms), -NEVER)
    np.minimum.at(first, at, probes.day)
    np.maximum.at(last, at, probes.day)
    return {int(p): (int(a), int(b)) for p, a, b in zip(platforms, first, last, strict=True)}


def _relation(
    one: int,
    other: int,
    pointing: dict[tuple[int, int], Move],
    alive: dict[int, tuple[int, int]],
) -> str:
    """What `other` is to `one`: redirect, successor, predecessor, or shared (features in common)."""
    if (one, other) in pointing:
        return "redirect" if pointing[(one, other)][0] == "redirect" else "successor"
    if (other, one) in pointing:
        return "predecessor"
    if one in alive and other in alive:
        if alive[one][1] < alive[other][0]:
            return "successor"
        if alive[other][1] < alive[one][0]:
            return "predecessor"
    return "shared"


def _since(
    market: Market,
    values: dict[str, str],
    pair: tuple[int, int],
    pointing: dict[tuple[int, int], Move],
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """(the first day on which both showed something in common, the observations that did)."""
    days, cited = [], []
    for kind, value in sorted(values.items()):
        both = [market.traits[site].seen[(kind, value)] for site in pair]
        days.append(max(day for day, _ in both))
        cited += [c for _, c in both]
    for two in (pair, pair[::-1]):
        if two in pointing:
            days.append(pointing[two][1])
            cited.append(("move", pointing[two][2]))
    return min(days), tuple(dict.fromkeys(cited))


def build_market_context(
    rows: dict[str, ObservationColumns], sites: list[Site]
) -> tuple[MarketContext, LinkEvidence]:
    """What the platforms share, by everything visible that was not withdrawn, and what of it may link them; `rows` of all of them."""
    rows = standing(rows)
    evidence = link_evidence(rows, sites)
    return MarketContext(*shown_numbers(rows, sites), links_by(evidence, sites)), evidence


def shown_numbers(
    rows: dict[str, ObservationColumns], sites: Sequence[Site]
) -> tuple[dict[str, tuple[str, ...]], dict[str, frozenset[str]]]:
    """`showing` and `registered` of a MarketContext, by the rows of these platforms."""
    return _showing(rows["page"], sites), _registered(rows["filing"])


def standing(rows: dict[str, ObservationColumns]) -> dict[str, ObservationColumns]:
    """The rows that were not taken back, of the kinds that may link platforms."""
    return {
        kind: _standing(rows[kind]) for kind in ("page", "filing", "certificate", "sighting", "move", "probe")
    }


def _standing(rows: ObservationColumns) -> ObservationColumns:
    stands = rows.gone >= NEVER
    return rows if stands.all() else rows.take(stands)


def _showing(pages: ObservationColumns, sites: Sequence[Site]) -> dict[str, tuple[str, ...]]:
    showing: dict[str, set[str]] = {}
    pieces = range(0, len(sites), AT_ONCE)
    for found in map_ordered(lambda low: _shown(pages.between(low, low + AT_ONCE), sites[low:]), pieces):
        for number, domain in found:
            showing.setdefault(number, set()).add(domain)
    return {number: tuple(sorted(domains)) for number, domains in showing.items()}


def _shown(pages: ObservationColumns, sites: Sequence[Site]) -> list[tuple[str, str]]:
    """(filing number, registrable domain) of the newest footer of each of some platforms."""
    newest: dict[int, tuple[int, str]] = {}
    for site, at, number in zip(pages.platform.tolist(), pages.at.tolist(), pages["footer_icp"], strict=True):
        if number and at >= newest.get(site, (-1, ""))[0]:
            newest[site] = (at, number)
    keys = ((number_key(number), site) for site, (_, number) in newest.items())
    return [(key, min(own_domains(sites[site]))) for key, site in keys if key]


def _registered(filings: ObservationColumns) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, domain in zip(filings["number"], filings["domain"], strict=True):
        if domain and (main := number_key(number)):
            found.setdefault(main, set()).add(registrable(domain))
    return {number: frozenset(domains) for number, domains in found.items()}
