"""Small pictures of the pages of a site, made from the screenshots that are kept as evidence.

Small on purpose: how a page looked can be seen, what it says cannot be read, so neither a person on it nor a whole page is
published. The original's hash is its name; contact numbers were masked before the original was taken.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Engine, select

from store.archive import ArchiveError, read
from store.tables import Capture, Platform

INDEX = "captures/pictures.json"
WIDTH, TALLEST = 320, 420
"""Pixels of a published picture: the top of the page, a quarter as wide as it was taken."""
MOST = 3
"""Pages of one site, the newest picture of each."""


def write_pictures(
    engine: Engine, hosts: Collection[str], until: dt.datetime, archive: Path, folder: Path
) -> None:
    """`captures/<sha256 of the original>.jpg` of the newest screenshots of `hosts` before `until`, and the list of them."""
    listed: list[dict[str, Any]] = []
    for found in _newest(engine, until):
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
    (folder / INDEX).write_text(json.dumps(listed, ensure_ascii=False, indent=0), "utf-8")


def _newest(engine: Engine, until: dt.datetime) -> list[dict[str, Any]]:
    """The newest screenshot of each page, at most MOST a site, by host and address."""
    query = (
        select(Platform.host, Capture.url, Capture.fetched_at, Capture.payload_sha256, Capture.archive, Capture.offset)
        .join(Platform, Platform.id == Capture.platform_id)
        .where(Capture.media_type == "image/png", Capture.fetched_at < until)
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


def _small(payload: bytes) -> bytes:
    with Image.open(io.BytesIO(payload)) as picture:
        top = picture.convert("RGB").crop(
            (0, 0, picture.width, min(picture.height, picture.width * TALLEST // WIDTH))
        )
    top.thumbnail((WIDTH, TALLEST))
    out = io.BytesIO()
    top.save(out, "JPEG", quality=60)
    return out.getvalue()
