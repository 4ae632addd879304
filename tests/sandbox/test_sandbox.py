"""The market in a box: repeatable, complete in its cast, and different from one simulated day to the next."""

import http.client
import json
import re
import threading
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from crawler.pages.block_pages import probe_of_page
from crawler.shops import generic, recognise
from crawler.shops.page import Page
from sandbox.evidence.evidence import write_evidence
from sandbox.evidence.scale import Size, write_scale
from sandbox.market.market import build_market
from sandbox.market.parameters import MarketParameters
from sandbox.shops import themes
from sandbox.shops.view import View
from sandbox.web.server import build_app
from store.evidence.records import parse_line
from tests.support.programs.market_month import sandbox
from tests.support.programs.sandbox_server import FEED, ask, calm_day, of, set_day


@pytest.fixture(scope="module")
def market():
    return build_market()


@pytest.fixture(scope="module")
def truth(market):
    return market.truth()


def test_same_seed_same_bytes_and_another_seed_another_market(tmp_path):
    sizes = {"platforms": 24, "days": 120}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        made = build_market(MarketParameters(seed=seed, **sizes))
        write_evidence(made, tmp_path / f"{name}.jsonl")
        made.write_truth(tmp_path / f"{name}.truth")
    for kind in ("jsonl", "truth"):
        first, again, other = ((tmp_path / f"{name}.{kind}").read_bytes() for name in "abc")
        assert first == again
        assert first != other


def test_the_default_market_is_large_enough_and_has_its_cast(market):
    assert len(market.platforms) >= 60
    assert market.parameters.days >= 240
    assert len({p.host for p in market.platforms}) == len(market.platforms)
    assert all(re.fullmatch(r"[a-z0-9-]+\.test", p.host) for p in market.platforms)
    for character in ("sloppy", "decline", "sudden", "orderly", "smeared", "praised", "hider"):
        assert of(market, character=character), character
    assert len(of(market, character="healthy")) > len(market.platforms) / 2
    for condition in (
        "slow",
        "forbidden",
        "captcha",
        "js_challenge",
        "cookie_wall",
        "spa",
        "gbk",
        "gbk_bare",
    ):
        assert of(market, condition=condition), condition
    assert {p.software for p in market.platforms} >= {"unicorn", "luna", "acg", "rainbow", "cardsystem"}
    assert {p.robots for p in market.platforms} >= {"missing", "allow", "forbid_all", "html", "error"}


def test_complaint_volume_and_reporting_are_as_configured(market):
    c, days = market.complaints, market.days
    calm = [p.index for p in of(market, character="healthy") if p.opened_day <= 0]
    per_day = [np.sum(c.platform == k) / market.parameters.days for k in calm]
    assert 0.15 < np.median(per_day) < 0.6
    about_drops = np.sum((c.origin == 0) & (c.cause_day >= 0))
    assert 0.025 < about_drops / days.drops.sum() < 0.08


def test_gradual_endings_show_and_sudden_ones_do_not(truth):
    def rates(platform, last):
        end = (
            len(platform["orders"]) if platform["end_date"] is None else index_of(truth, platform["end_date"])
        )
        end = min(end, len(platform["orders"]))
        drops, orders = np.array(platform["drops"]).sum(1), np.array(platform["orders"])
        start = index_of(truth, platform["stress_start"]) if platform["stress_start"] else end - last
        return drops[end - last : end].sum() / orders[end - last : end].sum(), drops[:start].sum() / orders[
            :start
        ].sum()

    ended = [p for p in truth["platforms"] if p["ended"]]
    growth = {
        kind: np.median(
            [late / early for late, early in (rates(p, 20) for p in ended if p["character"] == kind)]
        )
        for kind in ("decline", "sudden")
    }
    assert growth["decline"] > 2
    assert 0.6 < growth["sudden"] < 1.6
    assert all(p["stress_start"] is None for p in ended if p["character"] in ("sudden", "orderly"))


def index_of(truth, day):
    return (datetime.fromisoformat(day) - datetime.fromisoformat(truth["starts_on"])).days


