"""Partitions by month on a real PostgreSQL: every row in its month, whoever writes at the same time, and nothing else changes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from kamengwatch.config import Config
from scoring.engine.rate import rate
from store.db.engine import downgrade, migrate, open_engine
from store.db.partitions import MONTHLY, Months, month_of
from store.db.tables import (
    OBSERVATIONS,
    Base,
    Capture,
    Counters,
    Crawl,
    Orders,
    Page,
    Platform,
    Price,
    Probe,
    Source,
)
from store.evidence.ingest import Ingest, import_records
from tests.support.data.kept import kept
from tests.support.markets.records import HOST, platform, probe
from tests.support.programs.in_process_cli import command
from tests.support.servers.postgres_months import months

pytestmark = pytest.mark.postgres
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
MOMENTS = [
    "0009-06-01T00:00:00+00:00",
    "2019-02-28T23:59:59.999999+00:00",
    "2019-03-01T00:00:00+00:00",
    "2026-01-01T07:59:59+08:00",
    "2026-01-01T08:00:00+08:00",
    "2049-12-31T23:59:59.999999+00:00",
    "9998-12-30T00:00:00+00:00",
]
NAMES = ["earlier", "2019_02", "2019_03", "2025_12", "2026_01", "2049_12", "later"]
OF_KIND: dict[type[Any], dict[str, Any]] = {
    Counters: {"valid_total": 60, "valid_30d": 4},
    Orders: {"total": 10, "hidden": False},
    Page: {"role": "home", "text": "本店公告", "signs": {"moved_to": None, "shown": [1.5, "二"]}},
    Price: {"product": "月卡", "price": 9.9, "automatic": True},
    Probe: {"outcome": "ok", "class": "up"},
}


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Only PostgreSQL has months."""
    return postgres_url


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table as the database holds it at its revision, in the order of its key."""
    with engine.connect() as connection:
        keys = {
            table.name: ", ".join(f'"{column.name}"' for column in table.primary_key)
            for table in Base.metadata.sorted_tables
        }
        return {
            name: [tuple(row) for row in connection.execute(text(f'select * from "{name}" order by {key}'))]
            for name, key in keys.items()
        }


def shape(engine: Engine) -> dict[str, Any]:
    """Columns, foreign keys, unique constraints and indexes of the tables that are kept by month."""
    told = inspect(engine)
    return {
        name: (
            [{k: str(v) for k, v in column.items()} for column in told.get_columns(name)],
            sorted(str(key) for key in told.get_foreign_keys(name)),
            sorted(key["name"] or "" for key in told.get_unique_constraints(name)),
            sorted((index["name"] or "", *index["column_names"]) for index in told.get_indexes(name)),
        )
        for name in MONTHLY
    }


@pytest.mark.parametrize(("at", "name"), list(zip(MOMENTS, NAMES, strict=True)))
def test_a_moment_is_in_its_month_of_utc(at: str, name: str) -> None:
    assert month_of(dt.datetime.fromisoformat(at)).name == name


def test_the_natural_key_of_what_is_kept_by_month_holds_the_moment() -> None:
    for kind in MONTHLY:
        table = Base.metadata.tables[kind]
        assert OBSERVATIONS[kind].__tablename__ == kind
        unique = [c for c in table.constraints if type(c).__name__ == "UniqueConstraint"]
        assert unique and all("observed_at" in c.columns for c in unique), kind


def test_rows_of_any_date_are_kept_once_and_wrong_dates_share_two_tables(engine: Engine) -> None:
    wrong = [f"{year}-07-01T00:00:00Z" for year in (*range(1000, 1040), *range(2050, 2090), 9997)]
    told = [platform(), *(probe(1, observed_at=at) for at in [*MOMENTS, *wrong])]
    assert import_records(Ingest(engine, NOW, accept_new=True), told).inserted == len(told)
    found = months(engine)
    assert found == dict.fromkeys(NAMES, 1) | {"earlier": 41, "later": 42}
    assert import_records(Ingest(engine, NOW, accept_new=True), told).inserted == 0
    assert months(engine) == found
    with engine.connect() as connection:
        kept = connection.scalars(select(Probe.observed_at)).all()
        assert set(kept) == {dt.datetime.fromisoformat(at.replace("Z", "+00:00")) for at in MOMENTS + wrong}


def test_the_tables_of_the_vocabulary_stay_the_only_ones_to_see(engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    import_records(
        Ingest(engine, NOW, accept_new=True), [platform(), *(probe(1, observed_at=at) for at in MOMENTS)]
    )
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def fill(engine: Engine) -> None:
    """Rows of many dates in every table that will be kept by month, the ids in no order of time."""
    with engine.begin() as connection:
        connection.execute(
            insert(Source).values(id="s", kind="site", title_zh="源", title_en="s", family="s", tier="B")
        )
        connection.execute(insert(Platform).values(host=HOST, status="watched", demo=False, added_at=NOW))
        crawl = {
            "key": "k",
            "source_id": "s",
            "started_at": NOW,
            "whole_source": False,
            "requests": 0,
            "records": 0,
            "demo": False,
        }
        connection.execute(insert(Crawl).values(crawl))
        capture = {
            "crawl_id": 1,
            "url": "http://a.example/",
            "fetched_at": NOW,
            "status": 200,
            "archive": "a",
            "offset": 0,
        }
        connection.execute(
            insert(Capture).values(capture | {"payload_sha256": "0" * 64, "original_sha256": "0" * 64})
        )
        for model, said in OF_KIND.items():
            for n, moment in enumerate(MOMENTS[3:] + MOMENTS[:3]):
                at = dt.datetime.fromisoformat(moment)
                row = {
                    "platform_id": 1 if n % 2 else None,
                    "subject": HOST,
                    "source_id": "s",
                    "seen_at": at,
                    "observed_at": at,
                }
                more = {"crawl_id": 1, "capture_id": 1} if n % 3 else {"withdrawn_at": NOW}
                connection.execute(model.__table__.insert(), {**row, **more, **said})


def test_a_filled_database_is_carried_over_row_for_row_and_back(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine, "0005")
    fill(engine)
    before, was = everything(engine), shape(engine)
    assert all(len(before[name]) == len(MOMENTS) for name in MONTHLY)
    migrate(engine, "0006")
    assert everything(engine) == before
    assert shape(engine) == was
    for name in MONTHLY:
        assert months(engine, name) == dict.fromkeys(NAMES, 1), name
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from pg_class where relname like '%before%'")) == 0
    with engine.connect() as connection:
        for wrong in ("platform_id + 98", "platform_id"):
            with pytest.raises(IntegrityError), connection.begin():
                connection.exec_driver_sql(
                    "insert into probe (platform_id, subject, source_id, seen_at, observed_at, outcome) "
                    f"select {wrong}, subject, source_id, seen_at, observed_at, outcome from probe where platform_id = 1"
                )
    migrate(engine)  # the newest columns: evidence is taken in by today's code
    again = probe(1, source="s", observed_at=MOMENTS[1])
    new = probe(1, source="s", observed_at="2026-05-01T00:00:00Z")
    assert import_records(Ingest(engine, NOW), [again, new]).inserted == 1
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(Probe.id), func.count())).one()
    assert newest[0] > len(MOMENTS) and newest[1] == len(MOMENTS) + 1, "the numbers go on where they were"
    downgrade(engine, "0006")
    before = everything(engine)
    downgrade(engine, "0005")
    assert everything(engine) == before and shape(engine) == was
    engine.dispose()


def psql(engine: Engine, *statements: str) -> None:
    """What an operator types, as docs/operating.md has it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_month_that_was_detached_is_left_alone_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    file, url = tmp_path / "e.jsonl", engine.url.render_as_string(hide_password=False)
    told = [platform(), *(probe(1, observed_at=f"2026-0{month}-01T00:00:00Z") for month in (1, 2, 3))]
    file.write_text("".join(json.dumps(one) + "\n" for one in told), "utf-8")
    words = ("import", file, "--data-dir", tmp_path / "data", "--database", url)
    command(capsys, *words)
    told_of = "for values from ('2026-01-01 00:00+00') to ('2026-02-01 00:00+00')"
    psql(engine, "alter table probe detach partition months.probe_2026_01 concurrently")
    assert months(engine) == {"2026_02": 1, "2026_03": 1}
    said = command(capsys, *words, expect=2)
    assert "detached" in said.err.splitlines()[-1] and "docs/operating.md" in said.err
    psql(engine, "create schema put_away", "alter table months.probe_2026_01 set schema put_away")
    psql(engine, "alter table put_away.probe_2026_01 set schema months")
    psql(engine, f"alter table probe attach partition months.probe_2026_01 {told_of}")
    assert months(engine) == {"2026_01": 1, "2026_02": 1, "2026_03": 1}
    psql(engine, "alter table probe detach partition months.probe_2026_01 concurrently")
    psql(engine, "alter table months.probe_2026_01 set schema put_away")
    command(capsys, *words)
    assert months(engine) == {"2026_01": 1, "2026_02": 1, "2026_03": 1}
    psql(engine, "insert into probe select * from put_away.probe_2026_01 on conflict do nothing")
    assert months(engine) == {"2026_01": 1, "2026_02": 1, "2026_03": 1}


