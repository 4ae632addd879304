"""The evidence archive: what goes in comes out, byte for byte, by file and offset, even after a torn write."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import HtmlResponse
from warcio.archiveiterator import ArchiveIterator

from crawler.pages.redacted_projection import without_people
from crawler.recording.capture import CaptureMiddleware
from crawler.spiders.storefront import StorefrontSpider
from store.archive.warc import ArchiveError, ArchiveWriter, iterate, read

NOW = dt.datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=dt.UTC)
HTML = [("Content-Type", "text/html; charset=gbk"), ("Set-Cookie", "mysid=1")]


def test_each_capture_is_found_by_file_and_offset(tmp_path: Path) -> None:
    pages = [f"公告{n}".encode("gbk") * 500 for n in range(20)]
    with ArchiveWriter(tmp_path, "storefront-20260301") as writer:
        stored = [writer.write(f"http://a.test/{n}", NOW, 200, HTML, page) for n, page in enumerate(pages)]
    for n, where in enumerate(stored):
        found = read(tmp_path, where.archive, where.offset)
        assert (found.url, found.payload, found.status) == (f"http://a.test/{n}", pages[n], 200)
        assert found.fetched_at == NOW
        assert found.sha256 == where.payload_sha256 == hashlib.sha256(pages[n]).hexdigest()
        assert ("Set-Cookie", "mysid=1") not in found.headers


@pytest.mark.parametrize(
    "url", ["https://a.test/", "dns://a.test/", "tls://a.test/", "whois://whois.test/a.test"]
)
def test_an_answer_of_any_kind_of_server_comes_out_as_it_went_in(tmp_path: Path, url: str) -> None:
    with ArchiveWriter(tmp_path, "registration-1") as writer:
        where = writer.write(url, NOW, 200, HTML, b"{}\r\n\r\n{}")
    found = read(tmp_path, where.archive, where.offset)
    assert (found.payload, found.status, found.sha256) == (b"{}\r\n\r\n{}", 200, where.payload_sha256)
    unread: list[int] = []
    assert [f.payload for _, f in iterate(tmp_path / where.archive, unread)] == [found.payload]
    assert not unread


@settings(max_examples=25, deadline=None)
@given(payload=st.binary(max_size=5_000), status=st.integers(100, 599))
def test_any_bytes_survive(tmp_path_factory: pytest.TempPathFactory, payload: bytes, status: int) -> None:
    folder = tmp_path_factory.mktemp("warc")
    with ArchiveWriter(folder, "any") as writer:
        where = writer.write("http://a.test/", NOW, status, HTML, payload, original_sha256="ab" * 32)
    found = read(folder, where.archive, where.offset)
    assert (found.payload, found.status, found.original_sha256) == (payload, status, "ab" * 32)


def test_a_torn_tail_loses_only_itself_and_the_next_attempt_gets_its_own_file(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, "heimao-1") as writer:
        stored = [
            writer.write(f"http://a.test/{n}", NOW, 200, HTML, random.Random(n).randbytes(2000))
            for n in range(3)
        ]
    file = tmp_path / stored[0].archive
    file.write_bytes(file.read_bytes()[:-300])
    unread: list[int] = []
    assert [found.url for _, found in iterate(file, unread)] == ["http://a.test/0", "http://a.test/1"]
    assert unread == [stored[2].offset]
    with pytest.raises(ArchiveError, match="no whole capture"):
        read(tmp_path, stored[2].archive, stored[2].offset)
    with ArchiveWriter(tmp_path, "heimao-1") as writer:
        where = writer.write("http://a.test/2", NOW, 200, HTML, b"again")
    assert where.archive != stored[0].archive
    assert read(tmp_path, stored[1].archive, stored[1].offset).payload == random.Random(1).randbytes(2000)


def test_whichever_byte_is_damaged_a_capture_comes_out_whole_or_is_named_as_none(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, "flipped") as writer:
        stored = [
            writer.write(f"http://a.test/{n}", NOW, 200, HTML, f"公告{n} 月卡 9.{n} 元".encode("gbk"))
            for n in range(2)
        ]
    file = tmp_path / stored[0].archive
    whole = file.read_bytes()
    each = [read(tmp_path, where.archive, where.offset) for where in stored]
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        for where, as_it_was in zip(stored, each, strict=True):
            try:
                found = read(tmp_path, where.archive, where.offset)
            except ArchiveError as error:
                assert where.archive in str(error) and str(error).isprintable()
                assert len(str(error)) < 150 and "\\x" not in str(error), "no bytes of the archive"
            else:
                assert found == as_it_was or found.sha256 != where.payload_sha256
        list(iterate(file, []))


def test_any_warc_tool_reads_it(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, "plain") as writer:
        where = writer.write("http://a.test/", NOW, 404, HTML, b"gone")
    with (tmp_path / where.archive).open("rb") as stream:
        record = next(iter(ArchiveIterator(stream, check_digests="raise")))
        assert record.rec_type == "response"
        assert record.http_headers.get_statuscode() == "404"
        assert record.content_stream().read() == b"gone"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x\x00y"])
def test_a_name_can_never_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="archive name"):
        ArchiveWriter(tmp_path, name)
    with pytest.raises(ArchiveError):
        read(tmp_path, name, 0)


def test_a_crawl_that_fetched_nothing_leaves_no_file(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, "nothing"):
        pass
    assert list(tmp_path.iterdir()) == []


# A shop's page that names people is archived without them, read whole, and its original is known by its hash.


NAMING = "<html><body><p>客服QQ：12345678</p><p>收款人：赵铁柱 13912345678</p><td>身份证 110101199003077758</td><b>腾讯视频月卡</b></body></html>"


def captured(tmp_path: Path, page: str, encoding: str = "gbk") -> tuple[HtmlResponse, bytes, object]:
    """What the spider reads of a page, what the archive holds of it, and where."""
    writer = ArchiveWriter(tmp_path, "storefront")
    spider = SimpleNamespace(
        project=lambda url, response: None, archive=writer, archived=lambda r: StorefrontSpider.archived(None, r),
        clock=SimpleNamespace(now=lambda: dt.datetime(2026, 11, 1, tzinfo=dt.UTC)),
    )  # fmt: skip
    request = Request("https://a.example/")
    answer = HtmlResponse(request.url, body=page.encode(encoding), encoding=encoding, headers={"Content-Type": f"text/html; charset={encoding}"})  # fmt: skip
    read = CaptureMiddleware(SimpleNamespace(spider=spider)).process_response(request, answer)
    writer.close()
    stored = request.meta["captures"][-1]
    held = next(record for path in sorted(tmp_path.rglob("*.warc.gz")) for _, record in iterate(path))
    return read, held.payload, stored


def test_a_page_that_names_people_is_archived_without_them_and_read_whole(tmp_path: Path) -> None:
    read, held, stored = captured(tmp_path, NAMING)
    assert "赵铁柱" in read.text and "12345678" in read.text
    said = held.decode("utf-8")
    assert not any(secret in said for secret in ("赵铁柱", "13912345678", "110101199003077758"))
    assert "客服QQ：12345678" in said and "腾讯视频月卡" in said
    assert stored.original_sha256 == hashlib.sha256(NAMING.encode("gbk")).hexdigest()
    assert stored.payload_sha256 == hashlib.sha256(held).hexdigest()


def test_a_page_that_names_nobody_is_kept_byte_for_byte(tmp_path: Path) -> None:
    page = "<html><body><p>客服电话 400-830-8888 QQ 12345678</p><b>月卡 9.9</b></body></html>"
    _, held, _ = captured(tmp_path, page)
    assert held == page.encode("gbk") and without_people(page) is None


def test_a_long_passage_that_comes_again_is_read_again_only_where_it_names_somebody() -> None:
    style = "<style>" + ".card{color:#333;margin:0 auto}" * 30 + "</style>"
    told = f"<p>{'本店自动发货，' * 60}收货人：赵铁柱，身份证 11010119900307663X</p>"
    for page in (style, style + told, style + told, told):
        kept = without_people(page)
        assert (kept is None) == (told not in page)
        assert kept is None or ("赵铁柱" not in kept and "11010119900307663X" not in kept)
