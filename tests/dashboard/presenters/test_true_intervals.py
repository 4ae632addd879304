"""A rule has no interval: where a cap decides the score, none is handed out and a chart draws a point."""

from __future__ import annotations

from dashboard.presenters.formatting import ends_of, interval_of, score_words, with_true_interval

CAPPED = {"score": 46.0, "score_low": 46.0, "score_high": 50.0, "score_cap": "alarm"}
FREE = {"score": 72.0, "score_low": 65.0, "score_high": 79.0, "score_cap": None}


def test_a_capped_score_has_no_interval_anywhere() -> None:
    assert interval_of(CAPPED) is None and score_words(CAPPED) == "46 ≤"
    assert ends_of(CAPPED) == (46.0, 46.0)
    told = with_true_interval(CAPPED)
    assert told["score_low"] is None and told["score_high"] is None and told["score"] == 46.0


def test_any_other_keeps_its_own() -> None:
    assert ends_of(FREE) == (65.0, 79.0) and with_true_interval(FREE) == FREE
