"""A dashboard served to a real Chromium for tests: the server, and a visit that remembers what went wrong in it."""

from __future__ import annotations

import datetime as dt
import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.support.programs import forked

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip
FOOT = {"zh": "本站只整理公开证据", "en": "This site only compiles public evidence"}
_WATCH = """window.refused = []; document.addEventListener('securitypolicyviolation',
  (e) => window.refused.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile} ${e.sample}`))"""
_OVERFLOW = """() => { const m = document.querySelector('[data-testid=stMain]') || document.documentElement;
return Math.max(m.scrollWidth - m.clientWidth,
  document.documentElement.scrollWidth - document.documentElement.clientWidth) }"""


@contextmanager
def served(data: Path, now: str = "") -> Iterator[str]:
    """The address of a dashboard that serves a data folder; `now` (ISO 8601) is its host program's clock."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = data / "serve.log"
    server = forked.process(_serve, port, data, now, log, dict(os.environ))
    try:
        yield _wait(f"http://127.0.0.1:{port}", server, log)
    finally:
        server.terminate()
        server.join(10)


def _serve(port: int, data: Path, now: str, log: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(data)
    for number in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    from dashboard.server import serve

    serve(port=port, data_dir=data, clock=(lambda: dt.datetime.fromisoformat(now)) if now else None)


def _wait(address: str, server: BaseProcess, log: Path) -> str:
    for _ in range(1200):
        if server.exitcode is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/api/v1/openapi.json", timeout=1)
            return address
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the dashboard did not start:\n{log.read_text('utf-8', 'replace')}")


def context_of(chromium, lang: str = "zh"):
    """A reader's browser; what the policy of a page refuses is remembered in it."""
    context = chromium.new_context(
        locale="zh-CN" if lang == "zh" else "en-US",
        timezone_id="Asia/Shanghai",
    )
    context.add_init_script(_WATCH)
    return context


@contextmanager
def readers(chromium) -> Iterator[Callable[[str], object]]:
    """The browser of a reader of each language: what one page loaded the next has, as everywhere but on a first visit."""
    made: dict[str, object] = {}

    def of(lang: str):
        if lang not in made:
            made[lang] = context_of(chromium, lang)
        return made[lang]

    yield of
    for context in made.values():
        context.close()


class Visit:
    """A page that remembers what went wrong in it; `context` is that of an earlier visit, whose browser has the client already."""

    def __init__(
        self, chromium, site: str, width: int, scheme: str = "light", lang: str = "zh", context=None
    ) -> None:
        self.site, self.lang, self.troubles = site, lang, []
        self.context = context or context_of(chromium, lang)
        self.page = self.context.new_page()
        self.page.set_viewport_size({"width": width, "height": 800})
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda m: self.troubles.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._asked)

    def _asked(self, request) -> None:
        if not request.url.startswith((self.site, self.site.replace("http", "ws"), "data:", "blob:")):
            self.troubles.append(f"left its own origin: {request.url}")
        if request.resource_type == "font" and "Material" not in request.url:  # icons: where one is shown
            self.troubles.append(f"fetched a font that nothing shows: {request.url}")

    def open(self, path: str, until: str = ""):
        """The page at a path of the site, drawn down to its foot or to the words given."""
        separator = "&" if "?" in path else "?"
        self.page.goto(self.site + path + (f"{separator}lang=en" if self.lang == "en" else ""))
        self.page.get_by_text(until or FOOT[self.lang]).first.wait_for()
        self.page.wait_for_timeout(400)
        return self.page

    def refused(self) -> list[str]:
        """What the page needed and its policy refused, but a quicker arithmetic of the client's: without it the client calculates in script."""
        return [line for line in self.page.evaluate("window.refused") if "wasm-eval" not in line]

    def overflow(self) -> int:
        """Pixels by which anything can be scrolled sideways."""
        return self.page.evaluate(_OVERFLOW)
