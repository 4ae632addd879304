"""The app's own files, compressed: Streamlit's client and ours, each compressed once and kept for as long as the process runs.

Streamlit serves its client plain, 3 MB of it before anything can be seen. Its files are named by their content and never change.
"""

from __future__ import annotations

import gzip
import mimetypes
import threading
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util

_OWN = Path(__file__).parents[1] / "assets"
_TEXT = (".js", ".css", ".json", ".svg", ".txt", ".map", ".html")
_LARGEST = 6 * 1024 * 1024
_kept: dict[tuple[str, str], bytes] = {}
_lock = threading.Lock()
OWN = "/static/kw/"
"""Where our own files are asked for."""


class Assets:
    """Answers what lies below /static/."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A file, compressed as the client can read it, or whatever the app answers."""
        if scope["type"] != "http" or not scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        file = _file(scope["path"])
        if file is None:
            await Response("not found", 404, media_type="text/plain")(scope, receive, send)
            return
        accepted = b",".join(v for n, v in scope["headers"] if n == b"accept-encoding").decode("latin-1")
        coding = _coding(accepted) if file.suffix in _TEXT else ""
        body = await run_in_threadpool(_bytes, file, coding)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, immutable, max-age=31536000", "Vary": "Accept-Encoding"}
        if coding:
            headers["Content-Encoding"] = coding
        if kind.startswith("text/") or file.suffix == ".js":
            kind = "text/javascript; charset=utf-8" if file.suffix == ".js" else f"{kind}; charset=utf-8"
        await Response(body, media_type=kind, headers=headers)(scope, receive, send)


def _file(path: str) -> Path | None:
    """The file a path names, inside one of the two folders."""
    if path.startswith(OWN):
        folder, name = _OWN, path.removeprefix(OWN)
    else:
        folder, name = Path(file_util.get_static_dir()), path.removeprefix("/")
    file = folder / name
    try:
        inside = file.resolve().is_relative_to(folder.resolve()) and file.is_file()
    except (OSError, ValueError):
        return None
    return file if inside else None


def _coding(accepted: str) -> str:
    """The best coding the client takes; an explicit q=0 is a no."""
    offered: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, quality = part.strip().partition(";")
        offered[name.strip()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return next((name for name in _codings() if offered.get(name)), "")


@cache
def _codings() -> tuple[str, ...]:
    """Brotli where it is installed (it comes with the crawler), and gzip."""
    try:
        import_module("brotli")
    except ImportError:
        return ("gzip",)
    return ("br", "gzip")


def _bytes(file: Path, coding: str) -> bytes:
    if not coding or file.stat().st_size > _LARGEST:
        return file.read_bytes() if not coding else _compressed(file.read_bytes(), coding, 4)
    key = (str(file), coding)
    with _lock:
        found = _kept.get(key)
    if found is None:
        found = _compressed(file.read_bytes(), coding, 6)
        with _lock:
            _kept[key] = found
    return found


def _compressed(data: bytes, coding: str, level: int) -> bytes:
    if coding == "gzip":
        return gzip.compress(data, level, mtime=0)
    brotli: Any = import_module("brotli")
    return bytes(brotli.compress(data, quality=level))


def compressed(body: bytes, accepted: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A body as the client can best read it, and the headers that say so."""
    coding = _coding(accepted) if len(body) > 1_000 else ""
    if coding:
        body = _compressed(body, coding, 5)
    headers = [(b"content-length", str(len(body)).encode()), (b"vary", b"Accept-Encoding")]
    return body, [*headers, (b"content-encoding", coding.encode())] if coding else headers
