"""数据与接口 data: the files this site is made of, their hashes, and the API."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import Any
from urllib.parse import quote

from dashboard.components.page_context import View, cell, row
from dashboard.presenters import current_snapshot, formatting
from scoring.snapshot.reader import DELTA, TABLES, Snapshot
from store.text.query import file_stem

title_zh = "数据与接口"
title_en = "Data and API"
url_path = "data"
order = 2
group = "trust"
visible = True

_ENDPOINTS = (
    ("api/v1/check?q={host}", "check"),
    ("api/v1/sites/{host}", "site"),
    ("api/v1/picture/{host}.png", "picture"),
    ("api/v1/timemap/sites/{host}", "timemap"),
    ("api/v1/rank?tier=3&page=1", "rank"),
    ("api/v1/events", "events"),
    ("api/v1/clusters/{linked}", "cluster"),
    ("exchange/entities.ftm.jsonl", "ftm"),
    ("exchange/bundle.stix.json", "stix"),
    ("exchange/event.misp.json", "misp"),
    ("feeds/all.atom", "feed"),
    ("badge/{file}.svg", "badge"),
    ("s/{file}.html", "static"),
    ("download/ratings.jsonl", "table"),
    ("api/v1/openapi.json", "openapi"),
)
_LISTED = 60


def render(view: View) -> None:
    """The tables in three forms, the licence, the other files with their hashes, the list of endpoints."""
    view.title(view.translate("data.title"), view.translate("data.intro"))
    view.heading(view.translate("data.files", id=view.snapshot.id))
    files, inside = view.cached_query(listed_files)
    sizes = {name: size for name, size, _ in files}
    view.table(
        [view.translate("data.table"), view.translate("data.holds"), "CSV", "JSONL", "Parquet"],
        [
            row(
                cell(table, mono=True),
                cell(view.label("data", f"holds_{table}")),
                cell(f"{table}.csv", href=f"./download/{table}.csv"),
                cell(f"{table}.jsonl", href=f"./download/{table}.jsonl"),
                cell(
                    f"{table}.parquet",
                    href=f"./snapshot/{table}.parquet",
                    soft=_size(sizes[f"{table}.parquet"]),
                ),
                id=table,
            )
            for table in TABLES
            if f"{table}.parquet" in sizes
        ],
        "flow",
        fold=5,
    )
    view.note(view.translate("data.licence"))
    view.heading(view.translate("data.other"), view.translate("data.check"))
    shared = files[:_LISTED]
    view.table(
        [view.translate("data.file"), view.translate("data.size"), "SHA-256"],
        [
            row(cell(name, href=f"./snapshot/{name}"), cell(_size(size)), cell(digest, mono=True, limit=70))
            for name, size, digest in sorted(shared, key=lambda f: f[0].endswith(".parquet"))
        ],
        "pieces",
        fold=3,
    )
    if more := len(files) - len(shared) + inside:
        view.html("lines.html", lines=[view.translate("data.more", count=more)])
    _delta(view)
    view.heading(view.translate("data.api"))
    host = view.cached_query(_example)
    linked = view.cached_query(_linked)
    made = [
        (path.format(host=quote(host), file=quote(file_stem(host)), linked=quote(linked)), key)
        for path, key in _ENDPOINTS
        if linked or "{linked}" not in path
    ]
    view.table(
        ["URL", view.translate("data.holds")],
        [row(cell(path, href=f"./{path}"), cell(view.translate(f"data.api_{key}"))) for path, key in made],
        fold=5,
    )


def _delta(view: View) -> None:
    """What changed since the snapshot before, for whoever keeps a copy up to date; nothing where there is no such file."""
    told = view.cached_query(_told_delta)
    if told is None:
        return
    size, digest, about = told
    view.heading(view.translate("data.delta"), view.translate("data.delta_for"))
    removed, added = (sum(t[side] for t in about["tables"].values()) for side in ("removed", "added"))
    view.table(
        [view.translate("data.file"), view.translate("data.delta_between"), view.translate("data.delta_rows"), view.translate("data.size"), "SHA-256"],
        [
            row(
                cell(DELTA, href=f"./{DELTA}", mono=True),
                cell(f"{about['older']['id']} → {about['newer']['id']}", mono=True),
                cell(view.translate("data.delta_counts", removed=formatting.number(removed), added=formatting.number(added))),
                cell(_size(size)),
                cell(digest, mono=True, limit=70),
            )
        ],
        "flow",
    )  # fmt: skip
    view.html("lines.html", lines=[view.translate("data.delta_check")])
    view.letter(f"sha256sum {DELTA}\nkamengwatch delta --verify {DELTA}")


def _told_delta(snapshot: Snapshot) -> tuple[int, str, dict[str, Any]] | None:
    """(bytes, sha256, what it says of itself) of the delta, where it leads to this snapshot."""
    file = snapshot.path.parent / DELTA
    try:
        with zipfile.ZipFile(file) as packed:
            about = json.loads(packed.read("delta.json"))
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if about["newer"]["id"] != snapshot.whole.name or not about["older"]["id"] or not about["tables"]:
            return None
        return file.stat().st_size, digest, about
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile):
        return None


def _example(snapshot: Snapshot) -> str:
    """A site of this snapshot, so that the examples can be tried."""
    found = current_snapshot.rows(snapshot, "select host from ranked order by host limit 1")
    return found[0]["host"] if found else "example.com"


def _linked(snapshot: Snapshot) -> str:
    """A site of a cluster, "" where none is linked."""
    found = current_snapshot.rows(snapshot, "select site from clusters order by site limit 1")
    return found[0]["site"] if found else ""


def listed_files(snapshot: Snapshot) -> tuple[list[tuple[str, int, str]], int]:
    """(name, bytes, sha256) of every file of the snapshot's folder itself that SHA256SUMS lists and that exists, the list last;
    and how many more it lists in folders. Those of single sites are three a site: they are counted, nothing else."""
    found, inside = [], 0
    sums = snapshot.whole / "SHA256SUMS"
    if not sums.is_file():
        return [], 0
    with sums.open(encoding="utf-8") as lines:
        for line in lines:
            digest, _, name = line.rstrip("\n").partition("  ")
            if "/" in name:
                inside += 1
            elif (file := snapshot.whole / name).is_file():
                found.append((name, file.stat().st_size, digest))
    return [*found, ("SHA256SUMS", sums.stat().st_size, "–")], inside


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
