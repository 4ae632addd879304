"""Links on labelled markets of few themes: what strangers share joins nobody, and sisters are found by what they really share."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from judging import database
from link_market import labelled_market

from scoring.reading import read_facts

AS_OF = dt.date(2026, 4, 30)


def found_in(folder: Path, seed: int) -> tuple[Counter[bool], Counter[int], Counter[int]]:
    """(pairs published: right or wrong, sisters by number of shared features, those of them found)."""
    market = labelled_market(seed)
    assert market.shops >= 200
    links = read_facts(database(folder, market.records), AS_OF).kin.links
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
    for seed in range(1, 5):
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
