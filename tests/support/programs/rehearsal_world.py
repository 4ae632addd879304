"""Play the rehearsal's world in a namespace of its own and type the product's commands there, on whatever day it is."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faketime import find_faketime

from rehearsal import places
from rehearsal.state import ASKED, State, StateFile
from tests.support.servers.browsing import ARGS

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(sys.executable).with_name("kamengwatch")
NEEDED = ("unshare", "nsenter", "ip", "mount")
KEPT = ("HOME", "LANG")
PORT = 8501
_FETCH = """
import json, sys, urllib.error, urllib.request
def got(asked):
    url, _, body = asked.partition("\\n")
    try:
        with urllib.request.urlopen(url, body.encode() or None, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
print(json.dumps([got(url) for url in sys.argv[1:]]))
"""


_DRAW = f"""
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args={ARGS!r})
    page = browser.new_page(viewport={{"width": 390, "height": 844}})
    page.goto(sys.argv[2])
    page.wait_for_selector("#root .kw-card", timeout=90_000)
    print(page.inner_text("#root"))
"""


def impossible() -> str | None:
    """Why no namespace can be made here; None where it can."""
    if os.geteuid() != 0:
        return "needs root for a network namespace"
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        return f"needs {', '.join(missing)}"
    tried = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"unshare: {tried.stderr.strip()}"


@dataclass
class Typed:
    """What one command answered."""

    words: Sequence[str]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer, read as JSON."""
        return json.loads(self.out)

    def ok(self) -> Typed:
        """Itself; AssertionError with all it said where it did not end well."""
        assert self.code == 0, f"{' '.join(self.words)} → {self.code}\n{self.out}\n{self.err}"
        return self


class Rehearsal:
    """One installation in one world. `day` counts from the present; commands are typed on that day.

    On day 0 no clock is touched. Later days are told by a file that running programs read, too.
    """

    def __init__(self, folder: Path, world: int, state: State) -> None:
        """`folder` is where the commands are typed, `world` the process in whose namespaces."""
        self.folder = folder
        self.day = 0.0
        self._world = world
        self._state = state
        self._file = StateFile(folder / "world" / "world.json")
        self._clock = folder / "world" / "clock"

    def let_pass(self, day: float, **weather: Any) -> None:
        """It is `day` now, for programs that run already too, and the world is in order but for `weather`."""
        self.day = day
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{day:+f}d\n", "utf-8")
        fresh.replace(self._clock)
        self._file.write(replace(self._state, now=self.now(), **weather))

    def now(self) -> dt.datetime:
        """The present of the programs that are started now."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(days=self.day)

    def environment(self) -> dict[str, str]:
        """Nothing but a user's environment, with the world's authority and the day's clock. No program but ours is on PATH: no browser."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        kept |= {"PATH": str(PROGRAM.parent), "SSL_CERT_FILE": str(self.folder / "world" / "ca.pem")}
        return kept | (_moved_by(self._clock) if self.day else {})

    def type(self, *words: str, stdin: str = "", seconds: float = 400) -> Typed:
        """Type `kamengwatch WORDS` and wait for its end."""
        begun = time.monotonic()
        done = subprocess.run(
            self._inside(str(PROGRAM), *words), env=self.environment(), input=stdin, capture_output=True, text=True,
            timeout=seconds,
        )  # fmt: skip
        with (self.folder / "world" / "typed.log").open("a", encoding="utf-8") as log:
            log.write(f"{begun:.1f} {time.monotonic() - begun:.1f} s {' '.join(words)} → {done.returncode}\n")
        return Typed(words, done.returncode, done.stdout, done.stderr)

    @contextlib.contextmanager
    def service(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Type `kamengwatch WORDS` and leave it running; what it says goes to a file named by its first word."""
        with (self.folder / "world" / f"{words[0]}.log").open("w") as log:
            process = subprocess.Popen(
                self._inside(str(PROGRAM), *words), env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                text=True, start_new_session=True,
            )  # fmt: skip
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def fetch(self, *paths: str) -> list[tuple[int, str]]:
        """(status, body) of each path of the dashboard that `serve` shows; what follows a line's end is posted to it."""
        urls = [f"http://127.0.0.1:{PORT}{path}" for path in paths]
        done = subprocess.run(
            self._inside(sys.executable, "-S", "-c", _FETCH, *urls),
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr
        return [(status, body) for status, body in json.loads(done.stdout)]

    def draw(self, path: str) -> str | None:
        """What a phone's browser shows of a page of the dashboard; None where no browser was found (`make browser`)."""
        record = ROOT / ".cache/browser"
        if not record.is_file():
            return None
        words = [
            sys.executable,
            "-c",
            _DRAW,
            record.read_text("utf-8").strip(),
            f"http://127.0.0.1:{PORT}{path}",
        ]
        done = subprocess.run(self._inside(*words), capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def asked(self) -> list[str]:
        """What the world was asked until now: addresses and `dns:NAME TYPE`, in their order."""
        log = self.folder / "world" / ASKED
        return (
            [line.partition(" ")[2] for line in log.read_text("utf-8").splitlines()] if log.exists() else []
        )

    def wait_until_served(self, snapshot: str, seconds: float = 240) -> None:
        """Return when the dashboard shows that snapshot."""
        until = time.monotonic() + seconds
        while f'"{snapshot}"' not in (answer := self.fetch("/healthz")[0])[1]:
            assert time.monotonic() < until, f"the dashboard does not show {snapshot}: {answer}"
            time.sleep(0.5)

    def _inside(self, *words: str) -> list[str]:
        nsenter = shutil.which("nsenter") or "nsenter"
        return [nsenter, f"--target={self._world}", "--net", "--mount", f"--wd={self.folder}", "--", *words]


def _moved_by(file: Path) -> dict[str, str]:
    """The environment in which programs see the date that the file says (`+2d`); stopwatches and files' dates stay real."""
    library = find_faketime()
    assert library is not None
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": str(ROOT / "rehearsal" / "sleep"),
    }


@contextlib.contextmanager
def rehearsal(folder: Path, controls: Sequence[str]) -> Iterator[Rehearsal]:
    """A world in good order and a folder to type in; `controls` are the control hosts the product ships."""
    world = folder / "world"
    world.mkdir(parents=True, exist_ok=True)
    state = State(dt.datetime.now(dt.UTC), controls=list(controls))
    StateFile(world / "world.json").write(state)
    words = ["unshare", "--net", "--mount", "--kill-child", sys.executable, "-m", "rehearsal", str(world)]
    with (world / "errors").open("w") as errors:
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", (world / "errors").read_text()
            yield Rehearsal(folder, process.pid, state)
        finally:
            process.kill()
            process.wait()


__all__ = ["ROOT", "Rehearsal", "Typed", "find_faketime", "impossible", "places", "rehearsal"]
