"""The product's programs as real processes, forked from one that has imported them: a start takes hundredths of a second, not three.

Nothing is mocked: each has its own process, arguments, environment, input, output and exit code. All workers of a test run,
and the programs they fork, fork from the one process: it takes as long to import all as a hundred tests take.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import multiprocessing.forkserver
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

import kamengwatch.pipeline.crawl_process  # noqa: F401  (it names what the fork server imports; ours comes after)

ROOT = Path(__file__).resolve().parents[3]
PRELOAD = ["crawler.preload", "kamengwatch.cli.app", "kamengwatch.intake.evidence_import", "kamengwatch.pipeline.run", "kamengwatch.maintain.backup", "kamengwatch.privacy.erasure",
           "kamengwatch.pipeline.scheduler", "kamengwatch.privacy.retention", "scoring.engine.rate", "scoring.publish.publisher", "alembic.command", "pandas",
           "dashboard.server", "kamengwatch.pipeline.worker", "sandbox.__main__", "sandbox.web.server", *(f"dashboard.app_pages.{page.stem}" for page in sorted((ROOT / "dashboard/app_pages").glob("[a-z]*.py"))),
           "tests.support.programs.warmed"]  # fmt: skip
_FORKS = multiprocessing.get_context("forkserver")
PRODUCTS = ["kamengwatch.pipeline.crawl_process", "crawler.preload"]
"""What the product's own fork server imports: that of a program which stands alone."""
_FORKS.set_forkserver_preload(PRELOAD)
# Nothing public says where a fork server listens, or lets another process ask it: so much is CPython's own, and read here alone.
_SERVER = multiprocessing.forkserver._forkserver  # type: ignore[attr-defined]


def address() -> str:
    """Where the process that forks is asked; it is started by the first question."""
    _SERVER.ensure_running()
    return str(_SERVER._forkserver_address)


def ask_at(address: str) -> None:
    """Fork from the process of another, which lives as long as that one; call it before the first fork."""
    _SERVER._forkserver_address, _SERVER._forkserver_alive_fd = address, os.open(os.devnull, os.O_RDONLY)
    _ask_no_other()


def _ask_no_other() -> None:
    multiprocessing.forkserver.ensure_running = _SERVER.ensure_running = lambda: None  # type: ignore[attr-defined]


def start(
    words: Sequence[str],
    environment: Mapping[str, str],
    streams: Path,
    largest: int | None = None,
    alone: bool = False,
    constants: Mapping[str, object] | None = None,
) -> BaseProcess:
    """Start `kamengwatch WORDS`, or the module that the first word names: "crawler.run", "kamengwatch.pipeline.look", "scrapy", "sandbox".

    `streams` is a folder with a file `in`, or without; it gets `out` and `err`. A file it writes may have `largest` bytes.
    The crawls of one that is `alone` are below it and notice its death, as everywhere but here, and start as slowly.
    `constants` are names of modules ("crawler.settings.DOWNLOAD_DELAY") that have other values there.
    """
    return process(_do, list(words), dict(environment), str(streams), largest, alone, dict(constants or {}))


def process(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a function of a module in a process of its own."""
    started = _FORKS.Process(target=target, args=arguments)
    started.start()
    return started


def _do(
    words: list[str],
    environment: dict[str, str],
    streams: str,
    largest: int | None,
    alone: bool,
    constants: dict[str, object],
) -> None:
    become(environment, streams, alone)
    for name, value in constants.items():
        owner, _, constant = name.rpartition(".")
        setattr(pkgutil.resolve_name(owner), constant, value)
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    if words[0] == "crawler.run":
        from crawler.run import main as crawl

        raise SystemExit(crawl(words[1:]))
    if words[0] == "kamengwatch.pipeline.look":
        from kamengwatch.pipeline.look import main as look

        sys.argv = words
        os._exit(look())  # as the module does where it is the program
    sys.argv = words if words[0] in ("scrapy", "sandbox") else ["kamengwatch", *words]
    if words[0] == "scrapy":
        from scrapy.cmdline import execute as main
    elif words[0] == "sandbox":
        from sandbox.__main__ import app as main
    else:
        from kamengwatch.cli.app import main
    main()


def become(environment: Mapping[str, str], streams: str, alone: bool = False) -> None:
    """Make of a process just forked what a program just started is: its environment, input, output and settings."""
    gc.freeze()  # what was there before it is none of its garbage
    if alone:
        _FORKS.set_forkserver_preload(PRODUCTS)
    else:
        _ask_no_other()
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(f"{streams}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.dup2(file, number)
    if (given := Path(streams, "in")).exists():
        os.dup2(os.open(given, os.O_RDONLY), 0)
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
    importlib.reload(importlib.import_module("crawler.settings"))  # it reads the environment


def run(
    words: Sequence[str], environment: Mapping[str, str], stdin: str | None = None, seconds: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run to the end, as subprocess.run with captured output; raises TimeoutExpired."""
    with tempfile.TemporaryDirectory() as name:
        streams = Path(name)
        if stdin is not None:
            (streams / "in").write_text(stdin, "utf-8")
        running = start(words, environment, streams)
        running.join(seconds)
        if running.exitcode is None:
            running.kill()
            raise subprocess.TimeoutExpired(list(words), seconds)
        out, err = ((streams / n).read_text("utf-8") for n in ("out", "err"))
        return subprocess.CompletedProcess(list(words), running.exitcode, out, err)
