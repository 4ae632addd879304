"""From rows of the database to arrays: which columns each kind of observation brings, and how they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    String,
    cast,
    extract,
    or_,
    select,
    type_coerce,
)

from scoring.calendar import MICROSECONDS, day_number, days_of, microseconds
from scoring.facts import BIT, NEVER, Ints, Rows
from scoring.wares import ware
from store.copies import PERMUTATIONS
from store.kinds import KINDS
from store.tables import (
    OBSERVATIONS,
    Complaint,
)


def stamp(connection: Connection, column: Any) -> ColumnElement[Any]:
    """A time column as something that arrives fast: ISO text on SQLite, microseconds on PostgreSQL."""
    if connection.dialect.name == "sqlite":
        return type_coerce(column, String())
    return cast(extract("epoch", column) * 1_000_000, BigInteger)


def stamps(values: Sequence[Any]) -> Ints:
    """Shanghai microseconds of a `stamp` column; NEVER for nulls."""
    if not values:
        return np.empty(0, np.int64)
    offset = microseconds(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    if any(isinstance(v, str) for v in values[:1000]) or any(isinstance(v, str) for v in values):
        parsed = np.array([v or "NaT" for v in values], dtype="datetime64[us]")
        found = parsed.astype(np.int64) + offset
        return np.where(np.isnat(parsed), NEVER, found)
    return np.array([NEVER if v is None else int(v) + offset for v in values], dtype=np.int64)


_WHEN = {"complaint": "filed_at", "order": "paid_at"}
_TIMES = {"complaint": ("replied_at", "completed_at"), "order": ("delivered_at", "refunded_at")}
_NUMBERS = {
    "complaint": ("amount", "stars"),
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
    "price": ("price", "face_value", "stock", "sold", "automatic"),
    "probe": ("status", "latency_ms"),
    "order": ("promised_hours",),
}
_TEXTS = {
    "complaint": ("primary_kind", "status"),
    "filing": ("number", "entity", "nature", "domain", "provider", "site_name", "content"),
    "price": ("product",),
    "probe": ("outcome", "class_"),
    "page": ("role", "text", "footer_icp", "company", "software", "signs"),
    "certificate": ("fingerprint", "names", "issuer_kind"),
    "move": ("to_host", "via"),
    "resolution": ("places", "alias_of"),
    "registration": ("provider", "registrar"),
    "penalty": ("category", "reason"),
    "order": ("state", "drop_kind"),
}
JSON_COLUMNS = ("signs", "names", "places")
"""Columns whose values are stored as JSON."""
_DATES = {
    "registration": ("registered_on", "expires_on"),
    "filing": ("approved_on",),
    "penalty": ("decided_on", "ended_on"),
}


def read_rows(
    connection: Connection, kind: str, index: dict[int, int], sources: dict[str, int], end: dt.datetime
) -> Rows:
    """Every observation of one kind visible before `end`, as columns; times as `stamp`s, missing numbers NaN."""
    table = OBSERVATIONS[kind]
    when = getattr(table, _WHEN.get(kind, "observed_at"), None)
    names = ["id", "platform_id", "source_id", "seen_at", "withdrawn_at"]
    picked: list[Any] = [table.id, table.platform_id, table.source_id]
    picked += [stamp(connection, table.seen_at), stamp(connection, table.withdrawn_at)]
    for name in _TIMES.get(kind, ()):
        names.append(name)
        picked.append(stamp(connection, getattr(table, name)))
    for group in (_NUMBERS, _TEXTS, _DATES):
        for name in group.get(kind, ()):
            names.append(name)
            picked.append(getattr(table, name))
    if when is not None:
        names.append("when")
        picked.append(stamp(connection, when))
    if kind == "complaint":
        names += ["kinds", "signature", "complainant"]
        picked += [cast(Complaint.kinds, String()), Complaint.signature, Complaint.complainant]
    query = select(*picked).where(table.platform_id.is_not(None), table.seen_at < end)
    query = query.where(or_(table.withdrawn_at.is_(None), table.withdrawn_at > table.seen_at))
    found = connection.execute(query).all()
    column = dict(zip(names, zip(*found, strict=True), strict=True)) if found else dict.fromkeys(names, ())
    platform = np.array([index.get(p, -1) for p in column["platform_id"]], dtype=np.int64)
    seen_at, gone_at = stamps(column["seen_at"]), stamps(column["withdrawn_at"])
    values = _values(kind, column, microseconds(end))
    at = stamps(column["when"]) if when is not None else values["decided_on"].astype(np.int64) * MICROSECONDS
    order = np.lexsort((np.array(column["id"], dtype=np.int64), at, seen_at, platform))
    order = order[platform[order] >= 0]
    gone = np.where(gone_at >= min(NEVER, microseconds(end)), NEVER, days_of(gone_at))
    rows = Rows(
        kind,
        platform,
        days_of(seen_at),
        gone,
        days_of(at),
        at,
        np.array(column["id"], dtype=np.int64),
        np.array([sources[s] for s in column["source_id"]], dtype=np.int64),
        values,
    )
    return rows.take(order)


def _values(kind: str, column: dict[str, Any], end: int) -> dict[str, NDArray[Any]]:
    out: dict[str, NDArray[Any]] = {}
    for name in _TIMES.get(kind, ()):
        at = stamps(column[name])
        # A reply or delivery after the day is not known yet.
        out[name] = np.where(at >= end, NEVER, at)
    for name in _NUMBERS.get(kind, ()):
        out[name] = np.array([np.nan if v is None else float(v) for v in column[name]], dtype=np.float64)
    for name in _TEXTS.get(kind, ()):
        out[name] = _objects(column[name]) if name in JSON_COLUMNS else np.array(column[name], dtype=object)
    for name in _DATES.get(kind, ()):
        out[name] = np.array([NEVER if v is None else day_number(v) for v in column[name]], dtype=np.int64)
    if kind == "price":
        out["ware"] = _objects([ware(name) for name in column["product"]])
    if kind == "complaint":
        out["kinds"] = _bits(column["kinds"], column["primary_kind"])
        out["signature"] = _signatures(column["signature"])
        out["complainant"] = np.array(
            [0 if c is None else int(c[:15], 16) for c in column["complainant"]], dtype=np.int64
        )
    return out


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    """One object each: of lists of one length numpy would make a table."""
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out


def _signatures(values: Sequence[bytes | None]) -> NDArray[np.uint8]:
    """The signatures as rows of bytes; a text too short to have one is all zeros."""
    none = bytes(PERMUTATIONS)
    return np.frombuffer(b"".join(v or none for v in values), np.uint8).reshape(len(values), PERMUTATIONS)


def _bits(kinds: Sequence[str | None], primary: Sequence[str]) -> Ints:
    known: dict[tuple[str | None, str], int] = {}
    out = np.empty(len(primary), dtype=np.int64)
    for i, pair in enumerate(zip(kinds, primary, strict=True)):
        bits = known.get(pair)
        if bits is None:
            named = [k for k in KINDS if f'"{k}"' in (pair[0] or "")]
            bits = known[pair] = sum(BIT[k] for k in {*named, pair[1]} if k in BIT)
        out[i] = bits
    return out
