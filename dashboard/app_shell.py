"""The app's HTML shell, made useful: the right language and title, what the page says drawn with the first bytes, our script and icon.

Streamlit writes `lang="en"` and its own name into it, and nothing to read; screen readers and search engines believe that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import first_paint
from dashboard.presenters import styles
from dashboard.presenters.translations import language_in, say
from dashboard.web import memento, snapshot_files

_SCRIPT = Path(__file__).with_name("assets") / "shell.js"
_CLIENT = re.compile(r'<link rel="(?:stylesheet|modulepreload)"[^>]*>|<script type="module"[^>]*></script>')
_DROPPED = (b"content-length", b"etag", b"last-modified", b"content-encoding")
# Compressed it could not be rewritten, and an old one is of another snapshot.
_PLAIN = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class Page:
    """Rewrites the shell of the pages whose paths are given; everything else passes."""

    def __init__(self, app: ASGIApp, pages: Collection[str]) -> None:
        self.app, self._pages = app, frozenset(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold a page's shell back until it is whole, and send it rewritten and compressed."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in self._pages:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            moved = await run_in_threadpool(memento.negotiated, request)
        except ValueError:
            moved = (
                None  # no date of HTTP: the page of today answers, as it would a browser that asks nothing
            )
        if moved is not None:
            await moved(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        if tidy := first_paint.tidied(scope["path"], query):
            await RedirectResponse(f"./?{tidy}", 303)(scope, receive, send)
            return
        lang = language_in(scope["query_string"])
        accepted = b",".join(v for n, v in scope["headers"] if n == b"accept-encoding").decode("latin-1")
        start: Message | None = None
        body = b""

        async def sending(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = dict(message["headers"]).get(b"content-type", b"")
                if message["status"] == 200 and kind.startswith(b"text/html"):
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                first = await run_in_threadpool(first_paint.shown, scope["path"], query, lang)
                shell, headers = snapshot_files.compressed(localised(body, lang, first), accepted)
                told = MutableHeaders(raw=[(n, v) for n, v in start["headers"] if n.lower() not in _DROPPED])
                told.raw.extend(headers)
                if first.status == 200:
                    await run_in_threadpool(memento.describe, request, told, first.memento)
                await send({**start, "status": first.status, "headers": told.raw})
                await send({"type": "http.response.body", "body": shell})

        headers = [(n, v) for n, v in scope["headers"] if n.lower() not in _PLAIN]
        await self.app({**scope, "headers": headers}, receive, sending)


def localised(shell: bytes, lang: str, sight: first_paint.Sight) -> bytes:
    """The shell in a language, with the page's first sight and the tags previews are made of."""
    first = sight.body
    text = shell.decode("utf-8")
    text = text.replace('<html lang="en">', f'<html lang="{"zh-CN" if lang == "zh" else "en"}">', 1)
    text = text.replace("<title>Streamlit</title>", f"<title>{say(lang, 'app.name')}</title>", 1)
    # Nothing inline, so that the policy needs no exception; a font no page uses; an interface that is closed; another's icon.
    for pattern in (
        r"<script>.*?</script>",
        r'<link\s+rel="preload"[^>]*as="font"[^>]*>',
        r'<link\s+rel="service-desc"[^>]*>',
        r'<link\s+rel="shortcut icon"[^>]*>',
        r"<!--.*?-->",
    ):
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    head = f'<link rel="icon" href="./icon.svg" type="image/svg+xml"><script defer src="./static/kw/shell.js?v={_version()}"></script>{sight.head}'
    text = text.replace("</title>", f"</title>{head}", 1)
    before, opening, rest = text.partition("<noscript>")
    _, closing, after = rest.partition("</noscript>")
    if closing:
        words = "" if first else f"<p>{say(lang, 'app.noscript')}</p>"
        text = f"{before}{opening}{words}{closing}{after}"
    if first:
        # The client's sixty files would share the line and the processor with what is already there to read: shell.js takes them out of
        # the template once that is painted.
        client = _CLIENT.findall(text)
        text = _CLIENT.sub("", text)
        text = text.replace("</head>", f"<style>{styles.style()}</style></head>", 1)
        text = text.replace("<body>", f"<body>{first}", 1)
        text = text.replace("</body>", f'<template id="kw-app">{"".join(client)}</template></body>', 1)
    return text.encode("utf-8")


@cache
def _version() -> str:
    return hashlib.sha256(_SCRIPT.read_bytes()).hexdigest()[:12]
