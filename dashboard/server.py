"""Runs the dashboard: the Streamlit app, the API beside it, and what both need around them in one process.

`serve()` is what the command line calls. Streamlit reads dashboard/.streamlit/config.toml because it lies beside app.py.
"""

from __future__ import annotations

import importlib
import os
import threading
from pathlib import Path

import uvicorn
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from streamlit import config
from streamlit.starlette import App

from dashboard import first_paint, page_list
from dashboard.app_shell import Page
from dashboard.components import help_tools
from dashboard.presenters import current_snapshot
from dashboard.web import look_api, metrics, report_api, security_headers, site_map
from dashboard.web.api import ELSE, ROUTES
from dashboard.web.connections import protocols
from dashboard.web.gate import Gate, Names
from dashboard.web.not_found import missing
from dashboard.web.security_headers import Headers
from dashboard.web.snapshot_files import Assets
from store.settings import settings

_SCRIPT = Path(__file__).with_name("app.py")


def build_app(data_dir: Path | str | None = None, clock: current_snapshot.Clock | None = None) -> App:
    """The whole dashboard as an ASGI application.

    `data_dir` is put into KAMENGWATCH_DATA_DIR, where the app looks for it; `clock` lets it say how old its data is.
    """
    if data_dir is not None:
        os.environ[current_snapshot.DATA_DIR_VARIABLE] = str(Path(data_dir).resolve())
    current_snapshot.use_clock(clock)
    routes = [*ROUTES, *look_api.ROUTES, *report_api.ROUTES, metrics.ROUTE, *site_map.ROUTES, *ELSE]
    paths = [f"/{page.url_path}" for page in page_list.discover()]
    names = Names(settings().public_hosts.split(","))
    around = [
        Middleware(Headers),
        Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6),
        Middleware(Gate, routes=routes, names=names, pages=paths, missing=missing, uploads=help_tools.BUDGET),
        Middleware(Assets),
        Middleware(Page, pages=paths),
    ]
    return App(_SCRIPT, routes=routes, middleware=around)


def serve(
    host: str = "127.0.0.1",
    port: int = 8501,
    data_dir: Path | str | None = None,
    clock: current_snapshot.Clock | None = None,
) -> None:
    """Serve until stopped; from here on the process opens no connection itself. Raises OSError at once when the port is taken."""
    # Every page and what charts need, before the first visitor: sessions are threads, and several that import pandas at
    # once have been seen to find it half made.
    importlib.import_module("pandas")
    page_list.discover()
    app = build_app(data_dir, clock)
    config.get_config_options(
        force_reparse=True, options_from_flags={"server.address": host, "server.port": port}
    )
    http, websocket = protocols()
    # No access log: addresses carry what people look up.
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host,
            port,
            http=http,
            ws=websocket,
            access_log=False,
            log_level="warning",
            server_header=False,
            ws_max_size=262_144,
        )
    )
    security_headers.refuse()
    # The first visitors need not wait for what the first page and the first site's load once.
    threading.Thread(target=first_paint.warm, daemon=True).start()
    server.run()
