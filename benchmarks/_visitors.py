"""Who visits the dashboard in benchmarks/dashboard.py: websocket clients speaking Streamlit's own protocol, and a browser."""

from __future__ import annotations

import asyncio
import random
import time
from urllib.parse import quote

import numpy as np
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from dashboard.text import say

PORT = 8633
THINK = 5.0
"""Seconds between two pages of one reader, on average."""
_FAILED = say("zh", "app.failed_title").encode()


async def session(
    hosts: list[str],
    until: float,
    seed: int,
    times: list[float],
    failed: list[str],
    pages: tuple[str, ...] = ("", "", "rank", "alerts"),
) -> None:
    """One reader: a websocket like the browser's, one of `pages` after another until the time is over."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.util import calc_hash

    rng = random.Random(seed)
    await asyncio.sleep(rng.random() * THINK)
    address = f"ws://127.0.0.1:{PORT}/_stcore/stream"
    try:
        async with connect(address, subprotocols=["streamlit"], max_size=None) as socket:
            while time.monotonic() < until:
                page = rng.choice(pages)
                query = f"q={quote(rng.choice(hosts))}" if not page else _filtered(rng)
                message = BackMsg()
                message.rerun_script.query_string = query
                message.rerun_script.page_script_hash = calc_hash(page) if page else ""
                start = time.monotonic()
                await socket.send(message.SerializeToString())
                while True:
                    received = await asyncio.wait_for(socket.recv(), 30)
                    if _FAILED in received:
                        failed.append(f"page {page or 'check'} says that it failed")
                    if ForwardMsg.FromString(received).WhichOneof("type") == "script_finished":
                        break
                times.append((time.monotonic() - start) * 1000)
                await asyncio.sleep(rng.expovariate(1 / THINK))
    except (OSError, TimeoutError, WebSocketException) as error:
        failed.append(f"{type(error).__name__}: {error}")


def _filtered(rng: random.Random) -> str:
    """A query string of the ranking page: a tier, and now and then another filter or a later page."""
    further = ("", "", f"&page={rng.randint(2, 40)}", "&province=" + quote("福建"), "&text=" + quote("星云"), "&coverage=40")  # fmt: skip
    return f"tier={rng.randint(1, 3)}{rng.choice(further)}"


async def readers(
    hosts: list[str], count: int, seconds: float, pages: tuple[str, ...] = ("", "", "rank", "alerts")
) -> tuple[list[float], list[str]]:
    times: list[float] = []
    failed: list[str] = []
    until = time.monotonic() + seconds
    await asyncio.gather(*(session(hosts, until, seed, times, failed, pages) for seed in range(count)))
    return times, failed


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
            page.goto(f"http://127.0.0.1:{PORT}/?q={quote(host)}", wait_until="commit")
            page.locator(".kw-card .kw-word").first.wait_for()
            seen.append((time.perf_counter() - start) * 1000)
            page.locator("#root .kw-card .kw-word").first.wait_for()
            whole.append((time.perf_counter() - start) * 1000)
            page.close()
        chromium.close()
    return np.array(seen[1:]), np.array(whole[1:])
