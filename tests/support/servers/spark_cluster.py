"""A Spark standalone cluster of the test run's own on loopback, and what a machine must have for it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

NEEDED = [
    pytest.mark.soak,
    pytest.mark.spark,
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None,
        reason="pyspark is not installed: uv pip install -r requirements-spark.lock",
    ),
    pytest.mark.skipif(
        shutil.which("java") is None, reason="java is not installed: apt install openjdk-17-jre-headless"
    ),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def process(name: str, folder: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """A Spark daemon with its output in `<folder>/<name>.log`, ended with the block."""
    home = Path(importlib.util.find_spec("pyspark").origin).parent
    with (folder / f"{name}.log").open("wb") as log:
        started = subprocess.Popen(
            [home / "bin/spark-class", *map(str, words)],
            stdout=log,
            stderr=log,
            env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"},
            cwd=folder,
        )
        try:
            yield started
        finally:
            started.terminate()
            started.wait(30)


def said(file: Path, words: str, times: int = 1) -> None:
    """Wait until a log says it."""
    for _ in range(240):
        if file.exists() and file.read_text("utf-8", "replace").count(words) >= times:
            return
        time.sleep(0.5)
    raise AssertionError(f"{file.name} never said {words!r}:\n{file.read_text('utf-8', 'replace')[-2000:]}")


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a standalone cluster on loopback."""
    port, stack = free_port(), ExitStack()
    deploy = "org.apache.spark.deploy"
    with stack:
        words = ("--host", "127.0.0.1", "--port", port, "--webui-port", free_port())
        stack.enter_context(process("master", folder, f"{deploy}.master.Master", *words))
        said(folder / "master.log", "Starting Spark master")
        for n in range(workers):
            words = (
                "--host",
                "127.0.0.1",
                "-c",
                1,
                "-m",
                "2g",
                "-d",
                folder / f"w{n}",
                "--webui-port",
                free_port(),
            )
            stack.enter_context(
                process(f"worker{n}", folder, f"{deploy}.worker.Worker", *words, f"spark://127.0.0.1:{port}")
            )
        if workers:
            said(folder / "master.log", "Registering worker", workers)
        yield f"spark://127.0.0.1:{port}"
