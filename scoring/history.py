"""The history table of a chunk: one row for every platform and day since it was first seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from scoring.grade import GRADES
from scoring.judge import Judged, first_seen
from scoring.snapshot import TABLES
from scoring.warning import STATES


def history_table(judged: Judged) -> pa.Table:
    """Score, interval, grade, coverage and warning state by day; numbers to six decimals."""
    facts = judged.facts
    sites, days = facts.shape
    begun = np.minimum(first_seen(facts), days - 1)
    keep = np.arange(days)[None, :] >= begun[:, None]
    flat = keep.ravel()
    rated = (judged.grade != 5).ravel()[flat]

    def number(panel: Any) -> pa.Array:
        return pa.array(np.round(panel.ravel()[flat], 6), mask=~rated)

    names = pa.array([s.host for s in facts.sites])
    at = np.repeat(np.arange(sites, dtype=np.int32), days)[flat]
    on = np.tile(np.arange(facts.first_day, facts.first_day + days, dtype=np.int32), sites)[flat]
    return pa.table(
        {
            "host": names.take(pa.array(at)),
            "on": pa.array(on, pa.int32()).cast(pa.date32()),
            "score": number(judged.score),
            "score_low": number(judged.low),
            "score_high": number(judged.high),
            "grade": pa.array(GRADES).take(pa.array(judged.grade.ravel()[flat].astype(np.int32))),
            "coverage": np.round(judged.coverage.ravel()[flat], 6),
            "warning_state": pa.array(STATES).take(
                pa.array(judged.warned.state.ravel()[flat].astype(np.int32))
            ),
        },
        schema=TABLES["history"],
    )
