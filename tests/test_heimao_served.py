"""Heimao over the sandbox's real connections: places on its lists, steps of complaints, the volume of the whole site."""

from __future__ import annotations

from pathlib import Path

from leaks import leaks
from sandbox_crawl import control, crawl, market, port
from sqlalchemy import select

from sandbox.market import Market
from store.tables import Complaint, Rank

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
