"""Lists a page asks for while it is drawn: what it has not drawn is asked for as it asked, and read by what its drawn goods teach."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from crawler.download.browser import available
from crawler.shops.page import Good, More
from crawler.shops.unknown.asked_lists import Asked, behind
from store.db.tables import Platform, Price
from tests.support.programs.sandbox_crawl import crawl
from tests.support.servers.polite_server import serving

WARES = [("月度会员", 12.5, 31), ("季度会员", 33.0, 0), ("年度会员", 118.0, 7), ("三年会员", 288.0, 2)]


def rows(some: list[tuple[str, float, int]], **more: Any) -> list[dict[str, Any]]:
    """Rows as a shop nobody knows writes them: prices in fen, a member's price before the price."""
    return [{"hyj": round(p * 90), "tt": n, "fen": round(p * 100), "kc": k, **more} for n, p, k in some]


def drawn(some: list[tuple[str, float, int]]) -> list[Good]:
    """What the page shows of them."""
    return [Good(n, p, stock=k) for n, p, k in some]


def asked(url: str, answer: Any, body: str = "") -> Asked:
    """One request of the page."""
    return Asked("POST" if body else "GET", f"https://a.test{url}", body, json.dumps(answer))


def read(
    found: list[Any], number: int, answer: Any, known: set[str]
) -> tuple[list[tuple[str, float | None, int | None]], list[More]]:
    """What the first list behind a page gives for an answer."""
    goods, more = found[0].read(answer, number, 0, known)
    return [(good.name, good.price, good.stock) for good in goods], more


def test_tabs_that_are_not_drawn_are_read_by_the_one_that_is() -> None:
    answer = {"d": [{"c": "会员", "l": rows(WARES[:2])}, {"c": "长期", "l": rows(WARES[2:])}]}
    found = behind([asked("/all", answer)], drawn(WARES[:2]), "会员 长期", True)
    assert [one.more(one.first, 0) for one in found] == [More("https://a.test/all", "asked 0 1", "GET", None)]
    assert read(found, 1, answer, set())[0] == WARES


def test_a_list_of_which_the_page_draws_a_part_was_filtered_and_is_left_alone() -> None:
    answer = {"list": [*rows(WARES[:2], show=1), *rows([("补差价勿拍", 1, 9)], show=0)], "total": 90}
    assert behind([asked("/g?page=1&limit=3", answer)], drawn(WARES[:2]), "", True) == []


@pytest.mark.parametrize(
    ("url", "body", "second"),
    [
        ("/g?page=1&limit=2", "", ("/g?page=2&limit=2", None)),
        ("/g?pageNo=0&pageSize=2", "", ("/g?pageNo=1&pageSize=2", None)),
        ("/g", "cid=&page=1&limit=2", ("/g", "cid=&page=2&limit=2")),
        ("/g", '{"v":{"offset":0,"limit":2}}', ("/g", '{"v": {"offset": 2, "limit": 2}}')),
    ],
)
def test_the_pages_that_follow_are_asked_as_the_page_asked(
    url: str, body: str, second: tuple[str, str | None]
) -> None:
    first = {"data": {"items": rows(WARES[:2], status=1), "total": 5}}
    found = behind([asked(url, first, body)], drawn(WARES[:2]), "", True)
    more = found[0].more(found[0].first, 0)
    assert (more.path.removeprefix("https://a.test"), more.body) == second
    then = {
        "data": {"items": [*rows(WARES[2:3], status=1), *rows([("内部勿拍", 0.01, 9)], status=0)], "total": 5}
    }
    known = {name for name, _, _ in WARES[:2]}
    goods, more_pages = read(found, 2, then, known)
    assert goods == WARES[2:3], "what is marked otherwise than all that is drawn is not on offer"
    assert [item.what for item in more_pages] == ["asked 0 3"]
    assert read(found, 3, then, known | {"年度会员"})[1] == [], "a page that brings nothing new is the last"
    assert read(found, 2, {"data": {"items": rows(WARES[2:]), "total": 4}}, known)[1] == []


def test_a_whole_list_has_no_page_behind_it() -> None:
    answer = {"items": rows(WARES), "total": 4}
    assert behind([asked("/g?page=1&limit=20", answer)], drawn(WARES), "", True) == []


@pytest.mark.parametrize(
    ("url", "other"), [("/g?fl=11", "/g?fl=12"), ("/api/category/11", "/api/category/12")]
)
def test_other_categories_are_asked_where_the_page_shows_their_names(url: str, other: str) -> None:
    kinds = {"list": [{"id": 11, "mc": "影音会员"}, {"id": 12, "mc": "游戏点券"}]}
    first = {"list": rows(WARES[:2])}
    both = [asked("/kinds", kinds), asked(url, first)]
    found = behind(both, drawn(WARES[:2]), "影音会员 游戏点券", True)
    assert [one.more(1, 0).path.removeprefix("https://a.test") for one in found] == [other]
    assert behind(both, drawn(WARES[:2]), "影音会员", True) == [], "what is not shown is no category"
    assert behind(both, drawn(WARES[:2]), "影音会员 游戏点券", False) == []
    assert behind([*both, asked(other, {"list": []})], drawn(WARES[:2]), "影音会员 游戏点券", True) == []


