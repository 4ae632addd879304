"""Made markets taken in, rated, published and computed again, one after another in one folder, quick enough for hundreds."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select, update

from kamengwatch.recompute.difference import Compared, compare
from scoring.engine.rate import rate
from scoring.publish.publisher import publish
from scoring.snapshot.reader import Snapshot
from store.db.engine import default_url, open_engine
from store.db.tables import Base
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.generated import RATED, START, MadeMarket
from tests.support.markets.judged_records import empty_database

AS_OF = (START + dt.timedelta(days=RATED)).date()
NOW = (START + dt.timedelta(days=400)).astimezone(dt.UTC)
"""Long after everything in a market: what the rated day could not know is in the database."""


@dataclass
class Play:
    """A folder for one market after another. Its engine stays, because it keeps the statements it once compiled."""

    folder: Path
    engine: Engine
    figures: Counter[str] = field(default_factory=Counter)
    markets: int = 0

    def recomputed(self, market: MadeMarket) -> Compared:
        """The market as published, held against its recomputation."""
        found = compare(self.engine, self.published(market))
        self.figures += found.figures
        self.markets += 1
        return found

    def published(self, market: MadeMarket) -> Snapshot:
        """The market, alone in the folder, as published."""
        self.engine.dispose()
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.copyfile(empty_database(), self.folder / "kamengwatch.db")
        return published(self.engine, self.folder, market)


@contextmanager
def play() -> Iterator[Play]:
    """A Play in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="kw-made-") as name:
        engine = open_engine(default_url(Path(name)))
        yield Play(Path(name), engine)
        engine.dispose()


def published(engine: Engine, folder: Path, market: MadeMarket) -> Snapshot:
    """Take a market in, take back what is withdrawn, rate it as of RATED and publish."""
    saved = import_records(Ingest(engine, NOW, accept_new=True), market.records)
    assert not saved.refused, saved.refused[:3]
    _withdraw(engine, market)
    rate(engine, folder, AS_OF, NOW)
    return Snapshot(publish(engine, folder, NOW))


def _withdraw(engine: Engine, market: MadeMarket) -> None:
    with engine.begin() as connection:
        for name, which, day in market.withdrawn:
            table = Base.metadata.tables[name]
            ids = connection.scalars(select(table.c.id).order_by(table.c.id)).all()
            if ids:
                at = START + dt.timedelta(days=day, hours=12)
                chosen = table.c.id == ids[which % len(ids)]
                connection.execute(update(table).where(chosen).values(withdrawn_at=at))
