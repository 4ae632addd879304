"""The JSON API (FastAPI) with its OpenAPI description, feeds, badges and static pages, in the same process as the app.

Reads the snapshot only. Errors are RFC 9457 problem documents; every answer carries the snapshot's id and the beginning of
its content's hash as its ETag, so that a client asks again cheaply. It must not import streamlit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.forms import looks
from dashboard.groups import clusters, exchange
from dashboard.help.documents import MEDIA
from dashboard.presenters import (
    current_snapshot,
    first_look,
    formatting,
    mall_merchants,
    ranking,
    share_card,
    site_search,
    verdict_card,
)
from dashboard.presenters.csv_export import plain
from dashboard.presenters.translations import language, say
from dashboard.web import memento, schemas
from dashboard.web.papers import bulletin_paper, dossier_paper, provisions
from dashboard.web.rate_limit import problem
from dashboard.web.snapshot_files import (
    Lang,
    Published,
    asked_site,
    badge,
    delta_file,
    feed,
    for_a_reader,
    merchant_file,
    snapshot_file,
    static_page,
    table_file,
)
from scoring.snapshot.reader import Snapshot
from store.text.query import file_stem, parse_query

PREFIX = "/api/v1"
_MAX_ROWS = 1000
_MOST_EXCHANGED = 5_000
"""Sites of which one answer holds everything; of more the command line writes the file (`kamengwatch export -o all.stix.json`)."""
_CACHED = {"Cache-Control": "public, max-age=300"}
_ANYWHERE = {"Access-Control-Allow-Origin": "*"}

Handler = Callable[..., Response]


class SnapshotRoute(APIRoute):
    """Opens the snapshot for a handler and gives its answer an ETag; failures become problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of a request, as FastAPI asks for it."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            lang = language(request.query_params.get("lang"))
            try:
                if moved := await run_in_threadpool(memento.negotiated, request):
                    moved.headers.update(_ANYWHERE)
                    return moved
                chosen = await run_in_threadpool(memento.chosen, request)
                snapshot = chosen.snapshot
                tag = f'"{current_snapshot.version(snapshot)}"'
                if _known(request.headers.get("if-none-match"), tag):
                    return Response(status_code=304, headers={"ETag": tag, **_CACHED, **_ANYWHERE})
                request.state.snapshot = snapshot
                response = await handle(request)
            except current_snapshot.NoSnapshot:
                refusal = problem(503, say(lang, "api.no_snapshot"), say(lang, "app.missing_text"))
                return for_a_reader(request, refusal, lang, "missing")
            except current_snapshot.DamagedSnapshot as error:
                refusal = problem(503, say(lang, "app.damaged_title"), str(error))
                return for_a_reader(request, refusal, lang, "damaged")
            except current_snapshot.NotKept as error:
                return for_a_reader(request, problem(404, say(lang, "api.not_kept"), str(error)), lang)
            except (ValueError, OverflowError) as error:
                return problem(400, say(lang, "api.bad_query"), str(error)[:200])
            except RequestValidationError as error:
                named = [f"{found['loc'][-1]}={str(found['input'])[:20]}" for found in error.errors()]
                return problem(400, say(lang, "api.bad_query"), ", ".join(named)[:200])
            if response.status_code == 200:
                response.headers.setdefault("ETag", tag)
                response.headers.setdefault("Cache-Control", _CACHED["Cache-Control"])
                await run_in_threadpool(memento.describe, request, response.headers, chosen.memento)
            response.headers.update(_ANYWHERE)
            return response

        return answer


