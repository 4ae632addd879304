"""Why a request got no response, in words for the ledger and in the availability classes."""

from __future__ import annotations

import socket
import ssl

import aiohttp
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)

from crawler.download.browser import BrowserDied
from crawler.download.politeness import CrawlEnded, Disallowed, Unwelcome
from crawler.download.sinkholes import Diverted
from crawler.download.tls import certificate_fault
from crawler.errors import SourceBlocked, SourceChanged
from crawler.guard import Refused
from crawler.pages.block_pages import wall_of


class NotArchived(IgnoreRequest):
    """In a replay: the archive holds no answer to this request."""


def classify_failure(error: BaseException) -> tuple[str, str, str]:
    """(crawl outcome, kind, reason) of a failed request.

    Kinds: disallowed (by robots.txt, this page), unwelcome (the host does not want it, or the crawl has ended), refused (our guard), not_archived, dns_gone, tls_error, timeout,
    connect_timeout, connect_refused, broken, sinkhole (the name resolves to one, and nobody was asked); and those that say nothing of the site: dns_failed (no name server answered),
    robots_timeout (a robots.txt that did not come), browser (ours died).
    """
    if isinstance(error, CrawlEnded):
        return error.outcome, "unwelcome", str(error)
    if isinstance(error, Unwelcome) and error.cause is not None:
        outcome, kind, reason = classify_failure(error.cause)
        if kind == "timeout":
            return outcome, "robots_timeout", "robots.txt did not come in time: not crawled"
        return outcome, kind, reason
    if isinstance(error, Disallowed):
        return "blocked", "disallowed", str(error)
    if isinstance(error, Unwelcome):
        kept_out = "answered HTTP 5" in str(error) or "HTML" in str(error)
        return ("failed" if kept_out else "blocked"), "unwelcome", str(error)
    if isinstance(error, NotArchived):
        return "failed", "not_archived", str(error)
    if isinstance(error, Diverted):
        return "blocked", "sinkhole", str(error)
    if isinstance(error, Refused):
        return "failed", "refused", str(error)
    if isinstance(error, CannotResolveHostError) and not _name_server_answered(error):
        return "failed", "dns_failed", "no name server answered for the name"
    if isinstance(error, CannotResolveHostError):
        return "failed", "dns_gone", "the name does not resolve"
    if isinstance(error, DownloadTimeoutError) and isinstance(
        error.__cause__, aiohttp.ConnectionTimeoutError
    ):
        return "failed", "connect_timeout", "no connection in time"
    if isinstance(error, DownloadTimeoutError):
        return "failed", "timeout", "no answer in time"
    if isinstance(error, BrowserDied):
        return "failed", "browser", str(error)
    if fault := certificate_fault(error):
        return "failed", "tls_error", f"its certificate is not valid: {fault}"
    if _is_tls(error):
        return "failed", "tls_error", "no TLS connection"
    if isinstance(error, DownloadConnectionRefusedError):
        return "failed", "connect_refused", "the connection was refused"
    if isinstance(error, DownloadFailedError):
        return "failed", "broken", f"the connection broke: {error}"[:200]
    return "failed", "broken", f"{type(error).__name__}: {error}"[:200]


def classify_unreadable(error: Exception, body: bytes) -> tuple[str, str]:
    """(crawl outcome, reason) of an answer that could not be read: a wall explains more than the change it looks like.

    An error of our own code counts as a changed page until somebody has looked: what the page said is not known.
    """
    if wall := wall_of(body):
        return "blocked", f"a {wall} page instead of the answer"
    if isinstance(error, SourceBlocked):
        return "blocked", str(error)
    if isinstance(error, SourceChanged):
        return "failed", f"unexpected answer: {error}"
    return "failed", f"unreadable answer: {type(error).__name__}: {error}"[:300]


def _name_server_answered(error: BaseException) -> bool:
    """Whether a name server said that there is no such name or no address (RFC 2308); its silence or failure says nothing."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, socket.gaierror):
            return seen.errno not in (socket.EAI_AGAIN, socket.EAI_FAIL)
        seen = seen.__cause__ or getattr(seen, "os_error", None)
    return True


def _is_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError) or "SSL" in type(seen).__name__:
            return True
        seen = seen.__cause__
    return False
