"""`publish --platform`: a snapshot that tells a few sites anew and stands on the whole one before it for everything else.

Its folder holds the rows of these sites (`sites/<table>.parquet`), their pages, badges, feeds and captures, the lists that name them,
and what is in order over all sites (ranking, names, the feed of all). The rest are the files of the snapshot its manifest names.
scoring/snapshot/reader.py puts the two together. The next full publication is whole again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock
from sqlalchemy import Engine, select

from scoring.observations.day_index import end_of_day
from scoring.publish.captures import INDEX, write_captures, write_pictures
from scoring.publish.exports import write_slim
from scoring.publish.feeds import write_whole
from scoring.publish.lists import update_lists
from scoring.publish.publisher import (
    checksums,
    folder_name,
    latest_in,
    point_latest_at,
    temporary_folder,
    whole_of,
    write_manifest,
)
from scoring.publish.site_pages import source_titles, written_files
from scoring.snapshot import signing
from scoring.snapshot.integrity import content_digest, manifest_of
from scoring.snapshot.reader import OF_SITES, SITES, TABLES, quoted
from scoring.snapshot.writer import single_ratings, write_parquet
from store.db.tables import RatedRun
from store.durable_files import sha256_of, sync_folder, sync_tree
from store.text.query import host_part, is_merchant, site_files

MOST = 500
"""Sites of one partial snapshot: beyond that rating and publishing all is the cheaper way."""
_CAUSED = [(name, "ascending") for name in ("host", "on", "what", "cause")]


class NotPartial(ValueError):
    """Nothing can be published for single sites now; `zh` and `en` say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def publish_sites(engine: Engine, data_dir: Path, hosts: Sequence[str], now: dt.datetime) -> Path:
    """Publish the newest single ratings of these sites, with those of the partial snapshot before, and return the folder.

    The same again gives the snapshot that is there. Raises NotPartial, signing.KeyUnusable.
    """
    data_dir = Path(data_dir)
    base = data_dir / "snapshots"
    base.mkdir(parents=True, exist_ok=True)
    with FileLock(base / ".lock"):
        rated = _full_rating(engine, data_dir)
        before, whole, known = _stood_on(base, rated)
        tables, days, moments = _tables(rated, sorted(set(hosts)), before, whole)
        if len(days) > MOST:
            raise NotPartial(
                f"一次最多单独发布 {MOST} 个网站，现在有 {len(days)} 个；请运行 kamengwatch rate && kamengwatch publish",
                f"at most {MOST} sites are published singly and these are {len(days)}; run kamengwatch rate && kamengwatch publish",
            )
        with temporary_folder(base) as folder:
            until = max(days.values())
            _write(engine, data_dir, folder, whole, tables, until)
            sums = checksums(folder)
            digest = content_digest(sums)
            if before != whole and manifest_of(before).get("content_sha256") == digest:
                return before
            partial = {
                "of": whole.name, "sha256": sha256_of(whole / "manifest.json"), "sites": sorted(days), "as_of": until.isoformat(), "rated_at": moments,
            }  # fmt: skip
            run = SimpleNamespace(
                as_of=dt.date.fromisoformat(known["as_of"]), method_version=known["method_version"], folder=rated.name,
                sha256=known["rated_sha256"],
            )  # fmt: skip
            write_manifest(
                engine, folder, run, now, before, sums, digest, signing.private_key(data_dir), partial
            )
            sync_tree(folder)
            final = folder_name(base, now)
            folder.rename(final)
            sync_folder(base)
        point_latest_at(base, final)
    return final


def _full_rating(engine: Engine, data_dir: Path) -> Path:
    """The folder of the newest full rating."""
    with engine.connect() as connection:
        name = connection.scalar(select(RatedRun.folder).order_by(RatedRun.id.desc()).limit(1))
    if name is None or not (data_dir / "rated" / name).is_dir():
        raise NotPartial(
            "还没有评级可发布；先运行 kamengwatch rate", "nothing is rated yet; run kamengwatch rate first"
        )
    return data_dir / "rated" / name


def _stood_on(base: Path, rated: Path) -> tuple[Path, Path, dict[str, Any]]:
    """(the newest snapshot, the whole one it is or stands on, the manifest of that)."""
    before = latest_in(base)
    if before is None:
        raise NotPartial(
            "还没有发布过；先运行 kamengwatch publish",
            "nothing is published yet; run kamengwatch publish first",
        )
    whole, known = whole_of(before, manifest_of(before))
    if known.get("rated_run") != rated.name or not (whole / "ratings.parquet").is_file():
        raise NotPartial(
            f"最近一次全量评级（{rated.name}）还没有发布；先运行 kamengwatch publish",
            f"the last full rating ({rated.name}) is not published yet; run kamengwatch publish first",
        )
    return before, whole, known


