"""The vocabulary as typed tables: what was watched, fetched, observed and decided.

Facts only: what they mean (findings, ratings, warning states) is computed by scoring and kept as Parquet
(docs/decisions). Every observation says who said it (source), when it happened, and when it became visible to us (seen_at).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CRAWL_OUTCOMES = ("ok", "failed", "blocked")
PLATFORM_STATUSES = ("watched", "candidate", "removed")


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A timezone-aware UTC time; a naive one is refused because it would silently mean another hour elsewhere."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return `value` in UTC (naive UTC for SQLite, which has no zones); raises ValueError on a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without a zone: {value!r}")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return the stored time as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Declarative base with stable constraint names, so that migrations can name what they change."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        dt.datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        bytes: LargeBinary,
    }


class Operator(Base):
    """运营主体: the legal entity behind a platform. Never a natural person."""

    __tablename__ = "operator"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    uscc: Mapped[str | None] = mapped_column(String(18))


class Platform(Base):
    """平台: the site being rated; `host` is its present domain, other domains and names are aliases."""

    __tablename__ = "platform"
    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(String(253), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    opened_on: Mapped[dt.date | None]
    status: Mapped[str] = mapped_column(String(12), default="watched")
    software: Mapped[str | None] = mapped_column(String(40))
    demo: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[dt.datetime]


class Alias(Base):
    """Another host or name of a platform; `key` is the normalised form that matching uses."""

    __tablename__ = "alias"
    __table_args__ = (UniqueConstraint("kind", "key", "platform_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(253))
    text: Mapped[str] = mapped_column(String(253))
    source: Mapped[str] = mapped_column(String(40))
    seen_at: Mapped[dt.datetime]


class Source(Base):
    """信息源: a public place we read; `tier` A official record, B seen on the site by us, C complaints, D handed in."""

    __tablename__ = "source"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    title_zh: Mapped[str] = mapped_column(String(100))
    title_en: Mapped[str] = mapped_column(String(100))
    publisher: Mapped[str | None] = mapped_column(String(100))
    family: Mapped[str] = mapped_column(String(40))
    tier: Mapped[str] = mapped_column(String(1))
    cadence_hours: Mapped[float | None]
    blind_zh: Mapped[str | None] = mapped_column(Text)
    blind_en: Mapped[str | None] = mapped_column(Text)


class Crawl(Base):
    """采集批次: one run of one source. `key` names the job, so a killed run is taken up again, not repeated."""

    __tablename__ = "crawl"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("source.id"), index=True)
    started_at: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(8))
    whole_source: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    requests: Mapped[int] = mapped_column(default=0)
    records: Mapped[int] = mapped_column(default=0)
    measured: Mapped[dict[str, Any] | None]
    code_version: Mapped[str | None] = mapped_column(String(40))
    demo: Mapped[bool] = mapped_column(default=False)


class CrawlPlatform(Base):
    """What one crawl achieved for one platform: its own outcome, so that one blocked site does not hide the others."""

    __tablename__ = "crawl_platform"
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawl.id"), primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(Text)


class Capture(Base):
    """原始存证: what one request returned, addressable by archive file and offset.

    `payload_sha256` is of the archived payload; `original_sha256` of the bytes received, where only a redacted
    projection may be kept (identity-bearing sources).
    """

    __tablename__ = "capture"
    __table_args__ = (UniqueConstraint("crawl_id", "url", "payload_sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawl.id"))
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[dt.datetime]
    status: Mapped[int]
    media_type: Mapped[str | None] = mapped_column(String(100))
    archive: Mapped[str] = mapped_column(String(200))
    offset: Mapped[int]
    payload_sha256: Mapped[str] = mapped_column(String(64), index=True)
    original_sha256: Mapped[str] = mapped_column(String(64))


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
    """投诉: a consumer's claim, never a proven fact. Text is redacted; kinds are the classifier's."""

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
    url: Mapped[str | None] = mapped_column(Text)
    primary_kind: Mapped[str] = mapped_column(String(40))
    kinds: Mapped[list[Any]]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    stars: Mapped[int | None]


class Counters(Observed, Base):
    """A complaint site's own totals about one platform at one moment."""

    __tablename__ = "counters"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    valid_total: Mapped[int | None]
    replied_total: Mapped[int | None]
    completed_total: Mapped[int | None]
    valid_30d: Mapped[int | None]
    replied_30d: Mapped[int | None]
    completed_30d: Mapped[int | None]


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


class Orders(Observed, Base):
    """A shop's own order counters; `hidden` means the shop shows none, which is not zero."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("source_id", "subject", "observed_at"),
        Index(None, "platform_id", "observed_at"),
    )
    observed_at: Mapped[dt.datetime]
    total: Mapped[int | None]
    processed: Mapped[int | None]
    today: Mapped[int | None]
    hidden: Mapped[bool] = mapped_column(default=False)


class Price(Observed, Base):
    """One product as offered: CNY price, face value, stock and units sold where shown."""

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
    stock: Mapped[int | None]
    stock_label: Mapped[str | None] = mapped_column(String(20))
    sold: Mapped[int | None]
    automatic: Mapped[bool | None]


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


class Penalty(Observed, Base):
    """行政处罚: a published decision about the operator (companies only)."""

    __tablename__ = "penalty"
    __table_args__ = (UniqueConstraint("source_id", "subject", "decided_on", "category", "reason"),)
    decided_on: Mapped[dt.date]
    category: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(400), default="")
    url: Mapped[str | None] = mapped_column(Text)


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


class Review(Base):
    """人工复核: something a person must decide (a name to match, an alarm to confirm, a site to accept)."""

    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    key: Mapped[str] = mapped_column(String(253), unique=True)
    subject: Mapped[str] = mapped_column(String(253))
    detail: Mapped[dict[str, Any]]
    opened_at: Mapped[dt.datetime]
    decision: Mapped[str | None] = mapped_column(String(20))
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str | None] = mapped_column(Text)


class Response(Base):
    """平台回应: the rated platform's own words, shown beside the verdict."""

    __tablename__ = "response"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    received_at: Mapped[dt.datetime]
    text: Mapped[str] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[dt.datetime | None]


class Dispute(Base):
    """异议: a claim that a finding is wrong, with its public clock and outcome (维持 更正 撤回 不予受理)."""

    __tablename__ = "dispute"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    received_at: Mapped[dt.datetime]
    about: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(Text)


class Correction(Base):
    """更正: what we had wrong and what replaced it; public."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    made_at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(String(8))
    sentence_zh: Mapped[str] = mapped_column(Text)
    sentence_en: Mapped[str] = mapped_column(Text)


class Setting(Base):
    """A value of this installation, such as the secret under which order numbers are hashed."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class RatedRun(Base):
    """One finished `rate`: where its Parquet tables lie, and the hash that names them."""

    __tablename__ = "rated_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[dt.date]
    method_version: Mapped[str] = mapped_column(String(40))
    folder: Mapped[str] = mapped_column(String(200), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    finished_at: Mapped[dt.datetime]


OBSERVATIONS: dict[str, type[Observed]] = {
    "complaint": Complaint,
    "counters": Counters,
    "filing": Filing,
    "orders": Orders,
    "price": Price,
    "probe": Probe,
    "page": Page,
    "registration": Registration,
    "penalty": Penalty,
    "order": Order,
}
"""Kind of the open evidence format -> its table."""
