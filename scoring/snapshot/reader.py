"""Read a published snapshot: the schema of its tables and a small query interface over them.

It imports none of our packages and writes nothing, so the dashboard and anyone else can rely on it alone.
The writer is scoring/publish/publisher.py; docs/snapshot.md is generated from TABLES.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

VERDICTS = ("蓝", "黄", "橙", "红", "灰")
"""Verdict words, best to worst, 灰 = not rated."""
VERDICT_CODES = {"蓝": "blue", "黄": "yellow", "橙": "orange", "红": "red", "灰": "grey"}
"""A verdict in addresses, styles, lists and English columns."""
TIER = {"蓝": 1, "黄": 2, "橙": 3, "红": 3, "灰": None}
VERDICT_LOOK = {
    "蓝": ("●", "#0B4FA0", "#FFFFFF"),
    "黄": ("◆", "#E0AC00", "#1B1F24"),
    "橙": ("▲", "#C8500A", "#FFFFFF"),
    "红": ("⬣", "#6E0017", "#FFFFFF"),
    "灰": ("○?", "#7C7C7C", "#FFFFFF"),
}
"""Shape, colour on a light ground and the ink upon it; grey and orange bear only large or graphic ink (product.md 6.4)."""
WARNING_WORDS = {
    "normal": ("正常", "normal"),
    "watch": ("关注", "watch"),
    "warning": ("预警", "warning"),
    "alarm": ("警报", "alarm"),
    "closed": ("停运", "closed"),
    "stale": ("数据中断", "data interrupted"),
}
"""What each warning state is called, in Chinese and in English."""
WARNING_STATES = tuple(WARNING_WORDS)
SERIOUS_FIRST = ("alarm", "closed", "warning", "watch", "normal", "stale")
"""The states a site may move to, in the order in which changes are told."""
GRADES = ("A", "B", "C", "D", "E", "NR")


def whole_points(value: float) -> int:
    """A score, an end of its interval or a coverage as everybody reads it: whole and rounded down, so that none reads as a cut it does not
    reach (69.7 is below 70)."""
    return math.floor(round(value, 6))


def titles_by_name(findings: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """An indicator's titles, Chinese and English, by its id and by either of them: whoever objects types what they saw."""
    rows = list(findings)
    names = ("title_en", "title_zh", "indicator")
    return {row[name]: (row["title_zh"], row["title_en"]) for name in names for row in rows}


OUTCOMES = ("ok", "concern", "unknown", "hidden", "not_applicable")
DROP_KINDS = ("payment_not_synced", "stuck", "record_lost", "unspecified")

_S, _F, _I, _D, _T, _B = (
    pa.string(),
    pa.float64(),
    pa.int64(),
    pa.date32(),
    pa.timestamp("us", tz="UTC"),
    pa.bool_(),
)
_IDS = pa.list_(pa.string())
_DROP_BY_KIND = [(f"drop_rate_{k}{s}", _F) for k in DROP_KINDS for s in ("", "_low", "_high", "_n")]

