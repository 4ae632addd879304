"""A report's life: what its sender is told by its code, and what the sender says of it later, with the days.

Withdrawn, it leaves the counts from that day; settled, it counts as settled from that day. The web process reads the states from
`<data>/report-states/`, a file for each code; the codes themselves are known to nobody (dashboard/forms/report_codes.py).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dashboard.forms import inbox, report_codes
from dashboard.presenters.translations import say
from kamengwatch.config import Config, UserError
from kamengwatch.console import print_answer, tell_json
from store.china_time import SHANGHAI
from store.db.tables import Review
from store.durable_files import write_whole
from store.private_files import FILE_MODE, make_private_folder, open_private
from store.redaction.redact import clean

DECIDED = {"confirmed": "taken", "rejected": "refused", "withdrawn": "withdrawn"}
_AT_ONCE = 500


def make_key(data_dir: Path) -> None:
    """Make the key under which codes are hashed, where there is none; two processes agree on the first one's."""
    file = data_dir / report_codes.KEY
    if file.exists():
        return
    fresh = file.with_name(f".{secrets.token_hex(8)}.new")
    with open(fresh, "wb", opener=open_private) as stream:
        stream.write(secrets.token_bytes(32))
        os.fsync(stream.fileno())
    try:
        os.link(fresh, file)  # fails if another process was first; then its key counts
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def note_said(
    connection: Connection, code: str, what: str, on: dt.date, now: dt.datetime
) -> tuple[str | None, str] | None:
    """Note that the sender of a report says it is `settled` or `withdrawn` since `on`; the first day counts, and a second time changes nothing.

    One withdrawn before a person looked at it is decided by that: its words are deleted, and nobody has to look. Returns the host, if
    it gave one, and the subject of an accepted report that changed: what is published of its site is not true any more.
    """
    row = connection.execute(
        select(
            Review.id, Review.subject, Review.decision, Review.detail, Review.settled_on, Review.withdrawn_on
        ).where(Review.code == code)
    ).one_or_none()
    if row is None or row.withdrawn_on is not None:
        return None
    values: dict[str, Any] = {}
    if what == "settled" and row.settled_on is None:
        values = {"settled_on": on}
    elif what == "withdrawn":
        kept = {k: v for k, v in row.detail.items() if k != "text"}
        values = {"withdrawn_on": on, "detail": kept}
        if row.decision is None:
            values |= {"decision": "withdrawn", "decided_at": now}
    if values:
        connection.execute(update(Review).where(Review.id == row.id).values(**values))
    if not values or row.decision != "confirmed":
        return None
    return (row.detail or {}).get("host"), str(row.subject)


def write_states(config: Config, only: Collection[int] | None = None) -> None:
    """Write what senders may be told: of the reports with these numbers, or of all, and then nothing else stays."""
    folder = config.data_dir / report_codes.STATES
    query = select(Review).where(Review.code.is_not(None)).order_by(Review.id)
    with config.engine.connect() as connection:
        if only is None:
            rows = list(connection.execute(query))
        else:
            ids = sorted(only)
            rows = [
                row
                for at in range(0, len(ids), _AT_ONCE)
                for row in connection.execute(query.where(Review.id.in_(ids[at : at + _AT_ONCE])))
            ]
    if rows:
        make_private_folder(folder)
    for row in rows:
        _write(folder / f"{row.code}.json", told(row))
    if only is None and folder.is_dir():
        known = {row.code for row in rows}
        for file in folder.glob("*.json"):
            if file.stem not in known:
                file.unlink()


def told(row: Row[Any]) -> dict[str, Any]:
    """What the sender of a report is told: its state and days, never its words or who decided."""
    found: dict[str, Any] = {
        "state": DECIDED.get(row.decision or "", "waiting"),
        "received_on": row.detail.get("received_on") or f"{row.opened_at.astimezone(SHANGHAI).date()}",
    }
    if row.decided_at is not None:
        found["decided_on"] = f"{row.decided_at.astimezone(SHANGHAI).date()}"
    if row.decision == "rejected" and row.note:
        found["reason"] = clean(row.note)[:300]
    if row.settled_on is not None:
        found["settled_on"] = f"{row.settled_on}"
    if row.withdrawn_on is not None:
        found |= {"state": "withdrawn", "withdrawn_on": f"{row.withdrawn_on}"}
    return found


def _write(file: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    if file.is_file() and file.read_text("utf-8") == text:
        return
    write_whole(file, text.encode(), FILE_MODE)


def answer(config: Config, code: str, what: str | None, as_json: bool) -> None:
    """Tell what became of the report with this code, after its sender said `settled` or `withdrawn` if they did; raises UserError."""
    from kamengwatch.intake import form_inbox

    if what and what not in report_codes.SAID:
        raise UserError(f"--say {what[:40]}: 可用 use {', '.join(report_codes.SAID)}")
    form_inbox.take_in(config)
    try:
        hashed = report_codes.keyed(config.data_dir, code)
        known = report_codes.state_of(config.data_dir, hashed)
        if known is not None and hashed and what:
            report_codes.say(config.data_dir, hashed, what, config.today())
            form_inbox.take_in(config)
            known = report_codes.state_of(config.data_dir, hashed)
    except inbox.InboxClosed as error:
        raise UserError(f"{config.data_dir}: 收件箱写不了 the inbox cannot be written ({error})") from error
    if known is None:
        raise UserError(say(config.lang, "report.no_such"))
    if as_json:
        return tell_json(known)
    for line in report_codes.lines(known, config.lang):
        print_answer(line)
