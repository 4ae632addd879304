"""The product's programs as real processes, forked from one that has imported them: a start takes hundredths of a second, not three.

Nothing is mocked: each has its own process, arguments, environment, input, output and exit code.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
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
           "dashboard.server", *(f"dashboard.app_pages.{page.stem}" for page in sorted((ROOT / "dashboard/app_pages").glob("[a-z]*.py")))]  # fmt: skip
_FORKS = multiprocessing.get_context("forkserver")


def start(
    words: Sequence[str], environment: Mapping[str, str], streams: Path, largest: int | None = None
) -> BaseProcess:
    """Start `kamengwatch WORDS`, or what the first word names: "crawler.run", "scrapy".

    `streams` is a folder with a file `in`, or without; it gets `out` and `err`. A file it writes may have `largest` bytes.
    """
    return process(_do, list(words), dict(environment), str(streams), largest)


def process(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a function of a module in a process of its own."""
    _FORKS.set_forkserver_preload(PRELOAD)
    started = _FORKS.Process(target=target, args=arguments)
    started.start()
    return started


def _do(words: list[str], environment: dict[str, str], streams: str, largest: int | None) -> None:
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(f"{streams}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.dup2(file, number)
    if (given := Path(streams, "in")).exists():
        os.dup2(os.open(given, os.O_RDONLY), 0)
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
    importlib.reload(importlib.import_module("crawler.settings"))  # it reads the environment
    if words[0] == "crawler.run":
        from crawler.run import main as crawl

        raise SystemExit(crawl(words[1:]))
    sys.argv = words if words[0] == "scrapy" else ["kamengwatch", *words]
    if words[0] == "scrapy":
        from scrapy.cmdline import execute as main
    else:
        from kamengwatch.cli.app import main
    main()


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
