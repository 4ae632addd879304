"""Which clauses of a complaint say nothing of its matter: greetings, thanks, circumstances, proof, earlier cases that were
solved, and the notices of the merchant. They are left out before a text is judged, so that manners change no answer.

A linear model over character n-grams, which adds up: a sentence is judged from the sums of its clauses. What it has learned
comes from research/complaint_kinds/train.py. It must not know what a kind means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAX_N = 3
_START, _END = "\x02", "\x03"
_OTHER = 0xFFFD
_SHIFT = np.array([48, 32, 16, 0], dtype=np.uint64)
# Log odds of being an aside from which a sentence, two clauses in a row or a clause are left out; the shorter, the surer.
SENTENCE_FROM, PAIR_FROM, CLAUSE_FROM = 1.0, 2.0, 2.5


def ngrams(texts: Sequence[str], longest: int = MAX_N) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Row numbers and codes of every n-gram of every text; an n-gram never crosses from one text into the next."""
    marked = [_START + text + _END for text in texts]
    units = np.frombuffer("".join(marked).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    units[units > 0xFFFF] = _OTHER
    rows = np.repeat(np.arange(len(marked)), [len(text) for text in marked])
    all_rows, all_codes = [], []
    for n in range(1, longest + 1):
        inside = np.flatnonzero(rows[: len(rows) - n + 1] == rows[n - 1 :])
        codes = np.zeros(len(inside), dtype=np.uint64)
        for place in range(n):
            codes |= units[inside + place] << _SHIFT[place]
        all_rows.append(rows[inside])
        all_codes.append(codes)
    return np.concatenate(all_rows), np.concatenate(all_codes)


@dataclass(frozen=True)
class Asides:
    """Sorted n-gram codes with a weight each, and the bias."""

    codes: NDArray[np.uint64]
    weights: NDArray[np.float32]
    bias: float

    def keep(self, texts: Sequence[Sequence[Sequence[str]]]) -> list[str]:
        """Each text, given as the clauses of its sentences, without its asides, joined by blanks; all of it where nothing would remain."""
        clauses = list({clause: None for text in texts for sentence in text for clause in sentence})
        if not clauses:
            return ["" for _ in texts]
        sums, counts = self._sums(clauses)
        of = dict(zip(clauses, zip(sums.tolist(), counts.tolist(), strict=True), strict=True))
        return [self._kept(text, of) for text in texts]

    def _kept(self, text: Sequence[Sequence[str]], of: dict[str, tuple[float, int]]) -> str:
        whole = [clause for sentence in text for clause in sentence]
        if len(whole) < 2:
            return " ".join(whole)
        kept: list[str] = []
        for sentence in text:
            told = [of[clause] for clause in sentence]
            if self._odds(told) >= SENTENCE_FROM:
                continue
            aside = [self._odds([one]) >= CLAUSE_FROM for one in told]
            for at in range(len(told) - 1):
                if len(told) > 2 and self._odds(told[at : at + 2]) >= PAIR_FROM:
                    aside[at] = aside[at + 1] = True
            kept += [clause for clause, out in zip(sentence, aside, strict=True) if not out]
        return " ".join(kept or whole)

    def _odds(self, told: Sequence[tuple[float, int]]) -> float:
        count = sum(one[1] for one in told)
        return self.bias + sum(one[0] for one in told) / math.sqrt(max(1, count))

    def _sums(self, clauses: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Of each clause the sum of its n-grams' weights, and how many n-grams of one character it has."""
        rows, codes = ngrams(clauses)
        column = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        weight = np.where(self.codes[column] == codes, self.weights[column], 0.0).astype(np.float64)
        counts = np.array([len(clause) for clause in clauses], dtype=np.int64)
        sums: NDArray[np.float64] = np.bincount(rows, weight, minlength=len(clauses)).astype(np.float64)
        return sums, counts


_KEPT = 20_000


def write(codes: NDArray[np.uint64], weights: NDArray[np.float64], bias: float, path: Path) -> None:
    """Stores the heaviest n-grams: weights as int8, sorted codes as steps, which compress well."""
    heavy = np.sort(np.argsort(-np.abs(weights))[:_KEPT])
    scale = np.abs(weights[heavy]).max() / 127
    small = np.round(weights[heavy] / scale).astype(np.int8)
    steps = np.diff(codes[heavy][small != 0], prepend=np.uint64(0))
    np.savez_compressed(path, steps=steps, weights=small[small != 0], scale=scale, bias=bias)


@lru_cache(maxsize=1)
def load() -> Asides:
    """The shipped model, read once."""
    with (
        files("store.complaint_kinds").joinpath("asides_model.npz").open("rb") as opened,
        np.load(opened, allow_pickle=False) as stored,
    ):
        scale = float(stored["scale"])
        return Asides(
            np.cumsum(stored["steps"], dtype=np.uint64),
            stored["weights"].astype(np.float32) * scale,
            float(stored["bias"]),
        )
