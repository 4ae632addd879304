"""What is answered where nothing is, or nothing can be read: a page in the reader's language with what to do instead, and the status that
says so (404, 503)."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import HTMLResponse

from dashboard.presenters import html, styles
from dashboard.presenters.translations import say
from dashboard.web import security_headers
from store.text.safe_text import plain

_PAGES = (
    ("help", "app.to_help"),
    ("rank", "rank.title"),
    ("alerts", "alerts.title"),
    ("about", "about.title"),
)


def missing(path: str, lang: str, asked: str = "") -> HTMLResponse:
    """The page for a path nobody serves, which is not repeated; `asked` is the site it was about, to be looked up instead."""
    pages = [(address, say(lang, key)) for address, key in _PAGES]
    return _answer(404, path, lang, ("missing.title", "missing.words"), pages, asked, search=True)


def unreadable(path: str, lang: str, kind: str, asked: str) -> HTMLResponse:
    """The page in place of a site's own while no data can be read (`kind`: missing, damaged), with what helps all the same."""
    query = f"?site={quote(asked, safe='')}" if asked else ""
    pages = [(f"{address}{query}", say(lang, f"app.to_{address}")) for address in ("help", "before")]
    pages.append(("about", say(lang, "about.title")))
    return _answer(503, path, lang, (f"app.{kind}_title", f"app.{kind}_text"), pages, asked)


def _answer(
    status: int,
    path: str,
    lang: str,
    words: tuple[str, str],
    pages: list[tuple[str, str]],
    asked: str,
    search: bool = False,
) -> HTMLResponse:
    root = "../" * max(0, path.count("/") - 1) or "./"
    title, text = (say(lang, key) for key in words)
    told = {"title": title, "words": text, "pages": pages, "search": search, "asked": plain(asked, 800)}
    body = html.render("missing.html", lang, root=root, **told)
    style = styles.style()
    page = html.render(
        "document.html",
        lang,
        title=f"{title} · {say(lang, 'app.name')}",
        root=root,
        style=Markup(style),  # noqa: S704 - a file of ours
        body=Markup(body),  # noqa: S704 - a template's own output
    )
    policy = security_headers.static_policy([style])
    return HTMLResponse(page, status, {"Content-Security-Policy": policy, "Cache-Control": "no-cache"})