def test_the_smear_is_forty_complaints_in_three_days(market, truth):
    host = of(market, character="smeared")[0].host
    smear = [x for x in truth["complaints"] if x["host"] == host and x["origin"] == "smear"]
    days = {market.complaints.filed[i] for i in np.flatnonzero(market.complaints.origin == 1)}
    assert len(smear) == 40
    assert max(days) - min(days) <= 3


def test_planted_personal_data_really_stands_in_the_texts(market, truth):
    by_number = {market.complaints.number(i): market.words(i) for i in range(len(market.complaints))}
    assert len(truth["planted"]) > 1000
    for number, planted in truth["planted"].items():
        words = by_number[number]
        assert all(value in words.title + words.text for value in planted)


def test_every_complaint_kind_occurs(truth):
    from sandbox.market.complaints import KINDS

    assert {kind for x in truth["complaints"] for kind in x["kinds"]} == set(KINDS)


def test_evidence_lines_have_known_kinds_and_times_with_an_offset(tmp_path):
    made = build_market(MarketParameters(platforms=24, days=120))
    count = write_evidence(made, tmp_path / "e.jsonl")
    records = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text("utf-8").splitlines()]
    assert len(records) == count
    kinds = {
        "platform",
        "crawl",
        "complaint",
        "counters",
        "filing",
        "orders",
        "price",
        "probe",
        "page",
        "registration",
    }
    assert {r["kind"] for r in records} == kinds
    for record in records:
        for key in (
            "observed_at",
            "filed_at",
            "seen_at",
            "replied_at",
            "completed_at",
            "started_at",
            "finished_at",
        ):
            if record.get(key):
                assert datetime.fromisoformat(record[key]).tzinfo is not None
    outcomes = {r["outcome"] for r in records if r["kind"] == "crawl"}
    assert {"ok", "failed"} <= outcomes or {"ok", "blocked"} <= outcomes


def test_evidence_for_measurements_is_repeatable_and_every_line_is_taken_in(tmp_path):
    size = Size(platforms=20, complaints=300, days=30, ends_on=date(2026, 11, 15))
    files = [tmp_path / name for name in ("a", "again", "other")]
    counts = [write_scale(size, seed, file) for seed, file in zip((7, 7, 8), files, strict=True)]
    written = [file.read_bytes() for file in files]
    assert written[0] == written[1] != written[2] and counts[0] == len(written[0].splitlines())
    lines = [parse_line(line) for line in written[0].splitlines()]
    assert sum(line.kind == "complaint" for line in lines) == 300
    assert {line.kind for line in lines} == {"platform", "crawl", "orders", "complaint"}


# The market over HTTP: what each simulated day shows, the layouts, the walls, the faults and the proxy.


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
        days = [d for d in range(100, 240) if market.probe(platform, d) == "refused"]
        day = next(d for d in days if not market.is_diverted(platform, d))
        set_day(app, market, day)
        assert mark in ask(app, f"http://{platform.host}/").text


def test_a_carrier_answers_in_the_place_of_a_site_on_its_list(app, market):
    shops = of(market, condition="forbidden")
    platform, day = next(
        (p, d)
        for p in shops
        for d in range(60, 269)
        if market.is_diverted(p, d) and market.probe(p, d) == "refused"
    )
    set_day(app, market, day)
    answer = ask(app, f"http://{platform.host}/")
    probe = probe_of_page(answer.status_code, answer.content, answer.text, 0.1)
    assert (probe["outcome"], probe["class"]) == ("refused", "diverted")


def test_a_shop_in_maintenance_says_until_when(app, market):
    for platform in market.platforms:
        for day in range(platform.opened_day + 1, 269):
            if platform.ended(day) or market.probe(platform, day) != "down":
                continue
            set_day(app, market, day)
            try:
                answer = ask(app, f"http://{platform.host}/")
            except Exception:
                continue
            today = market.parameters.date_of(day)
            probe = probe_of_page(answer.status_code, answer.content, answer.text, 0.1, today=today)
            if probe["class"] == "maintenance":
                assert probe["until"] == today + timedelta(days=1)
                return
    pytest.fail("no shop was ever in maintenance")


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
    truth = tmp_path / "truth.json"
    with sandbox(tmp_path, "--truth", str(truth)) as served:
        port = int(served.proxy.rpartition(":")[2])
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
