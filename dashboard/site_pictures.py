"""How the pages of a site looked: small pictures of the screenshots kept as evidence, each with its day and hash."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

from dashboard import figures
from dashboard.view import View
from scoring.snapshot import Snapshot
from store.plain import plain

_SHA256 = re.compile(r"[0-9a-f]{64}")


def pictures(view: View, host: str) -> None:
    """The newest picture of each page we have one of; nothing where there is none."""
    found = view.ask(_listed, host)
    if not found:
        return
    view.heading(view.t("site.pictures"), view.t("site.pictures_note"))
    view.html(
        "pictures.html",
        pictures=[
            {
                "src": f"./snapshot/captures/{p['sha256']}.jpg",
                "url": plain(p["url"], 120),
                "seen": figures.moment(dt.datetime.fromisoformat(p["fetched_at"]), view.lang),
                "sha256": p["sha256"],
            }
            for p in found
        ],
    )


def _listed(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    """What the snapshot lists of a host, if the picture is there; a snapshot made before there were any lists none."""
    try:
        listed = json.loads((snapshot.path / "captures" / "pictures.json").read_text("utf-8"))
        return [
            p
            for p in listed
            if p["host"] == host
            and _SHA256.fullmatch(p["sha256"])
            and (snapshot.path / "captures" / f"{p['sha256']}.jpg").is_file()
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
