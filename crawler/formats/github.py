"""Issues of a repository as the documented REST API gives them: what kind of trouble each tells of, and in which version. Pure.

Only counts leave this module: who wrote is dropped before anything is kept, and no sentence is stored as an observation.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from crawler.errors import SourceChanged
from crawler.formats.json_api import picked
from store.redaction.redact import clean

_KEPT = (
    "number",
    "title",
    "body",
    "state",
    "created_at",
    "closed_at",
    "updated_at",
    "labels",
    "pull_request",
    "html_url",
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "record_lost",
        re.compile(r"订单(?:号)?(?:丢失|消失|不见|没了|查不到|查询不到)|(?:查不到|没有|丢失)[^。\n]{0,6}订单(?:记录)?|掉单后?无记录|orders? (?:lost|missing|disappear)", re.I),
    ),
    (
        "payment_not_synced",
        re.compile(
            r"(?:支付|付款|付完款|扫码)[^。\n]{0,12}(?:待支付|未支付|没(?:有)?回调|不回调|无回调|状态不(?:更新|变|改)|不跳转|还是未)"
            r"|(?:异步|回调|notify)[^。\n]{0,10}(?:没有|未|收不到|失败|不(?:触发|生效|通知))|漏单|callback (?:not|fail)|not (?:notified|synced)",
            re.I,
        ),
    ),
    (
        "stuck",
        re.compile(r"(?:支付|付款|订单)[^。\n]{0,12}(?:不发卡|不发货|未发货|没发货|没有发|处理中|卡住)|不自动发(?:货|卡)|补单|stuck|not deliver", re.I),
    ),
    ("unspecified", re.compile(r"掉单")),
)  # fmt: skip
_VERSION = re.compile(
    r"(?:版本(?:号)?|version|ver|release|tag)\s*[:：=为是\]）)]?\s*[vV]?(\d{1,3}(?:\.\d{1,4}){1,3}(?:-(?:alpha|beta|rc)[.\d]*)?)",
    re.I,
)
_BARE = re.compile(r"(?<![\w.])[vV](\d{1,3}(?:\.\d{1,4}){1,3})(?![\w.])")


@dataclass(frozen=True)
class Issue:
    """One issue: its number, when it was opened and closed, the version it names, the kind of drop or None."""

    number: int
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    version: str | None
    drop: str | None


def keep(document: Any) -> Any:
    """What may be kept of a list of issues: named keys, texts redacted; accounts, avatars and assignees are dropped."""
    if not isinstance(document, list):
        return picked(document, ("message", "documentation_url", "status"))
    return [_kept(item) for item in document]


def issues_of(document: Any) -> list[Issue | None]:
    """The issues of one page, None for each pull request among them; raises SourceChanged for anything else."""
    if not isinstance(document, list):
        raise SourceChanged("not a list of issues")
    return [_issue(item) for item in document]


def drop_of(title: str, body: str) -> str | None:
    """The kind of dropped order an issue tells of, None when it is about something else.

    A feature wish that merely names such trouble is told apart by its title only where it says so.
    """
    if re.search(r"建议|希望|求助?加|feature|请求增加", title, re.I):
        return None
    text = f"{title}\n{body[:3000]}"
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)


def version_of(title: str, body: str) -> str | None:
    """The software version an issue states, without a leading v; None when it states none."""
    found = (
        _VERSION.search(body) or _VERSION.search(title) or _BARE.search(title) or _BARE.search(body[:1500])
    )
    return found.group(1) if found else None


_FIELD = re.compile(
    r"^\s*(?:#{1,6}\s*|[-*]\s+)?(?:\*\*)?\s*(?P<name>[^*#：:\n]{1,30}?)\s*(?:\*\*)?\s*(?:[：:][ \t]*(?:\*\*)?[ \t]*(?P<same>[^\n]*)|\n\s*(?P<next>[^#\n]+))$",
    re.M,
)
_SOLVED = re.compile(r"已解决|已恢复|误报|撤销|不实|solved|resolved", re.I)


@dataclass(frozen=True)
class Failure:
    """One entry of a registry of failures: the shop's name and address as its template has them, and what became of it."""

    number: int
    at: dt.datetime
    title: str
    name: str
    address: str
    reachable: str
    span: str
    solved_at: dt.datetime | None


