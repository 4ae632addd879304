"""From rows of the database to arrays: which columns each kind of observation brings, and how they are read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    String,
    cast,
    extract,
    func,
    or_,
    select,
    type_coerce,
)

from scoring.fork_pool import map_ordered, processors
from scoring.observations.dataset import BIT, NEVER, Ints, ObservationColumns
from scoring.observations.day_index import MICROSECONDS, day_number, microseconds
from scoring.observations.disk_columns import NONE, Scratch
from scoring.observations.product_names import ware
from store.db.tables import OBSERVATIONS, Complaint
from store.text.minhash import PERMUTATIONS


def stamp(connection: Connection, column: Any) -> ColumnElement[Any]:
    """A time column as something that arrives fast: ISO text on SQLite, microseconds on PostgreSQL."""
    if connection.dialect.name == "sqlite":
        return type_coerce(column, String())
    return cast(extract("epoch", column) * 1_000_000, BigInteger)


def stamps(values: Sequence[Any]) -> Ints:
    """Shanghai microseconds of a `stamp` column; NEVER for nulls."""
    column = pa.array(values)
    if pa.types.is_string(column.type):
        column = column.cast(pa.timestamp("us"))
    moments: Ints = column.cast(pa.int64()).fill_null(NEVER - _UTC).to_numpy(zero_copy_only=False) + _UTC
    return moments


_WHEN = {"complaint": "filed_at", "order": "paid_at", "mention": "said_at"}
_TIMES = {
    "complaint": ("replied_at", "completed_at", "replied_seen_at", "completed_seen_at"),
    "order": ("delivered_at", "refunded_at"),
    "mention": ("state_at",),
}
_KNOWN = {
    "answered_at": ("replied_at", "replied_seen_at"),
    "settled_at": ("completed_at", "completed_seen_at"),
}
"""When a complaint was known as answered or settled: on the day its source names, or else when it was first seen so."""
_NUMBERS = {
    "counters": (
        "valid_total",
        "replied_total",
        "completed_total",
        "valid_30d",
        "replied_30d",
        "completed_30d",
    ),
    "filing": ("found", "limit_access"),
    "orders": ("total", "processed", "today", "hidden"),
    "price": ("price", "sold", "stock", "automatic"),
    "order": ("promised_hours",),
    "sighting": ("count", "at_least"),
    "mention": ("replies",),
}
_TEXTS = {
    "filing": ("number", "entity", "nature", "domain", "provider", "site_name", "content"),
    "price": ("product",),
    "probe": ("outcome", "class_"),
    "page": ("role", "text", "footer_icp", "company", "software", "signs"),
    "certificate": ("fingerprint", "names", "issuer_kind"),
    "move": ("to_host", "via"),
    "resolution": ("places", "alias_of", "network_owner", "network_abuse"),
    "registration": ("provider", "registrar"),
    "penalty": ("category", "reason"),
    "order": ("state", "drop_kind"),
    "sighting": ("provider", "names"),
    "mention": ("by", "kinds", "state"),
}
_UTC = microseconds(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
RANGE = 50_000
"""Ids read at once: the unit of work when a table is read on several processors."""
_BATCH = 5_000
"""Rows that are Python objects at one time."""
JSON_COLUMNS = ("signs", "names", "places", "kinds")
"""Columns whose values are stored as JSON."""
_DATES = {
    "registration": ("registered_on", "expires_on"),
    "filing": ("approved_on",),
    "penalty": ("decided_on", "ended_on"),
    "sighting": ("first_on", "last_on"),
}


def read_rows(
    engine: Engine,
    kind: str,
    index: dict[int, int],
    sources: dict[str, int],
    end: dt.datetime,
    scratch: Scratch = NONE,
    only: Sequence[int] | None = None,
    ids: range | Ints | None = None,
) -> ObservationColumns:
    """Every observation of one kind visible before `end`, as columns (of `scratch`); times as `stamp`s, missing numbers NaN.

    `only`: of these few platforms (their ids), found by the tables' indexes instead of reading all; `ids`: only rows with these.

    Read by ranges of ids, large tables on every processor: what an import stores meanwhile may be seen in part.
    """
    table = OBSERVATIONS[kind]
    if only is not None or ids is not None:
        few: Ints = np.array(sorted(index.items()), dtype=np.int64).T
        with engine.connect() as connection:
            some = _between(connection, kind, ids, few, sources, end, only or ())
        return _ordered(kind, some, microseconds(end), scratch)
    ranges = id_ranges(engine, table)
    with engine.connect() as connection:
        count = connection.scalar(select(func.count()).select_from(table)) if ranges[0] else 0
    places: Ints = np.array(sorted(index.items()), dtype=np.int64).T

    def read(part: range) -> dict[str, NDArray[Any]]:
        with engine.connect() as connection:
            return _between(connection, kind, part, places, sources, end)

    found = _together(map_ordered(read, ranges, engine.dispose), count or 0, scratch)
    return _ordered(kind, found, microseconds(end), scratch)


def id_ranges(engine: Engine, table: Any) -> list[range]:
    """The ids of a table in ranges of RANGE, by which it is read; one range of none for an empty table."""
    with engine.connect() as connection:
        # Two questions: asked for both at once, SQLite looks at every row.
        low = connection.scalar(select(func.min(table.id)))
        high = None if low is None else connection.scalar(select(func.max(table.id)))
    if low is None or high is None:
        return [range(0)]
    return [range(first, first + RANGE) for first in range(low, high + 1, RANGE)]


def _between(
    connection: Connection,
    kind: str,
    ids: range | Ints | None,
    index: Ints,
    sources: dict[str, int],
    end: dt.datetime,
    only: Sequence[int] = (),
) -> dict[str, NDArray[Any]]:
    """The columns of the rows with these ids (or of the platforms `only`): where and when each was seen, and the kind's own."""
    table = OBSERVATIONS[kind]
    picked = _picked(connection, kind)
    if isinstance(ids, range) and not ids:  # most tables of a small market are empty
        return _arrays(kind, dict.fromkeys(picked, ()), index, sources, microseconds(end))
    query = select(*picked.values()).where(table.seen_at < end)
    if isinstance(ids, range):
        query = query.where(table.id >= ids.start, table.id < ids.stop)
    else:
        query = query.where(table.platform_id.in_(only) if ids is None else table.id.in_(ids.tolist()))
    query = query.where(or_(table.withdrawn_at.is_(None), table.withdrawn_at > table.seen_at))
    query = query.where(table.platform_id.is_not(None))
    parts = []
    for rows in connection.execute(query).partitions(_BATCH):
        column = dict(zip(picked, zip(*rows, strict=True), strict=True))
        parts.append(_arrays(kind, column, index, sources, microseconds(end)))
    if not parts:
        parts.append(_arrays(kind, dict.fromkeys(picked, ()), index, sources, microseconds(end)))
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    known: dict[Any, Any] = {}
    return {name: _each_once(name, values, known) for name, values in whole.items()}


