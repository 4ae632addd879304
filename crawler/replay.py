"""Archived responses instead of the network: the same spiders read a WARC file again. Nothing is ever fetched."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.headers import Headers
from scrapy.responsetypes import responsetypes

from crawler.download.failures import NotArchived
from crawler.recording.capture import kept_url
from store.archive.warc import Stored, iterate, read_at


class ReplayHandler(BaseDownloadHandler):
    """Answers each URL with what the archive holds for it, in the order it was captured; the last is repeated."""

    def __init__(self, crawler: Crawler) -> None:
        """Note where each answer of REPLAY_FILE stands; REPLAY_IN_PLACE says the file lies in our own archive."""
        super().__init__(crawler)
        path = Path(crawler.settings["REPLAY_FILE"])
        self._in_place = path.name if crawler.settings.getbool("REPLAY_IN_PLACE") else ""
        self._path = path
        self._held: dict[str, deque[int]] = {}
        for offset, archived in iterate(path):
            self._held.setdefault(archived.url, deque()).append(offset)

    async def download_request(self, request: Request) -> Response:
        """The archived answer; a missing robots.txt is a 404 (it was obeyed when the pages were fetched)."""
        held = self._held.get(request.url) or self._held.get(kept_url(request.url))
        if held is None:
            if request.url.endswith("/robots.txt"):
                return Response(request.url, status=404)
            raise NotArchived(f"not in the archive: {request.url}")
        offset = held.popleft() if len(held) > 1 else held[0]
        archived = read_at(self._path, offset)
        media_type = next((v for k, v in archived.headers if k.lower() == "content-type"), None)
        request.meta["replayed"] = Stored(
            archived.url,
            archived.fetched_at,
            archived.status,
            media_type,
            self._in_place,
            offset,
            archived.sha256,
            archived.original_sha256,
        )
        headers = Headers(
            {k: v for k, v in archived.headers if k.lower() not in ("content-encoding", "content-length")}
        )
        made = responsetypes.from_args(headers=headers, url=archived.url, body=archived.payload)
        return made(archived.url, status=archived.status, headers=headers, body=archived.payload)
