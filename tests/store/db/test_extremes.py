"""What the open format lets in, both databases hold: the longest texts, the largest numbers, and no NUL character."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from typing import Any, get_args

import annotated_types
import pytest
from sqlalchemy import Engine, Integer, String, select

from store.archive.warc import Stored
from store.db.tables import OBSERVATIONS, Capture, Complaint, Counters, Platform, Source
from store.evidence.crawl_ledger import start_crawl
from store.evidence.ingest import Ingest, import_lines
from store.evidence.records import AnyRecord
from tests.support.markets.records import HOST, complaint, platform, probe

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
AT = {"source": "storefront", "host": HOST, "observed_at": "2026-03-01T00:00:00Z"}
MOST = 10**15
ELSEWHERE = {
    "host",
    "kind",
    "complainant",
    "source",
    "source_id",
    "to_host",
    "domain",
    "order_ref",
    "names",
    "entity",
}
"""Fields whose column is another, or whose length is seen to when the row is made."""


def _bounds(field: Any) -> list[Any]:
    found, open_ = [], [field.annotation, *field.metadata]
    while open_:
        one = open_.pop()
        found += [one] if isinstance(one, (annotated_types.MaxLen, annotated_types.Le)) else []
        open_ += [*get_args(one), *getattr(one, "metadata", ())]
    return found


@pytest.mark.parametrize("model", get_args(AnyRecord), ids=lambda model: model.__name__)
def test_no_field_lets_in_more_than_its_column_holds(model: Any) -> None:
    kind = get_args(model.model_fields["kind"].annotation)[0]
    table = (
        {"platform": Platform.__table__}.get(kind)
        if kind not in OBSERVATIONS
        else OBSERVATIONS[kind].__table__
    )
    if table is None:
        return
    for name, field in model.model_fields.items():
        column = table.columns.get(field.alias or name)
        if column is None or name in ELSEWHERE:
            continue
        bounds = _bounds(field)
        if isinstance(column.type, String) and column.type.length and str in _plain(field.annotation):
            longest = [b.max_length for b in bounds if isinstance(b, annotated_types.MaxLen)]
            assert longest and min(longest) <= column.type.length, f"{kind}.{name}: give it max_length"
        if (
            isinstance(column.type, Integer)
            and type(column.type) is Integer
            and int in _plain(field.annotation)
        ):
            most = [b.le for b in bounds if isinstance(b, annotated_types.Le)]
            assert most and min(most) < 2**31, f"{kind}.{name}: give it le, or its column the type Count"


def _plain(annotation: Any) -> set[Any]:
    """The types an annotation names, without what is around them."""
    inner = get_args(annotation)
    return {annotation} if not inner else set().union(*map(_plain, inner))


def _taken(engine: Engine, *records: dict[str, Any]) -> None:
    ingest = Ingest(engine, NOW, accept_new=True)
    for _, saved in import_lines(ingest, [json.dumps(record) for record in records]):
        assert not saved.refused


def test_the_longest_and_largest_is_kept_whole(engine: Engine) -> None:
    names = ("valid_total", "replied_total", "completed_total", "valid_30d", "replied_30d", "completed_30d")
    _taken(
        engine,
        platform(name="长" * 200, operator="司" * 200, uscc="9" * 18, software="s" * 40, aliases=["名" * 400]),
        {"kind": "counters", **AT, **dict.fromkeys(names, MOST)},
        {"kind": "orders", **AT, **dict.fromkeys(("total", "processed", "today"), MOST)},
        {"kind": "price", **AT, "product": "卡" * 200, "price": 1e12, "stock": MOST, "sold": MOST},
        probe(1, latency_ms=2**31 - 1),
        {"kind": "penalty", "source": "gsxt", "host": HOST, "decided_on": "9999-12-31", "category": "c" * 80,
         "reason": "联系张三13800001234，" * 20},
        {"kind": "filing", **AT, "found": True, "number": "粤ICP备18046372号-1", "entity": "甲公司13800001234" * 14, "nature": "企业"},
        {"kind": "page", **AT, "role": "contact", "company": "甲公司，联系张三13800001234。" * 9},
        complaint(1, text="掉单😀" + "长" * 199_990),
    )  # fmt: skip
    with engine.connect() as connection:
        assert set(connection.execute(select(*(Counters.__table__.c[name] for name in names))).one()) == {
            MOST
        }
        assert len(connection.scalars(select(Complaint.text)).one()) > 199_000


@pytest.mark.parametrize(
    ("host", "what"), [("a" * 50 + "." + "b." * 110 + "example", "host"), ("z" * 401, "host")]
)
def test_a_name_longer_than_any_host_costs_its_own_line_only(engine: Engine, host: str, what: str) -> None:
    lines = [json.dumps(platform()), json.dumps(complaint(1, host=host)), json.dumps(complaint(2))]
    found = [saved for _, saved in import_lines(Ingest(engine, NOW, accept_new=True), lines)][0]
    assert [(one.line, what in one.reason) for one in found.refused] == [(2, True)]
    assert found.inserted == 2


def test_a_nul_character_is_left_out_and_what_only_looks_like_one_stays(engine: Engine) -> None:
    _taken(
        engine,
        platform(name="甲\0卡盟", aliases=["jia\0.example", "甲\0卡"]),
        complaint(1, text="付款\0不发货，写着 \\u0000", source="hei\0mao", url="http://x.example/\0"),
        complaint(2, source_id="a\0b", title="\0"),
        {"kind": "page", **AT, "role": "home", "text": "七天\0退款", "signs": {"a\0": ["\0b", 1.5, None]}},
    )
    with engine.connect() as connection:
        assert connection.scalars(select(Platform.name)).all() == ["甲卡盟"]
        found = connection.execute(select(Complaint.text, Complaint.source_key).order_by(Complaint.id)).all()
        assert found[0].text == "付款不发货，写着 \\u0000" and found[1].source_key == "ab"
        assert "heimao" in connection.scalars(select(Source.id)).all()


def test_a_page_of_an_address_without_end_is_kept_once(engine: Engine) -> None:
    """A shop may redirect to any; an index of PostgreSQL holds 2,704 bytes, and the crawl of that shop ended there."""
    address = "http://a.example/" + secrets.token_urlsafe(6_000)
    page = Stored(address, NOW, 200, "text/html", "a", 0, "0" * 64, "0" * 64)
    ingest = Ingest(engine, NOW, accept_new=True)
    _taken(engine, platform(), probe(1, source="storefront"))
    crawl = start_crawl(engine, "k", "storefront", NOW)
    for _ in range(2):
        ingest.save([], crawl_id=crawl.id, captures=[page])
    with engine.connect() as connection:
        assert connection.scalars(select(Capture.url)).all() == [address[:2_000]]
