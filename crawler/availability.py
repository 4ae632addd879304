"""From an answer, or its absence, to an availability probe: outcome ok, slow, down or refused, with its finer class.

A probe also keeps what happened at each layer, so that an outage, a diversion, a bad certificate and a wall stay different
facts: `dns` ok, none or sinkhole · `tcp` ok, refused or timeout · `tls` ok, failed or what is wrong with the certificate ·
`status` of HTTP · `body`, the class of the page. Null: this layer was not reached, or not seen.
"""

from __future__ import annotations

from typing import Any

from scrapy.http import Response

from crawler.decode import text_of
from crawler.walls import place_of, wall_of

SLOW_SECONDS = 5.0
_REFUSED = {"js_challenge", "waf_block", "diverted"}
"""Somebody stands between us and the site: of the site itself nothing was seen, so it is not down."""
_FAILURES: dict[str, dict[str, Any]] = {
    "dns_gone": {"class": "dns_gone", "dns": "none"},
    "sinkhole": {"outcome": "refused", "class": "diverted", "dns": "sinkhole"},
    "tls_error": {"class": "tls_error", "dns": "ok", "tcp": "ok", "tls": "failed"},
    "timeout": {"class": "timeout", "dns": "ok", "tcp": "ok"},
    "connect_timeout": {"class": "timeout", "dns": "ok", "tcp": "timeout"},
    "connect_refused": {"class": "connect_refused", "dns": "ok", "tcp": "refused"},
    "broken": {"class": "broken", "dns": "ok"},
}
_FAULTS = (("expired", "expired"), ("not yet valid", "not_yet_valid"), ("hostname mismatch", "wrong_name"), ("ip address mismatch", "wrong_name"),
           ("self-signed", "self_signed"), ("self signed", "self_signed"), ("", "untrusted"))  # fmt: skip
"""What the TLS library says of a certificate → the word that is stored; the first that fits."""


def certificate_word(fault: str) -> str:
    """expired, not_yet_valid, wrong_name, self_signed or untrusted, out of what the TLS library says."""
    return next(word for said, word in _FAULTS if said in fault.lower())


def probe_of_page(
    status: int,
    body: bytes,
    text: str,
    latency: float | None,
    shop: bool = False,
    certificate: str | None = None,
) -> dict[str, Any]:
    """Outcome, class, latency and layers of an answered home page; a wall is refused, a page in its place is down.

    `shop` says that the page was recognised as a shop's own: then nothing it announces is taken for its end. `certificate` is
    what its certificate was, a word of `tls`; None where the page came without TLS.
    """
    kind = None if shop and status == 200 else wall_of(body) or place_of(status, text)
    milliseconds = round(latency * 1000) if latency is not None else None
    if kind is None:
        slow = latency is not None and latency >= SLOW_SECONDS
        outcome, kind = ("slow", "slow") if slow else ("ok", "up")
    else:
        outcome = "refused" if kind in _REFUSED else "down"
    layers = {"dns": "ok", "tcp": "ok", "tls": certificate, "body": "up" if kind == "slow" else kind}
    return {"outcome": outcome, "class": kind, "status": status, "latency_ms": milliseconds, **layers}


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
    return {"outcome": "down", "status": None, "latency_ms": None, **_FAILURES[kind]}
