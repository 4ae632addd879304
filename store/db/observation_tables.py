"""观测记录 as typed tables: what a source said about a platform, as it said it, and when it became visible to us."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.db.base import Base, Count


class Observed:
    """观测记录: columns every observation has. `subject` keeps the host or name as said while no platform is matched."""

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    subject: Mapped[str] = mapped_column(String(253))
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"))
    crawl_id: Mapped[int | None] = mapped_column(ForeignKey("crawl.id"))
    capture_id: Mapped[int | None] = mapped_column(ForeignKey("capture.id"))
    seen_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]


class Complaint(Observed, Base):
    """投诉: a consumer's claim, never a proven fact. Text is redacted; kinds are the classifier's.

    A source may show that a complaint was answered or settled and not when: then only `replied_seen_at` or `completed_seen_at`,
    the first moment it was seen so, is known. `signature` finds near-copies (store/text/minhash.py); `complainant` is a keyed hash whose key is destroyed in time
    (store/evidence/complainant_pseudonyms.py), so that it tells the same person apart from others and nothing else.
    """

    __tablename__ = "complaint"
    __table_args__ = (UniqueConstraint("source_id", "source_key"), Index(None, "platform_id", "seen_at"))
    source_key: Mapped[str] = mapped_column(String(80))
    filed_at: Mapped[dt.datetime]
    title: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[float | None]
    status: Mapped[str] = mapped_column(String(12), default="open")
    replied_at: Mapped[dt.datetime | None]
    completed_at: Mapped[dt.datetime | None]
    replied_seen_at: Mapped[dt.datetime | None]
    completed_seen_at: Mapped[dt.datetime | None]
    url: Mapped[str | None] = mapped_column(Text)
    primary_kind: Mapped[str] = mapped_column(String(40))
    kinds: Mapped[list[Any]]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    stars: Mapped[int | None]
    steps: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    signature: Mapped[bytes | None]
    complainant: Mapped[str | None] = mapped_column(String(32))


class Counters(Observed, Base):
    """A complaint site's own totals about one platform at one moment."""

    __tablename__ = "counters"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    valid_total: Mapped[Count | None]
    replied_total: Mapped[Count | None]
    completed_total: Mapped[Count | None]
    valid_30d: Mapped[Count | None]
    replied_30d: Mapped[Count | None]
    completed_30d: Mapped[Count | None]


class Rank(Observed, Base):
    """投诉榜单名次: a place on one of a complaint site's lists (red = best, black = worst, reply, rise); 1 is the top."""

    __tablename__ = "rank_entry"
    __table_args__ = (UniqueConstraint("source_id", "subject", "board", "span", "field", "observed_at"),)
    observed_at: Mapped[dt.datetime]
    board: Mapped[str] = mapped_column(String(8))
    span: Mapped[str] = mapped_column(String(8))
    field: Mapped[str] = mapped_column(String(40), default="")
    place: Mapped[int]


class Filing(Observed, Base):
    """备案: what a registry answered for a domain. A failed query is a crawl outcome, never a row here."""

    __tablename__ = "filing"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    provider: Mapped[str | None] = mapped_column(String(40))
    found: Mapped[bool]
    number: Mapped[str | None] = mapped_column(String(60))
    entity: Mapped[str | None] = mapped_column(String(200))
    nature: Mapped[str | None] = mapped_column(String(20))
    domain: Mapped[str | None] = mapped_column(String(253))
    limit_access: Mapped[bool | None]
    approved_on: Mapped[dt.date | None]
    site_name: Mapped[str | None] = mapped_column(String(200))
    content: Mapped[str | None] = mapped_column(String(200))


class Orders(Observed, Base):
    """A shop's own order counters; `hidden` means the shop shows none, which is not zero."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    total: Mapped[Count | None]
    processed: Mapped[Count | None]
    today: Mapped[Count | None]
    hidden: Mapped[bool] = mapped_column(default=False)


class Price(Observed, Base):
    """One product as offered: price in yuan, face value, stock and units sold where shown.

    `currency` (ISO 4217, USDT besides) is null for yuan; a price in another currency has no figure in yuan.
    """

    __tablename__ = "price"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "product", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    product: Mapped[str] = mapped_column(String(200))
    price: Mapped[float | None]
    face_value: Mapped[float | None]
    list_price: Mapped[float | None]
    stock: Mapped[Count | None]
    stock_label: Mapped[str | None] = mapped_column(String(20))
    sold: Mapped[Count | None]
    automatic: Mapped[bool | None]
    currency: Mapped[str | None] = mapped_column(String(4))


class Probe(Observed, Base):
    """One availability probe: ok, slow, down or refused, with its finer class."""

    __tablename__ = "probe"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(String(8))
    class_: Mapped[str | None] = mapped_column("class", String(20))
    status: Mapped[int | None]
    latency_ms: Mapped[int | None]
    dns: Mapped[str | None] = mapped_column(String(8))
    tcp: Mapped[str | None] = mapped_column(String(8))
    tls: Mapped[str | None] = mapped_column(String(16))
    body: Mapped[str | None] = mapped_column(String(20))
    until: Mapped[dt.date | None]


class Page(Observed, Base):
    """The redacted text of one page of the site, and what its footer claims."""

    __tablename__ = "page"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "role", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    role: Mapped[str] = mapped_column(String(12))
    text: Mapped[str | None] = mapped_column(Text)
    footer_icp: Mapped[str | None] = mapped_column(String(80))
    company: Mapped[str | None] = mapped_column(String(200))
    software: Mapped[str | None] = mapped_column(String(40))
    signs: Mapped[dict[str, Any] | None]


class Registration(Observed, Base):
    """The domain's registration as a registry states it."""

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("source_id", "subject", "observed_at"),)
    observed_at: Mapped[dt.datetime]
    provider: Mapped[str | None] = mapped_column(String(40))
    registered_on: Mapped[dt.date | None]
    expires_on: Mapped[dt.date | None]
    registrar: Mapped[str | None] = mapped_column(String(200))


