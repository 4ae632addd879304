"""The evidence archive: append-only WARC files, one per crawl attempt, every capture addressable by file and offset.

Nothing is rewritten (but by store/archive/retention.py): a crawl that was killed continues in a new file, and a torn tail is simply
never cited.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.warcwriter import WARCWriter

from store.private_files import make_private_folder, open_private

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")
_SKIPPED_HEADERS = {"set-cookie", "content-encoding", "transfer-encoding", "content-length"}


ERASED_AT = "X-Erased-At"
"""WARC header of a record whose content was erased (store/archive/retention.py): the time."""


EXPIRED_AT = "X-Expired-At"
"""WARC header of what is left of a capture whose period has ended (store/archive/retention.py): the time."""
ORIGINAL_OFFSET = "X-Original-Offset"
"""WARC header beside it: where the capture lay, which still is its name."""
_DAMAGED = "the record's head is damaged"
LONGEST_PAYLOAD = 32 * 1024 * 1024
"""Bytes; the crawler reads no answer of more than 5 MB (crawler/settings.py)."""


class ArchiveError(Exception):
    """The archive cannot be read where it was cited; the message names file and offset."""


class ErasedCapture(ArchiveError):
    """The capture's content was erased on request; its facts are in the message, `at` is when."""

    def __init__(self, where: str, at: str) -> None:
        """`where` is file and offset, `at` ISO 8601."""
        super().__init__(f"{where}: 应个人请求已于 {at[:10]} 删除 erased on {at[:10]}")
        self.at = at


class ExpiredCapture(ArchiveError):
    """The capture's content was let go when its period ended; `at` is when, `sha256` the hash that was kept of it."""

    def __init__(self, where: str, at: str, sha256: str) -> None:
        """`where` is file and offset, `at` ISO 8601."""
        super().__init__(
            f"{where}: 保存期满，已于 {at[:10]} 移除内容 its period ended, content let go on {at[:10]}"
        )
        self.at, self.sha256 = at, sha256


LONGEST = 2_000
"""Characters of an address that the database keeps, as its index holds no more; the archive has it whole."""


@dataclass(frozen=True)
class Stored:
    """Where one capture lies and what it hashes to."""

    url: str
    fetched_at: dt.datetime
    status: int
    media_type: str | None
    archive: str
    offset: int
    payload_sha256: str
    original_sha256: str


@dataclass(frozen=True)
class Archived:
    """One capture read back; `payload` are the archived bytes, `sha256` is computed from them now."""

    url: str
    fetched_at: dt.datetime
    status: int
    headers: list[tuple[str, str]]
    payload: bytes
    sha256: str
    stated_sha256: str
    original_sha256: str


class ArchiveWriter:
    """Append captures to a new WARC file `<folder>/<name>[-n].warc.gz`; use as a context manager."""

    def __init__(self, folder: Path, name: str) -> None:
        """Create the file exclusively; raises ValueError when `name` is not a plain file name."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a plain archive name: {name!r}")
        make_private_folder(folder)
        self.path, self._file = _create(folder, name)
        self._record = io.BytesIO()
        self._writer = WARCWriter(self._record, gzip=True)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(
        self,
        url: str,
        fetched_at: dt.datetime,
        status: int,
        headers: list[tuple[str, str]],
        payload: bytes,
        original_sha256: str | None = None,
    ) -> Stored:
        """Append one response, handed to the system before anyone may parse it; OSError where the disk takes no more.

        A record that could not be written whole is taken away again. `payload` are the decoded body bytes to keep; `original_sha256` the hash of what was received, where
        only a redacted projection may be kept. Cookies are dropped: they identify a visit, not the page.
        """
        digest = hashlib.sha256(payload).hexdigest()
        original = original_sha256 or digest
        kept = [(k, v) for k, v in headers if k.lower() not in _SKIPPED_HEADERS]
        kept.append(("Content-Length", str(len(payload))))
        offset = self._file.tell()
        record = self._writer.create_warc_record(
            url,
            "response",
            payload=io.BytesIO(payload),
            http_headers=StatusAndHeaders(f"{status} ", kept, protocol="HTTP/1.1"),
            warc_headers_dict={
                "WARC-Date": _warc_date(fetched_at),
                "X-Payload-Sha256": digest,
                "X-Original-Sha256": original,
            },
        )
        self._record.seek(0)
        self._record.truncate()
        self._writer.write_record(record)
        self._append(self._record.getvalue(), offset)
        media_type = next((v for k, v in kept if k.lower() == "content-type"), None)
        return Stored(
            url,
            fetched_at,
            status,
            media_type[:100] if media_type else None,
            self.path.name,
            offset,
            digest,
            original,
        )

    def _append(self, data: bytes, offset: int) -> None:
        """Write to the end, or not at all."""
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._file.truncate(offset)
            self._file.seek(offset)
            raise

    def close(self) -> None:
        """Make the file durable; an empty one (nothing was fetched) is removed."""
        if self._file.closed:
            return
        empty = self._file.tell() == 0
        os.fsync(self._file.fileno())
        self._file.close()
        if empty:
            self.path.unlink()


LONGEST_HEAD = 1 << 20
"""Bytes of a record's head, each line counted as at least LEAST_LINE: a packed one may unpack to any length."""
LEAST_LINE = 100


