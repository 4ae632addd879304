"""Every shop system meets a normal, a blocked and a damaged answer; what a page says of payment, contacts and stock is read.

The blocked and damaged cases are made from each system's normal fixture, so a new system gets them with its first one.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
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
from crawler.recording.capture import kept_url
from crawler.shops import read_home, recognise, systems
from crawler.shops.page import Good, Page, stock_class
from crawler.source_spider import shown
from crawler.spiders.storefront import StorefrontSpider
from scoring.features.shop_pages import software_version_of
from store.evidence.normalize import row_of
from store.evidence.records import parse_record
from tests.support.programs import forked
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


# What a system says of itself: the version its pages print, the currency its configuration names, themes that other people wrote.


def played(name: str) -> list[dict[str, Any]]:
    """The records of one case."""
    return list(play(StorefrontSpider, FIXTURES / name)["records"])


@pytest.mark.parametrize(
    ("html", "system", "version"),
    [
        (
            '<meta name="keywords" content="卡,ZFAKA"><meta name="version" content="1.4.3"><a href="/product/get/">',
            "zfaka",
            "1.4.3",
        ),
        (
            '<meta name="keywords" content="ZFAKA"><p>Powered by <a href="https://github.com/zlkbdotnet/zfaka/" target="_blank">ZFAKA 1.4.4</a></p>',
            "zfaka",
            "1.4.4",
        ),
        (
            '<link href="/favicon.ico?v=3.4.8" rel="icon"><script src="/assets/common/js/ready.js?v=3.4.8"></script>',
            "acg-faka",
            "3.4.8",
        ),
        (
            'var hashsalt=(+!![])<script src="assets/js/main.js?ver=2103"></script><a href="./?mod=query">',
            "rainbow",
            "2103",
        ),
        (
            '<a href="/order-search"></a>Powered by <a href="https://x.example">@独角数卡 V2.0.4</a>',
            "dujiaoka",
            "2.0.4",
        ),
        (
            '<a href="/order-search"></a>Powered by <a href="https://x.example">@独角数卡.</a>',
            "dujiaoka",
            "",
        ),
    ],
)
def test_a_version_is_read_where_the_page_prints_it(html: str, system: str, version: str) -> None:
    page = Page("http://shop.test/", f"<!DOCTYPE html><html><body>{html}</body></html>")
    assert recognise(page) == system
    assert read_home(system, page)[0].version == version


def test_a_version_that_only_a_list_tells_is_stored_with_the_home_page() -> None:
    home = [r for r in played("normal_dujiao_next") if r["kind"] == "page" and r["role"] == "home"]
    assert [r["signs"]["software_version"] for r in home] == ["1.4.2"]


def test_goods_take_the_currency_of_the_shop() -> None:
    prices = [r for r in played("normal_dujiao_next_dollars") if r["kind"] == "price"]
    assert prices and {(r["price"], r["currency"]) for r in prices} == {(None, "USD")}


def test_without_a_configuration_no_price_is_taken_for_yuan(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "normal_dujiao_next", tmp_path / "case")
    case = json.loads((tmp_path / "case" / "case.json").read_text(encoding="utf-8"))
    case["exchanges"][1] = {"url": case["exchanges"][1]["url"], "status": 500, "body": "error"}
    (tmp_path / "case" / "case.json").write_text(json.dumps(case), encoding="utf-8")
    result = play(StorefrontSpider, tmp_path / "case")
    assert not [r for r in result["records"] if r["kind"] == "price"]
    assert result["hosts"]["yunhe.test"][0] == "failed"


def test_pieces_a_shop_hides_are_no_number() -> None:
    hidden = next(
        r for r in played("normal_dujiao_next") if r["kind"] == "price" and r["product"] == "网盘月卡"
    )
    assert (hidden["stock"], hidden["stock_label"]) == (None, "有货")


@pytest.mark.parametrize("theme", ["morpho", "avatar"])
def test_themes_of_other_authors_are_the_same_system(theme: str) -> None:
    records = played(f"normal_dujiaoka_{theme}")
    assert {r["product"]: r["price"] for r in records if r["kind"] == "price"} == {
        "云雀视频 月卡": 18.8,
        "【自动】蓝鲸音乐 年卡": 1268.0,
        "极光网盘 $10 礼品卡": 72.5,
    }
    assert {r["software"] for r in records if r["kind"] == "page" and r["role"] == "home"} == {"dujiaoka"}


class _Rows(dict[str, list[Any]]):
    platform = np.array([0, 0, 0, 1])


def test_the_newest_version_of_the_software_last_seen_is_published() -> None:
    pages = _Rows(
        software=["acg-faka", "acg-faka", None, "zfaka"],
        signs=[{"software_version": "3.4.8"}, {"software_version": "3.6.0"}, {}, None],
    )
    facts: Any = SimpleNamespace(rows={"page": pages})
    assert [software_version_of(facts, site) for site in (0, 1, 2)] == ["3.6.0", None, None]


# Makers of themes, technical support and comments are no contacts of a shop; what stands beside them is.


OWN = '<a href="http://wpa.qq.com/msgrd?v=3&uin=3344556677">客服QQ</a>'
CREDITS = [
    '<p>Theme by <a href="https://t.me/themeauthor">@themeauthor</a></p>',
    '<p>Designed with love by <a href="https://t.me/themeauthor">x</a></p>',
    '<p><a href="https://t.me/themeauthor">主题作者</a></p>',
    '<p><a class="x" href="https://t.me/themeauthor"><span>模板设计</span></a></p>',
    '<p>本页由 <a href="https://t.me/themeauthor">某某</a> 提供技术支持</p>',
    '<p>由<a href="https://t.me/themeauthor">某某</a>强力驱动</p>',
    "<p>技术支持QQ：2211334455</p>",
    "<p>源码购买 QQ: 2211334455</p>",
    "<p>模板售后群：221133445</p>",
    "<p>网站建设：示例科技 电话：13912345678</p>",
    "<p>同款搭建联系 微信：maker_01</p>",
    "<!-- 主页 maker@themes.test t.me/themeauthor -->",
    "<script>\n/* written by maker@themes.test */\nvar a = 1;</script>",
    '<meta name="author" content="maker@themes.test">',
    "<!-- <script>var s; s.src='https://hm.baidu.com/hm.js?0123456789abcdef0123456789abcdef'</script> -->",
    '<p>程序作者统计 <script src="https://s4.cnzz.com/z.js?id=1276543210"></script></p>',
    '<a href="https://t.me/share/url?url=x">分享</a>',
    "<p>QQ：123456789</p>",
    "<p>QQ：10000</p>",
    "<p>电话：400-000-0000</p>",
    "<p>电话：13800138000</p>",
    "<p>邮箱：admin@admin.com，your@example.com</p>",
    '<script src="https://api.map.baidu.com/api?v=3.0&ak=Qwertyuiop0123456789asdf"></script>',
]


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize("page", ["{credit}{own}", "{own}{credit}", "<div>{own}</div>{credit}<p>©</p>"])
def test_a_credit_is_no_contact_and_takes_none_away(credit: str, page: str) -> None:
    assert contact_values(page.format(credit=credit, own=f"<div>{OWN}</div>")) == {"qq": ["3344556677"]}


@pytest.mark.parametrize(
    "other",
    [
        "<p>货源对接：QQ 277678363 电报 @kai_tkggn</p>",
        "<p>本站货源来自 QQ277678363（TG：@kai_tkggn），需要请联系上家</p>",
        "<p>上游供应商：277678363（QQ）</p>",
        "<p>违法和不良信息举报 邮箱 abc77@proton.me QQ 277678363</p>",
        "<p>域名注册商投诉邮箱：abuse@registrar.example.com 注册商客服QQ：277678363</p>",
        "<p>支付遇到问题请联系易付通官方客服QQ277678363（官方群517341451）</p>",
        "<p>本站使用码支付，接口客服QQ277678363，官方群517341451</p>",
    ],
)
def test_who_is_named_beside_the_shop_is_not_what_tells_two_shops_are_one(other: str) -> None:
    assert contact_values(f"<p>客服QQ：3344556677</p>{other}") == {"qq": ["3344556677"]}
    assert contact_values(f"{other}<div>客服QQ：3344556677</div>") == {"qq": ["3344556677"]}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("TG：@moon_qbsxz", "telegram"),
        ("飞机 @moon_qbsxz", "telegram"),
        ("电报：<a href='tg://resolve?domain=moon_qbsxz'>@moon_qbsxz</a>", "telegram"),
        ("客服微信 wx_9ajjcbd", "wechat"),
        ("微信号 wx_9ajjcbd", "wechat"),
        ("官方交流群 894118239", "qq_group"),
        ("加群 894118239", "qq_group"),
    ],
)
def test_a_contact_is_read_however_it_is_written(said: str, kind: str) -> None:
    assert [len(values) for values in (contacts_in(said.lower()).get(kind, []),)] == [1]


@pytest.mark.parametrize(
    "own",
    [
        "<p>投诉建议</p><p>QQ：3344556677</p>",
        "<nav><a href=/a>货源</a><a href=/b>支付问题</a></nav><p>QQ：3344556677</p>",
        "<p>本网站提供24小时服务，客服QQ：3344556677</p>",
        "<p>系统公告：如有问题请联系QQ：3344556677</p>",
        '<input type="file" accept="image/*"><p>QQ：3344556677</p><style>a{} /* x */</style>',
        "<script>$.ajax({accepts: '*/*'})</script><p>QQ：3344556677</p><script>/* y */</script>",
        "<!-- never closed <p>QQ：3344556677</p>",
        "<p>客服QQ：3344556677 | Powered by x</p>",
        "<p>显卡驱动 售后QQ：3344556677</p>",
    ],
)
def test_the_shops_own_contact_stays(own: str) -> None:
    assert contact_values(own) == {"qq": ["3344556677"]}


@pytest.mark.parametrize(
    "piece", ["<!--", " /*", "技术支持", "由", "<a 提供技术支持", '<meta name="author" ']
)
def test_a_page_made_to_be_slow_is_not(piece: str) -> None:
    begun = time.process_time()
    contact_values(piece * (400_000 // len(piece)))
    assert time.process_time() - begun < 5


# The cases a checkout may be judged by (../shared/cases/shops): each shop is served, crawled and compared with what is right.


ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT.parent / "shared/cases/shops"


@pytest.mark.skipif(not (CASES / "run.py").is_file(), reason="no ../shared/cases/shops beside this checkout")
def test_every_shop_of_the_cases_is_read_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judge: Any = ModuleType("judge")
    judge.__file__ = str(CASES / "run.py")
    exec(compile((CASES / "run.py").read_bytes(), judge.__file__, "exec"), vars(judge))

    def start(words: list[Any], *, env: dict[str, str], **_: Any) -> Any:
        """As the judge does it, but forked: `kamengwatch WORDS`, or `python -m crawler.run WORDS`."""
        program, *rest = map(str, words)
        return forked.run(rest[1:] if program.endswith("python") else rest, env)

    monkeypatch.setattr(judge, "subprocess", SimpleNamespace(run=start))
    wrong = judge.main(ROOT)
    assert not wrong, capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("https://a.test/shop/X7?from=qq40012345&page=2#top", "https://a.test/shop/X7?page=2"),
        ("https://a.test/ajax.php?act=gettool&cid=3", "https://a.test/ajax.php?act=gettool&cid=3"),
        ("https://a.test/user/api/index/commodity?categoryId=1&limit=40&page=1",) * 2,
        ("https://a.test/?cid=13800138000&ref=li.na@x.test", "https://a.test/"),
        ("https://a.test/links/ABCD1234", "https://a.test/links/ABCD1234"),
    ],
)
def test_a_page_is_kept_under_an_address_that_says_nothing_of_people(asked: str, kept: str) -> None:
    assert kept_url(asked) == kept and kept_url(kept) == kept
