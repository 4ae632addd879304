"""Domain moves as events of the platform: what a page says of another address of its own. Never a new platform by itself.

The new host waits in the review queue as a possible alias; only a person makes it one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from store.names import host_key, key_of, registrable
from store.records import PageRecord
from store.records_domain import MoveRecord

_SIGNS = {"moved_to": "redirect", "other_hosts": "notice"}


def moves_of(page: PageRecord) -> Iterator[MoveRecord]:
    """The moves a page shows: a redirect to another registrable domain, or other addresses named in its notice."""
    own = registrable(host_key(page.host or ""))
    for sign, via in _SIGNS.items():
        said = (page.signs or {}).get(sign) or []
        for text in [said] if isinstance(said, str) else said:
            host = key_of(str(text))
            if host is None or registrable(host) == own:
                continue
            yield MoveRecord.model_validate(
                {
                    "kind": "move",
                    "source": page.source,
                    "host": page.host,
                    "observed_at": page.observed_at,
                    "seen_at": page.seen_at,
                    "to_host": host,
                    "via": via,
                    "_capture": page.capture,
                }
            )


def question(move: MoveRecord, now: dt.datetime) -> dict[str, Any]:
    """The review row that asks a person whether the new host is the same platform's."""
    detail = {
        "candidates": [host_key(move.host or "")],
        "source": move.source,
        "via": move.via,
        "mentions": [],
    }
    key = f"match:{move.to_host}"[:253]
    return {"kind": "match", "key": key, "subject": move.to_host, "detail": detail, "opened_at": now}
