"""The method is what its version says: numbers add up, the lock holds, the pages are generated."""

from pathlib import Path

import pytest

from scoring import documents, lock, method
from scoring.finding import definitions

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_weights_fill_their_dimensions():
    for dimension, points in method.DIMENSIONS.items():
        assert sum(w for d, w in method.WEIGHTS.values() if d == dimension) == pytest.approx(points)
    assert sum(method.DIMENSIONS.values()) == 100


def test_every_weight_has_its_indicator():
    assert set(method.WEIGHTS) <= {d.id for d in definitions()}


def test_no_silent_change_of_the_method():
    assert lock.complaint() is None, lock.complaint()


def test_a_changed_number_is_noticed_and_the_message_says_what_to_do(tmp_path):
    file = tmp_path / "method.lock"
    file.write_text(f"{method.METHOD_VERSION} {'0' * 64}\n")
    assert "METHOD_VERSION" in lock.complaint(file) and "CHANGELOG" in lock.complaint(file)


@pytest.mark.parametrize("name", sorted(documents.pages()))
def test_generated_pages_are_current(name):
    text = (DOCS / name).read_text("utf-8")
    assert text == documents.pages()[name], f"docs/{name} is out of date: run `python -m scoring.documents`"


def test_no_forbidden_word_in_the_method_pages():
    for text in documents.pages().values():
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
