"""The sandbox's own host: the clock, the faults, the request log and the list of shops an operator would load. Never part of the market."""

from __future__ import annotations

import json
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.market.stage import FAULT_MODES, SOURCE_HOSTS, Stage


async def answer(stage: Stage, request: Request) -> Response:
    """GET/PUT /clock, GET/PUT /faults, GET/DELETE /log, GET /hosts, GET /healthz."""
    key = (request.method, request.url.path.rstrip("/"))
    if key == ("GET", "/healthz"):
        return JSONResponse({"ok": True, "platforms": len(stage.market.platforms)})
    if key[1] == "/clock" and key[0] in ("GET", "PUT"):
        return await _clock(stage, request)
    if key[1] == "/faults" and key[0] in ("GET", "PUT"):
        return await _faults(stage, request)
    if key[1] == "/log" and key[0] in ("GET", "DELETE"):
        return _log(stage, request)
    if key == ("GET", "/hosts"):
        return _hosts(stage)
    return JSONResponse(
        {"error": "GET/PUT /clock, GET/PUT /faults, GET/DELETE /log, GET /hosts, GET /healthz"}, 404
    )


async def _clock(stage: Stage, request: Request) -> Response:
    if request.method == "PUT":
        try:
            now = datetime.fromisoformat(json.loads(await request.body())["now"])
            stage.market.parameters.day_at(now)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f'want {{"now": "2026-10-01T12:00:00+08:00"}}: {error}'}, 400)
        stage.now = now
    p = stage.market.parameters
    return JSONResponse({
        "now": stage.local.isoformat(), "starts_on": p.starts_on.isoformat(), "ends_on": p.ends_on.isoformat(),
        "day": int(stage.day), "days": p.days,
    })  # fmt: skip


async def _faults(stage: Stage, request: Request) -> Response:
    """PUT replaces all faults: {"heimao": {"mode": "rate_limit"}, "some-shop.test": {"mode": "slow", "seconds": 5}}; {} clears.

    A fault may be narrowed to addresses that begin with its `path`; walls and `layout` spare robots.txt. `layout` serves the same content in another markup.
    """
    if request.method == "PUT":
        try:
            faults = json.loads(await request.body())
            wrong = [k for k, v in faults.items() if v.get("mode") not in FAULT_MODES]
        except (ValueError, AttributeError) as error:
            return JSONResponse({"error": f"want an object of objects with a mode: {error}"}, 400)
        if wrong:
            return JSONResponse({"error": f"mode of {wrong} must be one of {FAULT_MODES}"}, 400)
        stage.faults = faults
    return JSONResponse(stage.faults)


def _log(stage: Stage, request: Request) -> Response:
    """What was asked and answered, as JSON lines, oldest first; ?since=<unix seconds> and ?host= narrow it, DELETE empties it."""
    if request.method == "DELETE":
        stage.log.clear()
        return Response(status_code=204)
    since, host = float(request.query_params.get("since", 0)), request.query_params.get("host")
    lines = (
        json.dumps(x, ensure_ascii=False)
        for x in stage.log
        if x["time"] >= since and host in (None, x["host"])
    )
    return Response("".join(f"{line}\n" for line in lines), media_type="application/x-ndjson")


def _hosts(stage: Stage) -> Response:
    """What an operator knows beforehand: address, name and aliases of each shop open by now, and where the sources are."""
    today = stage.local.date()
    shops = [
        {
            "host": p.host,
            "name": p.name,
            "aliases": p.aliases,
            "operator": p.operator,
            "url": f"http://{p.host}/",
        }
        for p in stage.market.platforms
        if p.opened_on <= today
    ]
    sources = {source: f"http://{host}/" for source, host in SOURCE_HOSTS.items()}
    return JSONResponse({"hosts": shops, "sources": sources})
