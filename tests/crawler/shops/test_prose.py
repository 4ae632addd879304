"""Prose of a page: the same words as BeautifulSoup reads on every stored shop page, whole lines, no menu and no script."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from crawler.pages.mentions import Watched
from crawler.pages.safe_parse import parse_html_bounded
from crawler.pages.shop_features import promises_of
from crawler.pages.visible_text import LONGEST, prose
from crawler.shops import card_system, dujiaoka, generic
from crawler.shops.page import Page
from scoring.page_terms import PROMISES
from store.complaint_kinds.classify import classify_many
from store.evidence.crawl_ledger import Target
from store.redaction.redact import clean

PAGES = sorted((Path(__file__).parents[2] / "fixtures/storefront").rglob("*.html"))
_UNREAD = ["script", "style", "noscript", "template", "select", "nav", "footer", "title"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_every_stored_page_reads_as_an_independent_reader_reads_it(page: Path) -> None:
    html = page.read_text(encoding="utf-8", errors="replace")
    soup = BeautifulSoup(html, "lxml")
    for unread in soup(_UNREAD):
        unread.decompose()
    shown = soup.body.get_text() if soup.body else ""
    assert _bare(prose(html)) == _bare(shown)[: len(_bare(prose(html)))]
    assert len(prose(html)) == LONGEST or len(_bare(prose(html))) == len(_bare(shown))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>24小时<b>内</b>到账</p><p>超时<a href='/x'>全额</a>退款</p>", "24小时内到账\n超时全额退款"),
        ("<div>公告<br>今天维护</div>", "公告\n今天维护"),
        ("<nav>首页</nav><p>正文</p><script>var a='不是正文'</script><footer>备案</footer>", "正文"),
        ("<p>没有结尾<div>标签<p>乱了", "没有结尾\n标签\n乱了"),
        ("<p> \u3000多  个\xa0空格 </p>\n\n\n<p>下一行</p>", "多 个 空格\n下一行"),
        ("", ""),
    ],
)
def test_a_block_is_a_line_and_marks_inside_it_do_not_end_it(html: str, text: str) -> None:
    assert prose(html) == text


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


# Which watched site a text speaks of: sure, or nobody's.


WATCHED = Watched(
    [
        Target(1, "zhuque-kami.test", "朱雀卡密屋", (), None),
        Target(2, "zhuque-cz.test", "朱雀自助充值", ("朱雀卡",), None),
    ]
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("在朱雀卡密屋买了会员没到账", "zhuque-kami.test"),
        ("朱雀卡买的月卡一直处理中", "zhuque-cz.test"),
        ("朱雀卡密屋不发货，朱雀卡也不发货", None),
        ("zhuque-cz.test 不发货，说是朱雀卡密屋", "zhuque-cz.test"),
        ("朱雀不发货", None),
    ],
)
def test_of_names_within_names_the_whole_one_counts(text: str, host: str | None) -> None:
    found = WATCHED.of(text)
    assert (found.host if found else None) == host


# Pages that are written to make a reader slow: what is searched in whole pages answers in a moment, however long the run.


LONG = 60_000
RUNS = (
    "9",
    " ",
    "九",
    "1 ",
    "库存 ",
    "<a ",
    "goodsMsg=[",
    "var config = {",
    "\n",
    "[",
    "张1",
    "a.",
    "支持退",
    "<!--",
    "<script>",
    "</div",
)


def config(text: str) -> None:
    with pytest.raises(card_system.SourceChanged):
        card_system._config(Page("http://a.test/", text))


def home(text: str) -> None:
    with contextlib.suppress(card_system.SourceChanged):
        dujiaoka.home(Page("http://a.test/", text))


def nesting(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_html_bounded(text)


READERS = {
    "promises": promises_of,
    "card_system": config,
    "dujiaoka": home,
    "promise ledger": lambda text: [list(pattern.finditer(text[:20_000])) for pattern in PROMISES.values()],
    "redaction": clean,
    "nesting": nesting,
    "kinds": lambda text: classify_many([text]),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("reader", READERS)
def test_a_long_run_of_one_thing_is_read_in_a_moment(reader):
    """Without bounds these took minutes to days: a hang is what fails here, by the time limit above."""
    for run in RUNS:
        READERS[reader](run * (LONG // len(run)))


DEEP = 20_000
DEEP_PAGES = {
    "open": "<div>" * DEEP,
    "ended by ends of other elements": "<div>" * DEEP + "</p>" * DEEP,
    "ended in between by what was never opened": "<div></i>" * DEEP,
    "ended in comments": "<div><!--</div>-->" * DEEP,
    "ended in scripts": "<div><script></div></script>" * (DEEP // 2),
    "ended in attributes": '<div><i title="</div>"></i>' * 3_000,
    "behind what is no title": "<title" + "<div>" * DEEP,
    "behind what is no comment": "<di<!--v>" + "<div>" * DEEP,
    "tables": "<table><tr><td>" * DEEP,
    "cells of a drawing": "<svg>" + "<td>" * 3_000,
    "ended across a table": ("<div>" * 500 + "<table>" + "</div>" * 500) * 5,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("page", DEEP_PAGES)
def test_a_page_nested_to_stall_its_reader_is_refused(page):
    with pytest.raises(ValueError, match="deep|tags"):
        parse_html_bounded(f"<html><body>{DEEP_PAGES[page]}</body></html>")


def test_a_long_page_written_carelessly_is_read():
    row = "<tr><td><p>卡密<br><font color=red>热卖</font><li>库存 3<td></b></tr>"
    tree = parse_html_bounded(f"<html><body><div><table>{row * 3_000}</table></body>")
    assert len(tree.css("tr")) == 3_000


@pytest.mark.parametrize("length", [3, 199, 200, 264, 265, 500, 1000])
def test_an_address_at_the_end_of_a_long_run_is_still_taken_out(length):
    assert "someone" not in clean("0" * length + "%.someone@mail.test")
    assert "someone" not in clean("a" * length + "-" + "someone" * 3 + " @ mail.test")


@pytest.mark.timeout(120)
def test_drop_down_lists_without_end_and_tags_of_a_thousand_attributes_cost_no_minutes() -> None:
    options = "".join(f"<option value={n}>选项{n}</option>" for n in range(29_000))
    shop = f"<body><select name=payway>{options}</select><li class=item><a href=/p/1>商品一号</a> ¥1.50</li>"
    assert [good.name for good in generic.home(Page("http://shop.test/", shop)).goods] == ["商品一号"]
    with pytest.raises(ValueError, match="attributes"):
        parse_html_bounded("<body><div " + " ".join(f"a{n}=1" for n in range(20_000)) + ">")
    assert parse_html_bounded("<body><div data-page='" + "字 " * 20_000 + "'>").body is not None