TABLES: dict[str, pa.Schema] = {
    # One row per platform. score is 0-100 (higher is better), low/high its 90 % interval; score_cap names the cap that
    # decides the score, which is then no estimate with an interval; warning_since is null where no change was seen since first_seen_on; shares are 0-1, coverage 0-100.
    "ratings": pa.schema(
        [("host", _S), ("name", _S), ("aliases", _IDS), ("operator", _S), ("operator_uscc", _S)]
        + [
            ("score", _F),
            ("score_low", _F),
            ("score_high", _F),
            ("score_cap", _S),
            ("grade", _S),
            ("coverage", _F),
        ]
        + [("warning_state", _S), ("warning_since", _D), ("verdict", _S), ("tier", pa.int32())]
        + [("alarm_proposed_on", _D)]
        + [("filing_state", _S), ("filing_number", _S), ("filing_province", _S), ("filing_checked_on", _D)]
        + [("software", _S), ("software_version", _S), ("sells", _S)]
        + [("drop_rate", _F), ("drop_rate_low", _F), ("drop_rate_high", _F), ("drop_rate_basis", _S)]
        + [("drop_rate_n", _F), ("drop_rate_why_zh", _S), ("drop_rate_why_en", _S)]
        # The same as a multiple of the sector's median; null where fewer than ten sites' orders are known.
        + [("drop_rate_relative", _F), ("drop_rate_relative_low", _F), ("drop_rate_relative_high", _F)]
        + _DROP_BY_KIND
        + [("complaints_30d", _I), ("complaints_total", _I), ("complainants_30d", _I)]
        + [("advice_zh", _S), ("advice_en", _S), ("reasons_zh", _IDS), ("reasons_en", _IDS)]
        + [("reason_evidence", pa.list_(_IDS)), ("blind_spots_zh", _IDS), ("blind_spots_en", _IDS)]
        + [
            ("evidence_n", _I),
            ("sources_n", _I),
            ("confidence", _S),
            ("first_seen_on", _D),
            ("last_evidence_at", _T),
        ]
        # The fewest findings that, at their best (worst), would move the site to a better (worse) tier, and the sentence.
        + [("better_facts", _IDS), ("better_zh", _S), ("better_en", _S)]
        + [("worse_facts", _IDS), ("worse_zh", _S), ("worse_en", _S)]
        # Which rule of the method decides the verdict; what a buyer can lose here beyond one order (empty where nothing was read).
        + [("verdict_why_zh", _S), ("verdict_why_en", _S), ("at_stake_zh", _S), ("at_stake_en", _S)]
        + [("disputed", _B), ("demo", _B), ("as_of", _D), ("method_version", _S)]
    ),
    # platform x indicator; contribution is in score points and sums to the score over one host.
    "findings": pa.schema(
        [
            ("host", _S),
            ("indicator", _S),
            ("dimension", _S),
            ("title_zh", _S),
            ("title_en", _S),
            ("outcome", _S),
        ]
        + [("value", _F), ("unit", _S), ("n", _F), ("weight", _F), ("utility", _F), ("strength", _F)]
        + [("contribution", _F), ("sentence_zh", _S), ("sentence_en", _S), ("evidence", _IDS)]
        + [("limits_zh", _S), ("limits_en", _S)]
    ),
    "history": pa.schema(
        [("host", _S), ("on", _D), ("score", _F), ("score_low", _F), ("score_high", _F), ("grade", _S)]
        + [("coverage", _F), ("warning_state", _S)]
    ),
    "warnings": pa.schema(
        [("host", _S), ("on", _D), ("from_state", _S), ("to_state", _S), ("reason_zh", _S), ("reason_en", _S)]
        + [("evidence", _IDS)]
    ),
    "changes": pa.schema(
        [("host", _S), ("on", _D), ("cause", _S), ("what", _S), ("from", _S), ("to", _S), ("sentence_zh", _S)]
        + [("sentence_en", _S)]
    ),
    # refund_open_<d>d: share of the site's refund complaints open after d days, n at risk, 90 % interval; refund_censored_<d>d: n
    # still open today after d days. price_sector_<product>: the latest price (value, yuan), the sector's median that day in
    # `low`, n prices seen.
    "series": pa.schema(
        [("host", _S), ("on", _D), ("measure", _S), ("value", _F), ("n", _F), ("low", _F), ("high", _F)]
    ),
    # aspect: filing | footer | company | licence | operator | F1-F15 (a rule that applies); agrees: yes | no | unknown.
    "identity": pa.schema(
        [("host", _S), ("aspect", _S), ("shown", _S), ("registered", _S), ("agrees", _S), ("source", _S)]
        + [("observed_on", _D), ("sentence_zh", _S), ("sentence_en", _S)]
        + [("confidence", _F), ("evidence", _IDS)]
    ),
    # kept, broken: known orders. complaints: claims that concern the promise, those settled within its time limit, those overdue.
    "promises": pa.schema(
        [
            ("host", _S),
            ("promise", _S),
            ("text", _S),
            ("first_seen_on", _D),
            ("last_seen_on", _D),
            ("state", _S),
        ]
        + [
            ("kept", _I),
            ("broken", _I),
            ("complaints", _I),
            ("complaints_in_time", _I),
            ("complaints_overdue", _I),
        ]
        + [("evidence", _IDS)]
    ),
    "links": pa.schema(
        [("host", _S), ("other", _S), ("relation", _S), ("since", _D), ("confidence", _F), ("reason_zh", _S)]
        + [("reason_en", _S), ("evidence", _IDS)]
    ),
    # Sites joined by rows of `links`, directly or through others: each with the first host of its cluster by name. A site without a link is in none.
    "clusters": pa.schema([("cluster", _S), ("site", _S)]),
    # Other hosts of the site's own: via redirect | notice (its pages or channel name it) | certificate (on one certificate with it, which
    # is a hint and no move by itself); `on` is when it was first seen.
    "moves": pa.schema(
        [("host", _S), ("to_host", _S), ("via", _S), ("on", _D), ("source", _S), ("evidence", _IDS)]
    ),
    # What a site was called and registered as: kind name | host | site_name (the filing's) | filing | company (the filing's) |
    # footer_company | uscc | registrar | dns_alias | country; first and last seen so. Of natural persons nothing.
    "identifiers": pa.schema(
        [("host", _S), ("kind", _S), ("value", _S), ("since", _D), ("until", _D), ("source", _S)]
        + [("evidence", _IDS)]
    ),
    # Whom one may notify, by role: registrar | network (whose name its address leads to) | payment | filing_authority | market_authority |
    # mall. `name` is null where it is not known; the sentence says from what, or why not.
    "notify": pa.schema(
        [("host", _S), ("role", _S), ("name", _S), ("source", _S), ("observed_on", _D), ("sentence_zh", _S)]
        + [("sentence_en", _S), ("evidence", _IDS)]
    ),
    # The last look of each place we look from (at most a day older than the newest): outcome ok | slow | down | refused, and the layers of the probe;
    # place is empty for our own. `agreed`: of the places that looked, a majority says down. Empty where only we look.
    "places": pa.schema(
        [("host", _S), ("place", _S), ("mainland", _B), ("observed_at", _T), ("outcome", _S), ("class", _S)]
        + [("status", _I), ("dns", _S), ("tcp", _S), ("tls", _S), ("agreed", _B)]
    ),
    # What the site's own pages state against drops (scoring/tables/practices.py): ids stated and lacking, and for each lacking what to do.
    "practices": pa.schema(
        [("host", _S), ("stated", _IDS), ("lacking", _IDS), ("improve_zh", _IDS), ("improve_en", _IDS)]
        + [("evidence", _IDS)]
    ),
    # tier: A official record, B archived by us from the site itself, C public complaint, D a lead: a list or index kept by others, or handed in by users.
    "evidence": pa.schema(
        [
            ("id", _S),
            ("host", _S),
            ("kind", _S),
            ("tier", _S),
            ("claim_zh", _S),
            ("claim_en", _S),
            ("source", _S),
        ]
        + [("link", _S), ("event_on", _D), ("seen_at", _T), ("sha256", _S), ("archive", _S), ("offset", _I)]
    ),
    # Every number a sentence states (docs/figures.md defines the names): n of `of` where it is a share, the window inclusive. host is
    # empty for all sites together; place: rating | finding:<indicator> | warning:<day> | sector | promise:<promise>.
    "figures": pa.schema(
        [("host", _S), ("place", _S), ("name", _S), ("value", _F), ("n", _F), ("of", _F), ("since", _D)]
        + [("until", _D), ("unit", _S)]
    ),
    # Complaints that are shown and not counted among complainants: reason copy | held (a possible campaign, from `since` on and before
    # the day `until` on which a person released it).
    "set_aside": pa.schema([("host", _S), ("reason", _S), ("since", _D), ("until", _D), ("evidence", _IDS)]),
    # All sites together. drops_<kind>: complaints (value) and sites (n) in the week of Monday `on`; week_unread:
    # the sources were not read in it, or not in full, so that its numbers are a part. drop_hour: bin = 24 x
    # (weekday - 1) + hour of filing, drops (value) among n complaints. drop_peak: the hour that stands out most, its share of
    # drops, overall share in `low`; drop_peak_p: its p, corrected for 168 hours. drop_holiday_<festival>: the public holiday
    # that stands out most by day of filing, its share of drops, that of ordinary days in `low`, n complaints on it;
    # drop_holiday_p: its p, corrected for the festivals. refund_open: share of refund complaints open after `bin` days, n at
    # risk, 90 % interval; refund_censored: n still open today after `bin` days.
    "sector": pa.schema(
        [("measure", _S), ("on", _D), ("bin", _I), ("value", _F), ("n", _F), ("low", _F), ("high", _F)]
    ),
    "responses": pa.schema([("host", _S), ("on", _D), ("text", _S), ("link", _S)]),
    "corrections": pa.schema(
        [("host", _S), ("on", _D), ("outcome", _S), ("sentence_zh", _S), ("sentence_en", _S)]
    ),
    # Every objection and what became of it; its words are not published, what it concerns is.
    "disputes": pa.schema(
        [("host", _S), ("about", _S), ("received_on", _D), ("acknowledged_on", _D), ("decided_on", _D)]
        + [("outcome", _S)]
    ),
    # health: ok | stale | failed | blocked | not_configured | never. Of the complaint numbers the site gave in the last 7 days
    # (numbers_given) the polls saw numbers_seen; null where a source has none or was not polled.
    "sources": pa.schema(
        [("source", _S), ("title_zh", _S), ("title_en", _S), ("publisher", _S), ("kind", _S), ("health", _S)]
        + [
            ("last_ok_at", _T),
            ("last_started_at", _T),
            ("last_outcome", _S),
            ("last_reason", _S),
            ("records", _I),
            ("numbers_seen", _I),
            ("numbers_given", _I),
        ]
        + [("blind_zh", _S), ("blind_en", _S)]
    ),
}

