"""How the sandbox tests ask the market questions; the fixtures are imported by both test files."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urljoin

import httpx

from sandbox.market.parameters import SHANGHAI

FEED = "http://tousu.sina.test/api/index/feed"


def ask(app, url, method="GET", **more):
    """The answer, asked as a browser asks from a page of the same site."""
    more.setdefault("headers", {"Referer": urljoin(url, "/")})

    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.request(method, url, **more)

    return asyncio.run(go())


def set_day(app, market, day, hour=12):
    now = datetime.combine(market.parameters.date_of(day), datetime.min.time(), SHANGHAI) + timedelta(
        hours=hour
    )
    answer = ask(app, "http://control.sandbox.test/clock", "PUT", json={"now": now.isoformat()})
    assert answer.json()["day"] == day


def of(market, **wanted):
    return [p for p in market.platforms if all(getattr(p, k) == v for k, v in wanted.items())]


def calm_day(market, platform, first=20):
    """A day on which the shop is open, no source is out and nothing is slow."""
    days = range(first, market.parameters.days)
    return next(
        d
        for d in days
        if market.probe(platform, d) == "up" and not any(o[d] for o in market.outages.values())
    )