class _HeadReader:
    """The lines of one head; raises ArchiveLoadFailed beyond LONGEST_HEAD."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._left = stream, LONGEST_HEAD

    def readline(self) -> bytes:
        line: bytes = self._stream.readline(self._left + 1)
        self._left -= max(len(line), LEAST_LINE)
        return self.within(line, self._left)

    @staticmethod
    def within(line: bytes, left: int = 0) -> bytes:
        """The line, where it ends and `left` is not negative."""
        if left < 0 or len(line) > LONGEST_HEAD:
            raise ValueError(f"a head of more than {LONGEST_HEAD >> 20} MB")
        return line


class _HeadParser(StatusAndHeadersParser):  # type: ignore[misc]
    """Reads no head to its end that is longer than any of ours."""

    def parse(self, stream: Any, full_statusline: Any = None) -> StatusAndHeaders:
        return super().parse(_HeadReader(stream), full_statusline)


_HEAD = _HeadParser(["HTTP/1.0", "HTTP/1.1"])


def records_of(stream: Any) -> ArchiveIterator:
    """The records of an open WARC file, whoever wrote it; each head, and what stands between records, is read within LONGEST_HEAD."""
    iterator = ArchiveIterator(stream)
    loader, reader = iterator.loader, iterator.reader
    readline = reader.readline
    reader.readline = lambda length=None: _HeadReader.within(readline(length or LONGEST_HEAD + 1))
    for name in ("warc_parser", "http_parser", "http_req_parser"):
        parser = getattr(loader, name)
        setattr(loader, name, _HeadParser(parser.statuslist, parser.verify))
    return iterator


def read(folder: Path, archive: str, offset: int) -> Archived:
    """The capture at `offset` of `<folder>/<archive>`.

    Raises ArchiveError when the file is missing, the offset holds no whole record, or the name leaves the folder.
    """
    if not _NAME.fullmatch(archive):
        raise ArchiveError(f"not an archive name: {archive!r}")
    try:
        return read_at(folder / archive, offset)
    except FileNotFoundError as error:
        _raise_if_expired(folder, archive, offset)
        raise ArchiveError(f"archive file is missing: {archive}") from error


def read_at(file: Path, offset: int) -> Archived:
    """The capture at `offset` of any WARC file; raises ArchiveError where there is no whole one, FileNotFoundError without the file."""
    archive = file.name
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            for record in records_of(stream):
                if erased := record.rec_headers.get_header(ERASED_AT):
                    raise ErasedCapture(f"{archive}:{offset}", erased)
                return _archived(record)
    except FileNotFoundError:
        raise
    except (ArchiveLoadFailed, EOFError, OSError, ValueError) as error:
        raise ArchiveError(f"no whole capture at {archive}:{offset}: {_told(error)}") from error
    raise ArchiveError(f"no capture at {archive}:{offset}")


def _told(error: Exception) -> str:
    """Why a record cannot be read; the library's own words would bring its bytes along, which nobody has looked at."""
    return _DAMAGED if isinstance(error, ArchiveLoadFailed) else str(error)


