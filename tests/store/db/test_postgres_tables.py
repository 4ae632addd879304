"""PostgreSQL's own: tables that were once kept by month are whole again, and imports at once both end well."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, inspect, select, text

from store.db.engine import migrate, open_engine
from store.db.tables import (
    Alias,
    Base,
    Capture,
    Complaint,
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
from tests.support.markets.records import HOST, probe

pytestmark = pytest.mark.postgres
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
WHOLE = import_module("store.migrations.versions.0013_whole_tables")
MOMENTS = [
    "0009-06-01T00:00:00+00:00",
    "2019-02-28T23:59:59.999999+00:00",
    "2019-03-01T00:00:00+00:00",
    "2026-01-01T07:59:59+08:00",
    "2026-01-01T08:00:00+08:00",
    "2049-12-31T23:59:59.999999+00:00",
    "9998-12-30T00:00:00+00:00",
]
OF_KIND: dict[type[Any], dict[str, Any]] = {
    Counters: {"valid_total": 60, "valid_30d": 4},
    Orders: {"total": 10, "hidden": False},
    Page: {"role": "home", "text": "本店公告", "signs": {"moved_to": None, "shown": [1.5, "二"]}},
    Price: {"product": "月卡", "price": 9.9, "automatic": True},
    Probe: {"outcome": "ok", "class": "up"},
}


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table as the database holds it at its revision, in the order of its key."""
    there = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        keys = {
            table.name: ", ".join(f'"{column.name}"' for column in table.primary_key)
            for table in Base.metadata.sorted_tables
            if table.name in there
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
        for name in WHOLE.TABLES
    }


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


def test_tables_kept_by_month_become_whole_row_for_row(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine, "0012")
    fill(engine)
    before, was = everything(engine), shape(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("create schema months")
        for name in WHOLE.TABLES:
            bounds = ("minvalue", "'2026-01-01 00:00:00+00'"), ("'2026-01-01 00:00:00+00'", "maxvalue")
            parts = [
                f"create table months.{name}_{n} partition of {name} for values from ({low}) to ({high})"
                for n, (low, high) in enumerate(bounds)
            ]
            WHOLE.make_again(connection, name, "partition by range (observed_at)", "id, observed_at", parts)
    migrate(engine, "0013")
    assert everything(engine) == before and shape(engine) == was
    migrate(engine)
    with engine.connect() as connection:
        kinds = connection.scalars(
            text("select distinct relkind::text from pg_class where relname = any(:names)"),
            {"names": list(WHOLE.TABLES)},
        )
        assert set(kinds) == {"r"}
        assert connection.scalar(text("select count(*) from pg_namespace where nspname = 'months'")) == 0
    again = probe(1, source="s", observed_at=MOMENTS[1])
    new = probe(1, source="s", observed_at="2026-05-01T00:00:00Z")
    assert import_records(Ingest(engine, NOW), [again, new]).inserted == 1
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(Probe.id), func.count())).one()
    assert newest[0] > len(MOMENTS) and newest[1] == len(MOMENTS) + 1, "the numbers go on where they were"
    engine.dispose()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_engine(postgres_url)
    migrate(engine)
    yield engine
    engine.dispose()


def _at_once(engine: Engine, script: str, words: list[str]) -> None:
    """Run the script once for each word, told to go when all of them stand ready; all must end well."""
    url = engine.url.render_as_string(hide_password=False)
    running = [
        subprocess.Popen([sys.executable, "-c", script, url, word], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for word in words
    ]  # fmt: skip
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in running:
        _, said = one.communicate(timeout=240)
        assert one.returncode == 0, said[-2000:]


_IMPORTS = """
import datetime as dt, sys
from store.db.engine import open_engine
from store.evidence.ingest import Ingest, import_records

url, way = sys.argv[1:]
hosts = [f"s{n}.example" for n in range(300)]
named = [{"kind": "platform", "host": host, "name": f"{host} 卡铺", "aliases": [f"alias-of-{host}"]} for host in hosts]
claims = [{"kind": "complaint", "source": "heimao", "source_id": f"{n}", "host": hosts[n % 300], "text": "付款不发货",
           "filed_at": "2026-03-01T00:00:00Z", "status": sys.argv[2]} for n in range(900)]
ingest = Ingest(open_engine(url), dt.datetime(2026, 11, 22, tzinfo=dt.UTC), accept_new=True)
records = [*named, *claims]
sys.stdin.readline()
saved = import_records(ingest, records if way == "open" else records[::-1])
assert not saved.refused
"""


def test_imports_of_the_same_sites_at_once_both_end_well(engine: Engine) -> None:
    """Each makes sites the other is making, in the other order: PostgreSQL breaks one off, and that one begins again."""
    _at_once(engine, _IMPORTS, ["open", "replied", "open"])
    with engine.connect() as connection:
        counted = [
            connection.scalar(select(func.count()).select_from(of)) for of in (Platform, Alias, Complaint)
        ]
        assert counted == [300, 300, 900]
        assert set(connection.scalars(select(Complaint.status))) == {"replied"}
