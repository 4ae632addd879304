"""CONNECT through the proxy to the played world's other ports: WHOIS (43), DNS over TCP (53), a TLS handshake (443).

Steered by the same clock and faults as the pages, and logged with them. Nothing is forwarded anywhere.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sandbox.market.stage import Stage
from sandbox.sources import domains
from sandbox.web.certificates import context_for

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LONGEST = 1024


def open_tunnel(stage: Stage, head: bytes, transport: Any) -> None:
    """Answer `CONNECT host:port` and hand the connection to whoever plays that port; 502 where nobody listens."""
    target = head.split(b" ", 2)[1].decode("ascii", "replace").lower()
    host, _, port = target.rpartition(":")
    stage.log.append(
        {
            "time": time.time(), "simulated": stage.now.isoformat(), "host": host, "method": "CONNECT", "path": f":{port}",
            "query": "", "concurrency": stage.in_flight[host] + 1, "agent": "", "status": 200, "shown": [],
            "fault": (stage.fault(host) or {}).get("mode"),
        }
    )  # fmt: skip
    fault = stage.fault(host)
    context = context_for(stage, host) if port == "443" else None
    listens = context is not None or (host, port) in domains.PLAYED
    if not listens or (fault is not None and fault["mode"] in ("down", "error", "refuse", "truncated")):
        transport.write(REFUSED)
        transport.close()
        return
    transport.write(ESTABLISHED)
    if context is not None:
        handshake = asyncio.get_running_loop().start_tls(transport, _Silent(), context, server_side=True)
        task = asyncio.ensure_future(handshake)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        _HELD.add(task)
        task.add_done_callback(_HELD.discard)
        transport.set_protocol(_Silent())
        return
    transport.set_protocol(_Question(stage, host, transport))


_HELD: set[Any] = set()


class _Silent(asyncio.Protocol):
    """A host that shakes hands and waits for a request that never comes."""


class _Question(asyncio.Protocol):
    """One question, one answer, and the connection is closed."""

    def __init__(self, stage: Stage, host: str, transport: Any) -> None:
        self.stage, self.host, self.transport = stage, host, transport
        self.buffer = b""
        stage.in_flight[host] += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answer = domains.PLAYED[self.host, "43" if self.host == domains.WHOIS_HOST else "53"](
            self.stage, self.buffer
        )
        if answer is not None:
            self.transport.write(answer)
        if answer is not None or len(self.buffer) > LONGEST:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.stage.in_flight[self.host] -= 1
