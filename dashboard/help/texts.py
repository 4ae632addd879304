"""The sentences of the help flow by group and key, in one language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("texts.toml")


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def text(group: str, key: str, lang: str) -> str:
    """One sentence; raises KeyError for a key texts.toml does not have."""
    return _texts()[group][key]["en" if lang == "en" else "zh"]


def keys(group: str) -> tuple[str, ...]:
    """The keys of a group."""
    return tuple(_texts()[group])
