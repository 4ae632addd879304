"""What makes copies of one complaint recognisable: a MinHash signature of its redacted text. Pure.

The signature depends on the text alone, so the order of imports cannot matter and a second import adds nothing; who is a
copy of whom is decided where complaints are counted (scoring/linkage/near_duplicates.py). It must see redacted text only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from rensa import RMinHash

PERMUTATIONS = 64
"""Bytes of a signature: the lowest byte of each of so many minima (b-bit minwise hashing, Li & König 2010, b = 8)."""
FEWEST = 3
"""Characters left of a text below which nothing can be compared."""
FULL = 12
"""Characters left of a text below which its title is put before it. It still says too little to call another one its copy, but a burst
of the same few words is told by it (scoring/linkage/campaigns.py)."""
_SEED = 20261122
_SHINGLE = 3
_NOT_TEXT = re.compile(r"\[[^\]]*\]|[\W\d_]+")


def wording(title: str | None, text: str | None) -> str:
    """What is compared: the text without tokens, digits, spaces, punctuation and emoji; with the title if that is too short.

    Titles are left out otherwise because each source writes its own.
    """
    kept = _NOT_TEXT.sub("", text or "")
    return kept if len(kept) >= FULL else _NOT_TEXT.sub("", title or "") + kept


def signatures(wordings: Sequence[str]) -> list[bytes | None]:
    """The signature of each wording (PERMUTATIONS bytes), None for one shorter than FEWEST characters."""
    found: list[bytes | None] = [None] * len(wordings)
    long = [i for i, kept in enumerate(wordings) if len(kept) >= FEWEST]
    if not long:
        return found
    hashes, offsets = _shingles([wordings[i] for i in long])
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, PERMUTATIONS, _SEED)
    lowest = (np.array(matrix.to_rows(), dtype=np.uint32) & 0xFF).astype(np.uint8)
    for i, row in zip(long, lowest, strict=True):
        found[i] = row.tobytes()
    return found


def _shingles(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(64-bit hashes of all character triples, where each text's begin and end), both as flat arrays."""
    lengths = np.array([len(t) for t in texts])
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    hashes = codes[:-2] << np.uint64(42) | codes[1:-1] << np.uint64(21) | codes[2:]
    # Triples that begin in the last two characters of a text would reach into the next one.
    ends = np.cumsum(lengths)
    inside = np.ones(len(codes), bool)
    inside[ends - 1] = inside[ends - 2] = False
    offsets = np.concatenate([[0], np.cumsum(lengths - _SHINGLE + 1)]).astype(np.uint64)
    return _mixed(hashes[inside[:-2]]), offsets


def _mixed(x: np.ndarray) -> np.ndarray:
    """Spread packed characters over all 64 bits (the finaliser of splitmix64, Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = x ^ (x >> np.uint64(31))
    return mixed
