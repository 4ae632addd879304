"""Prose of a page: the same words as BeautifulSoup reads on every stored shop page, whole lines, no menu and no script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from crawler.pages.visible_text import LONGEST, prose

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