def _known(asked: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag; a list, and tags a proxy made weak, count too (RFC 9110)."""
    return any(part.strip().removeprefix("W/") in (tag, "*") for part in (asked or "").split(","))


def _number(asked: Any) -> Any:
    """Nothing asked is the first page; digits of any length are a page, which may be beyond the last."""
    if isinstance(asked, str):
        if asked and not (asked.isascii() and asked.isdigit()):
            raise ValueError("digits only")
        return max(1, min(int(asked[:9] or 1), 10**6))
    return asked


class RankQuery(BaseModel):
    """Which page of the ranking, under which filters."""

    text: str = ""
    tier: Annotated[str, Field(json_schema_extra={"enum": ["", "1", "2", "3"]})] = ""
    warning: str = ""
    filing: str = ""
    province: str = ""
    software: str = ""
    sells: str = ""
    coverage: str = ""
    page: Annotated[int, BeforeValidator(_number), Field(ge=1)] = 1


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


def _first_card(snapshot: Snapshot, found: site_search.Answer, lang: str) -> verdict_card.Card:
    """The card of the site one address names; grey where it is not on record."""
    host = found.matches[0]["host"] if found.matches else found.query.host or ""
    facts = current_snapshot.facts(snapshot)
    if known := verdict_card.card_for(snapshot, host, lang):
        return known
    # A look is of the present, and says nothing of an earlier day.
    now = snapshot.id == current_snapshot.current().id
    if now and (look := looks.finished(current_snapshot.data_dir(), host)):
        return first_look.card(look, lang)
    return verdict_card.unknown_card(host, lang, facts.as_of, facts.demo)


def check(snapshot: Published, lang: Lang, q: str = "") -> Response:
    """What a pasted text means and the verdict card of each site it may mean; of a text that names several sites, the worst verdict first."""
    text = q.strip()
    if not text:
        raise ValueError("q")
    each = site_search.find_each(snapshot, text)
    found = each[0]
    query = found.query
    cards = [
        card.as_dict()
        for row in found.matches
        if (card := verdict_card.card_for(snapshot, row["host"], lang))
    ]
    asked = query.host or query.name or query.number or ""
    facts = current_snapshot.facts(snapshot)
    if len(each) > 1:
        every = [_first_card(snapshot, one, lang) for one in each]
        cards = [one.as_dict() for one in sorted(every, key=lambda one: site_search.badness(one.verdict))]
    elif not cards and query.host:
        cards = [_first_card(snapshot, found, lang).as_dict()]
    elif not cards and query.kind != "empty":
        cards = [verdict_card.unknown_card(asked, lang, facts.as_of, facts.demo).as_dict()]
    answer = _json(
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
    if any(not card["known"] for card in cards):  # a look may end at any moment, whatever the snapshot
        answer.headers["ETag"] = f'"{hashlib.sha256(answer.body).hexdigest()[:16]}"'
        answer.headers["Cache-Control"] = "no-cache"
    return answer


def site(request: Request, snapshot: Published, lang: Lang) -> Response:
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


def site_part(request: Request, snapshot: Published, lang: Lang) -> Response:
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


def rank(snapshot: Published, lang: Lang, asked: Annotated[RankQuery, Query()]) -> Response:
    """A page of the ranking with its filters; the unrated are counted and listed beside it."""
    filters = ranking.Filters(
        **{name: value[:80] for name, value in asked.model_dump(exclude={"page"}).items()}
    )
    page = asked.page
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


def events(
    snapshot: Published,
    since: Annotated[str, Query(json_schema_extra={"format": "date"})] = "1970-01-01",
) -> Response:
    """Changes of cash-flow states since a day (`since=YYYY-MM-DD`), newest first, at most 1,000."""
    try:
        first = dt.date.fromisoformat(since)
    except ValueError as error:
        raise ValueError(f"since={since[:20]} (YYYY-MM-DD)") from error
    found = current_snapshot.rows(
        snapshot,
        'select * from warnings where "on" >= ? order by "on" desc, host limit ?',
        [first, _MAX_ROWS],
    )
    return _json({"snapshot": snapshot.id, "events": found})


def cluster(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The cluster of linked sites a site belongs to: its sites, names, moves, endings, links, whom to notify."""
    asked = request.path_params["host"]
    return _group(snapshot, lang, clusters.cluster(snapshot, parse_query(asked[:300]).host or asked))


def operator(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The sites of a company that filings name (its name or USCC): the same."""
    return _group(snapshot, lang, clusters.operator(snapshot, request.path_params["name"][:200]))


def _group(snapshot: Snapshot, lang: str, known: clusters.Group | None) -> Response:
    if known is None:
        return problem(404, say(lang, "api.not_found"))
    tables = ("identifiers", "moves", "warnings", "links")
    return _json(
        {"snapshot": snapshot.id, "kind": known.kind, "name": known.name, "uscc": known.uscc, "sites": list(known.hosts), "count": known.count}
        | {table: clusters.about(snapshot, table, known.hosts) for table in tables}
        | {"notify": clusters.whom_to_notify(snapshot, known.hosts)}
    )  # fmt: skip


def exchange_file(
    request: Request, snapshot: Published, lang: Lang, host: str = "", operator: str = "", cluster: str = ""
) -> Response:
    """Facts for other tools: entities.ftm.jsonl (FollowTheMoney), bundle.stix.json (STIX 2.1), event.misp.json (MISP); of a site, an operator or a cluster, else of all."""
    form = next((form for form, name in exchange.FORMS.items() if name == request.path_params["name"]), None)
    if form is None:
        return problem(404, say(lang, "api.no_route"), ", ".join(exchange.FORMS.values()))
    known = clusters.operator(snapshot, operator[:200]) if operator else clusters.cluster(snapshot, cluster[:300]) if cluster else None  # fmt: skip
    hosts = known.hosts if known else (host,) if host and snapshot.site(host) else None
    if hosts is None and (host or operator or cluster):
        return problem(404, say(lang, "api.not_found"), say(lang, "sentence.unlisted"))
    if hosts is None and current_snapshot.facts(snapshot).count > _MOST_EXCHANGED:
        return problem(400, say(lang, "api.bad_query"), f"host= operator= cluster= (> {_MOST_EXCHANGED})")
    kind = "application/x-ndjson" if form == "ftm" else "application/stix+json;version=2.1" if form == "stix" else "application/json"  # fmt: skip
    return Response("".join(exchange.text(form, snapshot, hosts)), media_type=kind)


def badge_json(request: Request, snapshot: Published, lang: Lang) -> Response:
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


def picture(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The card of one site as a picture (PNG, 1080 pixels wide) with its date, the day it holds until and a QR code; an unknown site is grey."""
    card = share_card.card_of(snapshot, asked_site(request), lang)
    if card is None:
        return problem(404, say(lang, "api.not_found"), say(lang, "share.no_host"))
    # Of the card and not of the snapshot: a look that ended since makes another picture.
    tag = share_card.tag_of(card)
    if _known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag, **_CACHED})
    try:
        made = share_card.picture(card)
    except share_card.NoFont as error:
        return problem(503, say(lang, "api.no_file"), str(error))
    return Response(made, media_type="image/png", headers={"ETag": tag})


