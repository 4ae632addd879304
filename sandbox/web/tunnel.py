"""CONNECT through the proxy to the played world's other ports: WHOIS (43), DNS over TCP (53), a TLS handshake (443).

Steered by the same clock and faults as the pages, and logged with them. Nothing is forwarded anywhere.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.market.goods import scatter
from sandbox.market.platforms import Platform
from sandbox.market.stage import Stage
from sandbox.sources import domains

# The certificates played hosts show: most renewed by machine, some self-signed, expired or for another name, some none.

KINDS = ("good",) * 6 + ("self_signed", "expired", "other_name", "none")
PERIOD = timedelta(days=90)


def kind_of(index: int) -> str:
    """What the shop of that index shows on port 443."""
    return KINDS[scatter(index, 41) % len(KINDS)]


def shown_by(platform: Platform) -> str:
    """The same of a shop; sites of one operator have good ones, on which they may stand together."""
    return kind_of(platform.index) if platform.desk is None else "good"


def context_for(stage: Stage, host: str) -> ssl.SSLContext | None:
    """The TLS side of a played shop on the simulated day; None where nothing listens on port 443."""
    platform = stage.market.by_host.get(host.removeprefix("www."))
    if platform is None or shown_by(platform) == "none" or platform.ended(stage.day):
        return None
    kind = shown_by(platform)
    turn = int(stage.day + scatter(platform.index, 42) % 60) // 60
    since = stage.market.parameters.moment(60.0 * turn - scatter(platform.index, 42) % 60)
    if kind == "expired":
        since = stage.market.parameters.moment(-200.0)
    return _context(platform.host, platform.person, kind, since.astimezone(UTC), platform.certificate)


@lru_cache(maxsize=256)
def _context(
    host: str, person: str, kind: str, since: datetime, further: tuple[str, ...] = ()
) -> ssl.SSLContext:
    key, authority_key = _key(), _key()
    subject = _name(person if kind == "self_signed" else host)
    own = kind == "self_signed"
    names = ["cdn-demo.test"] if kind == "other_name" else [host, f"*.{host}", *further]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if own else _name("Let's Encrypt (sandbox)"))
        .public_key(key.public_key())
        .serial_number(1 + scatter(len(host), int(since.timestamp())) % 10**9)
        .not_valid_before(since)
        .not_valid_after(since + PERIOD)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .sign(key if own else authority_key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "host.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context.load_cert_chain(file)
    return context


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(organisation: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])


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
