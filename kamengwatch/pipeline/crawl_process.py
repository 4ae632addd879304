"""Run the crawler in processes of its own, all forked from one that has imported it: a crawl then starts in milliseconds.

A demonstration run starts a hundred crawls and importing the crawler costs more than a small crawl itself. The parent of the forks
(multiprocessing's fork server) holds no reactor, no thread, no database and no crawl; it ends with the command.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kamengwatch import console, machine_faults
from kamengwatch.config import Failure, UserError

Event = dict[str, Any]
STOP_SECONDS = 20
"""An orphaned crawl finishes what is on the way; it must be gone before a worker takes its job over."""
_ERROR = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)\b")
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["kamengwatch.pipeline.crawl_process", "crawler.preload"])


def events(arguments: list[str], stop_after: float = 0.0, kill_after: float = 0.0) -> Iterator[Event]:
    """The progress of `python -m crawler.run ARGUMENTS`, one event a line; raises Failure when the process ends badly.

    With `stop_after` it is told to stop after so many seconds, and killed after `kill_after`: that is no bad end.
    """
    with tempfile.TemporaryDirectory(prefix="kamengwatch-crawl-") as folder:
        errors = Path(folder) / "stderr"
        reader, writer = _PROCESSES.Pipe(duplex=False)
        process = _PROCESSES.Process(target=_crawl, args=(arguments, writer, errors, dict(os.environ)))
        with _NOTHING_OF_THE_PROGRAM:
            process.start()
        writer.close()
        told, broken = False, ""
        timers = [threading.Timer(stop_after, process.terminate), threading.Timer(kill_after, process.kill)]
        for timer in timers if stop_after else ():
            timer.daemon = True
            timer.start()
        try:
            with open(os.dup(reader.fileno()), encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("{"):
                        event = json.loads(line)
                        told = told or event["event"] == "crawl"
                        broken = broken or (event["reason"] if event["event"] == "broken" else "")
                        console.of_crawl(event)
                        yield event
        except BaseException:
            process.terminate()
            raise
        finally:
            reader.close()
            process.join()
            over = bool(stop_after) and not timers[0].is_alive()
            for timer in timers:
                timer.cancel()
        if over:
            return
        # 1 with every source's end told means a source failed or was blocked: that is an answer, not an accident.
        if broken or (process.exitcode and not (process.exitcode == 1 and told)):
            written = errors.read_text(errors="replace") if errors.is_file() else ""
            reason = broken or _reason(written) or f"exit code {process.exitcode}"
            if remedy := machine_faults.said(reason):
                raise UserError(f"采集中断 the crawl was broken off ({reason[:120]}): {remedy}")
            raise Failure(f"采集进程出错 the crawl process failed: {reason}")


class _NothingOfTheProgram:
    """Start a process that does not import the main module of this one again, as multiprocessing otherwise has it: a crawl needs
    nothing of it, and that of the worker of looks takes longer to import than a small crawl."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._kept: tuple[Any, ...] = ()

    def __enter__(self) -> None:
        self._one_at_a_time.acquire()
        main = sys.modules["__main__"]
        self._kept = main.__spec__, main.__dict__.pop("__file__", None)
        main.__spec__ = None

    def __exit__(self, *_: object) -> None:
        main = sys.modules["__main__"]
        main.__spec__, file = self._kept
        if file is not None:
            main.__file__ = file
        self._one_at_a_time.release()


_NOTHING_OF_THE_PROGRAM = _NothingOfTheProgram()


def warm_up() -> None:
    """Start the process the crawls are forked from now, for somebody will wait for the first of them."""
    forkserver.ensure_running()


def _reason(said: str) -> str:
    """The line that names the error: the last that starts with its type, else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = [line for line in lines if _ERROR.match(line)]
    return (named or lines or [""])[-1][:300]


def _crawl(arguments: list[str], writer: Connection, errors: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)  # the fork server was started with the environment of an earlier moment
    os.dup2(writer.fileno(), 1)
    writer.close()
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from crawler.run import main

    raise SystemExit(main(arguments))


def _end_with(server: int) -> None:
    """A crawl whose command was killed stops asking the sites: the fork server ends with the command, and this with it."""
    while os.getppid() == server:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