def _picked(connection: Connection, kind: str) -> dict[str, Any]:
    """What is selected, by name."""
    table = OBSERVATIONS[kind]
    picked: dict[str, Any] = {"id": table.id, "platform_id": table.platform_id, "source_id": table.source_id}
    for name in ("seen_at", "withdrawn_at", *_TIMES.get(kind, ())):
        picked[name] = stamp(connection, getattr(table, name))
    for group in (_NUMBERS, _TEXTS, _DATES):
        picked |= {name: getattr(table, name) for name in group.get(kind, ())}
    picked |= {name: cast(column, String()) for name, column in picked.items() if name in JSON_COLUMNS}
    when = getattr(table, _WHEN.get(kind, "observed_at"), None)
    if when is not None:
        picked["when"] = stamp(connection, when)
    if kind == "complaint":
        picked |= {"primary_kind": Complaint.primary_kind, "kinds": cast(Complaint.kinds, String())}
        picked |= {"signature": Complaint.signature, "complainant": Complaint.complainant}
    return picked


def _arrays(
    kind: str, column: dict[str, Any], index: Ints, sources: dict[str, int], end: int
) -> dict[str, NDArray[Any]]:
    """The columns of a batch of rows, those about no watched platform left out."""
    values = _values(kind, column, end)
    times = {"seen": stamps(column["seen_at"]), "gone": stamps(column["withdrawn_at"])}
    times["at"] = (
        stamps(column["when"]) if "when" in column else values["decided_on"].astype(np.int64) * MICROSECONDS
    )
    found = {
        "platform": _places(np.array(column["platform_id"], dtype=np.int64), index),
        "id": np.array(column["id"], dtype=np.int64),
        "source": np.array([sources[s] for s in column["source_id"]], dtype=np.int64),
        **times,
        **values,
    }
    watched = found["platform"] >= 0
    return found if watched.all() else {name: v[watched] for name, v in found.items()}


def _places(ids: Ints, index: Ints) -> Ints:
    """The place in `index` (platform ids in rising order, and their places) of each id; -1 for one that is not there."""
    if not index.size:
        return np.full(len(ids), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(index[0], ids), index.shape[1] - 1)
    return np.where(index[0, at] == ids, index[1, at], -1)


def _together(
    parts: Iterable[dict[str, NDArray[Any]]], count: int, scratch: Scratch
) -> dict[str, NDArray[Any]]:
    """The columns of all parts, each copied where it belongs as it comes: ten million rows are in memory once, not twice."""
    whole: dict[str, NDArray[Any]] = {}
    texts: dict[Any, Any] = {}
    n = 0
    for part in parts:
        end = n + len(part["id"])
        for name, values in part.items():
            values = _each_once(name, values, texts)
            if name not in whole:
                whole[name] = scratch.empty((count, *values.shape[1:]), values.dtype)
            if end <= len(whole[name]):
                whole[name][n:end] = values
            else:  # Rows came in after they were counted.
                whole[name] = np.concatenate([whole[name][:n], values])
        n = end
    return {name: column[:n] for name, column in whole.items()}


