"""Taking evidence in: matched, redacted, kept once, and nothing else lost when one line is wrong."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import Engine, func, inspect, select

from store.db.engine import downgrade, migrate
from store.db.tables import (
    OBSERVATIONS,
    Base,
    Capture,
    Complaint,
    Crawl,
    CrawlPlatform,
    Filing,
    Order,
    Platform,
    Price,
    Probe,
    Review,
    Source,
)
from store.evidence.crawl_ledger import finish_crawl, finish_platform, start_crawl
from store.evidence.ingest import Ingest, import_lines, import_records
from tests.support.markets.records import HOST, complaint, platform, probe

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
ONE_OF_EACH: list[dict[str, Any]] = [
    platform(opened_on="2024-03-01", operator="甲科技有限公司"),
    {"kind": "crawl", "source": "heimao", "started_at": "2026-03-01T00:00:00+08:00", "finished_at": "2026-03-01T00:10:00+08:00", "outcome": "ok", "hosts": [HOST]},
    {"kind": "crawl", "source": "icp", "started_at": "2026-03-01T00:00:00+08:00", "finished_at": "2026-03-01T00:10:00+08:00", "outcome": "blocked"},
    complaint(1),
    {"kind": "counters", "source": "heimao", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "valid_total": 60, "replied_total": 47, "completed_total": 36, "valid_30d": 4, "replied_30d": 0, "completed_30d": 0},
    {"kind": "filing", "source": "icp", "provider": "miit", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "found": True, "number": "粤ICP备18046372号-1", "entity": "甲科技有限公司", "nature": "企业", "domain": HOST},
    {"kind": "orders", "source": "storefront", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "total": 10234, "processed": 10201, "today": 120, "hidden": False},
    {"kind": "price", "source": "storefront", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "product": "腾讯视频VIP月卡", "price": 9.9, "face_value": 25.0, "stock": 130, "sold": 4021},
    probe(2),
    {"kind": "page", "source": "storefront", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "role": "home", "text": "本店公告", "footer_icp": "粤ICP备18046372号-1", "company": "甲科技有限公司"},
    {"kind": "registration", "source": "registration", "provider": "rdap", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "registered_on": "2024-02-20", "expires_on": "2027-02-20", "registrar": "某注册商"},
    {"kind": "rank", "source": "heimao", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "board": "black", "span": "week", "field": "虚拟充值", "place": 3},
    {"kind": "certificate", "source": "registration", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "issuer": "某签发机构", "issuer_kind": "other", "not_before": "2026-01-01T00:00:00Z", "not_after": "2026-12-31T00:00:00Z", "names": [HOST], "matches": True},
    {"kind": "resolution", "source": "registration", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "found": True, "ipv4": 2, "ipv6": 0, "name_servers": ["ns1.dns.example"], "takes_mail": False},
    {"kind": "sighting", "source": "archives", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "provider": "wayback", "count": 3, "first_on": "2024-01-02"},
    {"kind": "mention", "source": "forums", "host": HOST, "source_id": "1220207", "by": "people", "said_at": "2026-03-01T00:00:00Z", "title": "付款后没发货"},
    {"kind": "move", "source": "storefront", "host": HOST, "observed_at": "2026-03-02T00:00:00Z", "to_host": "jia.example", "via": "notice"},
    {"kind": "penalty", "source": "gsxt", "host": HOST, "decided_on": "2026-03-02", "category": "经营异常", "reason": "通过登记的住所无法联系"},
    {"kind": "order", "source": "feed", "host": HOST, "order_ref": "A-1", "paid_at": "2026-03-02T00:00:00Z", "delivered_at": None, "refunded_at": None, "state": "processing", "promised_hours": None, "drop_kind": None},
]  # fmt: skip


def taken(engine: Engine, records: list[dict[str, Any]]) -> Any:
    return import_records(Ingest(engine, NOW, accept_new=True), records)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def test_every_kind_of_record_finds_its_table_and_a_second_import_changes_nothing(engine: Engine) -> None:
    first = taken(engine, ONE_OF_EACH)
    assert first.refused == [] and first.unmatched == 0
    assert first.inserted == len(ONE_OF_EACH)
    before = counts(engine)
    assert all(before[model.__tablename__] == 1 for model in OBSERVATIONS.values())
    again = taken(engine, ONE_OF_EACH)
    assert (again.inserted, again.unchanged) == (0, len(ONE_OF_EACH))
    assert counts(engine) == before


def test_a_wrong_line_is_named_and_the_rest_is_kept(engine: Engine) -> None:
    lines = [
        json.dumps(platform()),
        "{",
        json.dumps(complaint(1) | {"filed_at": "2026-03-01T10:00:00"}),
        "",
        json.dumps(complaint(2)),
    ]
    saved = [part for _, part in import_lines(Ingest(engine, NOW, accept_new=True), lines)]
    refused = [r for part in saved for r in part.refused]
    assert [r.line for r in refused] == [2, 3]
    assert "JSON" in refused[0].reason and "filed_at" in refused[1].reason and "+08:00" in refused[1].reason
    assert counts(engine)["complaint"] == 1


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-01:00"])
def test_a_time_at_the_end_of_the_calendar_costs_its_own_line_only(engine: Engine, moment: str) -> None:
    lines = [json.dumps(r) for r in (platform(), complaint(1) | {"filed_at": moment}, complaint(2))]
    saved = [part for _, part in import_lines(Ingest(engine, NOW, accept_new=True), lines)]
    (refused,) = [r for part in saved for r in part.refused]
    assert refused.line == 2 and "filed_at" in refused.reason and "9998" in refused.reason
    assert counts(engine)["complaint"] == 1


def test_a_record_about_nobody_is_refused(engine: Engine) -> None:
    saved = taken(engine, [complaint(1) | {"host": None}])
    assert len(saved.refused) == 1 and "host" in saved.refused[0].reason


def test_hosts_and_names_are_matched_and_a_near_name_waits_for_a_person(engine: Engine) -> None:
    taken(engine, [platform()])
    said = [
        complaint(1, host="https://WWW.A.Example:443/x?id=1"),
        complaint(2, host="jia.example"),
        complaint(3, host=None, platform="甲 卡盟"),
        complaint(4, host=None, platform="某家", mentions=["http://a.example/pay"]),
        complaint(5, host=None, platform="甲甲卡盟网"),
    ]
    saved = import_records(Ingest(engine, NOW), said)
    assert saved.unmatched == 1
    with engine.connect() as connection:
        rows = connection.execute(
            select(Complaint.source_key, Complaint.platform_id).order_by(Complaint.source_key)
        ).all()
        queue = connection.execute(select(Review.kind, Review.subject)).all()
    assert [bool(platform_id) for _, platform_id in rows] == [True, True, True, True, False]
    assert [tuple(entry) for entry in queue] == [("match", "甲甲卡盟网")]


def test_a_host_a_crawl_found_is_not_rated_until_accepted(engine: Engine) -> None:
    import_records(Ingest(engine, NOW), [complaint(1, host="new.example")])
    assert counts(engine)["platform"] == 0
    with engine.connect() as connection:
        assert connection.execute(select(Review.kind, Review.subject)).one() == ("candidate", "new.example")


def test_a_later_look_moves_the_status_and_never_forgets_a_time(engine: Engine) -> None:
    taken(engine, [platform(), complaint(1)])
    replied = complaint(1, status="replied", replied_at="2026-03-05T10:00:00+08:00")
    assert taken(engine, [replied]).inserted == 1
    assert (
        taken(
            engine,
            [complaint(1, status="completed", replied_at=None, completed_at="2026-03-09T10:00:00+08:00")],
        ).inserted
        == 1
    )
    with engine.connect() as connection:
        row = connection.execute(select(Complaint)).one()
    assert row.status == "completed"
    assert row.replied_at == dt.datetime(2026, 3, 5, 2, tzinfo=dt.UTC)
    assert row.completed_at == dt.datetime(2026, 3, 9, 2, tzinfo=dt.UTC)
    assert row.seen_at == row.filed_at


def test_personal_data_never_reaches_the_database(engine: Engine) -> None:
    text = "我叫张小三,电话13812345678,微信号kawo_8899,订单号20260301123456789,付了129元没到账"
    filing = ONE_OF_EACH[5] | {"nature": "个人", "entity": "张小三"}
    order = ONE_OF_EACH[-1] | {"order_ref": "13812345678"}
    taken(engine, [platform(), complaint(1, text), filing, order])
    with engine.connect() as connection:
        stored = connection.execute(select(Complaint.text)).scalar_one()
        entity, nature = connection.execute(select(Filing.entity, Filing.nature)).one()
        key = connection.execute(select(Order.order_key)).scalar_one()
    for secret in ("13812345678", "kawo_8899", "20260301123456789", "张小三"):
        assert secret not in stored and secret not in key
    assert "129" in stored
    assert (entity, nature) == (None, "个人")


def test_an_unknown_source_is_taken_as_handed_in(engine: Engine) -> None:
    taken(engine, [platform(), complaint(1, source="某协会台账")])
    with engine.connect() as connection:
        assert connection.execute(select(Source.tier).where(Source.id == "某协会台账")).scalar_one() == "D"


def test_a_probe_keeps_its_class(engine: Engine) -> None:
    taken(engine, [platform(), probe(1, "refused", **{"class": "waf_block"})])
    with engine.connect() as connection:
        assert connection.execute(select(Probe.outcome, Probe.class_)).one() == ("refused", "waf_block")


def test_a_killed_crawl_is_taken_up_and_a_finished_one_is_not_repeated(engine: Engine) -> None:
    taken(engine, [platform(), complaint(1)])
    state = start_crawl(engine, "heimao:2026-03-01", "heimao", NOW)
    finish_platform(engine, state.id, HOST, "ok")
    again = start_crawl(engine, "heimao:2026-03-01", "heimao", NOW)
    assert (again.id, again.finished, again.done) == (state.id, False, {HOST: "ok"})
    finish_crawl(engine, state.id, NOW, "ok", requests=3, records=1)
    assert start_crawl(engine, "heimao:2026-03-01", "heimao", NOW).finished
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(Crawl)).scalar_one() == 1
        assert connection.execute(select(CrawlPlatform.outcome)).scalar_one() == "ok"
        assert connection.execute(select(func.count()).select_from(Capture)).scalar_one() == 0


def test_the_schema_goes_up_and_down_on_a_filled_database(engine: Engine) -> None:
    taken(engine, ONE_OF_EACH)
    downgrade(engine, "base")
    migrate(engine)
    assert set(counts(engine).values()) == {0}


def test_a_migration_that_breaks_off_leaves_the_schema_as_it_was(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    downgrade(engine, "base")
    made: list[str] = []

    def breaks(name: str, *columns: Any, **more: Any) -> None:
        made.append(name)
        if len(made) == 8:
            raise KeyboardInterrupt
        create(name, *columns, **more)

    create = op.create_table
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(op, "create_table", breaks)
        migrate(engine)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    assert set(counts(engine).values()) == {0}


def test_models_and_migrations_agree(engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_time_without_zone_is_refused(engine: Engine) -> None:
    from sqlalchemy.exc import StatementError

    with engine.begin() as connection, pytest.raises(StatementError, match="without a zone"):
        connection.execute(
            Platform.__table__.insert(),
            [{"host": "x.example", "status": "watched", "demo": False, "added_at": dt.datetime(2026, 1, 1)}],
        )


def test_the_whole_text_replaces_a_summary_and_is_not_replaced_by_one(engine: Engine) -> None:
    summary, whole = (
        "我在这里买了会员...",
        "我在这里买了会员，付款三天了订单一直卡在处理中，没有任何动静",
    )
    for text in (summary, whole, summary):
        taken(engine, [platform(), complaint(1, text)])
    with engine.connect() as connection:
        assert connection.execute(select(Complaint.text, Complaint.primary_kind)).one() == (
            whole,
            "drop.stuck",
        )


def test_two_crawls_that_start_at_once_both_register_the_sources(engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from crawler.run import cards
    from store.evidence.crawl_ledger import register_sources

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: register_sources(engine, cards()), range(8)))


def test_a_price_in_another_currency_keeps_its_currency_and_no_figure_in_yuan(engine: Engine) -> None:
    price = next(record for record in ONE_OF_EACH if record["kind"] == "price")
    taken(engine, [
        price | {"product": "点券 A", "price": 9.9, "currency": "USDT"},
        price | {"product": "点券 B", "price": 9.9, "currency": "CNY"},
    ])  # fmt: skip
    with engine.connect() as connection:
        rows = connection.execute(
            select(Price.product, Price.price, Price.currency).order_by(Price.product)
        ).all()
    assert [tuple(row) for row in rows] == [("点券 A", None, "USDT"), ("点券 B", 9.9, None)]
