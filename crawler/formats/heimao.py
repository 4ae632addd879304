"""黑猫投诉: JSON envelope, complaint items, company counters, the detail page, and the numbering of the whole feed. Pure.

Written from the documented wire format; every quirk below is one that was seen: two timestamp forms, counters as
strings, amounts missing since 2026, addresses without a scheme, an unclosed list item, step dates without a year.

Fields are found by their labels, never by position; a list item there is left unclosed, and step dates have no year.

The running number counts every submission to the site, so two polls give the site's own volume: whether one platform's
complaints rise can only be said against it. About half of what is submitted is published, so the share of numbers seen
stays near one half even where nothing was missed.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.errors import SourceBlocked, SourceChanged
from crawler.pages.redacted_projection import project_html, project_json
from crawler.pages.safe_parse import parse_html_bounded, parse_json_bounded
from store.china_time import SHANGHAI
from store.text.dates import moment_in

STATUS = {1: "open", 3: "open", 4: "open", 6: "replied", 7: "completed", 8: "closed"}
"""1 审核通过 3 待分配 4 处理中 6 已回复 7 已完成 8 已关闭."""
LOGIN, LAST_PAGE = 10005, 10017
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
        document = parse_json_bounded(wrapped.group(1) if wrapped else body)
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


_FIELD = re.compile(r"<label[^>]*>(.*?)</label>(.*?)(?=<label|</ul>|$)", re.S)
_POSTED = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日\s*(\d{1,2}):(\d{2})(?::(\d{2}))?")
_STEP = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?")
_NUMBER = re.compile(r"[\s:：#]*\d{6,20}\s*")
_STARS = re.compile(r"\bstar([1-5])\b")
_PARTS = ".ts-d-user, h1.article, ul.ts-q-list, div.ts-d-item, div.ts-d-pj"
PROGRESS = {"审核通过": 1, "待分配": 3, "处理中": 4, "已回复": 6, "已完成": 7, "已关闭": 8}
DID = ("发起", "审核", "分配", "申请完成", "完成", "评价", "补充", "回复", "关闭")
"""What a step may be called when it is kept; the site's own wording varies and may name somebody."""
_KEPT = frozenset(
    [
        "sn",
        "couid",
        "uid",
        "sid",
        "id",
        "comment_id",
        "url",
        "timestamp",
        "created_at",
        "status",
        "valid_amt",
        "valid30d",
        "replied_amt",
        "reply30d",
        "completed_amt",
        "complete30d",
        "cost",
        "eval_points",
        "is_virtual",
        "page_size",
        "date",
        "rank",
    ]
)


@dataclass
class Detail:
    """What the detail page says."""

    sn: str
    title: str
    filed_at: dt.datetime | None
    company: str
    couid: str
    amount: float | None
    status: str | None
    tags: list[str]
    text: str | None
    replied_at: dt.datetime | None
    completed_at: dt.datetime | None
    stars: int | None
    steps: list[dict[str, object]]
    fields: dict[str, str] = field(default_factory=dict)


def detail_of(html: str) -> Detail | None:
    """The detail page, or None when it says the complaint is gone; raises SourceBlocked or SourceChanged."""
    try:
        tree = parse_html_bounded(html)
    except ValueError as error:
        raise SourceChanged(str(error)) from None
    question = tree.css_first("ul.ts-q-list")
    heading = tree.css_first("h1.article")
    if question is None or heading is None:
        if "页面不存在" in html:
            return None
        if "登录" in html and ("微博" in html or "passport" in html):
            raise SourceBlocked("a login page instead of the complaint")
        raise SourceChanged("no complaint fields on the detail page")
    fields = {plain(name).rstrip("：:"): plain(value) for name, value in _FIELD.findall(question.html or "")}
    link = question.css_first('a[href*="couid="]')
    couid = re.search(r"couid=(\d+)", link.attributes.get("href") or "") if link else None
    posted = _posted(tree)
    steps = _steps(tree, posted)
    tags = [t for t in f"{fields.get('投诉问题', '')},{fields.get('投诉要求', '')}".split(",") if t]
    progress = PROGRESS.get(fields.get("投诉进度", ""))
    return Detail(
        sn=re.sub(r"\D", "", fields.get("投诉编号", "")),
        title=heading.text(strip=True),
        filed_at=posted,
        company=fields.get("投诉对象", ""),
        couid=couid.group(1) if couid else "",
        amount=money(fields.get("涉诉金额")),
        status=STATUS[progress] if progress else None,
        tags=tags,
        text=next((text for name, _, text in steps if "发起" in name and text), None),
        replied_at=next((at for name, at, _ in steps if "回复" in name), None),
        completed_at=next((at for name, at, _ in steps if "完成" in name and "申请" not in name), None),
        stars=_page_stars(tree),
        steps=[{"did": did, "at": at} for name, at, _ in steps if (did := _did(name))],
        fields=fields,
    )


def project(url: str, body: str) -> str:
    """What may be kept of an answer: JSON without its authors, pages without names, all texts redacted."""
    if body.lstrip().startswith("<"):
        return project_html(body, _PARTS, "h1.article, .ts-d-cont", ".u-name", _is_number)
    try:
        document = unwrap(body)
    except SourceChanged:
        return json.dumps({"unreadable": True, "length": len(body)})
    return json.dumps(project_json(document, _KEPT), ensure_ascii=False)


