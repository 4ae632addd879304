"""Foreign text made harmless to read, in a page, a badge, a feed or a sheet. Pure; escaping is the writer's part."""

from __future__ import annotations

import unicodedata

# Marks that reorder or hide text (bidi controls, zero-width characters, soft hyphen): a site name must not use them.
_HIDDEN = frozenset(
    {*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x00AD, 0x061C, 0x180E, 0xFEFF}
)


def plain(value: object, limit: int | None = None) -> str:
    """One line without control, bidi and zero-width marks, cut to `limit` characters with an ellipsis."""
    text = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c
        for c in str(value)
        if ord(c) not in _HIDDEN
    )
    text = " ".join(text.split())
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def cell_text(value: str) -> str:
    """One line for a cell of a sheet: a spreadsheet never takes it for a formula."""
    shown = plain(value)
    return f"'{shown}" if value.startswith(_FORMULA) or shown.startswith(_FORMULA) else shown
