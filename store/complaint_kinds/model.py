"""Turns complaint texts into sparse features and features into a score per kind, many texts at once.

Features are the distinct character n-grams (1–4) of the normalised text and the concepts it speaks of
(kinds_rules). Each feature is four 16-bit code units in one integer, so a vocabulary look-up is an exact
binary search, not a hash. The weights come from research/complaint_kinds/train.py and are read once, on first use.
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

from store.complaint_kinds import asides
from store.complaint_kinds.lexicon import concepts, pieces, sentences

MAX_N = 4
_Block = tuple[NDArray[np.int64], NDArray[np.uint64]]
_BLOCK_WEIGHTS, _DAMPING = (2.8, 2.0), -0.35
# Concept number i is code unit 0xE000 + i (private use).
_FEW = 2
"""Pieces up to which a text is one passage, which the passages' networks read as it stands."""
_CONCEPT, _FIRST_UNIT = 0xE000, np.uint64(48)


def _concept_codes(texts: Sequence[str]) -> _Block:
    """Row numbers and codes of every concept of every text."""
    found = [concepts(text) for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(numbers) for numbers in found])
    units = np.array([_CONCEPT + number for numbers in found for number in numbers], dtype=np.uint64)
    return rows, units << _FIRST_UNIT


def features(plain: Sequence[str]) -> tuple[_Block, _Block]:
    """The two blocks of features of normalised texts, n-grams and concepts, each as (row numbers, codes)."""
    return asides.ngrams(plain, MAX_N), _concept_codes(plain)


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
    place, value = np.concatenate(places), np.concatenate(values)
    order = np.argsort(place, kind="stable")
    place, value = place[order], value[order]
    if not np.diff(place, prepend=-1).all():  # a character that stands for a concept: both blocks hold it
        return csr_matrix((value, np.divmod(place, columns)), shape=(count, columns))
    # Ordered and without repetition, as it is here, a matrix is made without another look at it.
    starts = np.searchsorted(place, np.arange(count + 1) * columns).astype(np.int32)
    return csr_matrix((value, (place % columns).astype(np.int32), starts), shape=(count, columns))


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
        from scipy.special import expit

        active = np.maximum(inputs @ self.hidden + self.hidden_bias, 0.0)
        main = active @ self.primary + self.primary_bias
        main = np.exp(
            main - main.max(axis=1, keepdims=True)
        )  # scipy's softmax asks first what kind of array it has
        main /= main.sum(axis=1, keepdims=True)
        return main, expit(active @ self.member + self.member_bias)


@dataclass(frozen=True)
class Model:
    """Sorted feature codes, the networks whose mean reads one passage, and the `reader` that weighs the passages of a text.

    The networks differ in the random start of their training.
    """

    vocabulary: NDArray[np.uint64]
    networks: tuple[Network, ...]
    reader: Network | None = None

    def judge(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Two (texts × kinds) arrays: probabilities of the main kind (rows sum to 1), and of each kind by itself."""
        plain = asides.load().keep([sentences(text) for text in texts])
        main, members = self.passages(plain)
        long = [at for at, text in enumerate(plain) if len(pieces(text)) > _FEW]
        if self.reader is not None and long:
            main[long], members[long] = self.reader.judge(self.weighed([plain[at] for at in long]))
        return main, members

    def passages(self, plain: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As judge, of normalised passages read one by one and as a whole each."""
        inputs = matrix(features(plain), len(plain), self.vocabulary)
        main, members = zip(*(network.judge(inputs) for network in self.networks), strict=True)
        return np.asarray(np.mean(main, axis=0)), np.asarray(np.mean(members, axis=0))

    def weighed(self, plain: Sequence[str]) -> Any:
        """What the reader sees of normalised texts, as a sparse matrix: how likely each kind is of the whole text, of its
        likeliest piece, of that of its first half, and of its likeliest two pieces in a row.

        A courtesy or an aside is a piece that says nothing; a second grievance is one that says something else.
        """
        from scipy.sparse import csr_matrix

        cut = [pieces(text) for text in plain]
        pairs = [_pairs(parts) for parts in cut]
        said = list(
            dict.fromkeys([*plain, *(p for parts in cut for p in parts), *(p for two in pairs for p in two)])
        )
        place = {passage: row for row, passage in enumerate(said)}
        main, members = self.passages(said)
        of = [
            np.concatenate([
                *(table[place[text]] for table in (main, members)),
                members[[place[p] for p in parts]].max(axis=0),
                members[[place[p] for p in parts[: (len(parts) + 1) // 2]]].max(axis=0),
                *(table[[place[p] for p in two]].max(axis=0) for table in (main, members)),
            ])
            for text, parts, two in zip(plain, cut, pairs, strict=True)
        ]  # fmt: skip
        return csr_matrix(_odds(np.asarray(of, dtype=np.float32)))


def _pairs(parts: list[str]) -> list[str]:
    """Each two pieces in a row, as one passage; the piece itself where there is but one."""
    return [f"{one} {two}" for one, two in zip(parts, parts[1:], strict=False)] or parts


def _odds(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log odds above one in a thousand, from 0 to about 4: small numbers that say how sure something is."""
    bounded = np.clip(probabilities, 1e-3, 1 - 1e-3)
    odds: NDArray[np.float32] = (
        (np.log(bounded / (1 - bounded)) + np.float32(6.907)) / np.float32(3.0)
    ).astype(np.float32)
    return odds


_LAYERS = ("hidden", "primary", "member")


def write(model: Model, path: Path) -> None:
    """Stores a model: weights as int8 with one scale per column, sorted codes as steps, which compress well."""
    stored: dict[str, Any] = {"steps": np.diff(model.vocabulary, prepend=np.uint64(0))}
    named = dict(enumerate(model.networks)) | ({"reader": model.reader} if model.reader else {})
    for number, network in named.items():
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
        networks: dict[str, Network] = {}
        for number in (
            name.removeprefix("hidden_scale_") for name in stored if name.startswith("hidden_scale_")
        ):
            parts: list[NDArray[np.float32]] = []
            for layer in _LAYERS:
                scale = stored[f"{layer}_scale_{number}"]
                parts += [
                    stored[f"{layer}_{number}"].astype(np.float32) * scale,
                    stored[f"{layer}_bias_{number}"],
                ]
            networks[number] = Network(*parts)
        reader = networks.pop("reader", None)
        return Model(np.cumsum(stored["steps"], dtype=np.uint64), tuple(networks.values()), reader)


@lru_cache(maxsize=1)
def load() -> Model:
    """The shipped model, read once."""
    with files("store.complaint_kinds").joinpath("kinds_model.npz").open("rb") as opened:
        return read(opened)
