"""Several looks at one complaint or order give the same row in whatever order they are taken in; nothing known is taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from crawler.run import cards
from scoring.engine.load_market import load_dataset
from scoring.features.population import fit_population_priors
from scoring.rating.assessment import assess
from store.archive.warc import Stored
from store.db import upsert
from store.db.engine import default_url, migrate, open_engine
from store.db.tables import Capture, Complaint, Order, Price, Resolution
from store.evidence.complainant_pseudonyms import FOLDER, Complainants
from store.evidence.crawl_ledger import register_sources, start_crawl
from store.evidence.ingest import Ingest, import_records
from store.evidence.records import parse_record
from tests.support.markets.records import HOST, complaint, platform

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
OURS = {"id", "crawl_id", "capture_id"}
TIMES = st.sampled_from(
    [None, "2026-03-05T10:00:00+08:00", "2026-03-07T09:00:00Z", "2026-04-01T00:00:00+08:00"]
)
LOOKS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["open", "replied", "completed", "closed"]),
        "replied_at": TIMES,
        "completed_at": TIMES,
        "seen_at": TIMES,
        "observed_at": TIMES,
        "amount": st.sampled_from([None, 0.0, 12.5, 129.0]),
        "stars": st.sampled_from([None, 1, 5]),
        "url": st.sampled_from([None, "https://t.example/1", "https://t.example/é"]),
        "title": st.sampled_from([None, "付款不发货", "付款不到账"]),
        "text": st.sampled_from(["付款…", "付款三天了订单还是处理中", "付款四天了订单还是待付款", "余额提不出来客服也联系不上了"]),
        "steps": st.sampled_from([None, [{"did": "replied"}], [{"did": "replied"}, {"did": "completed"}]]),
    }
)  # fmt: skip
ORDERS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["delivered", "processing", "missing", "refunded"]),
        "delivered_at": TIMES,
        "refunded_at": TIMES,
        "drop_kind": st.sampled_from([None, "stuck", "record_lost"]),
        "seen_at": TIMES,
    }
)
RESOLUTIONS = st.fixed_dictionaries(
    {
        "seen_at": TIMES,
        "network_owner": st.sampled_from([None, "云上示例网络有限公司"]),
        "network_abuse": st.sampled_from([None, "hosting.example"]),
    }
)
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    migrate(engine)
    import_records(Ingest(engine, NOW, accept_new=True), [platform()])
    yield engine
    engine.dispose()


def row(engine: Engine, model: type[Any], looks: list[dict[str, Any]]) -> dict[str, Any]:
    """What is stored after taking the looks in, one import each."""
    with engine.begin() as connection:
        connection.execute(delete(model))
    ingest = Ingest(engine, NOW)
    for look in looks:
        assert not import_records(ingest, [look]).refused
    with engine.connect() as connection:
        found = connection.execute(select(model.__table__)).one()._mapping
    return {k: v for k, v in found.items() if k not in OURS}


def order(**more: Any) -> dict[str, Any]:
    known = {"kind": "order", "source": "feed", "host": HOST, "order_ref": "A-1", "promised_hours": None}
    return known | {"paid_at": "2026-03-02T00:00:00Z"} | more


@QUICK
@given(data=st.data(), looks=st.lists(LOOKS, min_size=2, max_size=4))
def test_looks_at_a_complaint_join_in_any_order(
    engine: Engine, data: Any, looks: list[dict[str, Any]]
) -> None:
    told = [complaint(1) | look for look in looks]
    other = data.draw(st.permutations(told))
    assert row(engine, Complaint, told) == row(engine, Complaint, [*other, other[0]])


@QUICK
@given(data=st.data(), looks=st.lists(ORDERS, min_size=2, max_size=4))
def test_looks_at_an_order_join_in_any_order(engine: Engine, data: Any, looks: list[dict[str, Any]]) -> None:
    told = [order(**look) for look in looks]
    assert row(engine, Order, told) == row(engine, Order, data.draw(st.permutations(told)))


def resolution(**more: Any) -> dict[str, Any]:
    known = {
        "kind": "resolution",
        "source": "registration",
        "host": HOST,
        "observed_at": "2026-03-05T10:00:00Z",
    }
    return known | {"found": True, "ipv4": 1, "name_servers": ["ns1.example"]} | more


@QUICK
@given(data=st.data(), looks=st.lists(RESOLUTIONS, min_size=2, max_size=4))
def test_a_name_and_whose_its_address_is_join_in_any_order(
    engine: Engine, data: Any, looks: list[dict[str, Any]]
) -> None:
    told = [resolution(**look) for look in looks]
    first = row(engine, Resolution, told)
    again = row(engine, Resolution, data.draw(st.permutations(told)))
    assert {k: v for k, v in first.items() if k != "seen_at"} == {
        k: v for k, v in again.items() if k != "seen_at"
    }
    for name in ("network_owner", "network_abuse"):
        assert first[name] == next((look[name] for look in looks if look[name]), None), "once told, it stays"


def test_a_resolution_cites_the_registry_once_that_has_said_whose_the_address_is(engine: Engine) -> None:
    register_sources(engine, [card for card in cards() if card.id == "registration"])
    crawl = start_crawl(engine, "registration:one", "registration", NOW)
    pages = [Stored(f"{url}/{HOST}", NOW, 200, None, "a.warc.gz", n, f"{n:064x}", "") for n, url in enumerate(("dns:/", "http://rdap.example/ip", "dns:/"))]  # fmt: skip
    looks = [resolution(), resolution(network_owner="云上示例网络有限公司"), resolution()]
    for look, page in zip(looks, pages, strict=True):
        Ingest(engine, NOW).save([parse_record(look | {"_capture": 0})], crawl_id=crawl.id, captures=[page])
    with engine.connect() as connection:
        cited = select(Capture.url, Resolution.network_owner).join(
            Resolution, Resolution.capture_id == Capture.id
        )
        assert connection.execute(cited).all() == [(f"http://rdap.example/ip/{HOST}", "云上示例网络有限公司")]


def rows(engine: Engine, records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Every stored complaint, order and price after one import of all, and how many were told to be new."""
    with engine.begin() as connection:
        for model in (Complaint, Order, Price, Resolution):
            connection.execute(delete(model))
    saved = import_records(Ingest(engine, NOW), records)
    assert not saved.refused
    with engine.connect() as connection:
        found = [
            {k: v for k, v in found._mapping.items() if k not in OURS}
            for model in (Complaint, Order, Price, Resolution)
            for found in connection.execute(select(model.__table__))
        ]
    return sorted(found, key=repr), saved.inserted


