"""Rules of the rating that hold for any evidence: ageing never lifts, grades move only with evidence."""

import datetime as dt

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring import method
from scoring.finding import CONCERN, OK, Definition, Finding
from scoring.rating.aggregate import Scored, aggregate, limit_score_drop
from scoring.rating.grades import NR, grades

DAY = dt.date(2026, 4, 30)
START = dt.date(2026, 1, 1)
_TEXTS = (
    "付款成功但一直没到账",
    "申请退款拖着一直不退",
    "余额提现一直失败",
    "网站打不开了",
    "会员等级说降就降",
)


def _fake(value, outcome=None, fresh=1.0):
    shape = (1, 1)
    code = (OK if value >= 0.5 else CONCERN) if outcome is None else outcome

    def panel(x, kind=float):
        return np.full(shape, x, kind)

    return Finding(
        panel(code, np.int8),
        panel(value),
        panel(value),
        panel(0.05),
        panel(0.8),
        panel(fresh),
        panel(1.0),
        "",
        lambda i: ("", ""),
        lambda i: [],
    )


def _found(values, fresh):
    out = {}
    for (name, _), value, f in zip(sorted(method.WEIGHTS.items()), values, fresh, strict=True):
        out[name] = (Definition(name, ("", ""), {}, (), None), _fake(value, fresh=f))
    return out


class _Shape:
    shape = (1, 1)


_UTILITIES = st.lists(st.floats(0, 1), min_size=20, max_size=20)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_UTILITIES, st.sets(st.integers(0, 19)), st.floats(0, 0.99))
def test_evidence_that_grows_old_never_lifts_the_score(values, stale, freshness):
    """What is not renewed counts less when good and fully when bad, and coverage falls."""
    families = np.full((1, 1), 3.0)
    fresh = aggregate(_Shape(), _found(values, [1.0] * 20), families)
    old = aggregate(
        _Shape(), _found(values, [max(freshness, 1e-6) if i in stale else 1.0 for i in range(20)]), families
    )
    assert old.score[0, 0] <= fresh.score[0, 0] + 1e-9
    assert old.coverage[0, 0] <= fresh.coverage[0, 0] + 1e-9
    assert abs(sum(p[0, 0] for p in old.points.values()) - old.score[0, 0]) < 1e-9


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.booleans(), st.booleans()), min_size=2, max_size=30),
    st.floats(0.1, 12),
)
def test_a_grade_changes_only_with_new_evidence_and_beyond_the_hysteresis(days, sd):
    score = np.array([[s for s, _, _ in days]])
    rated = np.array([[r for _, r, _ in days]])
    news = np.array([[n for _, _, n in days]])
    found = grades(score, np.full(score.shape, sd), np.full(score.shape, 2.0), rated, news)[0]
    for day in range(1, len(days)):
        a, b = found[day - 1], found[day]
        if a != b and NR not in (a, b):
            assert news[0, day]
        if not rated[0, day]:
            assert b == NR


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=25))
def test_a_burst_of_complaints_costs_little_before_it_can_be_looked_into_and_everything_afterwards(utilities):
    """Within PACE's days at most PACE's points, never more than the facts say, and good news at once."""
    days, most = method.PACE
    held = utilities + [utilities[-1]] * 200
    panel = np.array([held])
    size = sum(method.DIMENSIONS[d] for d in "BCD")
    raw = size * panel
    plain = Scored(raw, panel, panel, {}, dict.fromkeys("BCD", panel), panel, panel)
    slow = limit_score_drop(plain, np.ones(panel.shape, bool))
    score = slow.score[0]
    assert np.all(score >= raw[0] - 1e-9) and np.isclose(score[-1], raw[0, -1])
    assert np.allclose(score - slow.points["cap_pace"][0], raw[0])
    for day in range(1, len(held)):
        assert score[day] >= score[max(day - days + 1, 0) : day].max() - most - 1e-9
        assert score[day] <= max(raw[0, day], score[day - 1]) + 1e-9
    first_look = limit_score_drop(plain, np.zeros(panel.shape, bool))
    assert np.allclose(first_look.score, raw)
