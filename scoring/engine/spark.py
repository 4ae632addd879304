"""A rating on a Spark cluster: whole-table expressions through ibis, a task per chunk of platforms, from one Parquet folder.

The machines need this project at the same version and the data folder at the same path. pyspark is imported only here.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from scoring.engine.backends import EngineError, EngineFailed, Finish, Progress
from scoring.engine.chunk import CHUNK, ChunkResult, assess_chunk
from scoring.observations.dataset import Dataset, FittedDataset
from scoring.observations.parquet_shards import read_part, written

REACH_SECONDS = 5
WORKER_SECONDS = 60
_TASKS_EACH = 4
"""Tasks a core of the cluster, so that a slow one does not hold up the rest."""


class Spark:
    """A cluster (`spark://host:port`, several masters with commas) or `local[n]`; the session lasts as long as the `with`."""

    def __init__(self, master: str | None) -> None:
        if not master or not master.startswith(("spark://", "local[")):
            raise EngineError(
                f"--engine spark：--master {master or '（未填）'} 不是可用的地址；例 --master spark://10.0.0.5:7077",
                f"--engine spark: --master {master or '(missing)'} is no address; e.g. --master spark://10.0.0.5:7077",
            )
        _installed()
        _reachable(master)
        self._master = master
        self._open = ExitStack()
        self._session: Any = None
        self._tables: Any = None
        self._folder = Path()

    def __enter__(self) -> Spark:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def load(self, facts: Dataset, data_dir: Path) -> None:
        """Start the session and write the rows where the workers read them. Raises EngineError, EngineFailed."""
        import ibis

        self._session = _started(self._master)
        self._open.callback(self._session.stop)
        cores = self._session.sparkContext.defaultParallelism
        # Spark's own default of 200 makes hundreds of empty tasks of every sort on a small cluster.
        self._session.conf.set("spark.sql.shuffle.partitions", str(2 * cores))
        self._size = chunk_size(len(facts.sites), cores)
        self._folder = self._open.enter_context(written(facts, data_dir, self._size))
        self._tables = ibis.pyspark.connect(self._session)

    def table(self, facts: Dataset, kind: str) -> Any:
        """The rows of a kind, from the Parquet folder."""
        return self._tables.read_parquet((self._folder / kind).as_uri(), table_name=f"facts_{kind}")

    def fetch(self, expression: Any) -> pa.Table:
        """Run by Spark. Raises EngineFailed."""
        return _run(lambda: self._tables.to_pyarrow(expression))

    def parts(
        self, facts: FittedDataset, as_of: dt.date, history: bool, finish: Finish, tell: Progress
    ) -> Iterator[ChunkResult]:
        """Every chunk a task, finished here; the facts other than rows go to each worker once. Raises EngineFailed."""
        context, folder, size, count = self._session.sparkContext, self._folder, self._size, len(facts.sites)
        about = context.broadcast(replace(facts, rows={}, cache={}, kept=None))

        def work(low: int) -> ChunkResult:
            return assess_chunk(read_part(about.value, folder, low, min(low + size, count)), as_of, history)

        lows = range(0, count, size)
        tell(f"Spark: {len(lows)} × {size}")
        yield from map(finish, _run(lambda: context.parallelize(lows, max(len(lows), 1)).map(work).collect()))


def chunk_size(platforms: int, cores: int) -> int:
    """Platforms a task: at most CHUNK, and few enough that every core has several tasks."""
    return max(1, min(CHUNK, -(-platforms // (cores * _TASKS_EACH))))


def _installed() -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise EngineError(
            "--engine spark：没有安装 pyspark；请运行 uv pip install -r requirements-spark.lock（或 pip install 'kamengwatch[spark]'）",
            "--engine spark: pyspark is not installed; run uv pip install -r requirements-spark.lock (or pip install 'kamengwatch[spark]')",
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin/java").is_file()):
        raise EngineError(
            "--engine spark：找不到 java；请安装 Java 17（apt install openjdk-17-jre-headless）或设置 JAVA_HOME",
            "--engine spark: no java found; install Java 17 (apt install openjdk-17-jre-headless) or set JAVA_HOME",
        )


def _reachable(master: str) -> None:
    """One of the masters must answer; Spark itself would try for a minute and say it in fifty lines."""
    if master.startswith("local["):
        return
    reason = ""
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()
            return
        except (OSError, ValueError) as error:
            reason = str(error)
    raise EngineError(
        f"--master {master}: 连接不上（{reason}）；请检查地址和端口，并确认 Spark master 已启动（docs/operating.md）",
        f"--master {master}: cannot be reached ({reason}); check address and port and that the Spark master runs (docs/operating.md)",
    )


def _started(master: str) -> Any:
    """A session with at least one worker. Raises EngineFailed where Spark refuses, EngineError where nobody works."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("kamengwatch rate")
    settings = {
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.maxResultSize": "0",
        "spark.broadcast.compress": "true",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = _run(builder.getOrCreate)
    if master.startswith("spark://"):
        status, pause = session.sparkContext._jsc.sc().getExecutorMemoryStatus, threading.Event()
        for _ in range(WORKER_SECONDS * 2):
            if status().size() > 1:  # The driver counts as one.
                return session
            pause.wait(0.5)
        session.stop()
        raise EngineError(
            f"--master {master}: 集群没有可用的 worker（等了 {WORKER_SECONDS} 秒）；请启动 worker，或等其它任务结束",
            f"--master {master}: the cluster has no free worker (waited {WORKER_SECONDS} s); start one, or wait for other jobs to end",
        )
    return session


def _run(step: Any) -> Any:
    """What `step` gives; whatever Spark says instead becomes one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return step()
    except (Py4JError, PySparkException, OSError, RuntimeError) as error:
        said = str(getattr(error, "java_exception", None) or error)
        told = [line.strip() for line in said.splitlines() if line.strip()] or [type(error).__name__]
        # A worker's Python says its reason in the last line of its traceback.
        reason = next((t for t in reversed(told) if "Error" in t.split(":")[0]), told[0])[:300]
        raise EngineFailed(
            f"Spark 中途失败，没有存下任何评级：{reason}。每台 worker 需要同一版本的本程序，并在同一路径看到数据目录",
            f"Spark broke off, no rating was stored: {reason}. Every worker needs this program's version and the data folder at the same path",
        ) from error
