"""The two records that handed-in sheets become, complaint and penalty, made in one place.

Whom a row is about and what it says is each importer's own matter.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from crawler.importers.sheet import Handed, Record, Row, day_of
from store.evidence_words import COMPLAINT_STATUS, is_nothing, value_of

_AROUND = re.compile(r"人民币|rmb|cny|约|大概|左右|共计?|元整?|块钱?|[¥￥,，\s]", re.I)
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(万|w|千|k)?")
_TIMES = {"": 1, "万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000}


def about(row: Row, company: str | None) -> Record:
    """Whom a row about `company` is about: the platform it names, else the company, and the host where one is given."""
    named = str(row.get("platform") or company or "")
    return ({"platform": named} if named else {}) | ({"host": str(row["host"])} if row.get("host") else {})


def penalty(
    source: str, row: Row, handed: Handed, category: str, reason: Iterable[Any], whom: Record
) -> Record:
    """A decision or list entry: `reason` are its parts, empty ones left out; `whom` as `about` gives it.

    The row's `lifted` is the day on which it ended. Raises ValueError when a day cannot be read.
    """
    return {
        "kind": "penalty",
        "source": source,
        **whom,
        "decided_on": day_of(row.get("date"), "date"),
        "category": category[:80],
        "reason": "；".join(str(part) for part in reason if part)[:400],
        "url": row.get("url"),
        "ended_on": day_of(row["lifted"], "lifted") if row.get("lifted") else None,
        "seen_at": handed.checked_at,
    }


def complaint(source: str, filed: dt.datetime, seen: dt.datetime, whom: Record, **said: Any) -> Record:
    """A complaint filed at `filed`; its state is known since `seen`, which is never before it was filed."""
    known = max(seen, filed)
    return {
        "kind": "complaint",
        "source": source,
        **whom,
        "filed_at": filed,
        "observed_at": known,
        "seen_at": known,
        **said,
    }


def status_of(said: Any) -> str:
    """The state a word means; raises ValueError naming the word and the known ones."""
    text = str(said if said is not None else "").strip()
    try:
        return str(value_of(COMPLAINT_STATUS, text or "(空 empty)"))
    except ValueError as error:
        raise ValueError(f"状态 state: {error}") from None


def amount(value: Any) -> float | None:
    """Yuan as a sheet writes them; None where the cell says nothing or is masked. Raises ValueError for anything else."""
    said = str(value if value is not None else "")
    text = _AROUND.sub("", unicodedata.normalize("NFKC", said)).lower()
    if not text or is_nothing(said) or "*" in text:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError(f"金额看不懂，应为元 not an amount in yuan: {said[:30]}")
    return float(found[1]) * _TIMES[found[2] or ""] or None
