"""What is known of a domain: its registration, its certificate, how it resolves, and where it moved. Host facts only."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from store.records_base import Host, Moment, Observed, Short
from store.redact_fields import OtherHost


class RegistrationRecord(Observed):
    """The domain's registration."""

    kind: Literal["registration"]
    provider: Annotated[str, Field(max_length=40)] | None = None
    registered_on: dt.date | None = None
    expires_on: dt.date | None = None
    registrar: Annotated[str, Field(max_length=200)] | None = None


class CertificateRecord(Observed):
    """The certificate a host showed. `names` are the host names it is for; whoever it was issued to is not kept."""

    kind: Literal["certificate"]
    issuer: Annotated[str, Field(max_length=200)] | None = None
    issuer_kind: Literal["self_signed", "automated", "other"]
    not_before: Moment
    not_after: Moment
    names: Annotated[tuple[Short, ...], Field(max_length=100), OtherHost()] = ()
    matches: bool
    fingerprint: Annotated[str, Field(max_length=64)] | None = None


class ResolutionRecord(Observed):
    """How the name resolves: how many addresses, which name servers, whether it takes mail; `found` false = no such name.

    `places`: country codes of its addresses, where the operator gave a table to look them up in; an address of a CDN says
    nothing of the site itself.
    """

    kind: Literal["resolution"]
    found: bool
    ipv4: Annotated[int, Field(ge=0, le=1000)] | None = None
    ipv6: Annotated[int, Field(ge=0, le=1000)] | None = None
    alias_of: Annotated[str | None, Field(max_length=253), OtherHost()] = None
    name_servers: Annotated[tuple[Short, ...], Field(max_length=20), OtherHost()] = ()
    takes_mail: bool | None = None
    places: (
        Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...], Field(max_length=50)] | None
    ) = None


class MoveRecord(Observed):
    """The platform was seen to point to another host of its own: an event of the platform, not a new platform."""

    kind: Literal["move"]
    to_host: Annotated[Host, Field(min_length=1, max_length=253)]
    via: Literal["redirect", "notice"]
