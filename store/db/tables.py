"""The vocabulary as typed tables: what was watched, fetched and observed, and what people decided and answered.

Facts only: what they mean (findings, ratings, warning states) is computed by scoring and kept as Parquet
(docs/decisions). Every observation says who said it (source), when it happened, and when it became visible to us (seen_at).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.db.base import Base, UtcDateTime
from store.db.observation_tables import (
    OBSERVATIONS,
    Certificate,
    Complaint,
    Counters,
    Filing,
    Mention,
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
    Sighting,
)

OUTCOMES = {"upheld": "维持", "amended": "更正", "withdrawn": "撤回", "refused": "不予受理"}
"""What may become of an objection: the code that is stored and published, and its word."""


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
    code: Mapped[str | None] = mapped_column(String(32), index=True, unique=True)
    """Keyed hash of the code by which a report's sender finds it."""
    settled_on: Mapped[dt.date | None]
    withdrawn_on: Mapped[dt.date | None]


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
    """异议: a claim that a finding is wrong, with its public clock and outcome (OUTCOMES)."""

    __tablename__ = "dispute"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    received_at: Mapped[dt.datetime]
    about: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[dt.datetime | None]
    decided_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)


class Correction(Base):
    """更正: what we had wrong and what replaced it; public."""

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    made_at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(String(12))
    sentence_zh: Mapped[str] = mapped_column(Text)
    sentence_en: Mapped[str] = mapped_column(Text)


class Setting(Base):
    """A value of this installation, such as the secret under which order numbers are hashed."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Observer(Base):
    """观测点: a place elsewhere that looks for us, by the key under which its reports are signed."""

    __tablename__ = "observer"
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(40), unique=True)
    mainland: Mapped[bool]
    key: Mapped[str] = mapped_column(String(16), unique=True)
    public_key: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[dt.datetime]
    removed_at: Mapped[dt.datetime | None]


class PlaceReport(Base):
    """One report of a place that was taken; `line_works` false: its own controls were silent, so nothing of it counts."""

    __tablename__ = "place_report"
    id: Mapped[int] = mapped_column(primary_key=True)
    observer_id: Mapped[int] = mapped_column(ForeignKey("observer.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[dt.datetime]
    taken_at: Mapped[dt.datetime]
    line_works: Mapped[bool]
    looks: Mapped[int]


class PlaceProbe(Base):
    """What one place saw of one site: as a Probe, but no observation of our own."""

    __tablename__ = "place_probe"
    __table_args__ = (UniqueConstraint("platform_id", "observer_id", "observed_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    observer_id: Mapped[int] = mapped_column(ForeignKey("observer.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("place_report.id"))
    observed_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(String(8))
    class_: Mapped[str | None] = mapped_column("class", String(20))
    status: Mapped[int | None]
    latency_ms: Mapped[int | None]
    dns: Mapped[str | None] = mapped_column(String(8))
    tcp: Mapped[str | None] = mapped_column(String(8))
    tls: Mapped[str | None] = mapped_column(String(16))


class RatedRun(Base):
    """One finished `rate`: where its Parquet tables lie, and the hash that names them."""

    __tablename__ = "rated_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[dt.date]
    method_version: Mapped[str] = mapped_column(String(40))
    folder: Mapped[str] = mapped_column(String(200), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    finished_at: Mapped[dt.datetime]


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
    "Mention",
    "Move",
    "OBSERVATIONS",
    "Observed",
    "Observer",
    "Operator",
    "Order",
    "Orders",
    "PLATFORM_STATUSES",
    "Page",
    "PlaceProbe",
    "PlaceReport",
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
    "Sighting",
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
