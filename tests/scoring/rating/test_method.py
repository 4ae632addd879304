"""The method is what its version says: numbers add up, the lock holds, the pages are generated."""

import ast
from pathlib import Path

import pytest

from scoring import method, method_lock
from scoring.finding import definitions
from scoring.publish import method_docs

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
