"""Rules a reader relies on: unknown is not fine, hiding never helps, history is what was known then, points add up."""

import datetime as dt
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring import method
from scoring.engine.load_market import complete_since, load_dataset
from scoring.features.drop_rate import drop_rate, interval
from scoring.features.population import fit_population_priors
from scoring.finding import CONCERN, OK, UNKNOWN, Definition, Finding
from scoring.observations.dataset import NEVER, ObservationColumns
from scoring.observations.day_index import day_number
from scoring.rating.aggregate import Scored, aggregate, limit_score_drop
from scoring.rating.assessment import assess
from scoring.rating.grades import GRADES, NR, grades
from scoring.tables.sentences import _why_grade
from scoring.warning.state_machine import NORMAL, STATES
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import DAY, START, at, complaints, crawls, market


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    engine = database(tmp_path_factory.mktemp("market"), market(np.random.default_rng(7)))
    return engine, judged(engine, DAY)


def test_contributions_sum_to_the_score(whole):
    _, result = whole
    total = np.sum(list(result.points.values()), axis=0)
    assert np.abs(total - result.score).max() < 1e-9


@pytest.mark.parametrize("back", [1, 17, 40])
def test_history_is_what_was_known_then(whole, back):
    """The row of a past day is the same as if the rating had been run on that day."""
    engine, result = whole
    then = judged(engine, DAY - dt.timedelta(days=back))
    now = result.facts.days - 1 - back
    assert then.facts.first_day == result.facts.first_day
    for ours, theirs in (
        (result.score, then.score),
        (result.coverage, then.coverage),
        (result.warned.log_odds, then.warned.log_odds),
    ):
        np.testing.assert_allclose(ours[:, now], theirs[:, -1], atol=1e-9)
    assert (result.warned.state[:, now] == then.warned.state[:, -1]).all()
    assert (result.grade[:, now] == then.grade[:, -1]).all()
    assert (result.verdict[:, now] == then.verdict[:, -1]).all()


def test_the_order_of_import_does_not_matter(tmp_path):
    records = market(np.random.default_rng(3), hosts=3, days=80)
    a = judged(database(tmp_path / "a", records), DAY)
    mixed = list(records)
    np.random.default_rng(1).shuffle(mixed)
    b = judged(database(tmp_path / "b", mixed), DAY)
    np.testing.assert_allclose(a.score, b.score, atol=1e-9)
    assert (a.warned.state == b.warned.state).all()


def test_nothing_known_is_not_rated(tmp_path):
    result = judged(database(tmp_path, [{"kind": "platform", "host": "a.example"}]), DAY)
    assert GRADES[result.grade[0, -1]] == "NR" and result.coverage[0, -1] == 0


def test_failed_crawls_are_never_calm(tmp_path):
    """After a surge, days of failed crawls must not lower the log odds, and the state becomes stale, not normal."""
    surge = [d for d in range(80, 90) for _ in range(5)]
    base = [
        {"kind": "platform", "host": "a.example"},
        *crawls(range(0, 90)),
        *complaints("a.example", [*range(0, 80, 8), *surge]),
    ]
    before = judged(database(tmp_path / "a", base), START + dt.timedelta(days=89))
    after = judged(
        database(tmp_path / "b", [*base, *crawls(range(90, 115), "failed")]), START + dt.timedelta(days=114)
    )
    assert STATES[before.warned.state[0, -1]] == "watch"
    assert after.warned.log_odds[0, -1] == pytest.approx(before.warned.log_odds[0, -1])
    assert STATES[after.warned.state[0, -1]] == "stale"
    assert after.score[0, -1] <= before.score[0, -1] + 1e-9


def test_a_blocked_crawl_covers_nothing(tmp_path):
    result = judged(
        database(tmp_path, [{"kind": "platform", "host": "a.example"}, *crawls(range(0, 60), "blocked")]), DAY
    )
    assert result.coverage[0, -1] == 0


