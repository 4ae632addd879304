"""Let go of an archive file whose period has ended: its captures' content goes; host, time and hashes stay.

Nothing is rewritten in place. A file of facts is written beside the old one, made durable and named, and only then is the old
file removed; a kill between the two leaves both, and the next attempt ends it. What a capture's offset was stays its name.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.warcwriter import WARCWriter

from store.archive import ERASED_AT, EXPIRED_AT, ORIGINAL_OFFSET, expired_name, iterate
from store.private_files import open_private


def newest(path: Path) -> dt.datetime | None:
    """When the last whole capture of the file was fetched; None for a file without any."""
    return max((found.fetched_at for _, found in iterate(path)), default=None)


def expire_file(path: Path, at: dt.datetime) -> None:
    """Put facts in the place of the file. Raises OSError, leaving the file as it was."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for url, headers in sorted(_facts(path), key=lambda fact: int(fact[1][ORIGINAL_OFFSET])):
        kept = {**headers, EXPIRED_AT: at.astimezone(dt.UTC).isoformat()}
        writer.write_record(
            writer.create_warc_record(url, "metadata", payload=io.BytesIO(), length=0, warc_headers_dict=kept)
        )
    part = path.with_name(f".{path.name}.part")
    with open(part, "wb", opener=open_private) as stream:
        stream.write(out.getvalue())
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path.with_name(expired_name(path.name)))
    _sync(path.parent)
    path.unlink()
    _sync(path.parent)


def _facts(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(origin, headers) of every whole capture, and of those a person had erased before: an erasure stays one."""
    for offset, found in iterate(path):
        yield (
            _origin(found.url),
            {
                "WARC-Date": found.fetched_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "X-Payload-Sha256": found.stated_sha256,
                "X-Original-Sha256": found.original_sha256,
                ORIGINAL_OFFSET: str(offset),
            },
        )
    with path.open("rb") as stream:
        iterator = ArchiveIterator(stream)
        with contextlib.suppress(ArchiveLoadFailed, AttributeError, EOFError, OSError, ValueError):
            for record in iterator:
                head = record.rec_headers
                if head.get_header(ERASED_AT):
                    kept = ("WARC-Date", "X-Payload-Sha256", "X-Original-Sha256", ERASED_AT)
                    facts = {name: head.get_header(name) or "" for name in kept}
                    url = head.get_header("WARC-Target-URI")
                    yield _origin(url), facts | {ORIGINAL_OFFSET: str(iterator.get_record_offset())}


def _origin(url: str) -> str:
    """Scheme and host: a path or query may name a person, and the database has the address, where it can be erased."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