class Certificate(Observed, Base):
    """网站证书: the certificate a host showed when asked; whoever it was issued to is not kept."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("source_id", "subject", "observed_at"),)
    observed_at: Mapped[dt.datetime]
    issuer: Mapped[str | None] = mapped_column(String(200))
    issuer_kind: Mapped[str] = mapped_column(String(12))
    not_before: Mapped[dt.datetime]
    not_after: Mapped[dt.datetime]
    names: Mapped[list[Any]]
    matches: Mapped[bool]
    fingerprint: Mapped[str | None] = mapped_column(String(64))


class Resolution(Observed, Base):
    """域名解析: how the name resolved; `found` false means that the name does not exist; `places` its addresses' countries."""

    __tablename__ = "resolution"
    __table_args__ = (UniqueConstraint("source_id", "subject", "observed_at"),)
    observed_at: Mapped[dt.datetime]
    found: Mapped[bool]
    ipv4: Mapped[int | None]
    ipv6: Mapped[int | None]
    alias_of: Mapped[str | None] = mapped_column(String(253))
    name_servers: Mapped[list[Any]]
    takes_mail: Mapped[bool | None]
    places: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    network_owner: Mapped[str | None] = mapped_column(String(200))
    network_abuse: Mapped[str | None] = mapped_column(String(253))


class Sighting(Observed, Base):
    """旁证: what a third party's index (certificate logs, web archives) has seen of a host: first, last, how often; 0 = it has nothing.

    `at_least`: the index was cut off, so that first and count are bounds. Not seen is not new.
    """

    __tablename__ = "sighting"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "provider", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    provider: Mapped[str] = mapped_column(String(20))
    first_on: Mapped[dt.date | None]
    last_on: Mapped[dt.date | None]
    count: Mapped[Count]
    at_least: Mapped[bool] = mapped_column(default=False)
    names: Mapped[list[Any]]


class Mention(Observed, Base):
    """站外提及: words about a site elsewhere: `by` people (forums), a registry of failures, or the site itself (its channel).

    A claim, never a fact, and in no count of complaints. Of people's words the redacted title, their kinds and the link are kept.
    `state` (open, solved) and the moment it came to be, where the place says so.
    """

    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("source_id", "source_key"), Index(None, "platform_id", "said_at"))
    source_key: Mapped[str] = mapped_column(String(80))
    by: Mapped[str] = mapped_column(String(8))
    said_at: Mapped[dt.datetime]
    title: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    kinds: Mapped[list[Any]]
    replies: Mapped[Count | None]
    state: Mapped[str | None] = mapped_column(String(8))
    state_at: Mapped[dt.datetime | None]
    url: Mapped[str | None] = mapped_column(Text)


class Move(Observed, Base):
    """域名变更: the platform was first seen to point to this other host of its own, by a redirect or a notice."""

    __tablename__ = "move"
    __table_args__ = (UniqueConstraint("source_id", "subject", "to_host", "via"),)
    observed_at: Mapped[dt.datetime]
    to_host: Mapped[str] = mapped_column(String(253))
    via: Mapped[str] = mapped_column(String(8))


class Penalty(Observed, Base):
    """行政处罚: a published decision about the operator (companies only); `ended_on` when it was lifted or a list left."""

    __tablename__ = "penalty"
    __table_args__ = (UniqueConstraint("source_id", "subject", "decided_on", "category", "reason"),)
    decided_on: Mapped[dt.date]
    category: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(400), default="")
    url: Mapped[str | None] = mapped_column(Text)
    ended_on: Mapped[dt.date | None]


class Order(Observed, Base):
    """One paid order from a platform's own feed or a test purchase; `order_key` is a keyed hash, never the number."""

    __tablename__ = "order_record"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "order_key"),
        Index(None, "platform_id", "paid_at"),
    )
    order_key: Mapped[str] = mapped_column(String(64))
    paid_at: Mapped[dt.datetime]
    delivered_at: Mapped[dt.datetime | None]
    refunded_at: Mapped[dt.datetime | None]
    state: Mapped[str] = mapped_column(String(12))
    promised_hours: Mapped[float | None]
    drop_kind: Mapped[str | None] = mapped_column(String(24))


OBSERVATIONS: dict[str, type[Observed]] = {
    "complaint": Complaint,
    "counters": Counters,
    "rank": Rank,
    "filing": Filing,
    "orders": Orders,
    "price": Price,
    "probe": Probe,
    "page": Page,
    "registration": Registration,
    "certificate": Certificate,
    "resolution": Resolution,
    "move": Move,
    "sighting": Sighting,
    "mention": Mention,
    "penalty": Penalty,
    "order": Order,
}
"""Kind of the open evidence format -> its table."""
