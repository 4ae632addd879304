"""Our captures of a site, as items of the evidence pack. Reads a published snapshot and nothing else."""

from __future__ import annotations

from dataclasses import replace

from dashboard.help.pack import Item
from scoring.snapshot import Snapshot

MOST = 100
"""Captures of one site in a pack, the first cited first."""


def captures_of(snapshot: Snapshot, host: str) -> list[Item]:
    """Captures cited about a host that the snapshot holds, without their bytes; `name` is the file in `captures/`."""
    found: dict[str, Item] = {}
    for claim in snapshot.of("evidence", host):
        name = f"{claim['sha256']}.txt"
        if claim["sha256"] and (snapshot.path / "captures" / name).is_file():
            found[name] = Item(name, b"", "capture", claim["link"] or "", str(claim["seen_at"] or ""))
    return list(found.values())[:MOST]


def with_text(snapshot: Snapshot, items: list[Item]) -> list[Item]:
    """The same items with their redacted text read from the snapshot."""
    return [replace(item, data=(snapshot.path / "captures" / item.name).read_bytes()) for item in items]
