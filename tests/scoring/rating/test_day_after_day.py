"""A rating depends on what is known and on nothing else: not on earlier ratings, the order of imports, or what came later."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamengwatch.config import Config
from kamengwatch.privacy import retention
from scoring.engine.rate import Run, rate
from scoring.publish.publisher import publish
from scoring.snapshot.reader import TABLES
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.judged_records import database
from tests.support.markets.rated import DAYS, HOSTS, START, Folder, Market, at, lived, markets, told_at_once
from tests.support.markets.rated_folders import differences

LAST = DAYS - 1
SIZES = pytest.mark.parametrize(
    "cases", [2, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
NAMED = ("ratings", "sources")
"""Tables that hold what is known of sites and sources today (names, aliases, cards), whatever the day."""


def search(cases: int) -> settings:
    """The same markets every day; seconds each, most of them ratings."""
    return settings(
        max_examples=cases, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


@contextmanager
def fresh() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@SIZES
def test_what_was_rated_before_and_the_order_of_imports_change_nothing(cases: int) -> None:
    """Complaints that change, withdrawals, answers, objections and reviews come in between, with ratings and without."""

    @search(cases)
    @given(markets(), st.randoms(use_true_random=False))
    def same(market: Market, mixed: random.Random) -> None:
        with fresh() as folder:
            daily = lived(market, folder / "a", (9, 18, 30) if cases > 2 else (30,))
            config = daily.on(30)
            publish(config.engine, daily.path, config.now())
            config.engine.dispose()
            at_once = told_at_once(market, folder / "b", mixed)
            found = differences(daily.rated(LAST).folder, at_once.rated(LAST).folder, 1e-9)
            # A name counts from the day somebody told it here, which is the day of its import.
            assert [line for line in found if not line.startswith("identifiers.since")] == []

    same()


@SIZES
def test_an_earlier_day_rated_again_says_what_it_said(cases: int) -> None:
    """Nothing seen, withdrawn, decided, answered or corrected since shows; only an order's state is as last told."""

    @search(cases)
    @given(markets(later_states=False), st.integers(5, 30))
    def same(market: Market, day: int) -> None:
        with fresh() as folder:
            daily = lived(market, folder / "a", (day,))
            again = daily.rated(LAST, as_of=day)
            tables = [name for name in TABLES if name not in NAMED]
            assert differences(daily.runs[day].folder, again.folder, 1e-9, tables) == []
            assert _bare(daily.runs[day]).equals(_bare(again))

    same()


def _bare(run: Run) -> pa.Table:
    """The ratings without what is known of the sites today, to nine decimals."""
    table = pq.read_table(run.folder / "ratings.parquet").drop_columns(["name", "aliases"])
    rounded = [pc.round(c, 9) if pa.types.is_floating(c.type) else c for c in table.columns]
    return pa.table(rounded, names=table.column_names)


@SIZES
def test_the_history_of_a_day_holds_the_history_of_the_day_before(cases: int) -> None:
    """Also across withdrawals, decisions, late names and late sites: they count from their own day on.

    Where it does not hold, by design: a site of which nothing was ever seen has one row, of the last day; an order's state
    is as last told (below); and of more than 800 days the oldest are judged from a later beginning.
    """

    @search(cases)
    @given(markets(), st.integers(5, 30))
    def held(market: Market, day: int) -> None:
        with fresh() as folder:
            daily = lived(market, folder / "a", (day, day + 1, LAST))
            for before, after in ((day, day + 1), (day + 1, LAST)):
                _holds(daily.runs[before], daily.runs[after], START + dt.timedelta(days=before))

    held()


def _holds(before: Run, after: Run, end: dt.date) -> None:
    old, new = _history(before), _history(after)
    assert {key for key in new if key[1] <= end} <= set(old)
    for key in old:
        assert key in new or old[key][-1] == "stale", key
        assert key not in new or _near(old[key], new[key]), key


def _history(run: Run) -> dict[tuple[str, dt.date], tuple[Any, ...]]:
    rows = pq.read_table(run.folder / "history.parquet").to_pylist()
    return {(r["host"], r["on"]): tuple(r.values())[2:] for r in rows}


def _near(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Equal; numbers to their six decimals, the last of which may be rounded either way."""
    pairs = zip(a, b, strict=True)
    return all(
        abs(u - v) < 2e-6 if isinstance(u, float) and isinstance(v, float) else u == v for u, v in pairs
    )


def test_of_two_sources_at_one_moment_the_same_one_is_believed_whichever_came_first(tmp_path: Path) -> None:
    """A sheet names days, not hours, so that two sources do tell of one moment."""
    about = {"kind": "filing", "host": HOSTS[0], "observed_at": at(5)}
    answers = [about | {"source": "icp", "found": False}, about | {"source": "other", "found": True}]
    states = set()
    for name, records in (("a", answers), ("b", answers[::-1])):
        engine = database(tmp_path / name, records)
        folder = rate(engine, tmp_path / name, START + dt.timedelta(9), Folder.now(9)).folder
        states.add(pq.read_table(folder / "ratings.parquet")["filing_state"][0].as_py())
    assert len(states) == 1


def test_texts_let_go_in_between_change_no_rating(tmp_path: Path) -> None:
    """Their kinds and signatures were made when they came; what the source still shows comes back and goes again."""
    texts = [f"买视频月卡付款成功但一直没到账，第{n}单客服也不回复" for n in range(12)]
    records = [
        {"kind": "complaint", "source": "heimao", "source_id": f"c{n}", "host": HOSTS[n % 2],
         "filed_at": at(n + 1), "text": text}
        for n, text in enumerate(texts)
    ]  # fmt: skip
    engine = database(tmp_path, records)
    day, now = START + dt.timedelta(days=20), Folder.now(20)
    before = rate(engine, tmp_path / "1", day, now)
    for again in (False, True):
        retention.expire(Config(tmp_path, fixed_now=now + dt.timedelta(days=800)), False, True, True)
        if again:
            import_records(Ingest(engine, now), records[:6])
        assert rate(engine, tmp_path / "2", day, now).sha256 == before.sha256


def test_an_order_is_in_the_state_last_told_whatever_the_day(tmp_path: Path) -> None:
    """`missing` has no date of its own, so a delivery told later takes it back for the days before: known, and said here."""
    order = {"kind": "order", "source": "feed", "host": HOSTS[0], "order_ref": "1", "paid_at": at(1)}
    engine = database(tmp_path, [order | {"state": "missing", "seen_at": at(4)}])
    day, now = START + dt.timedelta(days=4), Folder.now(9)
    rates = [_dropped(rate(engine, tmp_path, day, now))]
    told = order | {"state": "delivered", "delivered_at": at(1, 15), "seen_at": at(8)}
    import_records(Ingest(engine, now), [told])
    rates.append(_dropped(rate(engine, tmp_path, day, now)))
    assert rates == [1.0, 0.0]


def _dropped(run: Run) -> Any:
    return pq.read_table(run.folder / "ratings.parquet")["drop_rate"][0].as_py()
