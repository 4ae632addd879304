"""What would move a site to another tier: the facts named do it when they come true, and fewer do not."""

import datetime as dt
import json
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring import method
from scoring.engine.load_market import load_dataset
from scoring.engine.rate import rate
from scoring.finding import CONCERN, NOT_APPLICABLE, OK, UNKNOWN, Finding, definitions
from scoring.publish.publisher import publish
from scoring.rating.aggregate import aggregate, cap
from scoring.rating.assessment import _families_bad, conclude
from scoring.rating.counterfactual import (
    EXHAUSTIVE,
    STATE,
    Case,
    Supposed,
    case_of,
    counterfactual_rows,
    each_panel,
    smallest,
)
from scoring.rating.grades import grades
from scoring.snapshot.reader import TIER, VERDICTS
from scoring.warning.state_machine import ALARM, CLOSED, NORMAL, WARNING, WATCH
from tests.support.markets.judged_records import NOW, database, judged
from tests.support.markets.scoring import DAY, market
from tests.support.programs.in_process_cli import command

WEIGHTED = [d for d in definitions() if d.weight > 0]
NAMES = (*(d.id for d in WEIGHTED), STATE)
OWN_WORDS = ("funds_terms", "licence_claim")


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    engine = database(tmp_path_factory.mktemp("one"), [{"kind": "platform", "host": "a.example"}])
    return replace(load_dataset(engine, DAY), days=1)


def _finding(utility, outcome, strength, fresh):
    cells = (np.full((1, 1), v, float) for v in (utility, utility, 0.08, strength, fresh, 1.0))
    return Finding(np.full((1, 1), outcome, np.int8), *cells, "", lambda i: ("", ""), lambda i: [])


@st.composite
def cases(draw, facts):
    """A site with any findings, state, caps and a grade held that may lag behind its score."""
    found = {}
    for d in WEIGHTED:
        utility = draw(st.floats(0, 1))
        outcome = draw(st.sampled_from([OK if utility >= 0.5 else CONCERN] * 4 + [UNKNOWN, NOT_APPLICABLE]))
        fresh = 0.0 if outcome in (UNKNOWN, NOT_APPLICABLE) else draw(st.floats(0.1, 1))
        found[d.id] = (d, _finding(utility, outcome, draw(st.sampled_from([0.35, 0.6, 0.8, 1.0])), fresh))
    state = draw(st.sampled_from([NORMAL] * 4 + [WATCH, WARNING, ALARM, CLOSED]))
    caps = {n: np.array([[False]]) for n in method.CAPS}
    for name, code in (("warning", WARNING), ("alarm", ALARM), ("closed", CLOSED)):
        caps[name][0, 0] = state == code
    for name in ("filing", "funds_terms"):
        caps[name][0, 0] = draw(st.booleans()) and draw(st.booleans())
    case = Case(
        facts,
        found,
        np.full((1, 1), 4.0),
        caps,
        np.full((1, 1), 2, np.int8),
        np.full((1, 1), state, np.int8),
        np.zeros((1, 1)),
    )
    lag = draw(st.sampled_from([-3.0, 0.0, 0.0, 3.0]))
    return replace(case, grade=np.full((1, 1), held(case, lag), np.int8))


def held(case, lag):
    """The grade its score, moved by `lag`, would have on a first day."""
    score, sd, bad = scored(case, [()], True)
    return grades(score[:, None] + lag, sd[:, None], bad[:, None], np.array([[True]]), np.array([[True]]))[
        0, 0
    ]


