"""Play the rehearsal's world in a namespace of its own and type the product's commands there, on whatever day it is."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faketime import find_faketime

from rehearsal import places
from rehearsal.state import State, StateFile

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(sys.executable).with_name("kamengwatch")
NEEDED = ("unshare", "nsenter", "ip", "mount")
CLEAN = ("PATH", "HOME", "LANG")


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
    """One installation in one world. `day` counts from the present; commands are typed on that day."""

    def __init__(self, folder: Path, world: int, state: State) -> None:
        """`folder` is where the commands are typed, `world` the process in whose namespaces."""
        self.folder = folder
        self.day = 0.0
        self._world = world
        self._state = state
        self._file = StateFile(folder / "world" / "world.json")

    def weather(self, **changes: Any) -> None:
        """What is out of order from now on; all else is in order."""
        now = dt.datetime.now(dt.UTC) + dt.timedelta(days=self.day)
        self._file.write(replace(self._state, now=now, **changes))

    def environment(self) -> dict[str, str]:
        """Nothing but a user's environment, with the world's authority and the day's clock. No program but ours is on PATH: no browser."""
        kept = {name: os.environ[name] for name in CLEAN if name in os.environ}
        kept |= {"PATH": str(PROGRAM.parent), "SSL_CERT_FILE": str(self.folder / "world" / "ca.pem")}
        return kept | (clock(f"{self.day:+f}d") if self.day else {})

    def command(self, *words: str) -> list[str]:
        """The command line that types `words` in the world's namespaces."""
        nsenter = shutil.which("nsenter") or "nsenter"
        return [nsenter, f"--target={self._world}", "--net", "--mount", f"--wd={self.folder}", "--", str(PROGRAM), *words]

    def type(self, *words: str, stdin: str = "", seconds: float = 200) -> Typed:
        """Type `kamengwatch WORDS` and wait for its end."""
        done = subprocess.run(
            self.command(*words), env=self.environment(), input=stdin, capture_output=True, text=True, timeout=seconds
        )  # fmt: skip
        return Typed(words, done.returncode, done.stdout, done.stderr)


def clock(moved: str) -> dict[str, str]:
    """The environment in which programs see their date moved (`+2d`); stopwatches and files' dates stay real."""
    library = find_faketime()
    assert library is not None
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": moved,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


@contextlib.contextmanager
def rehearsal(folder: Path, controls: Sequence[str]) -> Iterator[Rehearsal]:
    """A world in good order and an empty folder to type in; `controls` are the control hosts the product ships."""
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


__all__ = ["Rehearsal", "Typed", "clock", "impossible", "places", "rehearsal"]
