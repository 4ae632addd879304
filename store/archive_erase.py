"""Take one capture's content out of the archive and leave its facts: address, time, hashes, and when it was erased.

This is the only thing that ever rewrites evidence, for a person's right to be forgotten. The new record fills exactly the place
of the old one, so every other capture keeps its file and offset, and a crawl that is appending to the file is not disturbed.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import struct
import zlib
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from store.archive import ERASED_AT, Archived

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
        iterator = ArchiveIterator(stream)
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
        raise ValueError(f"the record is too short to hold the facts of what was erased: {length} bytes")
    blocks, comment = divmod(spare, len(_EMPTY_BLOCK))
    head = _HEAD.pack(b"\x1f\x8b", 8, _COMMENT, 0, 0, 255) + b" " * comment + b"\x00"
    tail = struct.pack("<II", zlib.crc32(content), len(content))
    return head + body + _EMPTY_BLOCK * blocks + _LAST_BLOCK + tail
