"""The browser's way out: what it connects to is the address that was checked, however its name answers the next time."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings

from crawler.assisted_lookup import browser_page
from crawler.download.browser import _refused, available, executable
from crawler.download.browser_proxy import PinningProxy
from crawler.download.handlers import GuardedResolver
from crawler.guard import Guard
from crawler.pages.ip_country import Places
from kamengwatch.pipeline.step_process import MEMORY
from tests.support.servers.polite_server import Answer, serving

ROOT = Path(__file__).resolve().parents[3]
NAMED = Guard(sandbox=False, allowed_hosts=["localhost"])


UNVISITED = "example.org"


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
    proxy = PinningProxy(guard, lambda host: host != UNVISITED, names)
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


@pytest.mark.parametrize("way", [get, lambda url: f"CONNECT {UNVISITED}:443 HTTP/1.1\r\n\r\n".encode()])
def test_a_host_whose_page_is_not_visited_is_refused(
    way: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.download.browser_proxy.TOLD_WITHIN", 0.1)
    answer = asyncio.run(
        through(Guard(sandbox=False, allowed_hosts=[]), way(f"http://{UNVISITED}/"), system=Rebinding())
    )
    assert answer.startswith(b"HTTP/1.1 403 ")


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


def browsed(script: str, *urls: str) -> subprocess.CompletedProcess[str]:
    """What the crawler's browser said of each page."""
    command = [sys.executable, "-c", script, *urls]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_a_real_browser_goes_through_it_and_cannot_be_led_inside() -> None:
    with serving(page) as site:
        urls = [f"http://localhost:{site.port}/shop", f"http://{socket.gethostname()}:{site.port}/secret"]
        # As the scheduler's steps run: the browser must live under their memory limit.
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}))\n"
        done = browsed(limit + BROWSE, *urls)
        first, second = done.stdout.splitlines()
        # A full Chromium makes an error of the proxy's refusal, its headless shell a page without a word.
        shell = "headless" in Path(executable() or "").name
        assert first == f"{urls[0]} 200 1", done.stderr
        assert second == f"{urls[1]} 403 0" if shell else second.startswith(f"{urls[1]} refused "), (
            done.stderr
        )
        assert site.paths == ["/shop"]


# Whatever a page asks the browser to open, nothing arrives but through the proxy and its guard: a canary listens where it must not.


