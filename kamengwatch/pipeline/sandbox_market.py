"""Start and steer the market in a box: a server process of ours, reached only over HTTP, like any other site."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kamengwatch.config import Failure

CONTROL = "control.sandbox.test"
START_SECONDS = 60
LATENCY = "0.25"
"""Shops answer in a quarter of their simulated time: a slow one still stands out, and the run need not wait for it."""


@dataclass(frozen=True)
class Sandbox:
    """A running market; `proxy` is the address through which all of its hosts are reached."""

    proxy: str

    def now(self) -> dt.datetime:
        """The simulated present."""
        return dt.datetime.fromisoformat(self._call("GET", "/clock")["now"])

    def set_now(self, moment: dt.datetime) -> None:
        """Move the simulated present."""
        self._call("PUT", "/clock", {"now": moment.isoformat()})

    def hosts(self) -> list[dict[str, Any]]:
        """The shops, as an operator's watchlist would name them: host, name, aliases."""
        found: list[dict[str, Any]] = self._call("GET", "/hosts")["hosts"]
        return found

    def calendar(self) -> tuple[dt.date, dt.date]:
        """First and last simulated day."""
        clock = self._call("GET", "/clock")
        return dt.date.fromisoformat(clock["starts_on"]), dt.date.fromisoformat(clock["ends_on"])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            f"{self.proxy}{path}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers={"Host": CONTROL, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        return answer


@contextmanager
def started(seed: int) -> Iterator[Sandbox]:
    """Run the sandbox market with `seed` in a process of its own; raises Failure when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="kamengwatch-sandbox-") as folder:
        ready = Path(folder) / "port"
        command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--seed", str(seed), "--mall"]
        command += ["--latency", LATENCY, "--ready-file", str(ready)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield Sandbox(f"http://127.0.0.1:{_port(process, ready)}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _port(process: subprocess.Popen[bytes], ready: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready.is_file() and (text := ready.read_text().strip()):
            return int(text)
        if process.poll() is not None:
            said = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip()
            raise Failure(
                f"演示市场没有启动 the sandbox market did not start: {said.splitlines()[-1] if said else process.returncode}"
            )
        time.sleep(0.05)
    raise Failure(f"演示市场 {START_SECONDS} 秒内没有就绪 the sandbox market was not ready in time")
