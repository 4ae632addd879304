"""Questions that are not web pages, as download handlers: whois://, tls:// and dns://, under the same guard and pace.

`whois://SERVER/NAME` the registry's text · `tls://HOST/` the certificate a host shows (DER) · `dns://HOST/` how a name
resolves (JSON). Each is one short connection to a checked and pinned address, bounded in time and size; nothing of a
page is asked. In the sandbox they go through its proxy (CONNECT).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import dns.asyncresolver
import dns.exception
import dns.message
import dns.rdatatype
import dns.resolver
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Response, TextResponse

from crawler.download.handlers import GuardedResolver, Streams, open_pinned
from crawler.download.host_lease import HostRateLimiter
from crawler.download.politeness import HostStopMiddleware
from crawler.download.tls import unverified
from crawler.formats.domain_records import state_of
from crawler.guard import Guard
from crawler.pages.decoding import decode
from store.text.query import registrable

LONGEST = 64 * 1024
"""Bytes of a WHOIS answer; registries send two or three thousand."""
PLAYED_DNS = "dns.sandbox.test"
_PORTS = {"whois": 43, "tls": 443, "dns": 53}
_HEAD = 4096


class DirectHandler(BaseDownloadHandler):
    """One question, one connection. Raises Refused, Unwelcome, or one of Scrapy's download errors."""

    lazy = True  # `scrapy shell` makes its engine before a loop runs

    def __init__(self, crawler: Crawler) -> None:
        """The guard, the sandbox's proxy if there is one, and the name servers: the system's, or DNS_SERVERS."""
        super().__init__(crawler)
        settings = crawler.settings
        self._crawler = crawler
        self._names = GuardedResolver(Guard.of(crawler))
        self._proxy = urlsplit(settings.get("SANDBOX_PROXY") or "")
        self._seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._ports = _PORTS | {k: int(v) for k, v in settings.getdict("DIRECT_PORTS").items()}
        self._turns = HostRateLimiter(crawler)
        self._servers: list[str] = settings.getlist("DNS_SERVERS")

    async def download_request(self, request: Request) -> Response:
        """Ask and answer within the time limit."""
        stops = self._crawler.get_downloader_middleware(HostStopMiddleware)
        assert stops is not None
        url = urlsplit(request.url)
        # As for pages; a name's resolution asks name servers, and not the site.
        turn = (
            contextlib.nullcontext()
            if url.scheme == "dns"
            else self._turns.at(url.hostname or "", stops.stopped)
        )
        async with turn:
            stops.process_request(request)
            return stops.process_response(request, await self._asked(request))

    async def _asked(self, request: Request) -> Response:
        url = urlsplit(request.url)
        host = url.hostname or ""
        ask = {"whois": self._whois, "tls": self._certificate, "dns": self._resolution}[url.scheme]
        try:
            async with asyncio.timeout(self._seconds):
                response = await ask(request, host)
        except TimeoutError as error:
            raise DownloadTimeoutError(f"no answer from {host}") from error
        except socket.gaierror as error:
            raise CannotResolveHostError(f"{host} does not resolve") from error
        except ConnectionRefusedError as error:
            raise DownloadConnectionRefusedError(f"{host} refused the connection") from error
        except (OSError, EOFError) as error:  # ssl.SSLError is an OSError
            raise DownloadFailedError(f"{host}: {error}") from error
        return response

    async def close(self) -> None:
        """Nothing is held open."""
        await self._names.close()

    async def _whois(self, request: Request, host: str) -> Response:
        name = urlsplit(request.url).path.strip("/")
        async with self._open(host, self._ports["whois"]) as (reader, writer):
            writer.write(f"{name}\r\n".encode("ascii"))
            await writer.drain()
            body = b""
            while len(body) < LONGEST and (part := await reader.read(LONGEST - len(body))):
                body += part
        if not body:
            raise DownloadFailedError(f"{host} answered nothing")
        refused = state_of(decode(body)) == "refused"
        return _answer(request, body, "text/plain", 429 if refused else 200)

    async def _certificate(self, request: Request, host: str) -> Response:
        """The handshake and nothing after it; whether the certificate is valid is for the reader to say."""
        port = urlsplit(request.url).port or self._ports["tls"]
        async with self._open(host, port) as (_, writer):
            await writer.start_tls(unverified(), server_hostname=host)
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return Response(request.url, headers={"Content-Type": "application/pkix-cert"}, body=der or b"")

    async def _resolution(self, request: Request, host: str) -> Response:
        domain = registrable(host)
        found: dict[str, Any] = {"name": host}
        for kind, name in (("A", host), ("AAAA", host), ("NS", domain), ("MX", domain)):
            answer = await self._query(name, kind)
            if kind == "A":
                found["rcode"] = dns.rcode.to_text(answer.rcode())
                found["CNAME"] = _values(answer, "CNAME")
            found[kind] = _values(answer, kind)
            if found["rcode"] != "NOERROR":
                break
        return _answer(request, json.dumps(found).encode(), "application/json", 200)

    async def _query(self, name: str, kind: str) -> dns.message.Message:
        if self._proxy.hostname:
            return await self._played(name, kind)
        resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers, resolver.port = list(self._servers), self._ports["dns"]
        resolver.lifetime = self._seconds / 4
        try:
            answer = await resolver.resolve(name, kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN as error:
            return error.response(error.qnames()[0])  # type: ignore[no-untyped-call, no-any-return]
        except dns.exception.DNSException as error:
            raise DownloadFailedError(f"{name} {kind}: {error}"[:200]) from error
        assert isinstance(answer.response, dns.message.Message)
        return answer.response

    async def _played(self, name: str, kind: str) -> dns.message.Message:
        """The same question to the sandbox's name server, over TCP (RFC 1035 §4.2.2)."""
        wire = dns.message.make_query(name, kind).to_wire()
        async with self._open(PLAYED_DNS, self._ports["dns"]) as (reader, writer):
            writer.write(len(wire).to_bytes(2, "big") + wire)
            await writer.drain()
            length = int.from_bytes(await reader.readexactly(2), "big")
            return dns.message.from_wire(await reader.readexactly(length))

    @contextlib.asynccontextmanager
    async def _open(self, host: str, port: int) -> AsyncIterator[Streams]:
        """A connection to the checked address of `host`, closed when done."""
        streams = await (
            self._tunnelled(host, port) if self._proxy.hostname else open_pinned(self._names, host, port)
        )
        try:
            yield streams
        finally:
            streams[1].transport.abort()

    async def _tunnelled(self, host: str, port: int) -> Streams:
        assert self._proxy.hostname and self._proxy.port
        reader, writer = await asyncio.open_connection(self._proxy.hostname, self._proxy.port)
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:20]:
            writer.transport.abort()
            raise ConnectionRefusedError(f"{host}:{port}")
        return reader, writer


def _answer(request: Request, body: bytes, media_type: str, status: int) -> Response:
    return TextResponse(request.url, status=status, headers={"Content-Type": media_type}, body=body)


def _values(answer: dns.message.Message, kind: str) -> list[str]:
    """The values of one type in an answer; of a mail exchanger its host, of names the name."""
    wanted = dns.rdatatype.from_text(kind)
    return sorted(
        value.to_text().split(" ")[-1].rstrip(".").lower() for rrset in answer.answer if rrset.rdtype == wanted for value in rrset
    )  # fmt: skip
