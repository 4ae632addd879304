"""Hiding never improves a label, and neither does silence: the rules of silence through the whole judgement."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judging import database, product
from scoring_play import START, at, crawls, market

from scoring.evaluation.counterfactual import SHOWN_BY_THE_SITE, hidden_from, quiet, shown_from
from scoring.grade import NR
from scoring.judge import GREY, judge
from scoring.priors import fit
from scoring.reading import read_facts

SITES, DAYS = 24, 120
_TERMS = (
    "充值余额可随时提现，三个工作日内到账。",
    "充值余额不可提现，售出不退。",
    "满 500 元方可提现，每笔收取 5% 手续费。",
    "付款后秒到账，掉单包赔。",
)


def storefront(rng):
    """What sites show of themselves beside their counters: prices, now and then cut, and terms, now and then tightened."""
    records = crawls(range(0, DAYS, 3), source="storefront")
    for host in (f"m{h}.example" for h in range(SITES)):
        level, terms = float(rng.uniform(0.4, 1.1)), int(rng.integers(0, 4))
        for day in range(int(rng.integers(0, 30)), DAYS, 7):
            level *= float(rng.choice([1.0, 1.0, 1.0, 0.8]))
            terms = terms if rng.random() < 0.8 else int(rng.integers(0, 4))
            seen = {"source": "storefront", "host": host, "observed_at": at(day, 4)}
            records += [
                {
                    "kind": "price",
                    **seen,
                    "product": product(n),
                    "price": round(20 * level, 2),
                    "face_value": 20.0,
                }
                for n in range(2)
            ]
            records.append({"kind": "page", **seen, "role": "terms", "text": _TERMS[terms]})
    return records


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """Sites of every sort of record, read once; hypothesis chooses who hides what and when."""
    rng = np.random.default_rng(23)
    records = market(rng, hosts=SITES, days=DAYS) + storefront(rng)
    engine = database(tmp_path_factory.mktemp("market"), records)
    found = read_facts(engine, START + dt.timedelta(days=DAYS - 1))
    return replace(found, priors=fit(found))


def hiding_cases():
    """(site, day from which it hides, what it hides, whether a hidden counter is seen to be hidden or is just gone)."""
    what = st.sets(st.sampled_from(SHOWN_BY_THE_SITE), min_size=1)
    return st.tuples(st.integers(0, SITES - 1), st.integers(20, DAYS - 10), what, st.booleans())


def hidden_is_no_better(facts, case):
    """Compare every later day of a site that hides with the same site showing on what it showed then."""
    site, day, what, gone = case
    mine = facts.chunk(site, site + 1)
    shown, hidden = shown_from(mine, day), hidden_from(mine, day)
    rows = {kind: hidden.rows[kind] if kind in what else rows for kind, rows in shown.rows.items()}
    if gone and "orders" in what:
        rows["orders"] = mine.rows["orders"].take(mine.rows["orders"].seen <= day)
    a, b = judge(shown), judge(replace(hidden, rows=rows, cache={}))
    after = slice(day + 1, None)
    a_colour, b_colour, a_grade, b_grade = (
        panel[0, after].astype(int) for panel in (a.verdict, b.verdict, a.grade, b.grade)
    )
    colour = (b_colour < a_colour) & (a_colour != GREY) & (b_colour != GREY)
    grade = (b_grade < a_grade) & (a_grade != NR) & (b_grade != NR)
    assert not colour.any() and not grade.any(), (case, np.flatnonzero(colour | grade) + day + 1)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=hiding_cases())
def test_hiding_never_improves_a_label(facts, case):
    hidden_is_no_better(facts, case)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hiding_never_improves_a_label_in_ten_thousand_cases(facts, record_property):
    tried = []

    @settings(max_examples=10_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=hiding_cases())
    def every(case):
        tried.append(case)
        hidden_is_no_better(facts, case)

    every()
    record_property("cases", len(tried))
    record_property("different cases", len({(s, d, frozenset(w), g) for s, d, w, g in tried}))


@pytest.fixture(scope="module")
def silent(facts):
    """Thirty further days on which nothing at all is seen: (judged, the days from the last one with evidence on)."""
    later = quiet(facts, 30)
    return judge(replace(later, priors=fit(later))), slice(facts.days - 1, None)


def changes(panel, none):
    """Where a label changes; going to or from `none` (for want of evidence) is no change."""
    panel = panel.astype(int)
    return (np.diff(panel, axis=1) != 0) & (panel[:, 1:] != none) & (panel[:, :-1] != none)


def test_thirty_quiet_days_change_no_grade(silent):
    result, days = silent
    assert (result.grade[:, days.start] != NR).sum() >= SITES // 2
    assert not changes(result.grade[:, days], NR).any()
    total = np.sum(list(result.points.values()), axis=0)
    assert np.abs(total - result.score).max() < 1e-9, "points add up on quiet days too"


@pytest.mark.xfail(
    reason="a state of long calm is left by one step up to 11 days after the last visit (scoring/warning.py)"
)
def test_thirty_quiet_days_change_no_colour(silent):
    result, days = silent
    assert not changes(result.verdict[:, days], GREY).any()
