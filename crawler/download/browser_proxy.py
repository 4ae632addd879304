"""A forward proxy on loopback for the browser, so that what it connects to is the address that was checked.

The browser resolves names by itself, a second time; behind this proxy it resolves none. Every connection it wants is
resolved once under the guard and opened to that very address, so a name that changes its answer cannot lead inside.
It is opened only to a host that a page being visited is on: what the browser does not ask us about (websockets of workers,
downloads, redirects of parts) ends here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

from crawler.download.handlers import GuardedResolver, Streams, open_pinned
from crawler.guard import Guard, Refused

SLOWEST = 20.0
"""Seconds for a request's head and for a connection; the page as a whole has the browser's own limit."""
TOLD_WITHIN = 3.0
"""Seconds in which we hear from the browser that a page is led to another host; the connection may be asked for before."""
_PART = 64 * 1024
_OWN = (b"proxy-", b"connection:", b"keep-alive:")


class PinningProxy:
    """Serves CONNECT and plain http requests of one browser; one request a connection. Start, use `server`, close."""

    def __init__(
        self, guard: Guard, visited: Callable[[str], bool], names: GuardedResolver | None = None
    ) -> None:
        """Check every URL and address by `guard`; `visited`: whether a page of a host is being visited."""
        self._guard, self._visited = guard, visited
        self._names = names or GuardedResolver(guard)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen on a free port of loopback; returns the proxy's address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening and cut what is still open."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await self._names.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._answer(reader, writer)
        except asyncio.CancelledError:
            pass  # the browser is closed, and nobody waits for an answer
        except Refused:
            writer.write(_status("403 Forbidden"))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            writer.write(_status("502 Bad Gateway"))
        finally:
            self._open.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(SLOWEST):
            head = await reader.readuntil(b"\r\n\r\n")
            line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
            method, target, _ = line.decode("ascii").split(" ")
            url = urlsplit(f"https://{target}/" if method == "CONNECT" else target)
            self._guard.check_url(url.geturl())
            port = url.port or (443 if method == "CONNECT" else 80)
            await self._check_visited(url.hostname or "")
            upstream = await open_pinned(self._names, url.hostname or "", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = url._replace(scheme="", netloc="").geturl() or "/"
            kept = [field for field in fields if not field.lower().startswith(_OWN)]
            first = f"{method} {path} HTTP/1.1".encode("ascii")
            upstream[1].write(b"\r\n".join([first, *kept, b"Connection: close", b"", b""]))
        await _joined((reader, writer), upstream)

    async def _check_visited(self, host: str) -> None:
        for _ in range(round(TOLD_WITHIN / 0.05)):
            if self._visited(host):
                return
            await asyncio.sleep(0.05)
        raise Refused(f"no page of {host} is being visited")


async def _joined(one: Streams, other: Streams) -> None:
    """Pass bytes both ways until either side ends."""
    ways = [
        asyncio.ensure_future(_passed(one[0], other[1])),
        asyncio.ensure_future(_passed(other[0], one[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        # An answer that is complete ends its way; what the browser still says then is of no use.
        await asyncio.wait(ways[1:], timeout=SLOWEST)
    finally:
        for way in ways:
            way.cancel()
        other[1].transport.abort()


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(_PART):
            writer.write(part)
            await writer.drain()


def _status(text: str) -> bytes:
    return f"HTTP/1.1 {text}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
