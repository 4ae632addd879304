"""What taking records in came to: the counts and refusals that are shown to whoever handed them in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refused:
    """A line that was not taken: its number (1 = first) and why."""

    line: int
    reason: str


@dataclass
class Saved:
    """What taking records in did: new or changed rows, rows already known, rows waiting for a match, refusals."""

    inserted: int = 0
    unchanged: int = 0
    unmatched: int = 0
    refused: list[Refused] = field(default_factory=list)

    def add(self, other: Saved) -> None:
        """Count `other` in."""
        self.inserted += other.inserted
        self.unchanged += other.unchanged
        self.unmatched += other.unmatched
        self.refused += other.refused
