"""Turns complaint texts into sparse features and features into a score per kind, many texts at once.

Features are the distinct character n-grams (1–4) of the normalised text, the concepts it speaks of
(kinds_rules) and every pair of them. Each n-gram is four 16-bit code units in one integer, so a
vocabulary look-up is a binary search, not a hash. It must not know what a kind means or touch a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from store.kinds_rules import concepts
from store.kinds_text import normalise

MAX_N = 4
_START, _END = "\x02", "\x03"
# Concept number i is code unit 0xE000 + i (private use); _OTHER stands for what lies outside the basic plane.
_CONCEPT, _OTHER = 0xE000, 0xFFFD
_SHIFT = np.array([48, 32, 16, 0], dtype=np.uint64)


def _ngrams(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Row numbers and codes of every n-gram of every text; an n-gram never crosses from one text into the next."""
    marked = [_START + text + _END for text in texts]
    units = np.frombuffer("".join(marked).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    units[units > 0xFFFF] = _OTHER
    rows = np.repeat(np.arange(len(marked)), [len(text) for text in marked])
    all_rows, all_codes = [], []
    for n in range(1, MAX_N + 1):
        inside = np.flatnonzero(rows[: len(rows) - n + 1] == rows[n - 1 :])
        codes = np.zeros(len(inside), dtype=np.uint64)
        for place in range(n):
            codes |= units[inside + place] << _SHIFT[place]
        all_rows.append(rows[inside])
        all_codes.append(codes)
    return np.concatenate(all_rows), np.concatenate(all_codes)


def _concept_codes(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Row numbers and codes of every concept and every pair of concepts of every text."""
    rows: list[int] = []
    codes: list[int] = []
    for row, text in enumerate(texts):
        units = [_CONCEPT + number for number in concepts(text)]
        found = [unit << 48 for unit in units] + [a << 48 | b << 32 for a, b in combinations(units, 2)]
        rows += [row] * len(found)
        codes += found
    return np.array(rows, dtype=np.int64), np.array(codes, dtype=np.uint64)


def features(texts: Sequence[str]) -> list[tuple[NDArray[np.int64], NDArray[np.uint64]]]:
    """The two blocks of features, n-grams and concepts, of raw texts as (row numbers, codes)."""
    plain = [normalise(text) for text in texts]
    return [_ngrams(plain), _concept_codes(plain)]


def matrix(blocks: list[tuple[NDArray[np.int64], NDArray[np.uint64]]], count: int, vocabulary: NDArray[np.uint64],
           block_weights: Sequence[float]) -> Any:
    """A (count × vocabulary) sparse matrix; in each row each block is binary, of the length its block weight gives."""
    parts = []
    for (rows, codes), weight in zip(blocks, block_weights, strict=True):
        column = np.searchsorted(vocabulary, codes)
        column[column == len(vocabulary)] = 0
        known = vocabulary[column] == codes
        cells = np.unique(rows[known] * len(vocabulary) + column[known])
        row, col = np.divmod(cells, len(vocabulary))
        norm = np.sqrt(np.maximum(np.bincount(row, minlength=count), 1))
        parts.append(csr_matrix((weight / norm[row], (row, col)), shape=(count, len(vocabulary))))
    return sum(parts[1:], parts[0])
