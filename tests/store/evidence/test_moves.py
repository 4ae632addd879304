"""A platform that moves stays one platform: the move is its event, and the new host waits for a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Engine, func, select

from store.db.tables import Complaint, Move, Platform, Review
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.records import HOST, complaint, platform

NOW = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


def page(day: int, **signs: Any) -> dict[str, Any]:
    return {"kind": "page", "source": "storefront", "host": HOST, "observed_at": f"2026-03-{day:02d}T00:00:00Z",
            "role": "home", "text": "", "signs": signs}  # fmt: skip


def take(engine: Engine, *records: dict[str, Any]) -> None:
    saved = import_records(Ingest(engine, NOW), [*records])
    assert saved.refused == []


def test_a_redirect_is_one_event_dated_when_first_seen_and_no_new_platform(engine: Engine) -> None:
    import_records(Ingest(engine, NOW, accept_new=True), [platform()])
    take(engine, page(2, moved_to="new.example"))
    take(engine, page(5, moved_to="https://new.example/shop"))
    with engine.connect() as connection:
        moves = connection.execute(select(Move.to_host, Move.via, Move.observed_at)).all()
        assert moves == [("new.example", "redirect", dt.datetime(2026, 3, 2, tzinfo=dt.UTC))]
        assert connection.scalar(select(func.count()).select_from(Platform)) == 1
        waiting = connection.execute(select(Review.kind, Review.subject, Review.detail)).all()
    assert [(r.kind, r.subject, r.detail["candidates"]) for r in waiting] == [
        ("match", "new.example", [HOST])
    ]


def test_other_addresses_of_a_notice_are_events_but_the_own_domain_and_known_aliases_ask_nobody(
    engine: Engine,
) -> None:
    import_records(Ingest(engine, NOW, accept_new=True), [platform()])
    take(engine, page(2, other_hosts=["www." + HOST, "jia.example", "spare.example", "not a host"]))
    with engine.connect() as connection:
        assert sorted(connection.scalars(select(Move.to_host))) == ["jia.example", "spare.example"]
        assert list(connection.scalars(select(Review.subject))) == ["spare.example"]


def test_the_steps_of_a_complaint_survive_a_later_glance_at_the_list(engine: Engine) -> None:
    import_records(Ingest(engine, NOW, accept_new=True), [platform()])
    steps = [{"did": "发起", "at": "2026-03-02T02:00:00Z"}, {"did": "回复", "at": None}]
    take(engine, complaint(1, status="replied", steps=steps))
    take(engine, complaint(1, status="completed"))
    with engine.connect() as connection:
        row = connection.execute(select(Complaint.status, Complaint.steps)).one()
    assert row.status == "completed" and [s["did"] for s in row.steps] == ["发起", "回复"]


def test_an_earlier_look_imported_later_dates_the_move_to_when_it_was_first_seen(engine: Engine) -> None:
    import_records(Ingest(engine, NOW, accept_new=True), [platform()])
    for day in (5, 2, 9):
        take(engine, page(day, moved_to="new.example"))
    with engine.connect() as connection:
        (move,) = connection.execute(select(Move.observed_at, Move.seen_at))
    assert move.observed_at == move.seen_at == dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
