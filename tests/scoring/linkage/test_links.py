"""Links between platforms: two independent traits or one site pointing to the other; the common says nothing; people never."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crawler.pages.shop_features import company_of, contact_values, contacts_in
from sandbox.evidence.evidence import write_evidence
from sandbox.market.market import MarketParameters, build_market
from sandbox.shops.view import View
from sandbox.web.tunnel import shown_by
from scoring import method
from scoring.engine.chunk import assess_chunk
from scoring.engine.load_market import load_dataset
from scoring.finding import NOT_APPLICABLE
from scoring.linkage.links import confidence, rarity, reason_of
from scoring.page_terms import PROMISES, VOID, days_promised, made, quoted, void_in
from scoring.rating.assessment import Assessment
from scoring.rating.mall_findings import OF_THE_HOST
from tests.support.markets.judged_records import database, judged
from tests.support.markets.links import labelled_market
from tests.support.markets.scoring import DAY, complaints, crawls

AS_OF = dt.date(2026, 4, 30)
WORDS = "".join(f"本店第{c}类商品付款以后由系统按下单先后逐笔处理并通知买家查收。" for c in "甲乙丙丁")


def site(host: str, role: str = "home", **more: Any) -> dict[str, Any]:
    return {"kind": "page", "source": "storefront", "host": host, "role": role, "text": "首页",
            "observed_at": "2026-04-20T10:00:00+08:00"} | more  # fmt: skip


def filed(host: str, **more: Any) -> dict[str, Any]:
    return {"kind": "filing", "source": "icp", "host": host, "observed_at": "2026-04-20T10:00:00+08:00", "found": True,
            "number": "粤ICP备18046372号-1", "entity": "甲科技有限公司", "nature": "企业", "domain": host} | more  # fmt: skip


def certificate(host: str, *names: str) -> dict[str, Any]:
    return {"kind": "certificate", "source": "registration", "host": host, "observed_at": "2026-04-20T10:00:00+08:00",
            "issuer_kind": "automated", "not_before": "2026-03-01T00:00:00Z", "not_after": "2026-06-01T00:00:00Z",
            "names": [host, *names], "matches": True}  # fmt: skip


def probe(host: str, day: str, outcome: str = "ok") -> dict[str, Any]:
    return {"kind": "probe", "source": "availability", "host": host, "observed_at": f"2026-{day}T10:00:00+08:00",
            "outcome": outcome}  # fmt: skip


def links(folder: Path, records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return load_dataset(database(folder, records), AS_OF).kin.links


def contact(host: str, key: str = "ghij") -> dict[str, Any]:
    return site(host, signs={"contact_keys": {"qq": [key]}})


BOTH = ("a.example", "b.example")


def account(host: str, key: str = "ghij", **more: Any) -> dict[str, Any]:
    return site(host, signs={"contact_keys": {"analytics": [key], "qq": [key]}}, **more)


def move(via: str = "redirect", to: str = "b.example") -> dict[str, Any]:
    return {"kind": "move", "source": "storefront", "host": "a.example", "to_host": to, "via": via,
            "observed_at": "2026-04-20T10:00:00+08:00"}  # fmt: skip


def terms(host: str, **more: Any) -> list[dict[str, Any]]:
    """The same wording, goods and structure on every host."""
    return [
        site(host, "terms", text=WORDS),
        site(host, signs={"template": "ghij"}, software="rainbow"),
        *({"kind": "price", "source": "storefront", "host": host, "observed_at": "2026-04-20T10:00:00+08:00",
           "product": f"会员{n}", "price": 9.9 + n} for n in range(6)),
    ]  # fmt: skip


def one_certificate() -> list[dict[str, Any]]:
    return [certificate("a.example", "b.example"), certificate("b.example", "a.example")]


BOTH = ("a.example", "b.example")
NO_LINK = {
    "a contact": [contact(h) for h in BOTH],
    "a company": [filed(h) for h in BOTH],
    "a certificate": one_certificate(),
    "a redirect": [site("a.example"), site("b.example"), move()],
    "two of one family": [site("a.example"), site("b.example"), move(), move("notice")],
    "structure, goods and wording": [r for h in BOTH for r in terms(h)],
    "a contact beside structure, goods and wording": [contact(h) for h in BOTH] + [r for h in BOTH for r in terms(h)],
    "a number each footer shows": [contact(h) | {"footer_icp": "粤ICP备18046372号-1"} for h in BOTH],
    "a number of the other, which the registry gives to it": [
        *(contact(h) | {"footer_icp": "粤ICP备18046372号-1"} for h in BOTH), filed("a.example"), filed("b.example", found=False, number=None, entity=None),
        filed("b.example", observed_at="2026-04-21T10:00:00+08:00", domain="a.example")],
    "what pages of unknown software carry": [account(h) for h in BOTH],
    "what pages of one theme carry, few of which are known": [account(h, software="rainbow") for h in BOTH],
    "a group anybody may join": [site(h, signs={"contact_keys": {"qq_group": ["ghij"]}}) for h in BOTH] + one_certificate(),
    "a supplier's contact beside their own": [
        site(h, signs={"contact_keys": {"qq": ["ghij", f"{h[0]}klm"]}}) for h in BOTH] + one_certificate(),
    "different companies in the registry": [contact(h) for h in BOTH] + one_certificate() + [
        filed("a.example"), filed("b.example", number="京ICP备12345678号-1", entity="乙网络有限公司")],
    "different companies handed in": [contact(h) for h in BOTH] + one_certificate() + [
        {"kind": "platform", "host": h, "operator": f"{h[0]}数码有限公司"} for h in BOTH],
    "a certificate that is for neither": [contact(h) for h in BOTH] + [
        certificate(h) | {"names": ["a.example", "b.example", "shop.test"][2:], "matches": False} for h in BOTH],
    "a delivery network's certificate": [contact(h) for h in BOTH] + [
        certificate(h, *BOTH, "sni77.cloudflaressl.com") for h in BOTH],
    "a certificate of many": [contact(h) for h in BOTH] + [
        certificate(h, *BOTH, *(f"c{n}.example" for n in range(4))) for h in BOTH],
    "a domain of a third": [contact(h) for h in BOTH] + [certificate(h, "third.example") for h in BOTH],
    "shops below one domain": [contact(f"{h}.mall.example") for h in "ab"] + [
        filed(f"{h}.mall.example", domain="mall.example") for h in "ab"],
}  # fmt: skip
TWO_TRAITS = [
    ({"contact", "entity"}, [contact(h) for h in BOTH] + [filed(h) for h in BOTH]),
    ({"certificate", "entity"}, one_certificate() + [filed(h) for h in BOTH]),
    ({"contact", "redirect"}, [contact(h) for h in BOTH] + [move()]),
    ({"certificate", "contact"}, [contact(h) for h in BOTH] + one_certificate()),
    (
        {"account", "contact"},
        [account("a.example", software="rainbow"), account("b.example", software="acg")],
    ),
    (
        {"account", "contact"},
        [account(h, software="rainbow") for h in BOTH]
        + [account(f"s{n}.example", f"own{n}", software="rainbow") for n in range(12)],
    ),
]


@pytest.mark.parametrize("shared", NO_LINK)
def test_what_does_not_tell_one_operator_is_no_link(shared: str, tmp_path: Path) -> None:
    assert links(tmp_path, NO_LINK[shared]) == {}


@pytest.mark.parametrize(("traits", "records"), TWO_TRAITS)
def test_two_independent_traits_link_both_ways(
    traits: set[str], records: list[dict[str, Any]], tmp_path: Path
) -> None:
    found = links(tmp_path, records)
    assert {h: [link.other for link in some] for h, some in found.items()} == {
        "a.example": ["b.example"],
        "b.example": ["a.example"],
    }
    link = found["a.example"][0]
    assert set(link.traits) == traits and link.cited and 0.5 < link.confidence < 1
    assert reason_of(link)[0].endswith("。") and reason_of(link)[1].endswith(".")


def test_an_individuals_filing_links_nobody(tmp_path: Path) -> None:
    people = [filed(h, nature="个人", entity="张三") for h in BOTH]
    assert links(tmp_path, [*people, *(contact(h) for h in BOTH)]) == {}


@pytest.mark.parametrize("many", [4, 6, method.LINK_COMMON + 1])
def test_what_many_sites_share_loses_its_weight(many: int, tmp_path: Path) -> None:
    hosts = [f"s{i}.example" for i in range(many)]
    records = [r for h in hosts for r in (contact(h), filed(h))]
    assert bool(links(tmp_path, records)) == (many <= 4)


def test_what_other_sites_of_a_theme_show_comes_with_it(tmp_path: Path) -> None:
    """The same pair with a third site of the theme, and with one of another theme."""
    for third, told in (("rainbow", False), ("acg", True)):
        records = [account(h, software="rainbow") for h in BOTH] + [filed(h) for h in BOTH]
        found = links(tmp_path / third, [*records, account("c.example", software=third)])
        assert ("contact" in {t for some in found.values() for link in some for t in link.traits}) == told


def test_the_later_of_two_linked_sites_is_the_successor(tmp_path: Path) -> None:
    records = TWO_TRAITS[0][1] + [
        probe("a.example", "02-01"), probe("a.example", "03-20", "down"), probe("b.example", "04-01"),
    ]  # fmt: skip
    found = links(tmp_path, records)
    assert found["a.example"][0].relation == "successor" and found["b.example"][0].relation == "predecessor"


def test_a_redirect_between_sites_of_one_contact_is_a_link(tmp_path: Path) -> None:
    found = links(tmp_path, [*(contact(h) for h in BOTH), move()])
    assert found["a.example"][0].relation == "redirect" and found["b.example"][0].relation == "predecessor"


_WEIGHTS = st.dictionaries(
    st.sampled_from(sorted(method.LINK_WEIGHTS)), st.floats(0, 0.99, allow_nan=False), max_size=7
)


@given(_WEIGHTS, _WEIGHTS)
def test_more_traits_never_make_a_link_less_certain(some: dict[str, float], more: dict[str, float]) -> None:
    assert 0 <= confidence(some) <= confidence({**more, **some}) <= 1


@given(st.integers(2, 5_000), st.integers(2, 5_000), st.integers(2, 5_000))
def test_the_more_share_a_value_the_less_it_tells(one: int, more: int, market: int) -> None:
    assert (
        1 >= rarity(min(one, more), market) >= rarity(max(one, more), market) >= 0 and rarity(2, market) == 1
    )


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("本活动最终解释权归本站所有。", {"interpretation"}),
        ("付款成功后订单不成立的，本站可取消。", {"no_contract"}),
        ("因使用本站产生的一切后果由买家自行承担。", {"no_liability"}),
        ("无论任何原因，本站概不退款。", {"no_refund"}),
        ("买家不得向任何平台投诉，投诉者封号处理。", {"no_complaint"}),
        ("余额超过一年未使用自动清零。", {"forfeit"}),
        ("卡密发出后非质量问题不退，未到账全额退款。", set()),
        ("如需投诉请联系客服，我们会在24小时内回复。", set()),
    ],
)
def test_clauses_the_law_may_make_void(text: str, clauses: set[str]) -> None:
    assert set(void_in(text)) == clauses <= set(VOID)


@pytest.mark.parametrize(
    ("text", "promise", "days"),
    [
        ("未使用的卡密7天无理由退款", "refund_days", 7.0),
        ("超过24小时未到账可退款，24小时内退款", "refund_days", 1.0),
        ("5个工作日内退款到原账户", "refund_days", 7.0),
        ("付款后秒到账", "instant_delivery", 7.0),
        ("掉单包赔", "drop_compensation", 7.0),
        ("余额随时可提现", "withdrawal", 7.0),
    ],
)
def test_promises_are_read_with_their_time_limit(text: str, promise: str, days: float) -> None:
    words = made(promise, text)
    assert words is not None and days_promised(words) == pytest.approx(days)


def test_a_promise_is_quoted_to_the_end_of_its_sentence_or_says_that_it_goes_on() -> None:
    text = "一、说明。\n二、时效：自动发货商品即时到账，直充类商品24小时内到账，节假日顺延。\n三、其他"
    words = made("instant_delivery", text)
    assert (
        words and quoted(text, words) == "二、时效：自动发货商品即时到账，直充类商品24小时内到账，节假日顺延"
    )
    long = "买" * 90 + "自动发货" + "，到" * 90
    assert re.fullmatch(
        "……买{40,60}自动发货(，到){20,30}，?……", quoted(long, made("instant_delivery", long) or "")
    )


@pytest.mark.parametrize("text", ["暂停秒到账服务", "不支持7天无理由退款", "余额不可提现", "", None])
def test_a_promise_taken_back_in_the_same_breath_is_none(text: str | None) -> None:
    assert not any(made(name, text) for name in PROMISES)


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_what_was_withdrawn_links_nobody_from_that_day_on(tmp_path: Path, at: int) -> None:
    """Not as a trait, not as a number shown or registered: from the day it was taken back it was never said."""
    number = {"footer_icp": "粤ICP备18046372号-1"}
    records = [site(h, **number, signs={"contact_keys": {"qq": ["ghij"]}}) for h in BOTH] + [
        filed(h) for h in BOTH
    ]
    engine = database(tmp_path, records)
    assert set(load_dataset(engine, AS_OF).kin.links) == set(BOTH)
    table, host = ("page", "filing")[at % 2], BOTH[at // 2]
    with engine.begin() as connection:
        connection.execute(
            text(f"update {table} set withdrawn_at = '2026-04-25 00:00:00' where subject = '{host}'")
        )
    kin = load_dataset(engine, AS_OF).kin
    assert kin.links == {}
    assert (
        kin.registered["粤ICP备18046372号"] == {BOTH[1 - at // 2]}
        if table == "filing"
        else len(kin.showing) == 1
    )
    assert set(load_dataset(engine, dt.date(2026, 4, 24)).kin.links) == set(BOTH), "the days before know it"


# Two merchants of one mall are rated apart, what concerns the host stays the mall's, and neither contacts nor certificates join merchants.


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


# Links on labelled markets of few themes: what strangers share joins nobody, and sisters are found by what they really share.


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


@pytest.mark.parametrize("operators", [False, True])
def test_of_the_sandbox_the_sites_of_one_operator_are_linked_and_no_others(
    tmp_path: Path, operators: bool
) -> None:
    """Strangers share a hotline, layouts, wording, borrowed numbers, a theme's maker and a delivery network's certificate."""
    sizes = {"platforms": 64, "days": 120, "ending_share": 0.5 if operators else 0.6}
    market = build_market(MarketParameters(seed=5, ends_on=AS_OF, operators=operators, **sizes))
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
                    "footer_icp": platform.filing.footer, "company": company_of(view.footer()), "contacts": contacts_in(html.lower()) | contact_values(html)}
        )  # fmt: skip
        names = [platform.host, *platform.certificate]
        names = ["cdn-demo.test"] if shown_by(platform) == "other_name" else names
        records.append(
            seen | {"kind": "certificate", "source": "registration", "issuer_kind": "automated", "names": names,
                    "not_before": "2026-03-01T00:00:00Z", "not_after": "2026-06-01T00:00:00Z", "matches": platform.host in names}
        )  # fmt: skip
    assert sum("phone" in (r.get("contacts") or {}) for r in records) >= 2
    known = set(range(len(market.platforms)))
    families = [[p.host for p in market.platforms if p.desk == desk] for desk in sorted(known)]
    assert market.truth()["operators"] == [sorted(f) for f in families if f]
    assert len(list(filter(None, families))) == (4 if operators else 0)
    assert sum(p.credit for p in market.platforms) == (2 if operators else 0), "strangers under one theme"
    found = load_dataset(database(tmp_path, records), AS_OF).kin.links
    assert {frozenset({host, *(x.other for x in some)}) for host, some in found.items()} == {
        frozenset(f) for f in families if f
    }
