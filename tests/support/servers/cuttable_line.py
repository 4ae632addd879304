"""A line between two programs that can be cut: a relay on an address of its own that, once cut, passes nothing on and closes nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """Relays every connection to (host, port) until `cut`; `address` is where it listens."""

    def __init__(self, host: str, target: tuple[str, int]) -> None:
        self._listener = socket.create_server((host, 0))
        self._target = target
        self._open: list[socket.socket] = []
        self._cut = threading.Event()
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing arrives on either side, and neither side is told."""
        self._cut.set()

    def close(self) -> None:
        """End every connection."""
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(a, b), daemon=True).start()

    def _pass_on(self, a: socket.socket, b: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                if self._cut.is_set():
                    return
                b.sendall(data)
            if not self._cut.is_set():
                b.shutdown(socket.SHUT_WR)


@contextmanager
def line(host: str, target: tuple[str, int]) -> Iterator[Line]:
    """A line from an address of this machine."""
    made = Line(host, target)
    try:
        yield made
    finally:
        made.close()
