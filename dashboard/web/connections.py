"""What one connection may take: bytes and count of its headers, time, connections, and how slowly it may read and send.

uvicorn's protocols know none of these limits; `protocols()` gives its two classes with them. A watch goes over each connection every
few seconds. Nothing here says or keeps who was refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import resource
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from dashboard.presenters.translations import language_in, say
from dashboard.web.security_headers import of_data

_log = logging.getLogger(__name__)
_SLICE = 16_384
"""Bytes handed to the parser at a time while a head is being read, so that the limit holds to within one slice."""
_UPLOADS = b"/_stcore/upload_file/"
_HEADERS = b"".join(name + b": " + value + b"\r\n" for name, value in of_data().items())
"""Of answers given here, before the app's own middleware, which would add them, is reached."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    head: int = 16_384
    """Request line and headers together."""
    headers: int = 100
    head_seconds: float = 10.0
    """From the first byte of a request to the end of its head."""
    idle_seconds: float = 30.0
    """A connection on which no request has begun, or a body that does not go on."""
    body: int = 65_536
    """Of a request that is no upload; the longest form we read is far below."""
    upload: int = 11 * 1024 * 1024
    slowest: float = 512.0
    """Bytes a second a reader takes at least while something waits for it, and a sender sends of a body."""
    patience: float = 30.0
    """Seconds either may be slower than that."""
    every: float = 5.0
    """Seconds between two looks at a connection."""
    linger: float = 2.0
    """Seconds in which a sender who was refused may take the answer; what it goes on sending is thrown away."""
    connections: int = 1_000
    per_address: int = 128


