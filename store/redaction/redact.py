"""脱敏: take personal data out of a text before it is stored, leaving typed tokens such as [手机号#1]. Pure.

It works on a folded copy of the same length (full width, circled digits, traditional keywords, capitals) and cuts the
original. It errs on the side of removing; what must survive are prices, dates, filing numbers, product names and hosts.
It is 去标识化, not anonymisation: what a story tells about a person, it still tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from store.redaction.latin_names import find_latin
from store.redaction.name_parts import TAKEN
from store.redaction.numbers import CLUSTER, DIGIT, TO_DIGITS, Span, find_numbers
from store.redaction.people import SCANNED, find_addresses, find_names
from store.redaction.rules import EARLY, FIRST, HELD, LATE, NICKNAMES, PUBLIC, TOKEN, Rule, fold
from store.redaction.unlabelled import UNLABELLED
from store.text.pattern_scan import PatternScan, Places, matches_at

_INVISIBLE = re.compile(r"[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_FIGURE, _LATIN = re.compile(DIGIT), re.compile("[a-z]")
_ROUNDS = 6
"""What was taken out may uncover more beside it, so it is read again until nothing is found. After so many rounds the lines that
still hold something go as a whole, after twice as many the text does: nobody but who tries to get something through writes so."""
_KEYCAP = ("\ufe0f", "\u20e3")
"""What remains of a digit drawn as a key when its digit is gone."""

_SHORT = 400
"""Characters up to which `clean` remembers its answer."""
_SCANNED = 400
"""Characters from which one look for all rules (store/text/pattern_scan.py) costs less than a look for each."""
_BLANKS = HELD + TAKEN
_ALL = (*FIRST, *PUBLIC, *EARLY, *LATE, *UNLABELLED)
_FOLLOWING = [rule.followed for rule in _ALL if rule.followed]
_SCAN = PatternScan([*(rule.pattern for rule in _ALL), *_FOLLOWING, CLUSTER, *SCANNED], _BLANKS)
_NUMBER = {pattern: number for number, pattern in enumerate(_SCAN.patterns)}
_MANY = 12
"""Places from which it is cheaper to look first for a substring that a rule needs."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text that may be kept, and how many items of each type were taken out of it."""

    text: str
    counts: dict[str, int]


@dataclass(slots=True)
class _Work:
    """The folded text, in which what was found is blanked, and the spans to cut from the original."""

    shadow: str
    figures: int
    spans: list[Span] = field(default_factory=list)
    _places: Places | None = None
    _scanned: str = ""

    def _places_of(self, pattern: re.Pattern[str]) -> list[int]:
        """Where in the folded text `pattern`, one of `_SCAN`, can begin."""
        number, shadow, places = _NUMBER[pattern], self.shadow, self._places
        # Blanks only take places away, but for patterns that may begin with one.
        if places is None or (
            self._scanned is not shadow
            and (blanks := _SCAN.blanks_of(number))
            and any(blank in shadow for blank in blanks)
        ):
            self._places = places = _SCAN.look(shadow)
            self._scanned = shadow
        return _SCAN.allowed(number, shadow, places.of(number)) if places.met >> number & 1 else []

    def found(
        self,
        pattern: re.Pattern[str],
        words: tuple[str, ...] = (),
        followed: re.Pattern[str] | None = None,
        reach: int = 0,
    ) -> list[re.Match[str]]:
        """What `pattern` finds in the folded text, see store.redaction.people.Found; it is one of `_SCAN`, and so is `followed`."""
        shadow = self.shadow
        if len(shadow) < _SCANNED or not _SCAN.readable:
            return list(pattern.finditer(shadow)) if not words or _holds(shadow, words) else []
        if followed is None:
            places = self._places_of(pattern)
        elif places := self._places_of(followed):
            ends = [end for end in places if followed.match(shadow, end)]
            places = _before(self._places_of(pattern), ends, reach) if ends else []
        if not places or (words and len(places) > _MANY and not _holds(shadow, words)):
            return []
        return matches_at(pattern, shadow, places)

    def hold(self, rule: Rule) -> None:
        """Set aside what must survive."""
        pieces, at = [], 0
        for match in self.found(rule.pattern, rule.needles):
            pieces += [self.shadow[at : match.start()], HELD * len(match.group())]
            at = match.end()
        if pieces:
            self.shadow = "".join([*pieces, self.shadow[at:]])

    def take(self, found: Iterable[Span]) -> None:
        """Note spans not taken yet and blank them for the rules that follow."""
        mine = [s for s in found if s[0] < s[1]]
        if not mine:
            return
        pieces, at = [], 0
        for start, end, kind in sorted(mine):
            start = max(start, at)
            if start >= end:
                continue
            self.spans += [(start + a, start + b, kind) for a, b in _free(self.shadow[start:end])]
            pieces += [self.shadow[at:start], TAKEN * (end - start)]
            at = end
        self.shadow = "".join([*pieces, self.shadow[at:]])


