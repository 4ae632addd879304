"""The OpenAPI description of the routes, made from their paths and docstrings, so that none can be forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.routing import Route

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
