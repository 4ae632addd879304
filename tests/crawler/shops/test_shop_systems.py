"""Every shop system meets a normal, a blocked and a damaged answer; what a page says of payment, contacts and stock is read.

The blocked and damaged cases are made from each system's normal fixture, so a new system gets them with its first one.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from crawler.pages.shop_features import (
    contact_values,
    contacts_in,
    footer_numbers,
    hinted,
    payment_class,
    signs_of,
    telling,
    template_of,
)
from crawler.shops import systems
from crawler.shops.page import Good, stock_class
from crawler.source_spider import shown
from crawler.spiders.storefront import StorefrontSpider
from store.evidence.normalize import row_of
from store.evidence.records import parse_record
from tests.support.programs.spider_replay import play

FIXTURES = Path(__file__).parents[2] / "fixtures" / "storefront"
WALL = "<html><script>document.cookie='acw_sc__v2=1';location.reload()</script></html>"


def normal(system: str) -> Path:
    """The folder of a system's normal fixture."""
    stem = f"normal_{system.replace('-', '_')}"
    found = sorted(p for p in FIXTURES.iterdir() if p.name.startswith(stem))
    assert found, f"add tests/fixtures/storefront/{stem}/case.json"
    return found[0]


def changed(folder: Path, system: str, change: Any) -> dict[str, Any]:
    """What the spider makes of the system's normal case after `change(position, exchange)` on every exchange."""
    shutil.copytree(normal(system), folder / "case")
    case = json.loads((folder / "case" / "case.json").read_text(encoding="utf-8"))
    case["exchanges"] = [change(n, e) for n, e in enumerate(case["exchanges"])]
    (folder / "case" / "case.json").write_text(json.dumps(case), encoding="utf-8")
    return play(StorefrontSpider, folder / "case")


@pytest.mark.parametrize("system", sorted(systems()))
def test_normal(system: str) -> None:
    result = play(StorefrontSpider, normal(system))
    home = [r for r in result["records"] if r["kind"] == "page" and r["role"] == "home"]
    assert [r["software"] for r in home] == [system] and result["outcome"] == "ok"


@pytest.mark.parametrize("system", sorted(systems()))
def test_a_wall_or_a_refusal_is_blocked_and_never_an_empty_shop(system: str, tmp_path: Path) -> None:
    def wall(n: int, exchange: dict[str, Any]) -> dict[str, Any]:
        return {"url": exchange["url"], "body": WALL} if n == 0 else exchange

    def refuse(n: int, exchange: dict[str, Any]) -> dict[str, Any]:
        return exchange if n == 0 else {"url": exchange["url"], "status": 429, "body": "slow down"}

    for name, change in (("wall", wall), ("refuse", refuse)):
        result = changed(tmp_path / name, system, change)
        if name == "wall" or len(result["asked"]) > 1:
            assert result["hosts"]["yunhe.test"][0] == "blocked", name
            assert not [r for r in result["records"] if r["kind"] == "orders"]


@pytest.mark.parametrize("system", sorted(systems()))
def test_a_cut_answer_is_a_failure_with_its_reason(system: str, tmp_path: Path) -> None:
    """Lists answer with half a JSON document; a system without lists is cut off before its first good."""

    def cut(n: int, exchange: dict[str, Any]) -> dict[str, Any]:
        return exchange if n == 0 else {"url": exchange["url"], "body": '{"code":0,"data":[{"na'}

    result = changed(tmp_path, system, cut)
    outcome, reason = result["hosts"]["yunhe.test"]
    if len(result["asked"]) > 1 and system not in ("dujiaoka",):
        assert outcome == "failed" and reason
    assert all(r.get("total") != 0 for r in result["records"] if r["kind"] == "orders")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("支付宝当面付 zfbf2f", "licensed"),
        ("微信 wescan", "licensed"),
        ("支付宝 alipay", "epay"),
        ("易支付", "epay"),
        ("码支付 codepay", "personal_qr"),
        ("V免签 vzfb", "personal_qr"),
        ("USDT-TRC20", "usdt"),
        ("余额 #system", "balance"),
        ("虎皮椒", "aggregator"),
        ("人工转账", "manual"),
        ("支付宝", "unknown"),
    ],
)
def test_payment_classes(name: str, expected: str) -> None:
    assert payment_class(name) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<form action="https://pay.x.test/submit.php"><input name="pid"></form>', ["epay"]),
        ("<p>支持USDT付款，trc20地址见客服</p>", ["usdt"]),
        ("<p>请加客服微信付款</p>", ["manual"]),
        ("<p>本站仅支持余额支付</p>", ["balance"]),
        ("<p>请扫描下方收款码</p>", ["personal_qr"]),
        ("<p>支付宝、微信均可</p>", []),
    ],
)
def test_a_page_gives_payment_classes_away(html: str, expected: list[str]) -> None:
    assert hinted(html.lower()) == expected


