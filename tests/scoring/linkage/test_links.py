"""Links between platforms: two independent traits or one site pointing to the other; the common says nothing; people never."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from scoring import method
from scoring.engine.load_market import load_dataset
from scoring.linkage.links import confidence, rarity
from scoring.page_terms import PROMISES, VOID, days_promised, made, void_in
from tests.support.markets.judged_records import database

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
    assert link.reason()[0].endswith("。") and link.reason()[1].endswith(".")


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