def timemap(request: Request, snapshot: Published, lang: Lang) -> Response:
    """The kept snapshots that hold one site, each with its moment and address (RFC 7089, application/link-format)."""
    return memento.timemap(request, parse_query(asked_site(request)[:300]).host or asked_site(request))


def no_route(request: Request) -> Response:
    """What no route answers."""
    return problem(
        404, say(language(request.query_params.get("lang")), "api.no_route"), f"{PREFIX}/openapi.json"
    )


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


_SVG, _ATOM, _HTML, _PDF = "image/svg+xml", "application/atom+xml", "text/html", MEDIA["pdf"]
_HANDLERS: dict[str, tuple[Handler, Any]] = {
    f"{PREFIX}/check": (check, schemas.Checked),
    f"{PREFIX}/sites/{{host}}": (site, schemas.Site),
    f"{PREFIX}/sites/{{host}}/{{part}}": (site_part, schemas.SitePart),
    f"{PREFIX}/sites/{{host}}/{{section}}/{{merchant}}": (site, schemas.Site),
    f"{PREFIX}/sites/{{host}}/{{section}}/{{merchant}}/{{part}}": (site_part, schemas.SitePart),
    f"{PREFIX}/rank": (rank, schemas.Ranking),
    f"{PREFIX}/events": (events, schemas.Events),
    f"{PREFIX}/timemap/sites/{{host}}": (timemap, "application/link-format"),
    f"{PREFIX}/timemap/sites/{{host}}/{{section}}/{{merchant}}": (timemap, "application/link-format"),
    f"{PREFIX}/picture/{{host}}.png": (picture, "image/png"),
    f"{PREFIX}/picture/{{host}}/{{section}}/{{merchant}}.png": (picture, "image/png"),
    f"{PREFIX}/clusters/{{host}}": (cluster, schemas.Group),
    f"{PREFIX}/operators/{{name}}": (operator, schemas.Group),
    "/exchange/{name}": (exchange_file, "application/json"),
    "/badge/{host}.json": (badge_json, schemas.Badge),
    "/badge/{host}.svg": (badge, _SVG),
    "/badge/{host}/{section}/{merchant}.json": (badge_json, schemas.Badge),
    "/badge/{host}/{section}/{merchant}.svg": (badge, _SVG),
    "/feeds/{host}/{section}/{merchant}.atom": (merchant_file, _ATOM),
    "/s/{host}/{section}/{merchant}.html": (merchant_file, _HTML),
    "/feeds/{host}.atom": (feed, _ATOM),
    "/feeds/{folder}/{host}.atom": (feed, _ATOM),
    "/s/{host}.html": (static_page, _HTML),
    "/s/{folder}/{host}.html": (static_page, _HTML),
    "/download/{table}.{form}": (table_file, "text/csv"),
    "/dossier/{host}/{section}/{merchant}.{paper}": (dossier_paper, _PDF),
    "/dossier/{host}.{paper}": (dossier_paper, _PDF),
    "/bulletins/provisions.csv": (provisions, "text/csv"),
    "/bulletins/{bulletin}.{paper}": (bulletin_paper, _PDF),
    "/delta.zip": (delta_file, "application/zip"),
    "/snapshot/{name:path}": (snapshot_file, "application/octet-stream"),
}
"""What answers a path, and the model of its answer or the media type of its file."""
_CHOOSING = [
    {"name": "as_of", "in": "query", "schema": {"type": "string", "format": "date"},
     "description": "What was known on that day: the newest kept snapshot that covers no later day"},
    {"name": "snapshot", "in": "query", "schema": {"type": "string"}, "description": "One kept snapshot by its id"},
    {"name": "Accept-Datetime", "in": "header", "schema": {"type": "string"},
     "description": "RFC 7089: leads to the newest snapshot published by then"},
]  # fmt: skip
"""How a request chooses an earlier snapshot (dashboard/web/memento.py)."""
_PATH_SCHEMAS = {"part": list(schemas.PARTS), "form": ["csv", "jsonl"], "paper": list(MEDIA)}
_OTHER_ANSWERS: dict[int | str, dict[str, Any]] = {
    304: {"description": "Not changed since the ETag given in If-None-Match"},
    "default": {
        "description": "RFC 9457; 429 carries Retry-After",
        "content": {"application/problem+json": {"schema": schemas.Problem.model_json_schema()}},
    },
}


