"""`stamp`: have third parties attest when the newest snapshot existed, and complete what calendars have promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kamengwatch.config import Config, Failure, UserError, operator_settings, require_contact
from kamengwatch.console import bar, log_line, tell_json
from scoring.snapshot import stamps
from store.durable_files import write_whole

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from crawler.guard import Guard

INSIDE: tuple[str, ...] = ()
"""Hosts that may be asked though they lie inside: none but in tests."""


def services() -> tuple[list[str], list[str], str]:
    """(authorities, calendars, the index of blocks) the operator named."""
    set_ = operator_settings()
    return _listed(set_.timestamp_authorities), _listed(set_.timestamp_calendars), set_.timestamp_blocks


def configured() -> bool:
    """Whether anybody is to be asked for stamps."""
    authorities, calendars, _ = services()
    return bool(authorities or calendars)


def trusted_certificates() -> list[Certificate]:
    """The certificates the operator trusts; raises UserError for a file that holds none."""
    named = operator_settings().timestamp_certificates
    try:
        return stamps.read_certificates(Path(named)) if named else []
    except stamps.StampUnusable as error:
        raise UserError(f"KAMENGWATCH_TIMESTAMP_CERTIFICATES: {error}") from error


def stamp(config: Config, as_json: bool) -> None:
    """Ask for what the newest snapshot lacks and complete older proofs; raises Failure (exit 1) when a service gave nothing."""
    from crawler.stamp_requests import NotStamped, guard_for
    from kamengwatch.maintain.integrity import snapshot_folders

    authorities, calendars, blocks = services()
    if not authorities and not calendars:
        raise UserError(
            config.say(
                "没有设置时间戳服务；设 KAMENGWATCH_TIMESTAMP_AUTHORITIES 或 KAMENGWATCH_TIMESTAMP_CALENDARS（kamengwatch init）",
                "no time stamp service is set: set KAMENGWATCH_TIMESTAMP_AUTHORITIES or KAMENGWATCH_TIMESTAMP_CALENDARS (kamengwatch init)",
            )
        )
    require_contact()
    folders = snapshot_folders(config.data_dir)
    if not folders:
        raise UserError(
            config.say("还没有快照；先 kamengwatch publish", "no snapshot yet; first: kamengwatch publish")
        )
    guard = guard_for([*authorities, *calendars, blocks], operator_settings().contact, INSIDE)
    trusted, told, failed = trusted_certificates(), [], []
    with bar(config.say("时间戳", "time stamps")) as progress:
        work = [
            *((url, lambda url=url: _authority(url, folders[-1], trusted, guard)) for url in authorities),
            *([("OpenTimestamps", lambda: _calendars(calendars, folders[-1], guard))] if calendars else []),
            *(
                (proof.name, lambda proof=proof: _completed(proof, guard, blocks))
                for proof in _proofs(folders)
            ),
        ]
        for name, ask in work:
            progress.note(name)
            try:
                told += [line for line in [ask()] if line]
            except (NotStamped, stamps.StampUnusable) as error:
                failed.append(str(error))
    if as_json:
        tell_json({"snapshot": folders[-1].name, "made": told, "failed": failed})
    else:
        for line in told:
            log_line(line)
        log_line(
            config.say(
                f"{folders[-1].name}：新得 {len(told)} 份时间戳，{len(failed)} 处没有给。",
                f"{folders[-1].name}: {len(told)} new time stamp(s), {len(failed)} not given.",
            )
        )
    if failed:
        raise Failure("; ".join(failed)[:500])


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _authority(url: str, folder: Path, trusted: list[Certificate], guard: Guard) -> str | None:
    """Keep an authority's token of the newest manifest, if there is none yet; one that would not be believed is not kept."""
    from crawler.stamp_requests import request_token

    file = stamps.token_file(folder, urlsplit(url).hostname or "?")
    if file.exists():
        return None
    token, digest = request_token(url, (folder / "manifest.json").read_bytes(), guard)
    try:
        at = stamps.check_token(token, digest, trusted)
    except stamps.StampUnusable as error:
        raise stamps.StampUnusable(f"{urlsplit(url).hostname}: {error}") from error
    write_whole(file, token)
    return f"{file.name}: {at:%Y-%m-%d %H:%M:%S}Z"


