"""Bring stored rows up to the present rules: texts are redacted again, complaints get the kinds the present reader gives them.

What was stored under older rules keeps what those missed until this runs. It goes table by table in batches, each a transaction,
and notes in `reread.json` how far it is: killed and run again, it goes on; run under the same rules again, it changes nothing.
Dates, counts and links stay. Texts that were let go (retention) keep their kinds.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, func, select, update

from kamengwatch.config import Config
from kamengwatch.console import bar, print_answer, tell_json
from store.db.tables import Complaint, Dispute, Page, Penalty, Response
from store.durable_files import write_whole
from store.evidence.normalize import classify_rows, fingerprint
from store.redaction.fields import safe_text

_TEXTS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Complaint, ("title", "text")),
    (Page, ("text",)),
    (Penalty, ("reason",)),
    (Response, ("text",)),
    (Dispute, ("text",)),
)
_BATCH = 1000


@cache
def rules() -> str:
    """A name of the present rules: the hash of what redacts and reads texts."""
    digest = hashlib.sha256()
    for package in ("store.redaction", "store.complaint_kinds"):
        for part in sorted(files(package).iterdir(), key=lambda part: part.name):
            if part.is_file():
                digest.update(part.read_bytes())
    return digest.hexdigest()[:16]


_SAMPLE = 200


def outdated(config: Config) -> tuple[int, int]:
    """Of the newest and the oldest complaints with a text: how many were looked at, how many the present rules would store otherwise."""
    query = select(Complaint.title, Complaint.text, Complaint.primary_kind, Complaint.kinds)
    query = query.where(Complaint.text.is_not(None)).limit(_SAMPLE // 2)
    with config.engine.connect() as connection:
        rows = [
            dict(row)
            for order in (Complaint.id, Complaint.id.desc())
            for row in connection.execute(query.order_by(order)).mappings()
        ]
    now = _by_present_rules(rows, ("title", "text"))
    return len(rows), sum(map(_differs, rows, now))


def _by_present_rules(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows as they would be stored today; complaints (rows with kinds) with the columns that are read from their text."""
    now = [row | {c: safe_text(row[c]) if row[c] else row[c] for c in columns} for row in rows]
    told = [row for row in now if "kinds" in row and (row["title"] or row["text"])]
    classify_rows(told)
    for row in told:
        row["fingerprint"] = fingerprint((row["title"] or "") + (row["text"] or ""))
    return now


def _differs(before: dict[str, Any], now: dict[str, Any]) -> bool:
    return any(now[column] != before[column] for column in before)


def reread(config: Config, as_json: bool = False) -> None:
    """Redact and read again what is stored; says how many rows changed, by table."""
    noted = _noted(config)
    if noted.get("rules") != rules() or noted.get("done"):
        noted = {"rules": rules(), "after": {}, "changed": {}, "done": False}
    with config.engine.connect() as connection:
        left = sum(
            connection.execute(
                select(func.count())
                .select_from(model)
                .where(model.id > noted["after"].get(model.__tablename__, 0))
            ).scalar_one()
            for model, _ in _TEXTS
        )
    with bar(config.say("按现行规则重读", "reading again under the present rules"), left) as progress:
        for model, columns in _TEXTS:
            while seen := _batch(config, model, columns, noted):
                _note(config, noted)
                progress.advance(seen)
    _note(config, noted | {"done": True})
    if as_json:
        tell_json({"rules": noted["rules"], "changed": noted["changed"]})
        return
    for table, changed in noted["changed"].items():
        print_answer(f"{table}: {changed}")


def _batch(config: Config, model: type[Any], columns: tuple[str, ...], noted: dict[str, Any]) -> int:
    """One transaction over the next rows of a table; returns how many were looked at."""
    name = model.__tablename__
    with config.engine.begin() as connection:
        wanted = [model.id, *(getattr(model, column) for column in columns)]
        if model is Complaint:
            wanted += [Complaint.primary_kind, Complaint.kinds]
        query = select(*wanted).where(model.id > noted["after"].get(name, 0)).order_by(model.id).limit(_BATCH)
        old = [dict(row) for row in connection.execute(query).mappings()]
        now = _by_present_rules(old, columns)
        changed = [row for before, row in zip(old, now, strict=True) if _differs(before, row)]
        if changed:
            names = [column for column in changed[0] if column != "id"]
            statement = update(model.__table__).where(model.__table__.c.id == bindparam("row"))
            connection.execute(
                statement.values({column: bindparam(column) for column in names}),
                [{**{c: row[c] for c in names}, "row": row["id"]} for row in changed],
            )
    noted["changed"][name] = noted["changed"].get(name, 0) + len(changed)
    if old:
        noted["after"][name] = old[-1]["id"]
    return len(old)


def _file(config: Config) -> Path:
    return config.data_dir / "reread.json"


def _noted(config: Config) -> dict[str, Any]:
    try:
        noted: dict[str, Any] = json.loads(_file(config).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return noted


def _note(config: Config, noted: dict[str, Any]) -> None:
    write_whole(_file(config), json.dumps(noted).encode())
