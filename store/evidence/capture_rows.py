"""Rows of what was archived: one a request of a crawl, found again where a page is taken in twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Table, bindparam, func, or_, select

from store.archive.warc import LONGEST, Stored
from store.db.tables import Capture, Crawl
from store.db.upsert import insert_into
from store.text.malls import place_of

if TYPE_CHECKING:
    from store.evidence.entity_matching import Directory

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


def archive_root(
    connection: Connection, before: Mapping[str, Any] | None, through: int | None = None
) -> dict[str, Any]:
    """The hash of everything archived by finished crawls, chained to the one `before`; None begins the chain.

    `through` is the last crawl looked at (default: the newest), `open` those up to it that were not finished and are taken in later,
    `sha256` of the root before and a line a capture (file, offset, both hashes) in the order of crawl and place. What is let go or
    erased keeps its line, so the root can be computed again from the rows as long as nothing was changed.
    """
    said = before or {}
    last, left = int(said.get("through", 0)), [int(n) for n in said.get("open", ())]
    if through is None:
        through = int(connection.execute(select(func.max(Crawl.id))).scalar() or 0)
    new = select(Crawl.id, Crawl.finished_at).where(
        or_(Crawl.id > last, Crawl.id.in_(left)), Crawl.id <= through
    )
    rows = connection.execute(new).all()
    return root_of(connection, said, through, [r.id for r in rows if r.finished_at is None])


def root_of(
    connection: Connection, before: Mapping[str, Any], through: int, unfinished: Sequence[int]
) -> dict[str, Any]:
    """The root after `before` with the crawls up to `through` but `unfinished`: what a manifest says, computed again."""
    last, left = int(before.get("through", 0)), [int(n) for n in before.get("open", ())]
    digest, count = hashlib.sha256(str(before.get("sha256", "")).encode()), int(before.get("captures", 0))
    rows = connection.execute(
        select(Capture.archive, Capture.offset, Capture.payload_sha256, Capture.original_sha256)
        .where(or_(Capture.crawl_id > last, Capture.crawl_id.in_(left)), Capture.crawl_id <= through)
        .where(Capture.crawl_id.not_in(list(unfinished)))
        .order_by(Capture.crawl_id, Capture.archive, Capture.offset, Capture.payload_sha256)
        .execution_options(yield_per=10_000)
    )
    for row in rows:
        digest.update("\t".join(map(str, row)).encode() + b"\n")
        count += 1
    return {"through": through, "open": sorted(unfinished), "captures": count, "sha256": digest.hexdigest()}
