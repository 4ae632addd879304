"""The files of single sites in a snapshot: page, badge and feed, made by groups of sites on every processor.

What the tables say about a site is all a file depends on; a site of which they say the same as in the snapshot before keeps
its files as hard links. Above FLAT sites the files lie in folders named by the beginning of the host's hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.feeds import feed_of, write_whole
from scoring.package import csv_rows
from scoring.processes import in_order
from scoring.snapshot import TABLES, quoted
from scoring.twins import badge_of, page_of
from scoring.writing import linked
from store.names import site_file

KINDS = ("s", "badges", "feeds")
PARTS = ("findings", "evidence", "warnings", "responses", "corrections", "disputes", "practices")
"""The tables a site's files are made of, beside `ratings`."""
_TOGETHER = 500
_MADE_BY = (
    "site_files.py",
    "feeds.py",
    "twins.py",
    "templates/site.html",
    "templates/badge.svg",
    "../store/plain.py",
)


@dataclass(frozen=True)
class Before:
    """The snapshot before: its folder, the sums of its files, and what made its files of single sites."""

    folder: Path
    sums: dict[str, str] = field(repr=False)
    made_by: str | None


@dataclass(frozen=True)
class _Group:
    """Sites next to each other in the order of their hosts, and which of them must be written anew."""

    hosts: Sequence[str]
    anew: frozenset[str]


def write_site_files(folder: Path, before: Before | None = None) -> dict[str, str]:
    """Write page, badge and feed of every site, `feeds/all.atom` and `ratings.csv`; returns the sums of the sites' files."""
    ratings = pq.read_table(folder / "ratings.parquet", columns=["host", "as_of"])
    hosts = sorted(ratings["host"].to_pylist())
    as_of: dt.date = pc.max(ratings["as_of"]).as_py() or dt.date(1970, 1, 1)
    for kind in KINDS:
        (folder / kind).mkdir(exist_ok=True)
    for name in {site_file(kind, host, len(hosts)).parent for host in hosts for kind in KINDS}:
        (folder / name).mkdir(exist_ok=True)
    same = _unchanged(folder, before, len(hosts)) if before is not None else frozenset()
    groups = [
        _Group(part, frozenset(part) - same)
        for part in (hosts[at : at + _TOGETHER] for at in range(0, len(hosts), _TOGETHER))
    ]
    sums: dict[str, str] = {}
    with (folder / "ratings.csv").open("w", encoding="utf-8", newline="") as stream:
        csv_rows([TABLES["ratings"].names], stream)
        for text, made in in_order(lambda group: _group(folder, before, group, as_of, len(hosts)), groups):
            stream.write(text)
            sums |= made
    write_whole(folder, as_of)
    return sums


@cache
def made_by() -> str:
    """A hash of the code and the templates that make the files."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in _MADE_BY:
        digest.update((here / name).read_bytes())
    return digest.hexdigest()


def _unchanged(folder: Path, before: Before, many: int) -> frozenset[str]:
    """The hosts about which every table says what it said in the snapshot before, and whose files can be linked."""
    if before.made_by != made_by():
        return frozenset()
    found = [_digests(folder), _digests(before.folder)]
    with duckdb.connect(":memory:") as db:
        db.register("present", found[0])
        db.register("past", found[1])
        same = db.sql("select host from present join past using (host, digest)").fetchall()
    return frozenset(
        host
        for (host,) in same
        if all(str(site_file(kind, host, many)) in before.sums for kind in KINDS)
        and (before.folder / site_file("s", host, many)).is_file()
    )


def _digests(folder: Path) -> pa.Table:
    """host, digest: one number for all rows of the tables about a site."""
    each = [
        f"select host, '{name}' as part, sum(hash(t)::uhugeint) as rows, count(*) as n from read_parquet('{quoted(folder / f'{name}.parquet')}') t group by host"  # noqa: S608 - fixed names, quoted path
        for name in ("ratings", *PARTS)
    ]
    query = f"select host, hash(list((part, rows, n) order by part)) as digest from ({' union all '.join(each)}) group by host"  # noqa: S608 - as above
    with duckdb.connect(":memory:") as db:
        return db.sql(query).to_arrow_table()


def _group(
    folder: Path, before: Before | None, group: _Group, as_of: dt.date, many: int
) -> tuple[str, dict[str, str]]:
    """(the sites' lines of ratings.csv, the sums of their files by name)."""
    ratings = _of(folder, "ratings", group.hosts)
    text = io.StringIO(newline="")
    csv_rows(([row[name] for name in TABLES["ratings"].names] for row in ratings), text)
    parts = {name: _by_host(_of(folder, name, group.hosts)) for name in PARTS} if group.anew else {}
    sums: dict[str, str] = {}
    for row in ratings:
        host = row["host"]
        names = {kind: site_file(kind, host, many) for kind in KINDS}
        if host not in group.anew and before is not None:
            for name in map(str, names.values()):
                linked(before.folder / name, folder / name)
                sums[name] = before.sums[name]
            continue
        mine = {name: found.get(host, []) for name, found in parts.items()}
        up = "../" * len(names["s"].parent.parts)
        made = {
            "s": page_of(row, mine, up, str(names["feeds"])).encode(),
            "badges": badge_of(row, mine["corrections"], up + str(names["s"])).encode(),
            "feeds": feed_of(host, mine, as_of, up),
        }
        for kind, content in made.items():
            (folder / names[kind]).write_bytes(content)
            sums[str(names[kind])] = hashlib.sha256(content).hexdigest()
    return text.getvalue(), sums


def _of(folder: Path, table: str, hosts: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a table about neighbouring hosts, in the order of the file."""
    within = [("host", ">=", hosts[0]), ("host", "<=", hosts[-1])]
    found = pq.read_table(folder / f"{table}.parquet", filters=within, use_threads=False)
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _by_host(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        out.setdefault(row["host"], []).append(row)
    return out
