"""WHOIS, TLS and DNS asked directly: only at public or named addresses, bounded in time and size, refusals as refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from crawler.download.direct_queries import LONGEST, DirectHandler
from crawler.download.failures import classify_failure
from crawler.download.politeness import HostStopMiddleware
from crawler.guard import Refused

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


class Named(Spider):
    name = "named"


def handler(**settings: Any) -> DirectHandler:
    values = get_project_settings()
    values.setdict(
        {"GUARD_ALLOWED_HOSTS": ["localhost"], "DOWNLOAD_TIMEOUT": 2, **settings}, priority="cmdline"
    )
    crawler = Crawler(Named, values)
    stops = HostStopMiddleware()
    crawler.get_downloader_middleware = lambda cls: stops  # type: ignore[method-assign,assignment,return-value]
    return DirectHandler(crawler)


async def asked(serve: Serve | None, url: str, **settings: Any) -> Response:
    """The handler's answer to `url` while `serve` plays the port its scheme uses."""
    if serve is None:
        return await handler(**settings).download_request(Request(url))
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    scheme = url.split(":")[0]
    try:
        made = handler(DIRECT_PORTS={scheme: port}, **settings)
        return await made.download_request(Request(url))
    finally:
        server.close()


def says(text: bytes, seen: list[bytes] | None = None) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if seen is not None:
            seen.append(line)
        writer.write(text)
        await writer.drain()
        writer.close()

    return serve


def test_a_registry_is_asked_one_line_and_its_bytes_are_handed_on() -> None:
    seen: list[bytes] = []
    answer = asyncio.run(
        asked(says("注册商: 示例\r\n".encode("gb18030"), seen), "whois://localhost/lanxi.cn")
    )
    assert (answer.status, seen) == (200, [b"lanxi.cn\r\n"])
    assert answer.body == "注册商: 示例\r\n".encode("gb18030")


def test_being_told_to_slow_down_counts_as_429() -> None:
    answer = asyncio.run(asked(says(b"Queried interval is too short.\r\n"), "whois://localhost/lanxi.cn"))
    assert answer.status == 429


def test_an_endless_answer_is_cut_and_a_silent_server_is_left() -> None:
    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"x" * 4096)
            await asyncio.sleep(0)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    assert len(asyncio.run(asked(floods, "whois://localhost/a.cn")).body) == LONGEST
    with pytest.raises(DownloadTimeoutError):
        asyncio.run(asked(silent, "whois://localhost/a.cn", DOWNLOAD_TIMEOUT=0.2))
    with pytest.raises(DownloadFailedError):
        asyncio.run(asked(says(b""), "whois://localhost/a.cn"))


@pytest.mark.parametrize("url", ["whois://localhost/a.cn", "tls://localhost/", "tls://127.0.0.1/"])
def test_a_name_at_a_private_address_is_never_connected_to(url: str) -> None:
    reached: list[bytes] = []
    with pytest.raises(Refused):
        asyncio.run(asked(says(b"inside", reached), url, GUARD_ALLOWED_HOSTS=[]))
    assert reached == []


def test_a_host_without_tls_is_said_to_have_none() -> None:
    with pytest.raises(DownloadFailedError) as plain:
        asyncio.run(asked(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "tls://localhost/"))
    assert classify_failure(plain.value)[1] == "tls_error"
    with pytest.raises(DownloadConnectionRefusedError):
        asyncio.run(asked(None, "tls://localhost/", DIRECT_PORTS={"tls": 1}))


class Names(asyncio.DatagramProtocol):
    """A name server: two addresses behind an alias, name servers, no mail; every name with `gone` does not exist."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: Any) -> None:
        answer = dns.message.make_response(dns.message.from_wire(data))
        name = answer.question[0].name.to_text()
        kind = dns.rdatatype.to_text(answer.question[0].rdtype)
        if "gone" in name:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif "broken" in name:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif kind == "A":
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", "edge.cdn-demo.test."))
            answer.answer.append(
                dns.rrset.from_text("edge.cdn-demo.test.", 60, "IN", "A", "203.0.113.7", "203.0.113.8")
            )
        elif kind == "NS":
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "NS", "NS1.dns-demo.test."))
        self.transport.sendto(answer.to_wire(), peer)


async def resolved(name: str) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    try:
        made = handler(DNS_SERVERS=["127.0.0.1"], DIRECT_PORTS={"dns": port})
        found: dict[str, Any] = json.loads((await made.download_request(Request(f"dns://{name}/"))).body)
        return found
    finally:
        transport.close()


def test_a_name_is_resolved_to_counts_alias_and_servers_and_a_missing_one_is_missing() -> None:
    found = asyncio.run(resolved("www.lanxi.cn"))
    assert found["rcode"] == "NOERROR" and found["A"] == ["203.0.113.7", "203.0.113.8"]
    assert found["CNAME"] == ["edge.cdn-demo.test"] and found["NS"] == ["ns1.dns-demo.test"]
    assert found["AAAA"] == [] and found["MX"] == []
    assert asyncio.run(resolved("gone.cn"))["rcode"] == "NXDOMAIN"


def test_a_name_server_that_fails_is_not_a_missing_name() -> None:
    with pytest.raises(DownloadFailedError):
        asyncio.run(resolved("broken.cn"))
