"""Every sentence the product can say, filled in: none speaks of one thing as of several, mixes languages, shows a code or says “0 天前”."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from dashboard.help.letters import LETTERS, Fields, write
from sandbox.evidence.evidence import write_evidence
from sandbox.market.market import MarketParameters, build_market
from scoring import method
from scoring.engine.rate import rate
from scoring.figures import Said
from scoring.finding import days_ago, share_words
from scoring.publish.publisher import publish
from store.text.safe_text import in_number
from tests.support.data.sentences import HAN, faults, han_in_english, of_one, templates, without_limits
from tests.support.markets.generated import MadeMarket, made_markets
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.recomputed import play

ROOT = Path(__file__).parents[2]
ROOMS = ("scoring", "dashboard", "kamengwatch", "crawler", "store")
FILES = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
COUNTS = (0, 1, 2, 3, 9, 10, 11, 29, 30, 31, 400)


def test_no_sentence_of_the_sources_speaks_of_one_as_of_several() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line} {words}"
        for file in FILES
        for line, text in templates(file)
        if " from " not in text or "select" not in text
        if (words := of_one(text))
    ]
    assert not found, "write noun(s) and [is|are], which in_number puts right:\n" + "\n".join(found)


def _entries(file: Path) -> Iterator[tuple[str, str, str]]:
    """(key, Chinese, English) of the sentences of a catalogue."""

    def read(key: str, held: object) -> Iterator[tuple[str, str, str]]:
        if isinstance(held, dict):
            if isinstance(held.get("zh"), str) and isinstance(held.get("en"), str):
                yield key, held["zh"], held["en"]
            for name, part in held.items():
                yield from read(f"{key}.{name}".strip("."), part)

    yield from read("", tomllib.loads(file.read_text("utf-8")))


@pytest.mark.parametrize(
    "name", ["catalogue.toml", "help/texts.toml", "help/letters.toml", "help/legal_facts.toml"]
)
def test_no_sentence_of_a_catalogue_is_faulty_whatever_is_filled_in(name: str) -> None:
    found = []
    for key, zh, en in _entries(ROOT / "dashboard" / name):
        if not HAN.search(zh) or key == "app.switch":
            continue
        filled = {lang: _fill(text, "1") for lang, text in (("zh", zh), ("en", en))}
        wrong = [fault for fault in faults(without_limits(in_number(filled["en"]))) if fault != "raw code"]
        if han_in_english(filled["en"]):
            wrong.append("Chinese in English")
        # What is filled into Chinese may be a word, beside which no space belongs.
        wrong += [fault for fault in faults(_fill(zh, "甲")) if fault != "raw code"]
        found += [(key, wrong)] if wrong else []
    assert not found, "\n".join(map(str, found))


def _fill(text: str, value: str) -> str:
    return re.sub(r"\{\w+(?::[^}]*)?\}", value, text)


@pytest.mark.parametrize("letter", LETTERS)
def test_no_letter_is_faulty_whatever_was_said(letter: str) -> None:
    day = dt.date(2026, 11, 20)
    known = Fields(site="a.example", product="VIP", amount=Decimal(30), payee="Payee", channel="Card", order_no="A1",
                   company="Shop", paid_on=day - dt.timedelta(30))  # fmt: skip
    cases = (
        "payment_not_synced",
        "stuck",
        "record_lost",
        "site_gone",
        "refund_wait",
        "wrong_item",
        "fraud",
        "payment_failed",
    )
    found = set()
    for lang, case, fields, branches, refund, ago in product(
        ("zh", "en"), cases, (known, Fields()), ((), ("minor", "prepaid", "off_platform"), ("reseller", "prepaid")), (True, False), (None, 3, 16)
    ):  # fmt: skip
        demanded = None if ago is None else day - dt.timedelta(days=ago)
        told = replace(fields, case=case, branches=branches, refund=refund, demanded_on=demanded)
        text = write(letter, told, day, lang)
        found |= {(lang, *wrong) for wrong in _of_text(text, lang)}
    assert not found


def _of_text(text: str, lang: str) -> Iterator[tuple[str, str]]:
    """(line, fault) of a paper of several lines in one language."""
    for line in text.splitlines():
        wrong = faults(line)
        if lang == "zh":  # a heading may be a host alone
            wrong = [fault for fault in wrong if fault != "Chinese punctuation"]
        elif han_in_english(line):
            wrong.append("Chinese in English")
        yield from ((line, fault) for fault in wrong)
        if line != line.rstrip():
            yield line, "a space at the end"


def test_a_share_and_an_age_are_said_in_words_where_a_number_would_mislead() -> None:
    for of in COUNTS[1:]:
        for n in (n for n in COUNTS if n <= of):
            zh, en = share_words(n, of)
            said = Said(f"投诉 {zh}得到回复。", f"Of complaints, {en} [was|were] answered.")
            assert not [fault for one in said for fault in faults(one)], said
    assert share_words(0, 6)[0] == "6 起中没有一起"
    assert Said("", "Of complaints, " + share_words(1, 4)[1] + " [was|were] answered.")[1] == (
        "Of complaints, 1 of 4 cases was answered."
    )
    assert [days_ago(days)[0] for days in (0, 1, 9)] == ["评级当天", "1 天前", "9 天前"]


def _wrong(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(table and column, text, faults) of every sentence of a snapshot that has some."""
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        for name in (n for n in table.column_names if n.endswith(("_zh", "_en"))):
            texts = {
                text
                for cell in table[name].to_pylist()
                for text in (cell if isinstance(cell, list) else [cell])
                if text
            }
            for text in sorted(texts):
                wrong = faults(text)
                # Quoted Chinese is another's; a list's entry has our own word.
                if name.endswith("_en") and (han_in_english(text) or method.BLOCKLISTED in text):
                    wrong.append("Chinese in English")
                if wrong:
                    yield f"{file.stem}.{name}", text, wrong


def test_no_sentence_of_a_published_market_is_faulty(tmp_path: Path) -> None:
    last = dt.date(2026, 4, 10)
    made = build_market(MarketParameters(seed=5, platforms=40, days=130, ends_on=last, ending_share=0.6))
    write_evidence(made, tmp_path / "m.jsonl")
    lines = (tmp_path / "m.jsonl").read_text("utf-8").splitlines()
    engine = database(tmp_path, [json.loads(line) for line in lines])
    rate(engine, tmp_path, last, NOW)
    found = list(map(str, _wrong(publish(engine, tmp_path, NOW))))
    assert not found, "\n".join(found[:40])


CASES = pytest.mark.parametrize("cases", [8, pytest.param(300, marks=[pytest.mark.soak])])


@CASES
def test_no_sentence_of_a_market_full_of_rare_cases_is_faulty(cases: int) -> None:
    found: set[str] = set()
    with play() as folder:

        @settings(
            max_examples=cases, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(made_markets())
        def read(market: MadeMarket) -> None:
            found.update(map(str, _wrong(folder.published(market).path)))

        read()
    assert not found, "\n".join(sorted(found)[:40])
