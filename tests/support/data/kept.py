"""A small data folder with everything in it that is kept: evidence, an archived page, a rating and two chained snapshots."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path

from kamengwatch.config import Config
from kamengwatch.intake import evidence_import
from kamengwatch.pipeline import run
from store.archive.warc import ArchiveWriter
from store.evidence.crawl_ledger import finish_crawl, start_crawl
from store.evidence.ingest import Ingest, save_page
from tests.support.data.once import once
from tests.support.markets.records import HOST, complaint, platform, probe

BODY = "<html>七天退款</html>"
NOW = dt.datetime(2026, 3, 30, 4, tzinfo=dt.UTC)


def kept(data: Path, body: str = BODY) -> Config:
    """Two captures (the first holds `body`), thirty days of probes, six complaints, snapshots of two days."""
    name = f"kept-{hashlib.sha256(body.encode()).hexdigest()[:16]}"
    shutil.copytree(once(name, lambda made: _make(made, body)), data, symlinks=True, dirs_exist_ok=True)
    return Config(data, fixed_now=NOW)


def _make(data: Path, body: str) -> None:
    config = Config(data, fixed_now=NOW)
    looks = [
        {"kind": "crawl", "source": source, "started_at": f"2026-03-{day:02d}T01:00:00Z", "finished_at": f"2026-03-{day:02d}T02:00:00Z", "outcome": "ok"}
        for day in range(1, 31)
        for source in ("heimao", "storefront", "availability")
    ]  # fmt: skip
    records = [platform(), *looks, *(probe(day) for day in range(1, 31)), *(complaint(n) for n in range(6))]
    file = data.parent / f"{data.name}.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    evidence_import.import_files(config, [file], "auto", None, False)
    state = start_crawl(config.engine, "page", "storefront", NOW)
    with ArchiveWriter(config.archive_dir, "storefront-1") as archive:
        stored = [
            archive.write(f"http://{HOST}/{name}", NOW, 200, [("Content-Type", "text/html; charset=utf-8")], text.encode())
            for name, text in (("notice", body), ("terms", "<html>卡密类商品一经售出</html>"))
        ]  # fmt: skip
    pages = [
        {"kind": "page", "source": "storefront", "host": HOST, "observed_at": "2026-03-29T04:00:00+00:00", "role": role, "text": "七天退款，秒到账", "_capture": n}
        for n, role in enumerate(("notice", "terms"))
    ]  # fmt: skip
    saved = save_page(Ingest(config.engine, NOW), state.id, stored, pages)
    assert not saved.refused
    finish_crawl(config.engine, state.id, NOW, "ok")
    for day, hour in (("2026-03-29", 1), ("2026-03-30", 2)):
        at = Config(data, fixed_now=NOW + dt.timedelta(hours=hour))
        run.rate(at, day, "duckdb", False)
        run.publish(at, False)
        at.engine.dispose()
    config.engine.dispose()
