"""Shared by the scoring tests: a database of given records, and what was judged about it."""

from __future__ import annotations

import atexit
import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from scoring.engine.load_market import load_dataset
from scoring.features.population import fit_population_priors
from scoring.rating.assessment import Assessment, assess
from store.db.engine import default_url, migrate, open_engine
from store.evidence import ingest

NOW = dt.datetime(2026, 11, 16, tzinfo=dt.UTC)


def database(folder: Path, records: list[dict[str, Any]], after: Sequence[dict[str, Any]] = ()) -> Engine:
    """A migrated database in `folder` holding `records` (open evidence format); every record must be accepted.

    `after` are those that many tests of a file begin with: imported once, before, and copied.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "kamengwatch.db").exists():
        begun = _begun(json.dumps(after)) if after else empty_database()
        shutil.copyfile(begun, folder / "kamengwatch.db")
    engine = open_engine(default_url(folder))
    saved = ingest.import_records(ingest.Ingest(engine, NOW, accept_new=True), records)
    assert not saved.refused, saved.refused[:3]
    return engine


@lru_cache(maxsize=4)
def _begun(records: str) -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    database(folder, json.loads(records)).dispose()
    return folder / "kamengwatch.db"


@cache
def empty_database() -> Path:
    """To be copied, because building it takes longer than most tests; with the secret under which order numbers are hashed."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    engine = open_engine(default_url(folder))
    migrate(engine)
    ingest.Ingest(engine, NOW)
    engine.dispose()
    return folder / "kamengwatch.db"


def judged(engine: Engine, as_of: dt.date) -> Assessment:
    """Everything about all platforms as of a day."""
    facts = load_dataset(engine, as_of)
    return assess(facts.fitted(fit_population_priors(facts)))


_BRANDS = ("腾讯视频", "优酷", "爱奇艺", "芒果", "网易云", "酷狗", "喜马拉雅", "知乎")
_TERMS = ("周卡", "月卡", "双月卡", "季卡", "半年卡", "年卡", "两年卡", "体验卡")


def product(n: int) -> str:
    """The n-th of 64 products, so that texts about them are different texts."""
    return _BRANDS[n % 8] + _TERMS[n // 8 % 8]


def expand(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records with `repeat` (times) and `every_days` written out: all their times move on, ids get a number.

    "{n}" in a text becomes different characters each time, so that the copies are different complaints.
    """
    out = []
    for record in given:
        record = dict(record)
        times, step = record.pop("repeat", 1), record.pop("every_days", 1)
        for n in range(times):
            out.append({k: _moved(k, v, n, n * step) for k, v in record.items()})
    return out


def _moved(key: str, value: Any, n: int, days: float) -> Any:
    if key == "text" and isinstance(value, str):
        return value.replace("{n}", product(n))
    if n and key in ("source_id", "order_ref"):
        return f"{value}-{n}"
    if key.endswith("_at") and isinstance(value, str):
        return (dt.datetime.fromisoformat(value) + dt.timedelta(days=days)).isoformat()
    return value
