"""Runs the dashboard: the Streamlit app, the API beside it, and what both need around them in one process.

`serve()` is what the command line calls. Streamlit reads dashboard/.streamlit/config.toml because it lies beside app.py.
"""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from dashboard import early, metrics, pages, reader
from dashboard.api import ELSE, ROUTES
from dashboard.limits import Gate
from dashboard.text import language, say

_SCRIPT = Path(__file__).with_name("app.py")
_HEADERS = {
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; "
        b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        b"connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        b"form-action 'self'; frame-ancestors 'self'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"geolocation=(), camera=(), microphone=()",
    b"cross-origin-opener-policy": b"same-origin",
}


# Streamlit's client otherwise probes below the page's own path first, and each probe is a 404 in the console. A link to
# a piece of evidence arrives before the evidence is drawn, so the page is scrolled to it once it is there, and what is folded opened.
# Three labels of Streamlit's client exist in English only; screen readers would read them out on a Chinese page.
_CHINESE_SCRIPT = """<script>
const labels = {
  '[data-testid=stSkipToContent]': '跳到正文',
  '[data-testid=stFileUploaderDropzone] button p': '选择文件',
};
new MutationObserver(() => {
  for (const [selector, words] of Object.entries(labels)) {
    const text = document.querySelector(selector)?.firstChild;
    if (text && text.data && text.data !== words) text.data = words;
  }
  for (const input of document.querySelectorAll('[aria-label="file upload"]')) input.setAttribute('aria-label', '选择文件');
}).observe(document, { childList: true, characterData: true, subtree: true });
</script>"""
# The verdict drawn with the shell gives way to the app's own once that, or a message in its place, is drawn.
_EARLY_SCRIPT = """<script>
new MutationObserver((_, watch) => {
  if (!document.querySelector('#root .kw-card, #root .kw-foot, #root [role=alert]')) return;
  const early = document.getElementById('kw-early'), top = early.scrollTop;
  watch.disconnect();
  early.remove();
  if (top) document.querySelector('[data-testid=stMain]')?.scrollTo(0, top);
}).observe(document.getElementById('root'), { childList: true, subtree: true });
</script>"""
_SHELL_SCRIPT = """<script>
window.__streamlit = { BACKEND_BASE_URL: new URL('.', location.href).href };
if (location.hash.length > 1) {
  let left = 40;
  const timer = setInterval(() => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = target?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
    if (target && Math.abs(target.getBoundingClientRect().top) > 90) target.scrollIntoView();
    if (--left === 0) clearInterval(timer);
  }, 150);
  for (const moved of ['wheel', 'touchstart', 'keydown', 'pointerdown'])
    addEventListener(moved, () => clearInterval(timer), { once: true, passive: true });
}
</script>"""


class Headers:
    """Adds the security headers to every HTTP answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = [(n, v) for n, v in _HEADERS.items() if n not in present]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        await self.app(scope, receive, sending)


class Page:
    """Gives the app's HTML shell the right language, a title and words for readers without JavaScript.

    Streamlit writes `lang="en"` and its own name into it; screen readers and search engines believe that.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold a page's shell back until it is whole, and send it rewritten."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or scope["path"].startswith(("/s/", "/snapshot/"))
        ):
            await self.app(scope, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [None])[0]
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
                lang = language(asked)
                query = scope["query_string"].decode("latin-1")
                verdict = await run_in_threadpool(early.shown, scope["path"], query, lang)
                shell = _localised(body, lang, verdict)
                kept = [
                    (n, v)
                    for n, v in start["headers"]
                    if n.lower() not in (b"content-length", b"etag", b"last-modified")
                ]
                await send({**start, "headers": [*kept, (b"content-length", str(len(shell)).encode())]})
                await send({"type": "http.response.body", "body": shell})

        # A compressed shell could not be rewritten: ask for it plain.
        headers = [
            (n, v)
            for n, v in scope["headers"]
            if n.lower() not in (b"accept-encoding", b"if-none-match", b"if-modified-since")
        ]
        plain_scope = {**scope, "headers": headers} if _is_page(scope["path"]) else scope
        await self.app(plain_scope, receive, sending)


def build_app(data_dir: Path | str | None = None, clock: reader.Clock | None = None) -> App:
    """The whole dashboard as an ASGI application.

    `data_dir` is put into KAMENGWATCH_DATA_DIR, where the app looks for it; `clock` lets it say how old its data is.
    """
    if data_dir is not None:
        os.environ[reader.DATA_DIR_VARIABLE] = str(Path(data_dir).resolve())
    reader.use_clock(clock)
    routes = [*ROUTES, metrics.ROUTE, *ELSE]
    around = [Middleware(Headers), Middleware(Gate, routes=routes), Middleware(Page)]
    return App(_SCRIPT, routes=routes, middleware=around)


def serve(
    host: str = "127.0.0.1",
    port: int = 8501,
    data_dir: Path | str | None = None,
    clock: reader.Clock | None = None,
) -> None:
    """Serve until stopped. Raises OSError at once when the port is taken."""
    # Every page and what charts need, before the first visitor: sessions are threads, and several that import pandas at
    # once have been seen to find it half made.
    importlib.import_module("pandas")
    pages.discover()
    app = build_app(data_dir, clock)
    config.get_config_options(
        force_reparse=True, options_from_flags={"server.address": host, "server.port": port}
    )
    # No access log: addresses carry what people look up.
    server = uvicorn.Server(
        uvicorn.Config(app, host, port, access_log=False, log_level="warning", ws_max_size=1_000_000)
    )
    server.run()


def _is_page(path: str) -> bool:
    """Whether a path is answered by the app's HTML shell and not by a file, the API or Streamlit's own endpoints."""
    return not path.startswith(
        ("/static/", "/_stcore/", "/media/", "/component/", "/api/", "/feeds/", "/badge/", "/download/")
    )


def _localised(shell: bytes, lang: str, verdict: str) -> bytes:
    text = shell.decode("utf-8")
    if verdict:
        text = text.replace("</head>", f"<style>{early.style()}</style></head>", 1)
        text = text.replace("<body>", f"<body>{verdict}", 1)
        text = text.replace("</body>", f"{_EARLY_SCRIPT}</body>", 1)
    text = text.replace('<html lang="en">', f'<html lang="{"zh-CN" if lang == "zh" else "en"}">', 1)
    text = text.replace("<title>Streamlit</title>", f"<title>{say(lang, 'app.name')}</title>", 1)
    text = text.replace("</title>", f"</title>{_SHELL_SCRIPT}{_CHINESE_SCRIPT if lang == 'zh' else ''}", 1)
    # A font no page uses; the theme names the system's own.
    text = re.sub(r'<link\s+rel="preload"[^>]*as="font"[^>]*>', "", text, count=1)
    before, opening, rest = text.partition("<noscript>")
    _, closing, after = rest.partition("</noscript>")
    if closing:
        text = f"{before}{opening}<p>{say(lang, 'app.noscript')}</p>{closing}{after}"
    return text.encode("utf-8")