def expired_name(archive: str) -> str:
    """The file that holds the facts of an archive file whose period has ended."""
    return archive.removesuffix(".warc.gz") + ".expired.warc.gz"


def _raise_if_expired(folder: Path, archive: str, offset: int) -> None:
    """Raise ExpiredCapture or ErasedCapture where the file of facts names what lay at `offset`."""
    path = folder / expired_name(archive)
    if not path.is_file():
        return
    where = f"{archive}:{offset}"
    try:
        with path.open("rb") as stream:
            for record in records_of(stream):
                head = record.rec_headers
                if head.get_header(ORIGINAL_OFFSET) == str(offset):
                    if erased := head.get_header(ERASED_AT):
                        raise ErasedCapture(where, erased)
                    raise ExpiredCapture(
                        where, head.get_header(EXPIRED_AT), head.get_header("X-Payload-Sha256")
                    )
    except (ArchiveLoadFailed, EOFError, OSError, ValueError) as error:
        raise ArchiveError(f"{path.name} cannot be read: {_told(error)}") from error


def iterate(path: Path, unread: list[int] | None = None) -> Iterator[tuple[int, Archived]]:
    """(offset, capture) of every whole response in the file.

    What cannot be read is passed over, and its offset put into `unread`: one response, or, where the file is torn or no WARC, all from there on.
    """
    lost = [] if unread is None else unread
    with path.open("rb") as stream:
        iterator = records_of(stream)
        try:
            for record in iterator:
                found = None
                if record.rec_type == "response":
                    with suppress(ValueError):
                        found = _archived(record)
                    if found is None:
                        lost.append(iterator.offset)
                # Read first: asking for the offset runs to the record's end.
                offset = iterator.get_record_offset()
                if found is not None:
                    yield offset, found
        except (ArchiveLoadFailed, AttributeError, EOFError, OSError, ValueError):
            pass  # warcio meets a file that is no WARC at all with an AttributeError
        if iterator.offset < path.stat().st_size and iterator.offset not in lost:
            lost.append(iterator.offset)


def _archived(record: Any) -> Archived:
    if record.http_headers is None and (record.content_type or "").startswith("application/http"):
        # warcio reads the head of http: and https: answers only; name servers, registries and handshakes answer us too.
        record.http_headers = _HEAD.parse(record.raw_stream)
    head = record.rec_headers
    url, date = head.get_header("WARC-Target-URI"), head.get_header("WARC-Date")
    if not url or not date:
        raise ValueError(_DAMAGED)
    payload = _read_bounded(record.content_stream())
    declared = record.http_headers.get_header("Content-Length") if record.http_headers else None
    if declared is not None and int(declared) != len(payload):
        raise ValueError("the record is cut short")
    status = int(record.http_headers.get_statuscode()) if record.http_headers else 0
    return Archived(
        url=url,
        fetched_at=dt.datetime.fromisoformat(date.replace("Z", "+00:00")),
        status=status,
        headers=list(record.http_headers.headers) if record.http_headers else [],
        payload=payload,
        sha256=hashlib.sha256(payload).hexdigest(),
        stated_sha256=head.get_header("X-Payload-Sha256") or "",
        original_sha256=head.get_header("X-Original-Sha256") or "",
    )


def _read_bounded(stream: Any) -> bytes:
    """The whole payload; raises ValueError for one longer than any capture of ours, which a packed record can unpack to."""
    parts, left = [], LONGEST_PAYLOAD
    while part := stream.read(min(left + 1, 1 << 20)):
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise ValueError(f"a payload of more than {LONGEST_PAYLOAD >> 20} MB")
    return b"".join(parts)


def _create(folder: Path, name: str) -> tuple[Path, io.FileIO]:
    for attempt in range(1, 10_000):
        path = folder / (f"{name}.warc.gz" if attempt == 1 else f"{name}-{attempt}.warc.gz")
        try:
            return path, io.FileIO(path, "x", opener=open_private)
        except FileExistsError:
            continue
    raise ArchiveError(f"too many attempts at {name}")


def _warc_date(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
