"""Reading a published snapshot. Entered by `reader`, whose public names are also found here."""

from scoring.snapshot.reader import (
    DROP_KINDS,
    GRADES,
    LATER,
    OUTCOMES,
    RANKED_SQL,
    SIGNATURE,
    SLIM,
    SOUGHT_SQL,
    TABLES,
    TIER,
    VERDICTS,
    WARNING_STATES,
    Snapshot,
    SnapshotError,
    quoted,
)

__all__ = [
    "DROP_KINDS",
    "GRADES",
    "LATER",
    "OUTCOMES",
    "RANKED_SQL",
    "SIGNATURE",
    "SLIM",
    "SOUGHT_SQL",
    "Snapshot",
    "SnapshotError",
    "TABLES",
    "TIER",
    "VERDICTS",
    "WARNING_STATES",
    "quoted",
]