def test_numbers_of_goods_are_no_categories() -> None:
    answer = {"list": [row | {"sale": 10 * at} for at, row in enumerate(rows(WARES))]}
    names = " ".join(name for name, _, _ in WARES)
    assert behind([asked("/g?sort=0", answer)], drawn(WARES), names, True) == []


PAGE = """<html><meta charset=utf-8><title>小铺</title><body><nav id=n></nav><ul id=u></ul><script>
fetch('/kinds').then(r => r.json()).then(k => { n.textContent = k.map(x => x.mc).join(' ');
fetch('/g?fl=' + k[0].id + '&page=1').then(r => r.json()).then(d => { u.innerHTML = d.rows.map(x =>
`<li><h3>${x.tt}</h3><b>￥${(x.fen / 100).toFixed(2)}</b></li>`).join('') }) })</script></body></html>"""


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_a_shop_that_draws_ten_of_its_goods_is_read_whole(tmp_path: Path) -> None:
    shelves = {
        kind: [(f"{word}{n}号", float(n), n + 1) for n in range(1, 1 + count)]
        for kind, (word, count) in {"a": ("会员", 5), "b": ("点券", 3)}.items()
    }

    def answer(path: str) -> tuple[int, str, str]:
        parts = urlsplit(path)
        said = {key: value[0] for key, value in parse_qs(parts.query).items()}
        if parts.path == "/kinds":
            return 200, "application/json", json.dumps([{"id": "a", "mc": "影音"}, {"id": "b", "mc": "游戏"}])
        if parts.path == "/g":
            some = shelves[said["fl"]]
            low = (int(said["page"]) - 1) * 2
            return (
                200,
                "application/json",
                json.dumps({"rows": rows(some[low : low + 2]), "total": len(some)}),
            )
        return (200, "text/html; charset=utf-8", PAGE) if parts.path == "/" else (404, "text/plain", "")

    now = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
    with serving(answer) as site:
        engine, told = crawl(site.port, tmp_path, ["xiaopu.test"], now, "storefront")
    assert told["outcome"] == "ok"
    with engine.connect() as connection:
        kept = connection.execute(select(Price.product, Price.price).join(Platform)).all()
    assert sorted(map(tuple, kept)) == sorted((n, p) for shelf in shelves.values() for n, p, _ in shelf)


def test_stock_that_stands_in_an_object_of_its_own_is_told_of_goods_not_drawn_too() -> None:
    told = [{"name": n, "price": p, "more": {"left": k, "limit": 1}} for n, p, k in WARES]
    first = {"list": told[:2], "total": 4}
    found = behind([asked("/g?page=1&limit=2", first)], drawn(WARES[:2]), "", True)
    assert read(found, 2, {"list": told[2:], "total": 4}, set())[0] == WARES[2:]


