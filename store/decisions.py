"""What people decided and answered, and what this installation keeps about itself, as typed tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base

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


class RatedRun(Base):
    """One finished `rate`: where its Parquet tables lie, and the hash that names them."""

    __tablename__ = "rated_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[dt.date]
    method_version: Mapped[str] = mapped_column(String(40))
    folder: Mapped[str] = mapped_column(String(200), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    finished_at: Mapped[dt.datetime]