CANARY = "127.0.0.9"
TRIES = {
    "webrtc": "const p = new RTCPeerConnection({iceServers: [{urls: 'stun:AT'}, {urls: 'turn:AT?transport=udp', username: 'a', credential: 'b'},"
    " {urls: 'turn:AT?transport=tcp', username: 'a', credential: 'b'}]}); p.createDataChannel('a'); p.createOffer().then(o => p.setLocalDescription(o))",
    "candidate": "const p = new RTCPeerConnection(); p.createDataChannel('a'); const q = new RTCPeerConnection(); p.createOffer().then(async o => {"
    " await p.setLocalDescription(o); await q.setRemoteDescription(o); const a = await q.createAnswer(); await q.setLocalDescription(a);"
    " await p.setRemoteDescription(a); for (const t of ['udp', 'tcp']) await p.addIceCandidate({candidate: `candidate:1 1 ${t} 2113937151 IP PORT"
    " typ host` + (t == 'tcp' ? ' tcptype passive' : ''), sdpMid: '0', sdpMLineIndex: 0}) })",
    "websocket": "new WebSocket('ws://AT/'); new WebSocket('wss://AT/')",
    "websocketstream": "new WebSocketStream('wss://AT/')",
    "webtransport": "new WebTransport('https://AT/').ready.catch(() => 0)",
    "eventsource": "new EventSource('http://AT/')",
    "beacon": "navigator.sendBeacon('http://AT/', 'a')",
    "fetch": "fetch('http://AT/', {mode: 'no-cors', keepalive: true}); fetch('https://AT/', {mode: 'no-cors'})",
    "xhr": "const x = new XMLHttpRequest(); x.open('POST', 'http://AT/'); x.send('a')",
    "links": "for (const rel of ['preconnect', 'dns-prefetch', 'prefetch', 'preload', 'prerender', 'modulepreload', 'icon', 'manifest', 'stylesheet'])"
    " { const l = document.createElement('link'); l.rel = rel; l.as = 'script'; l.href = 'http://AT/' + rel; document.head.append(l) }",
    "speculation": "const s = document.createElement('script'); s.type = 'speculationrules'; s.textContent = JSON.stringify({prefetch: [{source: 'list',"
    " urls: ['http://AT/']}], prerender: [{source: 'list', urls: ['http://AT/']}]}); document.head.append(s)",
    "parts": "for (const [tag, at] of [['img', 'src'], ['iframe', 'src'], ['script', 'src'], ['video', 'src'], ['audio', 'src'], ['embed', 'src'],"
    " ['object', 'data'], ['track', 'src'], ['input', 'src']]) { const e = document.createElement(tag); if (tag == 'input') e.type = 'image';"
    " e[at] = 'http://AT/' + tag; document.body.append(e) }",
    "form": "const f = document.createElement('form'); f.action = 'http://AT/'; f.method = 'post'; f.target = 'other'; const i ="
    " document.createElement('iframe'); i.name = 'other'; document.body.append(i, f); f.submit()",
    "worker": "new Worker(URL.createObjectURL(new Blob([\"fetch('http://AT/'); new WebSocket('ws://AT/'); new EventSource('http://AT/');"
    " new WebTransport('https://AT/').ready.catch(() => 0); try { importScripts('http://AT/') } catch (e) {}\"])))",
    "redirect": "fetch('/away', {mode: 'no-cors'}); for (const tag of ['iframe', 'script', 'embed']) { const e = document.createElement(tag); e.src = '/away';"
    " document.body.append(e) } new Worker('/away'); new EventSource('/away')",
    "serviceworker": "navigator.serviceWorker.register('/worker.js')",
    "window": "window.open('http://AT/')",
    "ping": "const a = document.createElement('a'); a.href = '#'; a.ping = 'http://AT/'; document.body.append(a); a.click()",
    "report": "const m = document.createElement('meta'); m.httpEquiv = 'Content-Security-Policy'; m.content = \"img-src 'none'; report-uri http://AT/\";"
    " document.head.append(m); new Image().src = '/x.png'",
    "sockets": "new TCPSocket('IP', PORT); new UDPSocket({remoteAddress: 'IP', remotePort: PORT})",
    # Led to another host it is a page, refused, in the place of this one: after all the others.
    "download": "setTimeout(() => { const a = document.createElement('a'); a.href = '/away'; a.download = 'a'; a.click() }, 2500)",
}  # fmt: skip


@contextlib.contextmanager
def canary() -> Iterator[tuple[int, list[str]]]:
    """A TCP and a UDP port of one number, and what arrived there."""
    arrived: list[str] = []
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind((CANARY, 0))
        port = tcp.getsockname()[1]
        udp.bind((CANARY, port))
        tcp.listen()

        def hear_tcp() -> None:
            with contextlib.suppress(OSError):
                while True:
                    one, _ = tcp.accept()
                    one.settimeout(2)
                    with one, contextlib.suppress(OSError):
                        arrived.append(f"tcp {one.recv(200)!r}")

        def hear_udp() -> None:
            with contextlib.suppress(OSError):
                while True:
                    arrived.append(f"udp {udp.recvfrom(200)[0]!r}")

        for hear in (hear_tcp, hear_udp):
            threading.Thread(target=hear, daemon=True).start()
        yield port, arrived
        for one in (tcp, udp):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def shop(port: int, tried: list[str]) -> str:
    """A page that tries everything, and says what it could begin."""
    tell = "fetch('/tried/NAME')"
    lines = []
    for name in tried:
        code = TRIES[name].replace("AT", f"{CANARY}:{port}").replace("IP", CANARY).replace("PORT", str(port))
        lines.append(f"try {{ (() => {{ {code} }})() }} catch (error) {{ }} ; {tell.replace('NAME', name)};")
    # A page at rest is read at once: it keeps asking until what it began has had its time.
    wait = "let n = 0; const t = setInterval(() => { fetch('/wait'); if (++n > 8) clearInterval(t) }, 300);"
    return f"<html><body>seen<script>{' '.join(lines)} {wait}</script></body></html>"


