"""The sums of a snapshot's files, and the one number two snapshots of the same content share."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from scoring.snapshot import SIGNATURE

_UNCOMPARED = ("manifest.json", "SHA256SUMS", SIGNATURE)


def sums_of(folder: Path) -> dict[str, str]:
    """The sums of a snapshot's files by name, as its SHA256SUMS has them."""
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def content_digest(sums: dict[str, str]) -> str:
    """What two snapshots of the same content have in common: the hash of their sums without manifest and list."""
    kept = sorted((k, v) for k, v in sums.items() if k not in _UNCOMPARED)
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()
