"""Time stamps of snapshots by third parties, beside each snapshot's folder, checked offline with nothing but the files.

`<snapshot>@<authority>-<digest>.tsr` is an RFC 3161 token of `manifest.json` (any tool reads it: `openssl ts -verify`), with the
authority's certificate chain inside. `<snapshot>@<digest>.ots` is an OpenTimestamps proof of the same bytes; `block-headers.txt` holds
the Bitcoin block headers such proofs end in, whose work speaks for itself. As each manifest names the hash of the one before, a stamp
of a snapshot proves that all before it were there as well.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from scoring.snapshot.integrity import manifest_of

HEADERS = "block-headers.txt"
"""A line a block: its height, its 80 bytes in hexadecimal."""
LEAST_WORK = 1 << 70
"""Hashes a block header must have cost to be believed offline; those of 2020 to 2026 cost 2^76 to 2^80, about what a block pays."""
LATE = dt.timedelta(days=3)
"""A snapshot is stamped within hours; one proved to exist only later than this was dated back, or its stamps were taken away."""
EARLY = dt.timedelta(minutes=10)
"""How far the publisher's clock may be ahead of the authority's."""
_LARGEST = 256 * 1024


class StampUnusable(ValueError):
    """A stamp or a file of certificates that cannot be read or does not prove what it should; the message says why."""


@dataclass(frozen=True)
class Stamp:
    """One stamp: its file, who gave it, and the moment it proves.

    `state`: `proved` (checked to the end) · `unchecked` (of this manifest, but nothing was given to check the giver by) · `pending`
    (a calendar has taken the hash, and no block holds it yet) · `replaced` (of the manifest before personal data was erased).
    """

    file: str
    by: str
    state: str
    at: dt.datetime | None = None


def token_file(folder: Path, authority: str) -> Path:
    """Where the token of `authority` (a host) for the present manifest belongs."""
    return folder.with_name(f"{folder.name}@{authority}-{manifest_digest(folder).hex()[:8]}.tsr")


def proof_file(folder: Path) -> Path:
    """Where the OpenTimestamps proof of the present manifest belongs."""
    return folder.with_name(f"{folder.name}@{manifest_digest(folder).hex()[:8]}.ots")


def manifest_digest(folder: Path) -> bytes:
    """SHA-256 of the snapshot's manifest."""
    return hashlib.sha256((folder / "manifest.json").read_bytes()).digest()


def read_certificates(file: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file; raises StampUnusable."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise StampUnusable(
            f"{file}: 不是 PEM 证书 no certificates in PEM ({type(error).__name__}); 应以 it begins with -----BEGIN CERTIFICATE-----"
        ) from error