def test_a_rating_cites_the_same_evidence_from_months_as_from_whole_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: Engine
) -> None:
    source = kept(tmp_path / "data")
    pages = [
        {"kind": "page", "source": "storefront", "host": HOST, "role": "terms", "observed_at": f"{2025 + n // 12}-{1 + n % 12:02}-28T00:00:00Z",
         "text": "七天无理由退款，极速到账。" if n % 2 else "虚拟商品一经售出概不退款。"}
        for n in range(15)
    ]  # fmt: skip
    import_records(Ingest(source.engine, NOW), pages[7:] + pages[:7])
    url = engine.url.render_as_string(hide_password=False)
    command(capsys, "move", "--to", url, "--data-dir", source.data_dir)
    assert len(months(engine, "page")) == 15
    day = dt.date(2026, 3, 30)
    whole, by_month = (rate(one, tmp_path / one.dialect.name, day, NOW) for one in (source.engine, engine))
    cited = pq.read_table(by_month.folder / "evidence.parquet", columns=["kind", "event_on"]).to_pylist()
    assert {one["event_on"].month for one in cited if one["kind"] == "page"} > {3}, "of several months"
    assert by_month.sha256 == whole.sha256


def test_what_changes_rows_reaches_them_in_their_months(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, text_ = "13800001234", "七天退款"
    config = Config(tmp_path / "data", engine.url.render_as_string(hide_password=False))
    config.data_dir.mkdir()
    where = ("--data-dir", config.data_dir, "--database", config.database)
    old, new = (
        {"kind": "page", "source": "storefront", "host": HOST, "role": "terms", "text": text_, "observed_at": f"{year}-03-02T00:00:00Z"}
        for year in (2019, 2026)
    )  # fmt: skip
    import_records(Ingest(engine, NOW, accept_new=True), [platform(), old, new, probe(1), probe(2)])
    with engine.begin() as connection:
        connection.execute(Page.__table__.update().values(signs={"shown": f"打 {phone}"}))
    monkeypatch.setattr("sys.stdin", _said(phone))
    erased = json.loads(command(capsys, "privacy", "erase", "--yes", "--json", *where).out)
    assert erased["left"] == [] and len(erased["erased"]) == 2
    command(capsys, "privacy", "expire", "--yes", *where)
    command(
        capsys,
        "evidence",
        "withdraw",
        f"probe:availability:{HOST}:2026-03-02T110000",
        "--reason",
        "误报",
        *where,
    )
    with engine.connect() as connection:
        kept = connection.execute(select(Page.text, Page.signs).order_by(Page.observed_at)).all()
        taken_back = connection.execute(
            select(Probe.withdrawn_at.is_not(None)).order_by(Probe.observed_at)
        ).scalars()
        assert [row.text for row in kept] == [None, text_]
        assert phone not in str(kept) and list(taken_back) == [False, True]


def _said(words: str) -> Any:
    import io

    return io.StringIO(words + "\n")


def test_doctor_says_when_the_months_want_more_locks(
    engine: Engine,
    postgres_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def found() -> dict[str, str]:
        said = command(capsys, "doctor", "--json", "--data-dir", tmp_path, "--database", postgres_url).out
        one: dict[str, str]
        (one,) = [f for f in json.loads(said) if "locks" in f["what"]]
        return one

    monkeypatch.setattr("kamengwatch.maintain.doctor._browser", lambda config: iter(()))
    assert found()["state"] == "ok"
    first = dt.datetime(2015, 1, 15, tzinfo=dt.UTC)
    Months(engine).make(("probe", first + dt.timedelta(days=30.5 * n)) for n in range(120))
    short = found()
    assert (short["state"], short["detail"].split()[0]) == ("warn", "120")
    assert "max_locks_per_transaction = 256" in short["remedy"] and "= 64" in short["detail"]
    monkeypatch.setattr("kamengwatch.maintain.doctor.LOCKS_WANTED", 64)
    assert found()["state"] == "ok"