def _calendars(calendars: list[str], folder: Path, guard: Guard) -> str | None:
    """Hand the newest manifest's hash to every calendar; one that answers is enough."""
    from opentimestamps.core.op import OpSHA256
    from opentimestamps.core.serialize import BytesDeserializationContext, DeserializationError
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

    from crawler.stamp_requests import NotStamped, submit

    file, digest = stamps.proof_file(folder), stamps.manifest_digest(folder)
    if file.exists():
        return None
    proof, failed = Timestamp(digest), []
    for calendar in calendars:
        try:
            proof.merge(
                Timestamp.deserialize(BytesDeserializationContext(submit(calendar, digest, guard)), digest)
            )
        except NotStamped as error:
            failed.append(str(error))
        except (DeserializationError, ValueError, TypeError) as error:
            failed.append(f"{calendar}: {type(error).__name__}")
    if not proof.ops and not proof.attestations:
        raise NotStamped("; ".join(failed))
    write_whole(file, _serialised(DetachedTimestampFile(OpSHA256(), proof)))
    return f"{file.name}: {len(calendars) - len(failed)}/{len(calendars)}"


def _proofs(folders: list[Path]) -> list[Path]:
    """Proofs no block is known for yet, and those whose block's header is not kept."""
    if not folders:
        return []
    headers = stamps.read_headers(folders[0].parent)
    return [
        folder.with_name(found.file)
        for folder in folders
        for found in stamps.stamps_of(folder, (), headers)
        if isinstance(found, stamps.Stamp)
        and found.file.endswith(".ots")
        and (found.state == "pending" or found.by.startswith("Bitcoin") and found.at is None)
    ]


def _completed(file: Path, guard: Guard, blocks: str) -> str | None:
    """Ask the calendars a proof names for the block by now, and the index for that block's header."""
    from opentimestamps.core.serialize import BytesDeserializationContext, DeserializationError
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

    from crawler.stamp_requests import NotStamped, block_header, completed

    read = DetachedTimestampFile.deserialize(BytesDeserializationContext(file.read_bytes()))
    before, found = _serialised(read), None
    for stamp_ in list(_nodes(read.timestamp)):
        for promise in [a for a in stamp_.attestations if type(a).__name__ == "PendingAttestation"]:
            if (answer := completed(promise.uri, stamp_.msg, guard)) is not None:
                try:
                    stamp_.merge(Timestamp.deserialize(BytesDeserializationContext(answer), stamp_.msg))
                except (DeserializationError, ValueError, TypeError) as error:
                    raise NotStamped(f"{promise.uri}: {type(error).__name__}") from error
    if (after := _serialised(read)) != before:
        write_whole(file, after)
    headers = stamps.read_headers(file.parent)
    for root, one in read.timestamp.all_attestations():
        if type(one).__name__ == "BitcoinBlockHeaderAttestation":
            if blocks and one.height not in headers:
                header = block_header(blocks, one.height, guard)
                stamps.block_time(header, root)
                headers[one.height] = header
                lines = "".join(f"{height} {data.hex()}\n" for height, data in sorted(headers.items()))
                write_whole(file.with_name(stamps.HEADERS), lines.encode())
            found = f"{file.name}: Bitcoin {one.height}"
    return found if after != before or found else None


def _nodes(stamp_: Any) -> Iterator[Any]:
    yield stamp_
    for below in list(stamp_.ops.values()):
        yield from _nodes(below)


def _serialised(proof: Any) -> bytes:
    from opentimestamps.core.serialize import BytesSerializationContext

    context = BytesSerializationContext()
    proof.serialize(context)
    data: bytes = context.getbytes()
    return data
