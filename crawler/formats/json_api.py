"""What every JSON service has in common: refusals, walls in place of an answer, and a projection of named keys. Pure."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.pages.safe_parse import parse_json_bounded
from store.text.dates import moment_in

__all__ = ["ORGANISATION", "REFUSALS", "data_of", "json_of", "moment_of", "picked", "projected"]


REFUSALS = {301, 302, 303, 307, 308, 401, 403, 407, 429, 451, 456}
ORGANISATION = re.compile(
    r"公司|集团|企业|工作室|商行|经营部|商店|网店|门市|超市|中心|事务所|合作社|协会|银行|(?:厂|店|社|行|部|院|馆|站)$|\b(?:Ltd|Inc|LLC|Co)\b",
    re.I,
)
"""Words by which a name is an organisation's and no natural person's."""
_ASKS = re.compile(r"登录|登陆|验证码|滑块|人机|captcha|log ?in|sign ?in|unauthori[sz]ed|token", re.I)
_GOOD = {"code": ("200", "0"), "status": ("1", "200")}
"""Where a service says whether it answered, and what it then says."""


def json_of(status: int, text: str) -> Any:
    """The answer as JSON.

    Raises SourceBlocked for a refusal or a page in place of JSON, NotAnswered for a server's error, SourceChanged else.
    """
    if status in REFUSALS:
        raise SourceBlocked(f"HTTP {status}")
    if status >= 500:
        raise NotAnswered(f"HTTP {status}")
    if status != 200:
        raise SourceChanged(f"HTTP {status}")
    bare = text.strip()
    if bare.startswith("<"):
        raise SourceBlocked("an HTML page instead of JSON (login, captcha or firewall)")
    try:
        return parse_json_bounded(bare)
    except ValueError:
        raise SourceChanged(f"not JSON: {bare[:40]!r}") from None


def data_of(status: int, text: str) -> dict[str, Any]:
    """`data` of an answer {"code": 200 or 0, "data": {…}} or {"status": "1", "data": {…}}; raises as json_of, and for every other code."""
    document = json_of(status, text)
    if not isinstance(document, dict) or not document.keys() & _GOOD.keys():
        raise SourceChanged("an answer without a code or status")
    said = str(document.get("msg") or document.get("message") or "")[:80]
    key = "code" if "code" in document else "status"
    code = str(document[key])
    if code not in _GOOD[key]:
        if code in ("401", "403", "429") or _ASKS.search(said):
            raise SourceBlocked(f"{key} {code[:20]}: {said}")
        raise NotAnswered(f"{key} {code[:20]}: {said}")
    data = document.get("data")
    if not isinstance(data, dict):
        raise SourceChanged("an answer without data")
    return data


def projected(text: str, keep: Callable[[Any], Any]) -> str:
    """What may be kept of an answer: `keep` of its JSON. Of anything else only what it was, and its length."""
    try:
        document = parse_json_bounded(text)
    except ValueError:
        return f"<html>{len(text)}</html>" if text.strip().startswith("<") else f"unreadable {len(text)}"
    return json.dumps(keep(document), ensure_ascii=False)


def picked(value: Any, names: tuple[str, ...]) -> Any:
    """The object with only the named keys; anything else unchanged."""
    return {k: v for k, v in value.items() if k in names} if isinstance(value, dict) else value


def moment_of(value: Any) -> dt.datetime | None:
    """A time as these services print it, in UTC: unix seconds, or China time with or without an hour; None when unreadable."""
    moment = moment_in(value)
    return moment.astimezone(dt.UTC) if moment else None
