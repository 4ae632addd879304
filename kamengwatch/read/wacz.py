"""The evidence pack as WACZ: what our archive holds of the captures cited about a site, to be replayed offline in any WACZ viewer.

Beside the pages lie the list of evidence, the manifest of the snapshot that cites it with its signature and time stamps, and a sheet in
words. `datapackage-digest.json` holds the hash of the list of files and, under `kamengwatch`, the operator's signature of it and stamps.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from dashboard.help.evidence_pack import hash_member
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import bar, log_line, print_answer
from scoring.publish.captures import INDEX as PICTURES
from scoring.snapshot import signing, stamps
from scoring.snapshot.reader import SIGNATURE, Snapshot, SnapshotError
from store.archive import warc
from store.text.query import site_files
from store.text.safe_text import check_zip_count, name_anywhere

MOST = 500
"""Captures in a pack, the newest first."""
LARGEST = 1 << 30
"""Bytes a pack may unpack to; a larger one is not read."""
_WARC = "archive/evidence.warc.gz"
_DIGEST = "datapackage-digest.json"
_SLUG = re.compile(r"[^-a-z0-9._/]+")
_PLAIN = re.compile(r"(?:archive|indexes|pages|evidence)/\w[\w.@+-]{0,199}")


def write(config: Config, host: str, out: Path) -> None:
    """Write the WACZ of `host`; raises UserError where the snapshot does not know it or nothing of it is archived."""
    try:
        snapshot = Snapshot.latest(config.data_dir)
        claims = snapshot.of("evidence", host)
    except SnapshotError as error:
        raise UserError(str(error)) from error
    cited = sorted(
        (c for c in claims if c["archive"]), key=lambda c: (str(c["seen_at"]), c["id"]), reverse=True
    )
    files: dict[str, bytes] = {}
    with bar(config.say("取存证", "reading the archive"), min(len(cited), MOST)) as progress:
        captures, lacking = _captures(config, cited, progress.advance)
    if not captures:
        raise UserError(
            f"{host}: 快照没有引用本站存档的页面，无可打包 the snapshot cites no archived page of it; 查看 see: kamengwatch explain {host}"
        )
    pictures = list(_pictures(snapshot, host))
    files[_WARC], index = _warc(captures, pictures)
    files |= _indexes(index) | {"pages/pages.jsonl": _pages(captures)}
    rows = [
        {k: (str(v) if isinstance(v, dt.date | dt.datetime) else v) for k, v in c.items()} for c in claims
    ]
    files["evidence/evidence.json"] = json.dumps(rows, ensure_ascii=False, indent=1).encode()
    sites = int(snapshot.rows("select count(*) as n from ratings")[0]["n"])
    files |= _attested(
        snapshot.path if host in snapshot.updated else snapshot.whole, site_files(host, sites)["s"]
    )
    files["evidence/README.txt"] = _words(host, snapshot, captures, pictures, lacking, config.now()).encode()
    _write(config, out, host, files)
    log_line(
        config.say(
            f"{out}：{len(captures)} 份存档页面、{len(claims)} 条证据；离线打开：任何 WACZ 浏览器（如 replayweb.page）。核对：kamengwatch pack --verify {out}",
            f"{out}: {len(captures)} archived page(s), {len(claims)} piece(s) of evidence; opens offline in any WACZ viewer. Check: kamengwatch pack --verify {out}",
        )
    )


def verify(config: Config, file: Path) -> None:
    """Say what a WACZ of ours proves: whole, unsigned or signed by which key, stamped when; raises Failure where it is not whole."""
    try:
        check_zip_count(file, MOST)
        with zipfile.ZipFile(file) as archive:
            _check_members(file, archive)
            names = set(archive.namelist())
            package = json.loads(archive.read("datapackage.json"))
            digest = json.loads(archive.read(_DIGEST))
            listed = {str(r["path"]): str(r["hash"]) for r in package["resources"]}
            wrong = [
                f"{n[:80]}: 未登记 not listed"
                for n in sorted(names - set(listed) - {"datapackage.json", _DIGEST})
            ]
            for name, stated in listed.items():
                if name not in names or not _PLAIN.fullmatch(name):
                    wrong.append(f"{name[:80]}: 缺失 missing")
                elif f"sha256:{hash_member(archive, name)[0]}" != stated:
                    wrong.append(f"{name}: 内容已改变 changed since it was packed")
            whole = archive.read("datapackage.json")
            said = digest.get("kamengwatch") or {}
            if digest.get("hash") != _hash(whole):
                wrong.append("datapackage.json: 与其哈希不符 not what datapackage-digest.json says")
            signed = _signed_by(config, said, whole)
            stamped = list(_stamped(said, whole))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UserError(f"{file}: 读不了 cannot be read ({error.strerror})") from error
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        RuntimeError,
    ) as error:
        raise UserError(f"{file}: 不是 WACZ 证据包 no WACZ pack ({type(error).__name__})") from error
    for line in wrong:
        print_answer(line)
    print_answer(
        signed
        or config.say(
            "没有签名：只能说明打包后没有变。",
            "Unsigned: it says only that nothing changed since it was packed.",
        )
    )
    for line in stamped or [
        config.say(
            "没有时间戳：打包的时间是打包者自己的说法。",
            "Not time-stamped: when it was packed is the packer's word.",
        )
    ]:
        print_answer(line)
    if wrong:
        raise Failure(f"{len(wrong)} 处不符 faults")


def _check_members(file: Path, archive: zipfile.ZipFile) -> None:
    """Raise UserError for what no WACZ of ours has. Ours are stored as they are, so nothing in one unpacks to more than the file."""
    infos = archive.infolist()
    if sum(i.file_size for i in infos) > LARGEST:
        raise UserError(f"{file}: 太大 too large to be a pack of ours")
    seen: set[str] = set()
    for info in infos:
        shown = info.filename[:80]
        if info.flag_bits & 0x1:
            raise UserError(
                f"{file}: {shown!r} 已加密 is encrypted; 请要一份未加密的 ask for one that is not"
            )
        if info.compress_type != zipfile.ZIP_STORED or stat.S_IFMT(info.external_attr >> 16) not in (
            0,
            stat.S_IFREG,
        ):
            raise UserError(f"{file}: {shown!r} 不是原样存放的普通文件 is no plain file stored as it is")
        if name_anywhere(info.filename) in seen:
            raise UserError(f"{file}: {shown!r} 出现两次 is in it twice")
        seen.add(name_anywhere(info.filename))


def _captures(
    config: Config, cited: Sequence[dict[str, Any]], advance: Any
) -> tuple[list[warc.Archived], list[str]]:
    """(captures in the order they were made, each once; what of the cited is not there any more)."""
    found: dict[tuple[str, str], warc.Archived] = {}
    lacking = []
    for claim in cited[:MOST]:
        advance()
        try:
            one = warc.read(config.archive_dir, str(claim["archive"]), int(claim["offset"]))
        except warc.ArchiveError as error:
            lacking.append(f"{claim['id']}: {error}"[:200])
            continue
        if one.sha256 != claim["sha256"]:
            raise Failure(f"{claim['id']}: 存档与登记的哈希不符 altered; kamengwatch evidence verify")
        if one.url.startswith(("http://", "https://")):
            found[one.url, one.sha256] = one
    return sorted(found.values(), key=lambda one: (one.fetched_at, one.url)), lacking


@dataclass(frozen=True)
class Picture:
    """A page's published picture, reduced so that nothing on it can be read; `original` is the hash of the one in the archive."""

    url: str
    taken_at: dt.datetime
    data: bytes
    original: str


