"""A local web server that tells how it was visited: every request with its time, and how many were open at once."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

Answer = tuple[int, str, str | bytes]
"""Status, media type, body."""


@dataclass
class Visits:
    """What the server saw: (monotonic seconds, path) of each request, and the most that were open together."""

    address: str = "127.0.0.1"
    port: int = 0
    seen: list[tuple[float, str]] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0
    heads: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    @property
    def paths(self) -> list[str]:
        """The paths in order."""
        return [path for _, path in self.seen]

    @property
    def shortest_gap(self) -> float:
        """Seconds between the two arrivals nearest to each other; two are needed to tell."""
        moments = [moment for moment, _ in self.seen]
        assert len(moments) >= 2, f"only {len(moments)} request came"
        return min(later - earlier for earlier, later in pairwise(moments))


@contextmanager
def serving(
    answer: Callable[[str], Answer],
    seconds: float = 0.0,
    address: str = "127.0.0.1",
    context: ssl.SSLContext | None = None,
) -> Iterator[Visits]:
    """Serve `answer(path)` on a free port of a loopback address, taking `seconds` for each; over TLS with `context`."""
    visits, lock = Visits(address), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                visits.seen.append((time.monotonic(), self.path))
                visits.heads.append(str(self.headers))
                visits.agents.add(self.headers.get("User-Agent", ""))
                visits.open_now += 1
                visits.most_open = max(visits.most_open, visits.open_now)
            try:
                time.sleep(seconds)
                status, media_type, body = answer(self.path)
                data = body if isinstance(body, bytes) else body.encode()
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            finally:
                with lock:
                    visits.open_now -= 1

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that broke off the handshake
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    visits.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield visits
    finally:
        server.shutdown()
        server.server_close()
