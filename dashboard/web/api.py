"""The JSON API with its OpenAPI description, feeds, badges and static pages, in the same process as the app.

Reads the snapshot only. Errors are RFC 9457 problem documents; every answer carries the snapshot's id and the beginning of
its content's hash as its ETag, so that a client asks again cheaply. It must not import streamlit.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.presenters import (
    current_snapshot,
    formatting,
    mall_merchants,
    ranking,
    site_search,
    verdict_card,
)
from dashboard.presenters.csv_export import plain
from dashboard.presenters.translations import language, say
from dashboard.web.rate_limit import problem
from dashboard.web.snapshot_files import (
    asked_site,
    badge,
    feed,
    merchant_file,
    snapshot_file,
    static_page,
    table_file,
)
from scoring.snapshot.reader import Snapshot
from store.text.query import file_stem, parse_query

_FILTERS = ("text", "tier", "warning", "filing", "province", "software", "sells", "coverage")
_QUERY = {
    "/api/v1/check": ("q", "lang"),
    "/api/v1/sites/{host}": ("lang",),
    "/api/v1/rank": (*_FILTERS, "page", "lang"),
    "/api/v1/events": ("since",),
    "/badge/{host}.json": ("lang",),
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "lang": {"type": "string", "enum": ["zh", "en"], "default": "zh"},
    "page": {"type": "integer", "minimum": 1, "default": 1},
    "since": {"type": "string", "format": "date"},
    "tier": {"type": "string", "enum": ["1", "2", "3"]},
    "part": {"type": "string", "enum": ["evidence", "history", "response", "changes", "series"]},
    "form": {"type": "string", "enum": ["csv", "jsonl"]},
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_ENDINGS = {
    ".svg": "image/svg+xml",
    ".atom": "application/atom+xml",
    ".html": "text/html",
    ".{form}": "text/csv",
    "{name}": "application/octet-stream",
}


def described(routes: Sequence[Route], docs: Mapping[str, str]) -> dict[str, Any]:
    """The document; `docs` has what a route does, by path, where its endpoint's docstring does not say it."""
    paths = {
        route.path.replace(":path", ""): {"get": _operation(route, docs.get(route.path, ""))}
        for route in routes
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "kamengwatch",
            "version": "1",
            "license": {"name": "CC-BY-4.0", "identifier": "CC-BY-4.0"},
        },
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