def _pictures(snapshot: Snapshot, host: str) -> Iterator[Picture]:
    """The published pictures of a site's pages: whole ones never leave the archive (docs/decisions/0027)."""
    try:
        listed = json.loads(snapshot.file(PICTURES).read_text("utf-8"))
        for one in listed:
            file = snapshot.file(f"captures/{one['sha256']}.jpg")
            if one["host"] == host and file.is_file() and not file.is_symlink():
                at = dt.datetime.fromisoformat(one["fetched_at"])
                yield Picture(one["url"], at, file.read_bytes(), one["sha256"])
    except (OSError, ValueError, KeyError):
        return


def _warc(
    captures: Sequence[warc.Archived], pictures: Sequence[Picture] = ()
) -> tuple[bytes, list[tuple[str, str, dict[str, Any]]]]:
    """The WARC of captures and pictures, and a line of the index for each: (key, 14 digits, fields)."""
    buffer, index = io.BytesIO(), []
    writer = WARCWriter(buffer, gzip=True)
    for one in captures:
        offset = buffer.tell()
        record = writer.create_warc_record(
            one.url,
            "response",
            payload=io.BytesIO(one.payload),
            http_headers=StatusAndHeaders(f"{one.status} ", list(one.headers), protocol="HTTP/1.1"),
            warc_headers_dict={
                "WARC-Date": one.fetched_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "X-Payload-Sha256": one.sha256,
                "X-Original-Sha256": one.original_sha256,
            },
        )
        writer.write_record(record)
        kind = next((v.partition(";")[0].strip() for k, v in one.headers if k.lower() == "content-type"), "")
        fields = {
            "url": one.url, "mime": kind or "application/octet-stream", "status": str(one.status), "digest": f"sha256:{one.sha256}",
            "length": str(buffer.tell() - offset), "offset": str(offset), "filename": _WARC.rpartition("/")[2],
        }  # fmt: skip
        index.append((_surt(one.url), one.fetched_at.astimezone(dt.UTC).strftime("%Y%m%d%H%M%S"), fields))
    for picture in pictures:
        offset, url = buffer.tell(), f"urn:thumbnail:{picture.url}"
        moment = picture.taken_at.astimezone(dt.UTC)
        record = writer.create_warc_record(
            url,
            "resource",
            payload=io.BytesIO(picture.data),
            warc_content_type="image/jpeg",
            warc_headers_dict={
                "WARC-Date": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "X-Reduced-From": f"sha256:{picture.original}",
            },
        )
        writer.write_record(record)
        fields = {
            "url": url, "mime": "image/jpeg", "status": "200", "digest": _hash(picture.data), "length": str(buffer.tell() - offset),
            "offset": str(offset), "filename": _WARC.rpartition("/")[2],
        }  # fmt: skip
        index.append((url.lower(), moment.strftime("%Y%m%d%H%M%S"), fields))
    return buffer.getvalue(), sorted(index, key=lambda line: line[:2])


