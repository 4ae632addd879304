"""Where in a text each of many patterns can begin: one pass for all of them, by the first three characters. Pure.

An engine that tries forty patterns one after another walks a text forty times. Here a table of characters and one of pairs say, for
every place at once, which patterns can begin there; only those places are tried. The tables are read off the patterns themselves, so
that a pattern that is added or changed needs nothing else. What cannot be read off is tried everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:  # not part of Python's published interface: a Python without it is served more slowly, not worse
    from re import _parser  # type: ignore[attr-defined]
except ImportError:
    _parser = None

_BEYOND = 0x10000
"""Stands for every character outside of the basic plane."""
_EVERYTHING = np.arange(_BEYOND + 1, dtype=np.uint32).tobytes()
_MOST_PAIRS = 6_000
"""Pairs of characters of one pattern that are told apart; of one with more, and the third, characters are looked at each for itself."""
_PAIRS = 1 << 16
_LOOKED_AT = 3
_FACTOR = 0x9E35
_DENSE = 16
"""One place in so many characters, and the engine finds them itself sooner than it is led to each."""
_FEW = 100
"""Places from which what stands before each is looked at for all at once."""

_BITS = [np.uint64(1 << bit) for bit in range(64)]
Prefix = tuple[bytes, ...]
"""Up to three sets of characters, each as the bytes of its sorted codes; shorter than three: whatever comes next."""


class PatternScan:
    """Patterns that are looked for together; what is known of them is read off when it is first needed, which takes a tenth of a second."""

    def __init__(self, patterns: Sequence[re.Pattern[str]], blanks: str = "") -> None:
        """`blanks`: characters that callers write over what was found."""
        self.patterns = tuple(patterns)
        self._blanks = blanks

    @cached_property
    def readable(self) -> bool:
        """Whether this Python tells how its patterns are made; where it does not, callers let the engine look for each."""
        try:
            return _expand(_parser.parse("ab|[a-c]d?"), {()}) == {
                (_of_set((("LITERAL", 97),)), _of_set((("LITERAL", 98),))),
                (_of_set((("RANGE", (97, 99)),)),),
                (_of_set((("RANGE", (97, 99)),)), _of_set((("LITERAL", 100),))),
            }
        except Exception:  # whatever a private interface does that is not there any more
            return False

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables([_prefixes(pattern) for pattern in self.patterns], self._blanks)

    @cached_property
    def _barred(self) -> list[NDArray[np.bool_] | None]:
        return [_barred_before(pattern) for pattern in self.patterns]

    def allowed(self, number: int, text: str, places: list[int]) -> list[int]:
        """Those of `places` before which stands nothing that the pattern of that number refuses: half a word has no beginning."""
        barred = self._barred[number]
        if barred is None or len(places) < _FEW:
            return places
        at = np.array(places)
        here: list[int] = at[(at == 0) | ~barred[_codes(text)[at - 1]]].tolist()
        return here

    def blanks_of(self, number: int) -> str:
        """The blanks with which a pattern may begin or at once go on: only those, once written, add a place to its others."""
        return self._tables.blanks_of.get(number, "")

    def matches(self, text: str) -> list[list[re.Match[str]]]:
        """What each pattern finds in `text`, as its own `finditer` would say it."""
        if not self.readable:
            return [list(pattern.finditer(text)) for pattern in self.patterns]
        places = self.look(text)
        return [
            matches_at(pattern, text, self.allowed(n, text, places.of(n)))
            for n, pattern in enumerate(self.patterns)
        ]

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
        self.nth = [[np.zeros(_BEYOND + 1, np.uint64) for _ in range(_LOOKED_AT)] for _ in words]
        self.pair = [np.zeros(_PAIRS, np.uint64) for _ in words]
        self.ends = [[np.uint64(0)] * _LOOKED_AT for _ in words]
        """Patterns that can match when only so many characters are left, less one."""
        self.blanks_of: dict[int, str] = {}
        for number, told in enumerate(prefixes):
            self._read(number, told, blanks)

    def _read(self, number: int, prefixes: set[Prefix], blanks: str) -> None:
        word, bit = number // 64, _BITS[number % 64]
        if any(not prefix for prefix in prefixes):
            prefixes = {(_EVERYTHING,)}
        for nth, table in enumerate(self.nth[word]):
            for part in {prefix[nth] for prefix in prefixes if len(prefix) > nth}:
                codes = np.frombuffer(part, np.uint32)
                table[codes] |= bit
                if met := "".join(blank for blank in blanks if ord(blank) in codes):
                    self.blanks_of[number] = self.blanks_of.get(number, "") + met
            if any(len(prefix) <= nth for prefix in prefixes):
                table |= bit
                self.ends[word][nth - 1] |= bit
        pairs = {prefix[:2] for prefix in prefixes}
        if (
            any(len(pair) == 1 for pair in pairs)
            or sum(len(a) * len(b) // 16 for a, b in pairs) > _MOST_PAIRS
        ):
            self.pair[word] |= bit
            return
        for a, b in pairs:
            ones, twos = np.frombuffer(a, np.uint32), np.frombuffer(b, np.uint32)
            self.pair[word][_hashed(ones[:, None], twos[None, :]).ravel()] |= bit

    def look(self, text: str) -> list[NDArray[np.uint64]]:
        """For each character the patterns that may begin there."""
        codes = _codes(text)
        hashed = _hashed(codes[:-1], codes[1:])
        found = []
        for (first, *later), pair, ends in zip(self.nth, self.pair, self.ends, strict=True):
            may = first.take(codes)
            may[:-1] &= pair.take(hashed)
            for nth, table in enumerate(later, 1):
                may[:-nth] &= table.take(codes[nth:])
                may[-nth:][:1] &= ends[nth - 1]
            found.append(may)
        return found


def matches_at(pattern: re.Pattern[str], text: str, places: Sequence[int]) -> list[re.Match[str]]:
    """What `pattern.finditer` finds, given all the places where it can begin; of a pattern that never matches nothing."""
    if len(places) * _DENSE > len(text):
        return list(pattern.finditer(text))
    end, match = 0, pattern.match
    matches = []
    for place in places:
        if place >= end and (found := match(text, place)):
            end = found.end()
            matches.append(found)
    return matches


def _codes(text: str) -> NDArray[np.intp]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    bounded: NDArray[np.intp] = np.minimum(codes, np.uint32(_BEYOND)).astype(np.intp)
    return bounded


def _hashed(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    hashed: NDArray[Any] = (first * _FACTOR + second * 3) & (_PAIRS - 1)
    return hashed


def _prefixes(pattern: re.Pattern[str]) -> set[Prefix]:
    """How a match can begin; a set that holds () where that cannot be said."""
    if pattern.flags & ~re.UNICODE:
        return {()}
    return _expand(_parser.parse(pattern.pattern), {()})


def _barred_before(pattern: re.Pattern[str]) -> NDArray[np.bool_] | None:
    """Characters after which the pattern never begins, where it says so at its beginning, `(?<!a)b` or `b(?<!ab)`."""
    if pattern.flags & ~re.UNICODE:
        return None
    first, *rest = _parser.parse(pattern.pattern)
    while str(first[0]) == "SUBPATTERN" and not (first[1][1] or first[1][2]):
        first, *rest = first[1][3]
    if str(first[0]) == "ASSERT_NOT":
        looked, own = first, None
    elif rest and str(rest[0][0]) == "ASSERT_NOT" and str(first[0]) in ("LITERAL", "IN"):
        looked, own = rest[0], _characters(str(first[0]), first[1])
    else:
        return None
    direction, behind = looked[1]
    behind = list(behind)
    if direction != -1 or len(behind) != 1 + (own is not None):
        return None
    if any(str(op) not in ("LITERAL", "NOT_LITERAL", "ANY", "IN") for op, _ in behind):
        return None
    before, *again = (np.frombuffer(_characters(str(op), argument), np.uint32) for op, argument in behind)
    if own is not None and not np.isin(np.frombuffer(own, np.uint32), again[0]).all():
        return None
    barred = np.zeros(_BEYOND + 1, bool)
    barred[before] = True
    barred[_BEYOND] = False  # one of many characters, of which not all may be meant
    return barred


def _expand(items: Any, tails: set[Prefix]) -> set[Prefix]:
    """How what is written as `items` can begin when it is followed by one of `tails`."""
    for op, argument in reversed(list(items)):
        tails = _before(op, argument, tails)
    return tails


def _before(op: Any, argument: Any, tails: set[Prefix]) -> set[Prefix]:
    name = str(op)
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        one = _characters(name, argument)
        return {(one, *tail[:2]) for tail in tails}
    if name == "BRANCH":
        return set().union(*(_expand(branch, tails) for branch in argument[1]))
    if name == "SUBPATTERN":
        # Flags inside a pattern change what its letters mean.
        return {()} if argument[1] or argument[2] else _expand(argument[3], tails)
    if name == "ATOMIC_GROUP":
        return _expand(argument, tails)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        for _ in range(min(int(most) - int(least), 3)):
            tails = tails | _expand(inner, tails)
        for _ in range(min(int(least), 3)):
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
