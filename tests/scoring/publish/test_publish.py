"""A snapshot is whole or not there, repeatable, verifiable and readable by others' tools."""

import datetime as dt
import json
import re
import shutil
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow.parquet as pq
import pytest

from kamengwatch.privacy import file_erasure
from scoring.engine.rate import rate
from scoring.publish.publisher import NothingRated, publish
from scoring.snapshot.delta import delta_errors, read_delta
from scoring.snapshot.explain import explain
from scoring.snapshot.integrity import integrity_errors
from scoring.snapshot.reader import DELTA, TABLES, Snapshot
from store.db.engine import default_url, open_engine
from tests.scoring.rating.test_scoring import market
from tests.support.markets.judged_records import NOW, database
from tests.support.programs.killed import Job

DAY = dt.date(2026, 4, 30)
LATER = NOW + dt.timedelta(hours=5)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    engine = database(folder, market(np.random.default_rng(5)))
    rate(engine, folder, DAY, NOW)
    return engine, folder, publish(engine, folder, NOW)


@pytest.fixture(scope="module")
def day_before(tmp_path_factory):
    """A folder with the snapshot of the day before; to be copied."""
    folder = tmp_path_factory.mktemp("before") / "data"
    engine = database(folder, market(np.random.default_rng(5)))
    rate(engine, folder, DAY - dt.timedelta(days=1), NOW)
    publish(engine, folder, NOW)
    engine.dispose()
    return folder


@pytest.fixture
def kept(day_before, tmp_path):
    """A copy of it, its database and its snapshot."""
    data = shutil.copytree(day_before, tmp_path / "data", symlinks=True)
    return data, open_engine(default_url(data)), Snapshot.latest(data).path


def test_every_file_of_the_snapshot_is_there(published):
    _, folder, path = published
    for table, schema in TABLES.items():
        assert pq.read_schema(path / f"{table}.parquet").names == schema.names
    hosts = Snapshot(path).hosts()
    for host, _ in hosts:
        assert (path / "feeds" / f"{host}.atom").is_file()
        assert (path / "badges" / f"{host}.svg").is_file()
        assert (path / "s" / f"{host}.html").stat().st_size < 60_000
    for name in (
        "ratings.csv",
        "method.json",
        "feeds/all.atom",
        "datapackage.json",
        "manifest.json",
        "SHA256SUMS",
    ):
        assert (path / name).is_file()
    assert Snapshot.latest(folder).id == path.name
    assert list(integrity_errors(Snapshot.latest(folder).path)) == []


def test_other_tools_accept_the_package(published):
    from frictionless import Package  # each worker of a run imports every test file

    report = Package(str(published[2] / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])[:5]


def test_feeds_are_atom_and_badges_never_endorse(published):
    _, _, path = published
    atom = "{http://www.w3.org/2005/Atom}"
    for file in (path / "feeds").iterdir():
        feed = ET.parse(file).getroot()
        assert feed.tag == f"{atom}feed"
        for item in (feed, *feed.findall(f"{atom}entry")):
            assert item.findtext(f"{atom}id") and item.findtext(f"{atom}title")
            dt.datetime.fromisoformat(item.findtext(f"{atom}updated"))
        for entry in feed.findall(f"{atom}entry"):
            assert re.match(r"\d{4}-\d\d-\d\d ", entry.findtext(f"{atom}title")), (
                "the event's date comes first"
            )
    for file in (path / "badges").iterdir():
        text = file.read_text("utf-8")
        ET.fromstring(text)
        assert (
            DAY.isoformat() in text
            and "安全" not in text
            and "safe" not in text.replace("safety guarantee", "")
        )


def test_twins_need_no_script(published):
    for file in (published[2] / "s").iterdir():
        text = file.read_text("utf-8")
        assert "<script" not in text and "@media print" in text and "备案" in text and "掉单率" in text


def test_publishing_again_adds_nothing(published):
    engine, folder, path = published
    rate(engine, folder, DAY, LATER)
    assert publish(engine, folder, LATER) == path
    assert len([p for p in (folder / "snapshots").iterdir() if p.is_dir() and not p.is_symlink()]) == 1


def test_rating_the_same_gives_the_same_folder(published):
    engine, folder, _ = published
    assert rate(engine, folder, DAY, LATER).folder == rate(engine, folder, DAY, NOW).folder


def test_snapshots_are_chained_and_points_add_up(kept):
    data, engine, first = kept
    rate(engine, data, DAY, LATER)
    second = publish(engine, data, LATER)
    told = read_delta(data / "snapshots" / DELTA)
    assert not list(delta_errors(told, Snapshot(first), Snapshot(second))), "published with what it changed"
    file_erasure.mark(first)
    assert not (data / "snapshots" / DELTA).exists(), (
        "what an erasure takes from a snapshot stays in no delta"
    )
    (first / file_erasure._MARK).unlink()
    previous = json.loads((second / "manifest.json").read_text("utf-8"))["previous"]
    assert previous["name"] == first.name and len(previous["sha256"]) == 64
    snapshot = Snapshot.latest(data)
    for row in snapshot.rows("select * from ratings"):
        told = explain(snapshot, row["host"], "en")
        if row["score"] is not None:
            assert abs(told.total - row["score"]) < 1e-9
        assert told.lines()
    assert (first / "method.json").stat().st_ino == (second / "method.json").stat().st_ino, (
        "unchanged files are hard links"
    )


def test_evidence_is_named_and_every_reference_resolves(published):
    snapshot = Snapshot(published[2])
    ids = {r["id"] for r in snapshot.rows("select id from evidence")}
    assert any(i.startswith("complaint:heimao:") for i in ids)
    for row in snapshot.rows("select evidence from findings union all select evidence from warnings"):
        assert set(row["evidence"]) <= ids


def test_nothing_rated_says_so(tmp_path):
    with pytest.raises(NothingRated):
        publish(database(tmp_path, []), tmp_path, NOW)


def test_a_kill_at_any_moment_leaves_the_old_snapshot(kept, tmp_path):
    data, engine, old = kept
    rate(engine, data, DAY, NOW)
    publication = Job(["publish", "--data-dir", str(data)], tmp_path / "said", (("KAMENGWATCH_NOW", NOW.isoformat()),))  # fmt: skip
    for delay in (0.15, 0.4):
        publication.killed(delay)
        snapshot = Snapshot.latest(data)
        assert list(integrity_errors(snapshot.path)) == []
        if snapshot.id != old.name:
            break
    publication.run()
    assert list(integrity_errors(Snapshot.latest(data).path)) == []
    assert Snapshot.latest(data).rows("select max(as_of) as d from ratings")[0]["d"] == DAY
    assert not list((data / "snapshots").glob(".tmp-*"))
