"""Cited captures in a snapshot: their redacted text by sha256, and small pictures of screenshots.

Small on purpose: how a page looked can be seen, what it says cannot be read, so neither a person on it nor a whole page is
published. The original's hash is its name; contact numbers were masked before the original was taken.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import numpy as np
from PIL import Image, UnidentifiedImageError
from sqlalchemy import Engine, select, true

from scoring import method
from scoring.snapshot.reader import quoted
from store.archive.warc import ArchiveError, read
from store.db.tables import Capture, Platform
from store.text.malls import host_part, is_merchant
from store.text.query import registrable

_LONGEST = 20_000
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.S | re.I)
_TAG = re.compile(r"<[^>]+>")
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.I)


def write_captures(folder: Path, archive: Path, evidence: str = "") -> None:
    """Write `captures/<sha256>.txt` for every capture the evidence in `folder` (or this source of it) cites; one that cannot
    be read is left out, its hash stays cited."""
    out = folder / "captures"
    out.mkdir(exist_ok=True)
    evidence = evidence or f"read_parquet('{quoted(folder / 'evidence.parquet')}')"
    # The public numbers of complaints look like telephone numbers; those that are cited stay, or nobody could find one by its number.
    query = f"""select sha256, archive, "offset", list(distinct split_part(id, ':', 3)) filter (where kind = 'complaint') as numbers
        from {evidence}
        where sha256 <> '' and archive <> '' group by all order by all"""  # noqa: S608 - quoted path
    with duckdb.cursor() as db:
        wanted = db.sql(query).fetchall()
    for sha256, name, offset, numbers in wanted:
        file = out / f"{sha256}.txt"
        if file.exists():
            continue
        try:
            found = read(archive, name, offset)
        except ArchiveError:
            continue
        if found.sha256 == sha256:
            file.write_text(_text(found.payload, numbers or ()), "utf-8")


def _text(payload: bytes, numbers: Collection[str] = ()) -> str:
    """Readable, redacted text of a page: decoded, without scripts and tags; `numbers` of public records stay as they are."""
    charset = _CHARSET.search(payload[:2048])
    for name in (charset.group(1).decode() if charset else "utf-8", "utf-8", "gb18030"):
        try:
            text = payload.decode(name)
            break
        except (LookupError, UnicodeDecodeError):
            continue
    else:
        text = payload.decode("utf-8", "replace")
    plain = _TAG.sub("\n", _SCRIPT.sub(" ", text)) if "<" in text[:2048] else text
    lines = [" ".join(line.split()) for line in plain.splitlines()]
    text = "\n".join(line for line in lines if line)[:_LONGEST]
    marks = {number: f"\ue000{chr(0xE100 + at)}\ue001" for at, number in enumerate(sorted(numbers)) if number}
    for number, mark in marks.items():
        text = re.sub(rf"(?<!\d){re.escape(number)}(?!\d)", mark, text)
    from store.redaction.redact import (
        clean,  # its patterns are many, and most publications of one site write no text
    )

    text = clean(text)
    for number, mark in marks.items():
        text = text.replace(mark, number)
    return text + "\n"


INDEX = "captures/pictures.json"
WIDTH, TALLEST = 320, 420
"""Pixels of a published picture: the top of the page, a quarter as wide as it was taken."""
MOST = 3
"""Pages of one site, the newest picture of each."""


def write_pictures(
    engine: Engine,
    hosts: Collection[str],
    until: dt.datetime,
    archive: Path,
    folder: Path,
    others: list[dict[str, Any]] | None = None,
) -> None:
    """`captures/<sha256 of the original>.jpg` of the newest screenshots of `hosts` before `until`, and the list of them.

    `others`: where these are a few sites, what is listed of all others.
    """
    listed: list[dict[str, Any]] = []
    for found in _newest(engine, until, None if others is None else hosts):
        if found["host"] not in hosts:
            continue
        try:
            kept = read(archive, found["archive"], found["offset"])
            small = _small(kept.payload)
        except (ArchiveError, UnidentifiedImageError, OSError, ValueError):
            continue  # gone, erased or no picture: the other captures stand
        if kept.sha256 != found["sha256"]:
            continue
        (folder / "captures" / f"{found['sha256']}.jpg").write_bytes(small)
        listed.append({name: found[name] for name in ("host", "url", "fetched_at", "sha256")})
        if (print_ := front_hash(small)) is not None and _is_front(found["url"], found["host"]):
            listed[-1]["front"] = f"{print_:016x}"
    listed = sorted([*(others or ()), *listed], key=lambda picture: str(picture["host"]))
    fronts = {one["host"]: int(one["front"], 16) for one in listed if "front" in one}
    alike = same_fronts(fronts)
    listed = [
        {name: value for name, value in one.items() if name not in ("alike", "shared_by")}
        | (alike.get(one["host"], {}) if "front" in one else {})
        for one in listed
    ]
    (folder / INDEX).write_text(json.dumps(listed, ensure_ascii=False, indent=0), "utf-8")


def _newest(engine: Engine, until: dt.datetime, only: Collection[str] | None) -> list[dict[str, Any]]:
    """The newest screenshot of each page, at most MOST a site, by host and address."""
    query = (
        select(Platform.host, Capture.url, Capture.fetched_at, Capture.payload_sha256, Capture.archive, Capture.offset)
        .join(Platform, Platform.id == Capture.platform_id)
        .where(Capture.media_type == "image/png", Capture.fetched_at < until)
        .where(Platform.host.in_(only) if only is not None else true())
        .order_by(Platform.host, Capture.fetched_at.desc(), Capture.id)
    )  # fmt: skip
    pages: dict[str, dict[str, dict[str, Any]]] = {}
    with engine.connect() as connection:
        for host, url, at, sha256, archive, offset in connection.execute(query):
            of_site = pages.setdefault(host, {})
            if url not in of_site and len(of_site) < MOST:
                of_site[url] = {"host": host, "url": url, "fetched_at": at.isoformat(), "sha256": sha256,
                                "archive": archive, "offset": offset}  # fmt: skip
    return [page for _, of_site in sorted(pages.items()) for _, page in sorted(of_site.items())]


ALIKE = 6
"""Bits of 64 in which two fronts that look the same may differ."""
MOST_FRONTS = 5_000
"""Fronts compared with each other; of more, the first by host."""
_PLAIN_BITS = 6


def front_hash(picture: bytes) -> int | None:
    """The difference hash of a picture (64 bits: is each of 8 × 8 fields brighter than the one to its right?); None for one without a pattern."""
    with Image.open(io.BytesIO(picture)) as opened:
        grey = np.asarray(opened.convert("L").resize((9, 8), Image.Resampling.LANCZOS), dtype=np.int16)
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    if not _PLAIN_BITS <= bits.sum() <= bits.size - _PLAIN_BITS:
        return None  # an empty page looks like any other
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def same_fronts(fronts: dict[str, int]) -> dict[str, dict[str, Any]]:
    """host -> `alike` [[other host, bits that differ]], its front's look on another name; or `shared_by`, where so many look like it that it tells nothing.

    Evidence beside links and never one by itself: a theme's default front is everybody's, and what many have weighs less (inverse
    document frequency, scoring/linkage/links.py). Hosts of one domain and merchants of one mall share a front as a matter of course.
    """
    hosts = sorted(fronts)[:MOST_FRONTS]
    prints = np.array([fronts[host] for host in hosts], dtype=np.uint64)
    found: dict[str, dict[str, Any]] = {}
    for at, host in enumerate(hosts):
        differ = np.bitwise_count(prints ^ prints[at])
        domain = registrable(host_part(host))
        near = [
            n for n in np.flatnonzero(differ <= ALIKE).tolist() if registrable(host_part(hosts[n])) != domain
        ]
        if not near:
            continue
        if len(near) + 1 > method.LINK_COMMON:
            found[host] = {"shared_by": len(near) + 1}
        else:
            found[host] = {
                "alike": sorted(
                    ([hosts[n], int(differ[n])] for n in near), key=lambda pair: (pair[1], pair[0])
                )
            }
    return found


def _is_front(url: str, host: str) -> bool:
    """Whether an address is the site's first page."""
    return urlsplit(url).path in ("", "/") if not is_merchant(host) else True


def _small(payload: bytes) -> bytes:
    with Image.open(io.BytesIO(payload)) as picture:
        top = picture.convert("RGB").crop(
            (0, 0, picture.width, min(picture.height, picture.width * TALLEST // WIDTH))
        )
    top.thumbnail((WIDTH, TALLEST))
    out = io.BytesIO()
    top.save(out, "JPEG", quality=60)
    return out.getvalue()