@dataclass(slots=True)
class _Tokens:
    """Tokens given out for one text; `last` is the highest number it held before."""

    last: int
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    given: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def cut(self, text: str, spans: list[Span]) -> str:
        """`text` with each span replaced by its token."""
        pieces, at = [], 0
        for start, end, kind in spans:
            self.counts[kind] += 1
            token = f"[{kind}#{self._number(kind, text[start:end])}]"
            while text[end : end + 1] in _KEYCAP:
                end += 1
            pieces += [text[at:start], token]
            at = end
        return "".join([*pieces, text[at:]])

    def _number(self, kind: str, written: str) -> int:
        same = kind, _same(kind, fold(written).translate(TO_DIGITS))
        if same not in self.numbers:
            self.given[kind] += 1
            self.numbers[same] = self.last + self.given[kind]
        return self.numbers[same]


def _free(part: str) -> list[tuple[int, int]]:
    """Pieces of a span that are not taken or held already, without signs at their ends."""
    if TAKEN not in part and HELD not in part:
        return [(0, len(part))]
    return [
        m.span()
        for m in re.finditer(rf"[^{HELD}{TAKEN}\s,:()](?:[^{HELD}{TAKEN}]*[^{HELD}{TAKEN}\s,:()])?", part)
    ]


def redact(text: str) -> Redacted:
    """`text` with personal data replaced by typed tokens, equal items by the same token; linear in its length, never raises.

    Redacting a second time changes nothing. Text without personal data comes back unchanged.
    """
    seen = _INVISIBLE.sub("", text)
    tokens = _Tokens(max((int(m[1]) for m in TOKEN.finditer(seen)), default=0))
    for nth in range(3 * _ROUNDS):
        spans = _spans(seen)
        if not spans:
            break
        if nth >= 2 * _ROUNDS:
            spans = [(0, len(seen), spans[0][2])]
        elif nth >= _ROUNDS:
            spans = _whole_lines(seen, spans)
        seen = tokens.cut(seen, spans)
    return Redacted(seen, dict(tokens.counts)) if tokens.counts else Redacted(text, {})


def _whole_lines(text: str, spans: list[Span]) -> list[Span]:
    """The lines in which the spans lie, each once."""
    lines: list[Span] = []
    for start, end, kind in spans:
        if not lines or start >= lines[-1][1]:
            close = text.find("\n", end)
            lines.append((text.rfind("\n", 0, start) + 1, len(text) if close < 0 else close, kind))
    return lines


def _spans(written: str) -> list[Span]:
    shadow = fold(written)
    # Counting is for short texts: a long one is scanned, which costs less than to count.
    work = _Work(shadow, len(_FIGURE.findall(shadow)) if len(shadow) < _SCANNED else len(shadow))
    if work.figures >= 3 or "#" in shadow or len(_LATIN.findall(shadow)) >= 4:
        _apply(work, FIRST)
        for rule in PUBLIC:
            work.hold(rule)
        _apply(work, EARLY)
        if work.figures >= 7:
            work.take(find_numbers(work.shadow, work.found(CLUSTER)))
        _apply(work, LATE)
        _apply(work, UNLABELLED)
    else:
        _apply(work, NICKNAMES)
    work.take((a, b, "地址") for a, b in find_addresses(work.shadow, work.found))
    work.take((a, b, "姓名") for a, b in find_names(work.shadow, work.found))
    work.take((a, b, "姓名") for a, b in find_latin(written) if work.shadow[a:b] == shadow[a:b])
    return sorted(work.spans)


def _before(places: list[int], ends: list[int], reach: int) -> list[int]:
    """Those of `places` from which one of `ends` is at most `reach` characters away; both are in order."""
    at, end = np.array(places, np.int64), np.array(ends, np.int64)
    nth = np.searchsorted(end, at)
    near = at[(nth < len(end)) & (end.take(nth, mode="clip") - at <= reach)]
    found: list[int] = near.tolist()
    return found


def _holds(shadow: str, needles: tuple[str, ...]) -> bool:
    """A loop, not any(): this runs forty times a text."""
    for needle in needles:
        if needle in shadow:
            break
    else:
        return False
    return True


def _apply(work: _Work, rules: Iterable[Rule]) -> None:
    for rule in rules:
        if rule.figures > work.figures:
            continue
        found = work.found(rule.pattern, rule.needles, rule.followed, rule.reach)
        if found and rule.check:
            shadow = work.shadow
            found = [m for m in found if rule.check(m, shadow)]
        if found:
            work.take((*m.span(_group(m)), rule.kind) for m in found)


def _group(match: re.Match[str]) -> str | int:
    """The group that is to be taken: x, or y where a rule has two forms and the second was met; else all of it."""
    groups = match.re.groupindex
    return "y" if "y" in groups and match["y"] is not None else "x" if "x" in groups else 0


def _same(kind: str, folded: str) -> str:
    """What equal items have in common: letters and digits, a telephone number without its country."""
    bare = re.sub(r"[\W_]", "", folded)
    return bare[-11:] if kind == "手机号" else bare


def clean(text: str) -> str:
    """The text that may be kept, see `redact`. Labels and names recur from page to page, so short texts are remembered."""
    return _clean_short(text) if len(text) <= _SHORT else redact(text).text


@lru_cache(maxsize=16_384)
def _clean_short(text: str) -> str:
    return redact(text).text


def contains_personal_data(text: str) -> list[str]:
    """Types of personal data still in `text`, sorted; empty for a text that was redacted. For the privacy scan."""
    return sorted(redact(text).counts)
