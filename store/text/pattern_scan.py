"""Where in a text each of many patterns can begin: one pass for all of them, by the first two characters. Pure.

An engine that tries forty patterns one after another walks a text forty times. Here a table of characters and one of pairs say, for
every place at once, which patterns can begin there; only those places are tried. The tables are read off the patterns themselves, so
that a pattern that is added or changed needs nothing else. What cannot be read off is tried everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BEYOND = 0x10000
"""Stands for every character outside of the basic plane."""
_EVERYTHING = np.arange(_BEYOND + 1, dtype=np.uint32).tobytes()
_MOST_PAIRS = 6_000
"""Pairs of characters of one pattern that are told apart; of one with more, first and second character are looked at each for itself."""
_PAIRS = 1 << 16
_FACTOR = 0x9E35

_BITS = [np.uint64(1 << bit) for bit in range(64)]
Prefix = tuple[bytes, ...]
"""Up to two sets of characters, each as the bytes of its sorted codes; shorter than two: whatever comes next."""


class PatternScan:
    """Patterns that are looked for together; what is known of them is read off when it is first needed, which takes a tenth of a second."""

    def __init__(self, patterns: Sequence[re.Pattern[str]], blanks: str = "") -> None:
        """`blanks`: characters that callers write over what was found."""
        self.patterns = tuple(patterns)
        self._blanks = blanks

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables([_prefixes(pattern) for pattern in self.patterns], self._blanks)

    def may_begin_with(self, number: int, blank: str) -> bool:
        """Whether a pattern may begin with, or at once go on to, one of the blanks: only then do blanks that were written add a place."""
        return bool(self._tables.at_blank[blank] >> number & 1)

    def look(self, text: str) -> Places:
        """Where in `text` the patterns can begin."""
        return Places(self._tables.look(text))


class Places:
    """Where in one text the patterns of a scan can begin."""

    __slots__ = ("_words", "met")

    def __init__(self, words: Sequence[NDArray[np.uint64]]) -> None:
        """`words`: for each character of the text the patterns that may begin there, a bit for each."""
        self._words = [(at := np.flatnonzero(word), word.take(at)) for word in words]
        met = [int(np.bitwise_or.reduce(which)) for _, which in self._words]
        self.met = sum(bits << 64 * nth for nth, bits in enumerate(met))
        """Numbers of the patterns that can begin somewhere, as bits."""

    def of(self, number: int) -> list[int]:
        """The places, in order, at which alone the pattern of that number can match."""
        at, which = self._words[number // 64]
        here: list[int] = at[which & _BITS[number % 64] != 0].tolist()
        return here


class _Tables:
    """For each character, and each pair of them, the patterns that may begin with it, a bit for each, 64 a word."""

    def __init__(self, prefixes: Sequence[set[Prefix]], blanks: str) -> None:
        words = range((len(prefixes) + 63) // 64)
        self.first = [np.zeros(_BEYOND + 1, np.uint64) for _ in words]
        self.second = [np.zeros(_BEYOND + 1, np.uint64) for _ in words]
        self.pair = [np.zeros(_PAIRS, np.uint64) for _ in words]
        self.last = [np.uint64(0) for _ in words]
        self.at_blank = dict.fromkeys(blanks, 0)
        for number, told in enumerate(prefixes):
            self._read(number, told)

    def _read(self, number: int, prefixes: set[Prefix]) -> None:
        word, bit = number // 64, _BITS[number % 64]
        first, second, pair = self.first[word], self.second[word], self.pair[word]
        if any(not prefix for prefix in prefixes):
            prefixes = {(_EVERYTHING,)}
        seconds = {prefix[1] for prefix in prefixes if len(prefix) == 2}
        for table, sets in ((first, {prefix[0] for prefix in prefixes}), (second, seconds)):
            for part in sets:
                codes = np.frombuffer(part, np.uint32)
                table[codes] |= bit
                for blank in self.at_blank:
                    self.at_blank[blank] |= int(ord(blank) in codes) << number
        if any(len(prefix) == 1 for prefix in prefixes):
            second |= bit
            pair |= bit
            self.last[word] |= bit
        elif sum(len(a) * len(b) // 16 for a, b in prefixes) > _MOST_PAIRS:
            pair |= bit
        else:
            for a, b in prefixes:
                ones, twos = np.frombuffer(a, np.uint32), np.frombuffer(b, np.uint32)
                pair[_hashed(ones[:, None], twos[None, :]).ravel()] |= bit

    def look(self, text: str) -> list[NDArray[np.uint64]]:
        """For each character the patterns that may begin there."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        codes = np.minimum(codes, np.uint32(_BEYOND)).astype(np.intp)
        after, hashed = codes[1:], _hashed(codes[:-1], codes[1:])
        found = []
        for first, second, pair, last in zip(self.first, self.second, self.pair, self.last, strict=True):
            may = first.take(codes)
            if len(codes):
                may[:-1] &= second.take(after)
                may[:-1] &= pair.take(hashed)
                may[-1] &= last
            found.append(may)
        return found


