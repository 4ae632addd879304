"""What the records of the open evidence format share: times with an offset, bounded texts and numbers, whom they are about."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from store.hosts import host_key
from store.redact import clean
from store.redact_fields import Kept, Mentions, redact_record

_LONGEST_HOST = 253
_NUL_ESCAPED = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_SCIENTIFIC = re.compile(r"[+-]?\d+[.,]?\d*[eE][+-]?\d+")
Text = Annotated[str, Field(max_length=200_000)]
Short = Annotated[str, Field(max_length=400)]
Count = Annotated[int, Field(ge=0, le=10**15)]


def finite(value: Any) -> Any:
    """`value`, unless it is a number without end; raises ValueError."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Money = Annotated[float, BeforeValidator(finite), Field(ge=0, le=1e12)]


def countable(moment: dt.datetime) -> dt.datetime:
    """`moment`, unless it is in the first or last year there is, where other time zones have no date for it; raises ValueError."""
    if not dt.MINYEAR < moment.year < dt.MAXYEAR:
        raise ValueError("the year must be between 2 and 9998")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(countable)]


def fits(host: str) -> str:
    """`host`, unless it is longer than any host can be; raises ValueError."""
    if len(host) > _LONGEST_HOST and len(host_key(host)) > _LONGEST_HOST:
        raise ValueError(f"a host has at most {_LONGEST_HOST} characters")
    return host


Host = Annotated[Short, AfterValidator(fits), Kept("the address of a site, which is public by purpose")]


def names_no_person(source: str) -> str:
    """`source`, unless it holds personal data; raises ValueError."""
    if clean(source) != source:
        raise ValueError("信息源编号里不能有个人信息 the id of a source holds no personal data")
    return source


def number_as_it_was(value: Any) -> Any:
    """A number that names one thing, as text; raises ValueError where a spreadsheet has rewritten it: two might become one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, float) or _SCIENTIFIC.fullmatch(str(value).strip()):
        raise ValueError(
            f"{str(value)[:30]} 已被表格软件改写，原来的编号丢失了 a spreadsheet rewrote this number: set the column to text and export it again"
        )
    return str(value)


Named = BeforeValidator(number_as_it_was)
"""Of fields that hold a number by which two records are told apart."""


def line_without_nul(line: bytes | str) -> bytes:
    """A line of JSON whose texts have no NUL character: it says nothing, and PostgreSQL keeps none."""
    raw = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    return _NUL_ESCAPED.sub(rb"\1", raw) if b"\\u0000" in raw else raw


def without_nul(value: Any) -> Any:
    """The same of a value as Python has it."""
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if isinstance(value, dict):
        return {without_nul(k): without_nul(v) for k, v in value.items()}
    return [without_nul(v) for v in value] if isinstance(value, (list, tuple)) else value


class Record(BaseModel):
    """What every line may carry. Unknown keys are not kept, so that newer files stay readable; `unknown_keys` names them."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True)
    host: Host | None = None
    seen_at: Moment | None = None

    @model_validator(mode="after")
    def _redact(self) -> Self:
        """From here on nobody meets personal data in a record: not a row, not a log, not an export."""
        redact_record(self)
        return self

    def when(self) -> dt.datetime | None:
        """When it happened in the world, if the record says so."""
        return None

    def unknown_keys(self) -> tuple[str, ...]:
        """Keys of the line that this kind of record does not have; what they say is not kept."""
        return tuple(self.model_extra or ())


class Sourced(Record):
    """A record some source said."""

    source: Annotated[
        str,
        Field(min_length=1, max_length=40),
        AfterValidator(names_no_person),
        Kept("checked: an id of ours"),
    ]


class About(Sourced):
    """A record about one platform: by host, or by a name that still has to be matched."""

    platform: Short | None = None
    mentions: Annotated[tuple[Short, ...], Mentions()] = ()
    capture: Annotated[int | None, Field(alias="_capture")] = None


class Observed(About):
    """A record with a moment of observation."""

    observed_at: Moment

    def when(self) -> dt.datetime:
        """The time of observation."""
        return self.observed_at
