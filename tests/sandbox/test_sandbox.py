"""The market in a box: repeatable, complete in its cast, and different from one simulated day to the next."""

import json
import re
from datetime import date, datetime

import numpy as np
import pytest

from sandbox.evidence.evidence import write_evidence
from sandbox.evidence.scale import Size, write_scale
from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from store.evidence.records import parse_line
from tests.support.programs.sandbox_server import of


@pytest.fixture(scope="module")
def market():
    return build_market()


@pytest.fixture(scope="module")
def truth(market):
    return market.truth()


def test_same_seed_same_bytes_and_another_seed_another_market(tmp_path):
    sizes = {"platforms": 24, "days": 120}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        made = build_market(MarketParameters(seed=seed, **sizes))
        write_evidence(made, tmp_path / f"{name}.jsonl")
        made.write_truth(tmp_path / f"{name}.truth")
    for kind in ("jsonl", "truth"):
        first, again, other = ((tmp_path / f"{name}.{kind}").read_bytes() for name in "abc")
        assert first == again
        assert first != other


def test_the_default_market_is_large_enough_and_has_its_cast(market):
    assert len(market.platforms) >= 60
    assert market.parameters.days >= 240
    assert len({p.host for p in market.platforms}) == len(market.platforms)
    assert all(re.fullmatch(r"[a-z0-9-]+\.test", p.host) for p in market.platforms)
    for character in ("sloppy", "decline", "sudden", "orderly", "smeared", "praised", "hider"):
        assert of(market, character=character), character
    assert len(of(market, character="healthy")) > len(market.platforms) / 2
    for condition in (
        "slow",
        "forbidden",
        "captcha",
        "js_challenge",
        "cookie_wall",
        "spa",
        "gbk",
        "gbk_bare",
    ):
        assert of(market, condition=condition), condition
    assert {p.software for p in market.platforms} >= {"unicorn", "luna", "acg", "rainbow", "cardsystem"}
    assert {p.robots for p in market.platforms} >= {"missing", "allow", "forbid_all", "html", "error"}


def test_complaint_volume_and_reporting_are_as_configured(market):
    c, days = market.complaints, market.days
    calm = [p.index for p in of(market, character="healthy") if p.opened_day <= 0]
    per_day = [np.sum(c.platform == k) / market.parameters.days for k in calm]
    assert 0.15 < np.median(per_day) < 0.6
    about_drops = np.sum((c.origin == 0) & (c.cause_day >= 0))
    assert 0.025 < about_drops / days.drops.sum() < 0.08


def test_gradual_endings_show_and_sudden_ones_do_not(truth):
    def rates(platform, last):
        end = (
            len(platform["orders"]) if platform["end_date"] is None else index_of(truth, platform["end_date"])
        )
        end = min(end, len(platform["orders"]))
        drops, orders = np.array(platform["drops"]).sum(1), np.array(platform["orders"])
        start = index_of(truth, platform["stress_start"]) if platform["stress_start"] else end - last
        return drops[end - last : end].sum() / orders[end - last : end].sum(), drops[:start].sum() / orders[
            :start
        ].sum()

    ended = [p for p in truth["platforms"] if p["ended"]]
    growth = {
        kind: np.median(
            [late / early for late, early in (rates(p, 20) for p in ended if p["character"] == kind)]
        )
        for kind in ("decline", "sudden")
    }
    assert growth["decline"] > 2
    assert 0.6 < growth["sudden"] < 1.6
    assert all(p["stress_start"] is None for p in ended if p["character"] in ("sudden", "orderly"))


def index_of(truth, day):
    return (datetime.fromisoformat(day) - datetime.fromisoformat(truth["starts_on"])).days


def test_the_smear_is_forty_complaints_in_three_days(market, truth):
    host = of(market, character="smeared")[0].host
    smear = [x for x in truth["complaints"] if x["host"] == host and x["origin"] == "smear"]
    days = {market.complaints.filed[i] for i in np.flatnonzero(market.complaints.origin == 1)}
    assert len(smear) == 40
    assert max(days) - min(days) <= 3


def test_planted_personal_data_really_stands_in_the_texts(market, truth):
    by_number = {market.complaints.number(i): market.words(i) for i in range(len(market.complaints))}
    assert len(truth["planted"]) > 1000
    for number, planted in truth["planted"].items():
        words = by_number[number]
        assert all(value in words.title + words.text for value in planted)


def test_every_complaint_kind_occurs(truth):
    from sandbox.market.complaints import KINDS

    assert {kind for x in truth["complaints"] for kind in x["kinds"]} == set(KINDS)


def test_evidence_lines_have_known_kinds_and_times_with_an_offset(tmp_path):
    made = build_market(MarketParameters(platforms=24, days=120))
    count = write_evidence(made, tmp_path / "e.jsonl")
    records = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    assert len(records) == count
    kinds = {
        "platform",
        "crawl",
        "complaint",
        "counters",
        "filing",
        "orders",
        "price",
        "probe",
        "page",
        "registration",
    }
    assert {r["kind"] for r in records} == kinds
    for record in records:
        for key in (
            "observed_at",
            "filed_at",
            "seen_at",
            "replied_at",
            "completed_at",
            "started_at",
            "finished_at",
        ):
            if record.get(key):
                assert datetime.fromisoformat(record[key]).tzinfo is not None
    outcomes = {r["outcome"] for r in records if r["kind"] == "crawl"}
    assert {"ok", "failed"} <= outcomes or {"ok", "blocked"} <= outcomes


def test_evidence_for_measurements_is_repeatable_and_every_line_is_taken_in(tmp_path):
    size = Size(platforms=20, complaints=300, days=30, ends_on=date(2026, 11, 15))
    files = [tmp_path / name for name in ("a", "again", "other")]
    counts = [write_scale(size, seed, file) for seed, file in zip((7, 7, 8), files, strict=True)]
    written = [file.read_bytes() for file in files]
    assert written[0] == written[1] != written[2] and counts[0] == len(written[0].splitlines())
    lines = [parse_line(line) for line in written[0].splitlines()]
    assert sum(line.kind == "complaint" for line in lines) == 300
    assert {line.kind for line in lines} == {"platform", "crawl", "orders", "complaint"}
