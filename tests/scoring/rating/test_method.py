"""The method is what its version says: numbers add up, the lock holds, the pages are generated."""

import ast
import datetime as dt
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scoring import method, method_lock
from scoring.engine.load_market import load_dataset
from scoring.evaluation.baselines import cusum, ears_c3, farrington_bound
from scoring.features.drop_rate import COUNTED, interval
from scoring.finding import definitions
from scoring.indicators.drop_overrepresented import eb05
from scoring.observations.dataset import NEVER
from scoring.publish import method_docs
from scoring.tables.sector import survival
from tests.support.markets.judged_records import database
from tests.support.markets.scoring import START, complaints, crawls

lock_of, complaint_of = method_lock.locked, method_lock.complaint
SCORING = Path(method_lock.__file__).parent
DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_weights_fill_their_dimensions():
    for dimension, points in method.DIMENSIONS.items():
        assert sum(w for d, w in method.WEIGHTS.values() if d == dimension) == pytest.approx(points)
    assert sum(method.DIMENSIONS.values()) == 100


def test_every_weight_has_its_indicator():
    assert set(method.WEIGHTS) <= {d.id for d in definitions()}


def test_no_silent_change_of_the_method():
    assert method_lock.complaint() is None, method_lock.complaint()


def test_a_changed_number_is_noticed_and_the_message_says_what_to_do(tmp_path):
    file = tmp_path / "method.lock"
    file.write_text(f"{method.METHOD_VERSION} {'0' * 64}\n")
    assert "METHOD_VERSION" in method_lock.complaint(file) and "CHANGELOG" in method_lock.complaint(file)


def _imported(module: str) -> set[str]:
    """The modules of scoring/ that a module of it imports, also inside its functions."""
    tree = ast.parse((SCORING / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "scoring":
            inside = (node.module or "").partition(".")[2]
            names = [inside, *(f"{inside}.{alias.name}".lstrip(".") for alias in node.names)]
            found |= {name for name in names if name and (SCORING / f"{name.replace('.', '/')}.py").is_file()}
    return found


def test_nothing_a_score_is_made_of_stands_outside_the_lock():
    scored = set(method_lock.scored_modules())
    used = {name for module in scored for name in _imported(module)}
    outside = used - scored - set(method_lock.UNSCORED)
    assert not outside, "list these in scoring/method_lock.py: SCORED, or UNSCORED where they move no score"
    assert not scored & set(method_lock.UNSCORED)
    assert set(method_lock.UNSCORED) <= used, "a module no scored code imports needs no mention"
    assert {f"indicators.{name}" for name in method.WEIGHTS} <= scored


def test_faster_code_is_the_same_method_when_somebody_says_what_shows_it(tmp_path, monkeypatch):
    file = tmp_path / "method.lock"
    file.write_text(f"{method.METHOD_VERSION} {'0' * 64}\n")
    monkeypatch.setattr(method_lock, "LOCK", file)
    monkeypatch.setattr(method_lock, "locked", lambda known=file: lock_of(known))
    monkeypatch.setattr(method_lock, "complaint", lambda known=file: complaint_of(known))
    for words in ([], ["--same"], ["--same", " "]):
        assert method_lock.main(words) != 0 and file.read_text().count("\n") == 1
    assert method_lock.main(["--same", "nine markets, the same bytes"]) == 0
    assert complaint_of(file) is None and "nine markets" in file.read_text()
    assert file.read_text().startswith(f"{method.METHOD_VERSION} {'0' * 64}\n"), "the old line stays"


@pytest.mark.parametrize("name", sorted(method_docs.pages()))
def test_generated_pages_are_current(name):
    text = (DOCS / name).read_text("utf-8")
    assert text == method_docs.pages()[name], (
        f"docs/{name} is out of date: run `python -m scoring.publish.method_docs`"
    )


def test_no_forbidden_word_in_the_method_pages():
    for text in method_docs.pages().values():
        for word in (
            "骗子",
            "诈骗网站",
            "黑平台",
            "跑路",
            "放心",
            "征信",
            "scam",
            "verified site",
            "trusted",
        ):
            assert word not in text


# Our estimators against numbers from the reference implementations (tests/golden/ holds the scripts that made them).


HERE = Path(__file__).parents[2] / "golden"
R = json.loads((HERE / "reference_r.json").read_text("utf-8"))
LIFELINES = json.loads((HERE / "reference_lifelines.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(LIFELINES["cases"]))
def test_kaplan_meier_is_that_of_lifelines(name):
    case = LIFELINES["cases"][name]
    length, event = np.array(case["length"]), np.array(case["event"], bool)
    share = survival(length, event, max(LIFELINES["edges"])).share
    left = [share[min(edge, len(share) - 1)] for edge in LIFELINES["edges"]]
    assert left == pytest.approx(case["left"], abs=1e-12)


def test_ears_c3_is_that_of_surveillance(tmp_path):
    """C3 of a week: max(0, C2 - 1) of it and of the two weeks before, C2 over 7 weeks two weeks back."""
    counts = [int(n) for n in R["ears_counts"]]
    days = [7 * week + i % 7 for week, n in enumerate(counts) for i in range(n)]
    engine = database(
        tmp_path, [{"kind": "platform", "host": "a.example"}, *crawls([0]), *complaints("a.example", days)]
    )
    facts = load_dataset(engine, START + dt.timedelta(days=7 * len(counts) - 1))
    # The counts are the test: nothing is to be taken for a campaign here.
    none = np.full(len(facts.rows["complaint"]), NEVER)
    facts.rows["complaint"].columns.update(held=none, freed=none)
    found = ears_c3(facts)[0]
    assert len(R["ears_week_c2_before"]) >= 20
    for week, c2, before in R["ears_week_c2_before"]:
        assert found[7 * int(week) + 6] == pytest.approx(max(0.0, c2 - 1) + before, abs=1e-8), week


@pytest.mark.parametrize(("k", "n", "low", "high"), R["jeffreys_k_n_low_high"])
def test_the_interval_of_a_counted_rate_is_jeffreys(k, n, low, high):
    """With no drop at all the lower end is 0 by definition, not Jeffreys' point."""

    def cell(value):
        return np.array([[value]])

    found = interval(SimpleNamespace(basis=cell(COUNTED), dropped=cell(k), n=cell(n)), 0)
    assert found.high == pytest.approx(high, rel=1e-9)
    assert found.low == (pytest.approx(low, rel=1e-9) if k else 0.0)


@pytest.mark.parametrize(("n", "e", "exact"), R["eb05_n_e_value"])
def test_eb05_is_the_quantile_of_r(n, e, exact):
    assert eb05(np.array([[n]]), np.array([[e]]))[0, 0] == pytest.approx(exact, rel=1e-9)


def test_farrington_is_that_of_surveillance():
    counts = np.array(R["weekly_counts"], float)
    assert len(R["farrington_week_bound"]) >= 20
    for week, bound in R["farrington_week_bound"]:
        year = int(week) - 52
        assert farrington_bound(counts[year - 3 : year + 4]) == pytest.approx(bound, rel=1e-6), week


def test_nb_cusum_is_that_of_surveillance():
    expected, value = np.array(R["cusum_expected_value"], float).T
    found = cusum(np.array(R["weekly_counts"], float), expected, 4.0, 2.0)
    assert found == pytest.approx(value, abs=1e-8)
    assert found.max() > 1
