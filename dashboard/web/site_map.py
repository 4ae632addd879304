"""What programs look for at fixed places: robots.txt, the list of pages for search engines, the icon.

Lists hold 10,000 sites each (the protocol allows 50,000); the first names the others. It must not import streamlit.
"""

from __future__ import annotations

import math
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.presenters import current_snapshot
from dashboard.presenters.translations import language, say
from dashboard.web.rate_limit import problem
from store.text.query import file_stem

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0B4FA0"/>'
    '<circle cx="14" cy="14" r="7" fill="none" stroke="#fff" stroke-width="3"/><path d="M19.5 19.5 26 26" stroke="#fff" '
    'stroke-width="3.5" stroke-linecap="round"/><path d="M10.5 14.5l2.5 2.5 4.5-5" fill="none" stroke="#fff" stroke-width="2"/></svg>'
)
"""Our mark."""
PAGES = (
    "",
    "rank",
    "alerts",
    "sector",
    "operator",
    "cluster",
    "before",
    "help",
    "compare",
    "appeals",
    "method",
    "data",
    "status",
    "about",
)
_EACH = 10_000


def robots(request: Request) -> Response:
    """Everything published may be read, and the pictures of previews; questions and the app's own traffic are nobody's to collect."""
    lines = ["User-agent: *", "Disallow: /_stcore/", "Disallow: /media/", "Disallow: /*?q=", "Disallow: /api/", "Allow: /api/v1/picture/", "Allow: /",
             f"Sitemap: {_base(request)}sitemap.xml"]  # fmt: skip
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=86400"})


def sitemap(request: Request) -> Response:
    """The index of the lists."""
    try:
        count = current_snapshot.facts(current_snapshot.current()).count
    except (current_snapshot.NoSnapshot, current_snapshot.DamagedSnapshot):
        count = 0
    base = _base(request)
    names = ["sitemap-pages.xml", *(f"sitemap-sites-{n + 1}.xml" for n in range(math.ceil(count / _EACH)))]
    return _xml("sitemapindex", "sitemap", [base + name for name in names])


def part(request: Request) -> Response:
    """The pages, or one list of the static pages of sites."""
    which, base = request.path_params["part"], _base(request)
    if which == "pages":
        return _xml("urlset", "url", [base + page for page in PAGES])
    number = which.removeprefix("sites-")
    if not (
        which.startswith("sites-") and number.isascii() and number.isdigit() and 0 < int(number[:6]) < 10**6
    ):
        return problem(404, say(language(None), "api.no_file"))
    try:
        snapshot = current_snapshot.current()
    except (current_snapshot.NoSnapshot, current_snapshot.DamagedSnapshot):
        return problem(503, say(language(None), "api.no_snapshot"))
    rows = current_snapshot.rows(
        snapshot,
        "select host from ranked order by host limit ? offset ?",
        [_EACH, (int(number[:6]) - 1) * _EACH],
    )
    return _xml("urlset", "url", [f"{base}s/{quote(file_stem(row['host']))}.html" for row in rows])


def icon(request: Request) -> Response:
    """The mark."""
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def _base(request: Request) -> str:
    """The address the visitor used, which the gate has checked."""
    return str(request.base_url)


def _xml(root: str, each: str, addresses: list[str]) -> Response:
    lines = "".join(f"<{each}><loc>{escape(address)}</loc></{each}>\n" for address in addresses)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</{root}>\n'
    return Response(body, media_type="application/xml", headers={"Cache-Control": "public, max-age=3600"})


ROUTES = [
    Route("/robots.txt", robots, include_in_schema=False),
    Route("/sitemap.xml", sitemap, include_in_schema=False),
    Route("/sitemap-{part}.xml", part, include_in_schema=False),
    *(Route(path, icon, include_in_schema=False) for path in ("/icon.svg", "/favicon.ico", "/favicon.png")),
]
