"""The inbox of the web forms, taken into the review queue: each line once, whatever is in the folder.

The lines come from the public. They are read as data with limits, checked field by field and redacted again; a line that is
none is named by file and number, never by its content. A day's file is removed once all of it is in the queue and its day is past.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from sqlalchemy import Connection, insert, select

from dashboard.forms import report_codes
from dashboard.forms.inbox import LARGEST_DAY, LONGEST_LINE
from dashboard.forms.records import BANDS, HAPPENED, LONGEST, PRODUCTS, STATES
from kamengwatch.config import Config
from kamengwatch.console import log_line
from kamengwatch.intake import changed_sites
from kamengwatch.review import report_life
from kamengwatch.review.queue import Question, ask
from store.db.tables import Review
from store.redaction.redact import clean
from store.text.query import parse_query

KINDS = ("report", "response", "dispute", "feed")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)\.jsonl")
_KEPT = dt.timedelta(days=1)
"""A file stays this long after its day, because a dashboard may still write to it at midnight."""
_BATCH = 500

_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    id: _Id
    received_on: dt.date
    host: Annotated[str, Field(max_length=253)] | None = None

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, host: str | None) -> str | None:
        if host is not None and parse_query(host).host != host:
            raise ValueError("not a host")
        return host


class _Report(_Form):
    kind: Literal["report"]
    name: Annotated[str, Field(max_length=LONGEST["name"] * 2)] | None = None
    happened: Literal[HAPPENED]  # type: ignore[valid-type]
    amount_band: Literal[BANDS]  # type: ignore[valid-type]
    on: dt.date
    product: Literal[PRODUCTS]  # type: ignore[valid-type]
    state: Literal[STATES]  # type: ignore[valid-type]
    code: _Id | None = None
    text: Annotated[str, Field(max_length=LONGEST["report"] * 2)] = ""


class _Answer(_Form):
    """Redaction may make a text longer than what was typed, hence the room."""

    kind: Literal["response", "dispute", "feed"]
    host: Annotated[str, Field(max_length=253)]
    proof: _Id
    about: Annotated[str, Field(max_length=LONGEST["about"] * 2)] = ""
    text: Annotated[str, Field(min_length=1, max_length=LONGEST["response"] * 2)]


class _Press(_Form):
    """One press: a request for a look, which kamengwatch/pipeline/look.py answers, or to take the site up, which a person decides."""

    kind: Literal["look", "include"]
    host: Annotated[str, Field(max_length=253)]


class _Said(_Form):
    """What the sender of a report says of it later, known by the keyed hash of its code."""

    kind: Literal["report_state"]
    code: _Id
    state: Literal["settled", "withdrawn"]


_LINE: TypeAdapter[_Report | _Answer | _Press | _Said] = TypeAdapter(
    Annotated[_Report | _Answer | _Press | _Said, Field(discriminator="kind")]
)


@dataclass
class TakenIn:
    """How many lines were new, how many are no form (`file:number`), and the files that could be cleared away."""

    new: int = 0
    refused: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    """Of reports that are new, or of which their senders said something."""


def take_in(config: Config) -> TakenIn:
    """Put what is new in the inbox into the review queue; a second time adds nothing."""
    config.check_folder()
    taken = TakenIn()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    report_life.make_key(config.data_dir)
    for file, day in day_files(config.data_dir / "inbox"):
        if file.stat().st_size > LARGEST_DAY + LONGEST_LINE:
            taken.refused.append(file.name)
            continue
        whole = _take_file(config, file, taken)
        if whole and day + _KEPT < config.today():
            file.unlink()
            taken.cleared.append(file.name)
    report_life.write_states(config, _numbers(config, taken.codes))
    if taken.new:
        log_line(config.say(f"收件箱：{taken.new} 条新的待复核", f"inbox: {taken.new} new to review"))
    if taken.refused:
        named = ", ".join(taken.refused[:5])
        log_line(
            config.say(
                f"收件箱里有 {len(taken.refused)} 行不是表单，未收：{named}；核对后可删除这些文件",
                f"inbox: {len(taken.refused)} line(s) [is|are] no form and [was|were] not taken: {named}; look at these files and delete them",
            )
        )
    return taken


def day_files(inbox: Path) -> Iterator[tuple[Path, dt.date]]:
    """The day files, oldest first; links and other names are none of ours."""
    if not inbox.is_dir() or inbox.is_symlink():
        return
    for entry in sorted(os.scandir(inbox), key=lambda e: e.name):
        named = _DAY.fullmatch(entry.name)
        if named is None or not entry.is_file(follow_symlinks=False):
            continue
        try:
            yield Path(entry.path), dt.date.fromisoformat(named[1])
        except ValueError:
            continue


def _take_file(config: Config, file: Path, taken: TakenIn) -> bool:
    """Take one file in; True when all of it is in the queue now."""
    before = len(taken.refused)
    complete, _, torn = file.read_bytes().rpartition(
        b"\n"
    )  # a line without its end may still be being written
    batch: list[dict[str, Any]] = []
    asked: list[Question] = []
    said: list[_Said] = []
    with config.engine.begin() as connection:
        for number, data in enumerate(complete.split(b"\n") if complete else (), 1):
            try:
                form = _form(data)
                if isinstance(form, _Press):
                    asked += [Question(form.host, True, "form", "list")] if form.kind == "include" else []
                elif isinstance(form, _Said):
                    said.append(form)
                else:
                    batch.append(_row(form, config.now()))
            except (ValidationError, ValueError, RecursionError):
                taken.refused.append(f"{file.name}:{number}")
            if len(batch) >= _BATCH:
                taken.new += _store(connection, batch, taken.codes)
                batch = []
        taken.new += _store(connection, batch, taken.codes)
        taken.new += len(ask(connection, asked, config.now()).new)
        about: set[tuple[str | None, str] | None] = set()
        for one in said:  # after the reports of the same day
            on = min(one.received_on, config.today())
            about.add(report_life.note_said(connection, one.code, one.state, on, config.now()))
            taken.codes.add(one.code)
        changed = changed_sites.meant(connection, filter(None, about))
    changed_sites.note(config, changed)
    return len(taken.refused) == before and not torn


def look_in(data: bytes) -> tuple[str, str] | None:
    """(id, host) of a line that asks for a look; None for any other."""
    try:
        form = _form(data)
    except (ValidationError, ValueError, RecursionError):
        return None
    return (form.id, form.host) if isinstance(form, _Press) and form.kind == "look" else None


def _numbers(config: Config, codes: set[str]) -> set[int] | None:
    """The reports with these codes; None, for all, where their states were never written or were lost."""
    if not (config.data_dir / report_codes.STATES).is_dir():
        return None
    with config.engine.connect() as connection:
        found = sorted(codes)
        parts = (found[at : at + _BATCH] for at in range(0, len(found), _BATCH))
        return {
            id_
            for part in parts
            for id_ in connection.scalars(select(Review.id).where(Review.code.in_(part)))
        }


def _form(data: bytes) -> _Report | _Answer | _Press | _Said:
    if len(data) > LONGEST_LINE:
        raise ValueError("too long")
    return _LINE.validate_json(data)


def _row(form: _Report | _Answer, now: dt.datetime) -> dict[str, Any]:
    name = form.name if isinstance(form, _Report) else None
    subject = form.host or clean(name or "")
    if not subject:
        raise ValueError("about nobody")
    detail = form.model_dump(mode="json", exclude={"kind", "id", "name", "code"}, exclude_none=True)
    for key in ("text", "about"):
        if key in detail:
            detail[key] = clean(detail[key])
    return {
        "kind": form.kind,
        "key": f"{form.kind}:{form.id}",
        "subject": subject[:253],
        "detail": detail,
        "opened_at": now,
        "code": form.code if isinstance(form, _Report) else None,
    }


def _store(connection: Connection, rows: list[dict[str, Any]], codes: set[str]) -> int:
    """Insert what is not there yet; returns how many. `codes` gets those of the new ones."""
    by_key = {row["key"]: row for row in reversed(rows)}
    known = set(connection.scalars(select(Review.key).where(Review.key.in_(by_key))))
    new = [row for key, row in by_key.items() if key not in known]
    if new:
        connection.execute(insert(Review), new)
        codes.update(row["code"] for row in new if row["code"])
    return len(new)
