"""A new method says what it alone changed, as our doing: nobody is told that something happened in the world."""

import datetime as dt

import duckdb
import numpy as np
import pytest
from sqlalchemy import update

from scoring import method
from scoring.engine.rate import rate
from scoring.publish.publisher import publish
from store.db.tables import Platform
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.scoring import DAY, market


def changes(path, where="true"):
    return duckdb.sql(
        f"""select host, "on", what, "from", "to", sentence_zh, sentence_en from '{path}/changes.parquet' where {where} order by all"""
    ).fetchall()


@pytest.fixture
def before(tmp_path):
    engine = database(tmp_path, market(np.random.default_rng(5), hosts=6))
    rate(engine, tmp_path, DAY, NOW)
    return engine, tmp_path, publish(engine, tmp_path, NOW)


def test_what_only_the_method_moved_is_published_as_ours_and_kept(before, monkeypatch):
    engine, folder, first = before
    grades = dict(duckdb.sql(f"select host, grade from '{first}/ratings.parquet'").fetchall())
    assert changes(first, "cause = 'method'") == [] and set(grades.values()) - {"NR"}
    monkeypatch.setattr(method, "METHOD_VERSION", "2099.1.1")
    monkeypatch.setattr(method, "GRADES", (("A", 20.0), ("B", 15.0), ("C", 10.0), ("D", 5.0)))
    later = NOW + dt.timedelta(hours=5)
    rate(engine, folder, DAY + dt.timedelta(days=1), later)
    second = publish(engine, folder, later)
    ours = changes(second, "cause = 'method'")
    assert ours and {what for _, _, what, *_ in ours} == {"grade"}
    for host, on, _, old, new, zh, en in ours:
        assert on == DAY + dt.timedelta(days=1) and old == grades[host] != new
        for sentence in (zh, en):
            assert str(DAY) in sentence and "2099.1.1" in sentence
    # The next snapshot of the same method keeps them and adds none.
    rate(engine, folder, DAY + dt.timedelta(days=2), later)
    third = publish(engine, folder, later + dt.timedelta(hours=1))
    assert changes(third, "cause = 'method'") == ours
    feed = (third / "feeds" / "all.atom").read_text("utf-8")
    assert all(en not in feed and zh not in feed for *_, zh, en in ours)
    # Of a site that is watched no longer nothing is said, here as in every other table.
    gone = ours[0][0]
    with engine.begin() as connection:
        connection.execute(update(Platform).where(Platform.host == gone).values(status="removed"))
    rate(engine, folder, DAY + dt.timedelta(days=2), later)
    fourth = publish(engine, folder, later + dt.timedelta(hours=2))
    assert changes(fourth, "cause = 'method'") == [row for row in ours if row[0] != gone]


def test_a_later_day_with_the_same_method_changes_nothing_of_ours(before):
    engine, folder, _ = before
    rate(engine, folder, DAY + dt.timedelta(days=1), NOW)
    assert changes(publish(engine, folder, NOW + dt.timedelta(hours=1)), "cause = 'method'") == []
