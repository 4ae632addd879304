"""What the API answers, as models: the tables' own columns, and the cards as every other surface has them.

They make the OpenAPI description; that answers keep to them is held by tests, not checked again for every request.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, create_model

from dashboard.presenters.verdict_card import Card
from scoring.snapshot.reader import TABLES

_ONLY = ConfigDict(extra="forbid")


def _type(column: pa.DataType) -> Any:
    if pa.types.is_list(column):
        return list[_type(column.value_type)]  # type: ignore[misc]
    if pa.types.is_boolean(column):
        return bool
    if pa.types.is_integer(column):
        return int
    if pa.types.is_floating(column):
        return float
    if pa.types.is_date(column):
        return dt.date
    return dt.datetime if pa.types.is_timestamp(column) else str


def _row(table: str, name: str) -> Any:
    """A row of a snapshot's table; any cell may be null."""
    fields: dict[str, Any] = {column.name: (_type(column.type) | None, ...) for column in TABLES[table]}
    return create_model(
        name, __config__=_ONLY, __doc__=f"A row of the table `{table}` (docs/snapshot.md).", **fields
    )


Rating = _row("ratings", "Rating")
Finding = _row("findings", "Finding")
Warning_ = _row("warnings", "Warning")
Identity = _row("identity", "Identity")
SiteResponse = _row("responses", "SiteResponse")
Correction = _row("corrections", "Correction")
Dispute = _row("disputes", "Dispute")
Practice = _row("practices", "Practice")
EvidenceRow = _row("evidence", "EvidenceRow")
HistoryDay = _row("history", "HistoryDay")
Change = _row("changes", "Change")
SeriesPoint = _row("series", "SeriesPoint")
Identifier = _row("identifiers", "Identifier")
Move = _row("moves", "Move")
Link = _row("links", "Link")
_Notify = _row("notify", "NotifyRow")


class Answer(BaseModel):
    """Every answer names the snapshot it was read from."""

    model_config = _ONLY
    snapshot: str


class Understood(BaseModel):
    """What a pasted text was taken for; notices warn of mixed scripts and punycode."""

    model_config = _ONLY
    kind: str
    host: str | None
    unicode_host: str | None
    unit: str | None
    mall: str | None
    name: str | None
    number: str | None
    notices: list[str]


class Near(BaseModel):
    """A site that is written almost like what was asked."""

    model_config = _ONLY
    host: str
    name: str | None


class Checked(Answer):
    """What a pasted text means, and the cards of the sites it may mean."""

    understood: Understood
    cards: list[Card]
    near: list[Near]


class Site(Answer):
    """One site: its card, its rating, and every table about it that is small. `merchants` only for a mall."""

    card: Card
    rating: Rating
    findings: list[Finding]
    warnings: list[Warning_]
    identity: list[Identity]
    responses: list[SiteResponse]
    corrections: list[Correction]
    disputes: list[Dispute]
    practices: list[Practice]
    merchants: list[Card] | None = None


class _Part(Answer):
    host: str


class SiteEvidence(_Part):
    """What a site's claims rest on."""

    evidence: list[EvidenceRow]


class SiteHistory(_Part):
    """A site's rating day by day."""

    history: list[HistoryDay]


class SiteResponses(_Part):
    """What the site itself answered."""

    response: list[SiteResponse]


class SiteChanges(_Part):
    """What changed, and by which cause."""

    changes: list[Change]


class SiteSeries(_Part):
    """Measures over time."""

    series: list[SeriesPoint]


PARTS = {
    "evidence": SiteEvidence,
    "history": SiteHistory,
    "response": SiteResponses,
    "changes": SiteChanges,
    "series": SiteSeries,
}
SitePart = SiteEvidence | SiteHistory | SiteResponses | SiteChanges | SiteSeries


class Ranking(Answer):
    """A page of the ranking; those without a rating beside it."""

    page: int
    pages: int
    rated: int
    unrated: int
    sites: list[Card]
    unrated_sites: list[Card]


class Events(Answer):
    """Changes of cash-flow states, newest first."""

    events: list[Warning_]


class Notify(_Notify):  # type: ignore[misc,valid-type]
    """Whom one may tell about some sites; `name` null: not known, the sentence says why."""

    hosts: list[str]


class Group(Answer):
    """The sites of an operator or of a cluster of linked sites; `sites` are the first of `count`."""

    kind: Literal["operator", "cluster"]
    name: str
    uscc: str | None
    sites: list[str]
    count: int
    identifiers: list[Identifier]
    moves: list[Move]
    warnings: list[Warning_]
    links: list[Link]
    notify: list[Notify]


class Badge(BaseModel):
    """A dated state as shield services read it."""

    model_config = _ONLY
    schemaVersion: Literal[1]
    label: str
    message: str
    color: str


class Health(BaseModel):
    """A snapshot can be read: which, of which day, and how old."""

    model_config = _ONLY
    status: Literal["ok"]
    snapshot: str
    as_of: dt.date | None
    platforms: int
    demo: bool
    days_old: int | None


class Failing(BaseModel):
    """No snapshot can be read, and why."""

    model_config = _ONLY
    status: Literal["failing"]
    reason: str
    detail: str


class Problem(BaseModel):
    """RFC 9457."""

    model_config = _ONLY
    type: str
    title: str
    status: int
    detail: str = ""
