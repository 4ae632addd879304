"""Whom a handed-in record may be about: somebody, and no host that is inner, a public suffix or shared by many."""

from __future__ import annotations

from functools import lru_cache

from store.evidence.records import About, CrawlRecord, PlatformRecord, Record, RecordError
from store.text.hosts import host_key, is_key, key_of
from store.text.refused_hosts import refusal, refusal_of_text
from store.text.safe_text import plain


def check_subject(record: Record) -> None:
    """Raise RecordError where a handed-in record says nobody it is about, or names a host that can be no site of its own."""
    if isinstance(record, About) and not (record.host or record.platform or record.mentions):
        raise RecordError("host 或 platform 至少给一个 give host or platform: whom is it about?")
    for host in _hosts_named(record):
        if reason := _refused(host):
            raise RecordError(reason)


@lru_cache(maxsize=65_536)
def _refused(host: str) -> str | None:
    """Why a record may not name this host; asked once a host, not once a line."""
    key = host_key(host)
    reason = refusal(key) or refusal_of_text(host)
    if reason or is_key(key):
        return str(reason) if reason else None
    return f"host: {plain(host, 60)} 不是网址 is no host; 例 e.g. shop.example, [2001:db8::1]:8080"


def _hosts_named(record: Record) -> list[str]:
    """The hosts a record would make known as sites: whom it is about, aliases, what a crawl covered."""
    if isinstance(record, PlatformRecord):
        return [record.host, *(alias for alias in record.aliases if key_of(alias))]
    if isinstance(record, CrawlRecord):
        return list(record.hosts or ())
    return [record.host] if isinstance(record, About) and record.host else []
