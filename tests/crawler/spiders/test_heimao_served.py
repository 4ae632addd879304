"""Heimao over the sandbox's real connections: places on its lists, steps of complaints, the volume of the whole site."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from sandbox.market.market import Market
from store.db.tables import Complaint, Rank
from tests.support.data.leaks import leaks
from tests.support.programs.sandbox_crawl import control, crawl, market, port

__all__ = ["market", "port"]


def test_lists_steps_and_volume_are_what_the_played_site_shows(
    port: int, market: Market, tmp_path: Path
) -> None:
    out = market.outages["heimao"]
    day = next(d for d in range(1, market.parameters.days - 1) if not out[d] and not out[d + 1])
    there = [p for p in market.platforms if p.opened_day <= day and p.couid]
    names = {p.host: p.name for p in there[:5]}  # few and early: a young market is quick to read
    measured, running = [], []
    for turn in (day, day + 1):
        now = market.parameters.moment(turn + 0.5)
        control(port, "clock", {"now": now.isoformat()})
        engine, event = crawl(port, tmp_path, list(names), now, "heimao", names)
        assert event["outcome"] == "ok"
        measured.append(event["measured"])
        shown = market.complaints.filed <= turn + 0.5
        running.append(int(market.complaints.running[shown].max()))
    assert 40_000 < running[1] - running[0] < 48_000, "as many as the real site takes in"
    assert measured[0]["site_per_day"] is None and measured[1]["site_per_day"] == running[1] - running[0]
    assert measured[0]["ranks"]["lists"] == 9 and measured[1]["ranks"] == measured[0]["ranks"]
    with engine.connect() as connection:
        places = connection.execute(select(Rank.board, Rank.field, Rank.place, Rank.platform_id)).all()
        told = connection.execute(
            select(Complaint.status, Complaint.steps).where(Complaint.steps.is_not(None))
        ).all()
    engine.dispose()
    assert len(places) == measured[0]["ranks"]["places"] == len({p[:3] for p in places})
    assert {p.board for p in places} == {"red", "black", "reply"} and all(p.platform_id for p in places)
    assert told and all(row.steps[0]["did"] == "发起" for row in told)
    assert all("回复" in {s["did"] for s in row.steps} for row in told if row.status == "replied")
    filed = [i for i in range(len(market.complaints)) if market.complaints.filed[i] <= day + 1]
    planted = {value for i in filed for value in market.words(i).planted}
    assert len(planted) > 20 and leaks(tmp_path, planted) == []


def test_a_feed_that_forgets_is_polled_all_day(port: int, market: Market, tmp_path: Path) -> None:
    """The site as busy as it is: half an hour later a poll reads only what is new, a day later it has missed 98 of 100."""
    out = market.outages["heimao"]
    day = next(d for d in range(1, market.parameters.days - 1) if not out[d] and not out[d + 1])
    names = {p.host: p.name for p in market.platforms if p.opened_day <= day and p.couid}
    control(port, "faults", {"heimao": {"mode": "busy"}})
    polls = []
    try:
        for hours in (0.0, 0.33, 24.0):
            now = market.parameters.moment(day + 0.5 + hours / 24)
            control(port, "clock", {"now": now.isoformat()})
            engine, event = crawl(port, tmp_path, list(names), now, "heimao", names)
            engine.dispose()
            assert event["outcome"] == "ok", event
            polls.append(event)
    finally:
        control(port, "faults", {})
    first, second, third = (e["measured"] for e in polls)
    assert first["pages"] == third["pages"] == 50 and second["pages"] < 40, "down to what was known"
    assert (
        second["window_from"] == first["sn_max"] + 1
        and second["reached_known"]
        and second["old_numbers"] == 1
    )
    assert second["coverage"] > 0.49, "every number that was published"
    assert 0.008 < third["coverage"] < 0.02, "once a day sees one or two in a hundred"
    assert polls[1]["requests"] < second["pages"] + 8 < polls[0]["requests"], (
        "companies are counted once a day"
    )
    assert second["daily_at"] == first["daily_at"] < third["daily_at"]
