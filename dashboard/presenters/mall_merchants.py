"""Malls and their merchants as readers see them: what a key names, whose the filing is, and which merchants of a mall are known.

It must not import streamlit: card, API and pages say the same.
"""

from __future__ import annotations

from typing import Any

from dashboard.presenters import current_snapshot
from dashboard.presenters.translations import say
from scoring.snapshot.reader import Snapshot
from store.text.query import host_part, is_merchant_key, mall_of

MOST = 500
"""Merchants of a mall that its page lists."""


def unit_of(key: str) -> str:
    """site, mall or merchant."""
    return "merchant" if is_merchant_key(key) else "mall" if mall_of(key) else "site"


def named(key: str, lang: str) -> str:
    """What a key names, in words; empty for an ordinary site."""
    unit = unit_of(key)
    if unit == "merchant":
        return say(lang, "mall.unit_merchant", mall=host_part(key))
    return say(lang, "mall.unit_mall") if unit == "mall" else ""


def filing_of_the_mall(key: str, lang: str) -> str:
    """What stands in place of a merchant's filing; empty for any other site."""
    return say(lang, "mall.filing", mall=host_part(key)) if is_merchant_key(key) else ""


def merchants(snapshot: Snapshot, mall: str) -> list[dict[str, Any]]:
    """The rating rows of a mall's merchants, by host."""
    return current_snapshot.rows(
        snapshot,
        "select * from ratings where starts_with(host, ?) order by host limit ?",
        [f"{mall}/", MOST],
    )
