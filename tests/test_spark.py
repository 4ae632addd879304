"""A real Spark standalone cluster of one master and two workers rates a market as the embedded engine does, in every table."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from cli_play import command
from judging import NOW, database
from rated_folders import differences
from scoring_play import DAY, market
from sqlalchemy import text
from test_engines import pages, prices

from scoring.rate import rate
from scoring.snapshot import TABLES
from store.engine import default_url, open_engine

pytestmark = [
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
HOSTS = int(os.environ.get("KAMENGWATCH_SPARK_HOSTS", "120"))


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


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: KAMENGWATCH_SPARK_DATA copied, else a made market with prices, pages, complaints and probes."""
    folder = tmp_path_factory.mktemp("spark")
    if given := os.environ.get("KAMENGWATCH_SPARK_DATA"):
        shutil.copy(Path(given) / "kamengwatch.db", folder)
        return folder
    records = market(np.random.default_rng(11), hosts=HOSTS)
    for n in range(HOSTS):
        records += prices(f"m{n}.example", range(0, 110, 7), 10 + n % 9) + pages(f"m{n}.example")
    database(folder, records)
    return folder


def test_two_workers_rate_as_this_process_does(filled, tmp_path, capsys, monkeypatch, record_property):
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    engine = open_engine(default_url(filled))
    with engine.connect() as connection:
        last = connection.execute(text("select max(seen_at) from probe")).scalar()
    day = max(DAY, DAY.fromisoformat(str(last)[:10]))
    begun = time.perf_counter()
    near = rate(engine, filled, day, NOW)
    record_property("seconds embedded", round(time.perf_counter() - begun, 1))
    with cluster(tmp_path, 2) as master:
        begun = time.perf_counter()
        words = ("--data-dir", filled, "--engine", "spark", "--master", master, "--as-of", day, "--json")
        printed = command(capsys, "rate", *words)
        record_property("seconds on Spark", round(time.perf_counter() - begun, 1))
        for n in range(2):
            log = (tmp_path / f"worker{n}.log").read_text("utf-8")
            assert "Launching" in log or "Asked to launch executor" in log, "both workers took part"
    line = next(line for line in printed.out.splitlines() if line.startswith("{"))
    far = filled / "rated" / json.loads(line)["folder"]
    assert differences(near.folder, far, 1e-6) == []
    record_property("platforms", near.platforms)
    record_property("rows compared", sum(pq.read_metadata(far / f"{t}.parquet").num_rows for t in TABLES))
    record_property("same bytes", far == near.folder)
    assert not (filled / "facts").exists(), "the exchanged rows are gone afterwards"


def test_a_cluster_without_workers_is_one_line(filled, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    monkeypatch.setattr("scoring.spark.WORKER_SECONDS", 5)
    with cluster(tmp_path, 0) as master:
        words = ("--data-dir", filled, "--engine", "spark", "--master", master, "--lang", "en")
        line = command(capsys, "rate", *words, expect=2).err.strip().splitlines()[-1]
    assert "no free worker" in line and master in line
