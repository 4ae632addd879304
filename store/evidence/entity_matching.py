"""Which platform a record is about: exact hosts and names are sure, near names wait for a person.

It never guesses: an unsure name is stored without a platform and put into the review queue with its candidates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, select

from store.db.tables import Alias, Platform
from store.db.upsert import insert_for
from store.redaction.rules import TOKEN
from store.text.hosts import like_merchant
from store.text.malls import host_part, is_merchant, most_exact
from store.text.query import host_key, key_of, normal_name, registrable

_key = lru_cache(maxsize=65_536)(host_key)

NEAR = 82.0
"""Similarity (0-100) from which a name is offered to a person as a candidate."""


@dataclass(frozen=True)
class Subject:
    """Whom a record is about: a platform id when sure, else candidate hosts for the review queue."""

    platform_id: int | None
    text: str
    candidates: tuple[str, ...] = ()

    def question(
        self, host: str | None, source: str, mentions: Sequence[str], now: dt.datetime
    ) -> dict[str, Any]:
        """The review row that asks a person whom a record of `source` is about, or whether its `host` is to be watched.

        Where the host as written looks like a merchant's address in a mall nobody knows, the row says so (`like`).
        """
        kind = "match" if self.candidates or not (host or is_merchant(self.text)) else "candidate"
        detail: dict[str, Any] = {
            "candidates": list(self.candidates),
            "source": source,
            "mentions": list(mentions[:5]),
        }
        if host and (like := like_merchant(host)):
            detail |= {"like": like, "via": "mall"}
        key = f"{kind}:{self.text}"[:253]
        return {"kind": kind, "key": key, "subject": self.text, "detail": detail, "opened_at": now}


class Directory:
    """All platforms and aliases in memory; one per import or crawl, kept current as platforms are added."""

    def __init__(self, connection: Connection) -> None:
        """Read the platforms that were not removed, and every alias."""
        self._hosts: dict[str, int] = {}
        self._names: dict[str, set[int]] = {}
        self._host_of: dict[int, str] = {}
        self.candidates: set[int] = set()
        """Sites that were only looked at: nobody has decided to watch them."""
        for id_, host, name, status in connection.execute(
            select(Platform.id, Platform.host, Platform.name, Platform.status).where(
                Platform.status != "removed"
            )
        ):
            if status == "candidate":
                self.candidates.add(id_)
            self._hosts[host] = id_
            self._host_of[id_] = host
            if name and not TOKEN.search(name):
                self._names.setdefault(normal_name(name), set()).add(id_)
        for id_, kind, key in connection.execute(select(Alias.platform_id, Alias.kind, Alias.key)):
            if id_ not in self._host_of:
                continue
            if kind == "host":
                self._hosts.setdefault(key, id_)
            else:
                self._names.setdefault(key, set()).add(id_)

    def by_host(self, host: str) -> int | None:
        """The platform a host belongs to: exactly, or by its registrable domain; a merchant of a mall only exactly."""
        key = _key(host)
        return self._hosts.get(key) or (None if is_merchant(key) else self._hosts.get(registrable(key)))

    def host(self, platform_id: int) -> str:
        """The present host of a platform."""
        return self._host_of[platform_id]

    def resolve(self, host: str | None, name: str | None, mentions: Sequence[str] = ()) -> Subject:
        """Whom a record is about, from the host or name it gives, else from the one known host its text mentions."""
        if host:
            key = _key(host)
            return Subject(self.by_host(key), key)
        text = (name or "").strip()[:200]
        # Two names may differ in nothing but what was redacted.
        named = self._names.get(normal_name(text), set()) if text and not TOKEN.search(text) else set()
        keys = most_exact(filter(None, map(key_of, mentions)))
        if len(named) == 1:
            inside = [
                key for key in keys if host_part(key) == self.host(next(iter(named))) and is_merchant(key)
            ]
            if len(inside) == 1:  # said of a mall, and about one of its merchants
                return Subject(self.by_host(inside[0]), inside[0])
            return Subject(next(iter(named)), text)
        mentioned = {found for key in keys if (found := self.by_host(key))}
        if len(mentioned) == 1 and not named:
            return Subject(next(iter(mentioned)), text or self.host(next(iter(mentioned))))
        return Subject(None, text or ",".join(mentions)[:200], self._near(text, named | mentioned))

    def add(
        self, connection: Connection, host: str, now: dt.datetime, status: str, demo: bool = False
    ) -> int:
        """The platform stored under `host`, made if it is new; returns its id. With a merchant its mall is taken up, too."""
        key = host_key(host)
        if is_merchant(key):
            self.add(connection, host_part(key), now, status, demo)
        if (known := self._hosts.get(key)) is not None:
            return known
        row = {"host": key, "status": status, "demo": demo, "added_at": now}
        # One that was removed from the watchlist is taken up again, with all that is known of it; one that another
        # process has just made is the same.
        made = insert_for(connection, Platform).on_conflict_do_update(
            index_elements=["host"], set_={"status": status}
        )
        id_ = int(connection.execute(made.returning(Platform.id), row).scalar_one())
        self._hosts[key] = id_
        self._host_of[id_] = key
        return id_

    def add_alias(self, connection: Connection, id_: int, text: str, source: str, now: dt.datetime) -> bool:
        """Remember another host or name of platform `id_`; False when it was known already."""
        site = key_of(text)
        kind, key = ("host", site) if site else ("name", normal_name(text))
        if not key or (self._hosts.get(key) == id_ if kind == "host" else id_ in self._names.get(key, ())):
            return False
        row = {
            "platform_id": id_,
            "kind": kind,
            "key": key[:253],
            "text": text[:253],
            "source": source,
            "seen_at": now,
        }
        connection.execute(insert_for(connection, Alias).on_conflict_do_nothing(), row)
        if kind == "host":
            self._hosts.setdefault(key, id_)
        else:
            self._names.setdefault(key, set()).add(id_)
        return True

    def rename(self, id_: int, name: str) -> None:
        """Make `name` findable as the name of platform `id_`."""
        if TOKEN.search(name):
            return
        self._names.setdefault(normal_name(name), set()).add(id_)

    def _near(self, text: str, sure: set[int]) -> tuple[str, ...]:
        key = normal_name(text)
        hits = (
            [
                name
                for name, _, _ in process.extract(
                    key, list(self._names), scorer=fuzz.ratio, score_cutoff=NEAR, limit=5
                )
            ]
            if len(key) >= 3
            else []
        )
        ids = sure | {id_ for name in hits for id_ in self._names[name]}
        return tuple(sorted(self._host_of[id_] for id_ in ids))


def nearest_source(said: str, known: Mapping[str, Sequence[str]]) -> str:
    """The id of the source whose id or title reads most like `said`; `known` is id → its id and titles, at least one."""
    names = {name: id_ for id_, titles in known.items() for name in titles if name}
    found = process.extractOne(said, list(names), scorer=fuzz.ratio)
    return names[found[0]] if found else next(iter(known))
