"""A shop's page that names people is archived without them, read whole, and its original is known by its hash."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from types import SimpleNamespace

from scrapy import Request
from scrapy.http import HtmlResponse

from crawler.pages.redacted_projection import without_people
from crawler.recording.capture import CaptureMiddleware
from crawler.spiders.storefront import StorefrontSpider
from store.archive.warc import ArchiveWriter, iterate

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