def test_a_hidden_counter_is_unknown_and_does_not_help(tmp_path):
    def orders(day, total, processed, hidden=False):
        return {
            "kind": "orders",
            "source": "storefront",
            "host": "a.example",
            "observed_at": at(day),
            "total": total,
            "processed": processed,
            "today": 50,
            "hidden": hidden,
        }

    shown = [{"kind": "platform", "host": "a.example"}, *crawls(range(0, 120))]
    shown += complaints("a.example", range(20, 100, 2))
    shown += [orders(d, 1000 + 20 * d, 900 + 10 * d) for d in range(0, 100, 5)]
    hiding = [orders(d, None, None, True) for d in range(100, 120, 5)]
    zeroes = [orders(d, 0, 0) for d in range(100, 120, 5)]
    honest = [orders(d, 1000 + 20 * d, 900 + 10 * d) for d in range(100, 120, 5)]
    results = {
        n: judged(database(tmp_path / n, shown + more), DAY)
        for n, more in (("a", hiding), ("b", zeroes), ("c", honest))
    }
    assert drop_rate(results["c"].facts).basis[0, -1] == 1
    for name in ("a", "b"):
        assert interval(drop_rate(results[name].facts), 0).rate is None
        assert results[name].score[0, -1] <= results["c"].score[0, -1] + 0.5
        assert results[name].verdict[0, -1] >= results["c"].verdict[0, -1]


def test_the_drop_rate_is_counted_as_defined(tmp_path):
    """Late delivery and refunds stay dropped; promised hours count; young orders wait; the window has 90 days."""

    def order(ref, paid, delivered=None, state="processing", **more):
        return {
            "kind": "order",
            "source": "feed",
            "host": "a.example",
            "order_ref": ref,
            "paid_at": paid,
            "delivered_at": delivered,
            "refunded_at": None,
            "state": state,
            **more,
        }

    end = dt.datetime(2026, 4, 30, 16, tzinfo=dt.UTC)  # The end of 2026-04-30 in Shanghai.

    def ago(**delta):
        return (end - dt.timedelta(**delta)).isoformat()

    records = [
        order("kept", ago(days=10), ago(days=9, hours=12), "delivered"),
        order("late", ago(days=10), ago(days=8), "delivered"),
        order("late but promised 72 h", ago(days=10), ago(days=8), "delivered", promised_hours=72),
        order("refunded", ago(days=10), None, "refunded"),
        order("missing", ago(days=10), ago(days=9, hours=20), "missing"),
        order("stuck", ago(days=5)),
        order("said", ago(days=5), drop_kind="payment_not_synced"),
        order("young", ago(hours=23)),
        order("just ripe", ago(hours=24)),
        order("edge of the window", ago(days=90), ago(days=89, hours=20), "delivered"),
        order("too old", ago(days=90, minutes=1)),
        order("promise not over", ago(days=2), promised_hours=72),
    ]
    result = judged(database(tmp_path, records), DAY)
    found = drop_rate(result.facts)
    assert found.n[0, -1] == 10
    assert found.dropped[0, -1] == 6
    assert [k[0, -1] for k in found.by_kind] == [1, 2, 1, 2]
    part = interval(found, 0)
    assert part.rate == pytest.approx(0.6) and part.low < 0.6 < part.high


def test_a_filing_by_a_failed_query_stays_unknown(tmp_path):
    result = judged(
        database(tmp_path, [{"kind": "platform", "host": "a.example"}, *crawls([5], "failed", "icp")]), DAY
    )
    assert result.found["icp_filing"][1].outcome[0, -1] == UNKNOWN


def test_a_platform_beside_others_gets_the_same_warning_alone(whole):
    """Chunks do not matter: the state of a platform does not depend on which others are in its chunk."""
    engine, result = whole
    facts = load_dataset(engine, DAY)
    facts = facts.fitted(fit_population_priors(facts))
    alone = assess(facts.chunk(1, 2))
    np.testing.assert_allclose(alone.score[0], result.score[1], atol=1e-9)
    assert (alone.warned.state[0] == result.warned.state[1]).all()


# --- Silence: whatever a platform hides, its label does not get better -------------------------------------------


def test_quiet_days_change_no_label(tmp_path):
    """30 days of healthy crawls that bring nothing new leave grades alone."""
    records = market(np.random.default_rng(11), hosts=4, days=90)
    quiet = [
        *crawls(range(90, 121)),
        *crawls(range(90, 121), source="storefront"),
        *crawls(range(90, 121), source="availability"),
    ]
    result = judged(database(tmp_path, records + quiet), START + dt.timedelta(days=120))
    grade = result.grade[:, -30:]
    changed = (np.diff(grade, axis=1) != 0) & (grade[:, 1:] != NR) & (grade[:, :-1] != NR)
    assert not changed.any()


