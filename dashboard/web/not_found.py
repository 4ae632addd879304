"""What is answered where nothing is: a page with the search box, in the reader's language, and the status that says so (404)."""

from __future__ import annotations

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
    root = "../" * max(0, path.count("/") - 1) or "./"
    pages = [(address, say(lang, key)) for address, key in _PAGES]
    body = html.render("missing.html", lang, root=root, pages=pages, asked=plain(asked, 800))
    style = styles.style()
    page = html.render(
        "document.html",
        lang,
        title=f"{say(lang, 'missing.title')} · {say(lang, 'app.name')}",
        root=root,
        style=Markup(style),  # noqa: S704 - a file of ours
        body=Markup(body),  # noqa: S704 - a template's own output
    )
    policy = security_headers.static_policy([style])
    return HTMLResponse(page, 404, {"Content-Security-Policy": policy, "Cache-Control": "no-cache"})
