"""Every indicator answers every documented outcome: one case file per indicator, found not registered."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert

from scoring.engine.load_market import load_dataset
from scoring.features.drop_rate import drop_rate
from scoring.features.filings import filing_changes
from scoring.filing_checks import SEVERITY, checked
from scoring.finding import OUTCOMES, definitions
from scoring.tables.identity import operator_keys
from scoring.warning.state_machine import NORMAL, WARNING, WATCH
from store.db.tables import Crawl, Source
from tests.support.markets.judged_records import database, expand, judged, product
from tests.support.markets.scoring import START, at, complaints, crawls

CASES = Path(__file__).resolve().parents[2] / "cases"
_HEADS = ("ok", "concern", "unknown", "hidden", "not_applicable")


def _cases():
    for definition in definitions():
        file = CASES / f"{definition.id}.json"
        for number, case in enumerate(json.loads(file.read_text("utf-8")) if file.is_file() else []):
            yield pytest.param(
                definition.id, case, id=f"{definition.id}-{number}-{case['expect']['outcome']}"
            )


@pytest.mark.parametrize("indicator", [d.id for d in definitions()])
def test_every_documented_outcome_has_a_case(indicator):
    definition = next(d for d in definitions() if d.id == indicator)
    file = CASES / f"{indicator}.json"
    assert file.is_file(), (
        f"write tests/cases/{indicator}.json: a list of {{given, as_of, expect}}, one for every outcome"
    )
    shown = {case["expect"]["outcome"] for case in json.loads(file.read_text("utf-8"))}
    missing = [h for h in _HEADS if h in definition.texts and h not in shown]
    assert not missing, f"tests/cases/{indicator}.json lacks a case with outcome {', '.join(missing)}"


@pytest.fixture(scope="module")
def judged_case(tmp_path_factory):
    """What is judged about a case; several indicators have cases about one market."""
    known = {}

    def of(case):
        key = json.dumps([case["given"], case["as_of"], case.get("software")])
        if key not in known:
            known[key] = _judged(tmp_path_factory.mktemp("case"), case)
        return known[key]

    return of


def _judged(folder, case):
    engine = database(folder, expand(case["given"]))
    if "software" in case:  # what a crawl of the software's trackers counted
        with engine.begin() as connection:
            source = {
                "id": "github_issues",
                "kind": "software",
                "title_zh": "x",
                "title_en": "x",
                "family": "github",
                "tier": "C",
            }
            connection.execute(insert(Source).values(source))
            at = dt.datetime.fromisoformat(case["as_of"] + "T00:00:00+00:00")
            crawl = {
                "key": "k",
                "source_id": "github_issues",
                "started_at": at,
                "finished_at": at,
                "outcome": "ok",
            }
            connection.execute(insert(Crawl).values(crawl | {"measured": {"software": case["software"]}}))
    return judged(engine, dt.date.fromisoformat(case["as_of"]))


@pytest.mark.parametrize(("indicator", "case"), list(_cases()))
def test_case(indicator, case, judged_case):
    result = judged_case(case)
    site = [s.host for s in result.facts.sites].index(case.get("host", "a.example"))
    finding = result.found[indicator][1]
    outcome = OUTCOMES[finding.outcome[site, -1]]
    assert outcome == case["expect"]["outcome"], finding.say(site)
    assert case["expect"].get("says", "") in finding.say(site)[0]
    if "value" in case["expect"]:
        assert finding.value[site, -1] == pytest.approx(case["expect"]["value"], rel=1e-3)
    zh, en = finding.say(site)
    assert zh and en and zh.endswith(("。", "？")) and en.endswith(".")
    if outcome == "concern":
        assert finding.cite(site), "a concern must cite what it rests on"


# What stands between a dropped order and a complaint we can count: the delay until it is shown, and how many ever complain.


SHOPS = 14
LAST = 119


def counter(host, day, total, waiting=5):
    return {
        "kind": "orders", "source": "storefront", "host": host, "observed_at": at(day, 4),
        "total": total, "processed": total - waiting, "hidden": False,
    }  # fmt: skip


def shops(first_day=0, delay=0, seed=5):
    """Shops of 50 orders a day with a complaint every third day, each shown `delay` days after it was filed."""
    rng = np.random.default_rng(seed)
    records = crawls(range(first_day, LAST + 1))
    for n in range(SHOPS):
        host = f"s{n:02d}.example"
        records.append({"kind": "platform", "host": host})
        records += [counter(host, day, 1000 + 50 * day) for day in range(first_day, LAST + 1, 7)]
        when = sorted(int(d) for d in rng.choice(np.arange(first_day, LAST + 1), 40, replace=False))
        for record in complaints(host, when, prefix="d"):
            shown = dt.datetime.fromisoformat(record["filed_at"]) + dt.timedelta(days=delay)
            if shown.date() <= START + dt.timedelta(days=LAST):
                records.append(record | {"seen_at": shown.isoformat()})
    return records


def rates(folder, records):
    """(the middle estimated rate, the middle width of its interval in the logarithm) on the last day."""
    found = drop_rate(judged(database(folder, records), START + dt.timedelta(days=LAST)).facts)
    estimated = found.basis[:, -1] == 1
    return float(np.median(found.rate[estimated, -1])), float(np.median(found.log_sd[estimated, -1]))


def test_complaints_shown_late_do_not_make_a_site_look_better(tmp_path):
    at_once, _ = rates(tmp_path / "a", shops())
    late, _ = rates(tmp_path / "b", shops(delay=20))
    # A fifth of the window's complaints is not shown yet; uncorrected the rate would be lower by as much.
    assert late > 0.93 * at_once


def orders(host, dropped, n=200):
    """Test purchases at a shop, spread over the last 80 days; the first `dropped` of them were never delivered."""
    return [
        {
            "kind": "order", "source": "manual-purchases", "host": host, "order_ref": f"{host}-{i}", "paid_at": at(LAST - 80 + i % 78),
            "delivered_at": None if i < dropped else at(LAST - 80 + i % 78, 13), "state": "processing" if i < dropped else "delivered",
        }
        for i in range(n)
    ]  # fmt: skip


def test_sites_whose_orders_are_known_teach_how_many_of_the_disappointed_complain(tmp_path):
    plain = shops()
    known = [f"s{n:02d}.example" for n in range(4)]
    few = plain + [o for host in known for o in orders(host, 2)]
    many = plain + [o for host in known for o in orders(host, 40)]
    alone, alone_sd = rates(tmp_path / "a", plain)
    low, sd = rates(tmp_path / "b", few)
    high, _ = rates(tmp_path / "c", many)
    # The same complaints of the other shops: they stand for more drops where fewer of the disappointed complain.
    assert low < alone < high
    assert sd < alone_sd


def test_a_counter_that_contradicts_itself_widens_the_interval(tmp_path):
    def unlike(record):
        """Peers from a fifth to five times as large: what they have says little of a shop whose counter says nothing."""
        if record["kind"] != "orders":
            return record
        size = 5.0 ** ((int(record["host"][1:3]) % 5 - 2) / 2)
        return record | {"total": round(1000 + (record["total"] - 1000) * size)}

    def width(folder, change):
        records = [
            change(r, i) if r["kind"] == "orders" and r["host"] == "s00.example" else unlike(r)
            for i, r in enumerate(shops())
        ]
        # Its sales bear the counter out, as long as it does not contradict itself.
        records += [
            {
                "kind": "price", "source": "storefront", "host": "s00.example", "observed_at": at(day, 4), "product": product(1),
                "price": 9.9, "face_value": 20.0, "sold": 100 + 50 * day,
            }
            for day in range(0, LAST + 1, 7)
        ]  # fmt: skip
        found = judged(database(folder, records), START + dt.timedelta(days=LAST))
        host = [s.host for s in found.facts.sites].index("s00.example")
        return float(drop_rate(found.facts).relative_sd[host, -1])  # without what all sites share

    plain = width(tmp_path / "a", lambda r, _: r | {"today": 50})
    too_many = width(tmp_path / "b", lambda r, _: r | {"today": 900})
    fallen = width(tmp_path / "c", lambda r, i: r | {"total": r["total"] - 400 * (i % 2), "processed": 10})
    assert too_many > 1.1 * plain and fallen > 1.1 * plain


def strained(people, terms=True):
    """A shop whose backlog grows and, with `terms`, whose terms tighten under our eyes, while `people` complain."""
    records = crawls(range(LAST + 1)) + crawls(range(0, LAST + 1, 3), source="storefront")
    for host in ("calm.example", "strained.example"):
        records.append({"kind": "platform", "host": host})
        records += complaints(host, range(4, 88, 12), 4, prefix="old")
        for day in range(0, LAST + 1, 3):
            bad = host == "strained.example" and day >= 90
            records.append(counter(host, day, 1000 + 50 * day, waiting=400 + 40 * (day - 90) if bad else 20))
            page = {
                "kind": "page",
                "source": "storefront",
                "host": host,
                "observed_at": at(day, 5),
                "role": "terms",
            }
            records.append(
                page
                | {"text": "即日起暂停提现。提现手续费调整为 10%。" if bad and terms else "余额可随时提现。"}
            )
    return records + complaints("strained.example", range(95, 95 + people), 1, prefix="new")


def states(folder, people, terms=True):
    found = judged(database(folder, strained(people, terms)), START + dt.timedelta(days=LAST))
    at_host = [s.host for s in found.facts.sites].index("strained.example")
    return set(found.warned.state[at_host, 90:].tolist())


def test_a_backlog_and_terms_we_saw_ourselves_warn_by_themselves_and_a_backlog_alone_does_not(tmp_path):
    assert WARNING in states(tmp_path / "one", 1)
    assert WARNING in states(tmp_path / "none", 0)
    assert states(tmp_path / "backlog", 0, terms=False) <= {NORMAL, WATCH}


# Rules F1-F15: each applies where it should, and only there; its sentence is neutral and its evidence is cited.


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