def _application() -> FastAPI:
    """The API as FastAPI describes it. Handlers answer with Responses of their own: the models describe, tests hold them."""
    application = FastAPI(
        title="kamengwatch",
        version="1",
        license_info={"name": "CC-BY-4.0", "identifier": "CC-BY-4.0"},
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    application.add_api_route(
        "/healthz",
        healthz,
        response_model=schemas.Health,
        summary=healthz.__doc__,
        responses={503: {"description": "No snapshot can be read", "model": schemas.Failing}},
    )
    for path, (handler, kind) in _HANDLERS.items():
        file = isinstance(kind, str)
        names = re.findall(r"{(\w+)", path)
        described = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", **_allowed(name)}}
            for name in names
        ]
        if path.startswith(PREFIX):
            described += _CHOOSING
        application.router.add_api_route(
            path,
            handler,
            response_model=None if file else kind,
            response_class=Response if file else JSONResponse,
            summary=handler.__doc__,
            operation_id="_".join(re.findall(r"\w+", path.removeprefix(PREFIX))),
            responses={**_OTHER_ANSWERS, **({200: {"content": {kind: {}}}} if file else {})},
            openapi_extra={"parameters": described},
            route_class_override=SnapshotRoute,
        )
    application.openapi()  # now, so that each path is described once: HEAD is answered as GET
    for route in application.routes:
        if isinstance(route, APIRoute):
            route.methods.add("HEAD")
    return application


def _allowed(name: str) -> dict[str, Any]:
    return {"enum": _PATH_SCHEMAS[name]} if name in _PATH_SCHEMAS else {}


APPLICATION = _application()
ROUTES = [
    Route(route.path, APPLICATION, methods=["GET"])
    for route in APPLICATION.routes
    if isinstance(route, Route)
]
"""Every route beside the app itself, each of which hands on to the API."""
ELSE = [
    Route(f"/{start}/{{rest:path}}", no_route, include_in_schema=False)
    for start in ("api", "feeds", "badge", "download", "dossier", "bulletins", "exchange")
]
"""What else lies there: an answer for programs, not the app's page."""