def _posted(tree: LexborHTMLParser) -> dt.datetime | None:
    node = tree.css_first("span.u-date")
    found = _POSTED.search(node.text()) if node else None
    if not found:
        return None
    return dt.datetime(*(int(part or 0) for part in found.groups()), tzinfo=SHANGHAI).astimezone(dt.UTC)  # type: ignore[misc,arg-type]


def _steps(tree: LexborHTMLParser, posted: dt.datetime | None) -> list[tuple[str, dt.datetime | None, str]]:
    """(status, time, text) of each step, oldest first; the page gives them newest first and without a year."""
    found: list[tuple[str, dt.datetime | None, str]] = []
    last = posted.astimezone(SHANGHAI) if posted else None
    for node in reversed(tree.css("div.ts-d-item")):
        name, date, text = (
            node.css_first("span.u-status"),
            node.css_first("span.u-date"),
            node.css_first(".ts-d-cont"),
        )
        moment = _step_time(date.text() if date else "", last)
        if moment is not None:
            last = moment
        found.append(
            (
                name.text(strip=True) if name else "",
                moment.astimezone(dt.UTC) if moment else None,
                text.text(separator="\n", strip=True) if text else "",
            )
        )
    return found


def _step_time(text: str, last: dt.datetime | None) -> dt.datetime | None:
    """A step's time in the year of the step before it, or the next one when it would run backwards."""
    found = _STEP.search(text)
    if not found or (last is None and not found.group(1)):
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    try:
        moment = dt.datetime(year or last.year, month, day, hour, minute, second or 0, tzinfo=SHANGHAI)  # type: ignore[union-attr,arg-type]
        if year is None and last is not None and moment < last - dt.timedelta(days=1):
            moment = moment.replace(year=moment.year + 1)
    except ValueError:
        return None
    return moment


def _did(name: str) -> str | None:
    return next((did for did in DID if did in name), None)


def _page_stars(tree: LexborHTMLParser) -> int | None:
    for row in tree.css("div.ts-d-pj li"):
        if "满意" in row.text() and (found := _STARS.search(row.html or "")):
            return int(found.group(1))
    return None


def _is_number(node: LexborNode) -> bool:
    """Whether a text node is the complaint's own number, which has the form of a telephone number."""
    if not _NUMBER.fullmatch(node.text_content or ""):
        return False
    parent = node.parent
    item = (
        parent if parent is not None and parent.tag == "li" else parent.parent if parent is not None else None
    )
    # Only the item's first children: a page with thousands of texts in one item must not be read thousands of times.
    child = item.child if item is not None else None
    for _ in range(8):
        if child is None or "投诉编号" in (child.text() or "")[:40]:
            break
        child = child.next
    else:
        return False
    return child is not None


SHORTEST = dt.timedelta(hours=1)
"""Between two polls less than this apart no daily figure is given."""
APART = 20_000
"""Numbers between two neighbours of one feed that are more than this apart belong to different days: the feed holds about half an hour."""
FAR = 200
"""In a small market the neighbours may be as far apart as this many times their median distance."""


def newest(numbers: Collection[int]) -> set[int]:
    """The numbers that follow one another; without those a site pins or re-opens, and without one misread far ahead.

    The largest run of neighbours, of equal ones the higher; a run ends where the gap is out of all proportion.
    """
    ordered = sorted(set(numbers))
    gaps = [b - a for a, b in pairwise(ordered)]
    if not gaps:
        return set(ordered)
    bound = max(APART, FAR * median(gaps))
    runs: list[list[int]] = []
    run = [ordered[0]]
    for number, gap in zip(ordered[1:], gaps, strict=True):
        if gap > bound:
            runs.append(run)
            run = []
        run.append(number)
    best = max([*runs, run], key=_size)
    return set(best)


def _size(run: list[int]) -> tuple[int, int]:
    return len(run), run[-1]


def of_poll(numbers: Collection[int], before: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Coverage of one poll, the site's running number and its submissions a day.

    `before` is what the last good poll measured. The window reaches from its highest number (at a first poll, from the
    lowest seen) to the highest seen now; `window_seen` of its `window_numbers` were read, `coverage` is their share.
    `site_per_day` is None at a first poll or within the hour.
    """
    seen = newest(numbers)
    first, last = min(seen), max(seen)
    known = int(before.get("sn_max") or 0)
    start = known if 0 < known <= last else first - 1
    fresh = sum(number > start for number in seen)
    return {
        "seen": len(seen),
        "sn_min": first,
        "sn_max": max(last, start),
        "old_numbers": len(set(numbers)) - len(seen),
        "window_from": start + 1,
        "window_numbers": last - start,
        "window_seen": fresh,
        "coverage": round(fresh / (last - start), 6) if last > start else None,
        "site_number": last - SN_ZERO,
        "site_per_day": _per_day(last, before, now),
        "polled_at": now.isoformat(),
    }


def _per_day(last: int, before: dict[str, Any], now: dt.datetime) -> float | None:
    number, at = before.get("sn_max"), before.get("polled_at")
    if not number or not at or last < int(number):
        return None
    passed = now - dt.datetime.fromisoformat(at)
    return round((last - int(number)) / (passed / dt.timedelta(days=1)), 1) if passed >= SHORTEST else None
