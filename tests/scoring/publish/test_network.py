"""Tables of clusters, moves, identifiers and whom to notify: what they say, what they never say, and what is said where nothing is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from sqlalchemy import update

from crawler.run import cards
from scoring.engine.load_market import load_dataset
from scoring.observations.market import Link
from scoring.tables.network import cluster_rows, identifier_rows, move_rows, notify_rows
from store.db.tables import Source
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import START, at, complaints, crawls

AS_OF = dt.date(2026, 4, 30)
LAST = 110
AT = "2026-04-20T10:00:00+08:00"


def filed(host: str, **more: Any) -> dict[str, Any]:
    return {"kind": "filing", "source": "icp", "host": host, "observed_at": AT, "found": True, "number": "粤ICP备18046372号-1",
            "entity": "甲科技有限公司", "nature": "企业", "domain": host} | more  # fmt: skip


def logged(host: str, *names: str) -> dict[str, Any]:
    return {"kind": "sighting", "source": "registration", "provider": "ct", "host": host, "observed_at": AT, "first_on": "2024-01-01",
            "last_on": "2026-01-01", "count": 3, "names": [*names, host]}  # fmt: skip


def certified(host: str, *names: str, matches: bool = True) -> dict[str, Any]:
    return {"kind": "certificate", "source": "registration", "host": host, "observed_at": AT, "issuer_kind": "automated",
            "not_before": "2026-03-01T00:00:00Z", "not_after": "2026-06-01T00:00:00Z", "names": list(names), "matches": matches}  # fmt: skip


def facts(folder: Path, records: list[dict[str, Any]]) -> Any:
    return load_dataset(database(folder, records), AS_OF)


def test_a_cluster_is_what_links_join_through_others_too() -> None:
    def link(other: str) -> Link:
        return Link(other, "shared", ("contact", "entity"), 0, 0.9, ())

    links = {"d.example": [link("c.example")], "c.example": [link("d.example"), link("b.example")], "b.example": [link("c.example")],
             "x.example": [link("y.example")], "y.example": [link("x.example")]}  # fmt: skip
    assert [(r["cluster"], r["site"]) for r in cluster_rows(links)] == [
        *(("b.example", f"{h}.example") for h in "bcd"), *(("x.example", f"{h}.example") for h in "xy"),
    ]  # fmt: skip


def test_names_on_a_certificate_are_hints_and_link_with_another_feature(tmp_path: Path) -> None:
    records = [
        filed("a.example"), filed("b.example"), filed("c.example", entity="乙科技有限公司", number="京ICP备19046372号-1"),
        logged("a.example", "b.example", "beiyong.example"), logged("b.example"),
        logged("c.example", "third.example", "x-cdn.example", "sni.cloudflaressl.com"),
        certified("c.example", "other.example", "elsewhere.example"),  # not for this host: says nothing
        certified("c.example", "c.example", *(f"n{i}.example" for i in range(9))),  # a host's
    ]  # fmt: skip
    found = facts(tmp_path, records)
    assert [(r["host"], r["to_host"], r["via"]) for r in move_rows(found)] == [
        ("a.example", "b.example", "certificate"), ("a.example", "beiyong.example", "certificate"), ("c.example", "third.example", "certificate"),
    ]  # fmt: skip
    assert {host: [link.other for link in some] for host, some in found.kin.links.items()} == {"a.example": ["b.example"], "b.example": ["a.example"]}  # fmt: skip


def test_one_feature_alone_makes_no_link(tmp_path: Path) -> None:
    found = facts(tmp_path, [logged("a.example", "b.example"), logged("b.example", "a.example")])
    assert not found.kin.links and not cluster_rows(found.kin.links)


def test_a_natural_person_is_in_no_table(tmp_path: Path) -> None:
    found = facts(tmp_path, [filed("a.example", entity="王小明", nature="个人", site_name="小明的店"),
                             {"kind": "page", "source": "storefront", "host": "a.example", "role": "home", "text": "首页", "observed_at": AT, "company": "王小明"}])  # fmt: skip
    said = str([*identifier_rows(found), *notify_rows(found), *move_rows(found)])
    assert "小明" not in said and "粤ICP备18046372号" in said


def test_each_role_is_told_from_its_record_or_said_to_be_unknown(tmp_path: Path) -> None:
    records = [
        filed("a.example"),
        {"kind": "registration", "source": "registration", "provider": "rdap", "host": "a.example", "observed_at": AT, "registered_on": "2024-02-20", "registrar": "某注册商"},
        {"kind": "resolution", "source": "registration", "host": "a.example", "observed_at": AT, "found": True, "ipv4": 1, "alias_of": "edge.cdn.example"},
        {"kind": "platform", "host": "c.example"},
        {"kind": "resolution", "source": "registration", "host": "c.example", "observed_at": AT, "found": True, "ipv4": 1, "alias_of": "edge.cdn.example",
         "network_owner": "某云有限公司", "network_abuse": "cloud.example"},
        {"kind": "platform", "host": "a.example", "operator": "甲科技有限公司", "uscc": "91440300MA5EXAMP1X"},
        {"kind": "page", "source": "storefront", "host": "a.example", "role": "home", "text": "首页", "observed_at": AT,
         "signs": {"payments": [{"name": "支付宝", "class": "licensed"}]}},
        {"kind": "platform", "host": "b.example"},
    ]  # fmt: skip
    rows = notify_rows(facts(tmp_path, records))
    told = {row["role"]: row for row in rows if row["host"] == "a.example"}
    assert (told["registrar"]["name"], told["network"]["name"], told["payment"]["name"]) == (
        "某注册商",
        "edge.cdn.example",
        "支付宝",
    )
    assert told["filing_authority"]["name"] == "广东省通信管理局"
    for role in ("registrar", "network", "payment", "filing_authority"):
        assert (
            told[role]["source"]
            and told[role]["observed_on"] == dt.date(2026, 4, 20)
            and told[role]["evidence"]
        )
    host = next(row for row in rows if row["host"] == "c.example" and row["role"] == "network")
    assert host["name"] == "某云有限公司" and host["observed_on"] == dt.date(2026, 4, 20) and host["evidence"]
    assert "cloud.example" in host["sentence_zh"] and "cloud.example" in host["sentence_en"]
    unknown = [row for row in rows if row["host"] == "b.example"]
    assert len(unknown) == 5 and all(
        row["name"] is None and "未知" in row["sentence_zh"] and row["sentence_en"] for row in unknown
    )


def test_two_sources_of_one_family_are_one_voice_and_what_weighs_nothing_is_none(tmp_path: Path) -> None:
    """Warnings need independent families: certificates, archives, forums, channels and registries of failures add none."""

    def families(name: str, second: str | None, *more: dict[str, Any]) -> float:
        records = crawls(range(LAST + 1)) + complaints("a.example", range(4, 88, 12), 4, prefix="old")
        records += complaints("a.example", [*range(95, 107), *range(95, 107)], 1, prefix="new")
        if second:
            again = complaints("a.example", [*range(95, 107), *range(95, 107)], 2, prefix="more")
            records += [row | {"source": second} for row in again]
        platforms = [{"kind": "platform", "host": host} for host in ("a.example", "b.example")]
        engine = database(tmp_path / name, [*platforms, *records, *more])
        with engine.begin() as connection:
            for card in cards():
                connection.execute(update(Source).where(Source.id == card.id).values(family=card.family))
            connection.execute(update(Source).where(Source.id == "alike").values(family="sina"))
        return float(judged(engine, START + dt.timedelta(days=LAST)).warned.families.max())

    alone = families("alone", None)
    assert families("alike", "alike") == alone and families("other", "rednet") == alone + 1
    seen = [
        logged("a.example", "b.example"),
        {**logged("a.example"), "source": "archives", "provider": "wayback"},
    ]
    said = [{"kind": "mention", "source": source, "source_id": source, "host": "a.example", "by": by, "said_at": at(100), "text": "跑路了，余额清零"}
            for source, by in (("forums", "people"), ("channel", "site"), ("github_issues", "registry"))]  # fmt: skip
    assert families("elsewhere", None, *seen, *said) == alone
    known = {card.id: card.family for card in cards()}
    assert known["channel"] == known["storefront"] == known["availability"], "what we see of the site itself"
    assert len({known[n] for n in ("registration", "archives", "forums", "channel", "github_issues")}) == 5
