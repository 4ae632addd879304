"""What the world is like at present: read from one JSON file, which whoever plays the rehearsal rewrites at any time."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHINA = dt.timezone(dt.timedelta(hours=8))
CARRIER_ADDRESS = "182.43.124.6"
"""Where a carrier's name servers send visitors of a name on its own list."""
ASKED = "asked.log"
"""Every request that reached the world: seconds of the real clock and the address, one a line."""


@dataclass(frozen=True)
class State:
    """The moment, and what is out of order. Hosts and sources are named by their host names."""

    now: dt.datetime
    dns: str = "ok"
    """`ok`, or `failing`: no name resolves."""
    controls: Sequence[str] = ()
    """Hosts that answer anybody and show only that the line works."""
    gone: Sequence[str] = ()
    """Names that no longer exist (NXDOMAIN)."""
    silent: Sequence[str] = ()
    """Hosts that cut every connection."""
    diverted: Sequence[str] = ()
    """Names the carrier answers with its own address."""
    expired: Sequence[str] = ()
    """Hosts whose certificate has run out."""
    walled: Sequence[str] = ()
    """Hosts that ask for a login instead of answering."""


@dataclass
class StateFile:
    """The file, read again when it has changed."""

    path: Path
    _read: tuple[int, State] | None = field(default=None, repr=False)

    def write(self, state: State) -> None:
        """Replace the whole state at once."""
        values: dict[str, Any] = {k: v for k, v in vars(state).items() if k != "now"}
        values = {k: v if isinstance(v, str) else list(v) for k, v in values.items()}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"now": state.now.isoformat(), **values}), "utf-8")
        fresh.replace(self.path)

    def note(self, asked: str) -> None:
        """Write a line beside the state: what was asked, by whoever plays against this world."""
        with self.path.with_name(ASKED).open("a", encoding="utf-8") as log:
            log.write(f"{asked}\n")

    def read(self) -> State:
        """The state in force."""
        changed = self.path.stat().st_mtime_ns
        if self._read is None or self._read[0] != changed:
            values = json.loads(self.path.read_text("utf-8"))
            values["now"] = dt.datetime.fromisoformat(values["now"])
            self._read = changed, State(**values)
        return self._read[1]
