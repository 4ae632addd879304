"""`rate`: judge everything visible up to a day and store the tables whole or not at all; the same input gives the same folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, delete, insert, select

from scoring import method
from scoring.calendar import end_of_day
from scoring.engines import Embedded, Progress, RatingEngine
from scoring.evidence import resolve
from scoring.facts import Facts
from scoring.finding import Cited
from scoring.output import Collected, named
from scoring.part import add
from scoring.priors import fit
from scoring.reading import read_facts
from scoring.register import corrections, disputes, reports, responses, source_health
from scoring.sector import sector_rows
from scoring.snapshot import TABLES
from store.tables import RatedRun, Review

ROW_GROUP = 20_000


@dataclass(frozen=True)
class Run:
    """A finished rating: where its tables lie, and what they are about."""

    folder: Path
    as_of: dt.date
    method_version: str
    sha256: str
    platforms: int


def rate(
    engine: Engine,
    data_dir: Path,
    as_of: dt.date,
    now: dt.datetime,
    on: RatingEngine | None = None,
    history: bool = True,
    progress: Progress | None = None,
) -> Run:
    """Rate every watched platform as of the end of `as_of` (Shanghai) and keep the tables in `<data>/rated/`.

    `now` only dates the row in rated_run and new review entries; `on` is where it runs (default: this process).
    Raises what that engine raises (scoring/engines.py); then nothing is stored.
    """
    tell = progress or (lambda note: None)
    tell("reading facts")
    facts = read_facts(engine, as_of)
    out, tables = Collected(), []
    with on or Embedded() as runner:
        runner.load(facts, Path(data_dir))
        facts = replace(facts, priors=fit(facts, runner))
        for part in runner.parts(facts, as_of, history, tell):
            add(out, part.collected)
            tables.append(part.tables)
    result = _tables(engine, out, tables, facts, as_of)
    run = _store(engine, Path(data_dir), result, as_of, now)
    _ask(engine, out.proposals, now)
    return replace(run, platforms=len(facts.sites))


def _tables(
    engine: Engine, out: Collected, parts: list[dict[str, list[dict[str, Any]]]], facts: Facts, as_of: dt.date
) -> dict[str, pa.Table]:
    cited: set[Cited] = set()
    extra: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        for name, rows in part.items():
            extra.setdefault(name, []).extend(rows)
    for rows in (out.findings, out.warnings, *extra.values()):
        for row in rows:
            cited.update(row.get("evidence") or ())
    for row in out.ratings:
        for one in row["reason_evidence"]:
            cited.update(one)
    ids = resolve(engine, cited)
    count: dict[str, int] = {}
    evidence = sorted({e["id"]: e for e in ids.values()}.values(), key=lambda e: (e["host"], e["id"]))
    for e in evidence:
        count[e["host"]] = count.get(e["host"], 0) + 1
    for row in out.ratings:
        row["evidence_n"] = count.get(row["host"], 0)  # reports by users are shown and do not count
    told = [e for e in reports(engine, end_of_day(as_of)) if e["host"] in {r["host"] for r in out.ratings}]
    rows_of: dict[str, list[dict[str, Any]]] = {
        "ratings": named(out.ratings, ids),
        "findings": named(out.findings, ids),
        "warnings": named(out.warnings, ids),
        "changes": out.changes,
        "evidence": sorted(evidence + told, key=lambda e: (e["host"], e["id"])),
        "responses": responses(engine, end_of_day(as_of)),
        "disputes": disputes(engine, end_of_day(as_of)),
        "corrections": corrections(engine, end_of_day(as_of)),
        "sources": source_health(engine, end_of_day(as_of)),
        "sector": sector_rows(facts),
        **{name: named(rows, ids) for name, rows in extra.items()},
    }
    tables = {
        n: pa.Table.from_pylist(rows_of.get(n, []), schema=s) for n, s in TABLES.items() if n != "history"
    }
    empty = TABLES["history"].empty_table()
    tables["history"] = pa.concat_tables(out.history) if out.history else empty
    order = {
        "ratings": ["host"],
        "findings": ["host", "indicator"],
        "warnings": ["host", "on"],
        "changes": ["host", "on", "what"],
        "series": ["host", "measure", "on"],
        "sources": ["source"],
    }
    return {
        n: t.sort_by([(c, "ascending") for c in order.get(n, [])]) if n in order else t
        for n, t in tables.items()
    }


def _store(
    engine: Engine, data_dir: Path, tables: dict[str, pa.Table], as_of: dt.date, now: dt.datetime
) -> Run:
    """Write to a temporary folder, make it durable, rename it, then record it."""
    base = data_dir / "rated"
    base.mkdir(parents=True, exist_ok=True)
    for leftover in base.glob(".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary = base / f".tmp-{os.getpid()}"
    temporary.mkdir()
    digest = hashlib.sha256()
    for name in sorted(tables):
        file = temporary / f"{name}.parquet"
        write_parquet(tables[name], file)
        digest.update(name.encode() + file.read_bytes())
    sha256 = digest.hexdigest()
    folder = base / f"{as_of.isoformat()}-{method.METHOD_VERSION}-{sha256[:12]}"
    sync(temporary)
    if folder.exists():
        shutil.rmtree(temporary)
    else:
        temporary.rename(folder)
        sync_folder(base)
    with engine.begin() as connection:
        same = select(RatedRun.id).where(RatedRun.folder == folder.name)
        if connection.execute(same).first() is not None:
            connection.execute(delete(RatedRun).where(RatedRun.folder == folder.name))
        connection.execute(
            insert(RatedRun).values(
                as_of=as_of,
                method_version=method.METHOD_VERSION,
                folder=folder.name,
                sha256=sha256,
                finished_at=now,
            )
        )
    return Run(folder, as_of, method.METHOD_VERSION, sha256, 0)


def write_parquet(table: pa.Table, file: Path) -> None:
    """One table as Parquet, the same bytes for the same rows; in groups of rows, so that a reader can skip most of them."""
    pq.write_table(table, file, compression="zstd", row_group_size=ROW_GROUP)


def sync(folder: Path) -> None:
    """Make every file of a folder durable."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    for sub in (*[p for p in folder.rglob("*") if p.is_dir()], folder):
        sync_folder(sub)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _ask(engine: Engine, proposals: list[tuple[str, str, str]], now: dt.datetime) -> None:
    """Put what a person must decide into the review queue, once."""
    with engine.begin() as connection:
        known = set(
            connection.scalars(select(Review.key).where(Review.key.in_([k for _, k, _ in proposals])))
        )
        for kind, key, host in proposals:
            if key not in known:
                known.add(key)
                connection.execute(
                    insert(Review).values(
                        kind=kind, key=key, subject=host, detail={"host": host}, opened_at=now
                    )
                )
