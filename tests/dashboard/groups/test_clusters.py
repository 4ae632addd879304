"""Operators and clusters: their pages, addresses that name nothing, exports for other tools, and what is never said in them."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import first_paint
from dashboard.groups import exchange
from dashboard.web.api import ELSE, ROUTES
from dashboard.web.gate import Gate
from scoring.snapshot.reader import Snapshot
from tests.support.markets import snapshots
from tests.support.markets.snapshots import AS_OF, ORANGE, RED, SEEN

COMPANY = "甲科技有限公司"
ACCUSING = re.compile(r"malicious|fraud|scam|phish|threat-actor|indicator|骗子|诈骗|黑平台|跑路", re.IGNORECASE)  # fmt: skip
DAY = dt.date(2026, 10, 1)


def rows() -> dict[str, list[dict[str, Any]]]:
    told = snapshots.tables()
    link = told["links"][0]
    proof = {"kind": "filing", "tier": "A", "claim_zh": "备案查询：粤ICP备18046372号-1", "claim_en": "Filing query: 粤ICP备18046372号-1",
             "source": "icp", "link": "https://registry.example/q", "event_on": DAY, "seen_at": SEEN, "sha256": "ab" * 32}  # fmt: skip
    return told | {
        "links": [link | {"evidence": ["filing:1"]}, link | {"host": RED, "other": ORANGE}],
        "clusters": [{"cluster": min(ORANGE, RED), "site": h} for h in sorted((ORANGE, RED))],
        "moves": [
            {"host": ORANGE, "to_host": RED, "via": "redirect", "on": DAY, "source": "storefront", "evidence": []},
            {"host": ORANGE, "to_host": "beiyong.test", "via": "certificate", "on": DAY, "source": "registration", "evidence": []},
        ],
        "identifiers": [
            {"host": h, "kind": "company", "value": COMPANY, "since": DAY, "until": AS_OF, "source": "icp", "evidence": ["filing:1"]}
            for h in (ORANGE, RED)
        ],
        "notify": [
            {"host": h, "role": "registrar", "name": "某注册商", "source": "registration", "observed_on": DAY, "sentence_zh": "域名注册商：某注册商。",
             "sentence_en": "Registrar: 某注册商.", "evidence": []}
            for h in (ORANGE, RED)
        ] + [{"host": ORANGE, "role": "payment", "name": None, "source": None, "observed_on": None, "sentence_zh": "收款机构或通道未知：没有读到首页。",
              "sentence_en": "Unknown.", "evidence": []}],
        "places": [
            {"host": ORANGE, "place": place, "mainland": None if not place else True, "observed_at": SEEN, "outcome": outcome, "class": told_,
             "agreed": True, "dns": "ok"}
            for place, outcome, told_ in (("", "down", "timeout"), ("上海电信", "down", "timeout"), ("广州移动", "refused", "diverted"))
        ],
        "evidence": [*told["evidence"], proof | {"id": "filing:1", "host": ORANGE}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return snapshots.build(tmp_path_factory.mktemp("clusters"), rows=rows())


@pytest.fixture
def folder(told: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The snapshot; nothing may be written there."""
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(told.parents[1]))
    return told


def shown(path: str, query: str, lang: str = "zh") -> str:
    sight = first_paint.shown(path, query, lang)
    assert sight.status == 200
    return sight.body


def test_a_cluster_is_one_page_whichever_of_its_sites_is_named(folder: Path) -> None:
    pages = [shown("/cluster", f"host={host}") for host in (ORANGE, RED)]
    for html in pages:
        for word in (
            ORANGE,
            RED,
            "beiyong.test",
            "同一张证书",
            COMPANY,
            "某注册商",
            "没有读到首页",
            "页面模板与客服号相同",
            str(DAY),
        ):
            assert word in html, word
    assert "on one certificate" in shown("/cluster", f"host={ORANGE}", "en")


def test_an_operator_is_found_by_name_and_linked_from_site_and_search(folder: Path) -> None:
    html = shown("/operator", f"name={COMPANY}")
    assert ORANGE in html and RED in html
    assert "operator?name=" in shown("/site", f"host={ORANGE}") and "cluster?host=" in shown("/site", f"host={ORANGE}")  # fmt: skip
    assert "operator?name=" in shown("/", f"q={COMPANY}")
    assert 'href="./cluster"' in shown("/rank", "") and 'href="./operator"' in shown("/rank", "")
    assert COMPANY in shown("/operator", "") and ORANGE in shown("/cluster", "")


@pytest.mark.parametrize("asked", ["operator?name=没有的公司", "operator?name=%3Cscript%3E", "cluster?host=nobody.test", "cluster?host=" + snapshots.BLUE])  # fmt: skip
def test_an_address_that_names_nothing_says_404(folder: Path, asked: str) -> None:
    path, _, query = asked.partition("?")
    for lang in ("zh", "en"):
        sight = first_paint.shown(f"/{path}", query, lang)
        assert sight.status == 404 and "<script>" not in sight.body and 'href="./' in sight.body


def test_an_empty_snapshot_says_what_to_do(data_dir: Path) -> None:
    snapshots.build(data_dir, rows=snapshots.empty())
    for page in ("/operator", "/cluster"):
        assert "收录网站并发布之后，这一页才有内容" in shown(page, ""), page


def test_the_site_page_says_from_how_many_places_it_was_seen(folder: Path) -> None:
    html = shown("/site", f"host={ORANGE}")
    if "观测点" in html:  # the first sight may end before it
        assert "能作判断的观测点 2 处，其中 2 处打不开" in html and "广州移动" in html