def _surt(url: str) -> str:
    """The key under which an index sorts an address: the host's labels turned round, then path and query in small letters."""
    parts = urlsplit(url)
    labels = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{labels}{port}){parts.path or '/'}{'?' if query else ''}{query}".lower()


def _indexes(index: Sequence[tuple[str, str, dict[str, Any]]]) -> dict[str, bytes]:
    """The index, packed in one block, and the index of blocks."""
    text = "".join(f"{key} {at} {json.dumps(fields)}\n" for key, at, fields in index).encode()
    packed = gzip.compress(text, mtime=0)
    key, at, _ = index[0]
    block = {"offset": 0, "length": len(packed), "digest": _hash(packed), "filename": "index.cdx.gz"}
    head = f"!meta 0 {json.dumps({'format': 'cdxj-gzip-1.0', 'filename': 'index.cdx.gz'})}\n"
    return {
        "indexes/index.cdx.gz": packed,
        "indexes/index.idx": f"{head}{key} {at} {json.dumps(block)}\n".encode(),
    }


def _pages(captures: Sequence[warc.Archived]) -> bytes:
    """The list of pages a viewer shows first: web pages by address and time."""
    lines = [json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "All Pages"})]
    for number, one in enumerate(captures):
        kind = next((v for k, v in one.headers if k.lower() == "content-type"), "")
        if "html" in kind or "json" in kind or not kind:
            at = one.fetched_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            lines.append(
                json.dumps(
                    {"id": f"p{number}", "url": one.url, "ts": at, "title": one.url}, ensure_ascii=False
                )
            )
    return "\n".join(lines).encode() + b"\n"


def _attested(folder: Path, page: str) -> dict[str, bytes]:
    """The manifest of the snapshot that cites, its sums, signature, keys and stamps, the site's static page."""
    wanted = {
        "snapshot-manifest.json": "manifest.json",
        SIGNATURE: SIGNATURE,
        signing.LISTED: signing.LISTED,
        "SHA256SUMS.txt": "SHA256SUMS",
    }
    files = {f"evidence/{name}": folder / own for name, own in wanted.items()}
    files |= {f"evidence/{p.name}": p for p in folder.parent.glob(f"{folder.name}@*") if not p.is_symlink()}
    files["evidence/site.html"] = folder / page
    return {name: path.read_bytes() for name, path in files.items() if path.is_file()}


def _words(
    host: str,
    snapshot: Snapshot,
    captures: Sequence[warc.Archived],
    pictures: Sequence[Picture],
    lacking: Sequence[str],
    now: dt.datetime,
) -> str:
    lines = [
        f"证据包 Evidence pack: {host}",
        f"生成 made at {now.astimezone(dt.UTC):%Y-%m-%d %H:%M}Z，快照 snapshot {snapshot.id}",
        "",
        "这是公开网页与公开查询的存档，由 kamengwatch 在所列时间读取。投诉是单方说法，不是事实；含个人信息的来源只留脱敏后的文字，原始字节的哈希写在下面的 original 与各条存档记录里。",
        "Archived public pages and answers, fetched by kamengwatch at the times given. A complaint is one side's claim, not a fact; of sources that name people only the redacted text is kept, the hash of the original bytes stands below (original) and in each archived record.",
        "离线打开：任何 WACZ 浏览器。核对：kamengwatch pack --verify；或比对 evidence/evidence.json 里每份存档的 SHA-256。",
        "Opens offline in any WACZ viewer. Check: kamengwatch pack --verify, or compare the SHA-256 of each capture with evidence/evidence.json.",
        "快照的清单、签名与时间戳在 evidence/；它们证明什么、不证明什么：docs/trust.md。 Manifest, signature and time stamps of the snapshot lie in evidence/; docs/trust.md says what they prove.",
        "",
        *(f"{one.fetched_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z {one.status} {one.url} sha256 {one.sha256}{f' original {one.original_sha256}' if one.original_sha256 != one.sha256 else ''}" for one in captures),
    ]  # fmt: skip
    if pictures:
        lines += [
            "",
            "页面截图（缩小到只看得出样子；原图只按哈希留存，可能拍到个人信息，不随包提供） Pictures of pages, reduced so that only the look can be seen; the originals stay in the archive under their hashes:",
            *(f"{p.taken_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z urn:thumbnail:{p.url} sha256 {hashlib.sha256(p.data).hexdigest()}, original {p.original}" for p in pictures),
        ]  # fmt: skip
    if lacking:
        lines += ["", "已不在存档里的 not in the archive any more:", *lacking]
    return "\n".join(lines) + "\n"


