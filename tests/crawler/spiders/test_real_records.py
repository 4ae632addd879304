"""The 39 real complaint records and both real company counters, through the spider's own parser and the store."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from store.archive.warc import ArchiveWriter
from store.db.engine import migrate, open_engine
from store.evidence.ingest import Ingest, import_records
from tests.support.programs import forked

pytestmark = pytest.mark.real_data
BASE = "https://tousu.sina.com.cn"
SEEN = dt.datetime(2026, 6, 20, 4, tzinfo=dt.UTC)
CHINA = dt.timezone(dt.timedelta(hours=8))
STATUS = {4: "open", 6: "replied", 7: "completed"}


@pytest.fixture(scope="module")
def house(real_data: Path) -> Path:
    return real_data / "complaints/aiteemo__house"


@pytest.fixture(scope="module")
def complaints(house: Path) -> list[dict[str, Any]]:
    """The `main` objects as served."""
    files = sorted(house.glob("received_complaints_*.json"))
    return [
        c["main"]
        for f in files
        for c in json.loads(f.read_text(encoding="utf-8"))["result"]["data"]["complaints"]
    ]


@pytest.fixture(scope="module")
def companies(house: Path) -> dict[str, dict[str, Any]]:
    """couid -> the company's answer."""
    files = house.glob("company_info_*.json")
    return {f.stem.rsplit("_", 1)[1]: json.loads(f.read_text(encoding="utf-8")) for f in files}


@pytest.fixture(scope="module")
def database(
    house: Path, complaints: list[Any], companies: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The database after a replay of the records, wrapped as answers of the feed, the search and the counters."""
    folder = tmp_path_factory.mktemp("real")
    shown = {c["couid"]: c["cotitle"] for c in complaints}
    answers: dict[str, Any] = {}
    for page in range(1, len(complaints) // 10 + 3):
        part = complaints[(page - 1) * 10 : page * 10]
        rows = [{"main": main, "author": {"title": "机灵喵"}} for main in part]
        key = "lists" if page % 2 else "complaints"
        answers[f"{BASE}/api/index/feed?type=2&page_size=10&page={page}"] = {
            "result": {"status": {"code": 0, "msg": ""}, "data": {key: rows}}
        }
    for couid, name in shown.items():
        rows = [{"title": f'<span class="code-red">{name}</span>', "uid": couid, "sid": ""}]
        answers[f"{BASE}/api/company/main_search?keyword={quote(name)}&page=1&page_size=10"] = {
            "result": {"status": {"code": 0, "msg": ""}, "data": {"lists": rows}}
        }
        answers[f"{BASE}/api/company/info?couid={couid}"] = companies[couid]
    with ArchiveWriter(folder, "real") as archive:
        for url, document in answers.items():
            body = json.dumps(document, ensure_ascii=False).encode()
            archive.write(url, SEEN, 200, [("Content-Type", "application/json")], body)
    url = f"sqlite:///{folder / 'k.db'}"
    engine = open_engine(url)
    migrate(engine)
    watched = [
        {"kind": "platform", "host": f"c{couid}.example", "name": name} for couid, name in shown.items()
    ]
    import_records(Ingest(engine, SEEN, accept_new=True), watched)
    words = [
        "crawler.run",
        "--source",
        "heimao",
        "--now",
        SEEN.isoformat(),
        "--data-dir",
        str(folder / "data"),
    ]
    done = forked.run([*words, "--database", url, "--replay", str(folder / "real.warc.gz")], os.environ)
    assert done.returncode == 0, done.stderr
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_each_of_the_39_records_is_stored_once_and_with_its_company(
    database: Any, complaints: list[Any]
) -> None:
    rows = database.execute(
        text("select c.source_key, p.host from complaint c join platform p on p.id = c.platform_id")
    ).all()
    assert len(complaints) == len(rows) == 39
    assert {(row.source_key, row.host) for row in rows} == {
        (c["sn"], f"c{c['couid']}.example") for c in complaints
    }


def test_the_moment_stored_is_that_of_filing_and_the_date_served_is_its_day_in_china_or_the_day_of_release(
    database: Any, complaints: list[Any]
) -> None:
    stored = dict(database.execute(text("select source_key, filed_at from complaint")).all())
    waited = []
    for main in complaints:
        moment = dt.datetime.fromisoformat(stored[main["sn"]]).replace(tzinfo=dt.UTC)
        assert moment == dt.datetime.fromtimestamp(int(main["created_at"]), dt.UTC)
        waited.append((dt.date.fromisoformat(main["timestamp"]) - moment.astimezone(CHINA).date()).days)
    # A complaint filed at night is released, and dated, the next day.
    assert set(waited) <= {0, 1} and waited.count(0) > waited.count(1)


def test_statuses_are_those_of_the_files(database: Any, complaints: list[Any]) -> None:
    counted = Counter(database.scalars(text("select status from complaint")))
    assert (
        counted
        == Counter(STATUS[c["status"]] for c in complaints)
        == Counter(open=19, replied=5, completed=15)
    )


def test_titles_and_texts_survive_but_for_personal_data(database: Any, complaints: list[Any]) -> None:
    stored = {
        row.source_key: row for row in database.execute(text("select source_key, title, text from complaint"))
    }
    same = 0
    for main in complaints:
        row = stored[main["sn"]]
        same += row.title == main["title"] and (row.text or "") == main["summary"].strip()
        assert bool(row.title)
    assert same >= 20


def test_the_six_counters_are_those_of_the_files(database: Any, companies: dict[str, Any]) -> None:
    columns = ("valid_total", "replied_total", "completed_total", "valid_30d", "replied_30d", "completed_30d")
    keys = ("valid_amt", "replied_amt", "completed_amt", "valid30d", "reply30d", "complete30d")
    rows = {row.subject: row for row in database.execute(text("select * from counters"))}
    assert len(rows) == 2
    for couid, answer in companies.items():
        row = rows[f"c{couid}.example"]
        assert [getattr(row, column) for column in columns] == [
            int(answer["result"]["data"][key]) for key in keys
        ]


def test_the_crawl_says_how_much_of_the_sites_numbering_it_saw(database: Any, complaints: list[Any]) -> None:
    outcome, measured = database.execute(text("select outcome, measured from crawl")).one()
    told = json.loads(measured)
    numbers = [int(c["sn"]) for c in complaints]
    assert outcome == "ok" and told["seen"] == 39
    assert (told["sn_min"], told["sn_max"]) == (min(numbers), max(numbers))
    assert told["coverage"] == pytest.approx(39 / (max(numbers) - min(numbers) + 1), abs=1e-6)
