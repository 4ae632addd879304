"""Keep the page before it is read: every response is archived and hashed before any spider sees it.

Identity-bearing sources declare a projection: then the received bytes never reach the disk and the spider itself
reads only the projection, so what was left out cannot leak by another way. A shop's page is read whole and archived without
the people it names.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.recording.recorder import own_faults
from crawler.recording.trial import TRIED, Trial
from store.archive.warc import ArchiveWriter, Stored

_PAGE_KEYS = frozenset(
    [
        "act",
        "mod",
        "cid",
        "tid",
        "id",
        "gid",
        "pid",
        "page",
        "p",
        "paged",
        "pn",
        "limit",
        "page_size",
        "pagesize",
        "categoryid",
        "category",
        "cat",
        "type",
        "route",
        "m",
        "c",
        "a",
        "s",
    ]
)
"""Keys of a query that say which page of a shop is meant."""
_PLAIN_VALUE = re.compile(r"(?![\w.-]*\d{7})[\w./-]{0,24}", re.ASCII)


def kept_url(url: str) -> str:
    """The address a shop's page is kept under: of its query only what says which page it is, nothing a link may say of a person."""
    parts = urlsplit(url)
    if not parts.query and not parts.fragment:
        return url
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(k, v) for k, v in pairs if k.lower() in _PAGE_KEYS and _PLAIN_VALUE.fullmatch(v)]
    query = parts.query if kept == pairs else urlencode(kept)
    return parts._replace(query=query, fragment="").geturl()


class CaptureMiddleware:
    """Archives each response and notes where in `request.meta["captures"]`; the page itself is the last of them."""

    def __init__(self, crawler: Crawler) -> None:
        """The archive and the projection are the spider's."""
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        """Scrapy's constructor."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep the response, stamp when it was fetched, and hand on what may be read."""
        spider: Any = self._crawler.spider
        if not hasattr(spider, "project"):  # `scrapy shell` without a spider of ours: nothing is kept
            return response
        replayed: Stored | None = request.meta.get("replayed")
        in_place = replayed is not None and bool(replayed.archive)
        original = replayed.original_sha256 if replayed else None
        whole = in_place or request.url.endswith("/robots.txt")
        projected: bytes | None = None if whole else spider.project(request.url, response)
        if projected is not None:
            original = original or hashlib.sha256(response.body).hexdigest()
            response = _projection(response, projected)
        fetched_at = replayed.fetched_at if replayed else self._now()
        request.meta["fetched_at"] = fetched_at
        archive: ArchiveWriter | None = spider.archive
        if replayed is not None and in_place:
            stored: Stored | None = replayed
        elif archive is not None:
            kept = response
            if projected is None and not whole and (body := _archived(spider, request, response)) is not None:
                original = original or hashlib.sha256(response.body).hexdigest()
                kept = _projection(response, body)
            with own_faults():
                url = kept_url(request.url) if getattr(spider, "visits_platforms", False) else request.url
                stored = archive.write(url, fetched_at, kept.status, _headers(kept), kept.body, original)
        else:
            stored = None
        if stored is not None:
            # Not appended in place: a retried or redirected request shares its meta with the one before.
            request.meta["captures"] = [*request.meta.get("captures", ()), stored]
        return response

    def _now(self) -> dt.datetime:
        spider: Any = self._crawler.spider
        now: dt.datetime = spider.clock.now()
        return now


def _archived(spider: Any, request: Request, response: Response) -> bytes | None:
    """What is archived in place of the page; of one that was given up only that it was there."""
    tried: Trial | None = request.meta.get(TRIED)
    if tried is None:
        body: bytes | None = spider.archived(response)
        return body
    return f"<html>unreadable {len(response.body)}</html>".encode() if tried.given_up else tried.kept


def _headers(response: Response) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]


def _projection(response: Response, body: bytes) -> Response:
    """The response with its body replaced, and said to be UTF-8, which every projection is."""
    media_type = (response.headers.get("Content-Type") or b"text/html").split(b";")[0]
    headers = response.headers.copy()
    headers["Content-Type"] = media_type + b"; charset=utf-8"
    return response.replace(body=body, headers=headers)
