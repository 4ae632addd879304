"""What nearly every program does for the first time again, done once by the process they are forked from: half a second of each.

Nothing of it depends on settings or is kept but the SQL of statements and the models of the kinds of complaints.
"""

import datetime as dt

from sqlalchemy import StaticPool, create_engine

from scoring.engine.load_market import load_dataset
from store.complaint_kinds.classify import classify_many
from store.db.engine import migrate
from store.evidence.ingest import Ingest
from tests.support.programs import settings  # noqa: F401  (forks keep what was written out as SQL)

_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_engine = create_engine("sqlite://", poolclass=StaticPool)
migrate(_engine)
Ingest(_engine, _DAY)
load_dataset(_engine, _DAY.date())
_engine.dispose()
classify_many(["付款成功但一直没到账"])
