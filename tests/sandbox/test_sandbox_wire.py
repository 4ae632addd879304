"""Every answer of the sandbox against the samples in the real-data folder: the same keys, the same types, the same error forms."""

import asyncio
import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.market.market import build_market
from sandbox.market.parameters import SHANGHAI
from sandbox.sources.icp import ERRORS
from sandbox.web.server import build_app

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not os.environ.get("KAMENGWATCH_REAL_DATA"),
        reason="KAMENGWATCH_REAL_DATA names no folder of real samples",
    ),
]
HEIMAO = "http://tousu.sina.test"
ENGINES = {
    "unicorn": "dujiaoka",
    "luna": "dujiaoka",
    "acg": "acg-faka",
    "rainbow": "rainbow",
    "cardsystem": "card-system",
}


def sample(name):
    text = (Path(os.environ["KAMENGWATCH_REAL_DATA"]) / name).read_text("utf-8")
    return json.loads(text) if name.endswith(".json") else text


@pytest.fixture(scope="module")
def market():
    return build_market()


@pytest.fixture(scope="module")
def app(market):
    """The server on a late day on which every source can be read."""
    app = build_app(market, latency=0.0)
    day = next(d for d in range(240, 270) if not any(o[d] for o in market.outages.values()))
    midnight = datetime.combine(market.parameters.date_of(day), datetime.min.time(), SHANGHAI)
    app.state.stage.now = midnight + timedelta(hours=15)
    return app


def ask(app, url, method="GET", **more):
    async def go():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.request(method, url, **more)

    return asyncio.run(go())


def differences(ours, theirs, where="", absent=(), extra=()):
    """Paths at which our answer has another type than the sample, lacks one of its keys or has one more."""
    if type(ours) is not type(theirs):
        return [f"{where}: {type(ours).__name__} instead of {type(theirs).__name__}"]
    found = []
    if isinstance(ours, dict):
        found += [f"{where}.{k} is missing" for k in theirs.keys() - ours.keys() if k not in absent]
        found += [f"{where}.{k} is not in the sample" for k in ours.keys() - theirs.keys() if k not in extra]
        for key in ours.keys() & theirs.keys():
            found += differences(ours[key], theirs[key], f"{where}.{key}", absent, extra)
    if isinstance(ours, list) and theirs and not isinstance(theirs[0], (str, list)):
        for item in ours:
            found += differences(item, theirs[0], f"{where}[]", absent, extra)
    return found


def shop(app, market, software, **wanted):
    stage = app.state.stage
    return next(
        p
        for p in market.platforms
        if p.software == software
        and p.condition == "ordinary"
        and market.probe(p, stage.day) == "up"
        and all(getattr(p, k) == v for k, v in wanted.items())
    )


def test_feed(app):
    ours = ask(app, f"{HEIMAO}/api/index/feed?type=2&page_size=30&page=1").json()
    theirs = sample("complaints/fixtures_constructed/heimao_index_feed.json")
    # The amount left the lists in 2026 and stands on the detail page only.
    assert differences(ours, theirs, absent=("cost",)) == []
    assert len(ours["result"]["data"]["lists"]) == 10
    main = ours["result"]["data"]["lists"][0]["main"]
    assert re.fullmatch(r"\d{10}", main["timestamp"])
    assert main["url"].startswith("//")
    assert int(main["sn"]) - 17347204366 == int(main["comment_id"].rsplit("_", 1)[1])


def test_feed_as_jsonp(app):
    theirs = sample("complaints/fixtures_constructed/heimao_index_feed.jsonp")
    ours = ask(app, f"{HEIMAO}/api/index/feed?page=1&callback=jQuery1_2").text
    shape = r"try\{([\w$]+)\((\{.*\})\);\}catch\(e\)\{\};"
    a, b = re.fullmatch(shape, ours.strip(), re.S), re.fullmatch(shape, theirs.strip(), re.S)
    assert a[1] == "jQuery1_2"
    assert differences(json.loads(a[2]), json.loads(b[2]), absent=("cost",)) == []