@pytest.mark.postgres
@QUICK
@given(
    looks=st.lists(st.tuples(st.integers(1, 5), LOOKS), min_size=1, max_size=12),
    orders=st.lists(ORDERS, max_size=6),
    names=st.lists(RESOLUTIONS, max_size=4),
)
def test_rows_by_copy_and_rows_one_by_one_are_the_same_rows(
    postgres_url: str, looks: list[Any], orders: list[Any], names: list[Any]
) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    import_records(Ingest(engine, NOW, accept_new=True), [platform()])
    told = (
        [complaint(n) | look for n, look in looks]
        + [order(**look) for look in orders]
        + [price(n % 3) for n in range(7)]
        + [resolution(**look) for look in names]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upsert, "FEWEST", 10**9)
        plain, changed = rows(engine, told)
        assert import_records(Ingest(engine, NOW), told).inserted == 0
        patch.setattr(upsert, "FEWEST", 1)
        copied, inserted = rows(engine, told)
        assert import_records(Ingest(engine, NOW), told).inserted == 0, "taken in twice, nothing changes"
    assert copied == plain
    assert inserted == changed
    engine.dispose()


def price(n: int) -> dict[str, Any]:
    return {
        "kind": "price",
        "source": "storefront",
        "host": HOST,
        "observed_at": "2026-03-05T10:00:00Z",
        "product": f"月卡{n}",
        "price": 9.9 + n,
    }


def test_an_old_export_takes_nothing_back(engine: Engine) -> None:
    old = complaint(1, status="open")
    new = complaint(
        1,
        status="completed",
        replied_at="2026-03-05T10:00:00+08:00",
        completed_at="2026-03-09T10:00:00+08:00",
        stars=4,
    )
    found = row(engine, Complaint, [old, new, old])
    assert (found["status"], found["stars"]) == ("completed", 4)
    assert found["completed_at"] == dt.datetime(2026, 3, 9, 2, tzinfo=dt.UTC)
    assert import_records(Ingest(engine, NOW), [old, new]).inserted == 0


def test_an_order_once_missing_is_a_lost_record_only_until_it_is_delivered(engine: Engine) -> None:
    late = order(state="delivered", delivered_at="2026-03-09T00:00:00Z")
    found = row(engine, Order, [late, order(state="missing"), order(state="processing")])
    assert (found["state"], found["delivered_at"]) == ("delivered", dt.datetime(2026, 3, 9, tzinfo=dt.UTC))


# Independent complainants are counted without anybody being recognisable: keyed hashes, keys that are destroyed.


