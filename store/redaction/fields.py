"""Redaction by type: every text of a record is redacted unless its field is declared as something else. Pure.

A new text field is redacted from its first day; whoever wants it kept has to say here, with a reason, what makes it no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from store.text.hosts import canonical, host_key, is_key
from store.text.malls import place_of
from store.text.query import key_of

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")
_MOBILE = re.compile(r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)")
_MANY_DIGITS = re.compile(r"(?:\d[^\w/]?){6,}\d")
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+-]*:(?!//|\d)", re.IGNORECASE)
_HOST_LIKE = re.compile(r"[A-Za-z0-9*_.:\[\]-]{1,253}")
_NAMED_HOST = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
_DIGEST = re.compile(
    r"(?:[a-z]+[:-])?(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
)
_PERSONAL = re.compile(
    r"(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)|[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
_NUMBERING = {"heimao": re.compile(r"G?17\d{9}")}
"""Sources whose own numbers are as long as a telephone's (since 2018 those of heimao begin with 17)."""
_HELD_NUMBER = re.compile(r"-?\d{7,}")


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that is no text of anybody's: kept as it is, because its type or its check leaves no room for one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hashed:
    """A field of which only a keyed hash is ever stored: it stays readable until the row is made (store/evidence/normalize.py)."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address of a page: kept without user, query, fragment and what is like a number in its path."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """Sites a text names: of each only the key it would be stored under, or what was said, redacted, where it names none."""


@dataclass(frozen=True, slots=True)
class OtherHost:
    """The name of a machine beside the site's own: dropped where a telephone number is part of it."""


def safe_text(text: str) -> str:
    """`text` as it may be kept: redacted, and without the control characters that steer a terminal."""
    from store.redaction.redact import (
        clean,  # its patterns take long to build, and most commands keep no text
    )

    kept = clean(text)
    return _CONTROL.sub("", _LINE_END.sub("\n", kept)) if not kept.isprintable() else kept


def kept_link(url: str, number: str | None = None) -> str:
    """`url` without user, query and fragment, cut before the first part of its path that is like somebody's number.

    `number`: the number under which the source itself publishes the record; a part or a value of the query that is exactly
    it stays, and so does a digest beside it, without which some sources do not show their own page.
    """
    from store.redaction.redact import clean

    text = _CONTROL.sub("", url.strip())
    if _OTHER_SCHEME.match(text):
        return ""
    try:
        parts = urlsplit(text if _NAMED_HOST.match(text) else f"//{text}")
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https") or not is_key(host_key(host)) or clean(host) != host:
        return ""
    merchant = place_of(host.lower(), parts.path).merchant
    kept: list[str] = []
    for part in parts.path.split("/"):
        said = unquote(part)
        if (
            said != number
            and said.lower() not in merchant.lower().split("/")
            and (_MANY_DIGITS.search(said) or clean(said) != said)
        ):
            kept.append("")
            break
        kept.append(part)
    query = ""
    if number is not None:
        pairs = _pairs(parts.query)
        query = "&".join(
            f"{key}={value}" for key, value in pairs if value == number or _DIGEST.fullmatch(value)
        )
    start = f"{parts.scheme}://" if parts.scheme else ""
    return f"{start}{host}{'/'.join(kept)}{'?' if query else ''}{query}"


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return [(k, v) for k, v in parse_qsl(query, max_num_fields=50) if k.isascii() and k.isidentifier()]
    except ValueError:
        return []


def names_nobody(source: str, number: str) -> bool:
    """Whether the number under which a source publishes a record is its own, and not a person's put in that place."""
    if own := _NUMBERING.get(source.lower()):
        return own.fullmatch(number) is not None or _is_code(number)
    return _is_code(number)


def _is_code(number: str) -> bool:
    if _DIGEST.fullmatch(number):
        return True
    return _CODE.fullmatch(number) is not None and not _PERSONAL.search(number)


def _published_number(held: Mapping[str, Any]) -> str | None:
    number = held.get("source_id")
    return number if number and names_nobody(held["source"], number) else None


