"""The market over HTTP: what each simulated day shows, the layouts, the walls, the faults and the proxy."""

import http.client
import json
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from crawler.shops import generic, recognise
from crawler.shops.page import Page
from sandbox.market.market import build_market
from sandbox.shops import themes
from sandbox.shops.view import View
from sandbox.web.server import build_app
from tests.support.programs.sandbox_server import FEED, ask, calm_day, of, set_day


@pytest.fixture(scope="module")
def market():
    return build_market()


@pytest.fixture(scope="module")
def truth(market):
    return market.truth()


@pytest.fixture
def app(market):
    return build_app(market, latency=0.0)


def test_the_clock_decides_what_the_feed_shows(app, market):
    newest = []
    for day in (60, 61, 200):
        while market.outages["heimao"][day]:
            day += 1
        set_day(app, market, day)
        first = ask(app, FEED).json()["result"]["data"]["lists"][0]["main"]
        assert int(first["timestamp"]) <= app.state.stage.now.timestamp()
        newest.append(int(first["sn"]))
    assert newest == sorted(newest)
    assert newest[0] < newest[-1]


def test_a_shop_is_there_before_its_end_and_not_after(app, market):
    for platform in (p for p in market.platforms if p.end_day and p.end_day < market.parameters.days - 2):
        day = calm_day(market, platform)
        if platform.opened_day <= day < platform.end_day:
            set_day(app, market, day)
            assert ask(app, f"http://{platform.host}/").status_code == 200
        set_day(app, market, platform.end_day + 1)
        after = ask(app, f"http://{platform.host}/")
        ends = ("店铺已被冻结", "没有找到站点", "该域名已过期", "关站公告")
        assert after.status_code >= 400 or any(said in after.text for said in ends)
        assert platform.name not in after.text


@pytest.mark.parametrize("theme", sorted(themes.LISTS))
def test_a_theme_of_no_known_system_is_read_exactly(app, market, theme):
    shops = of(market, software=theme)
    assert shops, "the market has every theme"
    for platform in shops:
        set_day(app, market, calm_day(market, platform))
        page = Page(f"http://{platform.host}/", ask(app, f"http://{platform.host}/").text)
        assert recognise(page) is None, "nobody wrote a parser for it"
        truth = {x.product.title: x for x in View(market, platform, app.state.stage.day).items}
        read = {good.name: good for good in generic.home(page).goods}
        assert {name: good.price for name, good in read.items()} == {
            name: round(item.price, 2) for name, item in truth.items()
        }
        assert {name for name, good in read.items() if good.stock == 0} == {
            name for name, item in truth.items() if not item.stock
        }


def test_the_hider_shows_its_counter_and_then_zeros(app, market):
    hider = of(market, character="hider")[0]
    seen = {}
    for name, first in (("before", hider.hides_day - 15), ("after", hider.hides_day)):
        set_day(app, market, calm_day(market, hider, first))
        seen[name] = ask(app, f"http://{hider.host}/ajax.php?act=getcount").json()
    assert int(seen["before"]["orders"]) > int(seen["before"]["orders1"]) > 0
    assert seen["after"]["orders"] == seen["after"]["orders1"] == 0


def test_terms_tighten_and_prices_fall_under_stress(market):
    from sandbox.market import prose

    platform = next(
        p for p in of(market, character="decline") if p.severity > 0.9 and p.end_day < market.parameters.days
    )
    product = market.shelves[platform.index][0]
    calm, late = platform.stress_day - 5, platform.end_day - 1
    assert market.price(platform, product, late) < 0.85 * market.price(platform, product, calm)
    assert "暂停提现" in prose.notice(market, platform, late)
    assert "暂停提现" not in prose.notice(market, platform, calm)
    assert prose.terms(market, platform, late) != prose.terms(market, platform, calm)


@pytest.mark.parametrize("software", ["unicorn", "luna", "acg", "rainbow", "cardsystem"])
def test_each_layout_shows_notice_company_and_number(app, market, software):
    platform = next(
        p for p in of(market, software=software, condition="ordinary", end_day=None) if p.filing.footer
    )
    set_day(app, market, calm_day(market, platform, 100))
    page = ask(app, f"http://{platform.host}/").text
    assert platform.operator in page
    assert platform.filing.footer in page
    assert platform.name in page
    assert 15_000 < len(page.encode()) < 60_000


def test_gbk_pages_name_no_encoding_in_the_header_and_decode_as_gbk(app, market):
    for condition in ("gbk", "gbk_bare"):
        platform = of(market, condition=condition)[0]
        set_day(app, market, calm_day(market, platform, 100))
        answer = ask(app, f"http://{platform.host}/")
        assert answer.headers["content-type"] == "text/html"
        assert platform.name in answer.content.decode("gbk")
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode("utf-8")


