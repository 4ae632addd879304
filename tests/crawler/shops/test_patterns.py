"""Pages that are written to make a reader slow: what is searched in whole pages answers in a moment, however long the run."""

import contextlib

import pytest

from crawler.pages.safe_parse import parse_html_bounded
from crawler.pages.shop_features import promises_of
from crawler.shops import card_system, dujiaoka, generic
from crawler.shops.page import Page
from scoring.page_terms import PROMISES
from store.complaint_kinds.classify import classify_many
from store.redaction.redact import clean

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