def _write(config: Config, out: Path, host: str, files: dict[str, bytes]) -> None:
    """The ZIP: the archive stored as it is, as viewers want it; written whole or not at all."""
    resources = [
        {"name": _SLUG.sub("-", name.lower()), "path": name, "hash": _hash(data), "bytes": len(data)}
        for name, data in sorted(files.items())
    ]
    package = {
        "profile": "data-package", "wacz_version": "1.1.1", "title": f"{host} — kamengwatch", "software": "kamengwatch",
        "created": config.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "resources": resources,
    }  # fmt: skip
    data = json.dumps(package, ensure_ascii=False, indent=1).encode()
    digest = {
        "path": "datapackage.json",
        "hash": _hash(data),
        **({"kamengwatch": said} if (said := _seal(config, data)) else {}),
    }
    spare = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(spare, "w", zipfile.ZIP_STORED) as archive:
            for name, content in (
                *files.items(),
                ("datapackage.json", data),
                (_DIGEST, json.dumps(digest, indent=1).encode()),
            ):
                archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
        spare.replace(out)
    except OSError as error:
        spare.unlink(missing_ok=True)
        raise UserError(f"{out}: 写不了 cannot be written ({error.strerror})") from error


def _seal(config: Config, data: bytes) -> dict[str, Any]:
    """The operator's signature of the list of files, and a token of each authority; what cannot be had is said and left out."""
    from crawler.stamp_requests import NotStamped, guard_for, request_token
    from kamengwatch.maintain import time_stamps

    said: dict[str, Any] = {}
    try:
        if (key := signing.private_key(config.data_dir)) is not None:
            said = {
                "key": signing.key_id(key.public_key()),
                "signature": base64.b64encode(key.sign(data)).decode(),
            }
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    authorities, _, _ = time_stamps.services()
    guard = guard_for(authorities, time_stamps.operator_settings().contact, time_stamps.INSIDE)
    for url in authorities:
        try:
            token, _ = request_token(url, data, guard)
            said.setdefault("stamps", []).append(
                {"by": urlsplit(url).hostname, "token": base64.b64encode(token).decode()}
            )
        except NotStamped as error:
            log_line(f"时间戳 time stamp: {error}")
    return said


def _signed_by(config: Config, said: dict[str, Any], data: bytes) -> str | None:
    """The line about the signature; None where there is none. Checked with the keys this data folder knows."""
    if not said.get("signature"):
        return None
    keys = signing.known_keys(config.data_dir)
    name = str(said.get("key"))
    if name not in keys:
        return config.say(
            f"由密钥 {name[:16]} 签名，本机没有它的公钥，未核对。",
            f"Signed with key {name[:16]}, whose public key is not here: not checked.",
        )
    if not signing.holds(keys[name], str(said["signature"]), data):
        raise Failure(f"签名与内容不符 the signature is not of this pack ({name[:16]})")
    return config.say(f"由密钥 {name} 签名，已核对。", f"Signed with key {name}: checked.")


def _stamped(said: dict[str, Any], data: bytes) -> Any:
    """A line for each time stamp of the list of files."""
    from kamengwatch.maintain.time_stamps import trusted_certificates

    trusted = trusted_certificates()
    for one in said.get("stamps") or ():
        by = str(one.get("by"))[:80]
        try:
            at = stamps.check_token(base64.b64decode(one["token"]), hashlib.sha256(data).digest(), trusted)
            checked = (
                "已核对 checked"
                if trusted
                else "未核对证书 certificates not checked: KAMENGWATCH_TIMESTAMP_CERTIFICATES"
            )
            yield f"时间戳 time-stamped {at:%Y-%m-%d %H:%M:%S}Z, {by}（{checked}）"
        except stamps.StampUnusable as error:
            raise Failure(f"时间戳 {by}: {error}") from error


def _hash(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
