"""A dashboard of its own process and who visits it: clients that open pages as browsers do (the HTML, then a websocket speaking
Streamlit's own protocol), and a browser."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from dashboard.presenters.translations import say

ROOT = Path(__file__).resolve().parent.parent
PORT = 8633
THINK = 5.0
"""Seconds between two pages of one reader, on average."""
EVERYDAY = ("", "", "rank", "alerts")
"""Pages readers ask for: every second one is a verdict."""
_ADDRESS = f"http://127.0.0.1:{PORT}"
_SOCKET = f"ws://127.0.0.1:{PORT}/_stcore/stream"
_SERVE = "import sys; from dashboard.server import serve; serve(port=int(sys.argv[1]), data_dir=sys.argv[2])"
_FAILED = say("zh", "app.failed_title").encode()


@contextmanager
def served(data: Path) -> Iterator[int]:
    """The dashboard in a process of its own while the block runs, answering; gives the number of the process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([sys.executable, "-c", _SERVE, str(PORT), str(data)], env=environment, cwd=data)
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{_ADDRESS}/healthz", timeout=1).read()
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise SystemExit("the dashboard did not start")
        yield server.pid
    finally:
        server.terminate()
        server.wait(10)


def resident(pid: int) -> float:
    """Megabytes a process holds in memory."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(told.stdout) / 1024


@dataclass
class Visits:
    """Milliseconds until the HTML of each page was there, and until the app had drawn it; what went wrong."""

    html: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


async def session(
    hosts: list[str], until: float, seed: int, found: Visits, pages: tuple[str, ...], think: float
) -> None:
    """One reader, who opens the address of one of `pages` after another, as a browser does, until the time is over.

    The page before stays open, with its session on the server, until the next is asked for.
    """
    rng = random.Random(seed)
    await asyncio.sleep(rng.random() * think)
    # No connection is kept: where the server has just closed one, a browser would ask again, and this client would not.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=_ADDRESS, timeout=30, verify=False, limits=limits) as client:
        while time.monotonic() < until:
            page = rng.choice(pages)
            shown = "" if page else rng.choice(hosts)
            query = _filtered(rng) if page else f"q={quote(shown)}"
            try:
                start = time.monotonic()
                shell = (await client.get(f"/{page}?{query}")).text
                found.html.append((time.monotonic() - start) * 1000)
                async with connect(_SOCKET, subprotocols=["streamlit"], max_size=None) as socket:
                    drawn = await _drawn(socket, page, query)
                    found.whole.append((time.monotonic() - start) * 1000)
                    if _FAILED in drawn or shown not in shell or shown.encode() not in drawn:
                        found.failed.append(f"page {page or 'check'} does not show what was asked for")
                    await asyncio.sleep(min(rng.expovariate(1 / think), max(0.0, until - time.monotonic())))
            except (OSError, TimeoutError, WebSocketException, httpx.HTTPError) as error:
                found.failed.append(f"{type(error).__name__}: {error}")


async def _drawn(socket: ClientConnection, page: str, query: str) -> bytes:
    """All that the app sends while it draws a page in a new session."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.util import calc_hash

    asked = BackMsg()
    asked.rerun_script.query_string = query
    asked.rerun_script.page_script_hash = calc_hash(page) if page else ""
    await socket.send(asked.SerializeToString())
    drawn = b""
    while True:
        received = await asyncio.wait_for(socket.recv(decode=False), 30)
        drawn += received
        if ForwardMsg.FromString(received).WhichOneof("type") == "script_finished":
            return drawn


def _filtered(rng: random.Random) -> str:
    """A query string of the ranking page: a tier, and now and then another filter or a later page."""
    further = ("", "", f"&page={rng.randint(2, 40)}", "&province=" + quote("福建"), "&text=" + quote("星云"), "&coverage=40")  # fmt: skip
    return f"tier={rng.randint(1, 3)}{rng.choice(further)}"


def readers(
    hosts: list[str], count: int, seconds: float, pages: tuple[str, ...] = EVERYDAY, think: float = THINK
) -> Visits:
    """Sessions of `count` readers beside each other, each for that many seconds; says what failed."""
    found = Visits()

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(session(hosts, until, seed, found, pages, think) for seed in range(count)))

    asyncio.run(all_of_them())
    for line in sorted(set(found.failed)):
        print(line)
    return found


def first_verdicts(hosts: list[str], browser: str, fresh: bool) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds from opening the address of a site to its verdict being in sight, and to the app's own card.

    `fresh`: with nothing of the dashboard in the browser's cache; else as somebody who has been here before.
    """
    from playwright.sync_api import sync_playwright

    seen, whole = [], []
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        known = chromium.new_context(viewport={"width": 360, "height": 800})
        for host in hosts:
            context = chromium.new_context(viewport={"width": 360, "height": 800}) if fresh else known
            page = context.new_page()
            start = time.perf_counter()
            page.goto(f"{_ADDRESS}/?q={quote(host)}", wait_until="commit")
            page.locator(".kw-card .kw-word").first.wait_for()
            seen.append((time.perf_counter() - start) * 1000)
            page.locator("#root .kw-card .kw-word").first.wait_for()
            whole.append((time.perf_counter() - start) * 1000)
            page.close()
        chromium.close()
    return np.array(seen[1:]), np.array(whole[1:])


_SHIFT = """() => new Promise((told) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => told(sum), 300);
})"""
"""How far what was painted has moved since, as browsers count it (cumulative layout shift)."""


_PAINTED = """window.painted = 0; new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (one.element?.closest('#kw-early')) window.painted = one.startTime;
}).observe({ type: 'largest-contentful-paint', buffered: true });"""
"""When the largest piece in sight of what came with the first bytes was painted (largest contentful paint). Nothing else of ours runs in the
page until then: it would run on the same slowed processor."""


def first_sights(addresses: list[str], browser: str) -> list[tuple[str, float, float, int, float]]:
    """For each address, opened with an empty cache at 1.6 Mbit/s, 150 ms and a quarter of the processor: milliseconds until what there is
    to read on the first screen is painted (on the first page the search box is part of it), and until the app has drawn it in its turn; bytes that
    came until then; the layout shift."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for address in addresses:
            context = chromium.new_context(viewport={"width": 360, "height": 800})
            context.add_init_script(_PAINTED)
            page = context.new_page()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            slow = {
                "latency": 150,
                "downloadThroughput": 200_000,
                "uploadThroughput": 93_750,
                "offline": False,
            }
            wire.send("Network.emulateNetworkConditions", slow)
            wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            came = [0]
            wire.on(
                "Network.loadingFinished",
                lambda e, came=came: came.__setitem__(0, came[0] + int(e["encodedDataLength"])),
            )
            start = time.perf_counter()
            page.goto(f"{_ADDRESS}/{address}", wait_until="commit")
            page.wait_for_timeout(4_000)
            page.locator("#root .kw-foot").wait_for(timeout=120_000)
            whole = (time.perf_counter() - start) * 1000
            painted = page.evaluate("window.painted")
            found.append((address, float(painted), whole, came[0], float(page.evaluate(_SHIFT))))
            context.close()
        chromium.close()
    return found
