"""Rows of what was archived: one a request of a crawl, found again where a page is taken in twice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Table, bindparam, select

from store.archive.warc import LONGEST, Stored
from store.db.tables import Capture
from store.db.upsert import insert_into
from store.evidence.entity_matching import Directory
from store.text.malls import place_of

_STORED_CAPTURE = select(Capture.id).where(
    Capture.crawl_id == bindparam("crawl"),
    Capture.url == bindparam("url"),
    Capture.payload_sha256 == bindparam("sha"),
)


@cache
def _new_capture(dialect: str) -> Any:
    """Insert a capture and give its id; nothing when it is stored already. Built once: a page has one."""
    table: Table = Capture.__table__  # type: ignore[assignment]
    return insert_into(dialect, table).on_conflict_do_nothing().returning(Capture.id)


def _site(url: str) -> str:
    """Whose page an address is: a merchant's of a mall, else its host's."""
    parts = urlsplit(url)
    place = place_of((parts.hostname or "").lower(), parts.path)
    return f"{place.mall.host}/{place.merchant}" if place.mall and place.merchant else parts.netloc


def keep_captures(
    connection: Connection, directory: Directory, crawl_id: int | None, stored: Sequence[Stored]
) -> list[int]:
    """The ids of the captures of one page, in their order, stored where they are new; none outside a crawl."""
    if not stored or crawl_id is None:
        return []
    store = _new_capture(connection.dialect.name)
    ids = []
    for one in stored:
        row = {
            "crawl_id": crawl_id,
            "platform_id": directory.by_host(_site(one.url)),
            "url": one.url[:LONGEST],
            "fetched_at": one.fetched_at,
            "status": one.status,
            "media_type": one.media_type,
            "archive": one.archive,
            "offset": one.offset,
            "payload_sha256": one.payload_sha256,
            "original_sha256": one.original_sha256,
        }
        made = connection.execute(store, row).scalar_one_or_none()
        key = {"crawl": crawl_id, "url": row["url"], "sha": one.payload_sha256}
        ids.append(int(made or connection.execute(_STORED_CAPTURE, key).scalar_one()))
    return ids