def _ordered(kind: str, found: dict[str, NDArray[Any]], end: int, scratch: Scratch) -> ObservationColumns:
    """The rows by platform, time seen, time of the event and source, column by column; times become days where they lie.

    Of one source the ids decide, which tell the order of imports: what it says of one moment is one observation, or is counted.
    """
    order = np.lexsort((found["id"], found["source"], found["at"], found["seen"], found["platform"]))

    def put(name: str) -> None:
        found[name] = scratch.taken(found[name], order)

    if len(order) < RANGE:  # sooner moved than threads are started
        for name in list(found):
            put(name)
    else:
        # Threads: moving numbers needs no interpreter.
        with ThreadPoolExecutor(processors()) as pool:
            list(pool.map(put, list(found)))
    platform, seen, gone, at = (found.pop(name) for name in ("platform", "seen", "gone", "at"))
    day = scratch.kept(at)
    late = gone >= min(NEVER, end)
    for moments in (seen, gone, day):
        np.floor_divide(moments, MICROSECONDS, out=moments)
    gone[late] = NEVER
    return ObservationColumns(
        kind, platform, seen, gone, day, at, found.pop("id"), found.pop("source"), found
    )


def _values(kind: str, column: dict[str, Any], end: int) -> dict[str, NDArray[Any]]:
    out: dict[str, NDArray[Any]] = {}
    for name in _TIMES.get(kind, ()):
        at = stamps(column[name])
        # A reply or delivery after the day is not known yet.
        out[name] = np.where(at >= end, NEVER, at)
    for name in _NUMBERS.get(kind, ()):
        out[name] = np.array(column[name], dtype=np.float64)  # None becomes NaN.
    for name in _TEXTS.get(kind, ()):
        out[name] = _decoded(column[name]) if name in JSON_COLUMNS else np.array(column[name], dtype=object)
    for name in _DATES.get(kind, ()):
        out[name] = np.array([NEVER if v is None else day_number(v) for v in column[name]], dtype=np.int64)
    if kind == "order":
        # One that is delivered later was not delivered by then, whatever its state says today.
        later = (stamps(column["delivered_at"]) >= end) & (stamps(column["delivered_at"]) < NEVER)
        out["state"] = np.where(later & (out["state"] == "delivered"), "processing", out["state"])
    if kind == "price":
        out["ware"] = _objects([ware(name) for name in column["product"]])
    if kind == "complaint":
        for name, (told, seen) in _KNOWN.items():
            out[name] = np.minimum(out[told], out.pop(seen))
        out["kinds"] = _bits(column["kinds"], column["primary_kind"])
        out["signature"] = _signatures(column["signature"])
        out["complainant"] = _complainants(column["complainant"])
    return out


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    """One object each: of lists of one length numpy would make a table."""
    return np.fromiter(values, dtype=object, count=len(values))


def _decoded(values: Sequence[str | None]) -> NDArray[Any]:
    """What the JSON texts say, decoded once where they repeat."""
    known = {text: None if text is None else json.loads(text) for text in set(values)}
    return _objects([known[text] for text in values])


def _each_once(name: str, values: NDArray[Any], known: dict[Any, Any]) -> NDArray[Any]:
    """The same texts, each of them in memory once: a page and the name of a ware are seen again and again."""
    if not values.dtype.hasobject or name in JSON_COLUMNS:
        return values
    return _objects([known.setdefault(value, value) for value in values.tolist()])


def _signatures(values: Sequence[bytes | None]) -> NDArray[np.uint8]:
    """The signatures as rows of bytes; a text too short to have one is all zeros."""
    none = bytes(PERMUTATIONS)
    whole = b"".join([v or none for v in values])
    return np.frombuffer(whole, np.uint8).reshape(len(values), PERMUTATIONS)


def _complainants(values: Sequence[str | None]) -> Ints:
    if not any(values):
        return np.zeros(len(values), dtype=np.int64)
    return np.array([0 if c is None else int(c[:15], 16) for c in values], dtype=np.int64)


def _bits(kinds: Sequence[str | None], primary: Sequence[str]) -> Ints:
    """The kinds of each complaint as BITs; few combinations occur."""
    named, first = (
        pa.array(column, pa.string()).fill_null("").dictionary_encode() for column in (kinds, primary)
    )
    all_of = [sum(BIT[k] for k in BIT if f'"{k}"' in text) for text in named.dictionary.to_pylist()]
    one_of = [BIT.get(kind, 0) for kind in first.dictionary.to_pylist()]
    parts = [
        np.array(bits, dtype=np.int64)[column.indices.to_numpy()]
        for bits, column in ((all_of, named), (one_of, first))
    ]
    found: Ints = np.bitwise_or(*parts)
    return found
