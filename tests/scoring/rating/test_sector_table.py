"""The sector table: Kaplan-Meier against its definition, the peak test against chance, and a small market by hand."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.engine.load_market import load_dataset
from scoring.engine.rate import rate
from scoring.features.population import fit_population_priors
from scoring.observations.dataset import ObservationColumns
from scoring.observations.day_index import day_number
from scoring.tables.sector import (
    FESTIVALS,
    by_festival,
    holiday,
    peak,
    sector_rows,
    survival,
    tally,
    unread_week_rows,
)
from scoring.tables.time_series import refund_rows, sector_price_rows
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.scoring import at, complaints, crawls

DAY = dt.date(2026, 3, 31)


def _sector(engine):
    """The sector's rows; counted over any cut of the platforms they are the same."""
    facts = load_dataset(engine, DAY)
    sites, total = len(facts.sites), tally(facts.chunk(0, 0))
    for low in range(sites):
        total += tally(facts.chunk(low, low + 1))
    assert sector_rows(total, facts.last_day) == (rows := sector_rows(tally(facts), facts.last_day))
    return rows


def test_survival_by_hand():
    # Ten complaints: two end on day 1, one open since 5 days, three end on day 15, four open since 40 days.
    length = np.array([1, 1, 5, 15, 15, 15, 40, 40, 40, 40])
    closed = np.array([1, 1, 0, 1, 1, 1, 0, 0, 0, 0], bool)
    found = survival(length, closed, 30)
    assert found.share[0] == 1 and found.share[1] == pytest.approx(0.8)
    assert found.share[14] == pytest.approx(0.8), "an open complaint is no ended one"
    assert found.share[15] == pytest.approx(0.8 * 4 / 7) and len(found.share) == 31
    assert found.at_risk[15] == 7 and found.censored[5] == 1
    assert found.low[15] < found.share[15] < found.high[15]


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=60))
def test_survival_only_falls_and_stays_inside_its_interval(cases):
    length, closed = (np.array(part) for part in zip(*cases, strict=True))
    found = survival(length, closed.astype(bool), 30)
    assert (np.diff(found.share) <= 1e-12).all() and (found.share >= 0).all()
    assert (found.low <= found.share + 1e-12).all() and (found.share <= found.high + 1e-12).all()
    if not closed.any():
        assert (found.share == 1).all(), "nothing ended: everything is still open"


def test_a_peak_of_all_complaints_is_no_peak_of_drops():
    evening = np.ones(168, int)
    evening[20::24] = 40
    assert peak(evening, evening).p > 0.05
    dropped = evening.copy()
    dropped[20] += 80
    found = peak(dropped, evening)
    assert found.cell == 20 and found.p < 0.001 and found.share > found.overall
    assert peak(evening, np.zeros(168, int)) is None, "nothing to hold it against"


