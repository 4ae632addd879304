"""How far back complaint sources show everything: a first look at the newest pages is not a past without complaints."""

import datetime as dt
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.engine.load_market import complete_since, load_dataset
from scoring.features.population import fit_population_priors
from scoring.observations.dataset import NEVER, ObservationColumns
from scoring.observations.day_index import day_number
from scoring.rating.assessment import assess
from scoring.warning.state_machine import NORMAL
from tests.support.markets.judged_records import database
from tests.support.markets.scoring import START, complaints, crawls


def rows(filed, seen):
    filed, seen = np.array(filed, np.int64), np.array(seen, np.int64)
    zero = np.zeros(len(filed), np.int64)
    return ObservationColumns("complaint", zero, seen, zero + NEVER, filed, filed, zero, zero, {})


def test_stragglers_before_the_first_page_are_no_quiet_past():
    recent = [d for d in range(-6, 1) for _ in range(20)]
    since = complete_since(rows([-150, -90, -40, *recent], [0] * (3 + len(recent))), 30)
    assert (since == -6).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(40, 400))
def test_a_whole_past_counts_from_its_first_complaint(seed, a_week, length):
    filed = np.flatnonzero(np.random.default_rng(seed).random(length) < a_week / 7) - length
    if len(filed):
        assert complete_since(rows(filed, np.zeros_like(filed)), 5)[-1] == filed.min()


def test_nothing_seen_is_no_past():
    assert (complete_since(rows([], []), 4) == NEVER).all()


def test_steady_shops_first_seen_last_month_and_visited_weekly_are_not_warned_of(tmp_path):
    """Each visit brings a week of complaints, the first one also an old one of each shop."""
    records = crawls(range(0, 90, 7))
    for n in range(12):
        host = f"s{n}.example"
        records.append({"kind": "platform", "host": host})
        for i, day in enumerate([-140 + 7 * n, *range(-6 + n % 3, 84, 3)]):
            records += [
                {**one, "text": f"{one['text']}，订单{host}{i}"}
                for one in complaints(host, [day], i % 4, f"k{i}")
            ]
    facts = load_dataset(database(tmp_path, records), START + dt.timedelta(days=84))
    found = facts.rows["complaint"]
    begin = day_number(START) - facts.first_day
    seen = np.maximum(begin - 7 * (-(found.day - begin) // 7), begin)
    late = replace(found, seen=seen)
    facts = replace(
        facts,
        rows={**facts.rows, "complaint": late},
        complaints_since=complete_since(late, facts.days),
        shown_since=dict.fromkeys(facts.shown_since, begin),
        cache={},
    )
    result = assess(replace(facts, priors=fit_population_priors(facts)))
    assert result.warned.surge.informed[:, -1].all()
    assert (result.warned.state[:, begin:] == NORMAL).all()
