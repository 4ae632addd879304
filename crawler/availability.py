"""From an answer, or its absence, to an availability probe: outcome ok, slow, down or refused, with its finer class."""

from __future__ import annotations

from typing import Any

from scrapy.http import Response

from crawler.decode import text_of
from crawler.walls import place_of, wall_of

SLOW_SECONDS = 5.0
_REFUSED = {"js_challenge", "waf_block", "diverted"}
"""Somebody stands between us and the site: of the site itself nothing was seen, so it is not down."""
_FAILURES = {
    "dns_gone": "dns_gone",
    "tls_error": "tls_error",
    "timeout": "timeout",
    "connect_timeout": "timeout",
    "connect_refused": "connect_refused",
    "broken": "broken",
}


def probe_of_page(
    status: int, body: bytes, text: str, latency: float | None, shop: bool = False
) -> dict[str, Any]:
    """Outcome, class, status and latency of an answered home page; a wall is refused, a page in its place is down.

    `shop` says that the page was recognised as a shop's own: then nothing it announces is taken for its end.
    """
    kind = None if shop and status == 200 else wall_of(body) or place_of(status, text)
    milliseconds = round(latency * 1000) if latency is not None else None
    if kind is None:
        slow = latency is not None and latency >= SLOW_SECONDS
        outcome, kind = ("slow", "slow") if slow else ("ok", "up")
    else:
        outcome = "refused" if kind in _REFUSED else "down"
    return {"outcome": outcome, "class": kind, "status": status, "latency_ms": milliseconds}


def probe_of_failure(kind: str, answer: Response | None = None) -> dict[str, Any] | None:
    """The probe a failed request makes, or None when nothing was learned about the site.

    Where a refusal or a closed shop answered in place of robots.txt, that answer is the observation. A robots.txt that fails
    (a server's error, no answer in time) means that nothing was asked: the site is neither down nor closed, but unknown.
    """
    if answer is not None and answer.status >= 500:
        return None
    if answer is not None:
        probe = probe_of_page(answer.status, answer.body, text_of(answer), None)
        return probe if probe["outcome"] in ("down", "refused") and probe["class"] != "not_found" else None
    if kind not in _FAILURES:
        return None
    return {"outcome": "down", "class": _FAILURES[kind], "status": None, "latency_ms": None}
