"""The spiders in a mall: each merchant's own page, no other's goods, the host asked once, and a merchant that is gone while its mall lives."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crawler.download import host_lease
from crawler.source_spider import SourceSpider
from crawler.spiders.availability import AvailabilitySpider
from crawler.spiders.icp import IcpSpider
from crawler.spiders.storefront import StorefrontSpider
from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from store.db.tables import Capture, Complaint, Filing, Platform, Price, Probe, Registration
from store.text.site_keys import SiteKey
from tests.support.programs import forked
from tests.support.programs.market_month import sandbox
from tests.support.programs.sandbox_crawl import SIZES, control, crawl
from tests.support.programs.spider_replay import play

MALL = "pay.x.test"
TEXT = "付款后自动发货，一般十分钟内到账，未到账请联系客服补单，超过七十二小时未处理可以申请退款。" * 2


def shop(title: str, goods: list[tuple[str, str]], more: str = "") -> str:
    items = "".join(f'<div class="card"><h4>{n}</h4><span class="price">¥{p}</span></div>' for n, p in goods)
    return f"<html><head><title>{title}</title></head><body><p>{TEXT}</p>{items}{more}</body></html>"


LINKS = '<a href="/notice.html">商城公告</a><a href="/shop/A1/notice">店铺公告</a><a href="/shop/A12/terms">服务条款</a>'
PAGES: dict[str, dict[str, Any]] = {
    f"http://{MALL}/": {"body": shop("大集商城", [("热卖：网盘会员", "9.90"), ("热卖：音乐月卡", "5.50"), ("热卖：视频周卡", "3.30")], LINKS)},
    f"http://{MALL}/shop/A1": {"body": shop("甲铺", [("视频会员月卡", "19.80"), ("音乐会员季卡", "32.00"), ("游戏点券", "9.60")], LINKS)},
    f"http://{MALL}/notice.html": {"body": f"<html><body><div class='notice'>{TEXT}</div></body></html>"},
    f"http://{MALL}/shop/A1/notice": {"body": f"<html><body><div class='notice'>{TEXT}</div></body></html>"},
    f"http://{MALL}/shop/B2": {"body": shop("乙铺", [("邮箱账号", "7.70"), ("流量日包", "3.30"), ("话费慢充", "48.50")])},
    f"http://{MALL}/shop/GONE": {"status": 404, "body": "<html><head><title>404 Not Found</title></head><body><h1>404</h1></body></html>"},
}  # fmt: skip
MERCHANTS = [f"{MALL}/shop/A1", f"{MALL}/shop/B2", f"{MALL}/shop/GONE"]


def crawled(spider: type[SourceSpider], folder: Path, hosts: list[str], **settings: Any) -> dict[str, Any]:
    exchanges = [{"url": url, **page} for url, page in PAGES.items()] + settings.pop("exchanges", [])
    case = {"platforms": [{"host": host} for host in hosts], "settings": settings, "exchanges": exchanges}
    (folder / "case.json").write_text(json.dumps(case, ensure_ascii=False), "utf-8")
    return play(spider, folder)


def test_each_merchants_goods_are_its_own_and_nothing_outside_its_path_is_asked(tmp_path: Path) -> None:
    found = crawled(StorefrontSpider, tmp_path, [MALL, *MERCHANTS])
    goods: dict[str, set[tuple[str, float]]] = {}
    for record in found["records"]:
        if record["kind"] == "price":
            goods.setdefault(record["host"], set()).add((record["product"], record["price"]))
    assert goods == {
        MERCHANTS[0]: {("视频会员月卡", 19.8), ("音乐会员季卡", 32.0), ("游戏点券", 9.6)},
        MERCHANTS[1]: {("邮箱账号", 7.7), ("流量日包", 3.3), ("话费慢充", 48.5)},
    }
    assert {host: outcome for host, (outcome, _) in found["hosts"].items()} == {
        MALL: "ok",
        MERCHANTS[0]: "ok",
        MERCHANTS[1]: "ok",
        MERCHANTS[2]: "failed",
    }
    asked = {url.removeprefix(f"GET http://{MALL}") for url in found["asked"]}
    assert asked == {"/", "/notice.html", "/shop/A1", "/shop/A1/notice", "/shop/B2", "/shop/GONE"}
    told = {(r["host"], r["role"]) for r in found["records"] if r["kind"] == "page"}
    assert (MERCHANTS[0], "notice") in told
    assert (MALL, "home") in told


SHELL = '<html><head><title>小铺</title></head><body><div id="app"></div><script>api("/shopApi/Shop/info")</script></body></html>'


def shop_api(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"code": 1, "msg": "success", "data": {"total": len(rows), "list": list(rows)}}


def test_a_merchant_of_a_mall_that_draws_itself_is_read_by_the_list_its_page_asks(tmp_path: Path) -> None:
    listed = f"http://{MALL}/shopApi/Shop/goodsList"
    exchanges = [
        {"url": f"http://{MALL}/shop/API1", "body": SHELL},
        {"url": listed, "referer": f"http://{MALL}/shop/API1", "json": shop_api(
            {"name": "视频会员月卡", "price": "19.80", "market_price": "25.00", "extend": {"stock_count": 7}},
            {"name": "网盘周卡", "price": 3.3, "market_price": 0, "extend": {"stock_count": 0}},
        )},
    ]  # fmt: skip
    found = crawled(StorefrontSpider, tmp_path, [f"{MALL}/shop/API1"], exchanges=exchanges)
    goods = [r for r in found["records"] if r["kind"] == "price"]
    assert [(g["product"], g["price"], g["list_price"], g["stock"]) for g in goods] == [
        ("视频会员月卡", 19.8, 25.0, 7),
        ("网盘周卡", 3.3, None, 0),
    ]
    assert found["asked"] == [f"GET http://{MALL}/shop/API1", f"POST {listed}"]
    assert found["hosts"][f"{MALL}/shop/API1"][0] == "ok"


def test_a_list_is_asked_within_the_session_its_page_began_and_of_no_other_host(tmp_path: Path) -> None:
    page = f"http://{MALL}/shop/C3"
    listed = f"http://{MALL}/shopApi/Shop/goodsList"
    set_ = [
        "sid=a1b2; path=/; HttpOnly",
        "other=1; domain=ads.example",
        "gone=deleted; Max-Age=0",
        "tail=; bad name=x",
    ]
    exchanges = [
        {"url": page, "body": SHELL, "headers": {"Set-Cookie": set_}},
        {
            "url": listed,
            "cookie": "sid=a1b2; tail=",
            "json": shop_api({"name": "网盘周卡", "price": 3.3, "extend": {}}),
        },
    ]
    found = crawled(StorefrontSpider, tmp_path, [f"{MALL}/shop/C3"], exchanges=exchanges)
    assert [r["product"] for r in found["records"] if r["kind"] == "price"] == ["网盘周卡"]
    assert "a1b2" not in json.dumps(found)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"status": 403, "body": "<html><body>acw</body></html>"}, "blocked"),
        ({"json": {"code": 0, "msg": "店铺不存在"}}, "failed"),
        ({"json": shop_api()}, "ok"),
    ],
)
def test_a_list_that_is_refused_or_fails_is_no_empty_shop(
    tmp_path: Path, answer: dict[str, Any], outcome: str
) -> None:
    exchanges = [
        {"url": f"http://{MALL}/shop/API1", "body": SHELL},
        {"url": f"http://{MALL}/shopApi/Shop/goodsList", **answer},
    ]
    found = crawled(StorefrontSpider, tmp_path, [f"{MALL}/shop/API1"], exchanges=exchanges)
    assert found["hosts"][f"{MALL}/shop/API1"][0] == outcome


def test_a_merchant_is_gone_while_its_mall_lives(tmp_path: Path) -> None:
    found = crawled(AvailabilitySpider, tmp_path, [MALL, *MERCHANTS])
    probes = {r["host"]: (r["outcome"], r["class"]) for r in found["records"] if r["kind"] == "probe"}
    assert probes == {
        MALL: ("ok", "up"),
        MERCHANTS[0]: ("ok", "up"),
        MERCHANTS[1]: ("ok", "up"),
        MERCHANTS[2]: ("down", "not_found"),
    }


def test_registries_are_asked_about_the_host_once_whichever_merchants_are_watched(tmp_path: Path) -> None:
    exchanges = [{"url": "http://icp.test/query?domain=x.test", "json": {"code": 200, "data": []}}]
    settings = {"ICP_BASE": "http://icp.test", "ICP_PROVIDER": "ymicp"}
    found = crawled(IcpSpider, tmp_path, MERCHANTS, exchanges=exchanges, **settings)
    assert set(found["hosts"]) == {MALL}
    assert len(found["asked"]) <= 1


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://pay.x.test/shop/A1", True),
        ("https://pay.x.test/shop/A1/?from=2", True),
        ("https://www.pay.x.test/shop/A1/notice", True),
        ("https://pay.x.test/shop/A12", False),
        ("https://pay.x.test/shop/a1", False),
        ("https://pay.x.test/", False),
        ("https://other.test/shop/A1", False),
    ],
)
def test_a_merchants_pages_lie_at_its_path(url: str, own: bool) -> None:
    assert SiteKey.parse("pay.x.test/shop/A1").holds(url) is own


def test_a_mall_and_its_merchants_are_never_visited_by_two_crawls_at_once() -> None:
    """They share the host's pace, so they share the lock."""
    assert len({host_lease.batch(host) for host in (MALL, *MERCHANTS)}) == 1


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    """A served market with a mall, crawled once by three sources on a day after one merchant has ended."""
    folder = tmp_path_factory.mktemp("mall")
    market = build_market(MarketParameters(**SIZES, mall=True))
    sizes = [f"--{name}={value}" for name, value in SIZES.items()]
    with sandbox(folder, "--mall", "--latency=1", *sizes) as served:
        port = int(served.proxy.rpartition(":")[2])
        now = market.parameters.moment(110.4)
        control(port, "clock", {"now": now.isoformat()})
        hosts = [p.host for p in market.platforms if "/" in p.host]
        names = {p.host: p.name for p in market.platforms}
        engine, _ = crawl(port, folder, hosts, now, "storefront", names)
        engine.dispose()
        more = [
            word
            for source in ("availability", "heimao", "registration", "icp")
            for word in ("--source", source)
        ]
        words = [
            "--now",
            now.isoformat(),
            "--data-dir",
            str(folder),
            "--database",
            f"sqlite:///{folder / 'k.db'}",
        ]
        words += ["--sandbox-proxy", f"http://127.0.0.1:{port}", *more]
        forked.run(["crawler.run", *words], os.environ)
        log = [json.loads(line) for line in control(port, "log").splitlines()]
    return market, engine, [entry for entry in log if entry["host"] == PLAYED]


