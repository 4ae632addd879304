"""This process calls nobody: a connection it would open itself is refused, whatever part of it asks.

The dashboard reads files and answers visitors. Libraries it is made of have asked the network before (Streamlit for its own
address); here the interpreter refuses, so that no later version does either.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

_CALLS = ("socket.connect", "socket.sendto", "socket.sendmsg")


class OutgoingRefused(PermissionError):
    """Something in the dashboard's process wanted to reach another machine."""


def refuse() -> None:
    """Refuse every outgoing connection and datagram of this process from now on; there is no way back."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _CALLS:
        asked: Any = arguments[0] if arguments else None
        if getattr(asked, "family", None) in (socket.AF_INET, socket.AF_INET6):
            raise OutgoingRefused(f"the dashboard opens no connection ({event})")
