"""New months on a real PostgreSQL while others write and read: nobody is broken off, nothing is lost."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select

from store.db.engine import migrate, open_engine
from store.db.tables import Alias, Capture, Complaint, Crawl, Platform, Probe, Source
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.records import platform, probe
from tests.support.servers.postgres_months import months

pytestmark = pytest.mark.postgres
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
SOURCE = {"kind": "site", "title_zh": "源", "title_en": "s", "family": "s", "tier": "B"}


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_engine(postgres_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(Source.__table__.insert(), SOURCE | {"id": "storefront"})
    yield engine
    engine.dispose()


_WRITES = """
import datetime as dt, random, sys
from store.archive.warc import Stored
from store.db.engine import open_engine
from store.evidence.ingest import Ingest, save_page
from store.evidence.crawl_ledger import start_crawl

url, me = sys.argv[1], sys.argv[2]
now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
engine = open_engine(url)
ingest = Ingest(engine, now, accept_new=True)
crawl = start_crawl(engine, f"crawl-{me}", "storefront", now)
order = list(range(24))
random.Random(me).shuffle(order)
sys.stdin.readline()
for month in order:
    at = f"{2024 + month // 12}-{1 + month % 12:02}-05T00:00:00Z"
    host = f"{me}-{month % 6}.example"
    page = Stored(f"http://{host}/{month}", now, 200, "text/html", "a", 0, f"{me}{month}".rjust(64, "0"), "0" * 64)
    of = {"source": "storefront", "host": host, "observed_at": at, "_capture": 0}
    goods = [of | {"kind": "price", "product": f"p{n}", "price": 9.9} for n in range(600 if month % 4 == 0 else 5)]
    saved = save_page(ingest, crawl.id, [page], [of | {"kind": "page", "role": "home", "text": "x"}, *goods])
    assert not saved.refused
"""


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


def test_workers_that_come_to_new_months_together_lose_nothing(engine: Engine) -> None:
    _at_once(engine, _WRITES, [f"w{n}" for n in range(4)])
    names = [f"{2024 + month // 12}_{1 + month % 12:02}" for month in range(24)]
    assert months(engine, "page") == dict.fromkeys(names, 4)
    assert months(engine, "price") == {name: 4 * (600 if n % 4 == 0 else 5) for n, name in enumerate(names)}
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Capture)) == 4 * 24


def test_a_writer_at_work_is_waited_for_and_not_broken_off(engine: Engine) -> None:
    """It holds what a new month must lock, then wants what the maker holds: one of the two would fall to the deadlock."""
    import_records(Ingest(engine, NOW, accept_new=True), [platform(), probe(1)])
    ingest, failed = Ingest(engine, NOW), []

    def save() -> None:
        try:
            import_records(ingest, [probe(1, observed_at="2026-05-01T00:00:00Z")])
        except Exception as error:
            failed.append(error)

    with engine.begin() as connection:
        known = {"status": "watched", "demo": False, "added_at": NOW}
        connection.execute(Platform.__table__.insert(), known | {"host": "x.example"})
        thread = threading.Thread(target=save)
        thread.start()
        time.sleep(1.5)  # longer than PostgreSQL waits before it looks for a deadlock
        begun = {"started_at": NOW, "whole_source": False, "requests": 0, "records": 0, "demo": False}
        connection.execute(Crawl.__table__.insert(), begun | {"key": "k", "source_id": "storefront"})
        assert thread.is_alive() and "2026_05" not in months(engine)
    thread.join(60)
    assert not thread.is_alive() and not failed
    assert months(engine) == {"2026_03": 1, "2026_05": 1}


def test_a_reading_is_no_hindrance(engine: Engine) -> None:
    import_records(Ingest(engine, NOW, accept_new=True), [platform(), probe(1)])
    with engine.connect() as reading:
        assert reading.scalar(select(func.count()).select_from(Probe)) == 1
        begun = time.monotonic()
        import_records(Ingest(engine, NOW), [probe(1, observed_at="2026-05-01T00:00:00Z")])
        assert time.monotonic() - begun < 5
        assert reading.scalar(select(func.count()).select_from(Probe)) == 2


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
