"""A source crawled in batches by workers is one crawl to whoever asks how the source is: plan, health, snapshot."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from kamengwatch.config import Config
from kamengwatch.maintain import source_health
from kamengwatch.pipeline import crawl
from scoring.tables.registers import source_health as published
from store.db.tables import Complaint, Crawl, Move, Platform, Review
from store.evidence.crawl_ledger import (
    UNREAD,
    finish_crawl,
    finish_platform,
    merge_batches,
    register_sources,
    start_crawl,
)
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.records import HOST, complaint, platform

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
OK, DEAD, WALL = ("ok", None), ("failed", f"{UNREAD}: no answer in time"), ("blocked", f"{UNREAD}: HTTP 403")
BROKE = ("failed", "selector price hit 0 of 40, at least 50% expected")


def told(config: Config, job: str, at: dt.datetime, *parts: tuple[str, str | None] | None) -> None:
    """A job of which each part ended so, a minute after the other; None: it still runs."""
    register_sources(config.engine, crawl.cards())
    for n, ended in enumerate(parts):
        begun = at + dt.timedelta(minutes=n)
        state = start_crawl(config.engine, f"storefront:{job}:{n:010x}", "storefront", begun)
        if ended is not None:
            finish_platform(config.engine, state.id, f"{n}.example", ended[0])
            finish_crawl(config.engine, state.id, begun + dt.timedelta(seconds=30), *ended)


@pytest.mark.parametrize(
    ("parts", "outcome", "reason"),
    [
        ((OK, DEAD, WALL), "ok", None),
        ((OK, BROKE, WALL), "failed", BROKE[1]),
        ((WALL, WALL), "blocked", WALL[1]),
        ((WALL, DEAD), "failed", DEAD[1]),
        ((OK, WALL, None), "ok", None),
    ],
)
def test_a_batch_of_closed_shops_says_nothing_of_the_source(
    tmp_path: Path, parts: tuple, outcome: str, reason: str | None
) -> None:
    config = Config(tmp_path, fixed_now=NOW + HOUR)
    told(config, "job", NOW, *parts)
    (shown,) = (row for row in source_health.crawled(config) if row["source"] == "storefront")
    (row,) = (row for row in published(config.engine, NOW + HOUR) if row["source"] == "storefront")
    assert (shown["last_outcome"], shown["reason"]) == (outcome, reason)
    assert (row["last_outcome"], row["last_reason"]) == (outcome, reason)
    assert (row["health"], shown["last_ok_at"]) == (outcome, row.get("last_ok_at"))


def test_a_source_that_blocked_every_batch_of_a_job_blocked_us_once(tmp_path: Path) -> None:
    config = Config(tmp_path, fixed_now=NOW + 9 * HOUR)
    card = next(card for card in crawl.cards() if card.id == "storefront")

    def planned() -> crawl.Planned:
        return next(p for p in crawl.plan(config, config.now()) if p.source == "storefront")

    told(config, "first", NOW, *[WALL] * 8)
    assert planned().blocked == 1
    assert planned().due_at == planned().finished_at + dt.timedelta(hours=card.cadence_hours)
    told(config, "second", NOW + 2 * HOUR, *[WALL] * 8)
    assert planned().blocked == 2
    told(config, "third", NOW + 4 * HOUR, OK, *[WALL] * 8)
    assert planned().blocked == 0


KEYS = st.from_regex(
    r"(heimao:cli-1:all|replay:heimao:[0-9a-f]{32}|told:heimao:2026:(ok|failed))", fullmatch=True
)


@given(st.lists(st.tuples(KEYS, st.sampled_from([OK, DEAD, WALL, BROKE])), unique_by=lambda told: told[0]))
def test_what_is_no_part_of_a_job_stands_for_itself(crawls: list) -> None:
    rows = [
        Crawl(
            id=n, key=key, source_id="heimao", started_at=NOW, finished_at=NOW, outcome=outcome, reason=reason
        )
        for n, (key, (outcome, reason)) in enumerate(crawls)
    ]
    assert [(r.ids, r.outcome, r.reason) for r in merge_batches(rows)] == [
        ((r.id,), r.outcome, r.reason) for r in rows
    ]


# A platform that moves stays one platform: the move is its event, and the new host waits for a person.


MOVED_AT = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)


def page(day: int, **signs: Any) -> dict[str, Any]:
    return {"kind": "page", "source": "storefront", "host": HOST, "observed_at": f"2026-03-{day:02d}T00:00:00Z",
            "role": "home", "text": "", "signs": signs}  # fmt: skip


def take(engine: Engine, *records: dict[str, Any]) -> None:
    saved = import_records(Ingest(engine, MOVED_AT), [*records])
    assert saved.refused == []


def test_a_redirect_is_one_event_dated_when_first_seen_and_no_new_platform(engine: Engine) -> None:
    import_records(Ingest(engine, MOVED_AT, accept_new=True), [platform()])
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
    import_records(Ingest(engine, MOVED_AT, accept_new=True), [platform()])
    take(engine, page(2, other_hosts=["www." + HOST, "jia.example", "spare.example", "not a host"]))
    with engine.connect() as connection:
        assert sorted(connection.scalars(select(Move.to_host))) == ["jia.example", "spare.example"]
        assert list(connection.scalars(select(Review.subject))) == ["spare.example"]


def test_the_steps_of_a_complaint_survive_a_later_glance_at_the_list(engine: Engine) -> None:
    import_records(Ingest(engine, MOVED_AT, accept_new=True), [platform()])
    steps = [{"did": "发起", "at": "2026-03-02T02:00:00Z"}, {"did": "回复", "at": None}]
    take(engine, complaint(1, status="replied", steps=steps))
    take(engine, complaint(1, status="completed"))
    with engine.connect() as connection:
        row = connection.execute(select(Complaint.status, Complaint.steps)).one()
    assert row.status == "completed" and [s["did"] for s in row.steps] == ["发起", "回复"]


def test_an_earlier_look_imported_later_dates_the_move_to_when_it_was_first_seen(engine: Engine) -> None:
    import_records(Ingest(engine, MOVED_AT, accept_new=True), [platform()])
    for day in (5, 2, 9):
        take(engine, page(day, moved_to="new.example"))
    with engine.connect() as connection:
        (move,) = connection.execute(select(Move.observed_at, Move.seen_at))
    assert move.observed_at == move.seen_at == dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
