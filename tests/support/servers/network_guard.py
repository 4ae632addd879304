"""A guard that refuses every connection and name look-up that would leave this machine.

It works at the interpreter's audit events, below every library that uses Python's sockets (uvloop
and libpq bring their own and are not seen). It must not disturb Unix sockets, loopback servers, or programs tests start.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# RFC 2606 and 6761: names that never exist outside; a look-up fails as it would in the world.
RESERVED = (".test", ".example", ".invalid", ".localhost")


class OutsideConnection(RuntimeError):
    """Raised where a test would have reached the network outside loopback."""


class Guard:
    """The switch of the process-wide audit hook and its list of refused attempts."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._active = False
        self._installed = False

    def start(self) -> None:
        """Begin to refuse; the hook itself can be added only once and never removed."""
        if not self._installed:
            sys.addaudithook(self._hook)
            self._installed = True
        self._active = True

    def take(self) -> list[str]:
        """Return the attempts refused since the last call and forget them."""
        taken, self.refused[:] = list(self.refused), []
        return taken

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Refuse within; fail at the end if anything was tried, even if the code swallowed the error."""
        before = self._active
        self.start()
        yield
        self._active = before
        attempts = self.take()
        assert not attempts, f"this test tried to leave loopback: {attempts}"

    @contextmanager
    def expecting(self) -> Iterator[list[str]]:
        """Collect attempts that a test provokes on purpose, so that they do not fail it."""
        seen: list[str] = []
        try:
            yield seen
        finally:
            seen.extend(self.take())

    def _hook(self, event: str, args: tuple[object, ...]) -> None:
        if not self._active or not event.startswith("socket."):
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            sock, address = args[0], args[1]
            if sock.family in (socket.AF_INET, socket.AF_INET6) and address:  # type: ignore[attr-defined]
                self._judge(event, str(address[0]))  # type: ignore[index]
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            self._judge(event, _text(args[0]))

    def _judge(self, event: str, host: str) -> None:
        name = host.lower().rstrip(".")
        if stays_here(name):
            return
        if event != "socket.connect" and name.endswith(RESERVED):
            raise socket.gaierror(socket.EAI_NONAME, f"{host}: a reserved name that exists nowhere")
        self.refused.append(f"{event} {host}")
        raise OutsideConnection(f"tests may not reach the network: {event} {host}")


def _text(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        return host.decode("idna", "replace")
    return "" if host is None else str(host)


def stays_here(name: str) -> bool:
    """Say whether a host is this machine: empty (any address), localhost, our own name, or a loopback address."""
    if name in ("", "localhost", "<broadcast>", socket.gethostname().lower()) or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


GUARD = Guard()
