"""Files the publisher made, served as they are: badges, feeds, pages of single sites, and anything the snapshot lists."""

from __future__ import annotations

import gzip
import mimetypes
import re
import threading
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.presenters import csv_export
from dashboard.presenters.translations import LANGUAGES, language, say
from dashboard.web.not_found import missing, unreadable
from dashboard.web.rate_limit import problem
from dashboard.web.security_headers import static_policy
from scoring.snapshot.reader import DELTA, SIGNATURE, Snapshot
from store.text.query import FLAT, is_merchant_key, site_files

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


async def _opened(request: Request) -> Snapshot:
    return cast(Snapshot, request.state.snapshot)


async def _spoken(
    lang: Annotated[str, Query(json_schema_extra={"enum": ["zh", "en"]})] = LANGUAGES[0],
) -> str:
    return language(lang)


Published = Annotated[Snapshot, Depends(_opened)]
Lang = Annotated[str, Depends(_spoken)]


def asked_site(request: Request) -> str:
    """The site a path names: a host, or a merchant of a mall in three parts."""
    parts = [
        request.path_params[name] for name in ("host", "section", "merchant") if name in request.path_params
    ]
    return "/".join(parts)


def badge(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The dated badge of one site, as the publisher made it."""
    return _published(_of_site(snapshot, "badges", asked_site(request)), "image/svg+xml", lang)


def merchant_file(request: Request, snapshot: Published, lang: Lang) -> Response:
    """To the page or feed of one merchant of a mall, where the links in it lead where they should."""
    host, kind = asked_site(request), request.url.path.split("/", 2)[1]
    file = _of_site(snapshot, kind, host)
    if not is_merchant_key(host) or not _plain(file):
        refusal = problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
        return for_a_reader(request, refusal, lang)
    return RedirectResponse(f"../../{file.as_posix().rpartition(f'/{kind}/')[2]}")


def feed(request: Request, snapshot: Published, lang: Lang) -> Response:
    """Changes of cash-flow states as an Atom feed, of all sites (`all`) or of one; the bulletins (`bulletins`)."""
    if (name := request.path_params["host"]) in ("all", "bulletins"):
        return _published(snapshot.file(f"feeds/{name}.atom"), "application/atom+xml", lang)
    return _with_links(request, snapshot, "feeds", "application/atom+xml", lang)


def static_page(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The page of one site without JavaScript, as the publisher made it."""
    answer = _with_links(request, snapshot, "s", "text/html; charset=utf-8", lang)
    if isinstance(answer, FileResponse):
        styles = _STYLE.findall(Path(answer.path).read_text("utf-8", "replace"))
        answer.headers["Content-Security-Policy"] = static_policy(styles)
    return for_a_reader(request, answer, lang)


def for_a_reader(request: Request, answer: Response, lang: str, kind: str = "") -> Response:
    """The refusal of a page: a program gets a problem document, whoever followed a link gets a page with a search for that site, or while
    nothing can be read (`kind`) with what helps all the same."""
    path = request.url.path
    if path.startswith("/s/") and "text/html" in request.headers.get("accept", ""):
        if kind:
            return unreadable(path, lang, kind, asked_site(request))
        if answer.status_code == 404:
            return missing(path, lang, asked_site(request))
    return answer


def snapshot_file(request: Request, snapshot: Published, lang: Lang) -> Response:
    """A file of the snapshot, if SHA256SUMS lists it."""
    name = request.path_params["name"]
    # What a partial snapshot stands on is asked for by its name: `<name>/manifest.json`, and whatever has no newer form also without.
    of_whole = name.removeprefix(f"{snapshot.whole.name}/")
    file = snapshot.whole / of_whole if of_whole != name else snapshot.file(name)
    if not _plain(file) or not _listed(snapshot, file, of_whole):
        return problem(404, say(lang, "api.no_file"))
    return FileResponse(file, filename=name.rsplit("/", 1)[-1], content_disposition_type="attachment")


def delta_file(snapshot: Published, lang: Lang) -> Response:
    """What the newest whole snapshot changed of the one before: rows removed and added per table (a zip of Parquet)."""
    file = snapshot.path.parent / DELTA
    if not _plain(file):
        return problem(404, say(lang, "api.no_file"))
    return FileResponse(file, filename=DELTA, media_type="application/zip")


def _plain(file: Path) -> bool:
    """Is it a file where it says it is? What a link or `..` leads to lies outside, and nothing there is published."""
    return file.is_file() and file.resolve() == file


def _listed(snapshot: Snapshot, file: Path, name: str) -> bool:
    """Does the manifest or SHA256SUMS name it? The list has three lines a site: it is passed over, never held in memory."""
    folder = snapshot.path if file.is_relative_to(snapshot.path) else snapshot.whole
    if (
        name in ("SHA256SUMS", SIGNATURE)
        or folder == snapshot.path
        and name in snapshot.manifest.get("files", ())
    ):
        return True
    if not _plain(folder / "SHA256SUMS"):
        return False
    with (folder / "SHA256SUMS").open(encoding="utf-8") as lines:
        return any(line.rstrip("\n").partition("  ")[2] == name for line in lines)


def table_file(request: Request, snapshot: Published, lang: Lang) -> Response:
    """A whole table of the snapshot as CSV (with a byte order mark) or JSON Lines."""
    table, form = request.path_params["table"], request.path_params["form"]
    try:
        pieces = csv_export.stream(snapshot, table, form)
    except KeyError:
        return problem(404, say(lang, "api.no_file"))
    name = f"{table}-{snapshot.id}.{form}"
    return StreamingResponse(
        pieces,
        media_type=csv_export.FORMATS[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _of_site(snapshot: Snapshot, kind: str, host: str) -> Path:
    """A file about one site, wherever a snapshot of its size has it."""
    beside = snapshot.file(site_files(host, 0)[kind])
    return beside if beside.is_file() else snapshot.file(site_files(host, FLAT + 1)[kind])


def _with_links(request: Request, snapshot: Snapshot, kind: str, media_type: str, lang: str) -> Response:
    """A file about one site whose links are relative: asked for beside the others, it may lie one folder deeper."""
    file = _of_site(snapshot, kind, request.path_params["host"])
    if file.is_file() and file.parent.name != kind and "folder" not in request.path_params:
        return RedirectResponse(f"{file.parent.name}/{file.name}")
    return _published(file, media_type, lang)


def _published(file: Path, media_type: str, lang: str) -> Response:
    """A file of the snapshot, shown rather than downloaded."""
    if not _plain(file):
        return problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
    return FileResponse(file, media_type=media_type)


# The app's own files, compressed: Streamlit's client and ours, each compressed once and kept for as long as the process runs.

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
        from streamlit import file_util  # here: the API shares this module and runs without streamlit

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
        found = _compressed(file.read_bytes(), coding, 9 if coding == "br" else 6)
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