PLAYED = "daji-mall.test"


def _kept(engine: Any, model: Any, *columns: Any) -> list[tuple[Any, ...]]:
    query = select(Platform.host, *columns).join(Platform, Platform.id == model.platform_id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_the_played_merchants_are_read_apart_and_complaints_find_theirs(played: tuple[Any, Any, Any]) -> None:
    market, engine, _ = played
    steady, drops, gone = (f"{PLAYED}/shop/{token}" for token in ("STEADY1", "DROPS22", "GONE303"))
    goods: dict[str, set[str]] = {}
    for host, product in _kept(engine, Price, Price.product):
        goods.setdefault(host, set()).add(product)
    shelf = {p.host: {x.title for x in market.shelves[p.index]} for p in market.platforms}
    assert goods == {steady: shelf[steady], drops: shelf[drops]}
    probes = {
        host: outcome
        for host, source, outcome in _kept(engine, Probe, Probe.source_id, Probe.outcome)
        if source == "availability"
    }
    assert probes[PLAYED] in ("ok", "slow")
    assert probes[steady] in ("ok", "slow")
    assert probes[gone] == "down"
    count = Counter(host for host, _ in _kept(engine, Complaint, Complaint.source_key))
    assert count[drops] > count[steady]
    assert count[drops] > 0
    pages = {host: url for host, url in _kept(engine, Capture, Capture.url) if "/shop/" in url}
    assert set(pages) == {steady, drops, gone}
    assert all(url.endswith(host.partition("/")[2]) for host, url in pages.items())
    assert {host for host, _ in _kept(engine, Filing, Filing.number)} <= {PLAYED}
    assert {host for host, _ in _kept(engine, Registration, Registration.registered_on)} == {PLAYED}


def test_the_played_mall_is_asked_one_at_a_time_and_within_its_merchants(
    played: tuple[Any, Any, Any],
) -> None:
    _, _, log = played
    assert max(entry["concurrency"] for entry in log) == 1
    paths = {entry["path"] for entry in log} - {"/", "/robots.txt", "/dns", "/tls"}
    assert all(path.startswith("/shop/") for path in paths if path.startswith("/") and path.strip("/")), paths