def _tables(
    rated: Path, hosts: Sequence[str], before: Path, whole: Path
) -> tuple[dict[str, pa.Table], dict[str, dt.date], dict[str, str]]:
    """The rows of every site told anew, by host, as of which day each is and when it was rated: of `hosts` the newest single rating,
    of others what the partial snapshot before says."""
    found: dict[str, Path] = {}
    moments: dict[str, str] = {}
    for folder, about in single_ratings(rated):
        for host in about["sites"]:
            found.setdefault(host, folder)
            moments.setdefault(host, about["at"])
    moments = {host: moments[host] for host in hosts if host in moments}
    if missing := [host for host in hosts if host not in found]:
        raise NotPartial(
            f"{'、'.join(missing[:5])}：还没有单独评级；先运行 kamengwatch rate --platform {missing[0]}",
            f"{', '.join(missing[:5])}: not rated singly; run kamengwatch rate --platform {missing[0]} first",
        )
    told = {host: found[host] for host in hosts}
    if before != whole:
        moments = manifest_of(before)["partial"]["rated_at"] | moments
        told = dict.fromkeys(manifest_of(before)["partial"]["sites"], before / SITES) | told
    parts: dict[str, list[pa.Table]] = {name: [] for name in OF_SITES}
    read = {
        (folder, name): pq.read_table(file)
        if (file := folder / f"{name}.parquet").is_file()
        else TABLES[name].empty_table()
        for folder in set(told.values())
        for name in OF_SITES
    }  # A table that is newer than the rating has no rows of it.
    caused = _ours(whole, hosts)
    for host in sorted(told):
        for name in OF_SITES:
            mine = read[told[host], name].filter(pc.field("host") == host)
            if (
                name == "changes"
                and host in hosts
                and (ours := caused.filter(pc.field("host") == host)).num_rows
            ):
                mine = pa.concat_tables([mine, ours]).sort_by(_CAUSED)
            parts[name].append(mine)
    here = {
        name for name in OF_SITES if all((folder / f"{name}.parquet").is_file() for folder in told.values())
    }
    tables = {name: pa.concat_tables(some) for name, some in parts.items() if name in here}
    days = zip(tables["ratings"]["host"].to_pylist(), tables["ratings"]["as_of"].to_pylist(), strict=True)
    return tables, dict(days), moments


def _ours(whole: Path, hosts: Sequence[str]) -> pa.Table:
    """The changes that a new method alone made (scoring/publish/method_changes.py): they stay."""
    return pq.read_table(
        whole / "changes.parquet", filters=[("host", "in", list(hosts)), ("cause", "=", "method")]
    )


def _write(
    engine: Engine, data_dir: Path, folder: Path, whole: Path, tables: dict[str, pa.Table], until: dt.date
) -> None:
    """Every file but the manifest and the sums."""
    own = folder / SITES
    own.mkdir()
    for name, table in tables.items():
        write_parquet(table, own / f"{name}.parquet")
    hosts = tables["ratings"]["host"].to_pylist()
    every = pq.read_table(whole / "ratings.parquet", columns=["host"])["host"].to_pylist()
    of_all = {name: _merged(whole, own, name, hosts) for name in ("ratings", "warnings", "corrections")}
    write_slim(folder, of_all["ratings"])
    _captures(engine, data_dir / "archive", folder, whole, tables["evidence"], until)
    update_lists(whole, folder, own / "ratings.parquet", until)
    names = {host: site_files(host, len(every)) for host in hosts}
    for file in (name for three in names.values() for name in three.values()):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / "feeds").mkdir(exist_ok=True)
    written_files(folder, own, None, names, until, _merchants(every, hosts), source_titles(whole), hosts)
    write_whole(folder, until, len(every), of_all)
    if (keys := signing.listed_keys(data_dir)) is not None:
        (folder / signing.LISTED).write_bytes(keys)


def _merged(whole: Path, own: Path, name: str, hosts: Iterable[str]) -> str:
    """A source of a table's rows about all sites, for a query."""
    mine = ", ".join("'" + host.replace("'", "''") + "'" for host in hosts)
    return (
        f"(select * from read_parquet('{quoted(whole / f'{name}.parquet')}') where host not in ({mine})"  # noqa: S608 - quoted
        f" union all by name select * from read_parquet('{quoted(own / f'{name}.parquet')}'))"
    )


def _merchants(every: Sequence[str], hosts: Iterable[str]) -> dict[str, list[str]]:
    """Those of the sites that are malls, and their merchants."""
    found: dict[str, list[str]] = {}
    asked = set(hosts)
    for host in every:
        if "/" in host and is_merchant(host) and (mall := host_part(host)) in asked:
            found.setdefault(mall, []).append(host)
    return {mall: sorted(some) for mall, some in found.items()}


def _captures(
    engine: Engine, archive: Path, folder: Path, whole: Path, evidence: pa.Table, until: dt.date
) -> None:
    """The texts and pictures the sites' evidence cites, but for those that the whole snapshot has as they would be."""
    cited: dict[str, set[str]] = {}
    for sha256, kind, id_ in zip(
        *(evidence[name].to_pylist() for name in ("sha256", "kind", "id")), strict=True
    ):
        if sha256:
            cited.setdefault(sha256, set()).update([id_.split(":")[2]] if kind == "complaint" else ())
    has: set[str] = set()
    for sha256, numbers in cited.items():
        file = whole / "captures" / f"{sha256}.txt"
        if file.is_file():
            text = file.read_text("utf-8", "replace")
            # A number that is not in it may have been cut off with the end of the page, or redacted because nobody cited it then.
            has |= {sha256} if all(number in text for number in numbers) else set()
    source = _merged(whole, folder / SITES, "evidence", evidence["host"].unique().to_pylist() or [""])
    if cited.keys() - has:
        some = ", ".join(f"'{sha256}'" for sha256 in sorted(cited.keys() - has) if sha256.isalnum())
        write_captures(folder, archive, f"(from {source} where sha256 in ({some}))")
    (folder / "captures").mkdir(exist_ok=True)
    hosts = set(evidence["host"].to_pylist()) | set(
        pq.read_table(folder / SITES / "ratings.parquet", columns=["host"])["host"].to_pylist()
    )
    listed = json.loads((whole / INDEX).read_text("utf-8")) if (whole / INDEX).is_file() else []
    write_pictures(
        engine, hosts, end_of_day(until), archive, folder, [p for p in listed if p["host"] not in hosts]
    )
