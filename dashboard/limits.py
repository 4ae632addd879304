"""How much one visitor may ask: every limit of the web side in one place, and the gate that holds requests to them.

Who asked what is never written down: a visitor is a bucket in memory, under an address that is forgotten with it. It must not
import streamlit and never writes.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import metrics
from dashboard.text import language, say

LONGEST_ADDRESS = 4096
"""Bytes of a path with its query; a pasted chat text of 400 characters fits three times over."""
MOST_VISITORS = 10_000
"""Buckets kept at a time; the one unused for longest is forgotten first."""
COSTS = (("/snapshot/", 5.0), ("/download/", 5.0))
"""Tokens of a request by the beginning of its path; any other costs one."""

Stopwatch = Callable[[], float]


@dataclass(frozen=True)
class Rate:
    """A token bucket's size, and the tokens that flow back each second."""

    burst: float
    per_second: float


API = Rate(60, 2.0)
"""One address: a minute's burst, then two requests a second."""
API_LOCAL = Rate(2000, 200.0)
"""This machine: a measurement, or a reverse proxy that names no visitor and so speaks for many."""
FORM_SESSION = Rate(3, 1 / 600)
"""One browser session: three forms at once, then one every ten minutes."""
FORM_VISITOR = Rate(6, 1 / 300)
"""One address: a session is renewed by reloading the page."""
FORM_ALL = Rate(60, 1 / 20)
"""All forms of the installation together."""


@dataclass
class Bucket:
    """What is left of one visitor's allowance."""

    rate: Rate
    tokens: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.tokens = self.rate.burst

    def wait(self, now: float, cost: float = 1.0) -> float:
        """Take `cost` tokens and return 0.0; where they are not there, take none and return the seconds until they are."""
        passed = 0.0 if self.at is None else max(0.0, now - self.at)
        self.tokens = min(self.rate.burst, self.tokens + passed * self.rate.per_second)
        self.at = now
        if self.tokens >= cost:
            self.tokens -= cost
            return 0.0
        return (cost - self.tokens) / self.rate.per_second


class Buckets:
    """A bucket for each visitor, at most MOST_VISITORS of them; may be used by several threads."""

    def __init__(self, rate: Rate, most: int = MOST_VISITORS) -> None:
        self._rate, self._most = rate, most
        self._held: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def wait(self, who: str, now: float, cost: float = 1.0) -> float:
        """As Bucket.wait, for the visitor `who`."""
        with self._lock:
            bucket = self._held.setdefault(who, Bucket(self._rate))
            self._held.move_to_end(who)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
            return bucket.wait(now, cost)


FORMS = Buckets(FORM_ALL, most=1)
"""The forms' common bucket of this process."""
FORM_VISITORS = Buckets(FORM_VISITOR)


def form_wait(session: Bucket, now: float, address: str | None = None) -> float:
    """Seconds until a form may be handed in; 0.0 takes a token of the session, of the address (where known) and of all.

    A form refused for the others' sake costs the session nothing.
    """
    seconds = session.wait(now)
    if seconds:
        return seconds
    seconds = (address and FORM_VISITORS.wait(visitor(address), now)) or FORMS.wait("", now)
    if seconds:
        session.tokens += 1
    return seconds


def visitor(address: str | None) -> str:
    """The bucket an address belongs to: itself, or for IPv6 its /64 network, which one household has whole."""
    try:
        ip = ipaddress.ip_address((address or "").split("%", 1)[0])
    except ValueError:
        return "?"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


class Gate:
    """Refuses addresses that are too long (414), methods that would write (405) and visitors who ask too fast (429); counts answers.

    Only `routes` are limited and counted; the app's own files and its websocket pass. Behind a reverse proxy on the same
    machine the visitor is the one it names in X-Forwarded-For (uvicorn's default).
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        rate: Rate = API,
        stopwatch: Stopwatch = time.monotonic,
    ) -> None:
        self.app, self._routes, self._stopwatch = app, routes, stopwatch
        self._buckets, self._local = Buckets(rate), Buckets(API_LOCAL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        route = self._route(scope)
        refusal = self._refusal(scope, route)
        if refusal is not None:
            metrics.count(route, refusal.status_code)
            await refusal(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                metrics.count(route, message["status"])
            await send(message)

        await self.app(scope, receive, sending if route else send)

    def _route(self, scope: Scope) -> str:
        """The pattern of the route that answers, empty for the app's own."""
        for route in self._routes:
            if route.matches(scope)[0] == Match.FULL:
                return str(getattr(route, "path", ""))
        return ""

    def _refusal(self, scope: Scope, route: str) -> JSONResponse | None:
        path, query = scope["path"], scope["query_string"]
        lang = language(parse_qs(query[:LONGEST_ADDRESS].decode("latin-1")).get("lang", [None])[0])
        if len(scope.get("raw_path") or path.encode()) + len(query) > LONGEST_ADDRESS:
            return problem(
                414, say(lang, "api.too_long"), say(lang, "api.too_long_detail", most=LONGEST_ADDRESS)
            )
        if not route:
            return self._other_method(scope, lang)
        client = scope.get("client")
        who = visitor(client[0] if client else None)
        buckets = self._local if who.startswith("127.") or who == "::/64" else self._buckets
        cost = next((c for start, c in COSTS if path.startswith(start)), 1.0)
        seconds = math.ceil(buckets.wait(who, self._stopwatch(), cost))
        if not seconds:
            return None
        answer = problem(429, say(lang, "api.too_fast"), say(lang, "api.too_fast_detail", seconds=seconds))
        answer.headers["Retry-After"] = str(seconds)
        return answer

    def _other_method(self, scope: Scope, lang: str) -> JSONResponse | None:
        """A refusal where there is a route, for another method; everything published is only read."""
        if all(route.matches(scope)[0] != Match.PARTIAL for route in self._routes):
            return None
        answer = problem(405, say(lang, "api.only_get"))
        answer.headers["Allow"] = "GET, HEAD"
        return answer


def problem(status: int, title: str, detail: str = "") -> JSONResponse:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status, media_type="application/problem+json")