def redact_value(value: Any) -> Any:
    """Every text inside a JSON value redacted, keys too; a whole number that reads like a telephone's is dropped."""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, dict):
        return {safe_text(str(k)): redact_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(redact_value(v) for v in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _is_number_of_somebody(value):
        return None
    if isinstance(value, BaseModel):
        redact_record(value)
    return value


def _is_number_of_somebody(value: float) -> bool:
    said = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    return bool(_HELD_NUMBER.fullmatch(said)) and bool(_MOBILE.search(said) or len(said.lstrip("-")) >= 15)


def redact_record(record: BaseModel) -> None:
    """Redact `record` in place, field by field, as the types of its fields say."""
    held = record.__dict__
    for name, treat in _treatments(type(record)):
        value = held[name]
        if value is not None and value != "":
            held[name] = treat(value, held)


def redacted_fields(model: type[BaseModel]) -> set[str]:
    """Names of the fields of a kind of record that are redacted."""
    return {name for name, _ in _treatments(model)}


Treatment = Callable[[Any, Mapping[str, Any]], Any]


@cache
def _treatments(model: type[BaseModel]) -> tuple[tuple[str, Treatment], ...]:
    found = ((name, _treatment(field)) for name, field in model.model_fields.items())
    return tuple((name, treat) for name, treat in found if treat is not None)


def _treatment(field: FieldInfo) -> Treatment | None:
    """How a field is made fit to be kept; None where it cannot hold a text, or says why it is kept as it is."""
    said = set(_said_of(field.annotation, field.metadata))
    if any(isinstance(one, (Kept, Hashed)) for one in said if one is not None):
        return None
    if Link() in said:
        return lambda value, held: kept_link(value, _published_number(held)) or None
    if Mentions() in said:
        return lambda value, held: tuple(key_of(one) or safe_text(one) for one in value)
    if OtherHost() in said:
        return lambda value, held: _other_host(value)
    if not said & {str, dict, BaseModel}:
        return None
    longest = max((one for one in said if isinstance(one, int)), default=None)
    if longest is None:
        return lambda value, held: redact_value(value)
    return lambda value, held: _cut(redact_value(value), longest)


def _cut(value: Any, longest: int) -> Any:
    """Texts no longer than the field allows: a token may be longer than what it stands for."""
    if isinstance(value, str):
        return value[:longest]
    return type(value)(_cut(v, longest) for v in value) if isinstance(value, (list, tuple)) else value


def _other_host(value: Any) -> Any:
    if isinstance(value, str):
        named = _HOST_LIKE.fullmatch(value) or canonical(value.lower())
        return value if named and not _MOBILE.search(value) else None
    return type(value)(kept for one in value if (kept := _other_host(one)) is not None)


def _said_of(annotation: Any, metadata: Any) -> list[Any]:
    """What a field's type says of it: str, dict or BaseModel where it can hold one, our marks, and its greatest length.

    A text that must be one of given words, or has to match a pattern, is no text.
    """
    found: list[Any] = [one for one in metadata if isinstance(one, (Kept, Hashed, Link, Mentions, OtherHost))]
    if any(getattr(one, "pattern", None) for one in metadata):
        return [*found, Kept("its pattern")]
    if get_origin(annotation) is Literal:
        return found
    inner = get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return [*found, *_said_of(inner[0], _flat(annotation.__metadata__))]
    if annotation is str:
        longest = [one.max_length for one in metadata if getattr(one, "max_length", None)]
        return [*found, str, *longest]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [*found, BaseModel]
    if annotation is dict or get_origin(annotation) is dict:
        return [*found, dict]
    if annotation is Any:
        return [*found, dict]
    for one in inner:
        if one is not type(None) and one is not Ellipsis:
            # The length of a list is not that of its texts.
            found += _said_of(one, metadata if get_origin(annotation) not in (list, tuple) else ())
    return found


def _flat(metadata: Any) -> list[Any]:
    """Marks inside pydantic's own descriptions of a field, laid side by side."""
    out: list[Any] = []
    for one in metadata:
        out += [*_flat(one.metadata)] if isinstance(one, FieldInfo) else [one]
    return out
