"""The evaluation: its arithmetic against numbers worked out by hand, its markets, and the command from end to end."""

import json
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from kamengwatch.cli.app import app
from sandbox.evidence.attack import COUNT, plan, write_attack
from sandbox.evidence.other_evidence import write_evidence
from sandbox.evidence.other_market import OtherMarket, OtherParameters
from scoring.evaluation.ground_truth import Truth
from scoring.evaluation.metrics import (
    at_equal_alarms,
    auc,
    bootstrap,
    brier_skill,
    calibration_error,
    detect,
    detection_at,
    held,
    logistic,
    median,
)
from scoring.observations.dataset import NEVER


def _truth(days, stress, end):
    n = len(stress)
    return Truth(
        stress=np.array(stress),
        end=np.array(end),
        part=np.array(["decline"] * n, dtype=object),
        operator=np.arange(n).astype(object),
        orders=np.full((n, days), 10.0),
        drops=np.ones((n, days)),
    )


def test_ranking_measures_agree_with_counting_pairs_by_hand():
    score, bad = np.array([5.0, 4, 4, 3, 1]), np.array([True, False, True, False, False])
    one = np.ones(5)
    # Pairs (bad, good): 5>4 5>3 5>1, 4=4 4>3 4>1 → 5.5 of 6.
    assert auc(score, bad, one) == pytest.approx(5.5 / 6)
    assert detection_at(score, bad, one, 0.02) == pytest.approx(0.5)
    assert detection_at(score, bad, one, 0.34) == pytest.approx(1.0)
    assert detection_at(np.zeros(5), bad, one, 0.02) == 0, "a score that says nothing detects nothing"
    # Counting a platform twice is the same as having it twice.
    twice = np.repeat(np.arange(5), [2, 1, 1, 3, 1])
    assert auc(score, bad, np.array([2.0, 1, 1, 3, 1])) == pytest.approx(
        auc(score[twice], bad[twice], np.ones(8))
    )


def test_probabilities_are_judged_by_their_shares():
    p = np.repeat([0.1, 0.9], 100)
    bad = np.r_[np.arange(100) % 10 == 0, np.arange(100) % 10 < 7]
    assert calibration_error(p, bad, np.ones(200)) == pytest.approx(0.1)
    assert brier_skill(np.full(200, 0.4), bad, np.ones(200)) == pytest.approx(0)
    assert median(np.array([1.0, 2, 9]), np.array([1.0, 1, 5])) == 9


def test_the_logistic_baseline_finds_the_coefficient_it_was_made_with():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, 1))
    y = (rng.random(20_000) < 1 / (1 + np.exp(-(2 * x[:, 0] - 1)))).astype(float)
    assert logistic(x, y)(np.array([[0.5]]))[0] == pytest.approx(0.5, abs=0.02)


def test_the_interval_resamples_whole_operators():
    groups, value = np.repeat([0, 1, 2, 3], 25), np.repeat([0.0, 0, 1, 1], 25)
    found = bootstrap(lambda w: (w * value).sum() / w.sum(), groups, 400, 1)
    assert found.value == 0.5
    assert found.low == 0.0 and found.high == 1.0, "four operators leave nearly everything open"


def test_leads_false_entries_and_years_are_counted_on_the_right_days():
    days = 425
    truth = _truth(days, [300, NEVER, 300], [360, NEVER, 360])
    on = np.zeros((3, days), bool)
    on[0, 340:350] = True  # 20 days ahead
    on[1, 100:110] = on[1, 200:210] = True  # false twice
    on[2, 290:310] = True  # false, and carried into the stress: 60 days ahead
    found = detect(on, truth)
    assert found.lead.tolist() == [20, -1, 60] and found.false.tolist() == [0, 2, 1]
    assert found.share(14, np.ones(3)) == 1.0 and found.share(30, np.ones(3)) == 0.5
    assert found.years.tolist() == pytest.approx([240 / 365, 1.0, 240 / 365])
    assert found.precision(np.ones(3)) == pytest.approx(1 / 4), (
        "a signal begun before the stress is a false entry"
    )