def _operation(route: Route, doc: str) -> dict[str, Any]:
    path, variables = route.path.replace(":path", ""), list(route.param_convertors)
    kind = next((kind for end, kind in _ENDINGS.items() if path.endswith(end)), "application/json")
    return {
        "summary": (route.endpoint.__doc__ or doc).strip(),
        "parameters": [
            {
                "name": name,
                "in": "path" if name in variables else "query",
                "required": name in variables,
                "schema": _SCHEMAS.get(name, {"type": "string"}),
            }
            for name in (*variables, *_QUERY.get(path, ()))
        ],
        "responses": {
            "200": {"description": "OK", "content": {kind: {}}},
            "304": {"description": "Not changed since the ETag given in If-None-Match"},
            "default": {
                "description": "RFC 9457; 429 carries Retry-After",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }


PREFIX = "/api/v1"
_MAX_ROWS = 1000
_CACHED = {"Cache-Control": "public, max-age=300"}
_ANYWHERE = {"Access-Control-Allow-Origin": "*"}

Handler = Callable[[Request, Snapshot, str], Response]


def _answering(handler: Handler) -> Callable[[Request], Response]:
    """Give a handler the snapshot and the language, and the answer its ETag; failures become problem documents."""

    def endpoint(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        try:
            snapshot = current_snapshot.current()
            tag = f'"{current_snapshot.version(snapshot)}"'
            if _known(request.headers.get("if-none-match"), tag):
                return Response(status_code=304, headers={"ETag": tag, **_CACHED, **_ANYWHERE})
            response = handler(request, snapshot, lang)
        except current_snapshot.NoSnapshot:
            return problem(503, say(lang, "api.no_snapshot"), say(lang, "app.missing_text"))
        except current_snapshot.DamagedSnapshot as error:
            return problem(503, say(lang, "app.damaged_title"), str(error))
        except (ValueError, OverflowError) as error:
            return problem(400, say(lang, "api.bad_query"), str(error)[:200])
        if response.status_code == 200:
            response.headers.update({"ETag": tag, **_CACHED})
        response.headers.update(_ANYWHERE)
        return response

    endpoint.__name__ = handler.__name__.strip("_")
    return endpoint


def _known(asked: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag; a list, and tags a proxy made weak, count too (RFC 9110)."""
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in (asked or "").split(","))


def _number(request: Request, name: str, default: int) -> int:
    asked = request.query_params.get(name, "")
    if not asked:
        return default
    if not (asked.isascii() and asked.isdigit()):
        raise ValueError(f"{name}={asked[:20]}")
    return int(asked[:9])


def healthz(request: Request) -> Response:
    """200 while a snapshot can be read; says which one and how old it is."""
    try:
        snapshot = current_snapshot.current()
        facts = current_snapshot.facts(snapshot)
    except (current_snapshot.NoSnapshot, current_snapshot.DamagedSnapshot) as error:
        return JSONResponse({"status": "failing", "reason": type(error).__name__, "detail": str(error)}, 503)
    about = {"as_of": plain(facts.as_of), "platforms": facts.count, "demo": facts.demo}
    return JSONResponse(
        {"status": "ok", "snapshot": snapshot.id, **about, "days_old": current_snapshot.days_old(facts)}
    )


def check(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """What a pasted text means and the verdict card of each site it may mean."""
    text = request.query_params.get("q", "").strip()
    if not text:
        raise ValueError("q")
    found = site_search.find(snapshot, text)
    query = found.query
    cards = [
        card.as_dict()
        for row in found.matches
        if (card := verdict_card.card_for(snapshot, row["host"], lang))
    ]
    asked = query.host or query.name or query.number or ""
    if not cards and query.kind != "empty":
        facts = current_snapshot.facts(snapshot)
        cards = [verdict_card.unknown_card(asked, lang, facts.as_of, facts.demo).as_dict()]
    return _json(
        {
            "snapshot": snapshot.id,
            "understood": {
                "kind": query.kind,
                "host": query.host,
                "unicode_host": query.unicode_host,
                "unit": query.unit,
                "mall": query.mall,
                "name": query.name,
                "number": query.number,
                "notices": [getattr(notice, lang) for notice in query.notices],
            },
            "cards": cards,
            "near": [{"host": row["host"], "name": row["name"]} for row in found.near],
        }
    )


def site(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """The rating row, the card, and of one site findings, warnings, identity, responses, objections, corrections, practices."""
    rating = _rating(request, snapshot)
    if rating is None:
        return problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
    host = rating["host"]
    tables = {"findings": "indicator", "warnings": "on", "identity": "aspect", "responses": "on",
              "corrections": "on", "disputes": "received_on", "practices": "host"}  # fmt: skip
    parts = {table: _about(snapshot, table, host, order) for table, order in tables.items()}
    whole = verdict_card.card_for(snapshot, host, lang) or verdict_card.card(rating, lang)
    card = whole.as_dict()
    body = {"snapshot": snapshot.id, "card": card, "rating": rating, **parts}
    if mall_merchants.unit_of(host) == "mall":
        body["merchants"] = [
            verdict_card.card(row, lang).as_dict() for row in mall_merchants.merchants(snapshot, host)
        ]
    return _json(body)


def site_part(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """One table about one site: evidence, history, response, changes, series."""
    tables = {"evidence": ("evidence", "id"), "history": ("history", "on"), "response": ("responses", "on"),
              "changes": ("changes", "on"), "series": ("series", "on")}  # fmt: skip
    part = request.path_params["part"]
    rating = _rating(request, snapshot)
    if part not in tables:
        return problem(404, say(lang, "api.no_route"), ", ".join(tables))
    if rating is None:
        return problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
    table, order = tables[part]
    return _json(
        {
            "snapshot": snapshot.id,
            "host": rating["host"],
            part: _about(snapshot, table, rating["host"], order),
        }
    )


def rank(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """A page of the ranking with its filters; the unrated are counted and listed beside it."""
    asked = request.query_params
    names = ("text", "tier", "warning", "filing", "province", "software", "sells", "coverage")
    filters = ranking.Filters(**{name: asked.get(name, "")[:80] for name in names})
    page = max(1, min(_number(request, "page", 1), 10**6))
    rated, unrated = ranking.counts(snapshot, filters)
    return _json(
        {
            "snapshot": snapshot.id,
            "page": page,
            "pages": max(1, math.ceil(rated / ranking.PAGE_SIZE)),
            "rated": rated,
            "unrated": unrated,
            "sites": [
                verdict_card.card(row, lang).as_dict() for row in ranking.rated(snapshot, filters, page)
            ],
            "unrated_sites": [
                verdict_card.card(row, lang).as_dict() for row in ranking.unrated(snapshot, filters)
            ],
        }
    )


def events(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """Changes of cash-flow states since a day (`since=YYYY-MM-DD`), newest first, at most 1,000."""
    asked = request.query_params.get("since", "1970-01-01")
    try:
        since = dt.date.fromisoformat(asked)
    except ValueError as error:
        raise ValueError(f"since={asked[:20]} (YYYY-MM-DD)") from error
    found = current_snapshot.rows(
        snapshot,
        'select * from warnings where "on" >= ? order by "on" desc, host limit ?',
        [since, _MAX_ROWS],
    )
    return _json({"snapshot": snapshot.id, "events": found})


def badge_json(request: Request, snapshot: Snapshot, lang: str) -> Response:
    """The dated state of one site for shield services; an unknown site is grey."""
    rating = _rating(request, snapshot)
    facts = current_snapshot.facts(snapshot)
    host = asked_site(request)
    card = (
        verdict_card.card(rating, lang)
        if rating
        else verdict_card.unknown_card(host, lang, facts.as_of, facts.demo)
    )
    answer = _json(
        {
            "schemaVersion": 1,
            "label": card.host,
            "message": f"{card.word} {card.as_of}",
            "color": verdict_card.STATES[card.verdict].light.lstrip("#"),
        }
    )
    if rating:  # the schema of shield services has no place for a link
        up = "../" * (3 if "merchant" in request.path_params else 1)
        answer.headers["Link"] = f'<{up}s/{file_stem(rating["host"])}.html>; rel="describedby"'
    return answer


def no_route(request: Request) -> Response:
    """What no route answers."""
    return problem(
        404, say(language(request.query_params.get("lang")), "api.no_route"), f"{PREFIX}/openapi.json"
    )


def openapi(request: Request) -> Response:
    """The OpenAPI description, made from the routes and their docstrings."""
    return JSONResponse(described(ROUTES, _DOCS))


def _rating(request: Request, snapshot: Snapshot) -> dict[str, Any] | None:
    asked = asked_site(request)
    host = parse_query(asked[:300]).host or asked
    found = current_snapshot.rows(snapshot, "select * from ratings where host = ?", [host])
    return formatting.with_true_interval(found[0]) if found else None


def _about(snapshot: Snapshot, table: str, host: str, order: str = "on") -> list[dict[str, Any]]:
    return current_snapshot.rows(
        snapshot,
        f'select * from "{table}" where host = ? order by "{order}" limit {_MAX_ROWS}',  # noqa: S608 - names from this file
        [host],
    )


def _json(body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(plain(body))


_HANDLERS: dict[str, Handler] = {
    f"{PREFIX}/check": check,
    f"{PREFIX}/sites/{{host}}": site,
    f"{PREFIX}/sites/{{host}}/{{part}}": site_part,
    f"{PREFIX}/sites/{{host}}/{{section}}/{{merchant}}": site,
    f"{PREFIX}/sites/{{host}}/{{section}}/{{merchant}}/{{part}}": site_part,
    f"{PREFIX}/rank": rank,
    f"{PREFIX}/events": events,
    "/badge/{host}.json": badge_json,
    "/badge/{host}.svg": badge,
    "/badge/{host}/{section}/{merchant}.json": badge_json,
    "/badge/{host}/{section}/{merchant}.svg": badge,
    "/feeds/{host}/{section}/{merchant}.atom": merchant_file,
    "/s/{host}/{section}/{merchant}.html": merchant_file,
    "/feeds/{host}.atom": feed,
    "/feeds/{folder}/{host}.atom": feed,
    "/s/{host}.html": static_page,
    "/s/{folder}/{host}.html": static_page,
    "/download/{table}.{form}": table_file,
    "/snapshot/{name:path}": snapshot_file,
}
_DOCS = {path: handler.__doc__ or "" for path, handler in _HANDLERS.items()}
ROUTES = [
    Route("/healthz", healthz),
    Route(f"{PREFIX}/openapi.json", openapi),
    *(Route(path, _answering(handler)) for path, handler in _HANDLERS.items()),
]
"""Every route beside the app itself."""
ELSE = [
    Route(f"/{start}/{{rest:path}}", no_route, include_in_schema=False)
    for start in ("api", "feeds", "badge", "download")
]
"""What else lies there: an answer for programs, not the app's page."""
