"""What `import kamengwatch` offers in a notebook: published tables as data frames, and the product's own reading and rating.

Nothing here reaches the network. Tables and columns are those of docs/snapshot.md; records are those of docs/evidence-format.md.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kamengwatch.config import Config
from scoring.snapshot.reader import TABLES, Snapshot, SnapshotError
from store.china_time import SHANGHAI
from store.text.dates import moment_in
from store.text.query import Query, parse_query

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Market", "Query", "classify", "open_snapshot", "parse_query", "rate_evidence"]


class Market:
    """A published snapshot as tables. `as_of` is its Shanghai day, `refused` the records `rate_evidence` could not take."""

    def __init__(self, path: Path | str) -> None:
        """Open a snapshot's folder; raises SnapshotError when it is not one."""
        self._snapshot = Snapshot(path)
        self.path = self._snapshot.path
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.refused: list[tuple[int, str]] = []

    def __repr__(self) -> str:
        return f"<Market {self._snapshot.id}, as of {self.as_of}, sites: {len(self._snapshot.hosts())}>"

    @property
    def as_of(self) -> dt.date:
        """The day the ratings are for."""
        return dt.date.fromisoformat(str(self._snapshot.manifest["as_of"]))

    @property
    def method_version(self) -> str:
        """The version of the method that made the ratings."""
        return str(self._snapshot.manifest["method_version"])

    @property
    def tables(self) -> list[str]:
        """The names of the tables there are."""
        return sorted(TABLES)

    def arrow(self, table: str, host: str | None = None) -> pa.Table:
        """One table, or its rows about `host`, as Arrow; raises ValueError for a table or host column there is not."""
        if table not in TABLES:
            raise ValueError(f"no table {table!r}: use one of {', '.join(self.tables)}")
        if host is None:
            return self._snapshot.arrow(f'select * from "{table}"')  # noqa: S608 - one of the known names
        if "host" not in TABLES[table].names:
            raise ValueError(f"table {table!r} is not about single sites: leave out host")
        return self._snapshot.arrow(f'select * from "{table}" where host = ?', [_key(host)])  # noqa: S608 - as above

    def table(self, table: str, host: str | None = None) -> pd.DataFrame:
        """The same as a pandas data frame."""
        return self.arrow(table, host).to_pandas()

    def ratings(self) -> pd.DataFrame:
        """One row a site: score, grade, warning state, verdict, drop rate and coverage, with their intervals."""
        return self.table("ratings")

    def findings(self, host: str | None = None) -> pd.DataFrame:
        """One row an indicator and site: outcome, value, sentence, and the ids of the evidence behind it."""
        return self.table("findings", host)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer of a read-only SQL query (DuckDB) over the tables; raises duckdb.Error for a query that makes no sense."""
        return self._snapshot.arrow(sql, parameters).to_pandas()


def open_snapshot(path: Path | str) -> Market:
    """The newest snapshot of a data folder, or the snapshot whose folder is given; raises SnapshotError when there is none."""
    folder = Path(path)
    if (folder / "manifest.json").is_file():
        return Market(folder)
    latest = folder / "snapshots" / "latest"
    if not (latest / "manifest.json").is_file():
        raise SnapshotError(
            f"{folder}: 这里没有发布的快照 no published snapshot here: run `kamengwatch publish`, or give the snapshot's folder"
        )
    return Market(latest)


def classify(texts: Iterable[str]) -> pd.DataFrame:
    """The kinds of complaint texts: columns `text`, `primary` (a kind's id) and `kinds` (a tuple of all that are named)."""
    import pandas as pd

    from store.complaint_kinds.classify import classify_many

    if isinstance(texts, str):
        raise TypeError("classify takes several texts: classify([text])")
    given = list(texts)
    found = classify_many(given)
    return pd.DataFrame(
        {"text": given, "primary": [one.primary for one in found], "kinds": [one.kinds for one in found]}
    )


def rate_evidence(records: pd.DataFrame | Iterable[Mapping[str, Any]], as_of: dt.date | str) -> Market:
    """Rate records of the open evidence format as they stood at the end of a Shanghai day, in a folder that goes with the result.

    `records` has one record a row (a data frame's empty cells are left out) or a mapping. A time without a zone is China
    time. Records that cannot be taken are in `refused` of the result, with their number, counted from 1, and the reason; the
    rest is rated. Raises ValueError when there is nothing to rate.
    """
    from scoring.engine.backends import chosen
    from scoring.engine.rate import rate
    from scoring.publish.publisher import publish

    day = dt.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    folder = tempfile.TemporaryDirectory(prefix="kamengwatch-notebook-")
    end = dt.datetime.combine(day, dt.time(23, 59, 59), SHANGHAI)
    config = Config(data_dir=Path(folder.name), fixed_now=end.astimezone(dt.UTC))
    try:
        refused = _take_in(config, records)
        if not rate(config.engine, config.data_dir, day, config.now(), chosen()).platforms:
            raise ValueError(f"no site to rate: {refused[0][1] if refused else 'there is no record'}")
        market = Market(publish(config.engine, config.data_dir, config.now()))
    finally:
        config.engine.dispose()
    market.refused, market._folder = refused, folder
    return market


def _take_in(config: Config, records: Any) -> list[tuple[int, str]]:
    """Import the records as `kamengwatch import` does; returns those refused."""
    from kamengwatch.intake.evidence_import import register_known_sources
    from store.evidence.complainant_pseudonyms import Complainants
    from store.evidence.ingest import Ingest, import_lines

    register_known_sources(config)
    people = Complainants(config.data_dir, config.now())
    ingest = Ingest(config.engine, config.now(), accept_new=True, complainants=people)
    rows = records.to_dict("records") if hasattr(records, "to_dict") else records
    refused: list[tuple[int, str]] = []
    for _, saved in import_lines(ingest, (json.dumps(_plain(row), ensure_ascii=False) for row in rows)):
        refused += [(one.line, one.reason) for one in saved.refused]
    return refused


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without empty cells, its times with a zone and its numbers Python's own."""
    plain: dict[str, Any] = {}
    for name, value in record.items():
        if value is None or value != value:  # only NaN and NaT differ from themselves
            continue
        if name.endswith("_at") and (moment := moment_in(value)):
            plain[name] = moment.isoformat()
        elif isinstance(value, dt.date):
            plain[name] = value.isoformat()[:10]
        else:
            plain[name] = value.item() if hasattr(value, "item") else value
    return plain


def _key(host: str) -> str:
    """The key of a site as somebody may have typed it; what is no address stays as it is."""
    return parse_query(host).host or host
