"""What a snapshot states beside what was computed again: one line for each number that differs."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
from sqlalchemy import Engine

from kamengwatch.recompute.database import queries, recompute
from kamengwatch.recompute.words import unexplained
from scoring.snapshot.reader import Snapshot

_NEAR = 1e-9
"""Two ways of dividing the same whole numbers may differ by so much."""


@dataclass(frozen=True)
class Difference:
    """A number that is not what it says: which sentence of which site (empty: all together) states it, and both values."""

    host: str
    place: str
    name: str
    stated: str
    recomputed: str

    def line(self) -> str:
        """One line for a person."""
        where = " ".join(part for part in (self.host, self.place, self.name) if part)
        return f"{where}: 所写 stated {self.stated}，重算 recomputed {self.recomputed}"


@dataclass
class Compared:
    """How many figures of each name were compared, how many of each name nothing could be held against, and what differs."""

    figures: Counter[str] = field(default_factory=Counter)
    uncounted: Counter[str] = field(default_factory=Counter)
    sentences: int = 0
    differences: list[Difference] = field(default_factory=list)


def compare(engine: Engine, snapshot: Snapshot, note: Callable[[str], None] = lambda step: None) -> Compared:
    """Compute again what every sentence of the snapshot states as a number. Raises what reading either of them raises."""
    as_of = dt.date.fromisoformat(snapshot.manifest["as_of"])
    figures = snapshot.rows("select * from figures order by host, place, name")
    out = Compared()
    # Sites rated singly as of a later day are not what the day of all knew.
    later = snapshot.updated if (snapshot.partial or {}).get("as_of") != snapshot.manifest["as_of"] else ()
    with recompute(engine, as_of, snapshot, note) as db:
        again = _again(db)
        for row in figures:
            if row["host"] in later:
                continue
            if row["name"] not in queries():
                out.uncounted[row["name"]] += 1
                continue
            out.figures[row["name"]] += 1
            if difference := _difference(row, again.get(_key(row))):
                out.differences.append(difference)
        out.differences += [one for one in _copies(db) if one.host not in later]
    note("sentences")
    for told, numbers in unexplained(snapshot, figures):
        out.sentences += bool(told.text)
        for number in numbers:
            where = Difference(told.host, told.place, told.column, number, "—")
            out.differences.append(where)
    return out


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    by = queries()[row["name"]].by
    return row["host"] or "", row["name"], row[by] if by else None


def _again(db: duckdb.DuckDBPyConnection) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = db.sql("from recomputed").to_arrow_table().to_pylist()
    return {_key(row): row for row in rows}


def _difference(row: dict[str, Any], again: dict[str, Any] | None) -> Difference | None:
    names = ("value", "n", "of", "since", "until")
    if again is None:
        again = dict.fromkeys(names) | {"value": 0.0, "since": row["since"], "until": row["until"]}
        if row["of"] is not None:
            again |= {"n": 0.0, "of": 0.0}
    wrong = [name for name in names if not _same(row[name], again[name])]
    if not wrong:
        return None
    stated, recomputed = (", ".join(f"{n} {_plain(r[n])}" for n in wrong) for r in (row, again))
    return Difference(row["host"] or "", row["place"], row["name"], stated, recomputed)


def _same(stated: Any, again: Any) -> bool:
    if isinstance(stated, float) and isinstance(again, float):
        return abs(stated - again) <= _NEAR * max(1.0, abs(stated))
    return bool(stated == again)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "—" if value is None else str(value)


def _copies(db: duckdb.DuckDBPyConnection) -> Iterator[Difference]:
    """Complaints the snapshot sets aside as copies and that are none, and the other way round."""
    rows = db.sql(
        """
        with listed as (
            select s.host, unnest(s.evidence) as id from set_aside s where s.reason = 'copy'
        ), found as (
            select host, 'complaint:' || source_id || ':' || source_key as id from complaint
            where id in (select id from copy) and not list_contains(kinds, 'spam')
        )
        select coalesce(l.host, f.host) as host, coalesce(l.id, f.id) as id, l.id is not null as stated
        from listed l full join found f on l.host = f.host and l.id = f.id
        where l.id is null or f.id is null order by all
        """
    ).fetchall()
    for host, id_, stated in rows:
        words = ("copy", "no copy") if stated else ("no copy", "copy")
        yield Difference(host, "set_aside", id_, *words)