def test_company_list(app, market):
    stage = app.state.stage
    stage.faults = {"heimao": {"mode": "open"}}
    couid = next(p.couid for p in market.platforms if p.couid and len(market.mine[p.index]) > 30)
    ours = ask(app, f"{HEIMAO}/api/company/received_complaints?couid={couid}&page=1").json()
    stage.faults = {}
    for name in ("1712804040", "5075621390"):
        theirs = sample(f"complaints/aiteemo__house/received_complaints_{name}.json")
        assert differences(ours, theirs) == []
    main = ours["result"]["data"]["complaints"][0]["main"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", main["timestamp"])
    made = datetime.fromtimestamp(int(main["created_at"]), SHANGHAI)
    assert made.date().isoformat() == main["timestamp"]


def test_numbers_follow_the_rule_of_the_real_records():
    for name in ("1712804040", "5075621390"):
        rows = sample(f"complaints/aiteemo__house/received_complaints_{name}.json")["result"]["data"][
            "complaints"
        ]
        for row in rows:
            assert int(row["main"]["sn"]) - 17347204366 == int(row["main"]["comment_id"].rsplit("_", 1)[1])


def test_company_counters(app, market):
    couid = next(p.couid for p in market.platforms if p.couid)
    ours = ask(app, f"{HEIMAO}/api/company/info?couid={couid}").json()
    for name in ("1712804040", "5075621390"):
        assert differences(ours, sample(f"complaints/aiteemo__house/company_info_{name}.json")) == []


def test_company_search(app, market):
    word = next(p.word for p in market.platforms if p.couid)
    ours = ask(app, f"{HEIMAO}/api/company/main_search", params={"keyword": word}).json()
    theirs = sample("complaints/fixtures_constructed/heimao_main_search.json")
    assert ours["result"]["data"]["lists"]
    assert differences(ours, theirs, extra=("next", "page_size")) == []


def test_login_wall(app):
    theirs = sample("complaints/fixtures_constructed/heimao_login_wall.json")
    assert ask(app, f"{HEIMAO}/api/index/feed?page=51").json() == theirs
    ours = ask(app, f"{HEIMAO}/api/company/received_complaints?couid=1").json()
    assert differences(ours, theirs) == []
    assert ours["result"]["status"]["code"] == 10005


def test_detail_page(app, market):
    theirs = sample("complaints/fixtures_constructed/heimao_detail_reconstructed.html")
    day = app.state.stage.day
    done = next(i for i in range(len(market.complaints) - 1, 0, -1) if market.complaints.completed[i] <= day)
    number = market.complaints.number(done)
    from sandbox.sources.heimao import sld

    ours = ask(app, f"{HEIMAO}/complaint/view/{number}/?sld={sld(market, number)}").text

    def labels(page):
        return re.findall(r"<label>(.*?)</label>", page)

    def classes(page):
        inside = page[page.index("ts-d-l") :]
        return {c for c in re.findall(r'class="([\w-]+)"', inside) if c.startswith(("ts-", "u-", "article"))}

    assert labels(ours) == labels(theirs)
    assert classes(ours) == classes(theirs)
    unclosed = r"<li><label>使用服务</label>[^<]*\n"
    assert re.search(unclosed, ours)
    assert re.search(unclosed, theirs)
    assert re.search(r"发布于 \d{4}年\d\d月\d\d日 \d\d:\d\d:\d\d", ours)
    assert re.search(r'class="u-date">\d\d-\d\d \d\d:\d\d:\d\d<', ours)


def icp(app, search, kind="web"):
    """The service fails one query in twenty-five for an hour, so an error is asked again an hour later."""
    stage = app.state.stage
    before = stage.now
    try:
        for _ in range(5):
            answer = ask(app, f"http://icp.sandbox.test/query/{kind}", params={"search": search})
            assert answer.status_code == 200
            if answer.json().get("code") == 200:
                return answer.json()
            stage.now += timedelta(hours=1)
    finally:
        stage.now = before
    raise AssertionError("the filing service answers nothing but errors")


def test_filing_found_and_not_found(app, market):
    day = app.state.stage.day
    filed = [p for p in market.platforms if market.filed(p, day)]
    company = next(p for p in filed if p.filing.nature == "企业")
    person = next(p for p in filed if p.filing.nature == "个人")
    assert differences(icp(app, company.host), sample("icp/ymicp/web_found_company.json")) == []
    assert differences(icp(app, person.host), sample("icp/ymicp/web_found_personal.synthetic.json")) == []
    absent = icp(app, "nobody-has-this.test")
    assert absent == sample("icp/ymicp/web_not_found.json")
    clean = icp(app, "ok.example.test", "bweb")
    assert clean == sample("icp/ymicp/bweb_clean.UNVERIFIED_constructed.json")


def test_filing_errors(app):
    base = "http://icp.sandbox.test/query"
    asked = {
        "err_101_no_search": f"{base}/web",
        "err_102_type": f"{base}/zzz?search=a.test",
        "err_405_forbidden": f"{base}/web?search=http://a.test/x",
    }
    for name, url in asked.items():
        answer = ask(app, url)
        assert (answer.status_code, answer.json()) == (200, sample(f"icp/ymicp/{name}.json"))
    names = (
        "err_500_captcha",
        "err_122_upstream",
        "err_500_waf",
        "err_201_old",
        "err_122_query",
        "err_401_login",
    )
    for ours, name in zip(ERRORS, names, strict=True):
        theirs = sample(f"icp/ymicp/{name}.json")
        assert {**ours, "error": theirs.get("error")} == {**theirs, "error": theirs.get("error")}


def test_rdap(app, market):
    ours = ask(app, f"http://rdap.sandbox.test/domain/{market.platforms[0].host}")
    assert ours.headers["content-type"].startswith("application/rdap+json")
    theirs = sample("whois_rdap/com_rdap_found.json")
    assert differences(ours.json(), theirs) == []
    actions = [e["eventAction"] for e in theirs["events"]]
    assert [e["eventAction"] for e in ours.json()["events"]] == actions


def test_acg_lists(app, market):
    host = shop(app, market, "acg").host
    for path, name in (
        ("data", "acg_faka_index_data"),
        ("commodity?categoryId=0&limit=50", "acg_faka_commodity"),
    ):
        ours = ask(app, f"http://{host}/user/api/index/{path}").json()
        theirs = sample(f"sites/api_samples/{name}.json")
        # Stock is a number or, where the owner hides it, words: both stand in the sample.
        wrong = [d for d in differences(ours, theirs) if ".stock:" not in d]
        assert wrong == []
        assert ours["data"]
    ours = ask(app, f"http://{host}/user/api/index/pay", "POST").json()
    assert differences(ours, sample("sites/api_samples/acg_faka_pay.json")) == []


def test_rainbow_ajax(app, market):
    host = shop(app, market, "rainbow", counter="visible").host
    own = {"Referer": f"http://{host}/"}
    for act in ("getcount", "getclass", "gettool&cid=1"):
        ours = ask(app, f"http://{host}/ajax.php?act={act}", headers=own).json()
        theirs = sample(f"sites/api_samples/rainbow_{act.split('&')[0]}.json")
        assert differences(ours, theirs) == []
        for elsewhere in ({}, {"Referer": "http://else.test/"}):
            refused = ask(app, f"http://{host}/ajax.php?act={act}", headers=elsewhere).json()
            assert refused == {"code": 403}, "it answers only its own page"
    tid = ask(app, f"http://{host}/ajax.php?act=gettool&cid=1", headers=own).json()["data"][0]["tid"]
    left = ask(app, f"http://{host}/ajax.php?act=getleftcount", "POST", data={"tid": tid}, headers=own).json()
    assert differences(left, sample("sites/api_samples/rainbow_getleftcount.json")) == []
    hidden = next(
        p for p in market.platforms if p.software == "rainbow" and market.counter_state(p, 269) == "hidden"
    )
    app_day = app.state.stage.now
    day = next(
        d
        for d in range(269, 0, -1)
        if market.counter_state(hidden, d) == "hidden" and market.probe(hidden, d) == "up"
    )
    app.state.stage.now = market.parameters.moment(day + 0.5)
    zeros = ask(
        app, f"http://{hidden.host}/ajax.php?act=getcount", headers={"Referer": f"http://{hidden.host}/"}
    ).json()
    app.state.stage.now = app_day
    assert zeros == sample("sites/api_samples/rainbow_getcount_hidden.json")


@pytest.mark.parametrize("software", sorted(ENGINES))
def test_home_pages_carry_the_fingerprint_of_their_software_and_no_other(app, market, software):
    page = ask(app, f"http://{shop(app, market, software).host}/")
    cookies = [c.split("=")[0] for c in page.headers.get_list("set-cookie")]
    matched = set()
    for engine in sample("sites/engine_fingerprints.json"):
        weight = 0
        for rule in engine["rules"]:
            texts = cookies if rule["on"] == "cookie" else [page.text] if rule["on"] == "html" else []
            weight += rule["w"] if any(re.search(rule["re"], text) for text in texts) else 0
        if weight >= engine["need"]:
            matched.add(engine["engine"])
    assert matched == {ENGINES[software]}


def test_walls_look_like_their_samples(app, market):
    marks = {
        "js_challenge": (
            "sites/constructed/waf_acw_sc_v2.constructed.html",
            ("arg1=", "acw_sc__v2", "setCookie"),
        ),
        "cookie_wall": (
            "sites/constructed/rainbow_sec_defend.constructed.html",
            ("正在加载中", "sec_defend_time", "reload()"),
        ),
    }
    for condition, (name, signs) in marks.items():
        platform = next(p for p in market.platforms if p.condition == condition)
        day = next(d for d in range(269, 0, -1) if market.probe(platform, d) == "refused")
        before = app.state.stage.now
        app.state.stage.now = market.parameters.moment(day + 0.5)
        ours = ask(app, f"http://{platform.host}/").text
        app.state.stage.now = before
        for sign in signs:
            assert sign in sample(name)
            assert sign in ours
