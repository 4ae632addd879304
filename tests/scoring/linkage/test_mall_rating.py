"""Two merchants of one mall are rated apart, what concerns the host stays the mall's, and neither contacts nor certificates join merchants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.engine.chunk import assess_chunk
from scoring.finding import NOT_APPLICABLE
from scoring.rating.assessment import Assessment
from scoring.rating.mall_findings import OF_THE_HOST
from tests.scoring.linkage.test_links import certificate, contact, filed, links, move, site
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import DAY, complaints, crawls

MALL = "pay.x.test"
GOOD, BAD = f"{MALL}/shop/A1", f"{MALL}/shop/B2"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    records: list[dict[str, Any]] = [
        {"kind": "platform", "host": GOOD},
        {"kind": "platform", "host": BAD},
        *crawls(range(0, 120, 3)),
        *complaints(BAD, range(60, 118)),
        {**filed(MALL), "domain": "x.test"},
    ]
    return judged(database(tmp_path_factory.mktemp("mall"), records), DAY)


def at(market: Assessment, host: str) -> int:
    return [s.host for s in market.facts.sites].index(host)


def test_complaints_about_one_merchant_touch_neither_the_other_nor_the_mall(market: Assessment) -> None:
    rows = market.facts.rows["complaint"]
    hosts = {market.facts.sites[p].host for p in np.unique(rows.platform).tolist()}
    assert hosts == {BAD}
    score = {s.host: float(market.scored.score[i, -1]) for i, s in enumerate(market.facts.sites)}
    assert score[BAD] < score[GOOD] - 3
    assert score[BAD] < score[MALL]


def test_the_filing_is_the_malls_and_not_applicable_to_its_merchants(market: Assessment) -> None:
    for name in OF_THE_HOST:
        outcome = market.found[name][1].outcome[:, -1]
        assert outcome[at(market, GOOD)] == outcome[at(market, BAD)] == NOT_APPLICABLE, name
    assert market.found["icp_filing"][1].outcome[at(market, MALL), -1] != NOT_APPLICABLE
    zh, en = market.found["icp_filing"][1].say(at(market, GOOD))
    assert MALL in zh
    assert MALL in en


def test_the_published_rows_name_merchant_and_mall(market: Assessment) -> None:
    tables = assess_chunk(market.facts, DAY, history=False).tables
    ratings = {row["host"]: row for row in tables["ratings"].to_pylist()}
    assert set(ratings) == {MALL, GOOD, BAD}
    assert ratings[MALL]["filing_state"] == "filed"
    assert ratings[GOOD]["filing_state"] == "unknown"
    assert {row["host"] for row in tables["identity"].to_pylist() if row["aspect"] != "operator"} == {MALL}


@pytest.mark.parametrize(
    "records",
    [
        [contact(GOOD), contact(BAD), certificate(MALL, "x.test"), filed(MALL, domain="x.test")],
        [contact(MALL), contact(GOOD), contact("own.example"), certificate("own.example", MALL), certificate(MALL, "own.example")],
        [contact(GOOD), contact(BAD), contact("own.example"), move(to=MALL) | {"host": "own.example"}],
        [contact("own.example"), contact(GOOD, "klmn"), move(to=BAD) | {"host": "own.example"}],
    ],
)  # fmt: skip
def test_what_is_the_malls_joins_no_merchants(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    found = links(tmp_path, [*({"kind": "platform", "host": h} for h in (GOOD, BAD)), *records])
    for host, some in found.items():
        for link in some:
            assert not {host, link.other} & {GOOD, BAD}, (host, link)


def test_a_shop_that_moves_to_a_merchant_and_shows_its_contact_is_linked_with_that_merchant_alone(
    tmp_path: Path,
) -> None:
    records = [
        {"kind": "platform", "host": GOOD}, {"kind": "platform", "host": BAD}, site(BAD),
        contact("own.example", "ours"), contact(GOOD, "ours"), move(to=GOOD) | {"host": "own.example"},
    ]  # fmt: skip
    found = links(tmp_path, records)
    assert {host: [link.other for link in some] for host, some in found.items()} == {
        GOOD: ["own.example"],
        "own.example": [GOOD],
    }
