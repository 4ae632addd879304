"""Which complaints are copies: near-duplicates by their signatures, and further complaints of one complainant.

A copy is a complaint about the same platform whose text nearly repeats one seen at most COPY_GAP_DAYS before, whatever the
source; or one whose keyed complainant hash does. Pure in time: who copies whom depends only on what was seen before. Nothing
is removed: a copy is shown with its source, it only weighs less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.calendar import MICROSECONDS
from scoring.facts import NEVER, Ints, Rows

Signatures = NDArray[np.uint8]
_BAND = 4
_CHANCE = 1 / 256
"""Two unrelated bytes agree this often (b-bit minwise hashing, Li & König 2010)."""


def similarity(agreeing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimated Jaccard similarity of two texts' character triples from the share of signature bytes that agree."""
    found: NDArray[np.float64] = (agreeing - _CHANCE) / (1 - _CHANCE)
    return found


def copy_ranks(rows: Rows) -> Ints:
    """0 for the first of a group of copies, 1, 2 … for the further ones in the order they became visible.

    `rows` are complaints with the columns `signature` (n × bytes, all 0 = none) and `complainant` (0 = unknown).
    """
    n = len(rows)
    if not n:
        return np.zeros(0, dtype=np.int64)
    signature: Signatures = rows["signature"]
    place = _order(rows, signature)
    common = common_from(rows, signature)
    parent = place.copy()
    by_place = np.argsort(place)
    has = signature.any(axis=1)
    for at in range(0, signature.shape[1], _BAND):
        band = np.ascontiguousarray(signature[:, at : at + _BAND]).view(np.uint32)[:, 0].astype(np.int64)
        earlier, later = _neighbours(rows, place, np.flatnonzero(has), band)
        alike = similarity((signature[earlier] == signature[later]).mean(axis=1)) >= method.COPY_SIMILARITY
        alike &= rows.seen[later] < common[later]
        np.maximum.at(_own_none(parent, place, later[alike]), later[alike], place[earlier[alike]])
    known = np.flatnonzero(rows["complainant"] != 0)
    earlier, later = _neighbours(rows, place, known, rows["complainant"])
    alone = parent[later] == place[later]
    parent[later[alone]] = place[earlier[alone]]
    root = np.empty(n, dtype=np.int64)
    root[place] = parent
    while True:
        further = root[root]
        if np.array_equal(further, root):
            break
        root = further
    order = np.lexsort((np.arange(n), root))
    start = np.r_[True, np.diff(root[order]) != 0]
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n) - np.maximum.accumulate(np.where(start, np.arange(n), 0))
    out = np.empty(n, dtype=np.int64)
    out[by_place] = rank
    return out


def _own_none(parent: Ints, place: Ints, later: Ints) -> Ints:
    """`parent` with rows that still point at themselves set to -1, so that a maximum picks an earlier one."""
    mine = later[parent[later] == place[later]]
    parent[mine] = -1
    return parent


def _order(rows: Rows, signature: Signatures) -> Ints:
    """Each row's place by platform, time seen, time filed and signature: the same whatever order they were imported in."""
    tie = np.ascontiguousarray(signature[:, :8]).view(np.uint64)[:, 0]
    place = np.empty(len(rows), dtype=np.int64)
    place[np.lexsort((tie, rows.at, rows.seen, rows.platform))] = np.arange(len(rows))
    return place


def _neighbours(rows: Rows, place: Ints, among: Ints, key: Ints) -> tuple[Ints, Ints]:
    """(earlier, later) positions of rows next to each other among those of one platform and key, seen COPY_GAP_DAYS apart."""
    order = among[np.lexsort((place[among], key[among], rows.platform[among]))]
    a, b = order[:-1], order[1:]
    near = (rows.platform[a] == rows.platform[b]) & (key[a] == key[b])
    near &= rows.seen[b] - rows.seen[a] <= method.COPY_GAP_DAYS
    return a[near], b[near]


def common_from(rows: Rows, signature: Signatures) -> Ints:
    """The first day on which each text is common wording: COMMON_BANDS of its bands had COMMON_WORDING occasions.

    An occasion is a platform and a period of COMMON_PERIOD_DAYS: what people write about several sites, or month after
    month, is a phrase and not the copy of one complaint.
    """
    n, width = signature.shape
    days = np.full((n, width // _BAND), NEVER, dtype=np.int64)
    period = rows.at // (method.COMMON_PERIOD_DAYS * MICROSECONDS)
    occasion = rows.platform * (1 << 20) + period - period.min(initial=0)
    has = signature.any(axis=1)
    for number in range(width // _BAND):
        columns = signature[has, number * _BAND : (number + 1) * _BAND]
        band = np.ascontiguousarray(columns).view(np.uint32)[:, 0].astype(np.int64)
        days[has, number] = _standing(band, occasion[has], rows.seen[has])
    found: Ints = np.sort(days, axis=1)[:, method.COMMON_BANDS - 1]
    return found


def _standing(key: Ints, occasion: Ints, seen: Ints) -> Ints:
    """For each row, the day on which its key had COMMON_WORDING occasions (NEVER if it never did)."""
    order = np.lexsort((seen, occasion, key))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(key[order]) != 0) | (np.diff(occasion[order]) != 0)
    keys, when = key[order][first], seen[order][first]
    order = np.lexsort((when, keys))
    keys, when = keys[order], when[order]
    begin = np.flatnonzero(np.r_[True, np.diff(keys) != 0]) if len(keys) else np.empty(0, np.int64)
    size = np.diff(np.r_[begin, len(keys)])
    wide = begin[size >= method.COMMON_WORDING] + method.COMMON_WORDING - 1
    if not len(wide):
        return np.full(len(key), NEVER, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys[wide], key), len(wide) - 1)
    return np.where(keys[wide][at] == key, when[wide][at], NEVER)