OF_SITES = tuple(name for name, schema in TABLES.items() if "host" in schema.names)
"""The tables that speak of single sites."""
SIGNATURE = "manifest.sig"
"""The operator's signature of the manifest, beside it (scoring/snapshot/signing.py); in no list, because it is made last."""
DELTA = "delta.zip"
"""Beside the snapshots: what the newest whole one changed of the one before (scoring/snapshot/delta.py)."""
SITES = "sites"
"""The folder of a partial snapshot that holds the rows of its sites, a file a table."""
LATER = frozenset(
    {"practices", "disputes", "figures", "set_aside", "clusters", "moves", "identifiers", "notify", "places"}
)
"""Tables a snapshot of an earlier method does not have: empty there, unless its manifest names the file."""

_RATED = "(tier is not null and (verdict = '红' or grade is not null and grade <> 'NR' and warning_state <> 'stale'))"
RANKED_SQL = f"""
select row_number() over (order by rated desc, if(rated, tier, null), if(rated, score_low, null) desc nulls last,
    if(rated, score, null) desc nulls last, host) as position, * from (
  select coalesce({_RATED}, false) as rated, host, lower(coalesce(name, '')) as name, aliases, filing_number, tier, round(score_low, 6) as score_low,
    round(score, 6) as score, coverage, warning_state, filing_state, filing_province, software, sells from {{ratings}})
order by position"""  # noqa: S608 - fixed text
"""`ranked`: tier, inside it the lower bound, then the score, then the host; unrated sites (rated = false) by host at the end."""
SOUGHT_SQL = """
select * from (
  select lower(name) as word, 'name' as kind, host from {ratings} where name <> ''
  union all select unnest(aliases), 'alias', host from {ratings}
  union all select filing_number, 'number', host from {ratings}
  union all select lower(operator), 'operator', host from {ratings}
  union all select operator_uscc, 'uscc', host from {ratings})
where word is not null order by word, kind, host"""
"""`sought`: every name and company (in small letters), alias, filing number and company code of every site, in the order of the words."""
SLIM = {"ranked": RANKED_SQL, "sought": SOUGHT_SQL}
"""Slim copies of the ratings in another order, as files beside the tables (scoring/publish/exports.py); without a file it is only slower."""