def test_a_baseline_gets_the_threshold_of_equal_false_alarms():
    rng = np.random.default_rng(3)
    truth = _truth(425, [NEVER] * 40, [NEVER] * 40)
    panel = rng.gamma(1.0, 1.0, (40, 425))
    limit = at_equal_alarms([panel], [truth], 0.5)
    found = detect(held(panel >= limit), truth)
    assert 0.2 < found.per_year(np.ones(40)) <= 0.5


def test_what_counts_as_bad_and_as_harm():
    truth = _truth(400, [300, NEVER, 310, NEVER], [360, 330, 500, NEVER])
    truth.drops[3, :] = 0.2
    # Day 320: in stress with 40 days to go; gone without signs in 10; in stress for long; never.
    assert np.isnan(truth.bad(320)[[0, 1, 2]]).tolist() == [False, True, False]
    assert truth.bad(320)[0] == 1 and truth.bad(320)[3] == 0, "ten in a hundred dropped is bad, two are not"
    assert truth.bad(340)[0] == 1
    assert truth.harm(345)[0] == pytest.approx(0.5 * 0.1 + 0.5), (
        "half the month is paid to a site that is gone"
    )
    assert np.isnan(truth.harm(320)[1]), "nobody could have told"


@pytest.fixture(scope="module")
def other():
    return OtherMarket(OtherParameters(seed=11, platforms=120, days=540))


def test_the_second_kind_of_market_is_as_hard_as_agreed(other):
    told, days = other.told, 540
    rates = []
    for s in other.shops:
        calm = min(s.stress if s.stress is not None else days, s.end if s.end is not None else days)
        rates.append(((told.shop == s.index) & (told.filed < calm)).sum() / max(calm, 1))
    assert np.median(rates) <= 0.35
    assert 0.4 < np.mean([s.counter == "shown" for s in other.shops]) < 0.6
    failing = [s for s in other.shops if s.part == "failing"]
    silent = [s for s in failing if s.stress is None]
    assert len(silent) / len(failing) == pytest.approx(0.25, abs=0.04)
    lengths = [s.end - s.stress for s in failing if s.stress is not None]
    assert min(lengths) >= 30 and max(lengths) <= 121
    assert {s.shape for s in failing} == {"step", "logistic", "relapse", "late"}
    assert max(Counter(s.operator for s in other.shops).values()) > 1
    calm = (other.stress == 0) & other.alive & (other.orders > 0)
    per_order = [
        other.drops[w].sum() / other.orders[w].sum() for w in (calm & other.outage, calm & ~other.outage)
    ]
    assert 2.5 < per_order[0] / per_order[1] < 5, "benign outages drop about four times as much"


def test_the_second_kind_of_market_repeats_to_the_byte(tmp_path):
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        made = OtherMarket(OtherParameters(seed=seed, platforms=24, days=120))
        write_evidence(made, tmp_path / name)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1] != files[2]


def test_an_attack_is_forty_different_texts_in_three_days_on_healthy_shops(other, tmp_path):
    truth = other.truth()
    targets = plan(truth, 5)
    part = {p["host"]: p["character"] for p in truth["platforms"]}
    assert targets and {part[host] for host in targets} == {"steady"}
    write_attack(truth, targets, 5, tmp_path / "attack.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "attack.jsonl").read_text("utf-8").splitlines()]
    assert len(lines) == COUNT * len(targets)
    host = next(iter(targets))
    mine = [r for r in lines if r["host"] == host]
    assert len({r["text"] for r in mine}) > 30
    assert max(r["filed_at"] for r in mine) < str(other.parameters.date_of(targets[host] + 4))


def test_the_command_prints_every_row_in_words_and_as_json(tmp_path):
    run = CliRunner().invoke(
        app,
        ["evaluate", "--quick", "--seed", "3", "--markets", "other", "--json", "--data-dir", str(tmp_path), "--draws", "5"]
        + ["--docs", str(tmp_path / "page.md")],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    answer = json.loads(run.stdout)
    rows = {r["id"]: r for r in answer["rows"]}
    wanted = "warning_14d lead false_warning above_ears alarm_precision auc detection ece tiers bomb_alarm bomb_points hiding quiet sums"
    assert set(wanted.split()) <= set(rows) and any(name.startswith("drop_cover") for name in rows)
    assert rows["sums"]["met"] is True and rows["quiet"]["met"] is True
    assert answer["tuned_on"] == [3], "a seed used for tuning is said to be one"
    page = (tmp_path / "page.md").read_text("utf-8")
    missed = [r["title_zh"] for r in answer["rows"] if r["met"] is False]
    assert all(f"**{title}**" in page for title in missed), "what was missed stands in words before the table"


@pytest.mark.soak
def test_the_same_seed_gives_the_same_figures(tmp_path):
    words = ["evaluate", "--quick", "--seed", "3", "--markets", "other", "--json", "--draws", "5"]
    told = [CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / name)]) for name in "ab"]
    assert json.loads(told[0].stdout)["rows"] == json.loads(told[1].stdout)["rows"]


