"""A plain HTTP/1.1 server, one answer a connection, with and without TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from rehearsal.certificates import Authority
from rehearsal.places import addresses
from rehearsal.state import StateFile

LARGEST = 64 * 1024


@dataclass(frozen=True)
class Question:
    """One request."""

    scheme: str
    method: str
    host: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


Site = Callable[[Question], Answer | None]
"""None cuts the connection."""


class Web:
    """Serves `site` on the world's addresses."""

    def __init__(self, site: Site, authority: Authority, state: StateFile) -> None:
        """`state` says which certificates have run out."""
        self._site = site
        self._authority = authority
        self._state = state
        self._any = authority.context("unknown.invalid", False)
        self._hosts = addresses()

    async def listen(self, address: str, plain: int | None, secure: int | None) -> list[asyncio.Server]:
        """Open the ports that are named."""
        servers = []
        if plain:
            servers.append(await asyncio.start_server(self._plain, address, plain))
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context = self._authority.context(f"default-{len(address)}.invalid", False)
            context.sni_callback = self._by_name
            servers.append(await asyncio.start_server(self._secure, address, secure, ssl=context))
        return servers

    def _by_name(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        host = (name or "").lower()
        expired = host.removeprefix("www.") in self._state.read().expired
        connection.context = self._authority.context(host or "unnamed.invalid", expired)

    async def _plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve("http", reader, writer)

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve("https", reader, writer)

    async def _serve(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            question = await _question(scheme, reader)
            self._state.note(f"{time.time():.2f} {scheme}://{question.host}{question.target}")
            answer = self._site(question)
            if answer is None:
                writer.transport.abort()
                return
            writer.write(_wire(answer))
            await writer.drain()
        writer.close()


async def _question(scheme: str, reader: asyncio.StreamReader) -> Question:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    pairs = (line.partition(":") for line in head[1:] if ":" in line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    length = min(int(headers.get("content-length") or 0), LARGEST)
    body = await reader.readexactly(length)
    host = headers.get("host", "").lower().removesuffix(":443").removesuffix(":80")
    return Question(scheme, method, host, target, headers, body)


def _wire(answer: Answer) -> bytes:
    body = answer.body.encode()
    headers = {
        "Content-Type": answer.kind,
        "Content-Length": str(len(body)),
        "Connection": "close",
        **answer.headers,
    }
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
