"""The distance between two requests counts from when the first truly left, not from when it was planned."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest
from scrapy import Request

from crawler.download.handlers import GuardedHandler


@pytest.mark.parametrize(("jitter", "least"), [(0.0, 0.4), (0.5, 0.2)])
def test_a_request_that_left_late_holds_the_next_one_back(jitter: float, least: float) -> None:
    handler = GuardedHandler.__new__(GuardedHandler)
    slots = {"a.example": SimpleNamespace(delay=0.4, jitter=jitter)}
    handler._crawler = SimpleNamespace(engine=SimpleNamespace(downloader=SimpleNamespace(slots=slots)))  # type: ignore[assignment]

    async def left_then_asked() -> float:
        handler.sent = {"a.example": time.monotonic()}
        await handler._keep_distance(Request("https://a.example/next"))
        return time.monotonic() - handler.sent["a.example"]

    assert asyncio.run(left_then_asked()) >= least - 0.01


def test_a_host_that_was_not_asked_yet_is_asked_at_once() -> None:
    handler = GuardedHandler.__new__(GuardedHandler)
    handler.sent = {"a.example": time.monotonic() + 3600}
    slots = {"b.example": SimpleNamespace(delay=3600.0, jitter=0.0)}
    handler._crawler = SimpleNamespace(engine=SimpleNamespace(downloader=SimpleNamespace(slots=slots)))  # type: ignore[assignment]
    asyncio.run(asyncio.wait_for(handler._keep_distance(Request("https://b.example/")), 30))
