"""The running state of a played market: the simulated clock, faults switched on for tests, and the log of every request."""

from __future__ import annotations

import time
from collections import Counter, deque
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market.market import Market
from sandbox.market.parameters import SHANGHAI

SOURCE_HOSTS = {
    "heimao": "tousu.sina.test",
    "icp": "icp.sandbox.test",
    "rdap": "rdap.sandbox.test",
    "xiaofeibao": "xiaofeibao.sandbox.test",
    "rednet": "rednet.sandbox.test",
    "github_issues": "github.sandbox.test",
    "blocklists": "lists.sandbox.test",
    "availability": "reference.sandbox.test",
    "elsewhere": "elsewhere.sandbox.test",
}
CONTROL_HOST = "control.sandbox.test"
KEPT_REQUESTS = 500_000
FAULT_MODES = (
    "down",
    "slow",
    "error",
    "refuse",
    "rate_limit",
    "captcha",
    "login_wall",
    "truncated",
    "empty",
    "open",
    "busy",
    "nobody",
    "layout",
)
PAGE_FAULTS = ("captcha", "login_wall", "empty", "layout")
"""Faults of the pages alone; the others hit robots.txt too."""


class Hangup(Exception):
    """The played host closes the connection; `after` is what it sends first (None: nothing at all)."""

    def __init__(self, after: bytes | None = None) -> None:
        super().__init__("the played host hangs up")
        self.after = after


class Stage:
    """A market with a clock. `now` is the simulated present; every answer shows the market as of it."""

    def __init__(self, market: Market, latency: float = 1.0) -> None:
        self.market = market
        self.latency = latency
        self.now = market.parameters.moment(market.parameters.days - 1 + 20 / 24)
        self.faults: dict[str, dict[str, Any]] = {}
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self.in_flight: Counter[str] = Counter()
        self.second_port: int | None = None

    @property
    def day(self) -> float:
        """The simulated present as days since the calendar's first midnight."""
        return self.market.parameters.day_at(self.now)

    @property
    def local(self) -> datetime:
        """The simulated present in Shanghai time."""
        return self.now.astimezone(SHANGHAI)

    def fault(self, host: str) -> dict[str, Any] | None:
        """The fault switched on for a host, under its name or the id of the source it plays."""
        source = next((s for s, h in SOURCE_HOSTS.items() if h == host), host)
        return self.faults.get(host) or self.faults.get(source)

    def from_elsewhere(self, request: Request) -> bool:
        """Whether the visitor looks from the second place, which has a port of its own."""
        here = request.scope.get("server")
        return self.second_port is not None and here is not None and here[1] == self.second_port

    def outage(self, source: str) -> bool:
        """Whether a source is unreadable on this simulated day."""
        return bool(self.market.outages[source][self.market.clamp(self.day)])

    def note(self, request: Request, host: str) -> dict[str, Any]:
        """Log a request at its arrival; concurrency counts the requests of this host already being answered, plus this one.

        Returns the entry: the answer's `status` and the numbers of the complaints it `shown` are added to it. An entry
        without a status was cut off.
        """
        entry = {
                "time": time.time(), "simulated": self.now.isoformat(), "host": host, "method": request.method,
                "path": request.url.path, "query": request.url.query, "concurrency": self.in_flight[host],
                "agent": request.headers.get("user-agent", ""), "fault": (self.fault(host) or {}).get("mode"),
            }  # fmt: skip
        self.log.append(entry)
        return entry


def played_fault(fault: dict[str, Any]) -> Response | None:
    """The answer a fault calls for, None when the usual answer follows (slow, open); raises Hangup."""
    mode = fault.get("mode")
    if mode == "down":
        raise Hangup
    if mode == "truncated":
        raise Hangup(b"<html><head><title>" + b"x" * 200)
    if mode == "error":
        return Response("upstream error", int(fault.get("status", 503)), media_type="text/plain")
    if mode == "refuse":
        return HTMLResponse("<html><body><h1>403 Forbidden</h1></body></html>", 403)
    if mode == "rate_limit":
        return Response("too many requests", 429, {"retry-after": "60"}, "text/plain")
    if mode == "captcha":
        return HTMLResponse(CAPTCHA)
    if mode == "login_wall":
        return JSONResponse({"result": {"status": {"code": 10005, "msg": "请先登录"}, "data": None}})
    if mode == "empty":
        return Response("", 200, media_type="text/html")
    return None


CAPTCHA = (
    '<!doctype html><html><head><meta charset="utf-8"><title>安全验证</title></head><body><div id="captcha" class="nc-container">'
    "<p>请拖动滑块完成验证后继续访问</p><div id='slide' class='nc_wrapper'></div></div></body></html>"
)
