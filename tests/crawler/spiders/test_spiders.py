"""Every spider is replayed on every fixture of its source; a source without the needed fixtures fails with the fix."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler.run import spiders
from store.evidence.normalize import row_of
from store.evidence.records import About, parse_record
from store.redaction.rules import TOKEN
from tests.support.hostile.fuzzing import spoiled
from tests.support.programs.spider_replay import ArchivingBooks, CaseBooks, play

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


# What people wrote: the planted corpus in every answer of every source, and none of it in what is kept.

PLANTED = [
    json.loads(line)
    for line in (FIXTURES.parent / "corpora/redact/planted.jsonl").read_text("utf-8").splitlines()
]
SECRETS = {secret for row in PLANTED for secret in row["secrets"] if len(secret) > 4 or not secret.isascii()}
"""All but four figures of a card's end, which stand in any number."""
OWN_PAGES = ("storefront", "availability", "screenshot")
"""Sources that keep a shop's page as its visitors see it, its contacts included; of theirs the records are looked at."""
_TOLD = re.compile(r"[\u4e00-\u9fff]{2}")
_WORDS = re.compile(r"(?<=>)[^<>{};]*[\u4e00-\u9fff]{2}[^<>{};]*(?=<)")


def planting(rows: Iterator[dict[str, Any]]) -> Callable[[str], str]:
    """Adds the next of the planted texts to every text of an answer: strings of JSON, words between tags."""

    def more(said: str) -> str:
        return "\n".join([said, *(row["text"] for row in itertools.islice(rows, 2))])

    def into(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: into(one) for name, one in value.items()}
        if isinstance(value, list):
            return [into(one) for one in value]
        if isinstance(value, str) and "<" in value and _WORDS.search(value):
            return _WORDS.sub(lambda found: more(found.group()), value)
        return more(value) if isinstance(value, str) and _TOLD.search(value) else value

    def change(body: str) -> str:
        try:
            return json.dumps(into(json.loads(body)), ensure_ascii=False)
        except ValueError:
            return _WORDS.sub(lambda found: more(found.group()), body)

    return change


WRITTEN = ("heimao", "rednet", "forums", "channel", "github_issues")
"""Sources of which somebody's words are kept."""


@pytest.mark.parametrize("name", SPIDERS)
def test_nothing_of_the_planted_corpus_is_kept_of_any_source(name: str) -> None:
    """Rows, ledger and archive, whatever the source is: a spider somebody adds is asked too."""
    rows = itertools.cycle(PLANTED)
    books, told = CaseBooks() if name in OWN_PAGES else ArchivingBooks(), []
    mine = [case for source, case in CASES if source == name and case.name.startswith("normal")]
    for case in mine[:6]:
        result = play(SPIDERS[name], case, planting(rows), books)
        told.append(json.dumps([result["measured"], result["hosts"], result["reason"]], ensure_ascii=False))
        for given in result["records"]:
            try:
                record = parse_record(given)
            except ValueError:
                continue  # refused is not kept
            assert isinstance(record, About)
            told.append(repr(row_of(record, 1, "a.example", b"key")))
    assert name not in WRITTEN or any(TOKEN.search(one) for one in told), "none of the texts was read"
    for body in (*told, *(body.decode("utf-8", "replace") for body in getattr(books, "bodies", ()))):
        assert not {secret for secret in SECRETS if secret in body}, body[:2000]


@pytest.mark.parametrize("name", SPIDERS)
def test_a_spoiled_answer_brings_facts_or_a_reason_and_no_error_of_ours(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The callbacks of every source, so a spider somebody adds is asked too; the parsers alone are hammered in test_fuzz."""
    for case in [case for source, case in CASES if source == name and case.name.startswith("normal")][:2]:
        for number in range(1, 5):
            answers = itertools.count()

            def change(body: str, number: int = number, answers: Iterator[int] = answers) -> str:
                at = next(answers)
                if (
                    '"rcode"' in body or (at + number) % 2
                ):  # the name server's answer is put together by ourselves
                    return body
                return spoiled([body.encode()], number, f"{name}:{at}")[:60_000].decode("utf-8", "ignore")

            result = play(SPIDERS[name], case, change)
            assert result["outcome"] == "ok" or result["reason"], (case.name, number)
    assert not [r.getMessage() for r in caplog.records if r.exc_info]


def test_what_is_said_of_the_home_page_cites_the_home_page() -> None:
    """Its record is made when the lists and the notice have been read too, and is still no evidence from them."""
    books = ArchivingBooks()
    play(SPIDERS["storefront"], FIXTURES / "storefront/normal_dujiaoka_unicorn", books=books)
    cited = {record["role"]: urlsplit(url).path for record, url in books.cited if record["kind"] == "page"}
    assert cited == {"home": "/", "notice": "/", "terms": "/article/terms.html"}
