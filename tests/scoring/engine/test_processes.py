"""A rating spread over forked processes: the same as in one, and a process that is lost ends it with nothing stored."""

from __future__ import annotations

import errno
import os
import signal

import numpy as np
import pyarrow as pa
import pytest

from scoring import fork_pool
from scoring.engine import backends
from scoring.engine.rate import rate
from scoring.fork_pool import ProcessLost, map_ordered
from scoring.observations import sql_columns
from scoring.observations.disk_columns import NONE, Scratch
from scoring.snapshot.writer import TableFile, write_parquet, writing
from store.db.engine import migrate, open_engine
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.rated_folders import differences
from tests.support.markets.scoring import DAY, market


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(fork_pool, "processors", lambda: 2)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    return folder, database(folder, market(np.random.default_rng(5), hosts=8))


def test_results_come_in_order_from_other_processes(two_processors):
    begun = os.getpid()
    found = list(map_ordered(lambda n: (n, os.getpid()), range(40)))
    assert [n for n, _ in found] == list(range(40))
    assert begun not in {pid for _, pid in found}


def test_few_items_stay_in_this_process(two_processors):
    assert list(map_ordered(lambda n: os.getpid(), range(3))) == [os.getpid()] * 3


def test_what_goes_wrong_there_is_raised_here(two_processors):
    with pytest.raises(ZeroDivisionError):
        list(map_ordered(lambda n: 1 // (n - 5), range(8)))


def test_a_killed_process_ends_it(two_processors):
    def work(n):
        if n == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    with pytest.raises(ProcessLost):
        list(map_ordered(work, range(8)))


def test_in_many_processes_the_same_tables_come_out(filled, two_processors, monkeypatch):
    folder, engine = filled
    alone = rate(engine, folder, DAY, NOW)
    notes = []
    monkeypatch.setattr(backends, "CHUNK", 1)
    spread = rate(engine, folder, DAY, NOW, progress=notes.append)
    assert differences(alone.folder, spread.folder, 1e-12) == []
    assert [n for n in notes if "/" in n] == [f"{n} / 8" for n in range(1, 9)]


def test_columns_in_files_rate_the_same_and_leave_nothing(filled, two_processors, monkeypatch, tmp_path):
    in_memory = rate(filled[1], filled[0], DAY, NOW)
    made = []

    class Small(Scratch):
        def __init__(self, folder):
            super().__init__(folder, least=1)

        def empty(self, shape, dtype):
            made.append(super().empty(shape, dtype))
            return made[-1]

    monkeypatch.setattr("scoring.engine.rate.Scratch", Small)
    in_files = rate(filled[1], tmp_path, DAY, NOW)
    assert any(isinstance(column.base, np.memmap) for column in made)
    assert in_files.sha256 == in_memory.sha256
    assert sorted(p.name for p in tmp_path.iterdir()) == [".rated.lock", "looks", "rated"]


def test_a_full_disk_is_an_error_before_a_value_is_written(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(OSError, match="space"):
        Scratch(tmp_path, least=1).empty((10,), np.int64)
    assert list(tmp_path.iterdir()) == []


def test_a_rating_that_loses_a_process_stores_nothing(filled, two_processors, monkeypatch, tmp_path):
    monkeypatch.setattr(backends, "CHUNK", 1)
    monkeypatch.setattr(backends, "assess_chunk", lambda *given: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(ProcessLost):
        rate(filled[1], tmp_path, DAY, NOW)
    assert list((tmp_path / "rated").iterdir()) == []


def test_a_disputed_site_is_disputed_in_every_chunk(filled):
    from scoring.engine.load_market import load_dataset

    facts = load_dataset(filled[1], DAY)
    facts.disputes[5] = [(0, 1, "complaint")]
    assert facts.chunk(4, 8).disputes == {1: [(0, 1, "complaint")]}
    assert facts.chunk(0, 4).disputes == {}


def test_read_in_ranges_by_many_processes_it_is_the_same_in_either_database(
    filled, database_url, two_processors, monkeypatch, tmp_path
):
    alone = rate(filled[1], tmp_path, DAY, NOW)
    engine = open_engine(database_url)
    migrate(engine)
    records = market(np.random.default_rng(5), hosts=8)
    assert not import_records(Ingest(engine, NOW, accept_new=True), records).refused
    monkeypatch.setattr(sql_columns, "RANGE", 7)
    monkeypatch.setattr(backends, "CHUNK", 1)
    spread = rate(engine, tmp_path, DAY, NOW)
    engine.dispose()
    assert differences(alone.folder, spread.folder, 1e-12) == []


def test_parts_of_any_size_make_the_same_file(tmp_path):
    rows = pa.table({"host": [f"h{n:06}" for n in range(50_000)], "value": np.arange(50_000) * 0.37})
    write_parquet(rows, tmp_path / "whole.parquet")
    for size in (999, 20_000, 50_000):
        parts = TableFile(tmp_path / f"{size}.parquet", rows.schema)
        for low in range(0, rows.num_rows, size):
            parts.add(rows.slice(low, size))
        parts.close()
        assert (tmp_path / f"{size}.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_what_a_dead_process_left_is_removed_and_what_another_writes_is_not(tmp_path):
    dead, alive = tmp_path / ".tmp-99999999", tmp_path / f".tmp-{os.getppid()}"
    dead.mkdir(), alive.mkdir()
    with writing(tmp_path) as out:
        assert out.folder.is_dir() and alive.is_dir() and not dead.exists()
    assert not out.folder.exists()


def test_rows_that_come_in_after_they_were_counted_are_read_too():
    parts = [
        {"id": np.arange(3), "text": np.array(["a"] * 3, object)},
        {"id": np.arange(3, 5), "text": np.array(["b"] * 2, object)},
    ]
    for count in (3, 4, 5, 9):
        found = sql_columns._together(iter(parts), count, NONE)
        assert found["id"].tolist() == [0, 1, 2, 3, 4] and found["text"].tolist() == ["a", "a", "a", "b", "b"]