def scored(case, sets, best):
    """(score, sd, families against) of each set coming true, each through aggregate and caps as on any day."""
    found, shape = {}, (1, len(sets))
    for name, (d, f) in case.found.items():
        here = np.array([[name in s for s in sets]])
        top = max(f.utility[0, 0], method.OWN_WORDS_CAP if name in OWN_WORDS else 1.0)
        changed = here & (f.outcome[0, 0] != NOT_APPLICABLE)
        found[name] = (
            d,
            replace(
                f,
                outcome=np.where(changed, OK if best else CONCERN, f.outcome),
                utility=np.where(here, top if best else 0.0, f.utility),
                freshness=np.where(here, 1.0, f.freshness),
                **{p: np.broadcast_to(getattr(f, p), shape) for p in ("sd", "strength", "value", "n")},
            ),
        )
    like = SimpleNamespace(shape=shape)
    raw = aggregate(like, found, np.full(shape, 4.0))
    caps = {n: np.broadcast_to(on, shape).copy() for n, on in case.caps.items()}
    caps["weak_dimension"] = (raw.utility_of["B"] < method.WEAK_DIMENSION) | (
        raw.utility_of["C"] < method.WEAK_DIMENSION
    )
    for at, s in enumerate(sets):
        for fact, name in (("icp_filing", "filing"), ("funds_terms", "funds_terms")):
            if fact in s:
                caps[name][0, at] = not best
        if best and STATE in s:
            for name in ("warning", "alarm", "closed"):
                caps[name][0, at] = False
    score, _ = cap(raw, caps)
    return score[0], raw.sd[0], _families_bad(like, found)[0]


def tiers_of(case, sets, best):
    """The tier under each set, by two days of the grade machine: the grade held, then news."""
    score, sd, bad = scored(case, sets, best)
    out = []
    for at, s in enumerate(sets):
        state = NORMAL if best and STATE in s else int(case.state[0, 0])
        now = following(int(case.grade[0, 0]), score[at], sd[at], bad[at])
        out.append(
            3 if state in (WARNING, ALARM, CLOSED) or now >= 3 else 2 if state == WATCH or now == 2 else 1
        )
    return out


_ARRIVES = {0: (95.0, 0.0), 1: (77.0, 0.0), 2: (62.0, 0.0), 3: (47.0, 2.0), 4: (20.0, 2.0)}
"""A first day's (score, families against) that gives each grade."""


def following(grade, score, sd, bad):
    first, against = _ARRIVES[grade]
    two = np.array([[first, score]]), np.array([[0.5, sd]]), np.array([[against, bad]])
    found = grades(*two, np.array([[True, True]]), np.array([[True, True]]))[0]
    assert found[0] == grade
    return int(found[1])


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.booleans())
def test_the_named_facts_change_the_tier_and_no_fewer_do(facts, data, best):
    case = data.draw(cases(facts))
    state, grade = int(case.state[0, 0]), int(case.grade[0, 0])
    tier = 3 if state in (WARNING, ALARM, CLOSED) or grade >= 3 else 2 if state == WATCH or grade == 2 else 1

    def moves(sets):
        return [t < tier if best else t > tier for t in tiers_of(case, sets, best)]

    found = smallest(case, np.array([tier]), best)[0]
    if found is None:
        assert not moves([NAMES])[0]
        return
    named, leads_to = found
    assert tiers_of(case, [named], best) == [leads_to] and moves([named])[0]
    fewer = [s for size in range(min(len(named), EXHAUSTIVE + 1)) for s in combinations(NAMES, size)]
    fewer += [tuple(n for n in named if n != left) for left in named]
    assert not fewer or not any(moves(fewer)), [s for s, m in zip(fewer, moves(fewer), strict=True) if m]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    engine = database(folder, market(np.random.default_rng(7), hosts=12))
    return engine, folder, judged(engine, DAY)


def test_with_nothing_supposed_the_tier_and_score_are_the_published_ones(played):
    result = played[2]
    tier, score = Supposed(case_of(result), True).tiers(np.zeros((1, len(NAMES)), bool))
    published = [TIER[VERDICTS[v]] for v in result.verdict[:, -1]]
    rated = [i for i, t in enumerate(published) if t]
    assert len(rated) >= 5
    assert [int(tier[i, 0]) for i in rated] == [published[i] for i in rated]
    np.testing.assert_allclose(score[:, 0], result.score[:, -1], atol=1e-9)


def test_every_site_says_what_would_change_its_tier(played):
    result = played[2]
    before = result.score.copy()
    for verdict, row in zip(result.verdict[:, -1], counterfactual_rows(result), strict=True):
        tier = TIER[VERDICTS[verdict]]
        assert bool(row["better_zh"]) == bool(row["better_en"]) == (tier != 1)
        assert bool(row["worse_zh"]) == bool(row["worse_en"]) == (tier in (1, 2))
        assert set(row["better_facts"] + row["worse_facts"]) <= set(NAMES)
    assert (result.score == before).all(), "asking changes nothing"


