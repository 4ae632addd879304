"""How much one visitor may ask: every rate of the web side in one place (dashboard/web/gate.py holds requests to them).

Who asked what is never written down: a visitor is a bucket in memory, under an address that is forgotten with it. It must not
import streamlit and never writes.
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

LONGEST_ADDRESS = 4096
"""Bytes of a path with its query; a pasted chat text of 400 characters fits three times over."""
OPEN = (
    "/api/", "/badge/", "/feeds/", "/s/", "/download/", "/snapshot/", "/dossier/", "/bulletins/", "/exchange/", "/delta.zip",
)  # fmt: skip
"""What pages of other sites may read, too: it is published, the same for everybody, and takes no cookie."""
MOST_VISITORS = 10_000
"""Buckets kept at a time; the one unused for longest is forgotten first."""
COSTS = (
    ("/snapshot/", 5.0),
    ("/download/", 5.0),
    ("/dossier/", 10.0),
    ("/bulletins/", 5.0),
    ("/exchange/", 10.0),
    ("/delta.zip", 5.0),
    ("/api/v1/picture/", 6.0),
    ("/api/v1/timemap/", 5.0),
)
"""Tokens of a request by the beginning of its path; any other costs one."""
MOST_SOCKETS = 400
"""Open sessions of the app; measured in docs/decisions."""
MOST_SOCKETS_OF_ONE = 40
"""Of one address, behind which a whole household or campus may be."""
SOCKET_IDLE = 3_600.0
"""Seconds a session may say nothing; a page left open begins another when it is looked at again."""

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
PAGES_LOCAL = Rate(300, 30.0)
"""This machine, pages: fewer than one process can make."""
FILES = Rate(1_500, 60.0)
"""One address: the app's own files; a first visit asks for about a hundred."""
FILES_LOCAL = Rate(20_000, 2_000.0)
APP = Rate(120, 4.0)
"""One address: sessions begun, and what a session asks of the framework (health, uploads)."""
APP_LOCAL = Rate(1_000, 100.0)
MESSAGES = Rate(200, 8.0)
"""One address: messages of its sessions, each of which runs a page; those beyond are made to wait, never lost."""
MESSAGES_LOCAL = Rate(2_000, 200.0)
FORM_SESSION = Rate(3, 1 / 600)
"""One browser session: three forms at once, then one every ten minutes."""
FORM_VISITOR = Rate(6, 1 / 300)
"""One address: a session is renewed by reloading the page."""
FORM_ALL = Rate(60, 1 / 20)
"""All forms of the installation together."""

LOOK_VISITOR = Rate(4, 1 / 900)
"""One address: sites it may have looked at (kamengwatch/pipeline/look.py keeps the day's budget of all)."""
LOOK_ALL = Rate(40, 1 / 15)
CODE_VISITOR = Rate(12, 1 / 60)
"""One address: codes of reports looked up; a wrong one takes more."""
CODE_ALL = Rate(240, 1.0)
WRONG_CODE = 3
WRONG_CODE_SECONDS = 1.0
"""A wrong code is answered after a pause."""


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
LOOKS = Buckets(LOOK_ALL, most=1)
LOOK_VISITORS = Buckets(LOOK_VISITOR)
CODES = Buckets(CODE_ALL, most=1)
CODE_VISITORS = Buckets(CODE_VISITOR)


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


def look_wait(now: float, address: str | None) -> float:
    """Seconds until a look may be asked for; 0.0 takes a token of the address and of all."""
    return LOOK_VISITORS.wait(visitor(address), now) or LOOKS.wait("", now)


def code_wait(now: float, address: str | None) -> float:
    """Seconds until the code of a report may be looked up; 0.0 takes a token of the address and of all."""
    return CODE_VISITORS.wait(visitor(address), now) or CODES.wait("", now)


def code_wrong(now: float, address: str | None) -> None:
    """A wrong code takes more of the address's tokens: whoever tries many waits."""
    for _ in range(WRONG_CODE):
        CODE_VISITORS.wait(visitor(address), now)


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


def problem(status: int, title: str, detail: str = "") -> JSONResponse:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status, media_type="application/problem+json")


async def posted(request: Request, longest: int) -> dict[str, str] | None:
    """The fields of a small posted form or JSON object; None where it is longer, does not say how long it is, or its sender left before its end."""
    length = request.headers.get("content-length", "" if "transfer-encoding" in request.headers else "0")
    if not (length.isascii() and length.isdigit()) or int(length[:12]) > longest:
        return None
    try:
        body = (await request.body()).decode("utf-8", "replace")
    except ClientDisconnect:
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        return {k: v for k, v in told.items() if isinstance(v, str)} if isinstance(told, dict) else {}
    return {name: values[0] for name, values in parse_qs(body).items()}
