"""Whatever a page asks the browser to open, nothing arrives but through the proxy and its guard: a canary listens where it must not."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.assisted_lookup import browser_page
from crawler.download.browser import available
from tests.crawler.download.test_pinning import BROWSE
from tests.support.servers.polite_server import Answer, serving

ROOT = Path(__file__).resolve().parents[3]
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
    "worker": "new Worker(URL.createObjectURL(new Blob([\"fetch('http://AT/'); new WebSocket('ws://AT/')\"])))",
    "serviceworker": "navigator.serviceWorker.register('/worker.js')",
    "window": "window.open('http://AT/')",
    "ping": "const a = document.createElement('a'); a.href = '#'; a.ping = 'http://AT/'; document.body.append(a); a.click()",
    "report": "const m = document.createElement('meta'); m.httpEquiv = 'Content-Security-Policy'; m.content = \"img-src 'none'; report-uri http://AT/\";"
    " document.head.append(m); new Image().src = '/x.png'",
    "sockets": "new TCPSocket('IP', PORT); new UDPSocket({remoteAddress: 'IP', remotePort: PORT})",
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
            if path == "/worker.js":
                return 200, "text/javascript", f"fetch('http://{CANARY}:{port}/')"
            return 200, "text/html", shop(port, list(TRIES)) if path == "/" else "ok"

        with serving(answer) as site:
            rested = BROWSE.replace(
                'meta={"playwright": True}',
                'meta={"playwright": True, "playwright_page_methods": when_settled()}',
            ).replace("import open_browser", "import open_browser, when_settled")
            command = [sys.executable, "-c", rested, f"http://localhost:{site.port}/"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
            assert " 200 1" in done.stdout, done.stderr
            begun = {path.rpartition("/")[2] for path in site.paths if path.startswith("/tried/")}
        assert begun == set(TRIES), "the page did not try everything"
        assert arrived == []


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
