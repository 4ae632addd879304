"""What taking records in came to: the counts and refusals that are shown to whoever handed them in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refused:
    """A line that was not taken: its number (1 = first) and why."""

    line: int
    reason: str


@dataclass
class Saved:
    """What became of the records taken in; every one is counted once: in `inserted`, `unchanged`, `unmatched` or `refused`.

    `inserted` are new or changed rows, `unchanged` rows known already, `unmatched` rows that are kept and wait in the review
    queue until a person says whom they are about. `unread` counts keys of lines that their kind does not have.
    """

    inserted: int = 0
    unchanged: int = 0
    unmatched: int = 0
    refused: list[Refused] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many records there were."""
        return self.inserted + self.unchanged + self.unmatched + len(self.refused)

    def add(self, other: Saved) -> None:
        """Count `other` in."""
        self.inserted += other.inserted
        self.unchanged += other.unchanged
        self.unmatched += other.unmatched
        self.refused += other.refused
        self.unread += other.unread