def failures_of(document: Any) -> list[Failure | None]:
    """The entries of one page, None for each issue that does not fill the template in; raises SourceChanged for anything else."""
    if not isinstance(document, list):
        raise SourceChanged("not a list of issues")
    return [_failure(item) for item in document]


def _failure(item: Any) -> Failure | None:
    if not isinstance(item, dict) or not isinstance(item.get("number"), int):
        raise SourceChanged("an issue without a number")
    said = {
        m["name"].strip(): (m["same"] if m["same"] is not None else m["next"]).strip().strip("*").strip()
        for m in _FIELD.finditer(str(item.get("body") or "")[:6000])
    }
    name, address, reach, span = (
        next((value for key, value in said.items() if re.search(pattern, key)), "")
        for pattern in (r"^名称", r"^网址|官网|域名", r"联系", r"不可用.*(?:时间|起止)|起止")
    )
    if item.get("pull_request") or not (name or address):
        return None
    try:
        at = _moment(item["created_at"])
        labels = item.get("labels") or []
        told = " ".join(str(one.get("name") if isinstance(one, dict) else one) for one in labels)
        end = item.get("closed_at") or item.get("updated_at")
        solved = _moment(end) if _SOLVED.search(f"{told} {item.get('title') or ''}") and end else None
    except (KeyError, ValueError):
        raise SourceChanged("an issue without a time of opening") from None
    return Failure(item["number"], at, str(item.get("title") or ""), name, address, reach, span, solved)


def tally(issues: list[Issue], since: dt.datetime) -> dict[str, Any]:
    """Counts of issues opened at or after `since`: all, open, drops by kind, and the same drops by version."""
    recent = [issue for issue in issues if issue.opened_at >= since]
    drops = [issue for issue in recent if issue.drop]
    versions: dict[str, dict[str, int]] = {}
    for issue in recent:
        row = versions.setdefault(issue.version or "unstated", {"issues": 0, "drops": 0, "open_drops": 0})
        row["issues"] += 1
        row["drops"] += bool(issue.drop)
        row["open_drops"] += bool(issue.drop) and issue.closed_at is None
    kinds = {kind: sum(issue.drop == kind for issue in drops) for kind, _ in _KINDS}
    return {
        "issues": len(recent),
        "open": sum(issue.closed_at is None for issue in recent),
        "drops": len(drops),
        "open_drops": sum(issue.closed_at is None for issue in drops),
        "kinds": kinds,
        "versions": dict(sorted(versions.items(), key=lambda pair: (-pair[1]["issues"], pair[0]))[:20]),
        "last_drop_on": max((issue.opened_at for issue in drops), default=None),
    }


def _kept(item: Any) -> Any:
    kept = picked(item, _KEPT)
    if not isinstance(kept, dict):
        return None
    texts = {key: clean(str(kept[key]))[:6000] for key in ("title", "body") if kept.get(key)}
    labels = kept.get("labels")
    names = [
        clean(str(label.get("name")))
        for label in (labels if isinstance(labels, list) else ())
        if isinstance(label, dict)
    ]
    return kept | texts | {"labels": names, "pull_request": bool(kept.get("pull_request"))}


def _moment(value: Any) -> dt.datetime:
    """A time of the API, which writes them in UTC; raises ValueError when it is none."""
    moment = dt.datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _issue(item: Any) -> Issue | None:
    if not isinstance(item, dict) or not isinstance(item.get("number"), int):
        raise SourceChanged("an issue without a number")
    if item.get("pull_request"):
        return None
    title, body = str(item.get("title") or ""), str(item.get("body") or "")
    try:
        opened = _moment(item["created_at"])
        closed = _moment(item["closed_at"]) if item.get("closed_at") else None
    except (KeyError, ValueError):
        raise SourceChanged("an issue without a time of opening") from None
    return Issue(item["number"], opened, closed, version_of(title, body), drop_of(title, body))
