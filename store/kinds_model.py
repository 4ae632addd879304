"""Turns complaint texts into sparse features and features into a score per kind, many texts at once.

Features are the distinct character n-grams (1–4) of the normalised text and the concepts it speaks of
(kinds_rules). Each feature is four 16-bit code units in one integer, so a vocabulary look-up is an exact
binary search, not a hash. The weights come from benchmarks/train_kinds.py and are read once, on first use.
It must not know what a kind means or touch a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from store.kinds_rules import concepts
from store.kinds_text import normalise

MAX_N = 4
_Block = tuple[NDArray[np.int64], NDArray[np.uint64]]
_BLOCK_WEIGHTS, _DAMPING = (2.8, 2.0), -0.35
_START, _END = "\x02", "\x03"
# Concept number i is code unit 0xE000 + i (private use); _OTHER stands for what lies outside the basic plane.
_CONCEPT, _OTHER = 0xE000, 0xFFFD
_SHIFT = np.array([48, 32, 16, 0], dtype=np.uint64)


def _ngrams(texts: Sequence[str]) -> _Block:
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


def _concept_codes(texts: Sequence[str]) -> _Block:
    """Row numbers and codes of every concept of every text."""
    found = [concepts(text) for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(numbers) for numbers in found])
    units = np.array([_CONCEPT + number for numbers in found for number in numbers], dtype=np.uint64)
    return rows, units << _SHIFT[0]


def features(texts: Sequence[str]) -> tuple[_Block, _Block]:
    """The two blocks of features of raw texts, n-grams and concepts, each as (row numbers, codes)."""
    plain = [normalise(text) for text in texts]
    return _ngrams(plain), _concept_codes(plain)


def matrix(blocks: Sequence[_Block], count: int, vocabulary: NDArray[np.uint64]) -> Any:
    """A sparse (count × len(vocabulary)) matrix; each feature of a text is weight · n^-0.35, n such features there.

    Dividing damps long texts without making them as faint as length 1 (n^-0.5) would; both were cross-validated.
    """
    from scipy.sparse import csr_matrix  # loading scipy takes 0.4 s, and most programs classify no text

    columns = len(vocabulary)
    values, places = [], []
    for (rows, codes), weight in zip(blocks, _BLOCK_WEIGHTS, strict=True):
        column = np.minimum(np.searchsorted(vocabulary, codes), columns - 1)
        known = vocabulary[column] == codes
        place = np.sort(rows[known] * columns + column[known])
        place = place[np.diff(place, prepend=-1) != 0]  # np.unique hashes, which takes thrice as long here
        present = np.maximum(np.bincount(place // columns, minlength=count), 1)
        values.append((weight * present**_DAMPING).astype(np.float32)[place // columns])
        places.append(place)
    return csr_matrix(
        (np.concatenate(values), np.divmod(np.concatenate(places), columns)), shape=(count, columns)
    )


@dataclass(frozen=True)
class Network:
    """One hidden layer with two heads: (features × hidden), then (hidden × kinds) twice, a bias after each.

    The first head says which one kind a text is mainly of, the second which kinds it is of at all.
    """

    hidden: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    primary: NDArray[np.float32]
    primary_bias: NDArray[np.float32]
    member: NDArray[np.float32]
    member_bias: NDArray[np.float32]

    def judge(self, inputs: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two (texts × kinds) arrays for a sparse (texts × features) matrix, as Model.judge gives them."""
        from scipy.special import expit, softmax

        active = np.maximum(inputs @ self.hidden + self.hidden_bias, 0.0)
        main = softmax(active @ self.primary + self.primary_bias, axis=1)
        return main, expit(active @ self.member + self.member_bias)


@dataclass(frozen=True)
class Model:
    """Sorted feature codes and the networks whose mean judges; they differ in the random start of their training."""

    vocabulary: NDArray[np.uint64]
    networks: tuple[Network, ...]

    def judge(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two (texts × kinds) arrays: probabilities of the main kind (rows sum to 1), and of each kind by itself."""
        inputs = matrix(features(texts), len(texts), self.vocabulary)
        main, members = zip(*(network.judge(inputs) for network in self.networks), strict=True)
        return np.asarray(np.mean(main, axis=0)), np.asarray(np.mean(members, axis=0))


_LAYERS = ("hidden", "primary", "member")


def write(model: Model, path: Path) -> None:
    """Stores a model: weights as int8 with one scale per column, sorted codes as steps, which compress well."""
    stored: dict[str, Any] = {"steps": np.diff(model.vocabulary, prepend=np.uint64(0))}
    for number, network in enumerate(model.networks):
        for layer in _LAYERS:
            weights = getattr(network, layer)
            scale = np.abs(weights).max(axis=0) / 127
            stored[f"{layer}_{number}"] = np.round(weights / scale).astype(np.int8)
            stored[f"{layer}_scale_{number}"] = scale.astype(np.float32)
            stored[f"{layer}_bias_{number}"] = getattr(network, f"{layer}_bias")
    np.savez_compressed(path, **stored)


def read(opened: IO[bytes]) -> Model:
    """The model that write stored."""
    with np.load(opened, allow_pickle=False) as stored:
        networks = []
        for number in range(sum(name.startswith("hidden_scale_") for name in stored)):
            parts: list[NDArray[np.float32]] = []
            for layer in _LAYERS:
                scale = stored[f"{layer}_scale_{number}"]
                parts += [
                    stored[f"{layer}_{number}"].astype(np.float32) * scale,
                    stored[f"{layer}_bias_{number}"],
                ]
            networks.append(Network(*parts))
        return Model(np.cumsum(stored["steps"], dtype=np.uint64), tuple(networks))


@lru_cache(maxsize=1)
def load() -> Model:
    """The shipped model, read once."""
    with files("store").joinpath("kinds_model.npz").open("rb") as opened:
        return read(opened)
