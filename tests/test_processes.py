"""A rating spread over forked processes: the same as in one, and a process that is lost ends it with nothing stored."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from judging import NOW, database
from rated_folders import differences
from scoring_play import DAY, market

from scoring import engines, processes
from scoring.engines import EngineFailed
from scoring.processes import ProcessLost, in_order
from scoring.rate import rate


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(processes, "processors", lambda: 2)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    return folder, database(folder, market(np.random.default_rng(5), hosts=8))


def test_results_come_in_order_from_other_processes(two_processors):
    begun = os.getpid()
    found = list(in_order(lambda n: (n, os.getpid()), range(40)))
    assert [n for n, _ in found] == list(range(40))
    assert begun not in {pid for _, pid in found}


def test_few_items_stay_in_this_process(two_processors):
    assert list(in_order(lambda n: os.getpid(), range(3))) == [os.getpid()] * 3


def test_what_goes_wrong_there_is_raised_here(two_processors):
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda n: 1 // (n - 5), range(8)))


def test_a_killed_process_ends_it(two_processors):
    def work(n):
        if n == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    with pytest.raises(ProcessLost):
        list(in_order(work, range(8)))


def test_in_many_processes_the_same_tables_come_out(filled, two_processors, monkeypatch):
    folder, engine = filled
    alone = rate(engine, folder, DAY, NOW)
    notes = []
    monkeypatch.setattr(engines, "CHUNK", 1)
    spread = rate(engine, folder, DAY, NOW, progress=notes.append)
    assert differences(alone.folder, spread.folder, 1e-12) == []
    assert [n for n in notes if "/" in n] == [f"{n} / 8" for n in range(1, 9)]


def test_a_rating_that_loses_a_process_stores_nothing(filled, two_processors, monkeypatch, tmp_path):
    monkeypatch.setattr(engines, "CHUNK", 1)
    monkeypatch.setattr(engines, "part_of", lambda *given: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(EngineFailed):
        rate(filled[1], tmp_path, DAY, NOW)
    assert list((tmp_path / "rated").iterdir()) == []


def test_a_disputed_site_is_disputed_in_every_chunk(filled):
    from scoring.reading import read_facts

    facts = read_facts(filled[1], DAY)
    facts.disputes[5] = [(0, 1, "complaint")]
    assert facts.chunk(4, 8).disputes == {1: [(0, 1, "complaint")]}
    assert facts.chunk(0, 4).disputes == {}
