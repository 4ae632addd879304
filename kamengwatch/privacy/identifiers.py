"""A person's identifier as something to look for: in any width and case, with spaces or dashes in it, escaped or not. Pure.

It is kept in memory only; its representation says nothing, so that no log or traceback can.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import quote

from store.redaction.numbers import TO_DIGITS
from store.redaction.rules import fold

ERASED = "[已删除]"
"""What stands in a text where an identifier stood."""
_WIDE = {chr(c - 0xFEE0): chr(c) for c in range(0xFF01, 0xFF5F)}
_GAP = r"[\s\-_.·—]{0,2}"
_WIDE_GAP = r"[\W_]{0,3}"
_LONG = 9
"""Digits from which a number is nobody else's however it is spread out."""
_HEX = re.compile(r"[0-9a-f]*\Z"), re.compile(r"[0-9a-f]*")
_HASH = 32
"""A run of so many hexadecimal digits is a hash; digits inside one are nobody's number."""


class Identifier:
    """What to look for. Raises ValueError, naming only the reason, for a text too short to mean one person."""

    def __init__(self, text: str) -> None:
        """`text` as somebody wrote it."""
        plain = " ".join(unicodedata.normalize("NFKC", text).split())
        number = re.sub(r"[\W_]", "", _digits(plain))
        self.digits = number.isascii() and number.isdigit() and "**" not in plain
        bare = number if self.digits else plain
        least = 5 if self.digits else 4 if plain.isascii() else 2
        if len(bare) < least:
            raise ValueError(f"太短，会误伤别的内容 too short: at least {least} characters")
        if len(bare) > 200:
            raise ValueError("太长 too long: at most 200 characters")
        mobile = self.digits and re.fullmatch(r"(?:0{0,2}86)?(1\d{10})", bare)
        bare = mobile[1] if mobile else bare
        self.plain = bare
        gap = "" if not self.digits else _GAP if len(bare) < _LONG else _WIDE_GAP
        before, after = (r"(?<!\d)(?<!\d\.)", r"(?!\d)") if self.digits else _edges(bare)
        if mobile:
            before += rf"(?:(?:\+|00)?86{_GAP})?"
        inner = (_GAP if self.digits else "").join(map(_either, bare))
        self._pattern = re.compile(f"{before}{inner}{after}", re.IGNORECASE)
        folded = gap.join(map(re.escape, fold(bare)))
        self._folded = re.compile(f"{before}{folded}{after}", re.IGNORECASE)

    def __repr__(self) -> str:
        return "Identifier(…)"

    def count(self, text: str) -> int:
        """How often it occurs in `text`."""
        return len(self._spans(text))

    def taken_out(self, text: str) -> str:
        """`text` without it."""
        pieces, at = [], 0
        for start, end in self._spans(text):
            pieces += [text[at:start], ERASED]
            at = end
        return "".join([*pieces, text[at:]])

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where it stands, as it is or in another spelling (circled, bold or Chinese digits, traditional characters), apart and in order."""
        found = [m.span() for m in self._pattern.finditer(text) if not _in_hash(m)]
        shadow = _digits(text) if self.digits else fold(text)
        found += [m.span() for m in self._folded.finditer(shadow) if not _in_hash(m)]
        apart: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if apart and start < apart[-1][1]:
                apart[-1] = apart[-1][0], max(end, apart[-1][1])
            else:
                apart.append((start, end))
        return apart

    def count_in(self, value: Any) -> int:
        """How often it occurs in the texts inside a JSON value."""
        if isinstance(value, str):
            return self.count(value)
        if isinstance(value, dict):
            return sum(self.count(str(k)) + self.count_in(v) for k, v in value.items())
        return sum(map(self.count_in, value)) if isinstance(value, (list, tuple)) else 0

    def taken_out_of(self, value: Any) -> Any:
        """A JSON value of which every text is without it; numbers are nobody's identifier and stay."""
        if isinstance(value, str):
            return self.taken_out(value)
        if isinstance(value, dict):
            return {self.taken_out(str(k)): self.taken_out_of(v) for k, v in value.items()}
        return [self.taken_out_of(v) for v in value] if isinstance(value, (list, tuple)) else value

    def raw(self) -> list[bytes]:
        """Its plain forms as bytes, to look for in what has no other reader."""
        return sorted({form.encode() for form in (self.plain, self.plain.lower(), self.plain.upper())})


def _digits(text: str) -> str:
    """`text` of the same length, its numerals of every script as digits."""
    return fold(text).translate(TO_DIGITS)


def _either(char: str) -> str:
    """One character as it may be written: as it is, in full width, escaped in JSON or in a URL."""
    if char == " ":
        return r"\s+"
    ways = {re.escape(char), re.escape(_WIDE.get(char, char))}
    if not char.isascii():
        ways |= {"".join(rf"\\u{unit:04x}" for unit in _units(char)), re.escape(quote(char))}
    return f"(?:{'|'.join(sorted(ways))})"


def _units(char: str) -> list[int]:
    raw = char.encode("utf-16-be")
    return [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]


def _edges(bare: str) -> tuple[str, str]:
    """An identifier of letters is a whole word: it does not begin or end inside another."""
    return (
        r"(?<![A-Za-z0-9])" if bare[0].isascii() and bare[0].isalnum() else "",
        r"(?![A-Za-z0-9])" if bare[-1].isascii() and bare[-1].isalnum() else "",
    )


def _in_hash(match: re.Match[str]) -> bool:
    text, (start, end) = match.string, match.span()
    if not text[start:end].isascii() or not text[start:end].isalnum():
        return False
    left = _HEX[0].search(text[max(0, start - 64) : start].lower())
    right = _HEX[1].match(text[end : end + 64].lower())
    return (len(left[0]) if left else 0) + end - start + (len(right[0]) if right else 0) >= _HASH
