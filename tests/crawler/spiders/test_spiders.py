"""Every spider is replayed on every fixture of its source; a source without the needed fixtures fails with the fix."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from crawler.run import spiders
from tests.support.programs.spider_replay import play

FIXTURES = Path(__file__).parents[2] / "fixtures"
SPIDERS = spiders()
CASES = [
    (name, case)
    for name in SPIDERS
    for case in sorted(p.parent for p in (FIXTURES / name).glob("*/case.json"))
]
POLITE = ("ROBOTSTXT_OBEY", "CONCURRENT_REQUESTS_PER_DOMAIN", "DOWNLOAD_DELAY", "USER_AGENT")


@pytest.mark.parametrize("name", SPIDERS)
def test_a_source_has_a_normal_a_blocked_and_a_damaged_case(name: str) -> None:
    have = {case.name for source, case in CASES if source == name}
    for needed in ("normal", "blocked", "damaged"):
        assert any(case.startswith(needed) for case in have), (
            f"add tests/fixtures/{name}/{needed}/case.json, run with KAMENGWATCH_WRITE_EXPECTED=1, and review expected.json"
        )


@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=lambda value: value if isinstance(value, str) else value.name
)
def test_case(name: str, case: Path) -> None:
    result = play(SPIDERS[name], case)
    expected = case / "expected.json"
    if not expected.exists() and os.environ.get("KAMENGWATCH_WRITE_EXPECTED"):
        expected.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"wrote {expected}: review it, then run again")
    assert expected.exists(), (
        f"no {expected}: run once with KAMENGWATCH_WRITE_EXPECTED=1 and review what it writes"
    )
    assert result == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SPIDERS)
def test_no_spider_overrides_politeness(name: str) -> None:
    assert not SPIDERS[name].custom_settings
    module = Path(__import__(SPIDERS[name].__module__, fromlist=["x"]).__file__)
    source = module.read_text(encoding="utf-8")
    for word in ("dont_obey_robotstxt", "download_slot", "download_delay", *POLITE):
        assert word not in source, f"{module.name} touches {word}"


@pytest.mark.parametrize("name", SPIDERS)
def test_a_card_says_who_publishes_and_what_cannot_be_seen(name: str) -> None:
    card: Any = SPIDERS[name].card
    assert card.id == name == SPIDERS[name].name
    assert card.title_zh and card.title_en and card.publisher and card.blind_zh and card.blind_en
    assert card.tier in "ABCD" and card.cadence_hours > 0
    expected = card.expected
    assert 0 <= expected.least <= expected.most and expected.of in ("host", "crawl") and expected.selectors
