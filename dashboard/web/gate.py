"""The gate before everything the dashboard answers, Streamlit's own surface and its websocket included.

Whatever is not let through by name is refused: foreign names of this machine and foreign pages (Host, Origin), addresses that are too
long, paths nobody serves, methods that write, messages of the framework's protocol that no reader needs, haste, and uploads where
no page asks for one. It must not import streamlit's server; it never writes, and says of nobody who was refused.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.presenters.translations import language_in, say
from dashboard.web import metrics, rate_limit
from dashboard.web.rate_limit import OPEN, Buckets, Rate, Stopwatch, problem, visitor

STREAM = "/_stcore/stream"
UPLOADS = "/_stcore/upload_file/"
FRAMEWORK = {"/_stcore/health": ("GET", "HEAD"), "/_stcore/host-config": ("GET", "HEAD")}
"""What the app's client asks of the framework; everything else there is closed."""
FILES = ("/static/", "/media/")
"""Where the app's own files and its downloads lie."""
MESSAGES = ("rerun_script", "stop_script", "app_heartbeat", "file_urls_request")
"""Messages a reader's client needs. A backend operation is let through when it fetches a download; `clear_cache` and others are not."""

_UPLOAD_REFUSED = {
    "closed": (403, "api.upload_closed"),
    "file": (413, "api.upload_file"),
    "session": (413, "api.upload_session"),
    "all": (503, "api.upload_all"),
}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.ASCII)
_PORTS = {"http": "80", "https": "443"}
_log = logging.getLogger(__name__)


class Budget(Protocol):
    """What may still be uploaded (dashboard/components/help_tools.py)."""

    def take(self, session: str, size: int) -> str:
        """Reserve bytes for a session; "" or the reason of a refusal: closed, session, all."""

    def give_back(self, session: str, size: int) -> None:
        """The upload has ended; what was kept of it is counted where it is kept."""


class Names:
    """The names under which visitors may ask: any address in numbers, localhost, and what the operator's setting lists.

    A name somebody else lets point here (DNS rebinding) is not among them, and a number cannot be rebound.
    """

    def __init__(self, public: Iterable[str] = ()) -> None:
        self._public = frozenset(_ascii(name) for name in public if name.strip())

    def own(self, host: str) -> bool:
        """Whether a Host header names this installation."""
        found = _HOST.fullmatch(host.lower())
        if not found or int(found[2] or 0) > 65_535:
            return False
        name = found[1].rstrip(".")
        return name == "localhost" or name in self._public or _number(name)

    def same(self, origin: str, host: str) -> bool:
        """Whether an Origin header is the page of this installation that the Host header names, or of one the setting lists."""
        try:
            parts = urlsplit(origin.lower())
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.scheme not in _PORTS or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            return False
        if name in self._public:
            return True
        usual = f":{_PORTS[parts.scheme]}"
        return (
            bool(name)
            and (port is None or port > 0)
            and parts.netloc.removesuffix(usual) == host.lower().removesuffix(usual)
        )


