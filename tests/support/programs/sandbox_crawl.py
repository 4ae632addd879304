"""A small served market and a crawl over it, as separate processes; used by the tests that crawl one source for real."""

from __future__ import annotations

import datetime as dt
import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from sandbox.market.market import Market, build_market
from sandbox.market.parameters import MarketParameters
from store.db.engine import migrate, open_engine
from store.evidence.ingest import Ingest, import_records
from tests.support.programs import forked
from tests.support.programs.market_month import sandbox

SIZES = {"platforms": 24, "days": 120}


@pytest.fixture(scope="module")
def market() -> Market:
    return build_market(MarketParameters(**SIZES))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    sizes = [f"--{name}={value}" for name, value in SIZES.items()]
    with sandbox(tmp_path_factory.mktemp("served"), *sizes, "--latency=1") as served:
        yield int(served.proxy.rpartition(":")[2])


def control(port: int, path: str, body: Any = None) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"}))
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        f"http://control.sandbox.test/{path}", data, method="PUT" if data else "GET"
    )
    return opener.open(request, timeout=10).read().decode()


def crawl(
    port: int,
    data: Path,
    hosts: list[str],
    now: dt.datetime,
    source: str = "registration",
    names: dict[str, str] | None = None,
) -> tuple[Engine, dict[str, Any]]:
    """The database and the crawl's last event after one source over `hosts`."""
    url = f"sqlite:///{data / 'k.db'}"
    engine = open_engine(url)
    migrate(engine)
    import_records(
        Ingest(engine, now, accept_new=True),
        [{"kind": "platform", "host": h, "name": (names or {}).get(h)} for h in hosts],
    )
    words = ["crawler.run", "--source", source, "--now", now.isoformat(), "--data-dir", str(data),
             "--database", url, "--sandbox-proxy", f"http://127.0.0.1:{port}"]  # fmt: skip
    done = forked.run(words, os.environ, seconds=120)
    assert done.returncode in (0, 1), done.stderr
    return engine, json.loads(done.stdout.splitlines()[-1])
