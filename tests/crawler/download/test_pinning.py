"""The browser's way out: what it connects to is the address that was checked, however its name answers the next time."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.download.browser import available, executable
from crawler.download.browser_proxy import PinningProxy
from crawler.download.handlers import GuardedResolver
from crawler.guard import Guard
from kamengwatch.pipeline.step_process import MEMORY
from tests.support.servers.polite_server import Answer, serving

ROOT = Path(__file__).resolve().parents[3]
NAMED = Guard(sandbox=False, allowed_hosts=["localhost"])


class Rebinding:
    """The system's resolver as an attacker steers it: a public address at first, then our own machine."""

    def __init__(self) -> None:
        self.answers = iter(["8.8.8.8", "127.0.0.1"])

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[dict[str, Any]]:
        return [{"host": next(self.answers), "port": port}]

    async def close(self) -> None: ...


def page(path: str) -> Answer:
    return 200, "text/html", f"<html><body>seen {path}</body></html>"


async def through(guard: Guard, *lines: bytes, system: Any = None) -> bytes:
    """What the proxy answers to `lines`, the second of them said when it has opened the tunnel."""
    names = GuardedResolver(guard)
    names._system = system or names._system
    proxy = PinningProxy(guard, names)
    address = await proxy.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))
        writer.write(lines[0])
        for more in lines[1:]:
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            writer.write(more)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer
    finally:
        await proxy.close()


def get(url: str) -> bytes:
    return f"GET {url} HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\nCookie: a=b\r\n\r\n".encode()


def test_a_name_of_our_own_machine_is_refused_unless_the_operator_named_it() -> None:
    with serving(page) as site:
        stranger = Guard(sandbox=False, allowed_hosts=[])
        assert asyncio.run(through(stranger, get(f"http://localhost:{site.port}/"))).startswith(
            b"HTTP/1.1 403"
        )
        assert site.paths == []


def test_a_page_of_a_host_that_may_be_visited_comes_through() -> None:
    with serving(page) as site:
        answer = asyncio.run(through(NAMED, get(f"http://localhost:{site.port}/shop?a=1")))
        assert b"200 OK" in answer and b"seen /shop?a=1" in answer
        tunnel = f"CONNECT localhost:{site.port} HTTP/1.1\r\n\r\n".encode()
        inner = b"GET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert b"seen /in" in asyncio.run(through(NAMED, tunnel, inner))
        assert site.paths == ["/shop?a=1", "/in"]


@pytest.mark.parametrize("spelled", ["127.0.0.1", "2130706433", "127.1", "[::1]"])
@pytest.mark.parametrize(
    "way", [lambda h: get(f"http://{h}/"), lambda h: f"CONNECT {h} HTTP/1.1\r\n\r\n".encode()]
)
def test_our_own_machine_is_refused_however_it_is_spelled(spelled: str, way: Callable[[str], bytes]) -> None:
    with serving(page) as site:
        answer = asyncio.run(through(NAMED, way(f"{spelled}:{site.port}")))
        assert answer.startswith(b"HTTP/1.1 403") and site.paths == []


async def looked_up(guard: Guard, system: Any) -> list[str]:
    names = GuardedResolver(guard)
    names._system = system
    return [entry["host"] for entry in await names.resolve("shop.example")]


def test_a_name_that_leads_inside_at_the_second_look_is_refused() -> None:
    with serving(page) as site:
        system = Rebinding()
        guard = Guard(sandbox=False, allowed_hosts=[])
        assert asyncio.run(looked_up(guard, system)) == ["8.8.8.8"]  # checked: a public address
        answer = asyncio.run(through(guard, get(f"http://shop.example:{site.port}/"), system=system))
        assert answer.startswith(b"HTTP/1.1 403") and site.paths == []


@pytest.mark.parametrize(
    ("noise", "status"),
    [
        (b"\r\n\r\n", b"502"),
        (b"GET\r\n\r\n", b"502"),
        (b"GET http://localhost:x/ HTTP/1.1\r\n\r\n", b"403"),  # the guard refuses an address without a port
        (b"\xff \xff \xff\r\n\r\n", b"502"),
    ],
)
def test_noise_is_answered_with_an_error(noise: bytes, status: bytes) -> None:
    assert asyncio.run(through(NAMED, noise)).startswith(b"HTTP/1.1 " + status)


BROWSE = """
import asyncio, sys
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.project import get_project_settings
from crawler.download.browser import open_browser

async def main():
    settings = get_project_settings()
    port = sys.argv[1].split(":")[2].split("/")[0]
    settings.setdict({"GUARD_ALLOWED_HOSTS": ["localhost"], "EGRESS_PORTS": [port]}, priority="cmdline")
    crawler = Crawler(type("Named", (Spider,), {"name": "named"}), settings)
    crawler.stats, crawler.spider = MemoryStatsCollector(crawler), crawler.spidercls()
    crawler.get_downloader_middleware = lambda cls: None
    browser = await open_browser(crawler)
    try:
        for url in sys.argv[1:]:
            try:
                answer = await browser.download_request(Request(url, meta={"playwright": True}))
                print(url, answer.status, answer.body.count(b"seen"))
            except Exception as error:
                print(url, "refused", type(error).__name__)
    finally:
        await browser.close()

asyncio.run(main())
"""


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_a_real_browser_goes_through_it_and_cannot_be_led_inside() -> None:
    with serving(page) as site:
        urls = [f"http://localhost:{site.port}/shop", f"http://{socket.gethostname()}:{site.port}/secret"]
        # As the scheduler's steps run: the browser must live under their memory limit.
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}))\n"
        command = [sys.executable, "-c", limit + BROWSE, *urls]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90)
        first, second = done.stdout.splitlines()
        # A full Chromium makes an error of the proxy's refusal, its headless shell a page without a word.
        shell = "headless" in Path(executable() or "").name
        assert first == f"{urls[0]} 200 1", done.stderr
        assert second == f"{urls[1]} 403 0" if shell else second.startswith(f"{urls[1]} refused "), (
            done.stderr
        )
        assert site.paths == ["/shop"]
