"""Which complaints are copies: near-duplicates by their signatures, and further complaints of one complainant.

A copy is a complaint about the same platform whose text nearly repeats one seen at most COPY_GAP_DAYS before, whatever the
source; or one whose keyed complainant hash does. A text of a few words repeats nobody's: bursts of those are scoring/linkage/campaigns.py's. Pure in time: who copies whom depends only on what was seen before. Nothing
is removed: a copy is shown with its source, it only weighs less. Only what is shown and stands makes another one a copy: spam
never does, and what is withdrawn no longer does from that day on, as if it had never been.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.fork_pool import map_ordered
from scoring.observations.dataset import BIT, NEVER, Ints, ObservationColumns, Ranks
from scoring.observations.day_index import MICROSECONDS
from scoring.observations.market import Wording

Signatures = NDArray[np.uint8]
BAND = 4
_AT_ONCE = 50_000
"""Complaints looked at together."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_CHANCE = 1 / 256
"""Two unrelated bytes agree this often (b-bit minwise hashing, Li & König 2010)."""


def similarity(agreeing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimated Jaccard similarity of two texts' character triples from the share of signature bytes that agree."""
    found: NDArray[np.float64] = (agreeing - _CHANCE) / (1 - _CHANCE)
    return found


def copy_ranks(rows: ObservationColumns, wording: Wording | None = None) -> tuple[Ints, Ranks, Wording]:
    """0 for the first of a group of copies, 1, 2 … for the further ones in the order they became visible; spam has 0.

    The rank is that of the last day (of a withdrawn complaint, of the last on which it stood); Ranks has those that changed.
    `rows` are complaints with the columns `signature` (n × bytes, all 0 = none) and `complainant` (0 = unknown). `wording` is that of all
    sites where these are a few; else it is theirs, and is given back.
    """
    # What many write is common wording, whether it is shown or not.
    common, wording = common_from(rows, rows["signature"], wording)
    ranks: list[Ints] = [np.zeros(0, dtype=np.int64)]
    changed: dict[int, tuple[tuple[int, int], ...]] = {}
    for found, more in map_ordered(lambda part: _shown(rows.take(part), common[part]), pieces(rows.platform)):
        ranks.append(found)
        changed |= more
    return np.concatenate(ranks), changed, wording


def _shown(rows: ObservationColumns, common: Ints) -> tuple[Ints, Ranks]:
    """The ranks of the complaints of some platforms, and those that changed."""
    out = np.zeros(len(rows), dtype=np.int64)
    shown = np.flatnonzero(((rows["kinds"] & BIT["spam"]) == 0) & (rows.gone > rows.seen))
    rows = rows.take(shown)
    common = np.where(few_words(rows["signature"]), -NEVER, common[shown])
    out[shown] = _ranks(rows, common)
    some = np.flatnonzero(np.isin(rows.platform, rows.platform[rows.gone < NEVER]))
    if not len(some):
        return out, {}
    at, since, rank = _by_day(rows.take(some), common[some])
    last = np.r_[np.diff(at) != 0, np.ones(min(1, len(at)), bool)]
    out[shown[some[at[last]]]] = rank[last]
    new = np.r_[np.ones(min(1, len(at)), bool), (np.diff(at) != 0) | (np.diff(rank) != 0)]
    changed: dict[int, list[tuple[int, int]]] = {}
    for id_, day, now in zip(
        rows.id[some[at[new]]].tolist(), since[new].tolist(), rank[new].tolist(), strict=True
    ):
        changed.setdefault(id_, []).append((day, now))
    return out, {id_: tuple(steps) for id_, steps in changed.items() if len(steps) > 1}


def _by_day(rows: ObservationColumns, common: Ints) -> tuple[Ints, Ints, Ints]:
    """(position, day, rank from that day on) of the complaints a withdrawal can concern, by position and day.

    Between two withdrawals nothing changes: each such time is looked at by itself, as if it were a platform of its own that
    holds what stands then.
    """
    kin = _kin(rows)
    gone = rows.gone < NEVER
    first = np.unique(kin[gone])
    ends = np.unique(np.stack([kin[gone], rows.gone[gone]]), axis=1)
    number, begin = np.r_[first, ends[0]], np.r_[np.full(len(first), -NEVER), ends[1]]
    order = np.lexsort((begin, number))
    number, begin = number[order], begin[order]
    end = np.where(np.r_[np.diff(number) == 0, False], np.r_[begin[1:], NEVER], NEVER)
    mine = np.flatnonzero(np.isin(kin, first))
    low = np.searchsorted(number, kin[mine])
    size = np.searchsorted(number, kin[mine], "right") - low
    at = np.repeat(mine, size)
    time = np.arange(len(at)) + np.repeat(low - (np.cumsum(size) - size), size)
    there = (rows.gone[at] > begin[time]) & (rows.seen[at] < end[time])
    at, time = at[there], time[there]
    order = np.argsort(time, kind="stable")
    at, time = at[order], time[order]
    rank = _ranks(replace(rows.take(at), platform=time), common[at])
    order = np.lexsort((time, at))
    return at[order], begin[time[order]], rank[order]


def _kin(rows: ObservationColumns) -> Ints:
    """A number for each complaint, the same for all that can be linked, whichever of them are withdrawn."""
    from scipy.sparse import coo_array  # Slow to import, and withdrawals are rare.
    from scipy.sparse.csgraph import connected_components

    signature: Signatures = rows["signature"]
    has, known = np.flatnonzero(signature.any(axis=1)), np.flatnonzero(rows["complainant"] != 0)
    pairs = [_neighbours(rows, has, band(signature, at)) for at in range(0, signature.shape[1], BAND)]
    pairs.append(_neighbours(rows, known, rows["complainant"]))
    earlier, later = (np.concatenate(part) for part in zip(*pairs, strict=True))
    links = coo_array((np.ones(len(earlier), bool), (earlier, later)), shape=(len(rows), len(rows)))
    found: Ints = connected_components(links, directed=False)[1].astype(np.int64)
    return found


def pieces(platform: Ints) -> list[slice]:
    """Rows in pieces of whole platforms: a copy, an occasion and a campaign are always of one platform."""
    begin = np.searchsorted(platform, platform[::_AT_ONCE])
    cuts = np.unique(np.r_[begin, len(platform)]).tolist()
    return [slice(a, b) for a, b in pairwise(cuts)]


def narrow(values: Ints) -> NDArray[Any]:
    """The same numbers in 16 bits where they fit: they sort several times faster."""
    fits = len(values) and values.min() >= -(1 << 15) and values.max() < 1 << 15
    return values.astype(np.int16) if fits else values


def _ranks(rows: ObservationColumns, common: Ints) -> Ints:
    """The ranks of all complaints of some platforms."""
    n = len(rows)
    order = _order(rows, rows["signature"])
    rows, common = rows.take(order), common[order]
    signature: Signatures = rows["signature"]
    parent = np.arange(n)
    has = np.flatnonzero(signature.any(axis=1))
    for at in range(0, signature.shape[1], BAND):
        earlier, later = _neighbours(rows, has, band(signature, at))
        alike = similarity((signature[earlier] == signature[later]).mean(axis=1)) >= method.COPY_SIMILARITY
        alike &= rows.seen[later] < common[later]
        earlier, later = earlier[alike], later[alike]
        before = np.where(parent[later] == later, -1, parent[later])
        parent[later] = np.maximum(before, earlier)
    known = np.flatnonzero(rows["complainant"] != 0)
    earlier, later = _neighbours(rows, known, rows["complainant"])
    alone = parent[later] == later
    parent[later[alone]] = earlier[alone]
    while not np.array_equal(further := parent[parent], parent):
        parent = further
    group = np.argsort(parent, kind="stable")
    start = np.r_[True, np.diff(parent[group]) != 0]
    out = np.empty(n, dtype=np.int64)
    out[order[group]] = np.arange(n) - np.maximum.accumulate(np.where(start, np.arange(n), 0))
    return out


def few_words(signature: Signatures) -> NDArray[np.bool_]:
    """Which texts are so short that two people may well write the same: of few triples the minima are few different bytes."""
    found = np.sort(signature, axis=1)
    different = 1 + np.count_nonzero(found[:, 1:] != found[:, :-1], axis=1)
    return np.asarray(different < method.COPY_TRIPLES)


def _order(rows: ObservationColumns, signature: Signatures) -> Ints:
    """The rows by platform, time seen, time filed and signature: the same whatever order they were imported in."""
    tie = np.ascontiguousarray(signature[:, :8]).view(np.uint64)[:, 0]
    found: Ints = np.lexsort((tie, rows.at, rows.seen, rows.platform))
    return found


def band(signature: Signatures, at: int) -> Ints:
    """The bytes of one band as a number."""
    return np.ascontiguousarray(signature[:, at : at + BAND]).view(np.uint32)[:, 0].astype(np.int64)


def _neighbours(rows: ObservationColumns, among: Ints, key: Ints) -> tuple[Ints, Ints]:
    """(earlier, later) positions of rows next to each other among those of one platform and key, seen COPY_GAP_DAYS apart."""
    order = among[np.lexsort((key[among], rows.platform[among]))]
    a, b = order[:-1], order[1:]
    near = (rows.platform[a] == rows.platform[b]) & (key[a] == key[b])
    near &= rows.seen[b] - rows.seen[a] <= method.COPY_GAP_DAYS
    return a[near], b[near]


def common_from(
    rows: ObservationColumns, signature: Signatures, wording: Wording | None = None
) -> tuple[Ints, Wording]:
    """The first day on which each text is common wording: COMMON_BANDS of its bands had COMMON_WORDING occasions; and these.

    An occasion is a platform and a period of COMMON_PERIOD_DAYS: what people write about several sites, or month after
    month, is a phrase and not the copy of one complaint.
    """
    out = np.full(len(rows), NEVER, dtype=np.int64)
    has = np.flatnonzero(signature.any(axis=1))
    if not len(has):
        none = np.zeros(0, dtype=np.int64)
        return out, wording or [(none, none) for _ in range(signature.shape[1] // BAND)]
    text, first = _texts(signature, has)
    if wording is None:
        wording = _wording(rows, signature, has, text, first)
    days = np.empty((len(first), signature.shape[1] // BAND), dtype=np.int64)
    for number, (keys, when) in enumerate(wording):
        days[:, number] = _since(band(signature[first], number * BAND), keys, when)
    out[has] = np.sort(days, axis=1)[:, method.COMMON_BANDS - 1][text]
    return out, wording


def _wording(rows: ObservationColumns, signature: Signatures, has: Ints, text: Ints, first: Ints) -> Wording:
    """What of the signatures is common wording; `has`, `text` and `first` as in `_texts`."""
    period = rows.at // (method.COMMON_PERIOD_DAYS * MICROSECONDS)
    occasion = rows.platform * (1 << 20) + period - period.min()
    # Of the occasions of one text only the earliest can be among the earliest of any of its bands.
    found = map_ordered(
        lambda part: _earliest(text[part], occasion[has[part]], rows.seen[has[part]]),
        pieces(rows.platform[has]),
    )
    which, occasions, seen = _earliest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    keys = (band(signature[first], at) for at in range(0, signature.shape[1], BAND))
    return [_full(key[which], occasions, seen) for key in keys]


def _texts(signature: Signatures, has: Ints) -> tuple[Ints, Ints]:
    """(number of each row's signature, a row that has it) for the rows `has`: most texts are written more than once."""
    mixed = np.zeros(len(has), dtype=np.uint64)
    for at in range(0, signature.shape[1], 8):
        mixed = (mixed ^ np.ascontiguousarray(signature[has, at : at + 8]).view(np.uint64)[:, 0]) * _ODD
        mixed ^= mixed >> np.uint64(29)
    _, first, text = np.unique(mixed, return_index=True, return_inverse=True)
    for low in range(0, len(has), _AT_ONCE):
        part = slice(low, low + _AT_ONCE)
        if not np.array_equal(signature[has[part]], signature[has[first[text[part]]]]):
            return np.arange(
                len(has)
            ), has  # Two signatures were mixed to one number: each row for itself is as right.
    return text, has[first]


def _earliest(text: Ints, occasion: Ints, seen: Ints) -> tuple[Ints, Ints, Ints]:
    """(text, occasion, day) of the COMMON_WORDING occasions on which each text was seen first."""
    order = np.lexsort((seen, occasion, text))
    text, occasion, seen = text[order], occasion[order], seen[order]
    first = np.r_[True, (np.diff(text) != 0) | (np.diff(occasion) != 0)]
    text, occasion, seen = text[first], occasion[first], seen[first]
    order = np.lexsort((seen, text))
    text, occasion, seen = text[order], occasion[order], seen[order]
    begin = np.maximum.accumulate(np.where(np.r_[True, np.diff(text) != 0], np.arange(len(text)), 0))
    few = np.arange(len(text)) - begin < method.COMMON_WORDING
    return text[few], occasion[few], seen[few]


def _full(key: Ints, occasion: Ints, seen: Ints) -> tuple[Ints, Ints]:
    """(the keys that had COMMON_WORDING occasions, rising; the day on which each had them)."""
    keys, _, when = _earliest(key, occasion, seen)
    begin = np.flatnonzero(np.r_[True, np.diff(keys) != 0])
    size = np.diff(np.r_[begin, len(keys)])
    full = begin[size >= method.COMMON_WORDING] + method.COMMON_WORDING - 1
    return keys[full], when[full]


def _since(wanted: Ints, keys: Ints, when: Ints) -> Ints:
    """For each of `wanted`, the day of that key (NEVER for one that is none)."""
    if not len(keys):
        return np.full(len(wanted), NEVER, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, when[at], NEVER)
