"""Independent complainants are counted without anybody being recognisable: keyed hashes, keys that are destroyed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from scoring.engine.load_market import load_dataset
from scoring.features.population import fit_population_priors
from scoring.rating.assessment import assess
from store.db.engine import default_url, migrate, open_engine
from store.db.tables import Complaint
from store.evidence.complainant_pseudonyms import FOLDER, Complainants
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.records import HOST, complaint, platform

NOW = dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
STORIES = (
    "钱付了好几天订单一直停在处理中没有动静",
    "申请退款之后客服说财务要走流程一拖再拖",
    "余额提现点了三次都提示通道维护取不出来",
    "发来的卡密拿去兑换提示已经被别人使用过",
    "换了域名以后以前的购买记录全部找不到了",
)


def database(folder: Path, records: list[dict[str, Any]], now: dt.datetime = NOW) -> Engine:
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
    facts = load_dataset(engine, NOW.date())
    judged = assess(replace(facts, priors=fit_population_priors(facts)))
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
    later = NOW + dt.timedelta(days=200)
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
        known = Complainants(tmp_path / name, NOW)
        import_records(Ingest(engine, NOW, complainants=known), order)
        rows = load_dataset(engine, NOW.date()).rows["complaint"]
        ranks.append(sorted(zip(rows.at.tolist(), rows["rank"].tolist(), strict=True)))
    assert ranks[0] == ranks[1] and any(rank for _, rank in ranks[0])