@dataclass
class Connections:
    """How many are open, in all and by address; the machine itself, where a reverse proxy may stand, has all of them."""

    limits: Limits
    most: int = field(init=False)
    open: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # Files and threads need descriptors, too.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.limits.connections * 2
        if soft < wanted:
            with contextlib.suppress(ValueError, OSError):
                soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.most = min(self.limits.connections, max(16, soft // 2))

    def take(self, address: str) -> bool:
        """Count a connection of an address; False, and not counted, where there are too many."""
        own = self.open[address] >= self.limits.per_address and not address.startswith(("127.", "::1"))
        if own or self.open.total() >= self.most:
            return False
        self.open[address] += 1
        return True

    def give_back(self, address: str) -> None:
        """The connection is gone."""
        self.open[address] -= 1
        if self.open[address] <= 0:
            del self.open[address]


class _Counted:
    """A transport that counts what is written to it; all else is the transport's own."""

    def __init__(self, transport: Any) -> None:
        self._transport, self.written, self._ended = transport, 0, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write, and count; to a connection that was ended meanwhile nothing, where uvloop raises and the log would hold a traceback."""
        if self._ended or self._transport.is_closing():
            return
        self.written += len(data)
        self._transport.write(data)

    def write_eof(self) -> None:
        """What is written up to here is the end."""
        self._ended = True
        self._transport.write_eof()

    def taken(self) -> tuple[int, int]:
        """Bytes that left for the reader so far, and bytes that wait."""
        waiting = self._transport.get_write_buffer_size()
        return self.written - waiting, waiting


class _Watched:
    """Looks at a connection every few seconds until it is lost; aborts it when its reader is too slow."""

    _limits: Limits
    _connections: Connections
    transport: Any
    _address: str = ""
    _timer: asyncio.TimerHandle | None = None
    _taken: int = 0
    _slow_for: float = 0.0

    def _begin(self, transport: Any) -> _Counted:
        counted = transport if isinstance(transport, _Counted) else _Counted(transport)
        self._timer = asyncio.get_running_loop().call_later(self._limits.every, self._look)
        return counted

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._too_slow() or self._overdue():
            self.transport.abort()
            return
        self._timer = asyncio.get_running_loop().call_later(self._limits.every, self._look)

    def _too_slow(self) -> bool:
        taken, waiting = self.transport.taken()
        slow = waiting and taken - self._taken < self._limits.slowest * self._limits.every
        self._slow_for = self._slow_for + self._limits.every if slow else 0.0
        self._taken = taken
        return self._slow_for >= self._limits.patience

    def _overdue(self) -> bool:
        return False


class _Http(_Watched, HttpToolsProtocol):
    """HTTP with limits. The state of one connection: is a head being read, since when, how long is it."""

    _counted = False
    _refused = False
    _reading_head = True
    _head = 0
    _exact = 0
    _body = 0
    _sent = 0
    """Of the body, when it was last looked at."""
    _dragging = 0.0
    _heard_at = 0.0
    _began_at = 0.0

    def connection_made(self, transport: Any) -> None:
        """Refuse a connection too many; watch the others."""
        address = (transport.get_extra_info("peername") or ("",))[0]
        super().connection_made(self._begin(transport))
        self._heard_at = self.loop.time()
        if not self._connections.take(address):
            self._refuse(503, b"too many connections")
            return
        self._address, self._counted = address, True

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._end()
        if self._counted:
            self._connections.give_back(self._address)
            self._counted = False
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand it to the parser, in pieces while a head is read, so that an endless header is met at once."""
        if not data:
            super().data_received(data)
            return
        self._heard_at = self.loop.time()
        for start in range(0, len(data), _SLICE) if self._reading_head else (None,):
            if self._refused or self.transport.is_closing() or self.parser is None:
                return
            piece = data if start is None else data[start : start + _SLICE]
            if self._reading_head:
                if not self._head:
                    self._began_at = self._heard_at
                self._head += len(piece)
                if self._head > self._limits.head + _SLICE:
                    self._refuse(431, b"headers too large")
                    return
            super().data_received(piece)
            if self.transport.get_protocol() is not self:
                return  # a websocket now; before our answer nothing may follow

    def on_message_begin(self) -> None:
        """A request begins."""
        self._exact, self._body, self._sent, self._dragging = 0, 0, 0, 0.0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        self._exact += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header that is whole."""
        self._exact += len(name) + len(value) + 4
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large before anything looks at it."""
        self._reading_head, self._head, self._began_at = False, 0, 0.0
        if self._exact > self._limits.head or len(self.headers) > self._limits.headers:
            self._refuse(431, b"headers too large")
            return
        if not self.url.startswith((b"/", b"*")) and self.parser.get_method() != b"CONNECT":
            # RFC 9112, 3.2.2: where the request line names a host, it is the one that is asked.
            asked = urlsplit(self.url).netloc
            self.headers[:] = [(name, asked if name == b"host" else value) for name, value in self.headers]
        said = dict(self.headers).get(b"content-length", b"")
        if said.isdigit() and int(said[:12]) > self._most():
            if self.cycle is None or self.cycle.response_complete:
                self._refuse_body()
            else:
                self.transport.abort()  # the request before is not answered yet
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._refused:
            return
        self._body += len(body)
        if self._body <= self._most():
            super().on_body(body)
        elif not self.cycle.response_started:
            self._refuse_body()
        elif self.cycle.response_complete:
            self._refused = True
            self._end_gently()
        else:
            self.transport.abort()  # a second answer in the first could not be told apart

    def on_message_complete(self) -> None:
        """The request is whole; what follows is the head of the next."""
        self._reading_head = True
        if not self._refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn does, unless it has been answered here."""
        self._refuse(400, msg.encode())

    def handle_websocket_upgrade(self) -> None:
        """The websocket's protocol watches from here on; the connection stays counted until it is lost."""
        if self._refused:
            return
        self._end()
        super().handle_websocket_upgrade()
        following = self.transport.get_protocol()
        if isinstance(following, _WebSocket) and self._counted:
            following._address, self._counted = self._address, False

    def _too_slow(self) -> bool:
        """A reader, or a sender of a body, that is slower than the limits allow."""
        slow = not self._reading_head and self._body - self._sent < self._limits.slowest * self._limits.every
        self._dragging = self._dragging + self._limits.every if slow else 0.0
        self._sent = self._body
        return super()._too_slow() or self._dragging >= self._limits.patience

    def _overdue(self) -> bool:
        now = self.loop.time()
        if self._began_at and now - self._began_at > self._limits.head_seconds:
            self._refuse(408, b"the request came too slowly")
            return False
        waits = self.cycle is None or self.cycle.response_complete or self.cycle.more_body
        return bool(waits and now - self._heard_at > self._limits.idle_seconds)

    def _most(self) -> int:
        """Bytes the body of this request may have."""
        return self._limits.upload if self.url.startswith(_UPLOADS) else self._limits.body

    def _refuse_body(self) -> None:
        lang = language_in(self.url.partition(b"?")[2])
        words = {"type": "about:blank", "title": say(lang, "api.body_too_long"), "status": 413}
        self._refuse(413, json.dumps(words, ensure_ascii=False).encode(), b"application/problem+json")

    def _refuse(self, status: int, words: bytes, kind: bytes = b"text/plain; charset=utf-8") -> None:
        if self._refused:
            return
        self._refused = True
        if self.transport.is_closing():
            return
        self.transport.write(
            STATUS_LINE[status]
            + b"content-type: "
            + kind
            + b"\r\nconnection: close\r\n"
            + _HEADERS
            + b"content-length: "
            + str(len(words)).encode()
            + b"\r\n\r\n"
            + words
        )
        if status in (413, 431):
            self._end_gently()
        else:
            self.transport.close()

    def _end_gently(self) -> None:
        """Closed while bytes of the sender are unread, the system would reset the connection, and the answer with it."""
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.loop.call_later(self._limits.linger, self.transport.abort)


class _WebSocket(_Watched, WebSocketsSansIOProtocol):
    """Websockets with limits. The app speaks binary messages only: anything else ends the connection, in one line of the log."""

    def connection_made(self, transport: Any) -> None:
        """Watch it."""
        super().connection_made(self._begin(transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._end()
        if self._address:
            self._connections.give_back(self._address)
            self._address = ""
        super().connection_lost(exc)

    def handle_text(self, event: Frame) -> None:
        """Refuse it before it is decoded."""
        _log.warning("a websocket sent a text frame; closed")
        self.conn.send_close(1003, "binary messages only")
        self.handle_parser_exception()


def protocols(limits: Limits | None = None) -> tuple[type[HttpToolsProtocol], type[WebSocketsSansIOProtocol]]:
    """The classes uvicorn makes of each connection and each websocket, which share one count of connections."""
    limits = limits or Limits()
    shared = {"_limits": limits, "_connections": Connections(limits)}
    return type("Http", (_Http,), dict(shared)), type("WebSocket", (_WebSocket,), dict(shared))
