"""What may be kept of an answer that names people: the same structure, personal data redacted or dropped.

Used by identity-bearing sources. The original bytes are hashed and never reach the disk. Projecting twice changes nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.pages.safe_parse import parse_html_bounded
from store.redaction.redact import clean, redact

DEEPEST = 300
"""Of a page whose parts are looked for from every element upwards; the sources' own stay below 40."""
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d)[^>]*>", re.I)
DROPPED = frozenset(
    [
        "author",
        "wb_profile",
        "gift",
        "avatar",
        "username",
        "user",
        "nickname",
        "mobile",
        "phone",
        "tel",
        "email",
        "idcard",
        "sex",
        "age",
        "manager",
        "contactway",
    ]
)
"""Keys that can only be about a person."""


def project_json(value: Any, kept: frozenset[str], key: str = "") -> Any:
    """`value` with every string redacted, keys of DROPPED removed, and values under `kept` keys (ids, times) untouched."""
    if isinstance(value, dict):
        return {k: project_json(v, kept, k) for k, v in value.items() if k not in DROPPED}
    if isinstance(value, list):
        return [project_json(v, kept, key) for v in value]
    if isinstance(value, str) and key not in kept:
        return clean(value)
    return value


def project_html(
    text: str, parts: str, blocks: str, blanked: str, exempt: Callable[[LexborNode], bool]
) -> str:
    """The page's `parts` alone, or all of it where none is found, without scripts and images, its texts redacted.

    `blocks`: selector of elements redacted as one text (a number may be split over tags); `blanked`: elements emptied;
    `exempt`: text nodes left as they are (record numbers that look like telephone numbers).
    """
    try:
        tree = parse_html_bounded(text, DEEPEST)
    except ValueError:
        return f"<html>unreadable {len(text)}</html>"
    kept = _outermost(tree.css(parts))
    if kept:
        tree = LexborHTMLParser("".join(node.html or "" for node in kept))
    for node in tree.css("script, style, img, iframe, input"):
        node.decompose()
    for node in _outermost(tree.css(blanked)):
        node.inner_html = ""
    for node in _outermost(tree.css(blocks)):
        whole = _lines(node.inner_html or "")
        node.inner_html = ""
        node.insert_child(clean(whole))
    root = tree.root
    if root is None:
        return ""
    texts = [n for n in root.traverse(include_text=True) if n.tag == "-text"]
    for node in texts:
        content = node.text_content or ""
        if content.strip() and not exempt(node) and (redacted := clean(content)) != content:
            node.replace_with(redacted)
    return tree.html or ""


_NAMING = frozenset(("姓名", "身份证", "证件", "银行卡", "生日", "地址"))
"""What makes a text one about a person; a shop's own telephone or QQ alone does not."""
_APART = "\n。\n"
"""What keeps passages from being read as one."""
_BETWEEN_TAGS = re.compile(r"(?<=>)[^<>]{2,}(?=<)|^[^<>]{2,}\Z")


def without_people(text: str) -> str | None:
    """A page that names nobody by purpose, with the passages that name somebody redacted; None where none does.

    Everything else stays as it came: what is read from the page is read from the archive again.
    """
    passages = dict.fromkeys(map(str.strip, _BETWEEN_TAGS.findall(text)))
    unknown = [p for p in passages if (p if len(p) <= _LONGEST_REMEMBERED else _digest(p)) not in _NOBODY]
    # One look at all passages together costs a tenth of a look at each, and most shops name nobody.
    if not _NAMING & redact(_APART.join(unknown)).counts.keys():
        _remember(unknown)
        return None

    @cache
    def kept(passage: str) -> str:
        said = redact(passage)
        return said.text if _NAMING & said.counts.keys() else passage

    projected = _BETWEEN_TAGS.sub(lambda found: kept(found.group()), text)
    return projected if projected != text else None


_NOBODY: dict[str | bytes, None] = {}
"""Passages that name nobody: menus, footers, styles and scripts stand on every page of a shop, and the same theme in many shops."""
_MOST_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 300
"""Characters; of a longer passage its digest is."""


def _remember(passages: list[str]) -> None:
    if len(_NOBODY) > _MOST_REMEMBERED:
        _NOBODY.clear()
    _NOBODY.update(dict.fromkeys(p if len(p) <= _LONGEST_REMEMBERED else _digest(p) for p in passages))


def _digest(passage: str) -> bytes:
    return hashlib.sha256(passage.encode("utf-8", "surrogatepass")).digest()


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Those of `nodes` that lie in none of the others: a part inside a part is kept once."""
    among = {node.mem_id for node in nodes}

    def inside(node: LexborNode) -> bool:
        above = node.parent
        while above is not None and above.mem_id not in among:
            above = above.parent
        return above is not None

    return [node for node in nodes if not inside(node)]


def _lines(html: str) -> str:
    """The text of a block: a line for each paragraph, inline tags gone without a trace."""
    body = LexborHTMLParser(_BREAK.sub("\n", html)).body
    return "\n".join(filter(None, map(str.strip, (body.text() if body else "").splitlines())))