def test_the_api_gives_the_same(folder: Path) -> None:
    client = TestClient(Gate(Starlette(routes=[*ROUTES, *ELSE]), ROUTES))
    body = client.get(f"/api/v1/clusters/{ORANGE}").json()
    assert body["sites"] == sorted((ORANGE, RED)) and {m["via"] for m in body["moves"]} == {
        "redirect",
        "certificate",
    }
    told = {row["role"]: row for row in body["notify"]}
    assert told["registrar"]["hosts"] == sorted((ORANGE, RED)) and told["payment"]["name"] is None
    assert client.get(f"/api/v1/operators/{COMPANY}").json()["kind"] == "operator"
    for path in (
        "/api/v1/clusters/nobody.test",
        "/api/v1/operators/x",
        "/exchange/x.json",
        "/exchange/entities.ftm.jsonl?host=nobody.test",
    ):
        assert client.get(path).status_code == 404
    for name in exchange.FORMS.values():
        answer = client.get(f"/exchange/{name}", params={"cluster": ORANGE})
        assert answer.status_code == 200 and ORANGE in answer.text and snapshots.BLUE not in answer.text


# FollowTheMoney 4: properties a schema has, as its model states them (LegalEntity and Company extend Thing; UnknownLink extends Interest, Interval).
_THING = {
    "name",
    "alias",
    "notes",
    "sourceUrl",
    "modifiedAt",
    "publisher",
    "retrievedAt",
    "country",
    "summary",
}
_LEGAL = _THING | {"website", "uscCode", "jurisdiction", "registrationNumber"}
FTM = {"LegalEntity": _LEGAL, "Company": _LEGAL,
       "UnknownLink": {"subject", "object", "role", "startDate", "endDate", "date", "summary", "publisher", "sourceUrl", "retrievedAt", "status"}}  # fmt: skip
STIX_REQUIRED = {"observed-data": {"first_observed", "last_observed", "number_observed", "object_refs"}, "identity": {"name"},
                 "relationship": {"relationship_type", "source_ref", "target_ref"}, "domain-name": {"value"}, "url": {"value"},
                 "ipv4-addr": {"value"}}  # fmt: skip


def test_entities_keep_to_the_schema_and_point_to_each_other(folder: Path) -> None:
    entities = [json.loads(line) for line in "".join(exchange.text("ftm", Snapshot(folder))).splitlines()]
    known = {e["id"] for e in entities}
    for e in entities:
        assert set(e) == {"id", "schema", "properties"} and set(e["properties"]) <= FTM[e["schema"]], e
        assert all(isinstance(v, str) and v for values in e["properties"].values() for v in values)
        if e["schema"] == "UnknownLink":
            assert {*e["properties"]["subject"], *e["properties"]["object"]} <= known
            assert e["properties"]["publisher"] and e["properties"]["retrievedAt"] and e["properties"]["role"]
        else:
            assert e["properties"]["name"] and "演示数据" in "".join(e["properties"]["notes"])


def test_the_bundle_keeps_to_stix(folder: Path) -> None:
    bundle = json.loads("".join(exchange.text("stix", Snapshot(folder))))
    assert set(bundle) == {"type", "id", "objects"} and bundle["id"].startswith("bundle--")
    ids = [o["id"] for o in bundle["objects"]]
    assert len(ids) == len(set(ids))
    for o in bundle["objects"]:
        kind, _, tail = o["id"].partition("--")
        assert (
            kind == o["type"]
            and o["spec_version"] == "2.1"
            and STIX_REQUIRED[kind] <= set(o)
            and uuid.UUID(tail).version == 5
        )
        refs = [v for k, v in o.items() if k.endswith("_ref")] + o.get("object_refs", [])
        assert set(refs) <= set(ids)
        if kind in ("domain-name", "url"):
            assert tail == str(
                uuid.uuid5(exchange._STIX, json.dumps({"value": o["value"]}, separators=(",", ":")))
            )
            assert "created" not in o
        else:
            assert (
                re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", o["created"])
                and o["created"] == o["modified"]
            )
        if kind == "observed-data":
            assert o["first_observed"] <= o["last_observed"] and 1 <= o["number_observed"] <= 999_999_999
            assert o["labels"] == ["demonstration-data"] and o["external_references"]


def test_a_domain_has_the_identifier_the_specification_gives_it() -> None:
    namespace = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
    expected = uuid.uuid5(namespace, '{"value":"a.example"}')
    assert exchange.observable("a.example")["id"] == f"domain-name--{expected}"
    assert [
        exchange.observable(h)["type"]
        for h in ("192.0.2.7", "[2001:db8::1]", "pay.example/shop/X", "a.example:8443")
    ] == ["ipv4-addr", "ipv6-addr", "url", "url"]


def test_the_event_is_for_no_detection(folder: Path) -> None:
    event = json.loads("".join(exchange.text("misp", Snapshot(folder))))["Event"]
    assert (
        event["threat_level_id"] == "4"
        and not event["published"]
        and event["info"].startswith("【演示数据】")
    )
    assert event["Attribute"] and all(
        a["to_ids"] is False and uuid.UUID(a["uuid"]) for a in event["Attribute"]
    )
    assert {a["type"] for a in event["Attribute"]} <= {"domain", "hostname", "url", "ip-dst", "text"}


@pytest.mark.parametrize("form", exchange.FORMS)
def test_what_is_handed_on_accuses_nobody_and_is_the_same_each_time(folder: Path, form: str) -> None:
    made = "".join(exchange.text(form, Snapshot(folder)))
    assert made == "".join(exchange.text(form, Snapshot(folder)))
    assert not ACCUSING.search(made) and "投诉称" not in made and "complaint" not in made
    assert "粤ICP备18046372号-1" in made and str(DAY) in made