def test_chance_is_rarely_called_a_peak():
    rng = np.random.default_rng(1)
    found = [peak(rng.poisson(3, 168), rng.poisson(5, 168)).p < 0.05 for _ in range(200)]
    assert np.mean(found) <= 0.06


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Two shops: drops in two weeks (one twice in the same words), refunds of which one ended after ten days."""
    folder = tmp_path_factory.mktemp("sector")
    refunds = complaints("a.example", [10, 20, 30], text=1, prefix="r")
    refunds[0] |= {"status": "completed", "completed_at": at(20)}
    drops = complaints("a.example", [40, 41]) + complaints("b.example", [47], prefix="d")
    return folder, database(folder, crawls(range(0, 90, 3)) + refunds + drops)


def filed(days):
    """Complaints filed on these days (dates), one site each, counted."""
    day = np.array([day_number(d) for d in days], dtype=np.int64)
    none = np.zeros(len(day), np.int64)
    return by_festival(
        0, ObservationColumns("complaint", np.arange(len(day)), none, none, day, none, none, none, {})
    )


def test_a_festival_counts_only_where_drops_take_more_of_its_complaints():
    ordinary = [dt.date(2026, 3, 2) + dt.timedelta(days=n) for n in range(30)]
    spring = [dt.date(2026, 2, 16) + dt.timedelta(days=n) for n in range(6)]
    busy = holiday(filed(ordinary + spring * 10), filed(ordinary + spring * 10))
    assert busy.p > 0.05, "more complaints of every sort are no more drops"
    found = holiday(filed(ordinary + spring * 10), filed(ordinary * 3 + spring))
    assert found.festival == "spring" and found.p < 0.001 and found.share > found.ordinary
    assert holiday(filed(ordinary), filed(ordinary)) is None
    # A Saturday worked in exchange for the festival is no holiday, and neither is a year the calendar does not hold.
    assert holiday(filed([*ordinary, dt.date(2026, 2, 14)]), filed(ordinary)) is None
    assert holiday(filed([*ordinary, dt.date(2090, 1, 1)]), filed(ordinary)) is None


def test_every_complaint_counts_once_in_its_week(market):
    rows = _sector(market[1])
    weeks = [r for r in rows if r["measure"].startswith("drops_")]
    assert all(r["on"].weekday() == 0 for r in weeks)
    assert sum(r["value"] for r in weeks) == 3
    assert max(r["on"] for r in weeks) == dt.date(2026, 3, 30), "weeks without a drop are zeros, not gaps"
    hours = [r for r in rows if r["measure"] == "drop_hour"]
    assert len(hours) == 168 and sum(r["value"] for r in hours) == 3
    assert {r["bin"] % 24 for r in hours if r["value"]} == {12}


def test_weeks_nobody_read_are_named(tmp_path):
    """Five weeks without a crawl lie between the readings, and this week has none yet; what was filed before the first day with complaints was not read either."""
    drops = complaints("a.example", [*range(16, 26), *range(72, 88, 2)])
    facts = load_dataset(database(tmp_path, crawls([*range(15, 27, 3), *range(72, 90, 3)]) + drops), DAY)
    unread = [r["on"] for r in unread_week_rows(facts)]
    gap = [day for day in unread if day > dt.date(2026, 1, 12)]
    assert gap == [*(dt.date(2026, 2, 2) + dt.timedelta(weeks=n) for n in range(5)), dt.date(2026, 3, 30)]
    assert dt.date(2026, 1, 5) in unread and dt.date(2026, 1, 19) not in unread


def test_open_refunds_are_censored(market):
    rows = _sector(market[1])
    left = {r["bin"]: r["value"] for r in rows if r["measure"] == "refund_open"}
    assert left[9] == 1 and left[10] == pytest.approx(2 / 3)
    assert [r["bin"] for r in rows if r["measure"] == "refund_censored"] == [59, 69]


def test_the_table_is_published_with_the_others(market):
    folder, engine = market
    run = rate(engine, folder, DAY, NOW)
    assert (run.folder / "sector.parquet").is_file()


def test_nothing_known_is_an_empty_table(tmp_path):
    assert _sector(database(tmp_path, [])) == []


def test_a_site_has_its_own_curve_and_its_prices_beside_the_sector(tmp_path):
    refunds = complaints("a.example", [10, 20, 30], text=1, prefix="r")
    refunds[0] |= {"status": "completed", "completed_at": at(20)}
    prices = [
        {"kind": "price", "source": "storefront", "host": host, "product": "月卡", "price": price, "observed_at": at(day)}
        for host, price in (("a.example", 5.0), ("b.example", 10.0), ("c.example", 12.0))
        for day in range(0, 89, 4)
    ]  # fmt: skip
    facts = load_dataset(database(tmp_path, crawls(range(0, 90, 3)) + refunds + prices), DAY)
    facts = facts.fitted(fit_population_priors(facts))
    curve = {r["measure"]: r for r in refund_rows(facts) if r["host"] == "a.example"}
    assert curve["refund_open_0d"]["n"] == 3 and curve["refund_open_7d"]["value"] == 1
    assert curve["refund_open_10d"]["value"] == pytest.approx(2 / 3)
    assert {m for m in curve if "censored" in m} == {"refund_censored_59d", "refund_censored_69d"}
    price = next(r for r in sector_price_rows(facts) if r["host"] == "a.example")
    assert (price["measure"], price["value"], price["low"]) == ("price_sector_月卡", 5.0, pytest.approx(10.0))


def test_every_festival_has_a_name_on_the_page():
    from dashboard.presenters.translations import catalogue

    assert all(f"sector.festival_{name}" in catalogue() for name in FESTIVALS)
