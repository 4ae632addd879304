"""What turns a crawl red: counts outside the declared range, selectors that stop hitting, errors of our own, walls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.crawler import Crawler
from scrapy.utils.project import get_project_settings

from crawler.recording.health import collapsed, out_of_range, significantly_below
from crawler.run import spiders
from store.evidence.crawl_ledger import Expected
from tests.support.programs.spider_replay import NOW, play

SPIDERS = spiders()
FIXTURES = Path(__file__).parents[2] / "fixtures"
GOODS = Expected(2, 50, selectors={"goods": 0.5})


@pytest.mark.parametrize("name", SPIDERS)
def test_every_source_declares_its_range_and_its_main_selectors(name: str) -> None:
    expected = SPIDERS[name].card.expected
    assert expected is not None, f"{name}: give its card expected=Expected(least, most, ...)"
    assert 0 <= expected.least <= expected.most < 10**8
    assert expected.selectors and all(0 < rate <= 1 for rate in expected.selectors.values())


@pytest.mark.parametrize("name", SPIDERS)
def test_a_spider_that_has_not_begun_can_be_looked_at(name: str) -> None:
    """`-O out.jsonl`: Scrapy's feed exporter reads every attribute of a spider before its first request."""
    crawler = Crawler(SPIDERS[name], get_project_settings())
    crawler.settings.set("KAMENGWATCH_NOW", NOW)
    spider = SPIDERS[name].from_crawler(crawler, platform="a.test")
    assert "card" in {key for key in dir(spider) if getattr(spider, key) is not None}


@pytest.mark.parametrize(("counted", "says"), [(1, "at least 2"), (51, "at most 50"), (2, None), (50, None)])
def test_a_count_outside_the_range_is_told_with_its_bound(counted: int, says: str | None) -> None:
    reason = out_of_range(GOODS, counted)
    assert (reason is None) if says is None else (says in reason and str(counted) in reason)


def test_a_selector_that_used_to_hit_and_does_not_has_collapsed() -> None:
    past = [{"goods:rainbow": [6, 6]}] * 4
    found = dict(collapsed(GOODS, {"goods:rainbow": [0, 6]}, past))
    assert "hit 0 of 6, usually" in found["goods:rainbow"]
    assert not dict(collapsed(GOODS, {"goods:rainbow": [0, 6]}, []))
    assert not dict(collapsed(GOODS, {"goods:rainbow": [5, 6]}, past))


def test_a_selector_below_its_declared_rate_fails_even_the_first_crawl() -> None:
    assert "at least 50%" in dict(collapsed(GOODS, {"goods": [3, 40]}, []))["goods"]
    assert not dict(collapsed(GOODS, {"goods": [0, 3]}, []))


@given(tried=st.integers(1, 3_000), rate=st.floats(0.01, 1.0), data=st.data())
def test_fewer_hits_are_never_less_suspect_and_the_usual_rate_never_is(
    tried: int, rate: float, data: st.DataObject
) -> None:
    hits = data.draw(st.integers(0, tried))
    if significantly_below(hits, tried, rate):
        assert hits < rate * tried
        assert all(significantly_below(fewer, tried, rate) for fewer in range(max(0, hits - 3), hits))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12), st.integers(0, 30))
def test_a_crawl_like_those_before_it_never_collapses(past: list[tuple[int, int]], now: int) -> None:
    history = [{"entry": [min(pair), max(pair)]} for pair in past]
    usual = sum(min(pair) for pair in past) / max(1, sum(max(pair) for pair in past))
    assert not dict(collapsed(GOODS, {"entry": [-(-int(usual * now + 1) // 1), now + 1]}, history))


def played(tmp_path: Path, source: str, case: str, change: Any) -> dict[str, Any]:
    """A recorded case with its exchanges changed."""
    folder = FIXTURES / source / case
    recorded = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    change(recorded)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "case.json").write_text(json.dumps(recorded, ensure_ascii=False), encoding="utf-8")
    return play(SPIDERS[source], tmp_path)


def test_an_error_of_our_own_code_fails_the_crawl_and_names_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> Any:
        raise KeyError("amount")
        yield

    monkeypatch.setattr(SPIDERS["heimao"], "read_feed", breaks)
    result = played(tmp_path, "heimao", "normal", lambda case: None)
    assert result["outcome"] == "failed" and "KeyError: 'amount'" in result["reason"]


def test_a_wall_where_an_answer_was_expected_is_blocked_not_changed(tmp_path: Path) -> None:
    wall = "<html><title>安全验证</title><p>请完成安全验证</p></html>"

    def walled(case: dict[str, Any]) -> None:
        for exchange in case["exchanges"]:
            for key in ("json", "file", "hex", "body"):
                exchange.pop(key, None)
            exchange["body"] = wall

    result = played(tmp_path, "rednet", "normal", walled)
    assert result["outcome"] == "blocked", result["reason"]
