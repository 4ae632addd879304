"""The numbering of a whole complaint site: what its polls saw of it, and what is told of that."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.formats.heimao import SN_ZERO, of_poll
from crawler.heimao_feed import Poll
from kamengwatch.config import Config
from kamengwatch.pipeline.crawl import cards
from store.evidence.crawl_ledger import finish_crawl, register_sources, start_crawl
from store.evidence.ingest import Ingest, import_records
from store.evidence.site_volume import Numbering, numbering
from tests.support.programs.in_process_cli import command

T0 = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def polled(config: Config, *polls: tuple[float, str, int, int], whole: bool = True) -> None:
    """Polls that ended so many hours after T0: their outcome, how many numbers were given since the last good one, how many were seen."""
    for hours, outcome, numbers, seen in polls:
        at = T0 + dt.timedelta(hours=hours)
        state = start_crawl(config.engine, f"heimao:{hours}:{whole}", "heimao", at, whole_source=whole)
        measured = (
            {"window_from": 1, "window_numbers": numbers, "window_seen": seen}
            if numbers
            else {"companies": {}}
        )
        finish_crawl(config.engine, state.id, at, outcome, measured=measured)


def test_what_was_seen_of_the_numbering_is_told_on_status_and_cards(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 880,000 numbers of a week 16,500 were seen: a blocked poll, one of single sites and one long ago count for nothing."""
    until = T0 + dt.timedelta(days=10)
    config = Config(data_dir, fixed_now=until)
    register_sources(config.engine, cards())
    shop = {"kind": "platform", "host": "a.example", "name": "甲卡盟", "opened_on": "2024-03-01"}
    import_records(Ingest(config.engine, until, accept_new=True), [shop])
    polled(
        config,
        (1, "ok", 10**6, 10**6),
        (100, "ok", 440_000, 8_000),
        (120, "blocked", 999, 999),
        (150, "ok", 0, 0),
        (200, "ok", 440_000, 8_500),
    )
    polled(config, (210, "ok", 50, 50), whole=False)
    with config.engine.connect() as connection:
        found = numbering(connection, "heimao", until)
        assert found == Numbering(16_500, 880_000) and numbering(connection, "rednet", until) is None
        assert numbering(connection, "heimao", T0) is None
    monkeypatch.setenv("KAMENGWATCH_NOW", until.isoformat())
    for words in (("rate",), ("publish",)):
        command(capsys, *words, "--data-dir", data_dir)
    told = json.loads(command(capsys, "sources", "--json", "--data-dir", data_dir).out)
    rows = {row["source"]: row.get("numbering") for row in told}
    assert rows["heimao"] == {"seen": 16_500, "numbers": 880_000, "share": 0.01875} and rows["rednet"] is None
    assert "1.9%" in command(capsys, "check", "a.example", "--data-dir", data_dir).out
    latest = (data_dir / "snapshots" / "latest").resolve()
    shown = {r["source"]: r for r in pq.read_table(latest / "sources.parquet").to_pylist()}
    assert (shown["heimao"]["numbers_seen"], shown["heimao"]["numbers_given"]) == (16_500, 880_000)
    assert shown["rednet"]["numbers_given"] is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    numbers=st.sets(st.integers(1, 20_000), min_size=1, max_size=60), gap=st.integers(61, 10**5), per_day=st.integers(0, 10**5)
)  # fmt: skip
def test_coverage_is_a_share_and_the_daily_figure_finds_the_rate(
    numbers: set[int], gap: int, per_day: int
) -> None:
    sn = {SN_ZERO + 10**7 + n for n in numbers}
    passed = dt.timedelta(minutes=gap)
    before = {
        "sn_max": max(sn) - round(per_day * (passed / dt.timedelta(days=1))),
        "polled_at": T0.isoformat(),
    }
    poll = of_poll(sn, before, T0 + passed)
    assert poll["coverage"] is None or 0 <= poll["coverage"] <= 1
    assert poll["window_numbers"] == max(sn) - before["sn_max"] and poll["window_seen"] <= len(sn)
    assert poll["site_number"] == max(sn) - SN_ZERO
    assert abs(poll["site_per_day"] - per_day) <= dt.timedelta(days=1) / passed
    assert of_poll(sn, {}, T0)["site_per_day"] is None


RUN = [SN_ZERO + 51_000_000 + 2 * n for n in range(40)]


@pytest.mark.parametrize("stray", [SN_ZERO + 5, RUN[0] - 400_000, RUN[-1] + 10**9])
def test_one_number_far_away_spoils_no_figure(stray: int) -> None:
    """A pinned complaint of last year, or a number misread: the window is that of all the others."""
    before = {"sn_max": RUN[0] - 21, "polled_at": T0.isoformat()}
    poll = of_poll([stray, *RUN], before, T0 + dt.timedelta(minutes=20))
    assert (poll["sn_max"], poll["window_seen"], poll["window_numbers"], poll["old_numbers"]) == (
        RUN[-1],
        40,
        99,
        1,
    )
    assert poll["coverage"] == round(40 / 99, 6)
    again = of_poll(RUN, {"sn_max": RUN[-1] + 10**9}, T0)
    assert again["sn_max"] == RUN[-1], "a number misread once does not make all later ones old"


def test_a_poll_ends_at_what_it_knows_and_not_at_one_old_number() -> None:
    poll = Poll({}, RUN[10], [])
    assert not poll.reached(poll.take([RUN[39], RUN[3], RUN[38]])), "one old number"
    assert not poll.reached(poll.take([RUN[39], RUN[38]])), "the page was pushed down by new ones"
    assert poll.reached(poll.take([RUN[10], RUN[9]]))
    fresh = Poll({}, 0, [])
    assert not fresh.reached(fresh.take(RUN))
    assert [fresh.reached(fresh.take(RUN)) for _ in range(2)] == [False, True], "a page that never changes"
