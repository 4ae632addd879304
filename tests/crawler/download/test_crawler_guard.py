"""What the crawler may connect to, and by which address a name is judged; what is tried against it is listed in tests/security."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import HtmlResponse, Response
from scrapy.statscollectors import StatsCollector
from scrapy.utils.project import get_project_settings

from crawler.download.handlers import GuardedHandler, GuardedResolver
from crawler.download.politeness import HostStopMiddleware, SameSiteRedirectMiddleware
from crawler.guard import Guard, Refused
from store.text.ip_addresses import is_public
from tests.support.hostile.attacks import ANSWERS, BOMBS, MOVED, POINTLESS, SILENT, SPELT, URLS, Answer

OPEN = Guard(sandbox=False, allowed_hosts=[])
BOX = Guard(sandbox=True, allowed_hosts=[])


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "https://例子.中国/", "http://93.184.215.14/", "https://[2606:4700::1111]/x?y=1"],
)
def test_public_sites_are_let_through(url: str) -> None:
    OPEN.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://rdap.verisign.example/com/v1/domain/pay.com",
        "https://rdap.registry.example/domain/login.cn",
        "https://rdap.registry.example/rdap/domain/xn--fiqs8s.cart.xn--fiqs8s",
        "https://rdap.registry.example/domain/bill.top",
        "http://icp.service.example/query/pay.com",
        "http://icp.service.example/query/checkout.com.cn",
    ],
)
def test_a_registry_may_be_asked_about_any_name(url: str) -> None:
    Guard(False, [], registries=["icp.service.example"]).check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/query/pay.com",
        "https://shop.example/domain/pay",
        "https://shop.example/domain/login.php",
        "https://shop.example/domain/pay.html",
        "https://shop.example/domain/pay.com/order-search",
        "https://shop.example/pay.com",
        "https://shop.example/login?next=/domain/pay.com",
        "http://icp.service.example/api/auth/login",
    ],
)
def test_a_page_does_not_pass_as_a_name(url: str) -> None:
    with pytest.raises(Refused):
        Guard(False, [], registries=["icp.service.example"]).check_url(url)


def test_a_sandbox_has_no_outside() -> None:
    BOX.check_url("http://shop.test/")
    for url in (
        "https://tousu.sina.com.cn/",
        "http://127.0.0.1/",
        "http://shop.test.example.com/",
        "http://test/",
    ):
        with pytest.raises(Refused):
            BOX.check_url(url)


async def _addresses(guard: Guard, name: str) -> set[str]:
    return {entry["host"] for entry in await GuardedResolver(guard).resolve(name, 80)}


@pytest.mark.parametrize("name", ["localhost"])
def test_a_name_is_judged_by_the_address_it_resolves_to(name: str) -> None:
    with pytest.raises(Refused):
        asyncio.run(_addresses(OPEN, name))


def test_a_host_the_operator_names_may_lie_in_his_own_network() -> None:
    assert asyncio.run(_addresses(Guard(False, ["localhost"]), "localhost")) <= {"127.0.0.1", "::1"}


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_hidden_in_ipv6_is_judged_the_same(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


# At least two hundred attacks on the crawler, by address, redirect, protocol and compression: every one is refused, none holds it up.


REFUSALS = (DownloadFailedError, DownloadTimeoutError, DownloadCancelledError, DownloadConnectionRefusedError, ResponseDataLossError,
            CannotResolveHostError)  # fmt: skip


class Named(Spider):
    name = "named"


def crawler(**settings: Any) -> Crawler:
    values = get_project_settings()
    values.setdict({"GUARD_ALLOWED_HOSTS": ["127.0.0.1"], **settings}, priority="cmdline")
    made = Crawler(Named, values)
    stops = HostStopMiddleware()
    made.get_downloader_middleware = lambda cls: stops  # type: ignore[method-assign,assignment,return-value]
    made.spider, made.stats = Named(), StatsCollector(made)
    return made


async def answered(answer: Answer, seconds: float) -> Response | str:
    """What the crawler makes of a server that gives this answer; a refusal as its words."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            await reader.readuntil(b"\r\n\r\n")
            part = b"-"
            for part in answer:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0 if part else 0.05)
            if not part:
                await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    handler = GuardedHandler(crawler(DOWNLOAD_MAXSIZE=300_000))
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        return await handler.download_request(Request(address, meta={"download_timeout": seconds}))
    except REFUSALS as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    finally:
        await handler.close()
        server.close()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_no_server_should_give_is_refused(name: str) -> None:
    came = asyncio.run(answered(ANSWERS[name], 20))
    assert isinstance(came, str) and "Timeout" not in came, came


@pytest.mark.parametrize("name", POINTLESS)
def test_a_stream_that_never_becomes_an_answer_is_left_in_time_and_fills_no_memory(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    came = asyncio.run(answered(POINTLESS[name], 0.4))
    assert "Timeout" in str(came), came
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB


def test_silent_and_dripping_servers_are_left_in_time() -> None:
    async def all_of_them() -> list[Response | str]:
        async with asyncio.timeout(20):
            return await asyncio.gather(*(answered(answer, 0.3) for answer in SILENT.values()))

    came = asyncio.run(all_of_them())
    assert ["Timeout" in str(answer) for answer in came] == [True] * len(SILENT), came


def test_an_ordinary_answer_is_read() -> None:
    headers = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 500) for n in range(80))
    came = asyncio.run(answered([b"HTTP/1.1 200 OK\r\n" + headers + b"\r\nhello"], 20))
    assert isinstance(came, Response) and came.body == b"hello"


def let_through(url: str) -> bool:
    try:
        OPEN.check_url(url)
    except (Refused, ValueError):
        return False
    return True


def test_no_scheme_spelling_or_page_that_leads_inside_is_asked() -> None:
    assert [url for url in (*URLS, *(f"http://{spelt}:8080/x" for spelt in SPELT)) if let_through(url)] == []


@pytest.mark.parametrize("location", MOVED)
def test_a_redirect_leads_nowhere_it_may_not(location: str) -> None:
    redirects = SameSiteRedirectMiddleware.from_crawler(crawler())
    request = Request("http://shop.example/")
    answer = Response(request.url, status=302, headers={"Location": location})
    try:
        next_ = redirects.process_response(request, answer)
    except IgnoreRequest:
        return
    assert next_ is answer or (isinstance(next_, Request) and not let_through(next_.url)), next_


def test_a_chain_of_redirects_ends() -> None:
    redirects, request = SameSiteRedirectMiddleware.from_crawler(crawler()), Request("http://shop.example/0")
    with pytest.raises(IgnoreRequest):
        for n in range(1, 50):
            answer = Response(request.url, status=302, headers={"Location": f"/{n}"})
            request = redirects.process_response(request, answer)  # type: ignore[assignment]
    assert n <= 6


@pytest.mark.parametrize("name", BOMBS)
def test_a_body_that_unpacks_to_more_than_is_read_is_refused(name: str) -> None:
    encoding, packed = BOMBS[name]
    unpack = HttpCompressionMiddleware.from_crawler(crawler())
    answer = HtmlResponse("http://shop.example/", headers={"Content-Encoding": encoding}, body=packed())
    with pytest.raises(IgnoreRequest):
        unpack.process_response(Request(answer.url), answer)


def test_there_are_as_many_attacks_as_promised() -> None:
    attacks = len({*URLS, *SPELT}) + len(ANSWERS) + len(POINTLESS) + len(SILENT) + len(MOVED) + len(BOMBS) + 1
    assert attacks - len({*URLS, *SPELT}) >= 85 and attacks >= 400, attacks
