"""What one crawl is doing about one host, from its first request to its outcome."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from store.records import RecordError, parse_record
from store.redact_fields import redact_value, redacted_fields


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
    stated_nothing: bool = False
    """The source itself says that it has nothing about this host: zero records are an answer."""
    selectors: dict[str, list[int]] = field(default_factory=dict)
    """How often each selector hit on this host, as in crawler.health."""
    notes: dict[str, Any] = field(default_factory=dict)

    def worsen(self, outcome: str, reason: str) -> None:
        """Lower the outcome; blocked says more than failed, and the first reason is the cause of the rest."""
        if self.outcome == "ok" or (self.outcome == "failed" and outcome == "blocked"):
            self.outcome, self.reason = outcome, reason


_UNSTORED = {"contacts", "complainant", "order_ref"}


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """The record as it may leave in a file: redacted as the database would keep it, without what it keeps only a hash of."""
    told = {key: value for key, value in record.items() if key not in _UNSTORED}
    try:
        kept = parse_record(record)
    except RecordError:  # the store refuses it, too
        return {key: redact_value(value) for key, value in told.items()}
    fields = redacted_fields(type(kept))
    for key in fields & told.keys():
        told[key] = getattr(kept, key) if isinstance(told[key], str) else redact_value(told[key])
    return told
