"""Every sentence the dashboard says, in Chinese and English, from catalogue.toml.

It must not import streamlit: the API, the command line and the static pages speak with the same words.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from store.text.safe_text import english_tokens, in_number, plain

LANGUAGES = ("zh", "en")
"""Languages offered; the first is the default."""

_CATALOGUE = Path(__file__).parents[1] / "catalogue.toml"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All entries, `section.key` to {"zh": ..., "en": ...}."""
    sections = tomllib.loads(_CATALOGUE.read_text("utf-8"))
    return {f"{name}.{key}": entry for name, section in sections.items() for key, entry in section.items()}


def language(asked: str | None) -> str:
    """The offered language nearest to what a URL asks for; Chinese when it asks for none we have."""
    return asked if asked in LANGUAGES else LANGUAGES[0]


def language_in(query: bytes) -> str:
    """The language that the query of an address asks for."""
    return language(parse_qs(query.decode("latin-1")).get("lang", [None])[0])


def say(lang: str, key: str, **values: Any) -> str:
    """The sentence `key` in `lang` with its {placeholders} filled, a `count` with its thousands separated, and noun(s) in the number
    of the count before them; KeyError for an unknown key or a missing value."""
    entry = catalogue()[key][lang]
    if isinstance(values.get("count"), int):
        values["count"] = f"{values['count']:,}"
    if not values and "{" not in entry:
        return entry
    filled = entry.format(**values)
    return in_number(filled) if "s)" in entry else filled


def word(lang: str, section: str, code: str | None) -> str:
    """The word for a code of the vocabulary (`word("zh", "warning", "watch")`), or the code as it stands when new."""
    entry = catalogue().get(f"{section}.{code}")
    return entry[lang] if entry else plain(code or "", 40)


def tokens(text: str, lang: str) -> str:
    """Words of others as a reader of a language may read what redaction left in them (store/text/safe_text.py)."""
    return text if lang == "zh" else english_tokens(text)


def placeholders(sentence: str) -> set[str]:
    """The names in braces a sentence expects."""
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field}


def pick(row: dict[str, Any], field: str, lang: str) -> Any:
    """`field_zh` or `field_en` of a snapshot row; the other language when the asked one is empty."""
    other = "en" if lang == "zh" else "zh"
    return row.get(f"{field}_{lang}") or row.get(f"{field}_{other}")
