"""Foreign documents nested deeper than any source nests them: refused before they cost minutes or the stack. Pure.

Everything in this room that parses JSON does it through `json_in`, everything that parses a page through `page_in`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

DEEPEST_JSON = 100
DEEPEST_PAGE = 1000
"""Real pages stay below 60; at 20,000 a selector of two steps takes half a minute."""
MOST_TAGS = 60_000
"""Two thousand goods at fifteen elements; a parser's time grows with the square of what stands open."""
LONGEST_PAGE = 2_000_000
"""Characters; the largest page we hold has a tenth of it. All that is read of a page takes 0.55 µs a character at the worst, its parsing included; redacting takes more."""
_FEW_TAGS = 5_000
"""So few can be parsed however deep they stand: 0.1 s at the worst."""
MOST_OPTIONS = 3_000
"""Entries of drop-down lists; the parser's time grows with the square of their number (30,000: minutes). The rest is left out."""
MOST_ATTRIBUTES = 500
_OPTION = re.compile(r"<option\b[^>]*>[^<]*(?:</option\s*>)?", re.IGNORECASE)
_WHOLE_TAG = re.compile(r"""<[a-zA-Z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
"""A tag as a parser reads it: a quotation mark means something only after `=`, and then it may hold < and >."""
_LONG_TAG = 2_000
_QUOTED_END = re.compile(r"""=\s*+(?:"[^">]*+>|'[^'>]*+>)""")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_UNSEEN = re.compile(
    r"<!--(?:.*?--!?>|.*)|<(script|style|textarea|title)(?=[\s/>])(?:.*?</\1|.*)", re.IGNORECASE | re.DOTALL
)
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


def parse_json_bounded(text: str) -> Any:
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


def parse_html_bounded(html: str, deepest: int = DEEPEST_PAGE) -> LexborHTMLParser:
    """The parsed page; raises ValueError when it is longer than LONGEST_PAGE, has more than MOST_TAGS tags, a tag more than MOST_ATTRIBUTES, or nests deeper than `deepest`.

    The text of all but short pages is looked at first, because parsing something deep is itself slow: with its comments and scripts, and without, for ends
    can be hidden in them and beginnings behind what only looks like one. Then the tree, because text can be written to mislead.
    """
    if len(html) > LONGEST_PAGE:
        raise ValueError(f"HTML of more than {LONGEST_PAGE // 1_000_000} million characters")
    html = _without_endless_lists(html)
    long_tags = _may_hold_long_tags(html)
    tags = html.count("<")
    many = tags > max(deepest, _FEW_TAGS)
    # A script compares, too: what it compares is no tag.
    seen = _UNSEEN.sub("", html) if many or long_tags else ""
    if long_tags and max(_attributes(html, True), _attributes(seen, False)) > MOST_ATTRIBUTES:
        raise ValueError(f"HTML tag of more than {MOST_ATTRIBUTES} attributes")
    if tags > MOST_TAGS:
        raise ValueError(f"HTML of more than {MOST_TAGS} tags")
    if many and any(_opens_deeper(text, deepest) for text in (html, seen)):
        raise ValueError("HTML nested too deep")
    tree = LexborHTMLParser(html)
    if tags > deepest and _is_deeper(tree.root, deepest):
        raise ValueError("HTML nested too deep")
    return tree


def _may_hold_long_tags(html: str) -> bool:
    """Whether a tag can be longer than _LONG_TAG: then that much stands without a >, or there is one inside of quotation marks."""
    return max(map(len, html.split(">"))) > _LONG_TAG or _QUOTED_END.search(html) is not None


def _attributes(html: str, with_scripts: bool) -> int:
    """The most words a long tag has outside of quotation marks; `with_scripts`: what has a brace is a script's comparison, not a tag."""
    tags = (found.group() for found in _WHOLE_TAG.finditer(html) if found.end() - found.start() > _LONG_TAG)
    bare = (_QUOTED.sub("", tag) for tag in tags)
    return max((len(text.split()) for text in bare if not (with_scripts and "{" in text)), default=0)


def _without_endless_lists(html: str) -> str:
    """The page with at most MOST_OPTIONS entries of drop-down lists."""
    if html.count("<option") + html.count("<OPTION") <= MOST_OPTIONS:
        return html
    kept = 0

    def entry(match: re.Match[str]) -> str:
        nonlocal kept
        kept += 1
        return match.group() if kept <= MOST_OPTIONS else ""

    return _OPTION.sub(entry, html)


def _opens_deeper(html: str, deepest: int) -> bool:
    """Whether more elements stand open at once; those that need no end tag do not count, an end without a beginning ends nothing."""
    standing: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if name in _UNCLOSED or (closing and not standing[name]):
            continue
        step = -1 if closing else 1
        standing[name] += step
        depth += step
        if depth > deepest:
            return True
    return False


def _is_deeper(root: LexborNode | None, deepest: int) -> bool:
    """Whether the tree has a branch of more than `deepest` nodes."""
    node, depth = root, 1
    while node is not None:
        inner = node.first_child
        if inner is not None:
            node, depth = inner, depth + 1
            if depth > deepest:
                return True
            continue
        while node is not None and node.next is None:
            node, depth = node.parent, depth - 1
        node = node.next if node is not None else None
    return False


def _inside(value: Any) -> list[Any]:
    """The containers directly inside a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inner if isinstance(one, dict | list)]
