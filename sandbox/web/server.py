"""One HTTP server that plays every source and shop. Crawlers use it as a plain HTTP proxy; it dispatches on the Host header."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.market.market import Market
from sandbox.market.stage import (
    CONTROL_HOST,
    FAULT_MODES,
    PAGE_FAULTS,
    SOURCE_HOSTS,
    Hangup,
    Stage,
    played_fault,
)
from sandbox.shops import door
from sandbox.sources import complaint_boards, domains, elsewhere, heimao, icp, open_lists
from sandbox.web.tunnel import open_tunnel

# The sandbox's own host: the clock, the faults, the request log and the list of shops an operator would load. Never part of the market.


async def control_answer(stage: Stage, request: Request) -> Response:
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
        "day": int(stage.day), "days": p.days, "second_port": stage.second_port,
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


# A played page after a redesign: the same content under other class names, ids and field names. Switched on as the fault `layout`.

_NAMED = re.compile(rb"""\b(class|id)=(["'])([^"']*)\2""")
_LISTED = re.compile(rb"<(/?)(?:li|tr|td)\b")


def redesigned(response: Response) -> Response:
    """The answer with its markup or its items' field names changed; anything else as it was.

    HTML: every class and id gets another name and lists and tables become plain blocks. JSON: the fields of objects
    inside lists get another name while the envelope stays, as when an interface moves to its next version.
    """
    media_type = response.headers.get("content-type", "")
    body = bytes(response.body)
    if "html" in media_type:
        body = _NAMED.sub(rb"\1=\2v2-\3\2", _LISTED.sub(rb"<\1section", body))
    elif "json" in media_type:
        body = json.dumps(_renamed(json.loads(body), inside=False), ensure_ascii=False).encode()
    return Response(body, response.status_code, media_type=media_type)


def _renamed(value: Any, inside: bool) -> Any:
    if isinstance(value, list):
        return [_renamed(item, True) for item in value]
    if isinstance(value, dict):
        return {f"v2_{key}" if inside else key: _renamed(item, inside) for key, item in value.items()}
    return value


async def _reference(stage: Stage, request: Request) -> Response:
    """A page that is always there: by it the crawler knows that its own line works."""
    return PlainTextResponse("reference page")


SOURCES = {
    SOURCE_HOSTS["heimao"]: heimao.answer,
    SOURCE_HOSTS["icp"]: icp.answer,
    SOURCE_HOSTS["rdap"]: domains.answer,
    SOURCE_HOSTS["xiaofeibao"]: complaint_boards.xiaofeibao_answer,
    SOURCE_HOSTS["rednet"]: complaint_boards.rednet_answer,
    SOURCE_HOSTS["github_issues"]: open_lists.github_answer,
    SOURCE_HOSTS["blocklists"]: open_lists.blocklists_answer,
    SOURCE_HOSTS["availability"]: _reference,
    SOURCE_HOSTS["elsewhere"]: elsewhere.answer,
}
OWN_NAMES = (CONTROL_HOST, "127.0.0.1", "localhost", "[", "testserver")
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
TRANSPORT = "sandbox.transport"


def build_app(market: Market, latency: float = 1.0) -> Starlette:
    """The ASGI application; `app.state.stage` holds clock, faults and log. `latency` scales the delay of slow pages."""
    stage = Stage(market, latency)
    app = Starlette(routes=[Route("/{path:path}", _Play(stage), methods=METHODS)])
    app.state.stage = stage
    return app


class _Play:
    """ASGI endpoint: one request of one played host."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        host = request.headers.get("host", "").split(":")[0].lower()
        if host.startswith(OWN_NAMES):
            response = await control_answer(self.stage, request)
            await response(scope, receive, send)
            return
        self.stage.in_flight[host] += 1
        entry = self.stage.note(request, host)
        try:
            response = await answer(self.stage, host, request)
            entry |= {"status": response.status_code, "shown": getattr(request.state, "shown", [])}
            await response(scope, receive, send)
        except Hangup as hangup:
            await _hang_up(hangup, scope, send)
        finally:
            self.stage.in_flight[host] -= 1
        if "status" not in entry:
            await asyncio.sleep(
                0.05
            )  # until the cut connection is known to be closed, else an error is sent on it


async def answer(stage: Stage, host: str, request: Request) -> Response:
    """What `host` answers at the simulated present; raises Hangup when it closes the connection."""
    fault = stage.fault(host)
    if fault is not None and _touches(fault, request.url.path):
        if fault["mode"] == "slow":
            await asyncio.sleep(float(fault.get("seconds", 5)))
        response = played_fault(fault)
        if response is not None:
            return response
        if fault["mode"] == "layout":
            return redesigned(await _usual(stage, host, request))
    return await _usual(stage, host, request)


def _touches(fault: dict[str, Any], path: str) -> bool:
    """Whether a fault changes the answer for `path`: a wall or a redesign of the pages leaves robots.txt as it is."""
    if path == "/robots.txt" and fault["mode"] in PAGE_FAULTS:
        return False
    return path.startswith(str(fault.get("path", "/")))


async def _usual(stage: Stage, host: str, request: Request) -> Response:
    if host in SOURCES:
        if request.url.path == "/robots.txt":
            return door.of_source(host)
        return await SOURCES[host](stage, request)
    if host.startswith("www.") and host[4:] in stage.market.by_host:
        return RedirectResponse(f"http://{host[4:]}{request.url.path}", 301)
    platform = stage.market.by_host.get(host)
    if platform is not None and platform is stage.market.mall:
        return await door.mall_answer(stage, platform, request)
    if platform is None:
        return PlainTextResponse(f"unknown host {host}", 502)
    return await door.answer(stage, platform, request)


async def _hang_up(hangup: Hangup, scope: Scope, send: Send) -> None:
    """Abort the connection; without a real one (in-process tests) say 502."""
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        await PlainTextResponse("connection closed", 502)(scope, _no_body, send)
        return
    if hangup.after is not None:
        headers = [(b"content-type", b"text/html"), (b"content-length", b"40000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": hangup.after, "more_body": True})
        await asyncio.sleep(0.05)
    transport.abort()


async def _no_body() -> Message:
    return {"type": "http.disconnect"}


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with the connection within reach of the application so that it can be cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {TRANSPORT: self.transport}

    def data_received(self, data: bytes) -> None:
        """Pages go on as usual; a CONNECT leaves HTTP, and uvicorn must not wait for it when it shuts down."""
        if not data.startswith(b"CONNECT "):
            super().data_received(data)
            return
        self.connections.discard(self)
        open_tunnel(self.config.app.state.stage, data, self.transport)


def run(market: Market, host: str, port: int, ready_file: Path | None = None, latency: float = 1.0) -> int:
    """Serve until interrupted; prints the port, and writes it to `ready_file`, once requests are accepted."""
    logging.basicConfig(level=logging.WARNING)
    # asyncio turns Nagle's algorithm off only for sockets that name the protocol; with it on, every answer waits 40 ms.
    listeners = [socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) for _ in range(2)]
    for listener, wanted in zip(listeners, (port, 0), strict=True):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, wanted))
        except OSError as error:
            print(f"端口不可用 cannot listen on {host}:{wanted}: {error}")
            return 1
    app = build_app(market, latency)
    bound, app.state.stage.second_port = (listener.getsockname()[1] for listener in listeners)
    config = uvicorn.Config(
        app, http=_Protocol, log_level="warning", access_log=False, lifespan="off",
        timeout_keep_alive=30, backlog=2048,
    )  # fmt: skip
    server = uvicorn.Server(config)

    async def main() -> None:
        task = asyncio.create_task(server.serve(sockets=listeners))
        while not server.started and not task.done():
            await asyncio.sleep(0.02)
        if ready_file is not None:
            partial = ready_file.with_suffix(ready_file.suffix + ".part")
            partial.write_text(str(bound), "utf-8")
            partial.replace(ready_file)
        print(f"sandbox on http://{host}:{bound} (HTTP proxy; control: http://{CONTROL_HOST}/)", flush=True)
        await task

    asyncio.run(main())
    return 0