class Gate:
    """Lets through what is named here and answers the rest: 400, 403, 404, 405, 411, 413, 414, 421, 429, 503.

    `routes` are counted and, with the pages, share a rate. `pages` are the paths of the app's pages; where they are given, `missing`
    answers any other path. Behind a reverse proxy on the same machine the visitor is the one it names in X-Forwarded-For.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        rate: Rate = rate_limit.API,
        stopwatch: Stopwatch = time.monotonic,
        names: Names | None = None,
        pages: Collection[str] | None = None,
        missing: Callable[[str, str], Response] | None = None,
        uploads: Budget | None = None,
    ) -> None:
        self.app, self._routes, self._stopwatch = app, routes, stopwatch
        self._names, self._pages, self._missing, self._uploads = names, pages, missing, uploads
        self._rates = {
            "route": (Buckets(rate), Buckets(rate_limit.API_LOCAL)),
            "page": (Buckets(rate), Buckets(rate_limit.PAGES_LOCAL)),
            "file": (Buckets(rate_limit.FILES), Buckets(rate_limit.FILES_LOCAL)),
            "app": (Buckets(rate_limit.APP), Buckets(rate_limit.APP_LOCAL)),
            "message": (Buckets(rate_limit.MESSAGES), Buckets(rate_limit.MESSAGES_LOCAL)),
        }
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._route(scope)
        refusal: Response | None = self._refusal(scope, route)
        if refusal is None and self._unknown(scope["path"], route):
            lang = _lang(scope)
            assert self._missing is not None
            refusal = await run_in_threadpool(self._missing, scope["path"], lang)
        if refusal is not None:
            metrics.count(route, refusal.status_code)
            await refusal(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                metrics.count(route, message["status"])
            await send(message)

        if scope["path"].startswith(UPLOADS) and scope["method"] == "PUT":
            await self._upload(scope, receive, send)
        else:
            await self.app(_without_origin(scope), receive, sending if route else send)

    def _route(self, scope: Scope) -> str:
        """The pattern of the route that answers, empty for the app's own."""
        for route in self._routes:
            if route.matches(scope)[0] == Match.FULL:
                return str(getattr(route, "path", ""))
        return ""

    def _refusal(self, scope: Scope, route: str) -> JSONResponse | None:
        path, query = scope["path"], scope["query_string"]
        lang = _lang(scope)
        if len(scope.get("raw_path") or path.encode()) + len(query) > rate_limit.LONGEST_ADDRESS:
            return problem(
                414,
                say(lang, "api.too_long"),
                say(lang, "api.too_long_detail", most=rate_limit.LONGEST_ADDRESS),
            )
        if refused := self._foreign(scope, path.startswith(OPEN) and scope["method"] != "POST", lang):
            return refused
        if self._pages is not None and not self._served(path, route):
            closed = problem(404, say(lang, "api.no_route")) if path.startswith("/_stcore/") else None
            return self._haste("page", scope, path, lang) or closed
        if not route and (refused := self._other_method(scope, lang)):
            return refused
        return (
            self._haste(_kind(path, route), scope, path, lang) if route or self._pages is not None else None
        )

    def _foreign(self, scope: Scope, anyone: bool, lang: str) -> JSONResponse | None:
        """A refusal of a name that is not ours (421), and of a page that is not ours (403)."""
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        if self._names is None:
            return None
        if len(hosts) != 1 or len(origins) > 1:
            return problem(400, say(lang, "api.bad_host"))
        if not self._names.own(hosts[0]):
            return problem(421, say(lang, "api.other_host"), say(lang, "api.other_host_detail"))
        if origins and not anyone and not self._names.same(origins[0], hosts[0]):
            return problem(403, say(lang, "api.other_origin"))
        return None

    def _served(self, path: str, route: str) -> bool:
        if route or path in FRAMEWORK or path.startswith((*FILES, UPLOADS)):
            return True
        return (path.rstrip("/") or "/") in (self._pages or ()) or path.startswith(OPEN)

    def _unknown(self, path: str, route: str) -> bool:
        return self._pages is not None and self._missing is not None and not self._served(path, route)

    def _other_method(self, scope: Scope, lang: str) -> JSONResponse | None:
        """A refusal of what would write; everything published is only read. Only files are put, and taken away again."""
        path, method = scope["path"], scope["method"]
        if path.startswith(UPLOADS):
            allowed: tuple[str, ...] = ("PUT", "DELETE")
        elif self._pages is None and all(r.matches(scope)[0] != Match.PARTIAL for r in self._routes):
            return None
        else:
            allowed = FRAMEWORK.get(path, ("GET", "HEAD"))
        if method in allowed:
            return None
        answer = problem(405, say(lang, "api.only_get"))
        answer.headers["Allow"] = ", ".join(allowed)
        return answer

    def _haste(self, kind: str, scope: Scope, path: str, lang: str) -> JSONResponse | None:
        cost = next((c for start, c in rate_limit.COSTS if path.startswith(start)), 1.0)
        seconds = math.ceil(self._wait(kind, scope, cost))
        if not seconds:
            return None
        answer = problem(429, say(lang, "api.too_fast"), say(lang, "api.too_fast_detail", seconds=seconds))
        answer.headers["Retry-After"] = str(seconds)
        return answer

    def _wait(self, kind: str, scope: Scope, cost: float = 1.0) -> float:
        who = _who(scope)
        buckets = self._rates[kind][1 if _local(who) else 0]
        return buckets.wait(who, self._stopwatch(), cost)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One file of one session: its length is said beforehand, and reserved while it comes in."""
        lang, session = _lang(scope), scope["path"].removeprefix(UPLOADS).split("/", 1)[0]
        lengths = _values(scope, b"content-length")
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            await problem(411, say(lang, "api.upload_length"))(scope, receive, send)
            return
        size = int(lengths[0][:12])
        reason = self._uploads.take(session, size) if self._uploads else "closed"
        if reason:
            status, words = _UPLOAD_REFUSED[reason]
            await problem(status, say(lang, words))(scope, receive, send)
            return
        try:
            await self.app(_without_origin(scope), receive, send)
        finally:
            assert self._uploads is not None
            self._uploads.give_back(session, size)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A session of the app, or a refusal before it is accepted."""
        who = _who(scope)
        most = rate_limit.MOST_SOCKETS if _local(who) else rate_limit.MOST_SOCKETS_OF_ONE
        if (
            scope["path"] != STREAM
            or self._foreign(scope, False, "zh")
            or self._sockets[who] >= most
            or self._sockets.total() >= rate_limit.MOST_SOCKETS
            or self._wait("app", scope)
        ):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        self._sockets[who] += 1
        try:
            inner = _Talk(receive, send, lambda: self._wait("message", scope))
            await self.app(_without_origin(scope), inner.receive, inner.send)
        finally:
            self._sockets[who] -= 1
            if self._sockets[who] <= 0:
                del self._sockets[who]


