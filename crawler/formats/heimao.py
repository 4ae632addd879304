"""黑猫投诉: its JSON envelope, complaint items and company counters (the detail page is in heimao_page).

Written from the documented wire format; every quirk below is one that was seen: two timestamp forms, counters as
strings, amounts missing since 2026, addresses without a scheme, an unclosed list item, step dates without a year.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import urljoin

from crawler.nesting import json_in
from crawler.outcomes import SourceBlocked, SourceChanged
from store.dates import moment_in

STATUS = {1: "open", 3: "open", 4: "open", 6: "replied", 7: "completed", 8: "closed"}
"""1 审核通过 3 待分配 4 处理中 6 已回复 7 已完成 8 已关闭."""
LOGIN, LAST_PAGE, NO_PAGE = 10005, 10017, 10019
SN_ZERO = 17347204366
"""sn minus this is the site's running number of submissions (true for every real record read)."""

_JSONP = re.compile(
    r"^\s*(?:try\s*\{\s*)?[\w$.]+\(\s*(\{.*\})\s*\)\s*;?\s*(?:\}\s*catch\s*\(e\)\s*\{\s*\}\s*;?)?\s*$", re.S
)
_TAG = re.compile(r"<[^<>]+>")


def unwrap(text: str) -> dict[str, Any]:
    """The parsed JSON or JSONP document; raises SourceBlocked for an HTML page (the login wall)."""
    body = text.strip()
    if body.startswith("<"):
        raise SourceBlocked("an HTML page instead of JSON: login wanted")
    wrapped = _JSONP.match(body)
    try:
        document = json_in(wrapped.group(1) if wrapped else body)
    except ValueError as error:
        raise SourceChanged(f"not JSON: {body[:60]!r}") from error
    if not isinstance(document, dict):
        raise SourceChanged("not a JSON object")
    return document


def data_of(text: str, *, may_end: bool = False) -> dict[str, Any] | list[Any] | None:
    """The `data` of an answer; None at the end of what may be read without login (10017, only if `may_end`).

    Raises SourceBlocked on the codes that ask for a login, SourceChanged on an unknown shape or code.
    """
    result = unwrap(text).get("result")
    if not isinstance(result, dict) or not isinstance(result.get("status"), dict):
        raise SourceChanged("no result.status")
    code = _count(result["status"].get("code"))
    if code == LAST_PAGE and may_end:
        return None
    if code in (LOGIN, LAST_PAGE):
        raise SourceBlocked(f"code {code}: {result['status'].get('msg')}")
    if code != 0:
        raise SourceChanged(f"code {code}: {result['status'].get('msg')}")
    data = result.get("data")
    if not isinstance(data, dict | list):
        raise SourceChanged("no result.data")
    return data


def items_of(data: Any) -> list[dict[str, Any]]:
    """The complaints of a list answer: `lists` (feed, search) or `complaints` (company)."""
    items = data.get("lists", data.get("complaints")) if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise SourceChanged("neither lists nor complaints")
    return [item["main"] for item in items if isinstance(item, dict) and isinstance(item.get("main"), dict)]


def complaint_of(main: dict[str, Any], base: str) -> dict[str, Any]:
    """One list item as record fields, plus `couid` and `company`; raises ValueError when it cannot be read."""
    status = STATUS.get(_count(main.get("status")) or 0)
    if status is None:
        raise ValueError(f"unknown status {main.get('status')!r}")
    sn = str(main["sn"])
    if not sn.isdigit():
        raise ValueError(f"not a number: {sn!r}")
    tags = [t for t in f"{main.get('issue') or ''},{main.get('appeal') or ''}".split(",") if t]
    return {
        "source_id": sn,
        "filed_at": filed_at(main),
        "title": plain(main.get("title")),
        "text": plain(main.get("summary")),
        "amount": money(main.get("cost")),
        "status": status,
        "url": absolute(main.get("url"), base),
        "stars": _list_stars(main.get("evaluate_u")),
        "kinds_hint": tags,
        "couid": str(main.get("couid") or ""),
        "company": plain(main.get("cotitle")),
    }


def filed_at(main: dict[str, Any]) -> dt.datetime:
    """The moment of filing: unix seconds in `timestamp`, or a date there and the seconds in `created_at` (UTC+8)."""
    for key in ("timestamp", "created_at"):
        value = str(main.get(key) or "")
        if value.isdigit() and 10**8 < int(value) < 10**11:  # beyond it there is no calendar
            return dt.datetime.fromtimestamp(int(value), dt.UTC)
    moment = moment_in(main.get("timestamp"))
    if moment is None:
        raise ValueError(f"not a date: {str(main.get('timestamp'))[:40]!r}")
    return moment.astimezone(dt.UTC)


def companies_of(data: Any) -> list[dict[str, str]]:
    """Rows of the company search: name, couid and whether it is a service of another company."""
    rows = data.get("lists") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise SourceChanged("the company search has no list")
    return [
        {
            "name": plain(row.get("title")),
            "couid": str(row.get("uid") or ""),
            "sid": str(row.get("sid") or ""),
        }
        for row in rows
        if isinstance(row, dict)
    ]


def counters_of(data: Any) -> dict[str, int | None]:
    """The six counters of one company; all come as strings. Raises SourceChanged when the main one is missing."""
    if not isinstance(data, dict) or _count(data.get("valid_amt")) is None:
        raise SourceChanged("no counters in the company's answer")
    return {
        "valid_total": _count(data.get("valid_amt")),
        "replied_total": _count(data.get("replied_amt")),
        "completed_total": _count(data.get("completed_amt")),
        "valid_30d": _count(data.get("valid30d")),
        "replied_30d": _count(data.get("reply30d", data.get("replied30d"))),
        "completed_30d": _count(data.get("complete30d", data.get("completed30d"))),
    }


def plain(value: Any) -> str:
    """Text without tags (search hits are wrapped in spans) and outer space."""
    return _TAG.sub("", str(value or "")).replace("&nbsp;", " ").strip()


def absolute(value: Any, base: str) -> str | None:
    """A full address; the site often omits the scheme."""
    return urljoin(base + "/", str(value)) if value else None


def money(value: Any) -> float | None:
    """Yuan from "98.00" or "22196元"; None when absent, masked or negative."""
    text = str(value or "").replace(",", "").replace("元", "").strip()
    try:
        amount = float(text)
    except ValueError:
        return None
    return amount if 0 < amount < 1e9 else None


def _count(value: Any) -> int | None:
    text = str(value if value is not None else "").strip()
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else None


def _list_stars(evaluation: Any) -> int | None:
    return (_count(evaluation.get("satisfaction")) or None) if isinstance(evaluation, dict) else None