# What the warning recommends plans a query twice, and planning reads all that a Parquet file says of itself: with a million
# sites a third of the time of a look-up. The copy it would spare is of the few rows a page asks for.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy", UserWarning)


_MISTAKES = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.DataError)
"""What duckdb raises about a query; whatever else it raises, and RuntimeError where its message is no text, is about a file."""


def verdict_of(row: dict[str, Any]) -> str:
    """The verdict word of a rating row; 灰 when it is not rated or its data stopped, unless 红 was confirmed before: that stands."""
    found = row.get("verdict")
    if found == "红" and row.get("as_of"):
        return "红"
    rated = row.get("grade") not in (None, "NR") and row.get("warning_state") not in (None, "stale")
    return str(found) if rated and row.get("as_of") and found in VERDICTS else "灰"


class SnapshotError(Exception):
    """The snapshot is missing or damaged; the message says which file and what to do."""


class Snapshot:
    """A published snapshot opened for reading; safe to share between threads (every query uses its own cursor)."""

    def __init__(self, path: Path | str) -> None:
        """Open the snapshot folder `path`; raises SnapshotError when it is not one."""
        self.path = Path(path).resolve()
        self.id: str = self.path.name
        try:
            self.manifest: dict[str, Any] = _object(self.path / "manifest.json")
        except FileNotFoundError as error:
            raise SnapshotError(
                f"没有可读的快照 no snapshot in {self.id}: run `kamengwatch publish` first"
            ) from error
        except (ValueError, RecursionError) as error:
            raise SnapshotError(
                f"快照清单损坏 manifest.json is damaged in {self.id}: publish again"
            ) from error
        said = self.manifest.get("partial")
        self.partial: dict[str, Any] | None = said if isinstance(said, dict) else None
        """Of a partial snapshot: `of` which whole one, the `sha256` of its manifest, which `sites` it tells anew, as of which day."""
        self.whole = self.path if self.partial is None else self._whole(self.partial)
        self._db = duckdb.connect(":memory:", config={"threads": 2})
        try:
            self._views()
        except (duckdb.Error, RuntimeError) as error:
            raise SnapshotError(f"快照文件损坏 a file of {self.id} is damaged: publish again") from error

    def _whole(self, partial: dict[str, Any]) -> Path:
        """The folder of the whole snapshot that a partial one stands on; raises SnapshotError where it is not there, or another."""
        folder = self.path.with_name(str(partial.get("of")).replace("/", ""))
        if not stands_on(partial, folder):
            raise SnapshotError(f"快照 {self.id} 依据的 {folder.name} 缺失或不符 the snapshot it stands on is missing or another: run `kamengwatch publish`")  # fmt: skip
        return folder

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of this snapshot, and that of the whole one it stands on."""
        return (self.path,) if self.partial is None else (self.path, self.whole)

    @property
    def updated(self) -> frozenset[str]:
        """The hosts that a partial snapshot tells anew."""
        return frozenset(self.partial["sites"]) if self.partial else frozenset()

    def file(self, name: str) -> Path:
        """Where a file of the snapshot lies: a partial one has few of its own."""
        own = self.path / name
        return own if self.partial is None or own.is_file() else self.whole / name

    def _views(self) -> None:
        """A view of each table and of each slim copy."""
        if self.partial is not None:
            self._db.execute(
                "create table updated as select unnest(?::varchar[]) as host", [sorted(self.updated)]
            )
        for table in TABLES:
            file = self.whole / f"{table}.parquet"
            if file.is_file():
                query = self._with_all_columns(table, file)
                own = self.path / SITES / f"{table}.parquet"
                if self.partial is not None and own.is_file():
                    query = f"select * from ({query}) anti join updated using (host) union all by name {_all_of(own)}"  # noqa: S608 - as above
                self._db.execute(f'create view "{table}" as {query}')
            elif table in LATER and file.name not in self.manifest.get("files", ()):
                self._db.register("nothing", TABLES[table].empty_table())
                self._db.execute(f'create table "{table}" as select * from nothing')  # noqa: S608 - fixed table names
            else:
                raise SnapshotError(f"快照缺少文件 {table}.parquet is missing in {self.id}: publish again")
        for name, query in SLIM.items():
            file = self.file(f"{name}.parquet")
            source = _all_of(file) if file.is_file() else query.format(ratings="ratings")
            self._db.execute(f"create view {name} as {source}")

    def _with_all_columns(self, table: str, file: Path) -> str:
        """A query for a table's file; columns it does not have yet, from before there were any, are null."""
        query = _all_of(file)
        there = {column[0] for column in self._db.execute(f"{query} limit 0").description or ()}
        if there.issuperset(TABLES[table].names):
            return query
        self._db.register("columns", TABLES[table].empty_table())
        self._db.execute(f'create table "no_{table}" as select * from columns')  # noqa: S608 - fixed table names
        return f'{query} union all by name select * from "no_{table}"'  # noqa: S608 - as above

    @classmethod
    def latest(cls, data_dir: Path | str) -> Snapshot:
        """Open the snapshot that `<data_dir>/snapshots/latest` points at."""
        return cls(Path(data_dir) / "snapshots" / "latest")

    def arrow(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The answer of a read-only query over the tables; values go in as parameters, never as text.

        Raises duckdb.Error for a query that makes no sense, SnapshotError for a damaged file.
        """
        cursor = self._db.cursor()
        try:
            cursor.execute(sql, list(parameters))
            table: pa.Table = cursor.to_arrow_table()
        except _MISTAKES:
            raise
        except (duckdb.Error, RuntimeError) as error:
            raise SnapshotError(f"快照文件损坏 a file of {self.id} is damaged: publish again") from error
        return table

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The same answer as dictionaries, one a row."""
        table = self.arrow(sql, parameters)
        try:
            names, columns = table.column_names, [_values(column) for column in table.columns]
        except (OverflowError, ValueError) as error:  # a day no calendar has, letters that are none
            raise SnapshotError(f"快照文件损坏 a file of {self.id} is damaged: publish again") from error
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def of(self, table: str, host: str, order: str = "1") -> list[dict[str, Any]]:
        """All rows of `table` about `host`; `table` must be one of TABLES, `order` one of its columns or a position."""
        name, _, way = order.partition(" ")
        if table not in TABLES or not (order.isdigit() or name in TABLES[table].names):
            raise KeyError(table)
        column = order if order.isdigit() else f'"{name}"' + (" desc" if way == "desc" else "")
        return self.rows(f'select * from "{table}" where host = ? order by {column}', [host])  # noqa: S608 - checked above

    def site(self, host: str) -> dict[str, Any] | None:
        """The rating row of `host`, or None when it is not in the snapshot."""
        return next(iter(self.rows("select * from ratings where host = ?", [host])), None)

    def hosts(self) -> list[tuple[str, str]]:
        """(host, name) of every platform, for near misses."""
        found = self.rows("select host, name from ratings order by host")
        return [(row["host"], row["name"] or "") for row in found]

    def method(self) -> dict[str, Any]:
        """The method that made this snapshot, as written by the publisher (method.json)."""
        try:
            return _object(self.file("method.json"))
        except (FileNotFoundError, ValueError) as error:
            raise SnapshotError(f"快照缺少方法说明 method.json is missing or damaged in {self.id}") from error


def _values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column. Moments, all UTC here, are dated by us: pyarrow would import pandas to know their zone, 0.3 s of work."""
    if not (pa.types.is_timestamp(column.type) and column.type.tz and column.type.unit == "us"):
        plain: list[Any] = column.to_pylist()
        return plain
    bare = (moment for chunk in column.chunks for moment in chunk.view(pa.timestamp("us")).to_pylist())
    return [moment and moment.replace(tzinfo=dt.UTC) for moment in bare]


def stands_on(partial: dict[str, Any], folder: Path) -> bool:
    """Is this the whole snapshot that a partial one names? Also where personal data was erased from it since."""
    try:
        written = (folder / "manifest.json").read_bytes()
        replaced = json.loads(written).get("replaces") or ()
    except (OSError, ValueError, AttributeError):
        return False
    return partial.get("sha256") in (hashlib.sha256(written).hexdigest(), *replaced)


@dataclass(frozen=True)
class Kept:
    """One snapshot of those kept: its folder, the last day it covers, and when it was published."""

    path: Path
    as_of: dt.date
    published_at: dt.datetime
    ratings: Path
    """The file of the ratings of all sites: of a partial snapshot that of the whole one it stands on."""

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.path.name


def kept_snapshots(data_dir: Path | str) -> list[Kept]:
    """The snapshots that can still be read, in the order of their publication; of one that was thinned too little is left."""
    found = []
    for manifest in Path(data_dir).glob("snapshots/*/manifest.json"):
        folder = manifest.parent
        if folder.is_symlink() or folder.name.startswith("."):
            continue
        try:
            told = _object(manifest)
            partial = told.get("partial")
            whole = (
                folder.with_name(str(partial["of"]).replace("/", "")) if isinstance(partial, dict) else folder
            )
            if not (whole / "ratings.parquet").is_file():
                continue
            day = dt.date.fromisoformat(str(told["as_of"])[:10])
            moment = dt.datetime.fromisoformat(str(told["created_at"]))
        except (OSError, ValueError, KeyError):
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        found.append(Kept(folder, day, moment, whole / "ratings.parquet"))
    return sorted(found, key=lambda kept: (kept.published_at, kept.id))


def snapshot_on(kept: Sequence[Kept], day: dt.date) -> Kept:
    """The newest of these that covers no later day than `day`: what was known of it then. Raises SnapshotError where there is none."""
    within = [one for one in kept if one.as_of <= day]
    if within:
        return max(within, key=lambda one: (one.as_of, one.published_at))
    if not kept:
        raise SnapshotError("没有可读的快照 no snapshot is kept: run `kamengwatch publish` first")
    first = min(one.as_of for one in kept)
    raise SnapshotError(
        f"{day}: 最早的快照是 the earliest snapshot kept is of {first}: 用这天或以后 ask for that day or later"
    )


def _object(file: Path) -> dict[str, Any]:
    if isinstance(found := json.loads(file.read_text("utf-8")), dict):
        return found
    raise ValueError(f"{file.name}: no object")


def _all_of(file: Path) -> str:
    return f"select * from read_parquet('{quoted(file)}')"  # noqa: S608 - quoted path


def quoted(path: Path) -> str:
    """A path inside a single-quoted SQL string."""
    return str(path).replace("'", "''")
