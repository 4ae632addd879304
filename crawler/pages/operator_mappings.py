"""What an operator gives as a mapping (name → address, host → number): as JSON, in a JSON file, or at an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from crawler.pages.safe_parse import parse_json_bounded


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
        found = parse_json_bounded(text)
    except ValueError:
        raise ValueError("not a JSON object") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found