def test_the_javascript_shop_has_no_goods_in_its_html(app, market):
    platform = of(market, condition="spa")[0]
    set_day(app, market, calm_day(market, platform, 100))
    page = ask(app, f"http://{platform.host}/").text
    data = ask(app, f"http://{platform.host}/data/shop.json").json()
    assert data["goods"]
    assert all(x["name"] not in page for x in data["goods"])


def test_walls_refuse(app, market):
    marks = {"forbidden": "403", "captcha": "验证", "js_challenge": "acw_sc__v2", "cookie_wall": "sec_defend"}
    for condition, mark in marks.items():
        platform = of(market, condition=condition)[0]
        day = next(d for d in range(100, 200) if market.probe(platform, d) == "refused")
        set_day(app, market, day)
        assert mark in ask(app, f"http://{platform.host}/").text


def test_login_wall_page_limit_and_missing_token(app, market):
    set_day(app, market, next(d for d in range(150, 200) if not market.outages["heimao"][d]))
    limit = ask(app, f"{FEED}?page=51").json()["result"]
    assert (limit["status"]["code"], limit["data"]) == (10017, None)
    wall = ask(app, "http://tousu.sina.test/api/company/received_complaints?couid=1").json()["result"]
    assert (wall["status"]["code"], wall["data"]) == (10005, None)
    assert "登录" in ask(app, "http://tousu.sina.test/api/index/s?keywords=x").text
    item = ask(app, FEED).json()["result"]["data"]["lists"][3]["main"]
    assert item["sn"] in ask(app, f"http:{item['url']}").text
    assert "页面不存在" in ask(app, f"http:{item['url'].split('?')[0]}").text


def test_filing_errors_come_with_status_200_and_rdap_absence_is_empty(app, market):
    day = int(np.flatnonzero(market.outages["icp"])[0])
    set_day(app, market, day)
    down = ask(app, "http://icp.sandbox.test/query/web?search=a.test")
    assert down.status_code == 200
    assert down.json()["code"] != 200
    set_day(app, market, calm_day(market, of(market, end_day=None, condition="ordinary")[0], 120))
    gone = ask(app, "http://rdap.sandbox.test/domain/nobody-has-this.test")
    assert (gone.status_code, gone.content) == (404, b"")


def test_faults_can_be_switched_on_and_off(app, market):
    set_day(app, market, next(d for d in range(150, 200) if not market.outages["heimao"][d]))
    assert (
        ask(
            app, "http://control.sandbox.test/faults", "PUT", json={"heimao": {"mode": "rate_limit"}}
        ).status_code
        == 200
    )
    assert ask(app, FEED).status_code == 429
    assert (
        ask(app, "http://control.sandbox.test/faults", "PUT", json={"x": {"mode": "nonsense"}}).status_code
        == 400
    )
    ask(app, "http://control.sandbox.test/faults", "PUT", json={})
    assert ask(app, FEED).status_code == 200


def test_hosts_lists_what_an_operator_knows_and_no_truth(app, market):
    listed = ask(app, "http://control.sandbox.test/hosts").json()
    assert {h["host"] for h in listed["hosts"]} == {p.host for p in market.platforms}
    assert set(listed["hosts"][0]) == {"host", "name", "aliases", "operator", "url"}


def test_a_wrong_clock_is_refused(app):
    assert (
        ask(app, "http://control.sandbox.test/clock", "PUT", json={"now": "2026-10-01T12:00:00"}).status_code
        == 400
    )
    assert ask(app, "http://control.sandbox.test/clock", "PUT", content=b"nonsense").status_code == 400


def proxied(port, url, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, url, body, {"Host": url.split("/")[2]})
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8")


def test_the_served_market_works_as_a_proxy_and_cuts_connections(tmp_path, market):
    ready, truth = tmp_path / "port", tmp_path / "truth.json"
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "serve",
        "--port",
        "0",
        "--ready-file",
        str(ready),
        "--truth",
        str(truth),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        port = int(ready.read_text())
        assert json.loads(truth.read_text("utf-8"))["seed"] == 7
        status, body = proxied(port, "http://tousu.sina.test/api/index/feed?page=51")
        assert (status, json.loads(body)["result"]["status"]["code"]) == (200, 10017)
        faults = json.dumps(
            {"heimao": {"mode": "slow", "seconds": 1}, market.platforms[0].host: {"mode": "down"}}
        )
        proxied(port, "http://control.sandbox.test/faults", "PUT", faults)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            proxied(port, f"http://{market.platforms[0].host}/")
        both = [threading.Thread(target=proxied, args=(port, f"{FEED}?page={n}")) for n in (1, 2)]
        [t.start() for t in both]
        [t.join() for t in both]
        log = [json.loads(x) for x in proxied(port, "http://control.sandbox.test/log")[1].splitlines()]
        assert max(x["concurrency"] for x in log if x["host"] == "tousu.sina.test") == 2
        assert {"host", "path", "time", "simulated", "concurrency"} <= set(log[0])
    finally:
        server.terminate()
        server.wait(20)