def test_a_bomb_of_copies_does_not_raise_an_alarm(tmp_path):
    text = "这家网站付款之后一直没有到账客服也不回复大家不要买"
    base = [
        {"kind": "platform", "host": "a.example"},
        *crawls(range(0, 110)),
        *complaints("a.example", range(0, 100, 6)),
    ]
    bomb = [
        {
            "kind": "complaint",
            "source": "heimao",
            "source_id": f"b{i}",
            "host": "a.example",
            "filed_at": at(100 + i % 3, i % 23),
            "text": f"{text}{i}",
        }
        for i in range(40)
    ]
    calm = judged(database(tmp_path / "a", base), START + dt.timedelta(days=109))
    hit = judged(database(tmp_path / "b", base + bomb), START + dt.timedelta(days=109))
    assert STATES[hit.warned.state[0, -1]] in ("normal", "watch")
    assert (hit.warned.proposed == -1).all()
    assert calm.score[0, -1] - hit.score[0, -1] <= 3


def test_reasons_and_sentences_hold_no_judgement_words(whole):
    _, result = whole
    said = json.dumps([[f.say(i) for i in range(4)] for _, f in result.found.values()], ensure_ascii=False)
    for word in ("骗子", "诈骗", "跑路", "放心", "scam", "trusted"):
        assert word not in said


# Rules of the rating that hold for any evidence: ageing never lifts, grades move only with evidence.


RULES_DAY = dt.date(2026, 4, 30)
RULES_START = dt.date(2026, 1, 1)
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
        out[name] = (Definition(name, ("", ""), {}, (), (), None), _fake(value, fresh=f))
    return out


class _Shape:
    shape = (1, 1)


_UTILITIES = st.lists(st.floats(0, 1), min_size=20, max_size=20)


@settings(suppress_health_check=[HealthCheck.too_slow])
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


@given(st.lists(st.floats(0, 1), min_size=2, max_size=25))
def test_a_burst_of_complaints_costs_little_before_it_can_be_looked_into_and_everything_afterwards(utilities):
    """Within PACE's days at most PACE's points, never more than the facts say, and good news at once."""
    days, most = method.PACE
    held = utilities + [utilities[-1]] * 200
    panel = np.array([held])
    size = sum(method.DIMENSIONS[d] for d in "BCD")
    raw = size * panel
    plain = Scored(raw, panel, panel, {}, dict.fromkeys("BCD", panel), panel, panel)
    yes, no = np.ones(panel.shape, bool), np.zeros(panel.shape, bool)
    slow = limit_score_drop(plain, yes, yes)
    score = slow.score[0]
    assert np.all(score >= raw[0] - 1e-9) and np.isclose(score[-1], raw[0, -1])
    assert np.allclose(score - slow.points["cap_pace"][0], raw[0])
    for day in range(1, len(held)):
        assert score[day] >= score[max(day - days + 1, 0) : day].max() - most - 1e-9
        assert score[day] <= max(raw[0, day], score[day - 1]) + 1e-9
    assert np.allclose(limit_score_drop(plain, no, yes).score, raw), "a first look counts at once"
    # A burst that nothing else supports costs little more for three months, and is no reason for a score to rise.
    (long, least), alone = method.PACE_BURST, limit_score_drop(plain, yes, no).score[0]
    assert np.all(alone >= score - 1e-9)
    for day in range(1, len(held)):
        before = alone[max(day - long, 0) : day]
        assert alone[day] >= min(before.max() - least, before[-1]) - 1e-9
        assert alone[day] <= max(raw[0, day], before[-1]) + 1e-9


# How far back complaint sources show everything: a first look at the newest pages is not a past without complaints.


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
    result = assess(facts.fitted(fit_population_priors(facts)))
    assert result.warned.surge.informed[:, -1].all()
    assert (result.warned.state[:, begin:] == NORMAL).all()


@given(st.sampled_from("ABCDE"), st.floats(0, 100), st.floats(0.1, 20))
def test_the_score_that_is_told_stands_where_the_sentence_says(grade, score, sd):
    """Also of a grade that is held from before: 56 is not below 55, and 69.6 is told as 69, on the card as in its reason."""
    one = SimpleNamespace(score=np.array([[score]]), scored=SimpleNamespace(sd=np.array([[sd]])))
    zh, _ = _why_grade(one, 0, grade)
    told = float(re.search(r"信用分 ([\d.]+)", zh)[1])
    below = re.search(r"(?:没有达到|低于) (\d+) 分", zh)
    above = re.search(r"虽不低于 (\d+)|，达到 (\d+) 分的把握不低于", zh)
    assert told <= score + 1e-6 and score - told < 1  # whole and rounded down, as on every page
    assert below is None or (told < float(below[1]) and score < float(below[1]))
    assert above is None or score >= float(above[1] or above[2])
