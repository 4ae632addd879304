"""Links between platforms: two independent traits in common, or one that points to the other. Shown, never scored.

The same shop system and the same supplier make sites alike, so one trait alone is no link; a link says what is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np

from scoring import method
from scoring.calendar import date_of
from scoring.facts import NEVER, Rows, Site
from scoring.filings import own_domains
from scoring.traits import Traits, shared_traits
from store.names import registrable

_WORDS = {
    "contact": ("联系方式", "contact"),
    "account": ("统计代码账号", "analytics account"),
    "certificate": ("证书", "certificate"),
    "entity": ("备案主体", "filing entity"),
    "number": ("页脚备案号", "filing number in the footer"),
    "words": ("条款或公告文字", "wording of terms or notices"),
    "goods": ("商品与价格清单", "list of goods and prices"),
    "template": ("页面结构", "page structure"),
    "redirect": ("跳转", "redirect"),
    "notice": ("换址公告", "notice of a new address"),
}


@dataclass(frozen=True)
class Link:
    """`other` shares `traits` with a platform since `day` (day index); `confidence` 0-1; `cited` what shows it."""

    other: str
    relation: str
    traits: tuple[str, ...]
    day: int
    confidence: float
    cited: tuple[tuple[str, int], ...]

    def reason(self) -> tuple[str, str]:
        """What is the same, Chinese and English."""
        zh, en = zip(*(_WORDS[trait] for trait in self.traits), strict=True)
        return f"相同或相连：{'、'.join(zh)}。", f"In common or connected: {', '.join(en)}."


def links_of(rows: dict[str, Rows], sites: list[Site]) -> dict[str, list[Link]]:
    """host -> its links, the most certain first; `rows` of all platforms."""
    traits = shared_traits(rows, sites)
    shared: dict[tuple[int, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind, value, holders in _held(traits):
        for pair in combinations(holders, 2):
            shared[pair][kind].append(value)
    pointing = dict(_moves(rows["move"], sites))
    found: dict[str, list[Link]] = defaultdict(list)
    alive = _alive(rows)
    for a, b in sorted({*shared, *(tuple(sorted(p)) for p in pointing)}):
        kinds = {k for k, values in shared.get((a, b), {}).items() if _enough(k, values)}
        told = {via for pair in ((a, b), (b, a)) if pair in pointing for via in (pointing[pair][0],)}
        if len({method.LINK_FAMILY[k] for k in kinds}) < 2 and not told:
            continue
        day, cited = _since(traits, shared.get((a, b), {}), (a, b), kinds, pointing)
        certainty = confidence([*kinds, *told])
        order = tuple(sorted((*kinds, *told), key=lambda k: -method.LINK_WEIGHTS[k]))
        for one, other in ((a, b), (b, a)):
            relation = _relation(one, other, pointing, kinds, alive)
            found[sites[one].host].append(Link(sites[other].host, relation, order, day, certainty, cited))
    return {host: sorted(some, key=lambda x: (-x.confidence, x.other)) for host, some in found.items()}


def confidence(kinds: list[str]) -> float:
    """1 - product of (1 - weight), the best trait of each family only: traits of one family are not independent."""
    best: dict[str, float] = {}
    for kind in kinds:
        family = method.LINK_FAMILY[kind]
        best[family] = max(best.get(family, 0.0), method.LINK_WEIGHTS[kind])
    return round(1.0 - prod(1.0 - weight for weight in best.values()), 6)


def link_rows(sites: Sequence[Site], links: dict[str, list[Link]], first_day: int) -> list[dict[str, Any]]:
    """Rows of the links table for these platforms."""
    return [
        {
            "host": site.host,
            "other": link.other,
            "relation": link.relation,
            "since": date_of(first_day + link.day),
            "confidence": link.confidence,
            "reason_zh": link.reason()[0],
            "reason_en": link.reason()[1],
            "evidence": list(link.cited),
        }
        for site in sites
        for link in links.get(site.host, ())
    ]


def _held(traits: list[Traits]) -> Iterator[tuple[str, str, list[int]]]:
    """Each trait value held by two or more platforms, but not by so many that it is common."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for site, one in enumerate(traits):
        for key in one.seen:
            holders[key].append(site)
    for (kind, value), sites in holders.items():
        if 2 <= len(sites) <= method.LINK_COMMON:
            yield kind, value, sites


def _enough(kind: str, values: list[str]) -> bool:
    return kind != "words" or len(values) >= method.LINK_SENTENCES


def _moves(moves: Rows, sites: list[Site]) -> Iterator[tuple[tuple[int, int], tuple[str, int, int]]]:
    """(from, to) -> (via, day, row id) of moves whose new host is another platform."""
    targets = [registrable(host) for host in moves["to_host"]]
    wanted = set(targets)
    by_domain = {d: i for i, site in enumerate(sites) if _may_own(site, wanted) for d in own_domains(site)}
    for at, target in enumerate(targets):
        site, to = int(moves.platform[at]), by_domain.get(target)
        if to is not None and to != site:
            yield (site, to), (str(moves["via"][at]), int(moves.day[at]), int(moves.id[at]))


def _may_own(site: Site, domains: set[str]) -> bool:
    """Could one of these be a domain of the site? Of a large market few can, and only theirs are worked out."""
    if site.aliases or ":" in site.host:
        return bool(domains)
    labels = site.host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))


def _alive(rows: dict[str, Rows]) -> dict[int, tuple[int, int]]:
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
    pointing: dict[tuple[int, int], tuple[str, int, int]],
    kinds: set[str],
    alive: dict[int, tuple[int, int]],
) -> str:
    """What `other` is to `one`: redirect, successor, predecessor, clone, or shared (several traits in common)."""
    if (one, other) in pointing:
        return "redirect" if pointing[(one, other)][0] == "redirect" else "successor"
    if (other, one) in pointing:
        return "predecessor"
    if one in alive and other in alive:
        if alive[one][1] < alive[other][0]:
            return "successor"
        if alive[other][1] < alive[one][0]:
            return "predecessor"
    return "clone" if {method.LINK_FAMILY[k] for k in kinds} <= {"shop", "words"} else "shared"


def _since(
    traits: list[Traits],
    shared: dict[str, list[str]],
    pair: tuple[int, int],
    kinds: set[str],
    pointing: dict[tuple[int, int], tuple[str, int, int]],
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """(the first day on which both showed something in common, the observations that did)."""
    days, cited = [], []
    for kind in sorted(kinds):
        both = [traits[site].seen[(kind, shared[kind][0])] for site in pair]
        days.append(max(day for day, _ in both))
        cited += [c for _, c in both]
    for two in (pair, pair[::-1]):
        if two in pointing:
            days.append(pointing[two][1])
            cited.append(("move", pointing[two][2]))
    return min(days), tuple(dict.fromkeys(cited))
