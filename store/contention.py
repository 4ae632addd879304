"""Two writers that wait for each other on PostgreSQL: it breaks one of them off, and that one begins again, by itself.

Begun again beside the other it would only meet it once more, so large writes go side by side the first time and alone after that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

_T = TypeVar("_T")
_DEADLOCK = "40P01"
_TRIES = 5
_LOCK = 0x6B6D7769


def until_through(write: Callable[[bool], _T], forget: Callable[[], None]) -> _T:
    """What `write(alone)` returns: one whole transaction, begun again where it fell to a deadlock, up to five times in all.

    `alone` is true from the second time on. `forget` is called before each new beginning: what memory holds of the
    transaction that was rolled back is not there.
    """
    for alone in (False, *[True] * (_TRIES - 2)):
        try:
            return write(alone)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
        forget()
    return write(True)


def take_turn(connection: Connection, alone: bool) -> None:
    """Wait until no other large write runs (`alone`), or until none runs that has to be alone; kept until the transaction ends."""
    if connection.dialect.name == "postgresql":
        shared = "" if alone else "_shared"
        connection.execute(text(f"select pg_advisory_xact_lock{shared}(:key)"), {"key": _LOCK})
