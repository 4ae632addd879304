"""A database filled with the evidence of `python -m sandbox scale`, straight into its tables: importing is not what is measured here.

The rows are those an import of the same evidence makes, without fingerprints, and with the kinds each wording has beside one amount.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from sandbox.evidence.scale import (
    FIRST_NUMBER,
    MINUTES,
    SOURCES,
    STATUS,
    Complaints,
    Size,
    complaint_columns,
    order_columns,
    worded,
)
from store.complaint_kinds.classify import classify_many
from store.db.engine import default_url, migrate, open_engine
from store.text.minhash import signatures, wording

SEED = 7
_UTC = np.timedelta64(8, "h")
_INDEX = "create index ix_complaint_platform_id_seen_at on complaint (platform_id, seen_at)"


def filled(folder: Path, size: Size, now: dt.datetime) -> Engine:
    """A new SQLite database in `folder` with a market of that size."""
    folder.mkdir(parents=True)
    engine = open_engine(default_url(folder))
    migrate(engine)
    with engine.connect() as connection:
        # One transaction of this size would be on the disk twice.
        connection.exec_driver_sql("pragma journal_mode=off")
        for statement, rows in _everything(size, now):
            connection.exec_driver_sql(statement, rows) if rows else connection.exec_driver_sql(statement)
        connection.commit()
    engine.dispose()
    return engine


def _everything(size: Size, now: dt.datetime) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    first = np.datetime64(size.ends_on - dt.timedelta(days=size.days - 1), "us") - _UTC
    minutes = first + np.arange((size.days + 5) * MINUTES).astype("timedelta64[m]")
    moments = np.char.replace(np.datetime_as_string(minutes, unit="us"), "T", " ").tolist()
    yield (
        "insert into source (id, kind, title_zh, title_en, family, tier) values (?, 'manual', ?, ?, ?, 'D')",
        [(s,) * 4 for s in SOURCES],
    )
    yield (
        "insert into platform (host, name, status, demo, added_at) values (?, ?, 'watched', 0, ?)",
        [(f"s{n:07}.example", f"第{n}号卡铺", _text(now)) for n in range(size.platforms)],
    )
    yield (
        "insert into crawl (key, source_id, started_at, finished_at, outcome, whole_source, requests, records, demo) values (?, ?, ?, ?, 'ok', 1, 0, 0, 0)",
        list(_crawls(size, moments)),
    )
    for platform, minute, total in order_columns(size, SEED):
        at = _texts(moments, minute)
        yield (
            "insert into orders (observed_at, seen_at, total, hidden, platform_id, subject, source_id) values (?, ?, ?, 0, ?, ?, 'storefront')",
            list(zip(at, at, total.tolist(), (platform + 1).tolist(), _hosts(platform), strict=True)),
        )
    yield "drop index ix_complaint_platform_id_seen_at", []
    titles, texts = worded()
    told = _told(titles, texts)
    for chunk in complaint_columns(size, SEED):
        yield (
            "insert into complaint (source_key, filed_at, seen_at, title, text, amount, status, replied_at, completed_at, primary_kind, kinds,"
            " platform_id, subject, source_id, signature) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'heimao', ?)",
            _complaints(chunk, moments, titles, texts, told),
        )
    yield _INDEX, []
    yield "analyze", []


def _complaints(
    c: Complaints,
    moments: list[str],
    titles: list[str],
    texts: list[str],
    told: list[tuple[str, str, bytes | None]],
) -> list[tuple[Any, ...]]:
    words, amount = c.words.tolist(), c.amount.tolist()
    filed = _texts(moments, c.filed)
    kind, kinds, signature = zip(*(told[w] for w in words), strict=True)
    return list(
        zip(
            map(str, (FIRST_NUMBER + c.number).tolist()),
            filed,
            filed,
            [titles[w] for w in words],
            [f"{texts[w]}，一共{a}元" for w, a in zip(words, amount, strict=True)],
            map(float, amount),
            [STATUS[s] for s in c.status.tolist()],
            _texts(moments, c.replied),
            _texts(moments, c.completed),
            kind,
            kinds,
            (c.platform + 1).tolist(),
            _hosts(c.platform),
            signature,
            strict=True,
        )
    )


def _told(titles: list[str], texts: list[str]) -> list[tuple[str, str, bytes | None]]:
    """(primary kind, kinds as stored, signature) of each wording: the amount, which differs, is no part of any of them."""
    whole = [f"{text}，一共100元" for text in texts]
    found = classify_many([f"{a} {b}" for a, b in zip(titles, whole, strict=True)])
    signed = signatures([wording(a, b) for a, b in zip(titles, whole, strict=True)])
    said = [(f.primary, "[" + ", ".join(f'"{k}"' for k in f.kinds) + "]") for f in found]
    return [(*kind, signature) for kind, signature in zip(said, signed, strict=True)]


def _crawls(size: Size, moments: list[str]) -> Iterator[tuple[str, str, str, str]]:
    for day in range(size.days):
        for source in SOURCES:
            begun, done = (moments[day * MINUTES + minute] for minute in (1420, 1430))
            yield f"told:{source}:{begun}:{done}:ok:all", source, begun, done


def _hosts(platform: np.ndarray) -> list[str]:
    return [f"s{n:07}.example" for n in platform.tolist()]


def _texts(moments: list[str], minutes: np.ndarray) -> list[str | None]:
    """Times as SQLAlchemy stores them in SQLite; None for a negative minute."""
    return [moments[m] if m >= 0 else None for m in minutes.tolist()]


def _text(moment: Any) -> str:
    if isinstance(moment, dt.datetime):
        moment = np.datetime64(moment.astimezone(dt.UTC).replace(tzinfo=None), "us")
    return str(np.datetime_as_string(moment, unit="us")).replace("T", " ")
