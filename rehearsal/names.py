"""The world's name server: UDP and TCP on port 53, answering as the state says."""

from __future__ import annotations

import asyncio
import time

from dnslib import AAAA, CNAME, NS, QTYPE, RCODE, RR, A, DNSRecord

from rehearsal.places import CONTROL_ADDRESS, addresses
from rehearsal.state import CARRIER_ADDRESS, StateFile


class NameServer(asyncio.DatagramProtocol):
    """Answers one question a message."""

    def __init__(self, state: StateFile) -> None:
        """`state` says which names are gone, diverted, or all out of reach."""
        self._state = state
        self._addresses = addresses()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers leave."""
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer over UDP."""
        assert self._transport is not None
        self._transport.sendto(self.answer(data), addr)

    async def stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer over TCP (RFC 1035 §4.2.2)."""
        length = int.from_bytes(await reader.readexactly(2), "big")
        wire = self.answer(await reader.readexactly(length))
        writer.write(len(wire).to_bytes(2, "big") + wire)
        await writer.drain()
        writer.close()

    def answer(self, wire: bytes) -> bytes:
        """The answer to one question."""
        question = DNSRecord.parse(wire)
        reply, state = question.reply(), self._state.read()
        name, kind = str(question.q.qname).rstrip(".").lower(), QTYPE[question.q.qtype]
        bare = name.removeprefix("www.")
        self._state.note(f"{time.time():.2f} dns:{name} {kind}")
        if state.dns != "ok":
            reply.header.rcode = RCODE.SERVFAIL
        elif bare in state.gone:
            reply.header.rcode = RCODE.NXDOMAIN
        elif bare in state.diverted:
            _add(reply, name, kind, CARRIER_ADDRESS)
        elif name in state.controls:
            _add(reply, name, kind, CONTROL_ADDRESS)
        elif name in self._addresses:
            _add(reply, name, kind, self._addresses[name])
        else:
            reply.header.rcode = RCODE.NXDOMAIN
        return bytes(reply.pack())


def _add(reply: DNSRecord, name: str, kind: str, address: str) -> None:
    six = ":" in address
    if kind == ("AAAA" if six else "A"):
        reply.add_answer(
            RR(name, QTYPE.AAAA if six else QTYPE.A, rdata=(AAAA if six else A)(address), ttl=60)
        )
    elif kind == "NS" and not name.startswith("www."):
        reply.add_answer(RR(name, QTYPE.NS, rdata=NS("ns1.dns-rehearsal.com"), ttl=60))
    elif kind == "CNAME" and name.startswith("www."):
        reply.add_answer(RR(name, QTYPE.CNAME, rdata=CNAME(name.removeprefix("www.")), ttl=60))
