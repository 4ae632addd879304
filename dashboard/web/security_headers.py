"""Security headers of every answer: what a page may load and run, who may frame or read it, and TLS once it was there.

The app's pages run Streamlit's client; what its policy allows beyond 'self' is what a browser was seen to need (docs/decisions).
Static pages run nothing, everything else is data.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.presenters import styles
from dashboard.web.rate_limit import OPEN

_COMMON = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"geolocation=(), camera=(), microphone=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
}
_DATA = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
_CLIENT_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",  # an empty element, which its rules are put into by script
    "'sha256-sCeCJweudh0wlaRadz4KC+gWbaiifo1k3YqCm9pGjrc='",
    "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='",
)
"""The style elements Streamlit 1.67's client makes; tests/dashboard/pages/test_page_states.py fails when another version makes others."""
_YEAR = b"max-age=31536000"


def hash_of(text: str) -> str:
    """How a policy names an inline style or script."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


@cache
def app_policy() -> bytes:
    """Of the app's pages: scripts and connections of its own address only, nothing evaluated, styles by their text."""
    named = " ".join([*map(hash_of, styles.every()), *_CLIENT_STYLES])
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self' {named}; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self'"
    ).encode()


def static_policy(texts: Iterable[str]) -> str:
    """Of a page without scripts, by the texts of its style elements."""
    allowed = " ".join(map(hash_of, texts)) or "'none'"
    return (
        f"default-src 'none'; script-src 'none'; style-src {allowed}; img-src 'self' data:; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'self'"
    )


def of_data() -> dict[bytes, bytes]:
    """Of whatever is no page and nobody else's to read."""
    return _COMMON | {b"content-security-policy": _DATA, b"cross-origin-resource-policy": b"same-origin"}


class Headers:
    """Adds the headers an answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower(): value for name, value in message["headers"]}
                html = present.get(b"content-type", b"").startswith(b"text/html")
                anyone = path.startswith(OPEN)
                extra = of_data()
                if html:
                    extra[b"content-security-policy"] = app_policy()
                if anyone:
                    extra[b"cross-origin-resource-policy"] = b"cross-origin"
                if scope.get("scheme") == "https":
                    extra |= {b"strict-transport-security": _YEAR}
                more = [(n, v) for n, v in extra.items() if n not in present]
                message = {**message, "headers": [*_vary_once(message["headers"]), *more]}
            await send(message)

        await self.app(scope, receive, sending)


def _vary_once(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The head with one Vary, each name in it once: every layer that compresses or dates adds its own."""
    kept, varies = [], dict[bytes, None]()
    for name, value in headers:
        if name.lower() == b"vary":
            varies |= dict.fromkeys(part.strip() for part in value.split(b","))
        else:
            kept.append((name, value))
    return [*kept, (b"vary", b", ".join(varies))] if varies else kept


# This process calls nobody: a connection it would open itself is refused, whatever part of it asks.

_CALLS = ("socket.connect", "socket.sendto", "socket.sendmsg")


class OutgoingRefused(PermissionError):
    """Something in the dashboard's process wanted to reach another machine."""


def refuse() -> None:
    """Refuse every outgoing connection and datagram of this process from now on; there is no way back."""
    sys.addaudithook(_hook)


def _hook(
    event: str,
    arguments: tuple[Any, ...],
    calls: tuple[str, ...] = _CALLS,
    families: tuple[int, ...] = (socket.AF_INET, socket.AF_INET6),
    refused: type[OutgoingRefused] = OutgoingRefused,
) -> None:
    """What it needs is bound to it: it is asked until the interpreter's last moment, when the module's own names are gone."""
    if event in calls:
        asked: Any = arguments[0] if arguments else None
        if getattr(asked, "family", None) in families:
            raise refused(f"the dashboard opens no connection ({event})")
