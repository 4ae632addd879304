"""黑猫投诉: the server-rendered detail page of one complaint, and what may be kept of any answer of the site.

Fields are found by their labels, never by position; a list item there is left unclosed, and step dates have no year.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.formats.heimao import STATUS, money, plain, unwrap
from crawler.nesting import page_in
from crawler.outcomes import SourceBlocked, SourceChanged
from crawler.projection import project_html, project_json
from store.dates import CHINA

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
        tree = page_in(html)
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
    return dt.datetime(*(int(part or 0) for part in found.groups()), tzinfo=CHINA).astimezone(dt.UTC)  # type: ignore[misc,arg-type]


def _steps(tree: LexborHTMLParser, posted: dt.datetime | None) -> list[tuple[str, dt.datetime | None, str]]:
    """(status, time, text) of each step, oldest first; the page gives them newest first and without a year."""
    found: list[tuple[str, dt.datetime | None, str]] = []
    last = posted.astimezone(CHINA) if posted else None
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
        moment = dt.datetime(year or last.year, month, day, hour, minute, second or 0, tzinfo=CHINA)  # type: ignore[union-attr,arg-type]
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
