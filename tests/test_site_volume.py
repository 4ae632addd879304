"""The volume of a whole complaint site, from the running numbers its polls saw."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.heimao import SN_ZERO
from crawler.formats.heimao_volume import of_poll
from store.engine import migrate, open_engine
from store.ledger import finish_crawl, register_sources, start_crawl
from store.volume import site_volume

T0 = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def test_the_volume_between_polls_is_read_back_from_the_crawls(tmp_path: Path) -> None:
    from crawler.run import cards

    engine = open_engine(f"sqlite:///{tmp_path / 'k.db'}")
    migrate(engine)
    register_sources(engine, cards())
    polls = [(0, 51_000_000), (24, 51_044_000), (24.5, 51_045_000), (48, None), (72, 51_133_000)]
    for hours, number in polls:
        at = T0 + dt.timedelta(hours=hours)
        state = start_crawl(engine, f"heimao:{hours}", "heimao", at, whole_source=True)
        measured = {"site_number": number, "polled_at": at.isoformat()} if number else {"companies": {}}
        finish_crawl(engine, state.id, at, "ok", measured=measured)
    with engine.connect() as connection:
        found = site_volume(connection, "heimao", T0 + dt.timedelta(days=9))
        assert site_volume(connection, "heimao", T0) == []
    engine.dispose()
    assert [per_day for _, _, per_day in found] == [44_000.0, round(88_000 / (47.5 / 24), 1)]
    assert found[0][:2] == (T0, T0 + dt.timedelta(days=1))


@given(
    numbers=st.sets(st.integers(1, 10**6), min_size=1, max_size=500), gap=st.integers(61, 10**5), per_day=st.integers(0, 10**5)
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
    assert 0 < poll["coverage"] <= 1 and poll["site_number"] == max(sn) - SN_ZERO
    assert abs(poll["site_per_day"] - per_day) <= dt.timedelta(days=1) / passed
    assert of_poll(sn, {}, T0)["site_per_day"] is None
