"""POST /api/v1/look asks for a look at a site, GET tells how it stands. The one thing written is a line in the inbox.

A form on a page without scripts is sent back to its page; a program gets JSON, or a problem document that says why not.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboard.forms import looks
from dashboard.presenters import current_snapshot, first_look
from dashboard.presenters.translations import language, say
from dashboard.web import rate_limit
from dashboard.web.rate_limit import problem
from store.text.query import parse_query

PATH = "/api/v1/look"
_LONGEST = 4_000
_STATUS = {"look.no_site": 400, "look.off": 503, "look.again": 429, "look.used_up": 429, "look.wait": 429, "form.closed": 503}  # fmt: skip


async def look(request: Request) -> Response:
    """How the look at a site (`q`) stands: its state, place in the queue, steps with their facts, and the card once it is finished."""
    if request.method == "POST":
        return await _ask(request)
    lang = language(request.query_params.get("lang"))
    host = parse_query(request.query_params.get("q", "")[:_LONGEST]).host
    if not host:
        return problem(400, say(lang, "api.bad_query"), say(lang, "look.no_site"))
    return _state(host, lang)


async def _ask(request: Request) -> Response:
    given = await rate_limit.posted(request, _LONGEST)
    if given is None:
        return problem(413, say(language(request.query_params.get("lang")), "api.body_too_long"))
    given = dict(request.query_params) | given
    lang, asked = language(given.get("lang")), given.get("q", "")
    kind = "include" if given.get("kind") == "include" else "look"
    try:
        now = current_snapshot.now(current_snapshot.facts(current_snapshot.current()))
    except (current_snapshot.NoSnapshot, current_snapshot.DamagedSnapshot):
        return problem(503, say(lang, "api.no_snapshot"), say(lang, "app.missing_text"))
    address = request.client.host if request.client else None
    why, values = looks.ask(
        current_snapshot.data_dir(), kind, asked, now, lambda: rate_limit.look_wait(time.monotonic(), address)
    )
    host = parse_query(asked[:_LONGEST]).host or ""
    if "text/html" in request.headers.get("accept", ""):
        more = "" if lang == "zh" else f"&lang={lang}"
        return RedirectResponse(f"../../?q={quote(host)}{more}", 303)
    if why:
        answer = problem(_STATUS[why], say(lang, "look.refused"), say(lang, why, **values))
        if "minutes" in values:
            answer.headers["Retry-After"] = str(values["minutes"] * 60)
        return answer
    return JSONResponse({"host": host, "asked": kind, "state_at": f"{PATH}?q={quote(host)}"}, 202)


def _state(host: str, lang: str) -> Response:
    folder = current_snapshot.data_dir()
    at = looks.desk(folder)
    found = looks.look_of(folder, host, at)
    told: dict[str, Any] = {"host": host, "on": at.on, "state": found["state"] if found else "none"}
    if found:
        told |= {
            "ahead": at.ahead(host),
            "again_at": found["again_at"],
            "steps": first_look.steps(found, lang),
        }
        told["card"] = first_look.card(found, lang).as_dict() if found["state"] == "done" else None
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


ROUTES = [Route(PATH, look, methods=["GET", "POST"])]
