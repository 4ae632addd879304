"""The hard ends of `rate` and `publish`: days that cannot be, folders changed by hand, two at once, a later program's database."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import insert, text

from kamengwatch.config import Config
from kamengwatch.privacy import retention
from scoring.engine.rate import rate
from store.db.engine import default_url, downgrade, open_engine
from store.db.tables import Review
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.rated_folders import differences
from tests.support.markets.scoring import DAY, complaints, crawls
from tests.support.programs import forked
from tests.support.programs.in_process_cli import command


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with evidence about two sites, and nothing rated."""
    folder = tmp_path_factory.mktemp("ends")
    sites = [{"kind": "platform", "host": f"{n}.example", "name": f"{n}卡盟"} for n in "ab"]
    database(
        folder, [*sites, *crawls(range(0, 110, 5)), *complaints("a.example", range(20, 90, 9))]
    ).dispose()
    return folder


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(filled, copy)
    return copy


def rated(data: Path, capsys: pytest.CaptureFixture[str], *words: object) -> Path:
    said = command(capsys, "rate", "--as-of", DAY, "--data-dir", data, "--json", *words)
    return data / "rated" / str(json.loads(said.out)["folder"])


@pytest.mark.parametrize("day", ["9999-12-31", "2026-02-30", "", "soon", "2026-11-15T10:00"])
def test_a_day_that_cannot_be_is_one_line(data: Path, day: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = command(capsys, "rate", "--as-of", day, "--data-dir", data, expect=2).err
    assert said.startswith("错误 error: --as-of") and len(said.splitlines()) == 1
    assert not (data / "rated").exists()


def test_a_day_in_the_future_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-04-30T12:00:00+08:00")
    words = ("rate", "--data-dir", data, "--lang", "en", "--json", "--as-of")
    assert json.loads(command(capsys, *words, "2026-04-30").out)["platforms"] == 2
    later = command(capsys, *words, "2026-05-01", expect=2)
    assert "future" in later.err and len(later.err.splitlines()) == 1 and not later.out


def test_before_the_first_evidence_and_without_any_nothing_is_rated_as_good(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = command(capsys, "rate", "--data-dir", data, "--as-of", "0001-01-01", "--json").out
    file = data / "rated" / str(json.loads(early)["folder"]) / "ratings.parquet"
    assert duckdb.sql(f"select distinct grade, verdict from '{file}'").fetchall() == [("NR", "灰")]
    (tmp_path / "new").mkdir()
    nothing = command(capsys, "rate", "--data-dir", tmp_path / "new", "--as-of", "2026-04-30", "--json")
    assert json.loads(nothing.out)["platforms"] == 0
    command(capsys, "publish", "--data-dir", tmp_path / "new")


def test_a_rating_changed_by_hand_is_not_published_and_the_next_rating_mends_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rated(data, capsys)
    whole = shutil.copytree(folder, tmp_path / "whole")
    for harm in ("gone", "other bytes", "cut short"):
        file = folder / "history.parquet"
        old = bytearray(file.read_bytes())
        file.unlink()
        if harm != "gone":
            old[len(old) // 2] ^= 255
            file.write_bytes(old if harm == "other bytes" else old[:100])
        said = command(capsys, "publish", "--data-dir", data, "--lang", "en", expect=1).err
        assert folder.name in said and "kamengwatch rate" in said and len(said.splitlines()) == 1
        assert not list((data / "snapshots").glob("2*"))
        assert rated(data, capsys) == folder and differences(whole, folder, 0.0) == []
    assert [p.name for p in (data / "rated").iterdir()] == [folder.name]
    command(capsys, "publish", "--data-dir", data)


def test_when_the_newest_rating_was_deleted_no_older_one_is_published_in_its_place(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(capsys, "rate", "--as-of", "2026-04-29", "--data-dir", data)
    shutil.rmtree(rated(data, capsys))
    assert "kamengwatch rate" in command(capsys, "publish", "--data-dir", data, expect=2).err
    assert rated(data, capsys).is_dir()
    command(capsys, "publish", "--data-dir", data)
    assert json.loads((data / "snapshots/latest/manifest.json").read_text())["as_of"] == str(DAY)


def test_two_ratings_at_once_in_one_folder_end_as_one(data: Path, tmp_path: Path) -> None:
    words = ["rate", "--as-of", str(DAY), "--data-dir", str(data)]
    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(lambda _: forked.run(words, os.environ), range(3)))
    assert [one.returncode for one in ended] == [0, 0, 0], [one.stderr for one in ended]
    (folder,) = (data / "rated").iterdir()
    engine = open_engine(default_url(data))
    with engine.connect() as connection:
        assert connection.execute(text("select folder from rated_run")).scalars().all() == [folder.name]
    alone = rate(engine, tmp_path, DAY, NOW)
    assert differences(alone.folder, folder, 0.0) == []


def test_a_database_of_a_later_program_is_named_and_left_alone(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = open_engine(default_url(data))
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9001'"))
    for words in (("rate",), ("publish",), ("rate", "--as-of", DAY)):
        said = command(capsys, *words, "--data-dir", data, expect=2).err
        assert "9001" in said and "update the program" in said and len(said.splitlines()) == 1
    checked = command(capsys, "doctor", "--json", "--data-dir", data, expect=1).out
    (found,) = [f for f in json.loads(checked) if "database" in f["what"]]
    assert found["state"] == "bad" and "9001" in found["detail"]
    with engine.connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar() == "9001"


def test_a_database_of_an_earlier_program_is_brought_up_and_rated_the_same(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rated(data, capsys)
    whole = shutil.copytree(folder, tmp_path / "whole")
    engine = open_engine(default_url(data))
    downgrade(engine, "0004")
    engine.dispose()
    assert differences(whole, rated(data, capsys), 0.0) == []


def test_a_report_whose_period_has_ended_does_not_stop_the_rating(data: Path) -> None:
    """It was told about a name: host and what happened go together when its details are let go."""
    told = {"happened": "drop.stuck", "on": "2026-04-01", "amount_band": "b", "product": "c", "state": "d"}
    then = Config(data, fixed_now=dt.datetime(2026, 4, 20, tzinfo=dt.UTC))
    with then.engine.begin() as connection:
        row = {"kind": "report", "key": "report:" + "a1" * 16, "subject": "a卡盟", "detail": told}
        decided = {"opened_at": then.now(), "decision": "confirmed", "decided_at": then.now()}
        connection.execute(insert(Review).values(**row, **decided))
    assert kinds(rate(then.engine, data, DAY, NOW).folder) >= {"report"}
    retention.expire(Config(data, fixed_now=then.now() + dt.timedelta(days=400)), False, True, True)
    assert "report" not in kinds(rate(then.engine, data, DAY, NOW).folder)


def kinds(folder: Path) -> set[str]:
    found = duckdb.sql(f"select distinct kind from '{folder}/evidence.parquet'").fetchall()
    return {kind for (kind,) in found}
