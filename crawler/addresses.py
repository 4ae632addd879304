"""Where a source is asked: the operator's setting, else the sandbox's host while it is played, else the public address.

A setting may also come from the environment as KAMENGWATCH_<SETTING>. An empty public address means that the source
has none of its own and is not configured until the operator names one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from crawler.nesting import json_in


@dataclass(frozen=True)
class Address:
    """One setting and its two defaults."""

    setting: str
    public: str
    sandbox: str

    def of(self, settings: BaseSettings) -> Any:
        """What is in force: a text, or whatever the operator set."""
        given = settings.get(self.setting) or os.environ.get(f"KAMENGWATCH_{self.setting}")
        return given or (self.sandbox if in_sandbox(settings) else self.public)


def in_sandbox(settings: BaseSettings) -> bool:
    """Whether the sandbox's addresses are in force, live or in a replay of what it said."""
    played = settings.getdict("SANDBOX_SETTINGS").get("HEIMAO_BASE")
    return bool(played) and settings.get("HEIMAO_BASE") == played


def mapping_of(given: Any) -> dict[str, Any] | None:
    """A mapping the operator set: as a dictionary, as JSON, or in a JSON file; None when it is an address to ask.

    Raises ValueError, naming what is wrong.
    """
    if isinstance(given, dict | BaseSettings):
        return dict(given)
    text = str(given).strip()
    if text.startswith(("http://", "https://")):
        return None
    if not text.startswith("{"):
        path = Path(text)
        if not path.is_file():
            raise ValueError(f"no such file: {path.name}")
        text = path.read_text(encoding="utf-8-sig")
    try:
        found = json_in(text)
    except ValueError:
        raise ValueError("not a JSON object") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found
