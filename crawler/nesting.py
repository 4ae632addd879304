"""Foreign documents nested deeper than any source nests them: refused before they cost minutes or the stack. Pure.

Every parser of JSON in this room reads through `json_in`; a page read by selectors with ancestors asks `too_deep` first.
"""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST_JSON = 100
DEEPEST_PAGE = 1000
"""Real pages stay below 60; at 20,000 a selector of two steps takes half a minute."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_UNCLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "source",
        "td",
        "th",
        "tr",
        "wbr",
    ]
)


def json_in(text: str) -> Any:
    """The parsed JSON; raises ValueError when it is none, or nested deeper than DEEPEST_JSON."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deep") from None
    level, depth = [document], 0
    while level := [inner for value in level for inner in _inside(value)]:
        depth += 1
        if depth > DEEPEST_JSON:
            raise ValueError("JSON nested too deep")
    return document


def too_deep(html: str) -> bool:
    """Whether more than DEEPEST_PAGE elements stand open inside one another; elements that need no end tag do not count."""
    if html.count("<") - html.count("</") <= DEEPEST_PAGE:
        return False
    depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _UNCLOSED:
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > DEEPEST_PAGE:
                return True
    return False


def _inside(value: Any) -> list[Any]:
    """The containers directly inside a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inner if isinstance(one, dict | list)]
