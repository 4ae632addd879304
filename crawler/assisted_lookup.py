"""A person looks a filing up on the registry's own page in a visible browser; we only watch for the answer to arrive.

Nothing is typed, clicked or solved here: the query and the captcha are the person's. Answers about other domains are left alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from crawler.download.browser import executable, launch_for_person
from crawler.formats import icp
from crawler.importers import BadRow, found
from crawler.importers.base import Handed
from crawler.importers.files import parse
from crawler.recording.recorder import DatabaseRecorder
from store.evidence.crawl_ledger import start_crawl
from store.evidence.ingest import Ingest
from store.text.query import host_of, registrable

REGISTRY = "https://beian.miit.gov.cn/"
_ANSWERS = "icpAbbreviateInfo/queryByCondition"
_LOOK_EVERY = 200
"""Milliseconds between two looks whether an answer has come."""


class NoBrowser(Exception):
    """No visible browser can be opened here; the message says why."""


@dataclass(frozen=True)
class Answered:
    """The registry's answer as the page received it, and from which address."""

    url: str
    body: str


def display_missing(environment: dict[str, str] | os._Environ[str] = os.environ) -> bool:
    """Whether a window could not be shown: Linux without a display."""
    return sys.platform.startswith("linux") and not any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


@contextmanager
def browser_page(url: str, headless: bool = False) -> Iterator[Any]:
    """A page opened at `url`; raises NoBrowser when none can be. `headless` is for tests only: a person could not see it."""
    from playwright.sync_api import Error, sync_playwright

    if not headless and display_missing():
        raise NoBrowser("这里没有显示器 no display here")
    path = executable()
    if path is None or (not headless and "headless" in Path(path).name):
        raise NoBrowser("没有可显示窗口的浏览器 no browser that can show a window: set CHROMIUM")
    with sync_playwright() as playwright:
        try:
            browser = launch_for_person(playwright.chromium, path, headless)
            page = browser.new_page(locale="zh-CN", timezone_id="Asia/Shanghai")
            page.goto(url)
        except Error as error:
            raise NoBrowser(str(error).splitlines()[0][:160]) from None
        yield page
        if browser.is_connected():
            browser.close()


def answers(page: Any, domain: str, seconds: float) -> Iterator[Answered | None]:
    """Answers that arrive while the person works, None for one that is not about `domain`; ends with time or the window."""
    from playwright.sync_api import Error

    arrived: list[Any] = []

    def note(response: Any) -> None:
        if _ANSWERS in response.url:
            arrived.append(response)

    page.on("response", note)
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            page.wait_for_timeout(_LOOK_EVERY)
            while arrived:
                response = arrived.pop(0)
                body = str(response.text())
                mine = _is_about(response.request.post_data, body, domain)
                yield Answered(response.url, body) if mine else None
    except Error:
        return  # the person closed the window
    finally:
        page.remove_listener("response", note)


def read(answered: Answered, host: str, now: dt.datetime) -> dict[str, Any]:
    """The filing record of `host` in an answer, as the importer reads it; raises ValueError where it answers nothing."""
    projected = icp.project(answered.body).encode()
    for made in found()["icp"].take(parse(projected, host), Handed(now, host)):
        if isinstance(made, BadRow):
            raise ValueError(made.reason)
        if registrable(str(made["host"])) == registrable(host):
            return {**made, "host": host, "provider": "miit"}
    raise ValueError("不是这个域名的结果 not an answer about this domain")


def keep(
    engine: Engine, data_dir: Path, host: str, answered: Answered, record: dict[str, Any], now: dt.datetime
) -> None:
    """Archive the answer, without natural persons' names, and store what it says as a crawl of this one host."""
    name = f"icp-assisted-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    state = start_crawl(engine, f"{name}:{host}"[:120], "icp", now)
    books = DatabaseRecorder(
        engine, Ingest(engine, now), "icp", state, data_dir / "archive", f"{name}-{state.id}"
    )
    assert books.archive is not None
    original = hashlib.sha256(answered.body.encode()).hexdigest()
    headers = [("Content-Type", "application/json; charset=utf-8")]
    projected = icp.project(answered.body).encode()
    capture = books.archive.write(answered.url, now, 200, headers, projected, original)
    books.page([capture], [{**record, "_capture": 0}])
    books.platform(host, "ok", None)
    books.close(now, "ok", None, 0, 1, {})


def _is_about(posted: str | None, body: str, domain: str) -> bool:
    """Whether the question asked for `domain`; where the question cannot be read, whether the answer lists it."""
    try:
        asked = str(json.loads(posted or "")["unitName"])
    except (ValueError, KeyError, TypeError):
        return f'"{domain}"' in body
    host = host_of(asked)
    return host is not None and registrable(host) == domain