class _Talk:
    """What a session's client says, held to the messages a reader needs and to a rate."""

    def __init__(self, receive: Receive, send: Send, wait: Callable[[], float]) -> None:
        self._receive, self._send, self._wait = receive, send, wait
        self._closed = False

    async def receive(self) -> Message:
        """The next message that is let through; a malformed one ends the session, in one line of the log."""
        while True:
            try:
                message = await asyncio.wait_for(self._receive(), rate_limit.SOCKET_IDLE)
            except TimeoutError:
                return await self._close(1001)
            if message["type"] != "websocket.receive":
                return message
            let_through = _needed(message.get("bytes"))
            if let_through is None:
                _log.warning("a websocket sent what is no message of the app; closed")
                return await self._close(1007)
            while seconds := self._wait():
                await asyncio.sleep(min(seconds, 5.0))
            if let_through:
                return message

    async def _close(self, code: int) -> Message:
        await self._send({"type": "websocket.close", "code": code})
        self._closed = True
        return {"type": "websocket.disconnect", "code": code}

    async def send(self, message: Message) -> None:
        """As the app says, until the session has been closed here."""
        if not self._closed:
            await self._send(message)


def _needed(frame: bytes | None) -> bool | None:
    """Whether a message is let through; None when it is none."""
    if not frame:
        return None
    parsed = BackMsg()
    try:
        parsed.ParseFromString(frame)
    except (DecodeError, RecursionError, ValueError):
        return None
    kind = parsed.WhichOneof("type")
    if kind is None:
        return None
    if kind == "backend_operation_request":
        return parsed.backend_operation_request.WhichOneof("payload") == "deferred_file"
    return kind in MESSAGES


def _kind(path: str, route: str) -> str:
    """Which rate a request is held to."""
    if route or path.startswith(OPEN):
        return "route"
    if path.startswith(FILES):
        return "file"
    return "app" if path.startswith("/_stcore/") else "page"


def _who(scope: Scope) -> str:
    client = scope.get("client")
    return visitor(client[0] if client else None)


def _local(who: str) -> bool:
    return who.startswith("127.") or who == "::/64"


def _lang(scope: Scope) -> str:
    return language_in(scope["query_string"][: rate_limit.LONGEST_ADDRESS])


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name]


def _without_origin(scope: Scope) -> Scope:
    """What has been checked here is not checked again: Streamlit would look foreign ones up over the network."""
    return {**scope, "headers": [(n, v) for n, v in scope["headers"] if n.lower() != b"origin"]}


def _ascii(name: str) -> str:
    name = name.strip().lower().rstrip(".")
    return name if name.isascii() else name.encode("idna").decode("ascii")


def _number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
