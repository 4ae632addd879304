"""Worker processes over a played market: what to watch, the workers themselves, waiting for them and stopping them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path

from kamengwatch.config import Config
from kamengwatch.intake import watchlist
from tests.support.programs import forked
from tests.support.programs.market_month import Control

BEAT = 1.0
LOADED = f"import kamengwatch.pipeline.worker as w; w.HEARTBEAT, w.DEAD_AFTER = {BEAT}, {3 * BEAT}; from kamengwatch.cli.app import main; main()"
QUICK = ("-c", LOADED)
"""The command line with a heart that beats every BEAT seconds, so that a dead worker is missed soon."""
PLAIN = ("-m", "kamengwatch")


def watched(control: Control, config: Config, some: int | None = None) -> list[str]:
    """Put shops of the market on the watchlist (all of them, unless `some`); gives their hosts."""
    shops = json.loads(control.call("GET", "/hosts"))["hosts"][:some]
    watchlist.add_sites(config, [(s["host"], s["name"], s["aliases"]) for s in shops], demo=True)
    return [s["host"] for s in shops]


def started(
    config: Config, *words: str, program: Sequence[str] = QUICK, said: Path | None = None
) -> subprocess.Popen[bytes]:
    """A `kamengwatch worker`; what it says goes to the end of the file `said`."""
    words = ("worker", *words, "--data-dir", str(config.data_dir), "--database", config.database_url)
    environment = os.environ | {"KAMENGWATCH_NOW": config.now().isoformat()}
    with ExitStack() as stack:
        log = stack.enter_context(said.open("ab")) if said else subprocess.DEVNULL
        return subprocess.Popen([sys.executable, *program, *words], env=environment, stdout=log, stderr=log)


def at_work(config: Config, folder: Path, alone: bool = False) -> BaseProcess:
    """The same worker, forked (see `forked.start`); what it says goes to a folder."""
    folder.mkdir()
    words = ["worker", "--data-dir", str(config.data_dir), "--database", config.database_url]
    environment = os.environ | {"KAMENGWATCH_NOW": config.now().isoformat()}
    quick = {"HEARTBEAT": BEAT, "DEAD_AFTER": 3 * BEAT}
    constants = {f"kamengwatch.pipeline.worker.{name}": value for name, value in quick.items()}
    return forked.start(words, environment, folder, alone=alone, constants=constants)


def busy(*_: object) -> None:
    """A job that does not end."""
    time.sleep(99)


def stuck(*_: object) -> None:
    """Inside a library that hands no signal on: SQLite waits for a lock that nobody lets go of."""
    with tempfile.NamedTemporaryFile() as file:
        holder = sqlite3.connect(file.name)
        holder.execute("begin exclusive")
        with contextlib.suppress(sqlite3.OperationalError):
            sqlite3.connect(file.name, timeout=99).execute("begin immediate")


def until(there: Callable[[], bool], seconds: float = 240) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)


def stopped(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    """Tell them to stop; gives what they ended with."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    return [process.wait(90) for process in processes]