def test_an_unrated_site_names_what_must_be_seen(tmp_path):
    records = [{"kind": "platform", "host": "a.example"}, *(_probe(back) for back in range(40))]
    row = counterfactual_rows(judged(database(tmp_path, records), DAY))[0]
    assert "40%" in row["better_zh"] and "drop_rate" in row["better_facts"] and row["worse_zh"] == ""


def _probe(back):
    at = f"{DAY - dt.timedelta(days=back)}T12:00:00+08:00"
    one = {"kind": "probe", "source": "availability", "host": "a.example", "outcome": "ok"}
    return {**one, "observed_at": at}


def test_explain_prints_it_in_both_languages_and_as_json(played, capsys):
    engine, folder, result = played
    rate(engine, folder, DAY, NOW)
    publish(engine, folder, NOW)
    site = next(i for i, r in enumerate(counterfactual_rows(result)) if r["better_facts"])
    host, row = result.facts.sites[site].host, counterfactual_rows(result)[site]
    here = ("--data-dir", folder)
    chinese = command(capsys, "explain", host, *here).out
    assert row["better_zh"] in "".join(chinese.split("\n"))
    english = command(capsys, "explain", host, "--lang", "en", *here).out
    assert row["better_en"] in " ".join(english.split())
    told = json.loads(command(capsys, "explain", host, "--json", *here).out)
    assert told["better"] == {"facts": row["better_facts"], "sentence": row["better_zh"]}


_HELD = 70
"""Days for which what is supposed holds: longer than the pace that limits a fall takes for any number of points."""


def _lasting(panel):
    """A panel whose last days are all like the last one."""
    out = np.array(panel)
    out[:, -_HELD:] = out[:, -1:]
    return out


def test_what_the_card_says_would_move_a_site_moves_it(tmp_path_factory):
    """Applied to the findings themselves and concluded again by the whole method, not by the search's own shortcut."""
    applied = wrong = 0
    for seed in range(4):
        engine = database(
            tmp_path_factory.mktemp("applied"), market(np.random.default_rng(40 + seed), hosts=24)
        )
        result = judged(engine, DAY)
        found = {n: (d, each_panel(f, _lasting)) for n, (d, f) in result.found.items()}
        signs = result.warned.signs
        news = {
            n: np.where(np.arange(v.shape[1]) >= v.shape[1] - _HELD, 1e-9, v)
            for n, v in signs.evidence.items()
        }
        # What is supposed is a fact, not a burst that waits for support.
        warned = replace(
            result.warned,
            state=_lasting(result.warned.state),
            signs=replace(signs, evidence=news),
            supported=np.ones_like(result.warned.supported),
        )
        settled = conclude(result.facts, found, warned)
        for site, row in enumerate(counterfactual_rows(settled)):
            tier = TIER[VERDICTS[settled.verdict[site, -1]]]
            if (
                tier is None
                or settled.caps["filing"][site, -1]
                or settled.grade[site, -1] != settled.grade[site, -_HELD - 1]
            ):
                continue
            for name, best in (("better", True), ("worse", False)):
                facts = row[f"{name}_facts"]
                if not facts or "icp_filing" in facts:
                    continue
                changed = dict(found)
                for fact in set(facts) - {STATE}:
                    changed[fact] = (found[fact][0], _supposed(fact, found[fact][1], site, best))
                state = warned.state.copy()
                if STATE in facts:
                    state[site, -_HELD:] = NORMAL
                after = conclude(result.facts, changed, replace(warned, state=state))
                moved = TIER[VERDICTS[after.verdict[site, -1]]]
                applied += 1
                wrong += not (moved is not None and (moved < tier if best else moved > tier))
    assert applied >= 100 and wrong == 0, (applied, wrong)


def _supposed(name, finding, site, best):
    """The finding with one site at its best or worst for the last days."""
    panels = {p: np.array(getattr(finding, p)) for p in ("outcome", "utility", "freshness")}
    if panels["outcome"][site, -1] == NOT_APPLICABLE:
        return finding
    top = max(panels["utility"][site, -1], method.OWN_WORDS_CAP if name in OWN_WORDS else 1.0)
    for panel, value in (
        ("outcome", OK if best else CONCERN),
        ("utility", top if best else 0.0),
        ("freshness", 1.0),
    ):
        panels[panel][site, -_HELD:] = value
    return replace(finding, **panels)
