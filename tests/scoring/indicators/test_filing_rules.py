"""Rules F1-F15: each applies where it should, and only there; its sentence is neutral and its evidence is cited."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from scoring.engine.load_market import load_dataset
from scoring.features.filings import filing_changes
from scoring.filing_checks import SEVERITY, checked
from scoring.tables.identity import operator_keys
from tests.support.markets.judged_records import database

AS_OF = dt.date(2026, 4, 30)
SITE = {"kind": "platform", "host": "a.example", "name": "甲卡盟"}
NUMBER = "粤ICP备18046372号"
OTHER = "京ICP备10046444号"


def page(host: str = "a.example", number: str | None = f"{NUMBER}-1", **more: Any) -> dict[str, Any]:
    record = {"kind": "page", "source": "storefront", "host": host, "observed_at": "2026-04-20T10:00:00+08:00",
              "role": "home", "text": "首页", "footer_icp": number}  # fmt: skip
    return record | more


def filing(found: bool = True, at: str = "2026-04-21T10:00:00+08:00", **more: Any) -> dict[str, Any]:
    record = {"kind": "filing", "source": "icp", "host": "a.example", "observed_at": at, "found": found}
    named = {"number": f"{NUMBER}-1", "entity": "甲科技有限公司", "nature": "企业", "domain": "a.example"}
    return record | (named if found else {}) | more


def registered(on: str) -> dict[str, Any]:
    return {"kind": "registration", "source": "registration", "host": "a.example",
            "observed_at": "2026-04-20T10:00:00+08:00", "registered_on": on}  # fmt: skip


def price() -> dict[str, Any]:
    return {"kind": "price", "source": "storefront", "host": "a.example", "product": "月卡", "price": 9.9,
            "observed_at": "2026-04-20T10:00:00+08:00"}  # fmt: skip


def resolved(day: int, places: list[str], **more: Any) -> dict[str, Any]:
    record = {"kind": "resolution", "source": "registration", "host": "a.example", "found": True, "ipv4": 1,
              "observed_at": f"2026-04-{day}T10:00:00+08:00", "places": places}  # fmt: skip
    return record | more


def listed(**more: Any) -> dict[str, Any]:
    record = {"kind": "penalty", "source": "blocklists", "host": "a.example", "decided_on": "2026-04-02",
              "category": "列入公开名单", "reason": "某名单"}  # fmt: skip
    return record | more


def others(n: int) -> list[dict[str, Any]]:
    return [page(f"x{i}.test") for i in range(n)]


POLICE = "粤公网安备44030002008123号"
CRAWLED = {"kind": "crawl", "source": "blocklists", "started_at": "2026-04-20T10:00:00+08:00",
           "finished_at": "2026-04-20T11:00:00+08:00", "outcome": "ok"}  # fmt: skip

APPLIES: list[tuple[str, list[dict[str, Any]]]] = [
    ("F1", [page(number="粤ICP备12345678号")]),
    ("F1", [page(number="粤ICP备1804637号-1")]),
    ("F1", [page(number="粤ICP备2061006633号")]),
    ("F1", [page(number="粤ICP备XXXXXXXX号")]),
    ("F2", [page(signs={"police": ["京公网安备44030002008123号"]})]),
    ("F3", [page(signs={"icp_link": False})]),
    ("F4", [page(), filing(found=False)]),
    ("F5", [page(number=f"{OTHER}-1"), filing()]),
    ("F6", [page(number=OTHER), filing(number=f"{OTHER}-3", domain="b.test")]),
    ("F7", [page(company="乙网络有限公司"), filing()]),
    ("F8", [page(), price(), filing(nature="个人")]),
    ("F9", [page(), filing(limit_access=True)]),
    ("F10", [filing(approved_on="2019-05-01"), registered("2024-02-20")]),
    ("F11", [page(), *others(2)]),
    ("F12", [filing(), resolved(10, ["US"]), resolved(17, ["SG", "US"])]),
    ("F13", [listed()]),
    ("F14", [filing(site_name="某某口腔医院")]),
    ("F15", [filing(at="2026-02-01T10:00:00+08:00"), filing(found=False)]),
]
FINE: list[tuple[str, list[dict[str, Any]]]] = [
    ("F1", [page()]),
    ("F1", [page(number="沪ICP备11036640-1")]),
    ("F2", [page(signs={"police": [POLICE]})]),
    ("F3", [page(signs={"icp_link": True})]),
    ("F4", [page(), filing()]),
    ("F5", [page(number=NUMBER), filing()]),
    ("F5", [page(number="川ICP备20005033号"), filing(number="蜀ICP备20005033号-1")]),
    ("F6", [page(), filing()]),
    ("F7", [page(company="甲科技有限责任公司"), filing()]),
    ("F8", [page(), price(), filing()]),
    ("F9", [page(), filing(limit_access=False)]),
    ("F10", [filing(approved_on="2024-05-01"), registered("2024-02-20")]),
    ("F11", [page(), *others(1)]),
    ("F11", [page(), filing(), *others(2)]),
    ("F12", [filing(), resolved(10, ["US"]), resolved(17, ["CN"])]),
    ("F13", [CRAWLED]),
    ("F14", [filing(site_name="甲网络科技医疗商城")]),
    ("F15", [filing(found=False, at="2026-02-01T10:00:00+08:00"), filing()]),
]
UNASKED: list[tuple[str, list[dict[str, Any]]]] = [
    ("F2", [page(signs={"police": []})]),
    ("F3", [page()]),
    ("F4", [page()]),
    ("F5", [page(number="粤B2-20090059"), filing()]),
    ("F7", [page(company="乙网络有限公司"), filing(nature="个人", entity=None)]),
    ("F9", [filing()]),
    (
        "F12",
        [filing(), resolved(10, ["US"], alias_of="x.cdn.test"), resolved(17, ["US"], alias_of="x.cdn.test")],
    ),
    ("F13", []),
]


def check(folder: Path, records: list[dict[str, Any]]) -> Any:
    facts = load_dataset(database(folder, [SITE, *records]), AS_OF)
    return checked(facts)[[s.host for s in facts.sites].index("a.example")]


@pytest.mark.parametrize(("rule", "records"), APPLIES)
def test_a_rule_applies_and_says_so_neutrally(
    rule: str, records: list[dict[str, Any]], tmp_path: Path
) -> None:
    marks = {mark.rule: mark for mark in check(tmp_path, records).marks}
    assert rule in marks
    mark = marks[rule]
    assert mark.zh.endswith("。") and mark.en.endswith(".") and mark.cited
    assert not any(word in mark.zh for word in ("造假", "伪造", "骗", "假冒", "盗用"))


@pytest.mark.parametrize(("rule", "records"), FINE)
def test_a_rule_that_is_met_is_asked_and_silent(
    rule: str, records: list[dict[str, Any]], tmp_path: Path
) -> None:
    found = check(tmp_path, records)
    assert rule in found.asked and rule not in {mark.rule for mark in found.marks}


@pytest.mark.parametrize(("rule", "records"), UNASKED)
def test_a_rule_without_its_facts_is_not_taken_as_met(
    rule: str, records: list[dict[str, Any]], tmp_path: Path
) -> None:
    found = check(tmp_path, records)
    assert rule not in found.asked and not any(mark.rule == rule for mark in found.marks)


def test_every_rule_has_a_case_for_and_against() -> None:
    assert {rule for rule, _ in APPLIES} == {rule for rule, _ in FINE} == set(SEVERITY)


@pytest.mark.parametrize(
    ("records", "company", "keys"),
    [
        ([page(number=None, company="甲科技有限公司")], "甲科技", {"footer"}),
        ([page(company="甲科技有限公司"), filing()], "甲科技", {"filing", "number", "footer"}),
        ([page(number=OTHER, company="甲科技有限公司"), filing()], "甲科技", {"filing", "footer"}),
    ],
)
def test_a_company_is_linked_by_independent_keys(
    records: list[dict[str, Any]], company: str, keys: set[str], tmp_path: Path
) -> None:
    facts = load_dataset(database(tmp_path, [SITE, *records]), AS_OF)
    assert set(operator_keys(facts, 0)[company]) == keys


def test_a_person_never_links_anything(tmp_path: Path) -> None:
    facts = load_dataset(database(tmp_path, [SITE, page(), filing(nature="个人", entity="张三")]), AS_OF)
    assert operator_keys(facts, 0) == {}


def test_a_filing_that_goes_is_a_change_once_two_queries_agree(tmp_path: Path) -> None:
    once = [SITE, filing(at="2026-02-01T10:00:00+08:00"), filing(found=False)]
    assert filing_changes(load_dataset(database(tmp_path / "once", once), AS_OF)) == []
    twice = [*once, filing(found=False, at="2026-04-25T10:00:00+08:00")]
    changes = filing_changes(load_dataset(database(tmp_path / "twice", twice), AS_OF))
    assert [(c["on"], c["from"], c["to"]) for c in changes] == [(dt.date(2026, 4, 25), "filed", "not_filed")]
