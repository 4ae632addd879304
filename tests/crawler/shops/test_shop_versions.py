"""What a system says of itself: the version its pages print, the currency its configuration names, themes that other people wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crawler.shops import read_home, recognise
from crawler.shops.page import Page
from crawler.spiders.storefront import StorefrontSpider
from scoring.features.shop_pages import software_version_of
from tests.support.programs.spider_replay import play

FIXTURES = Path(__file__).parents[2] / "fixtures" / "storefront"


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
