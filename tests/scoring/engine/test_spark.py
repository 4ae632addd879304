"""A real Spark standalone cluster of one master and two workers rates a market as the embedded engine does, in every table."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from scoring.engine.rate import rate
from scoring.snapshot.reader import TABLES
from store.db.engine import default_url, open_engine
from tests.scoring.engine.test_engines import pages, prices
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.rated_folders import differences
from tests.support.markets.scoring import DAY, market
from tests.support.programs.in_process_cli import command
from tests.support.servers.spark_cluster import NEEDED, cluster

pytestmark = NEEDED
HOSTS = int(os.environ.get("KAMENGWATCH_SPARK_HOSTS", "120"))


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
    monkeypatch.setattr("scoring.engine.spark.WORKER_SECONDS", 5)
    with cluster(tmp_path, 0) as master:
        words = ("--data-dir", filled, "--engine", "spark", "--master", master, "--lang", "en")
        line = command(capsys, "rate", *words, expect=2).err.strip().splitlines()[-1]
    assert "no free worker" in line and master in line