def test_the_canary_hears() -> None:
    with canary() as (port, arrived):
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            udp.sendto(b"a", (CANARY, port))
        with socket.create_connection((CANARY, port)) as tcp:
            tcp.sendall(b"b")
        for _ in range(100):
            if len(arrived) == 2:
                break
            threading.Event().wait(0.05)
        assert sorted(arrived) == ["tcp b'b'", "udp b'a'"]


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_nothing_a_page_opens_goes_around_the_proxy() -> None:
    with canary() as (port, arrived):

        def answer(path: str) -> Answer:
            if path == "/away":
                return 302, f"text/html\r\nLocation: http://{CANARY}:{port}/", ""
            if path == "/worker.js":
                return 200, "text/javascript", f"fetch('http://{CANARY}:{port}/')"
            return 200, "text/html", shop(port, list(TRIES)) if path == "/" else "ok"

        with serving(answer) as site:
            # Allowed as another shop's host would be: what keeps the page from it is that nobody visits it there.
            named = BROWSE.replace('["localhost"]', f'["localhost", "{CANARY}"]').replace(
                "[port]", f"[port, {port}]"
            )
            named = named.replace(
                "lambda cls: None",
                "lambda cls: type('', (), {'permits': lambda _, url: '//localhost' in url})()",
            )
            rested = named.replace(
                'meta={"playwright": True}',
                'meta={"playwright": True, "playwright_page_methods": when_settled([])}',
            ).replace("import open_browser", "import open_browser, when_settled")
            done = browsed(rested, f"http://localhost:{site.port}/")
            assert " 200 " in done.stdout, done.stderr
            assert "/away" in site.paths
            begun = {path.rpartition("/")[2] for path in site.paths if path.startswith("/tried/")}
        assert begun == set(TRIES), "the page did not try everything"
        assert arrived == []


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_no_socket_is_opened_for_which_robots_txt_was_not_asked() -> None:
    """A worker's websocket passes by our rules: of the shop's own host, too, none is begun, and the page is read."""
    code = (
        "const at = URL.createObjectURL(new Blob([`new WebSocket('ws://${location.host}/unasked')`]));"
        "const f = document.createElement('iframe'); document.body.append(f);"
        "for (const realm of [window, f.contentWindow]) { new realm.WebSocket(`ws://${location.host}/unasked`);"
        " new realm.Worker(at).onerror = () => fetch('/failed') }"
    )
    body = f"<html><body>seen<script>{code}</script></body></html>"
    with serving(lambda path: (200, "text/html", body if path == "/" else "ok")) as site:
        drawn = BROWSE.replace(
            'meta={"playwright": True}',
            'meta={"playwright": True, "playwright_page_init_callback": one_at_a_time, "playwright_page_methods": when_settled([])}',
        ).replace("import open_browser", "import one_at_a_time, open_browser, when_settled")
        done = browsed(drawn, f"http://localhost:{site.port}/")
        assert done.stdout.endswith(" 200 1\n"), done.stderr
        assert sorted(set(site.paths)) == ["/", "/failed"]


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_the_browser_a_person_works_in_sends_no_udp_either() -> None:
    tried = ["webrtc", "candidate"]
    with canary() as (port, arrived):
        page = lambda path: (200, "text/html", shop(port, tried) if path == "/" else "ok")  # noqa: E731
        with serving(page) as site, browser_page(f"http://localhost:{site.port}/", headless=True) as opened:
            opened.wait_for_timeout(3_000)
            assert [f"/tried/{name}" in site.paths for name in tried] == [True, True]
        assert [one for one in arrived if one.startswith("udp")] == []


