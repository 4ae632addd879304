"""`rate`: judge everything visible up to a day and store the tables whole or not at all; the same input gives the same folder."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock
from sqlalchemy import Engine, delete, func, select

from scoring import method
from scoring.engine.backends import Embedded, Progress, RatingEngine
from scoring.engine.evidence_ids import EvidenceResolver
from scoring.engine.load_market import load_dataset
from scoring.engine.sector_context import FOLDER, keep_context
from scoring.features.population import fit_population_priors
from scoring.observations.dataset import Dataset, FittedDataset, Floats
from scoring.observations.day_index import end_of_day
from scoring.observations.disk_columns import Scratch
from scoring.rating.closures import closure_figures
from scoring.snapshot.reader import TABLES
from scoring.snapshot.writer import SINGLE, Writing, writing
from scoring.tables.figures import about_all_rows
from scoring.tables.network import cluster_rows
from scoring.tables.registers import aliases, corrections, disputes, responses, source_health
from scoring.tables.sector import Tally, drop_figures, sector_rows, tally, unread_week_rows
from store.db.tables import Complaint, RatedRun, Review
from store.db.upsert import insert_for

LOCK = ".rated.lock"
"""In the data folder: who may write what was rated singly (scoring/engine/single_sites.py)."""
_MEDIANS = "medians.parquet"
_HOST = itemgetter("host")
"""Rows are put in order here: databases do not agree on how words are sorted."""


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
    Raises what that engine raises (scoring/engine/backends.py), and ProcessLost; then nothing is stored.
    """
    tell = progress or (lambda note: None)
    tell("reading facts")
    facts = load_dataset(engine, as_of, Scratch(Path(data_dir)))
    base, proposals, sector = Path(data_dir) / "rated", [], tally(facts.chunk(0, 0))
    with on or Embedded() as runner, writing(base) as out:
        runner.load(facts, Path(data_dir))
        facts = facts.fitted(fit_population_priors(facts, runner))
        finish = EvidenceResolver(engine, facts, as_of)
        for part in runner.parts(facts, as_of, history, finish, tell):
            out.add(part.tables)
            proposals += part.proposals
            sector += part.sector
        out.add(_about_all(engine, sector, facts, as_of))
        run = _store(engine, out, base, as_of, now, facts)
    _keep_medians(Path(data_dir), facts.priors.products)
    ask(engine, proposals, now)
    return replace(run, platforms=len(facts.sites))


def _about_all(engine: Engine, sector: Tally, facts: Dataset, as_of: dt.date) -> dict[str, pa.Table]:
    """The tables that are not made chunk by chunk."""
    last_day = facts.last_day
    end = end_of_day(as_of)
    rows = {
        "responses": sorted(responses(engine, end), key=_HOST),
        "disputes": sorted(disputes(engine, end), key=_HOST),
        "corrections": sorted(corrections(engine, end), key=_HOST),
        "sources": sorted(source_health(engine, end), key=itemgetter("source")),
        "sector": sector_rows(sector, last_day) + unread_week_rows(facts),
        "clusters": cluster_rows(facts.kin.links),
        "identifiers": aliases(engine, end),
        "places": list(facts.places),
        "figures": about_all_rows(
            facts, (*closure_figures(sector.closures, last_day), *drop_figures(sector, last_day))
        ),
    }
    return {name: pa.Table.from_pylist(found, schema=TABLES[name]) for name, found in rows.items()}


def _store(
    engine: Engine, out: Writing, base: Path, as_of: dt.date, now: dt.datetime, facts: FittedDataset
) -> Run:
    """Make the folder durable, rename it, then record it. Single ratings stand on the newest alone: older ones need no context."""
    sha256 = out.finish()
    folder = base / f"{as_of.isoformat()}-{method.METHOD_VERSION}-{sha256[:12]}"
    with FileLock(base.with_name(LOCK)):
        out.place(folder, sha256)
        shutil.rmtree(folder / SINGLE, ignore_errors=True)
        keep_context(facts, as_of, _unread(engine, facts, as_of), folder)
    row = {
        "as_of": as_of,
        "method_version": method.METHOD_VERSION,
        "folder": folder.name,
        "sha256": sha256,
        "finished_at": now,
    }
    with engine.begin() as connection:
        connection.execute(delete(RatedRun).where(RatedRun.folder == folder.name))
        # Another rating of the same may have put its row there meanwhile.
        connection.execute(insert_for(connection, RatedRun).on_conflict_do_nothing(), [row])
    for old in base.iterdir():
        if old != folder and old.is_dir():
            shutil.rmtree(old / FOLDER, ignore_errors=True)
            shutil.rmtree(old / SINGLE, ignore_errors=True)
    return Run(folder, as_of, method.METHOD_VERSION, sha256, 0)


def _unread(engine: Engine, facts: FittedDataset, as_of: dt.date) -> int:
    """The number from which complaints may be none of those read: seen after the day, or stored since."""
    newest = int(facts.rows["complaint"].id.max(initial=0)) + 1
    with engine.connect() as connection:
        later = connection.scalar(
            select(func.min(Complaint.id)).where(Complaint.seen_at >= end_of_day(as_of))
        )
    return newest if later is None else min(newest, later)


def ask(engine: Engine, proposals: list[tuple[str, str, str]], now: dt.datetime) -> None:
    """Put what a person must decide into the review queue, once."""
    with engine.begin() as connection:
        known = set(
            connection.scalars(select(Review.key).where(Review.key.in_([k for _, k, _ in proposals])))
        )
        for kind, key, host in proposals:
            if key not in known:
                row = {"kind": kind, "key": key, "subject": host, "detail": {"host": host}, "opened_at": now}
                connection.execute(insert_for(connection, Review).on_conflict_do_nothing(), [row])


def _keep_medians(data_dir: Path, products: dict[str, tuple[Any, Floats]]) -> None:
    """Keep the last known median price of each ware beside the looks, for a look at a shop nobody watches."""
    newest = {ware: known[-1] for ware, (_, at) in products.items() if len(known := at[np.isfinite(at)])}
    fresh = data_dir / "looks" / "medians.new"
    fresh.parent.mkdir(mode=0o700, exist_ok=True)
    pq.write_table(pa.table({"ware": list(newest), "price": pa.array(newest.values(), pa.float64())}), fresh)
    fresh.replace(fresh.with_name(_MEDIANS))


def medians_in(data_dir: Path) -> dict[str, float]:
    """Ware -> its median price over the market by the last rating; empty before the first."""
    file = data_dir / "looks" / _MEDIANS
    if not file.is_file():
        return {}
    ware, price = pq.read_table(file).columns
    return dict(zip(ware.to_pylist(), price.to_pylist(), strict=True))