def test_a_home_page_that_only_leads_to_its_categories_is_read_through_them(tmp_path: Path) -> None:
    """Under eighty characters of text are no empty page where they name categories."""
    home = "<html><meta charset=utf-8><title>铺</title><body><a href=/cate/1.html>影视</a> <a href=/cate/2.html>阅读</a></body></html>"
    shelves = {f"/cate/{n}.html": WARES[2 * n - 2 : 2 * n] for n in (1, 2)}

    def answer(asked: str) -> tuple[int, str, str]:
        path = urlsplit(asked).path
        cards = "".join(f"<a href=/p/{k}><p>{n}</p><p>￥{p:.2f}</p></a>" for n, p, k in shelves.get(path, []))
        body = home if path == "/" else f"<meta charset=utf-8><div>{cards}</div>" if cards else ""
        return 200 if body else 404, "text/html; charset=utf-8", body

    now = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
    with serving(answer) as site:
        engine, told = crawl(site.port, tmp_path, ["leimu.test"], now, "storefront")
    assert told["outcome"] == "ok"
    with engine.connect() as connection:
        kept = connection.execute(select(Price.product, Price.price).join(Platform)).all()
    assert sorted(map(tuple, kept)) == sorted((n, p) for n, p, _ in WARES)


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
@pytest.mark.parametrize("rules", ["", "User-agent: *\nDisallow: /goods"])
def test_goods_come_from_another_host_of_the_shop_where_its_robots_txt_lets_us(
    rules: str, tmp_path: Path
) -> None:
    """Of another site nothing is asked; of the shop's own other host its rules first."""
    page = """<html><meta charset=utf-8><title>铺</title><body><div id=app></div><script>const show = d => {
    app.innerHTML = d.map(x => `<li><h3>${x.n}</h3><b>￥${x.p}</b></li>`).join('') }</script>
    <script src="http://api.elsewhere.test/goods"></script><script src="http://api.haoka.test/goods?callback=show"></script></body></html>"""
    asked: list[str] = []

    def answer(url: str) -> tuple[int, str, str]:
        parts = urlsplit(url)
        asked.append(f"{parts.hostname}{parts.path}")
        if parts.hostname == "haoka.test" and parts.path == "/":
            return 200, "text/html; charset=utf-8", page
        if parts.hostname == "api.haoka.test" and parts.path == "/robots.txt" and rules:
            return 200, "text/plain", rules
        if parts.hostname == "api.haoka.test" and parts.path == "/goods":
            return 200, "text/javascript", f"show({json.dumps([{'n': n, 'p': p} for n, p, _ in WARES])})"
        return 404, "text/plain", ""

    now = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
    with serving(answer) as site:
        engine, _ = crawl(site.port, tmp_path, ["haoka.test"], now, "storefront")
    with engine.connect() as connection:
        kept = connection.execute(select(Price.product, Price.price).join(Platform)).all()
    assert sorted(map(tuple, kept)) == ([] if rules else sorted((n, p) for n, p, _ in WARES))
    own = [one for one in asked if one.startswith("api.haoka")]
    assert own[:1] == ["api.haoka.test/robots.txt"] and ("api.haoka.test/goods" in own) == (not rules)
    assert not any("elsewhere" in one for one in asked)


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_a_shop_that_shows_goods_once_a_category_is_chosen_is_read_whole(tmp_path: Path) -> None:
    page = """<html><meta charset=utf-8><title>铺</title><body><select class=lang><option value=zh>中文<option value=en>English</select>
    <select id=fl><option value=0>选分类<option value=7>影音<option value=9>阅读</select><select id=sp></select><script>
    fl.onchange = () => fetch('/sp?fl=' + fl.value).then(r => r.json()).then(d => {
    sp.innerHTML = d.map(x => `<option value=${x.n}>${x.n} ￥${x.p}</option>`).join('') })</script></body></html>"""
    shelves = {"7": WARES[:2], "9": WARES[2:]}

    def answer(url: str) -> tuple[int, str, str]:
        parts = urlsplit(url)
        if parts.path == "/sp":
            shelf = shelves[parse_qs(parts.query)["fl"][0]]
            return 200, "application/json", json.dumps([{"n": n, "p": p} for n, p, _ in shelf])
        return (200, "text/html; charset=utf-8", page) if parts.path == "/" else (404, "text/plain", "")

    now = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
    with serving(answer) as site:
        engine, told = crawl(site.port, tmp_path, ["xuanze.test"], now, "storefront")
    assert told["outcome"] == "ok"
    with engine.connect() as connection:
        kept = connection.execute(select(Price.product, Price.price).join(Platform)).all()
    assert sorted(map(tuple, kept)) == sorted((n, p) for n, p, _ in WARES)


@pytest.mark.browser
@pytest.mark.skipif(not available(), reason="no Chromium on this machine")
def test_categories_behind_hash_routes_are_read_from_a_home_page_that_shows_none_of_their_goods(
    tmp_path: Path,
) -> None:
    page = """<html><meta charset=utf-8><title>铺</title><body><div id=app></div><script>
    const get = u => fetch(u).then(r => r.json());
    const draw = async () => { const at = location.hash.match(/category[/](\\w+)/); app.innerHTML = at
    ? (await get('/list/' + at[1])).map(x => `<div class=g><p>${x.n}</p><p>￥${x.p}</p></div>`).join('')
    : '<a href="#/about">关于</a>' + (await get('/kinds')).map(k => `<a href="#/category/${k.id}">${k.mc}</a>`).join('') };
    addEventListener('hashchange', draw); draw()</script></body></html>"""
    shelves = {"/list/a1": WARES[:2], "/list/b2": WARES[2:]}

    def answer(url: str) -> tuple[int, str, str]:
        path = urlsplit(url).path
        if path in shelves:
            return 200, "application/json", json.dumps([{"n": n, "p": p} for n, p, _ in shelves[path]])
        if path == "/kinds":
            return (
                200,
                "application/json",
                json.dumps([{"id": "a1", "mc": "影音"}, {"id": "b2", "mc": "阅读"}]),
            )
        return (200, "text/html; charset=utf-8", page) if path == "/" else (404, "text/plain", "")

    now = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
    with serving(answer) as site:
        engine, told = crawl(site.port, tmp_path, ["luyou.test"], now, "storefront")
    assert told["outcome"] == "ok"
    with engine.connect() as connection:
        kept = connection.execute(select(Price.product, Price.price).join(Platform)).all()
    assert sorted(map(tuple, kept)) == sorted((n, p) for n, p, _ in WARES)
