"""Answers of 红网百姓呼声: search rows and messages, their state and reply; projections without the people. Pure."""

from __future__ import annotations

from typing import Any

from crawler.formats.answers import moment_of, picked
from crawler.outcomes import SourceChanged
from store.redact import clean

_ROW = ("id", "title", "created_at", "type_name", "is_reply", "reply_name", "reply_time")
_MESSAGE = (*_ROW, "content", "reply_content")
_TEXTS = ("title", "content", "reply_content", "reply_name")
STATUS = {0: "open", 1: "replied", 2: "open", 3: "open"}
"""is_reply: 0 not answered, 1 answered, 2 being handled, 3 new."""


def keep(document: Any) -> Any:
    """What may be kept of an answer: named keys, texts redacted; names and telephone numbers of writers are dropped."""
    kept = picked(document, ("code", "msg", "message", "data"))
    data = kept.get("data") if isinstance(kept, dict) else None
    if not isinstance(data, dict):
        return kept
    if isinstance(data.get("rows"), list):
        rows = [_cleaned(row, _ROW) for row in data["rows"]]
        return kept | {"data": {"rows": rows} | picked(data, ("total",))}
    return kept | {"data": _cleaned(data, _MESSAGE)}


def rows_of(data: dict[str, Any], first: bool = True) -> list[dict[str, Any]]:
    """The rows of a search's `first` or a later page; raises SourceChanged where there is no list of rows with numbers and states."""
    rows = data.get("rows")
    if not isinstance(rows, list):
        raise SourceChanged("no rows in the search")
    for row in rows:
        numbers = (str(row.get(key, "")) for key in ("id", "is_reply")) if isinstance(row, dict) else ("",)
        if not all(number.isdigit() for number in numbers):
            raise SourceChanged("a row without number or state")
    if not rows and str(data.get("total") or 0) != "0" and first:
        raise SourceChanged("no rows where the total says there are some")
    return rows


def complaint_of(data: dict[str, Any]) -> dict[str, Any]:
    """Fields of a complaint record from a message; raises SourceChanged when number, time or state cannot be read."""
    filed = moment_of(data.get("created_at"))
    number, state = str(data.get("id", "")), str(data.get("is_reply", ""))
    if not number.isdigit() or filed is None or not state.isdigit() or int(state) not in STATUS:
        raise SourceChanged("a message without number, time or state")
    replied = moment_of(data.get("reply_time")) if int(state) == 1 else None
    return {
        "source_id": number,
        "filed_at": filed,
        "title": str(data.get("title") or "").strip(),
        "text": str(data.get("content") or "").strip(),
        "status": STATUS[int(state)],
        "replied_at": replied if replied is None or replied >= filed else None,
    }


def _cleaned(value: Any, names: tuple[str, ...]) -> Any:
    kept = picked(value, names)
    if not isinstance(kept, dict):
        return None
    return {k: clean(v) if k in _TEXTS and isinstance(v, str) else v for k, v in kept.items()}
