"""Files the publisher made, served as they are: badges, feeds, pages of single sites, and anything the snapshot lists."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from dashboard.presenters import csv_export
from dashboard.presenters.translations import say
from dashboard.web.rate_limit import problem
from dashboard.web.security_headers import static_policy
from scoring.snapshot.reader import SIGNATURE, Snapshot
from store.text.query import FLAT, is_merchant_key, site_files

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def asked_site(request: Request) -> str:
    """The site a path names: a host, or a merchant of a mall in three parts."""
    parts = [
        request.path_params[name] for name in ("host", "section", "merchant") if name in request.path_params
    ]
    return "/".join(parts)


def badge(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """The dated badge of one site, as the publisher made it."""
    return _published(_of_site(snapshot, "badges", asked_site(request)), "image/svg+xml", lang)


def merchant_file(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """To the page or feed of one merchant of a mall, where the links in it lead where they should."""
    host, kind = asked_site(request), request.url.path.split("/", 2)[1]
    file = _of_site(snapshot, kind, host)
    if not is_merchant_key(host) or not _plain(file):
        return problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
    return RedirectResponse(f"../../{file.relative_to(snapshot.path / kind).as_posix()}")


def feed(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """Changes of cash-flow states as an Atom feed, of all sites (`all`) or of one."""
    if request.path_params["host"] == "all":
        return _published(snapshot.path / "feeds" / "all.atom", "application/atom+xml", lang)
    return _with_links(request, snapshot, "feeds", "application/atom+xml", lang)


def static_page(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """The page of one site without JavaScript, as the publisher made it."""
    answer = _with_links(request, snapshot, "s", "text/html; charset=utf-8", lang)
    if isinstance(answer, FileResponse):
        styles = _STYLE.findall(Path(answer.path).read_text("utf-8", "replace"))
        answer.headers["Content-Security-Policy"] = static_policy(styles)
    return answer


def snapshot_file(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """A file of the snapshot, if SHA256SUMS lists it."""
    name = request.path_params["name"]
    file = snapshot.path / name
    if not _plain(file) or not _listed(snapshot, name):
        return problem(404, say(lang, "api.no_file"))
    return FileResponse(file, filename=name.rsplit("/", 1)[-1], content_disposition_type="attachment")


def _plain(file: Path) -> bool:
    """Is it a file where it says it is? What a link or `..` leads to lies outside, and nothing there is published."""
    return file.is_file() and file.resolve() == file


def _listed(snapshot: Snapshot, name: str) -> bool:
    """Does the manifest or SHA256SUMS name it? The list has three lines a site: it is passed over, never held in memory."""
    if name in ("SHA256SUMS", SIGNATURE) or name in snapshot.manifest.get("files", ()):
        return True
    if not _plain(snapshot.path / "SHA256SUMS"):
        return False
    with (snapshot.path / "SHA256SUMS").open(encoding="utf-8") as lines:
        return any(line.rstrip("\n").partition("  ")[2] == name for line in lines)


def table_file(request: Request, snapshot: Snapshot, lang: str) -> Response:
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
    beside = snapshot.path / site_files(host, 0)[kind]
    return beside if beside.is_file() else snapshot.path / site_files(host, FLAT + 1)[kind]


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