def matches_at(pattern: re.Pattern[str], text: str, places: Iterable[int]) -> list[re.Match[str]]:
    """What `pattern.finditer` finds, given all the places where it can begin; of a pattern that never matches nothing."""
    end, match = 0, pattern.match
    matches = []
    for place in places:
        if place >= end and (found := match(text, place)):
            end = found.end()
            matches.append(found)
    return matches


def _hashed(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    hashed: NDArray[Any] = (first * _FACTOR + second * 3) & (_PAIRS - 1)
    return hashed


def _prefixes(pattern: re.Pattern[str]) -> set[Prefix]:
    """How a match can begin; a set that holds () where that cannot be said."""
    if pattern.flags & ~re.UNICODE:
        return {()}
    return _expand(_parser.parse(pattern.pattern), {()})


def _expand(items: Any, tails: set[Prefix]) -> set[Prefix]:
    """How what is written as `items` can begin when it is followed by one of `tails`."""
    for op, argument in reversed(list(items)):
        tails = _before(op, argument, tails)
    return tails


def _before(op: Any, argument: Any, tails: set[Prefix]) -> set[Prefix]:
    name = str(op)
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        one = _characters(name, argument)
        return {(one, *tail[:1]) for tail in tails}
    if name == "BRANCH":
        return set().union(*(_expand(branch, tails) for branch in argument[1]))
    if name == "SUBPATTERN":
        # Flags inside a pattern change what its letters mean.
        return {()} if argument[1] or argument[2] else _expand(argument[3], tails)
    if name == "ATOMIC_GROUP":
        return _expand(argument, tails)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        for _ in range(min(int(most) - int(least), 2)):
            tails = tails | _expand(inner, tails)
        for _ in range(min(int(least), 2)):
            tails = _expand(inner, tails)
        return tails
    # Looking around takes nothing; what else there is may be anything.
    return tails if name in ("ASSERT", "ASSERT_NOT", "AT") else {()}


def _characters(name: str, argument: Any) -> bytes:
    return _of_set(tuple(argument) if name == "IN" else ((name, argument),))


@cache
def _of_set(parts: tuple[tuple[Any, Any], ...]) -> bytes:
    """The set as bytes, one object for all places where it stands: such are cheap to compare."""
    (op, value), *more = parts
    if not more and str(op) == "LITERAL":
        return np.array([min(value, _BEYOND)], np.uint32).tobytes()
    held = np.zeros(_BEYOND + 1, bool)
    negated = False
    for op, value in parts:
        name = str(op)
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            held[min(value, _BEYOND)] = True
        elif name == "RANGE":
            held[min(value[0], _BEYOND) : min(value[1], _BEYOND) + 1] = True
        else:
            held |= _of_category(str(value)) if name == "CATEGORY" else True
    if negated:
        held = ~held
        held[_BEYOND] = True
    return np.flatnonzero(held).astype(np.uint32).tobytes()


_CATEGORIES = {"CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s",
               "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W"}  # fmt: skip


@cache
def _of_category(name: str) -> NDArray[np.bool_]:
    held = np.zeros(_BEYOND + 1, bool)
    held[_BEYOND] = True
    for found in re.finditer(f"{_CATEGORIES.get(name, '.')}+", "".join(map(chr, range(_BEYOND))), re.DOTALL):
        held[found.start() : found.end()] = True
    return held
