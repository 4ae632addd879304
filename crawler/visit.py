"""What one crawl is doing about one host, from its first request to its outcome."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Visit:
    """What one crawl is doing about one host."""

    at: dt.datetime | None = None
    """When its first answer came: one moment for all that is observed on the visit."""
    pending: int = 0
    records: int = 0
    outcome: str = "ok"
    reason: str | None = None
    missing: str | None = None
    """In a replay: what the archive does not hold about it."""
    notes: dict[str, Any] = field(default_factory=dict)

    def worsen(self, outcome: str, reason: str) -> None:
        """Lower the outcome; blocked says more than failed, and the first reason is the cause of the rest."""
        if self.outcome == "ok" or (self.outcome == "failed" and outcome == "blocked"):
            self.outcome, self.reason = outcome, reason
