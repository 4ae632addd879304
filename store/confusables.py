"""Letters that look like other letters: a small table for host names, and the script a letter belongs to. Pure.

The pairs are those Unicode's confusables list gives for the Latin letters a host may hold; no full copy of that list.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LOOKS_LIKE = {
    "a": "аαɑạ", "b": "ЬЪƅв", "c": "сϲᴄ", "d": "ԁɗđ", "e": "еєҽε", "f": "ƒғ", "g": "ɡԍց", "h": "һհн", "i": "іιıɩӏїﺍ",
    "j": "јϳ", "k": "кκқ", "l": "ⅼℓłǀ", "m": "мⅿ", "n": "ոпήη", "o": "оοσօөøѻ", "p": "рρƿ", "q": "ԛգզ", "r": "гᴦɾ",
    "s": "ѕꜱʂ", "t": "тτƭ", "u": "υսџц", "v": "νѵᴠ", "w": "ԝωѡш", "x": "хχ", "y": "уγүყ", "z": "ᴢʐż", "0": "օ", "3": "зҙ",
}  # fmt: skip
LATIN_LIKE = {ord(other): latin for latin, others in _LOOKS_LIKE.items() for other in others}
# Digits and letter pairs that pass for others in a narrow address bar.
_FOLD = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))

SCRIPT_NAMES = {
    "CYRILLIC": ("西里尔", "Cyrillic"), "GREEK": ("希腊", "Greek"), "ARMENIAN": ("亚美尼亚", "Armenian"),
    "HEBREW": ("希伯来", "Hebrew"), "ARABIC": ("阿拉伯", "Arabic"), "CHEROKEE": ("切罗基", "Cherokee"),
    "GEORGIAN": ("格鲁吉亚", "Georgian"), "HANGUL": ("韩文", "Hangul"), "THAI": ("泰文", "Thai"),
    "HIRAGANA": ("日文平假名", "Hiragana"), "KATAKANA": ("日文片假名", "Katakana"), "LATIN": ("拉丁", "Latin"),
    "HAN": ("汉字", "Han"),
}  # fmt: skip
"""Script → its name in Chinese and English."""
# Scripts that one honest label may mix with Latin: Chinese and Japanese names do.
USUAL_WITH_LATIN = frozenset(["HAN", "HIRAGANA", "KATAKANA", "LATIN"])


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str | None:
    """The script of one letter by its Unicode name (LATIN, CYRILLIC, HAN …); None for digits, marks and signs."""
    if not letter.isalpha():
        return None
    word = unicodedata.name(letter, "UNKNOWN").split(" ")[0]
    return "HAN" if word.startswith("CJK") or word == "IDEOGRAPHIC" else word.removesuffix("-HIRAGANA")


def latin_twin(letter: str) -> str | None:
    """The ASCII letter that a non-ASCII `letter` passes for, or None; accented Latin letters count."""
    if letter.isascii():
        return None
    if twin := LATIN_LIKE.get(ord(letter)):
        return twin
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base.isascii() and base.isalpha() else None


def skeleton_of(text: str) -> str:
    """`text` with everything that looks alike made equal; only for comparing, never for showing."""
    if not text.isascii():
        text = "".join(latin_twin(letter) or letter for letter in text)
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text.translate(_FOLD)
