"""Everything a data folder's database says, in words that two runs of the same work share: what "nothing lost, nothing twice" is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from store.db.engine import default_url, migrate, open_engine
from store.db.tables import OBSERVATIONS, Alias, Capture, Crawl, CrawlPlatform, Platform

UNLIKE = {"latency_ms", "id", "platform_id", "crawl_id", "capture_id", "order_key", "added_at", "opened_at"}
"""Columns that name rows of this database only, when it first heard of a site, and how long an answer really took."""


def state(data: Path, url: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """Everything the database says, with rows named by what they are about instead of by number."""
    engine = open_engine(url or default_url(data))
    migrate(engine)
    with engine.connect() as connection:
        hosts = {r.id: r.host for r in connection.execute(select(Platform))}
        shas = {r.id: (r.url, r.payload_sha256) for r in connection.execute(select(Capture))}
        keys = {r.id: r.key for r in connection.execute(select(Crawl))}
        found: dict[str, list[tuple[Any, ...]]] = {
            "platform": sorted(hosts.values()),
            "alias": sorted((hosts[a.platform_id], a.kind, a.key) for a in connection.execute(select(Alias))),
            "crawl": sorted(
                (c.key, c.outcome, c.finished_at is not None) for c in connection.execute(select(Crawl))
            ),
            "crawl_platform": sorted(
                (keys[c.crawl_id], hosts[c.platform_id], c.outcome)
                for c in connection.execute(select(CrawlPlatform))
            ),
            "capture": sorted(set(shas.values())),
        }
        for kind, model in OBSERVATIONS.items():
            names = [c.name for c in model.__table__.columns if c.name not in UNLIKE]
            found[kind] = sorted(
                (
                    str(hosts.get(r["platform_id"])),
                    str(shas.get(r["capture_id"])),
                    *(str(r[n]) for n in names),
                )
                for r in connection.execute(select(model.__table__)).mappings()
            )
    engine.dispose()
    return found
