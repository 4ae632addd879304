"""Answers of 红网百姓呼声: search rows and messages, their state and replies; projections without the people. Pure."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

from crawler.errors import SourceChanged
from crawler.formats.json_api import moment_of, picked
from crawler.pages.visible_text import prose
from store.redaction.redact import clean

_ROW = ("id", "title", "created_at", "type_name", "is_reply", "reply_name", "reply_time")
_REPLY = ("content", "reply_time", "name")
_TEXTS = ("title", "content", "type_name", "reply_name", "name", "msg", "message")
STATUS = {0: "open", 1: "replied", 2: "open", 3: "open"}
"""is_reply: 0 not answered, 1 answered, 2 being handled, 3 new."""
_GONE = re.compile(r"不存在|已删除|未找到|not found", re.I)
_MARKUP = re.compile(r"<[a-z/!][^<>]*>|&(?:#\d+|[a-z]+);", re.I)


def keep(document: Any) -> Any:
    """What may be kept of an answer: named keys, texts redacted.

    Names and telephone numbers of writers and what others wrote below a message are dropped.
    """
    if not isinstance(document, dict):
        return document
    kept = _cleaned(document, ("status", "code", "msg", "message", "data"))
    data = kept.get("data")
    if not isinstance(data, dict):
        return kept
    if isinstance(data.get("rows"), list):
        rows = [_cleaned(row, _ROW) for row in data["rows"]]
        return kept | {"data": {"rows": rows} | picked(data, ("total",))}
    message = _cleaned(data, (*_ROW, "content"))
    if isinstance(data.get("reply"), list):
        message["reply"] = [_cleaned(reply, _REPLY) for reply in data["reply"]]
    return kept | {"data": message}


def is_gone(document: Any) -> bool:
    """Whether the answer says that there is no such message (any more)."""
    if not isinstance(document, dict):
        return False
    said = str(document.get("msg") or document.get("message") or "")
    return str(document.get("code")) == "404" or (not document.get("data") and bool(_GONE.search(said)))


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


def complaint_of(data: dict[str, Any], row: dict[str, Any] | None = None) -> dict[str, Any]:
    """Fields of a complaint record from a message; what it does not repeat is taken from its `row` of the search.

    A reply in `reply[]` makes it answered whatever the state says: the state is written by hand. Raises SourceChanged
    when number, time or state cannot be read.
    """
    said = {**picked(row or {}, _ROW), **{k: v for k, v in data.items() if v not in (None, "")}}
    filed = moment_of(said.get("created_at"))
    number, state = str(said.get("id", "")), str(said.get("is_reply", ""))
    if not number.isdigit() or filed is None or not state.isdigit() or int(state) not in STATUS:
        raise SourceChanged("a message without number, time or state")
    replies = _replies(said.get("reply"))
    status = "replied" if replies else STATUS[int(state)]
    times: list[dt.datetime | None] = [at for at in replies if at] or [moment_of(said.get("reply_time"))]
    return {
        "source_id": number,
        "filed_at": filed,
        "title": plain(said.get("title")),
        "text": plain(said.get("content")),
        "status": status,
        "replied_at": min((at for at in times if at and at >= filed), default=None)
        if status == "replied"
        else None,
    }


def plain(value: Any) -> str:
    """Text as a reader sees it; titles and messages come as HTML or as bare text."""
    text = str(value or "").strip()
    return prose(text) if _MARKUP.search(text) else text


def _replies(value: Any) -> list[dt.datetime | None]:
    """When each office answered (None: no readable time); an entry without words is no answer."""
    entries = value if isinstance(value, list) else []
    return [
        moment_of(e.get("reply_time")) for e in entries if isinstance(e, dict) and plain(e.get("content"))
    ]


def _cleaned(value: Any, names: tuple[str, ...]) -> Any:
    """The named keys of `value`; a text is redacted as it reads, for a tag inside a number would hide it, and escaped again."""
    kept = picked(value, names)
    if not isinstance(kept, dict):
        return None
    return {
        k: html.escape(clean(plain(v)), quote=False) if k in _TEXTS and isinstance(v, str) else v
        for k, v in kept.items()
    }
