"""数据与接口 data: the files this site is made of, their hashes, and the API."""

from __future__ import annotations

from pathlib import Path

from dashboard.view import View, cell, row
from scoring.snapshot import Snapshot

title_zh = "数据与接口"
title_en = "Data and API"
url_path = "data"
order = 2
group = "trust"
visible = True

_ENDPOINTS = (
    ("api/v1/check?q=example.com", "check"),
    ("api/v1/sites/example.com", "site"),
    ("api/v1/rank?tier=3&page=1", "rank"),
    ("api/v1/events", "events"),
    ("feeds/all.atom", "feed"),
    ("badge/example.com.svg", "badge"),
    ("s/example.com.html", "static"),
    ("api/v1/openapi.json", "openapi"),
)
_LISTED = 60


def render(view: View) -> None:
    """The list of files, the list of endpoints, the licence."""
    view.title(view.t("data.title"), view.t("data.intro"))
    view.heading(view.t("data.files", id=view.snapshot.id))
    files = view.ask(listed_files)
    shared = [f for f in files if "/" not in f[0]][:_LISTED]
    view.table(
        [view.t("data.file"), view.t("data.size"), "SHA-256"],
        [
            row(cell(name, href=f"./snapshot/{name}"), cell(_size(size)), cell(digest, mono=True, limit=70))
            for name, size, digest in shared
        ],
    )
    if len(files) > len(shared):
        view.html("lines.html", lines=[view.t("data.more", count=len(files) - len(shared))])
    view.heading(view.t("data.api"))
    view.table(
        ["URL", view.t("method.question")],
        [row(cell(path, href=f"./{path}"), cell(view.t(f"data.api_{key}"))) for path, key in _ENDPOINTS],
    )
    view.note(view.t("data.licence"))


def listed_files(snapshot: Snapshot) -> list[tuple[str, int, str]]:
    """(name, bytes, sha256) of every file that SHA256SUMS lists and that exists; the list itself stands last."""
    found = []
    sums = snapshot.path / "SHA256SUMS"
    lines = sums.read_text("utf-8").splitlines() if sums.is_file() else []
    for line in lines:
        digest, _, name = line.partition("  ")
        file = snapshot.path / name
        if name and ".." not in Path(name).parts and file.is_file():
            found.append((name, file.stat().st_size, digest))
    if lines:
        found.append(("SHA256SUMS", sums.stat().st_size, "–"))
    return found


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"
