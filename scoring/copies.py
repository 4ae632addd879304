"""Which complaints are copies: near-duplicates by their signatures, and further complaints of one complainant.

A copy is a complaint about the same platform whose text nearly repeats one seen at most COPY_GAP_DAYS before, whatever the
source; or one whose keyed complainant hash does. Pure in time: who copies whom depends only on what was seen before. Nothing
is removed: a copy is shown with its source, it only weighs less.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.calendar import MICROSECONDS
from scoring.facts import NEVER, Ints, Rows
from scoring.processes import in_order

Signatures = NDArray[np.uint8]
_BAND = 4
_AT_ONCE = 50_000
"""Complaints looked at together."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
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
    common = common_from(rows, rows["signature"])
    found = in_order(lambda part: _ranks(rows.take(part), common[part]), pieces(rows.platform))
    return np.concatenate([np.zeros(0, dtype=np.int64), *found])


def pieces(platform: Ints) -> list[slice]:
    """Rows in pieces of whole platforms: a copy, an occasion and a campaign are always of one platform."""
    begin = np.searchsorted(platform, platform[::_AT_ONCE])
    cuts = np.unique(np.r_[begin, len(platform)]).tolist()
    return [slice(a, b) for a, b in pairwise(cuts)]


def narrow(values: Ints) -> NDArray[Any]:
    """The same numbers in 16 bits where they fit: they sort several times faster."""
    fits = len(values) and values.min() >= -(1 << 15) and values.max() < 1 << 15
    return values.astype(np.int16) if fits else values


def _ranks(rows: Rows, common: Ints) -> Ints:
    """The ranks of all complaints of some platforms."""
    n = len(rows)
    order = _order(rows, rows["signature"])
    rows, common = rows.take(order), common[order]
    signature: Signatures = rows["signature"]
    parent = np.arange(n)
    has = np.flatnonzero(signature.any(axis=1))
    for at in range(0, signature.shape[1], _BAND):
        earlier, later = _neighbours(rows, has, _band(signature, at))
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


def _order(rows: Rows, signature: Signatures) -> Ints:
    """The rows by platform, time seen, time filed and signature: the same whatever order they were imported in."""
    tie = np.ascontiguousarray(signature[:, :8]).view(np.uint64)[:, 0]
    found: Ints = np.lexsort((tie, rows.at, rows.seen, rows.platform))
    return found


def _band(signature: Signatures, at: int) -> Ints:
    """The bytes of one band as a number."""
    return np.ascontiguousarray(signature[:, at : at + _BAND]).view(np.uint32)[:, 0].astype(np.int64)


def _neighbours(rows: Rows, among: Ints, key: Ints) -> tuple[Ints, Ints]:
    """(earlier, later) positions of rows next to each other among those of one platform and key, seen COPY_GAP_DAYS apart."""
    order = among[np.lexsort((key[among], rows.platform[among]))]
    a, b = order[:-1], order[1:]
    near = (rows.platform[a] == rows.platform[b]) & (key[a] == key[b])
    near &= rows.seen[b] - rows.seen[a] <= method.COPY_GAP_DAYS
    return a[near], b[near]


def common_from(rows: Rows, signature: Signatures) -> Ints:
    """The first day on which each text is common wording: COMMON_BANDS of its bands had COMMON_WORDING occasions.

    An occasion is a platform and a period of COMMON_PERIOD_DAYS: what people write about several sites, or month after
    month, is a phrase and not the copy of one complaint.
    """
    out = np.full(len(rows), NEVER, dtype=np.int64)
    has = np.flatnonzero(signature.any(axis=1))
    if not len(has):
        return out
    period = rows.at // (method.COMMON_PERIOD_DAYS * MICROSECONDS)
    occasion = rows.platform * (1 << 20) + period - period.min()
    text, first = _texts(signature, has)
    # Of the occasions of one text only the earliest can be among the earliest of any of its bands.
    found = in_order(
        lambda part: _earliest(text[part], occasion[has[part]], rows.seen[has[part]]),
        pieces(rows.platform[has]),
    )
    which, occasions, seen = _earliest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    days = np.empty((len(first), signature.shape[1] // _BAND), dtype=np.int64)
    for number in range(days.shape[1]):
        band = _band(signature[first], number * _BAND)
        days[:, number] = _standing(band, band[which], occasions, seen)
    out[has] = np.sort(days, axis=1)[:, method.COMMON_BANDS - 1][text]
    return out


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


def _standing(wanted: Ints, key: Ints, occasion: Ints, seen: Ints) -> Ints:
    """For each of `wanted`, the day on which that key had COMMON_WORDING occasions (NEVER if it never did)."""
    keys, _, when = _earliest(key, occasion, seen)
    begin = np.flatnonzero(np.r_[True, np.diff(keys) != 0])
    size = np.diff(np.r_[begin, len(keys)])
    full = begin[size >= method.COMMON_WORDING] + method.COMMON_WORDING - 1
    if not len(full):
        return np.full(len(wanted), NEVER, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys[full], wanted), len(full) - 1)
    return np.where(keys[full][at] == wanted, when[full][at], NEVER)
