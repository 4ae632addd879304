"""Links on labelled markets of few themes: what strangers share joins nobody, and sisters are found by what they really share."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from crawler.pages.shop_features import contacts_in
from sandbox.evidence.evidence import write_evidence
from sandbox.market.market import MarketParameters, build_market
from sandbox.shops.view import View
from sandbox.web.certificates import kind_of
from scoring.engine.load_market import load_dataset
from tests.support.markets.judged_records import database
from tests.support.markets.links import labelled_market

AS_OF = dt.date(2026, 4, 30)


def found_in(folder: Path, seed: int) -> tuple[Counter[bool], Counter[int], Counter[int]]:
    """(pairs published: right or wrong, sisters by number of shared features, those of them found)."""
    market = labelled_market(seed)
    assert market.shops >= 200
    links = load_dataset(database(folder, market.records), AS_OF).kin.links
    pairs = {tuple(sorted((host, link.other))) for host, some in links.items() for link in some}
    there = Counter(market.sisters.values())
    return (
        Counter(pair in market.sisters for pair in pairs),
        there,
        Counter(n for pair, n in market.sisters.items() if pair in pairs),
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Counter[bool], Counter[int], Counter[int]]:
    told, there, found = Counter[bool](), Counter[int](), Counter[int]()
    for seed in (1, 2):
        a, b, c = found_in(tmp_path_factory.mktemp(f"links{seed}"), seed)
        told += a
        there += b
        found += c
    for n in sorted(there):
        print(f"{n} features shared: {found[n]} of {there[n]} pairs found")
    print(f"published {told.total()}, wrong {told[False]}")
    return told, there, found


def test_links_join_the_shops_of_one_operator(
    measured: tuple[Counter[bool], Counter[int], Counter[int]],
) -> None:
    told, _, _ = measured
    assert told.total() >= 100 and told[True] / told.total() >= 0.99, told


def test_sisters_are_found_by_what_they_share(
    measured: tuple[Counter[bool], Counter[int], Counter[int]],
) -> None:
    _, there, found = measured
    recall = {n: found[n] / there[n] for n in there}
    assert recall[1] < 0.1, "one feature is no link"
    assert recall[2] >= 0.4 and recall[3] >= 0.7 and recall[4] >= 0.95, recall


def test_no_two_shops_of_the_sandbox_are_linked(tmp_path: Path) -> None:
    """Each has its own operator; they share a hotline, layouts, wording, borrowed numbers and a delivery network's certificate."""
    market = build_market(MarketParameters(seed=5, platforms=64, days=120, ends_on=AS_OF, ending_share=0.6))
    write_evidence(market, tmp_path / "market.jsonl")
    told = [json.loads(line) for line in (tmp_path / "market.jsonl").read_text("utf-8").splitlines()]
    # What whoever adds a site says of its operator would keep them apart by itself.
    records = [
        {k: v for k, v in record.items() if k != "operator"}
        for record in told
        if record["kind"] in ("platform", "page", "filing")
    ]
    for platform in market.platforms:
        view = View(market, platform, market.parameters.days - 1.0)
        html = f"{view.contact_links()}<footer>{view.footer()}</footer>"
        seen = {"host": platform.host, "observed_at": f"{AS_OF}T10:00:00+08:00"}
        signs = {"template": "".join(c for c in platform.software if c.isalpha())}
        records.append(
            seen | {"kind": "page", "source": "storefront", "role": "home", "text": "首页", "software": platform.software, "signs": signs,
                    "footer_icp": platform.filing.footer, "contacts": contacts_in(html.lower())}
        )  # fmt: skip
        names = ["cdn-demo.test"] if kind_of(platform.index) == "other_name" else [platform.host]
        records.append(
            seen | {"kind": "certificate", "source": "registration", "issuer_kind": "automated", "names": names,
                    "not_before": "2026-03-01T00:00:00Z", "not_after": "2026-06-01T00:00:00Z", "matches": names == [platform.host]}
        )  # fmt: skip
    assert sum("phone" in (r.get("contacts") or {}) for r in records) >= 2
    assert load_dataset(database(tmp_path, records), AS_OF).kin.links == {}
