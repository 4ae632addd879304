"""Where an identifier occurs in the database, and the database without it.

Three things do not show it but can be tested against it: the hash that tells complainants apart and the hash of an order number
(while their secret exists), and the signature of a complaint's words. They are taken away too: the row stays and counts, but
nothing links it to the person or to what was written any more, so it is no longer the first of its copies.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, Engine, String, Table, select, text, update
from sqlalchemy.exc import IntegrityError

from kamengwatch.identifiers import Identifier
from store.base import Base
from store.complainants import FOLDER
from store.tables import Complaint, Order, Setting

_BATCH = 5_000
_SIGNED = frozenset({Complaint.__table__.c.title, Complaint.__table__.c.text})
"""What a complaint's signature is made of."""
_SIGNATURE: Column[Any] = Complaint.__table__.c.signature


@dataclass(frozen=True)
class Hit:
    """One value that holds the identifier, or a hash of it: where it is, and what may stand there instead."""

    table: Table
    key: dict[str, Any]
    column: Column[Any]
    kept: Any

    @property
    def place(self) -> str:
        """Table, column and row, never the content."""
        return f"{self.table.name}.{self.column.name} #{','.join(map(str, self.key.values()))}"


def hits(connection: Connection, who: Identifier, data_dir: Path) -> Iterator[Hit]:
    """Every value of every table that holds the identifier; keys of rows are numbers of ours and are not searched."""
    for table in Base.metadata.sorted_tables:
        columns = [c for c in table.columns if isinstance(c.type, (String, JSON)) and not c.foreign_keys]
        keys = list(table.primary_key.columns)
        if not columns or table.name == Setting.__tablename__:
            continue
        query = select(*keys, *(c for c in columns if c not in keys))
        for row in connection.execute(query, execution_options={"yield_per": _BATCH}).mappings():
            for column in columns:
                value = row[column]
                if value and column not in keys and who.count_in(value):
                    yield Hit(
                        table,
                        {k.name: row[k] for k in keys},
                        column,
                        _fitting(who.taken_out_of(value), column),
                    )
                    if column in _SIGNED:
                        yield Hit(table, {k.name: row[k] for k in keys}, _SIGNATURE, None)
    yield from _hashed(connection, who, data_dir)


def erase(engine: Engine, found: list[Hit]) -> None:
    """Replace every value in one transaction, then make the database forget what its free pages still hold."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("pragma secure_delete=on"))
            connection.commit()
        with connection.begin():
            for hit in found:
                _replace(connection, hit)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("vacuum"))
            connection.execute(text("pragma wal_checkpoint(truncate)"))
        else:
            for table in {hit.table.name for hit in found}:
                connection.execute(text(f'vacuum full "{table}"'))


def _replace(connection: Connection, hit: Hit) -> None:
    where = [hit.table.c[name] == value for name, value in hit.key.items()]
    # Where two rows may not say the same, a few random letters keep them apart.
    for kept in (hit.kept, f"{str(hit.kept)[:40]}{secrets.token_hex(4)}"):
        try:
            with connection.begin_nested():
                connection.execute(update(hit.table).where(*where).values({hit.column.name: kept}))
            return
        except IntegrityError:
            continue


def _fitting(value: Any, column: Column[Any]) -> Any:
    length = getattr(column.type, "length", None)
    return value[:length] if isinstance(value, str) and length else value


def _hashed(connection: Connection, who: Identifier, data_dir: Path) -> Iterator[Hit]:
    secret = connection.execute(select(Setting.value).where(Setting.name == "order_key")).scalar_one_or_none()
    orders, complaints = Order.__table__, Complaint.__table__
    if secret is not None:
        digest = hmac.new(bytes.fromhex(secret), who.plain.encode(), hashlib.sha256).hexdigest()
        for id_ in connection.scalars(select(Order.id).where(Order.order_key == digest)):
            yield Hit(orders, {"id": id_}, orders.c.order_key, secrets.token_hex(32))  # type: ignore[arg-type]
    keys = [path.read_bytes() for path in sorted((data_dir / FOLDER).glob("*.key"))]
    if not keys:
        return
    query = select(Complaint.id, Complaint.platform_id, Complaint.source_id, Complaint.complainant)
    query = query.where(Complaint.complainant.is_not(None), Complaint.platform_id.is_not(None))
    known: dict[tuple[int, str], set[str]] = {}
    for id_, platform, source, complainant in connection.execute(
        query, execution_options={"yield_per": _BATCH}
    ):
        if (platform, source) not in known:
            said = (f"account|{source}|{who.plain}", f"order|{who.plain.upper()}")
            known[platform, source] = {
                hmac.new(key, f"{platform}|{one}".encode(), hashlib.sha256).hexdigest()[:32]
                for key in keys
                for one in said
            }
        if complainant in known[platform, source]:
            for column in (complaints.c.complainant, complaints.c.signature):
                yield Hit(complaints, {"id": id_}, column, None)  # type: ignore[arg-type]
