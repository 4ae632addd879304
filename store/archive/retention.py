"""Let archived content go: one capture erased for a person, or a file whose period has ended; address, time and hashes stay.

This is the only thing that ever rewrites evidence, for a person's right to be forgotten. The new record fills exactly the place
of the old one, so every other capture keeps its file and offset, and a crawl that is appending to the file is not disturbed.

Nothing is rewritten in place. A file of facts is written beside the old one, made durable and named, and only then is the old
file removed; a kill between the two leaves both, and the next attempt ends it. What a capture's offset was stays its name.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from warcio.exceptions import ArchiveLoadFailed
from warcio.warcwriter import WARCWriter

from store.archive.warc import (
    ERASED_AT,
    EXPIRED_AT,
    ORIGINAL_OFFSET,
    Archived,
    expired_name,
    iterate,
    records_of,
)
from store.durable_files import sync_folder, write_whole
from store.private_files import FILE_MODE

_HEAD = struct.Struct("<2sBBIBB")
_COMMENT = 0x10
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
_LAST_BLOCK = b"\x03\x00"


def erase_capture(path: Path, offset: int, found: Archived, at: dt.datetime) -> None:
    """Replace the capture `found` at `offset` of the file by a record that says only what, when, and that it was erased.

    Raises ValueError when the old record is too short for it, which no record with a body is.
    """
    made = _member(_facts(found, at), _length(path, offset))
    with path.open("rb+") as stream:
        stream.seek(offset)
        stream.write(made)
        stream.flush()
        os.fsync(stream.fileno())


def _length(path: Path, offset: int) -> int:
    with path.open("rb") as stream:
        stream.seek(offset)
        iterator = records_of(stream)
        next(iterator)
        iterator.read_to_end()
        return int(iterator.get_record_length())


def _facts(found: Archived, at: dt.datetime) -> bytes:
    """The record without content, as WARC text."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    headers = {
        "WARC-Date": found.fetched_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "X-Payload-Sha256": found.stated_sha256,
        "X-Original-Sha256": found.original_sha256,
        ERASED_AT: at.astimezone(dt.UTC).isoformat(),
    }
    record = writer.create_warc_record(
        found.url, "metadata", payload=io.BytesIO(), length=0, warc_headers_dict=headers
    )
    writer.write_record(record)
    return out.getvalue()


def _member(content: bytes, length: int) -> bytes:
    """`content` as a gzip member of exactly `length` bytes: the rest is empty blocks, and a comment of up to four characters."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(content) + deflate.flush(zlib.Z_FULL_FLUSH)
    spare = length - _HEAD.size - 1 - len(body) - len(_LAST_BLOCK) - 8
    if spare < 0:
        raise ValueError(
            f"the record is too short to hold the facts of what was erased (its length: {length})"
        )
    blocks, comment = divmod(spare, len(_EMPTY_BLOCK))
    head = _HEAD.pack(b"\x1f\x8b", 8, _COMMENT, 0, 0, 255) + b" " * comment + b"\x00"
    tail = struct.pack("<II", zlib.crc32(content), len(content))
    return head + body + _EMPTY_BLOCK * blocks + _LAST_BLOCK + tail


def newest(path: Path) -> dt.datetime | None:
    """When the last whole capture of the file was fetched; None for a file without any."""
    return max((found.fetched_at for _, found in iterate(path)), default=None)


def expire_file(path: Path, at: dt.datetime) -> None:
    """Put facts in the place of the file. Raises OSError, leaving the file as it was."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for url, headers in sorted(_record_facts(path), key=lambda fact: int(fact[1][ORIGINAL_OFFSET])):
        kept = {**headers, EXPIRED_AT: at.astimezone(dt.UTC).isoformat()}
        writer.write_record(
            writer.create_warc_record(url, "metadata", payload=io.BytesIO(), length=0, warc_headers_dict=kept)
        )
    write_whole(path.with_name(expired_name(path.name)), out.getvalue(), FILE_MODE)
    sync_folder(path.parent)
    path.unlink()
    sync_folder(path.parent)


def _record_facts(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
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
        iterator = records_of(stream)
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
