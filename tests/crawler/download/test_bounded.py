"""Files and pages written to cost memory, minutes or the stack: each is refused with one line, in little time."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import io
import json
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.signalmanager import SignalManager

from crawler.importers.files import parse
from crawler.pages.decoding import decode, text_of
from crawler.pages.redacted_projection import without_people
from crawler.pages.safe_parse import parse_html_bounded, parse_json_bounded
from crawler.recording import trial
from crawler.recording.trial import TRIED, Trial, TrialMiddleware
from crawler.shops import generic
from crawler.shops.page import Page
from crawler.source_spider import SourceSpider
from crawler.spiders.storefront import StorefrontSpider
from kamengwatch.config import UserError
from kamengwatch.intake.evidence_import import _workbook
from store.archive.warc import LONGEST_PAYLOAD, ArchiveError, ArchiveWriter, iterate, read_at

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = f'<?xml version="1.0"?><worksheet {NS}><sheetData>'.encode()
END = b"</sheetData></worksheet>"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def line(number: int, *cells: str, at: str = "") -> bytes:
    made = "".join(f'<c{at} t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{made}</row>'.encode()


def workbook(sheet: Iterable[bytes], shared: Iterable[bytes] = (), sheets: int = 1) -> bytes:
    """An XLSX whose sheets are all the part `sheet`, whatever stands in it."""
    parts, file = {}, io.BytesIO()
    listed = "".join(f'<sheet name="s{n}" sheetId="{n + 1}" r:id="r{n}"/>' for n in range(sheets))
    rels = "".join(
        f'<Relationship Id="r{n}" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        for n in range(sheets)
    )
    parts["[Content_Types].xml"] = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{TYPES}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{TYPES}.sharedStrings+xml"/></Types>'
    )
    package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    parts["_rels/.rels"] = (
        f'<Relationships {package}><Relationship Id="r" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )
    parts["xl/workbook.xml"] = f'<workbook {NS} xmlns:r="{REL}"><sheets>{listed}</sheets></workbook>'
    strings = f'<Relationship Id="s" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>'
    parts["xl/_rels/workbook.xml.rels"] = f"<Relationships {package}>{rels}{strings}</Relationships>"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, text in parts.items():
            made.writestr(name, text)
        for name, pieces in (
            ("xl/worksheets/sheet1.xml", sheet),
            ("xl/sharedStrings.xml", [f"<sst {NS}>".encode(), *shared, b"</sst>"]),
        ):
            with made.open(name, "w", force_zip64=True) as stream:
                for piece in pieces:
                    stream.write(piece)
    return file.getvalue()


TITLES = line(1, "网址", "平台名称")
MB = 1 << 20
BOMBS = {
    "spaces": lambda: workbook([HEAD, TITLES, *[b" " * MB] * 300, END]),
    "a long cell": lambda: workbook([HEAD, TITLES, b'<row r="2"><c t="inlineStr"><is><t>', *[b"a" * MB] * 20, b"</t></is></c></row>", END]),
    "many texts": lambda: workbook([HEAD, TITLES, END], [b"<si><t>a</t></si>" * 40_000] * 30),
    "many cells": lambda: workbook([HEAD, TITLES, *[line(2, *["a"] * 1000)] * 1100, END]),
    "a far row": lambda: workbook([HEAD, TITLES, line(1_000_000_000, "a", "b"), END]),
    "far columns": lambda: workbook([HEAD, TITLES, *(line(n, "a", at=f' r="XFD{n}"') for n in range(2, 3000)), END]),
    "a column there is none of": lambda: workbook([HEAD, line(1, "kind", at=' r="ZZZZZZ1"'), END]),
    "one sheet many times": lambda: workbook([HEAD, TITLES, END], sheets=300),
    "entities": lambda: workbook([b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa">]>' + HEAD[21:], TITLES, line(2, "&amp;"), END]),
    "empty cells in one row": lambda: workbook([HEAD, TITLES, b'<row r="2">', *[b"<c/>" * 250_000] * 16, b"</row>", END]),
    "runs of one text": lambda: workbook([HEAD, TITLES, END], [b"<si>", *[b"<r><t>a</t></r>" * 40_000] * 30, b"</si>"]),
    "tags in tags": lambda: workbook([HEAD, TITLES, *[b"<x>" * 50_000] * 4, *[b"</x>" * 50_000] * 4, END]),
    "no workbook": lambda: b"PK\x03\x04" + b"\x00" * 500,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_would_cost_memory_or_minutes_is_one_line(name: str, tmp_path: Path) -> None:
    body = BOMBS[name]()
    (tmp_path / "a.xlsx").write_bytes(body)
    begun = time.process_time()
    with pytest.raises(ValueError, match="XLSX|过大") as refused:
        parse(body, "a.xlsx")
    assert str(refused.value).startswith("a.xlsx: ") and "\n" not in str(refused.value)
    with pytest.raises(UserError, match=r"a\.xlsx: .*(XLSX|过大)"):
        list(_workbook(tmp_path / "a.xlsx"))
    assert time.process_time() - begun < 15


def test_an_ordinary_large_workbook_is_read() -> None:
    rows = (line(n, f"shop{n}.example", "甲") for n in range(2, 5_002))
    read = parse(workbook([HEAD, TITLES, *rows, line(9_000, "last.example", "乙"), END]), "a.xlsx")
    assert len(read.rows) == 5_001 and read.rows[-1] == (9_000, {"网址": "last.example", "平台名称": "乙"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"data":' * 50_000, "JSON"), (b"[" * 100_000 + b"]" * 100_000, "JSON"), (b'{"a":' + b"9" * 100_000 + b"}", "JSON"),
        (b"[" + b"[]," * 3_000_000 + b"[]]", "拆开"), ("网址,名称\n".encode() + b"a,b\n" * 1_100_000, "拆开"),
        ("网址".encode() + b"," * 6_000_000, "拆开"), (b",".join(b"c%d" % n for n in range(20_000)) + b"\n1,2\n", "列"),
    ],
)  # fmt: skip
def test_a_file_without_end_or_bottom_is_one_line(body: bytes, said: str) -> None:
    begun = time.process_time()
    with pytest.raises(ValueError, match=said) as refused:
        parse(body, "a.txt")
    assert str(refused.value).startswith("a.txt: ") and "\n" not in str(refused.value)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("name", ["\0broken", "\0several", "\0"])
def test_no_column_handed_in_passes_for_one_of_ours(name: str) -> None:
    (row,) = parse(json.dumps([{name: 5, "网址": "a.example"}]).encode(), "a.json").document
    assert not any(key.startswith("\0") for key in row)
    assert not any(
        title.startswith("\0") for title in parse(f"{name},网址\n1,a.example\n".encode(), "a.csv").titles
    )


@pytest.mark.parametrize(
    "declared", ["punycode", "idna", "utf-7", "unicode_escape", "raw_unicode_escape", "hz", "cp037", "rot13", "zlib", "undefined", "nosuch", "x" * 900]
)  # fmt: skip
def test_only_the_webs_encodings_are_believed(declared: str) -> None:
    body = "<html>卡盟".encode() + b"a" * 40_000 + b"-" + b"0" * 40_000
    begun = time.process_time()
    assert "卡盟" in decode(body, declared) and "卡盟" in decode(f"<meta charset={declared}>".encode() + body)
    response = HtmlResponse(
        "http://a.example/", headers={"Content-Type": f"text/html; charset={declared}"}, body=body
    )
    assert "卡盟" in text_of(response)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("gb2312", "gb18030"), ("GBK", "gbk"), ("big5", "big5"), ("utf-8", "utf-8"), ("UTF8", "utf-8"), ("shift_jis", "shift_jis"), ("euc-kr", "euc_kr")],
)  # fmt: skip
def test_the_encodings_pages_use_are_read(declared: str, codec: str) -> None:
    text = "発" if codec == "shift_jis" else "한" if codec == "euc_kr" else "發貨"
    assert decode(text.encode(codec), declared) == text


def test_deep_json_is_refused_before_the_stack_ends() -> None:
    with pytest.raises(ValueError, match="deep"):
        parse_json_bounded("[" * 200 + "]" * 200)


def test_a_capture_that_unpacks_to_more_than_any_of_ours_is_not_read(tmp_path: Path) -> None:
    at, kind = dt.datetime(2026, 11, 1, tzinfo=dt.UTC), [("Content-Type", "text/html")]
    with ArchiveWriter(tmp_path, "a") as archive:
        good = archive.write("http://a.example/", at, 200, kind, b"seen")
        bomb = archive.write("http://b.example/", at, 200, kind, b"a" * (LONGEST_PAYLOAD + 1))
        behind = archive.write("http://c.example/", at, 200, kind, b"seen too")
    file, unread = tmp_path / good.archive, list[int]()
    assert [offset for offset, _ in iterate(file, unread)] == [good.offset, behind.offset]
    assert unread == [bomb.offset]
    assert read_at(file, good.offset).payload == b"seen"
    with pytest.raises(ArchiveError, match="payload of more than"):
        read_at(file, bomb.offset)


@pytest.mark.parametrize(
    "head",
    [
        b"X: " + bytes(3 << 20) + b"\r\n",
        b"X: a\r\n" * 20_000,
        b"Content-Length: 99999999\r\n\r\nHTTP/1.1 200 OK\r\nX: " + bytes(3 << 20),
    ],
)
def test_a_record_whose_head_unpacks_without_end_is_not_read(tmp_path: Path, head: bytes) -> None:
    start = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(start + head + b"\r\n\r\n"))
    unread: list[int] = []
    assert list(iterate(tmp_path / "a.warc.gz", unread)) == [] and unread == [0]
    with pytest.raises(ArchiveError, match="whole capture"):
        read_at(tmp_path / "a.warc.gz", 0)


MANY = " ".join(f"a{n}" for n in range(20_000))


@pytest.mark.parametrize(
    "page",
    [f"<body {MANY}>x", f'<body a="<" {MANY}>x', f'<body a=">" {MANY}>x', f"<body a='>' {MANY}>x", f'<!-- <b x=" --><body {MANY} c="1">x',
     f"<a title=x {MANY}", f"<script>if (a<b) c = 'd'</script><body {MANY}>x"],
)  # fmt: skip
def test_attributes_without_end_are_refused_however_the_tag_is_quoted(page: str) -> None:
    with pytest.raises(ValueError, match="attributes"):
        parse_html_bounded(page)


def test_a_page_with_long_texts_and_scripts_is_read() -> None:
    words = "one two three " * 1_000
    parse_html_bounded(f'<p title="{words}>">{words}</p><script>for (i=0;i<n;i++) {{ {words} }}</script>')


def test_a_page_of_more_characters_than_any_shop_has_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ValueError, match="2 million characters"):
        parse_html_bounded("<html><body>" + "￥1" * 1_000_000)
    assert parse_html_bounded("<html><body>" + "￥1" * 990_000).css_first("body") is not None


HOSTILE = {
    "people": "".join(f"<p>收货人：赵铁{chr(0x4E00 + n % 5_000)}，住幸福路{n}号</p>" for n in range(25_000)),
    "list": "[" + ",".join('{"name":"月卡","price":9.9}' for _ in range(60_000)) + "]",
}


def trial_of(
    body: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> tuple[Trial | None, TrialMiddleware]:
    """What a trial of `body` shows when it may take so many seconds of a processor."""
    monkeypatch.setattr(trial, "SECONDS", seconds)
    monkeypatch.setattr(trial, "AGAIN_SECONDS", seconds)
    middleware = TrialMiddleware(
        SimpleNamespace(spider=SimpleNamespace(visits_platforms=True), signals=SignalManager())
    )
    request = Request("http://a.example/")
    response = HtmlResponse(
        "http://a.example/", body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8"}
    )
    assert asyncio.run(middleware.process_response(request, response)) is response
    return request.meta.get(TRIED), middleware


@pytest.mark.parametrize("page", HOSTILE)
def test_a_page_that_takes_too_long_is_given_up_in_a_process_of_its_own(page: str, monkeypatch) -> None:
    tried, middleware = trial_of(HOSTILE[page], 0.02, monkeypatch)
    assert tried is not None and tried.given_up and middleware._worker is None


def test_a_large_page_that_can_be_read_is_read_and_comes_back_without_people(monkeypatch) -> None:
    page = f"<html><body><p>收货人：赵铁柱</p>{'<p>月卡 ￥9.9 自动发货</p>' * 3_000}</body></html>"
    tried, middleware = trial_of(page, 60, monkeypatch)
    middleware._end()
    assert tried is not None and not tried.given_up and tried.kept == without_people(page).encode()
    assert trial_of(page[:3_000], 60, monkeypatch)[0] is None


def test_what_is_read_again_beside_other_hosts_has_a_limit_of_its_own(monkeypatch) -> None:
    """Taking people out and looking for goods is done in the worker alone, and handed over; the rest is read again by the crawl."""
    page = "<html><body><ul>" + "".join(
        f"<li><h3>视频会员月卡{n}号</h3><b>￥9.90</b></li>" for n in range(500)
    )
    for redacting, reading, given_up in ((60, 0.01, True), (0.01, 60, True), (60, 60, False)):
        monkeypatch.setattr(trial, "SECONDS", redacting)
        monkeypatch.setattr(trial, "AGAIN_SECONDS", reading)
        middleware = TrialMiddleware(SimpleNamespace(spider=None, signals=SignalManager()))
        tried = middleware._tried(HtmlResponse("http://a.example/", body=page.encode()))
        middleware._end()
        assert tried is not None and tried.given_up is given_up, (redacting, reading)
    handed = Page("http://a.example/", page, tried.seen)
    assert (
        len(tried.seen.goods) > 400
        and generic.home(handed).goods == generic.home(Page(handed.url, page)).goods
    )
    assert "tree" not in vars(handed), "it was not read a second time"


def test_what_was_given_up_is_said_of_its_host_alone() -> None:
    spider = StorefrontSpider(platform="a.example,b.example")
    for host in ("a.example", "b.example"):
        spider.visit(host).pending = 1
    request = Request("http://a.example/", meta={TRIED: Trial(True)})
    response = HtmlResponse(request.url, body=b"<html>1</html>", request=request)
    spider._clock = SimpleNamespace(now=lambda: dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    list(
        SourceSpider.on_page(
            spider, response, "home", "a.example", {"left": [], "tried": (), "rendered": False}
        )
    )
    visit = spider.visit("a.example")
    assert (visit.outcome, visit.reason) == ("failed", f"unexpected answer: {Trial.REASON}")
    assert spider.visit("b.example").outcome == "ok" and spider.visit("b.example").pending == 1