@pytest.mark.parametrize(
    ("good", "expected"),
    [
        (Good("a", stock=0), "sold_out"),
        (Good("a", stock=3), "low"),
        (Good("a", stock=300), "in_stock"),
        (Good("a", label="缺货"), "sold_out"),
        (Good("a", label="所剩无几"), "low"),
        (Good("a", label="充足"), "in_stock"),
        (Good("a", label="不限"), "unlimited"),
        (Good("a"), "unknown"),
    ],
)
def test_stock_that_is_not_shown_is_unknown(good: Good, expected: str) -> None:
    assert stock_class(good) == expected


def test_contacts_are_counted_by_value_and_leave_only_as_keyed_hashes() -> None:
    html = '<a href="http://wpa.qq.com/msgrd?v=3&uin=100012345&site=qq">QQ</a> QQ：100012345 t.me/yunhe a.b@yunhe.test'
    found = contacts_in(html.lower())
    assert found == {"qq": ["100012345"], "telegram": ["yunhe"], "email": ["a.b@yunhe.test"]}
    assert contact_values('<script src="https://hm.baidu.com/hm.js?0123456789abcdef0123456789abcdef">')[
        "analytics"
    ]
    record = {"kind": "page", "source": "storefront", "host": "a.example", "role": "home",
              "observed_at": "2026-03-02T12:00:00+08:00", "contacts": telling(html.lower(), found)}  # fmt: skip
    assert "contacts" not in shown(record)
    one = row_of(parse_record(record), 1, "a.example", b"key")
    other = row_of(parse_record({**record, "host": "b.example"}), 2, "b.example", b"key")
    elsewhere = row_of(parse_record(record), 1, "a.example", b"another key")
    assert "contacts" not in one and "100012345" not in json.dumps(one, default=str)
    assert one["signs"] == other["signs"] != elsewhere["signs"]
    assert not any(c.isdigit() for keys in one["signs"]["contact_keys"].values() for c in "".join(keys))


def test_switches_that_show_purchases_nobody_made() -> None:
    switch = '<input type="hidden" name="_template_virtualdata" value="1">'
    script = "<script>var n=Math.random();show('用户***刚刚购买了月卡')</script>"
    assert signs_of(switch, "", [])["fabricated"] == ["virtual_data_switch"]
    assert signs_of(script, "", [])["fabricated"] == ["random_purchases"]
    assert not signs_of(switch.replace('"1"', '"0"'), "", [])["fabricated_activity"]


def test_a_footer_keeps_licence_and_credit_code_beside_the_filing() -> None:
    number, rest = footer_numbers("粤ICP备18046372号-1 粤B2-20090059 统一社会信用代码 91440300708461136T")
    assert number == "粤ICP备18046372号-1" and rest["licences"] == ["粤B2-20090059"]
    assert rest["credit_codes"] == ["91440300708461136T"]
    assert footer_numbers("91440300708461136X")[1]["credit_codes"] == []


def test_a_template_is_the_same_whatever_the_shop_sells() -> None:
    parts = "".join(
        f'<div class="block-{c} part"></div><script src="/js/{c}.js"></script>' for c in "abcdefg"
    )
    assert template_of(parts + "<p>月卡</p>") == template_of(f"<h1>乙店</h1>{parts}") is not None
    assert template_of("<p>月卡</p>") is None