def test_browsers_are_started_in_one_place() -> None:
    rooms = ("store", "crawler", "scoring", "dashboard", "kamengwatch", "sandbox")
    files = (file for room in rooms for file in (ROOT / room).rglob("*.py"))
    starting = re.compile(r"\.launch(_persistent_context|_server)?\(|--no-sandbox")
    assert [str(f.relative_to(ROOT)) for f in files if starting.search(f.read_text("utf-8"))] == [
        "crawler/download/browser.py"
    ]


# Where addresses lie, from a registry's table on this machine: whole answers only, and bad tables are named.


TABLE = """2|apnic|20261101|4|19850701|20261101|+1000
apnic|*|ipv4|*|3|summary
apnic|CN|ipv4|203.0.113.0|128|20200101|allocated
apnic|HK|ipv4|203.0.113.128|64|20200101|assigned
apnic||ipv4|203.0.113.192|64||available
apnic|CN|ipv6|2001:db8:1::|48|20200101|allocated
apnic|CN|asn|64496|1|20200101|allocated
"""


@pytest.mark.parametrize(
    ("addresses", "places"),
    [
        (["203.0.113.0"], ["CN"]),
        (["203.0.113.127", "203.0.113.128"], ["CN", "HK"]),
        (["2001:db8:1:ffff::1"], ["CN"]),
        (["203.0.113.200"], None),
        (["203.0.113.1", "198.51.100.1"], None),
        (["2001:db8:2::1"], None),
        ([], None),
    ],
)
def test_every_address_has_a_place_or_nothing_is_said(addresses: list[str], places: list[str] | None) -> None:
    assert Places(TABLE.splitlines()).of_all(addresses) == places


@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 300)), min_size=1, max_size=20))
def test_only_addresses_inside_a_range_are_found(ranges: list[tuple[int, int]]) -> None:
    apart, at = [], 0
    for gap, many in ranges:
        apart.append((at + gap, many))
        at += gap + many
    table = Places(
        f"x|CN|ipv4|{ipaddress.ip_address(first)}|{many}|20200101|allocated" for first, many in apart
    )
    inside = {value for first, many in apart for value in (first, first + many - 1)}
    outside = {v for first, many in apart for v in (first - 1, first + many) if v >= 0} - {
        v for first, many in apart for v in range(first, first + many)
    }
    assert all(table.of_all([str(ipaddress.ip_address(v))]) == ["CN"] for v in inside)
    assert not any(table.of_all([str(ipaddress.ip_address(v))]) for v in outside)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("network,country\n203.0.113.0/24,CN\n", "utf-8")
    with pytest.raises(ValueError, match="delegated statistics"):
        Places.of(other)


@pytest.mark.parametrize(
    ("asked", "navigates", "framed", "refused"),
    [
        ("http://shop.example/a.js", False, False, False),
        ("http://other.example/a.js", False, False, True),
        ("http://moved.example/", True, False, False),
        ("http://shop.example/inner", True, True, False),
        ("http://other.example/", True, True, True),
        ("http://other.example/a.js", False, True, True),
    ],
)
def test_a_page_has_parts_of_its_own_host_only_also_in_frames(
    asked: str, navigates: bool, framed: bool, refused: bool
) -> None:
    whole = SimpleNamespace(url="http://shop.example/", parent_frame=None)
    whole.page = SimpleNamespace(main_frame=whole)
    frame = SimpleNamespace(url="about:srcdoc", parent_frame=whole, page=whole.page) if framed else whole
    request = SimpleNamespace(
        url=asked, resource_type="document" if navigates else "script", frame=frame, is_navigation_request=lambda: navigates
    )  # fmt: skip
    settings = Settings({"CONTACT": "a@b.example", "EGRESS_PORTS": [80, 443]})
    crawler: Any = SimpleNamespace(settings=settings, get_downloader_middleware=lambda kind: None)
    assert asyncio.run(_refused(crawler, request)) is refused