@pytest.mark.parametrize(
    ("words", "named"),
    [(["--markets", "nowhere"], "--markets nowhere"), (["--platforms", "3"], "--platforms 3")],
)
def test_a_market_that_cannot_be_is_refused_by_name(tmp_path, words, named):
    run = CliRunner().invoke(app, ["evaluate", "--data-dir", str(tmp_path), *words])
    assert named in str(run.exception)


def test_each_market_draws_what_nobody_knows():
    """Other answers for other seeds, the same for the same; the sandbox's own markets draw none."""
    from sandbox.market.parameters import KNOWN, MarketParameters, drawn

    some = [drawn(seed) for seed in range(60)]
    assert some == [drawn(seed) for seed in range(60)] and MarketParameters().unknown == KNOWN
    told = sorted(u.reporting for u in some)
    assert 0.011 < told[0] < 0.02 and 0.09 < told[-1] < 0.151
    for name in ("by_amount", "outages", "shown", "slow", "inflated", "partial", "season"):
        assert len({getattr(u, name) for u in some}) > 1, name


def test_rates_alone_are_measured_beside_an_oracle(tmp_path):
    """Both kinds of market; the oracle, who knows how they were made, is nearer the truth than we are."""
    told = CliRunner().invoke(
        app,
        [
            "evaluate",
            "--seed",
            "41",
            "--quick",
            "--draws",
            "0",
            "--rates-only",
            "--json",
            "--data-dir",
            str(tmp_path),
        ],
    )
    assert told.exit_code == 0, told.output
    rows = {row["id"]: row for row in json.loads(told.stdout)["rows"]}
    assert "auc" not in rows and {
        "relative_rmse",
        "relative_order",
        "relative_cover_worst",
        "drop_cover_all",
    } <= set(rows)
    ours, oracle = rows["relative_rmse"]["value"], next(iter(rows["relative_rmse"]["baselines"].values()))
    assert oracle < ours
    assert rows["relative_order"]["value"] < next(iter(rows["relative_order"]["baselines"].values()))


def test_an_oracle_told_everything_finds_the_rates_again():
    from scoring.evaluation.oracle import drop_rates

    rng = np.random.default_rng(3)
    sites, days = 30, 100
    rate = rng.lognormal(np.log(0.03), 0.8, sites)
    orders = np.full((sites, days), 400.0)
    drops = rng.binomial(400, np.minimum(rate, 0.5)[:, None], (sites, days)).astype(float)
    truth = Truth(
        np.full(sites, NEVER), np.full(sites, NEVER), np.array(["steady"] * sites), np.arange(sites), orders, drops,
        np.full(sites, 0.1),
    )  # fmt: skip
    seen = np.cumsum(rng.binomial(drops.astype(int), 0.1), axis=1).astype(float)
    seen[:, 90:] -= seen[:, :-90].copy()
    found = drop_rates(seen, truth)[:, -1]
    assert np.abs(np.log(found / rate)).max() < 0.5