def check_token(token: bytes, digest: bytes, trusted: Sequence[x509.Certificate]) -> dt.datetime:
    """The moment an RFC 3161 answer proves that `digest` existed; raises StampUnusable.

    Without `trusted` certificates neither signature nor chain is checked, only what the token says it is of.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        answer = decode_timestamp_response(token)
        said = answer.tst_info
        if said.message_imprint.message != digest:
            raise StampUnusable("是另一份清单的 of another manifest")
        if trusted:
            VerifierBuilder(roots=list(trusted)).build().verify(answer, digest)
    except (VerificationError, ValueError, TypeError) as error:
        if isinstance(error, StampUnusable):
            raise
        raise StampUnusable(f"证书链或签名不符 chain or signature do not hold: {error}"[:200]) from error
    at: dt.datetime = said.gen_time
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def attestations(proof: bytes, digest: bytes) -> list[tuple[bytes, Any]]:
    """(message, attestation) of an OpenTimestamps proof of `digest`; raises StampUnusable."""
    from opentimestamps.core.serialize import BytesDeserializationContext, DeserializationError
    from opentimestamps.core.timestamp import DetachedTimestampFile

    try:
        read = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))
    except (DeserializationError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise StampUnusable(f"读不了 cannot be read: {type(error).__name__}") from error
    if read.file_digest != digest:
        raise StampUnusable("是另一份清单的 of another manifest")
    return list(read.timestamp.all_attestations())


def block_time(header: bytes, root: bytes) -> dt.datetime:
    """When a Bitcoin block with Merkle root `root` was found, by its 80-byte header; raises StampUnusable for one without the work."""
    if len(header) != 80:
        raise StampUnusable("区块头应为 80 字节 a block header has 80 bytes")
    merkle, at, bits = header[36:68], *struct.unpack_from("<II", header, 68)
    if merkle != root:
        raise StampUnusable("不在这个区块里 not in that block")
    target = (bits & 0x7FFFFF) << 8 * max(0, (bits >> 24) - 3)
    found = int.from_bytes(hashlib.sha256(hashlib.sha256(header).digest()).digest(), "little")
    if found > target or (1 << 256) // (target + 1) < LEAST_WORK:
        raise StampUnusable("区块头没有应有的工作量 the header lacks its work")
    return dt.datetime.fromtimestamp(at, dt.UTC)


def read_headers(snapshots: Path) -> dict[int, bytes]:
    """Height → header of the blocks that are kept beside the snapshots; lines that cannot be read are passed over."""
    file, found = snapshots / HEADERS, {}
    if file.is_file() and file.stat().st_size < 64 * _LARGEST:
        for line in file.read_text("utf-8", "replace").splitlines():
            height, _, header = line.partition(" ")
            try:
                found[int(height)] = bytes.fromhex(header)
            except ValueError:
                continue
    return found


def stamps_of(
    folder: Path, trusted: Sequence[x509.Certificate] = (), headers: Mapping[int, bytes] | None = None
) -> Iterator[Stamp | tuple[str, str]]:
    """Each stamp kept of a snapshot, or (file, what is wrong about it)."""
    files = sorted(p for p in folder.parent.iterdir() if p.name.startswith(f"{folder.name}@"))
    if not files:
        return
    known = [manifest_digest(folder), *_former(folder)]
    for file in files:
        try:
            if file.is_symlink() or file.lstat().st_size > _LARGEST:
                raise StampUnusable("不是普通的小文件 no small plain file")
            yield _stamp(file, known, trusted, headers or {})
        except (StampUnusable, OSError) as error:
            yield file.name, str(error)


def _former(folder: Path) -> list[bytes]:
    """The hashes of the manifests the snapshot had before personal data was erased from it."""
    said = manifest_of(folder).get("replaces")
    return [bytes.fromhex(h) for h in said if isinstance(h, str) and len(h) == 64] if isinstance(said, list) else []  # fmt: skip


def _stamp(
    file: Path, known: Sequence[bytes], trusted: Sequence[x509.Certificate], headers: Mapping[int, bytes]
) -> Stamp:
    """What one file proves of the first of `known` (the present manifest), or of one it replaced."""
    data, wrong = file.read_bytes(), StampUnusable("不是时间戳 no time stamp")
    for digest in known:
        try:
            if file.suffix == ".tsr":
                by = file.stem.rpartition("@")[2].rpartition("-")[0]
                at: dt.datetime | None = check_token(data, digest, trusted)
                state = "proved" if trusted else "unchecked"
            elif file.suffix == ".ots":
                by, state, at = _attested(attestations(data, digest), headers)
            else:
                break
            return Stamp(file.name, by, state if digest == known[0] else "replaced", at)
        except StampUnusable as error:
            wrong = error
    raise wrong


def _attested(
    found: list[tuple[bytes, Any]], headers: Mapping[int, bytes]
) -> tuple[str, str, dt.datetime | None]:
    """(by whom, state, when) of the earliest block a proof ends in; a calendar's promise where there is none."""
    blocks = sorted(
        (a.height, root) for root, a in found if type(a).__name__ == "BitcoinBlockHeaderAttestation"
    )
    for height, root in blocks:
        if height in headers:
            return f"Bitcoin {height}", "proved", block_time(headers[height], root)
    if blocks:
        return f"Bitcoin {blocks[0][0]}", "unchecked", None
    calendars = sorted(a.uri for _, a in found if type(a).__name__ == "PendingAttestation")
    return ", ".join(calendars)[:200] or "?", "pending", None


@dataclass
class Dates:
    """What the stamps of a row of snapshots prove: `proved` snapshots, `before` them those whose date is the publisher's word, and
    `open` ones after the newest stamp."""

    proved: int = 0
    before: int = 0
    open: int = 0


def date_errors(
    folders: Sequence[Path], trusted: Sequence[x509.Certificate], now: dt.datetime, dates: Dates
) -> Iterator[tuple[str, str]]:
    """(snapshot or file, what is wrong) of the dates of chained snapshots in their order, where stamps prove them; counts into `dates`.

    From the first stamped snapshot on each must have been proved to exist within `LATE` of the date it bears, by its own stamp or by
    one of a later snapshot, and none may have been stamped before that date.
    """
    if not folders:
        return
    headers = read_headers(folders[0].parent)
    own: list[dt.datetime | None] = []
    for folder in folders:
        proved = []
        for found in stamps_of(folder, trusted, headers):
            if isinstance(found, tuple):
                yield found
            elif found.state == "proved" and found.at is not None:
                proved.append(found.at)
        own.append(min(proved, default=None))
    first = next((n for n, at in enumerate(own) if at is not None), len(own))
    earliest: dt.datetime | None = None
    for n in reversed(range(len(folders))):
        if n < first:
            dates.before += 1
            continue
        made, at = _made(folders[n]), own[n]
        earliest = min((t for t in (at, earliest) if t is not None), default=None)
        if made is None:
            yield folders[n].name, "清单没有说日期 its manifest bears no date"
        elif at is not None and at < made - EARLY:
            yield (
                folders[n].name,
                f"时间戳早于它的日期 stamped before the date it bears ({at:%Y-%m-%d %H:%M}Z)",
            )
        elif (earliest or now) - made > LATE:
            when = f"{earliest:%Y-%m-%d}" if earliest else "—"
            yield (
                folders[n].name,
                f"{when} 之前没有时间戳证明它存在：日期可能是倒填的 no stamp proves it before then: it may be dated back",
            )
        dates.proved += earliest is not None
        dates.open += earliest is None


def _made(folder: Path) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(str(manifest_of(folder).get("created_at")))
    except ValueError:
        return None
    return at if at.tzinfo else None