TOLD_AT = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
STORIES = (
    "钱付了好几天订单一直停在处理中没有动静",
    "申请退款之后客服说财务要走流程一拖再拖",
    "余额提现点了三次都提示通道维护取不出来",
    "发来的卡密拿去兑换提示已经被别人使用过",
    "换了域名以后以前的购买记录全部找不到了",
)


def database(folder: Path, records: list[dict[str, Any]], now: dt.datetime = TOLD_AT) -> Engine:
    engine = open_engine(default_url(folder))
    migrate(engine)
    known = Complainants(folder, now)
    assert not import_records(Ingest(engine, now, accept_new=True, complainants=known), records).refused
    return engine


def told(number: int, who: str | None, **more: Any) -> dict[str, Any]:
    filed = {"filed_at": f"2026-03-{10 + number:02d}T10:00:00+08:00"}
    return complaint(number, STORIES[number % 5], complainant=who) | filed | more


def hashes(engine: Engine) -> list[str | None]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Complaint.complainant).order_by(Complaint.id)))


def people(engine: Engine) -> tuple[int, int]:
    """(complaints, complainants at least) of the platform in the last fortnight."""
    facts = load_dataset(engine, TOLD_AT.date())
    judged = assess(facts.fitted(fit_population_priors(facts)))
    return len(facts.rows["complaint"]), int(judged.warned.surge.complainants[0, -8])


def test_five_complaints_of_one_account_are_one_complainant(tmp_path: Path) -> None:
    one = database(tmp_path / "one", [platform(), *(told(n, "买家小样") for n in range(1, 6))])
    five = database(tmp_path / "five", [platform(), *(told(n, f"买家{n}") for n in range(1, 6))])
    assert len(set(hashes(one))) == 1 and len(set(hashes(five))) == 5
    # One of the five is about a bad card, which is no sign of trouble with money and counts for no stream.
    assert people(one) == (5, 1)
    assert people(five)[0] == 5 and people(five)[1] >= 4


def test_nobody_can_be_found_in_the_database(tmp_path: Path) -> None:
    engine = database(tmp_path, [platform(), told(1, "独特的账号名八八六")])
    engine.dispose()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert "独特的账号名八八六".encode() not in path.read_bytes(), path
    (key,) = (tmp_path / FOLDER).glob("*.key")
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_bytes() not in (tmp_path / "kamengwatch.db").read_bytes()


def test_the_same_order_number_in_two_sources_is_one_complainant_and_is_not_kept(tmp_path: Path) -> None:
    said = "付款以后没有发货，订单号：20260301123456789，请处理"
    other = "我的单号20260301123456789到现在没有发货，客服也联系不上，没人管"
    told_twice = [complaint(1, said), complaint(2, other, source="rednet")]
    engine = database(tmp_path, [platform(), *told_twice, complaint(3)])
    first, second, nobody = hashes(engine)
    assert first == second is not None and nobody is None
    with engine.connect() as connection:
        assert not any("20260301123456789" in t for t in connection.scalars(select(Complaint.text)))


def test_a_key_is_destroyed_and_what_it_made_stays_as_it_was(tmp_path: Path) -> None:
    records = [platform(), told(1, "买家小样")]
    before = hashes(database(tmp_path, records))
    later = TOLD_AT + dt.timedelta(days=200)
    after = hashes(database(tmp_path, records, later))
    assert after == before and before[0]
    assert not list((tmp_path / FOLDER).glob("2026Q1.key"))
    # A complaint of that quarter that comes only now can no longer be connected with anybody.
    assert hashes(database(tmp_path, [told(2, "买家小样")], later))[1] is None


def test_the_same_person_cannot_be_followed_from_site_to_site(tmp_path: Path) -> None:
    engine = database(tmp_path, [platform(), told(1, "买家小样"), told(2, "买家小样", host="b.example")])
    assert len(set(hashes(engine))) == 2


def test_of_copies_and_complainants_the_order_of_import_changes_nothing(tmp_path: Path) -> None:
    records = [told(n, f"买家{n % 3}", text=STORIES[n % 4], source_id=f"s{n}") for n in range(12)]
    ranks = []
    for name, order in (("a", records), ("b", records[::-1])):
        engine = database(tmp_path / name, [platform(HOST)])
        known = Complainants(tmp_path / name, TOLD_AT)
        import_records(Ingest(engine, TOLD_AT, complainants=known), order)
        rows = load_dataset(engine, TOLD_AT.date()).rows["complaint"]
        ranks.append(sorted(zip(rows.at.tolist(), rows["rank"].tolist(), strict=True)))
    assert ranks[0] == ranks[1] and any(rank for _, rank in ranks[0])
