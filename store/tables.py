"""The vocabulary as typed tables: what was watched, fetched, observed and decided.

Facts only: what they mean (findings, ratings, warning states) is computed by scoring and kept as Parquet
(docs/decisions). Every observation says who said it (source), when it happened, and when it became visible to us (seen_at).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, UtcDateTime
from store.decisions import Correction, Dispute, RatedRun, Response, Review, Setting
from store.observations import (
    OBSERVATIONS,
    Certificate,
    Complaint,
    Counters,
    Filing,
    Move,
    Observed,
    Order,
    Orders,
    Page,
    Penalty,
    Price,
    Probe,
    Rank,
    Registration,
    Resolution,
)

__all__ = [
    "Alias",
    "Base",
    "CRAWL_OUTCOMES",
    "Capture",
    "Certificate",
    "Complaint",
    "Correction",
    "Counters",
    "Crawl",
    "CrawlPlatform",
    "Dispute",
    "Filing",
    "Move",
    "OBSERVATIONS",
    "Observed",
    "Operator",
    "Order",
    "Orders",
    "PLATFORM_STATUSES",
    "Page",
    "Penalty",
    "Platform",
    "Price",
    "Probe",
    "Rank",
    "RatedRun",
    "Registration",
    "Resolution",
    "Response",
    "Review",
    "Setting",
    "Source",
    "UtcDateTime",
]

CRAWL_OUTCOMES = ("ok", "failed", "blocked")
PLATFORM_STATUSES = ("watched", "candidate", "removed")


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
