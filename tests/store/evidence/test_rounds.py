"""A source crawled in batches by workers is one crawl to whoever asks how the source is: plan, health, snapshot."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamengwatch.config import Config
from kamengwatch.maintain import source_health
from kamengwatch.pipeline import crawl
from scoring.tables.registers import source_health as published
from store.db.tables import Crawl
from store.evidence.crawl_ledger import (
    UNREAD,
    finish_crawl,
    finish_platform,
    merge_batches,
    register_sources,
    start_crawl,
)

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
