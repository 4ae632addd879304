"""Where a rating runs changes nothing about it: through Parquet as from memory; and what is told when an engine cannot be had."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import method
from scoring.engine.backends import Embedded
from scoring.engine.chunk import CHUNK, assess_chunk
from scoring.engine.load_market import load_dataset
from scoring.engine.rate import rate
from scoring.features.population import IN_PROCESS, middle_prices
from scoring.observations.parquet_shards import arrow, read_part, rows_of, written
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.rated_folders import differences
from tests.support.markets.scoring import DAY, at, market
from tests.support.programs.in_process_cli import command


class ThroughParquet(Embedded):
    """The embedded engine made to take every row from the exchanged files, `size` platforms at a time."""

    def __init__(self, size):
        self.size = size
        self._open = ExitStack()

    def __exit__(self, *exc):
        self._open.close()

    def load(self, facts, data_dir):
        self.folder = self._open.enter_context(written(facts, data_dir, self.size))

    def table(self, facts, kind):
        import ibis  # each worker of a run imports every test file, and this is most of a second

        return ibis.duckdb.connect().read_parquet(f"{self.folder / kind}/*.parquet")

    def fetch(self, expression):
        return expression.to_pyarrow()

    def parts(self, facts, as_of, history, finish, tell):
        about = replace(facts, rows={}, cache={})
        for low in range(0, len(facts.sites), self.size):
            high = min(low + self.size, len(facts.sites))
            yield finish(assess_chunk(read_part(about, self.folder, low, high), as_of, history))


def prices(host, days, level):
    return [
        {
            "kind": "price",
            "source": "storefront",
            "host": host,
            "observed_at": at(day),
            "product": f"视频月卡{n}",
            "price": round(level * (n + 1) + day % 3, 2),
        }
        for day in days
        for n in range(3)
    ]


def pages(host):
    about = {"source": "storefront", "host": host, "observed_at": at(3)}
    return [
        {"kind": "page", **about, "role": "home", "text": "付款后不退款", "footer_icp": "粤ICP备12345678号"}
    ]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    records = market(np.random.default_rng(3), hosts=5)
    for n in range(5):
        records += prices(f"m{n}.example", range(0, 110, 7), 10 + n) + pages(f"m{n}.example")
    return folder, database(folder, records)


def test_through_parquet_the_same_folder_comes_out(filled):
    folder, engine = filled
    near = rate(engine, folder, DAY, NOW)
    far = rate(engine, folder, DAY, NOW, ThroughParquet(CHUNK))
    assert far.sha256 == near.sha256 and far.platforms == 5
    cut = rate(engine, folder, DAY, NOW, ThroughParquet(2))
    # Sums over other array shapes may differ in the sixteenth digit.
    assert differences(near.folder, cut.folder, 1e-12) == []
    assert not (folder / "facts").exists(), "the exchanged rows are gone afterwards"


def test_rows_come_back_exactly(filled, tmp_path):
    facts = load_dataset(filled[1], DAY)
    with written(facts, tmp_path, 2) as folder:
        back = read_part(replace(facts, rows={}, cache={}), folder, 2, 4)
    for kind, rows in facts.chunk(2, 4).rows.items():
        for name, values in vars(rows).items():
            if isinstance(values, np.ndarray):
                np.testing.assert_array_equal(getattr(back.rows[kind], name), values)
        for name, values in rows.columns.items():
            assert back.rows[kind][name].shape == values.shape
            np.testing.assert_array_equal(back.rows[kind][name], values, err_msg=f"{kind}.{name}")


def test_a_broken_rating_leaves_no_rows_behind(filled, tmp_path):
    facts = load_dataset(filled[1], DAY)
    with pytest.raises(KeyError), written(facts, tmp_path, 2):
        raise KeyError
    assert not (tmp_path / "facts").exists()


def test_what_a_killed_rating_on_a_cluster_left_goes_with_the_next_rating(filled):
    folder, engine = filled
    (folder / "facts/complaint").mkdir(parents=True)
    (folder / "facts/complaint/0.parquet").write_bytes(b"half")
    rate(engine, folder, DAY, NOW)
    assert not (folder / "facts").exists()


def test_a_rating_beside_one_on_a_cluster_leaves_its_rows_alone(filled):
    folder, engine = filled
    (other := folder / f"facts/rate-{os.getppid()}/complaint").mkdir(parents=True)
    (folder / "facts/rate-99999999").mkdir()
    rate(engine, folder, DAY, NOW)
    rate(engine, folder, DAY, NOW, ThroughParquet(CHUNK))
    assert other.is_dir() and not (folder / "facts/rate-99999999").exists()
    shutil.rmtree(folder / "facts")


SHOWN = st.tuples(
    st.integers(0, 4),  # platform
    st.integers(-40, 69),  # day seen
    st.integers(0, 30),  # days between event and sight
    st.sampled_from(["a", "b"]),
    st.sampled_from([1.0, 2.5, 2.6, 7.25, 0.0, float("nan")]),
)


@settings(max_examples=8, deadline=None)
@given(st.lists(SHOWN, min_size=1, max_size=60), st.integers(0, 60))
def test_the_middle_price_is_the_median_by_definition(shown, first):
    days, every = 70, method.FIT_EVERY_DAYS
    columns = [np.array(c) for c in zip(*shown, strict=True)]
    table = {
        "platform": columns[0],
        "row": np.arange(len(shown)),
        "seen": columns[1],
        "day": columns[1] - columns[2],
        "at": columns[1] - columns[2],
        "ware": [str(p) for p in columns[3]],
        "price": columns[4],
    }
    import ibis

    memory = ibis.memtable(table)
    found = {
        (r["ware"], r["epoch"]): r["price"]
        for r in IN_PROCESS.fetch(middle_prices(memory, first, days)).to_pylist()
    }
    expected = {}
    for epoch in (d for d in range(days) if d == 0 or (first + d) % every == 0):
        for product in "ab":
            last = {}
            for row, (platform, seen, late, name, price) in enumerate(shown):
                if name == product and price > 0 and epoch - every < seen <= epoch:
                    last[platform] = max(last.get(platform, (-999, 0, 0)), (seen - late, row, price))
            if len(last) >= 3:
                expected[(product, epoch)] = statistics.median(p for *_, p in last.values())
    assert found == expected


def test_an_empty_kind_keeps_its_columns(filled):
    facts = load_dataset(filled[1], DAY)
    for kind, rows in facts.rows.items():
        nothing = rows.take(np.zeros(len(rows), bool))
        assert set(rows_of(arrow(nothing), kind).columns) == set(rows.columns)


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def refused(capsys, folder, *words):
    line = command(capsys, "rate", "--data-dir", folder, "--lang", "en", *words, expect=2).err.strip()
    assert "Traceback" not in line and len(line.splitlines()) == 1, line
    return line


def test_an_engine_that_cannot_be_had_is_one_line(capsys, tmp_path, monkeypatch):
    assert "choose duckdb or spark" in refused(capsys, tmp_path, "--engine", "hadoop")
    assert "add --engine spark" in refused(capsys, tmp_path, "--master", "spark://127.0.0.1:1")
    assert "e.g. --master spark://" in refused(capsys, tmp_path, "--engine", "spark")
    assert "is no address" in refused(capsys, tmp_path, "--engine", "spark", "--master", "http://a")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    asked = ("--engine", "spark", "--master", f"spark://127.0.0.1:{closed_port()}")
    assert "requirements-spark.lock" in refused(capsys, tmp_path, *asked)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    if shutil.which("java"):
        assert "cannot be reached" in refused(capsys, tmp_path, *asked)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "install Java 17" in refused(capsys, tmp_path, *asked)
    assert not (tmp_path / "rated").exists()
