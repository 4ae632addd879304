"""What is there before the app is: the words of every page, a search box that works, a real 404, and what programs look for."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from xml.etree import ElementTree

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import first_paint, page_list
from dashboard.app_pages import help
from dashboard.app_shell import Page, localised
from dashboard.help.texts import text
from dashboard.presenters import styles
from dashboard.presenters.translations import say
from dashboard.web import site_map
from dashboard.web.gate import Gate, Names
from dashboard.web.not_found import missing
from dashboard.web.snapshot_files import Assets
from tests.support.markets import snapshots

HOST = next(r["host"] for r in snapshots.ratings() if r["verdict"] == "橙")
PATHS = [f"/{page.url_path}" for page in page_list.discover()]
SHELL = ('<!DOCTYPE html><html lang="en"><head><title>Streamlit</title><script>var inline = 1</script>'
         '<link rel="stylesheet" href="./static/css/a.css"></head><body><noscript>x</noscript><div id="root"></div></body></html>')  # fmt: skip


@pytest.fixture
def published(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(snapshots.unwritten()))


@pytest.fixture
def client(published) -> TestClient:
    """The layers around the app, and a shell in its place."""
    routes = [*site_map.ROUTES]
    shell = [Route(path, lambda request: HTMLResponse(SHELL)) for path in PATHS]
    around = [
        Middleware(Gate, routes=routes, names=Names(["watch.example"]), pages=PATHS, missing=missing),
        Middleware(Assets),
        Middleware(Page, pages=PATHS),
    ]
    return TestClient(
        Starlette(routes=[*routes, *shell], middleware=around), base_url="https://watch.example", client=("127.0.0.1", 1)
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", page_list.discover(), ids=lambda page: page.module)
def test_every_page_brings_its_words_with_the_first_bytes(client, page, lang):
    html = client.get(f"/{page.url_path}", params={"lang": lang}).text
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in html
    words = re.sub(r"<[^>]+>", "", html.partition('<main id="kw-early"')[2].partition("</main>")[0])
    assert "<h1>" in html and len(words) > 60
    chinese = len(re.findall("[\u4e00-\u9fff]", words))
    assert chinese > 40 if lang == "zh" else chinese < len(words) / 3


def test_a_question_is_answered_and_the_box_asks_the_next_one_without_scripts(client):
    html = client.get("/", params={"q": HOST}).text
    assert "橙·高风险迹象" in html and HOST in html
    form = html.partition("<form")[2].partition("</form>")[0]
    assert 'method="get"' in form and 'name="q"' in form and f'value="{HOST}"' in form
    assert 'name="lang"' in client.get("/", params={"q": HOST, "lang": "en"}).text.partition("<form")[2]


def test_filters_pages_and_comparisons_of_the_address_are_obeyed(client):
    rank = client.get("/rank", params={"tier": "3"}).text
    assert HOST in rank and "lan.test" not in rank
    compared = client.get(f"/compare?h={HOST}&h=lan.test").text
    assert f">{HOST}</th>" in compared.replace("\n", "") or compared.count(HOST) > 1
    assert client.get("/rank", params={"page": "99999999999"}).status_code == 200


def test_what_was_pasted_is_not_remembered(published):
    first_paint._shown.cache_clear()
    first_paint.shown("/", "q=" + HOST, "zh")
    assert first_paint._shown.cache_info().currsize == 0
    first_paint.shown("/rank", "", "zh")
    assert first_paint._shown.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [(f"看这个 https://{HOST}/order?id=13800000000 订单没到", HOST), ("打我电话 13800000000", "")],
)
def test_without_scripts_no_message_stays_in_the_address(client, pasted, kept):
    answer = client.get("/", params={"q": pasted, "lang": "en"})
    assert answer.status_code == 200 and str(answer.url).endswith(f"q={kept or '%E2%80%A6'}&lang=en")
    assert "13800000000" not in answer.text and kept in answer.text
    assert not client.get("/", params={"q": HOST}).history


def test_foreign_text_is_text(client):
    for path in PATHS:
        html = client.get(path, params={"host": "hostile.test", "q": "<script>alert(1)</script>"}).text
        assert (
            "<script>window.hacked" not in html
            and "<script>alert" not in html
            and 'onerror="window' not in html
        )


def test_no_script_or_style_stands_in_the_page_that_its_policy_does_not_name(client):
    for path in PATHS:
        html = client.get(path).text
        assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
        assert set(re.findall(r"<style>(.*?)</style>", html, re.DOTALL)) <= set(styles.every())
        assert re.findall(r'\son\w+="|\sstyle="', html.partition("<main")[2].partition("</main>")[0]) == []


def test_without_a_snapshot_every_page_helps_with_its_first_bytes(data_dir):
    for page in page_list.discover():
        body = first_paint.shown(f"/{page.url_path}", "", "zh").body
        told = say("zh", "app.missing_title")
        helps = page.url_path in page_list.WITHOUT_DATA
        assert first_paint.shown(f"/{page.url_path}", "", "zh").status == (200 if helps else 503)
        assert told in body and body.count("<h1") == 1, page.module
        alone = page.url_path in page_list.WITHOUT_DATA
        assert (f"<h1>{told}</h1>" in body) != alone and ("./help" in body), page.module
    body = first_paint.shown("/help", "", "zh").body
    assert all(text("step", step, "zh") in body for step in help.FIRST_STEPS), (
        "what to do needs no app either"
    )
    assert b"<noscript><p>" in localised(SHELL.encode(), "zh", first_paint.Sight())


@pytest.mark.parametrize(("accepted", "read"), [("br, gzip", brotli.decompress), ("gzip", gzip.decompress), ("br;q=0", bytes), ("", bytes)])  # fmt: skip
def test_pages_and_files_come_as_small_as_the_client_can_read(client, accepted, read):
    for path in ("/rank", "/static/kw/shell.js"):
        with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join(answer.iter_raw())
            named = answer.headers["vary"].split(", ")
            assert "Accept-Encoding" in named and len(named) == len(set(named))
        assert (b"kw-early" in read(raw)) and int(answer.headers["content-length"]) == len(raw)


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/kw/../../app.py", "/static/%2e%2e/app.py", "/static/kw/", "/static/js/"],
)
def test_only_files_of_the_client_are_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "root"), [("/no-such-place", "./"), ("/zz/yy/xx", "../../"), ("/rank/xx", "../")]
)
def test_a_page_that_is_not_there_says_so_with_the_box(client, path, root):
    answer = client.get(path)
    assert answer.status_code == 404 and '<html lang="zh-CN">' in answer.text
    assert "没有这个页面" in answer.text and f'action="{root}"' in answer.text
    assert "There is no such page" in client.get(path, params={"lang": "en"}).text
    assert path.strip("/") not in answer.text


def test_robots_and_the_lists_of_pages_and_sites(client):
    robots = client.get("/robots.txt").text
    assert "Sitemap: https://watch.example/sitemap.xml" in robots and "Disallow: /_stcore/" in robots
    listed = [
        e.text
        for e in ElementTree.fromstring(client.get("/sitemap.xml").content).iter()
        if e.text and e.text.strip()
    ]
    assert listed == ["https://watch.example/sitemap-pages.xml", "https://watch.example/sitemap-sites-1.xml"]
    sites = client.get("/sitemap-sites-1.xml").text
    assert all(f"/s/{row['host']}.html" in sites for row in snapshots.ratings() if row["host"].isascii())
    pages_ = client.get("/sitemap-pages.xml").text
    assert all(
        client.get(e.text).status_code == 200
        for e in ElementTree.fromstring(pages_).iter()
        if (e.text or "").startswith("http")
    )
    assert (
        client.get("/sitemap-sites-x.xml").status_code == client.get("/sitemap-other.xml").status_code == 404
    )


def test_the_icon_is_our_own(client):
    for path in ("/icon.svg", "/favicon.ico"):
        assert client.get(path).headers["content-type"] == "image/svg+xml"
