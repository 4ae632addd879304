"""`rate --platform`: judge a few sites again, with the functions of the full rating, against the context it kept.

The result lies in the folder of that rating, `sites/<number>`, whole or not at all; the highest number that holds a site is its newest.
The next full rating starts without any. What a single rating cannot know is in docs/decisions/0026.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache, partial, reduce
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from filelock import FileLock
from sqlalchemy import Connection, Engine, or_, select

from scoring import method
from scoring.engine.chunk import assess_chunk
from scoring.engine.evidence_ids import EvidenceResolver
from scoring.engine.load_market import (
    all_sources,
    controlled,
    counted_from,
    decided_reviews,
    disputes_of,
    first_shown,
    line_of,
    software_counts,
    visits_of,
    watched_numbers,
    watched_sites,
    weighed,
)
from scoring.engine.rate import LOCK, ask
from scoring.engine.sector_context import ContextUnusable, SectorContext
from scoring.features.filings import number_key, own_domains
from scoring.linkage.campaigns import elsewhere
from scoring.linkage.links import shown_numbers, standing
from scoring.linkage.links_of_few import links_of_few
from scoring.linkage.operators import families
from scoring.linkage.sibling_trouble import first_closed
from scoring.observations.dataset import (
    NEVER,
    FittedDataset,
    Ints,
    Line,
    ObservationColumns,
    Site,
    SourceRow,
    joined,
)
from scoring.observations.day_index import date_of, end_of_day
from scoring.observations.disk_columns import NONE
from scoring.observations.market import MarketContext
from scoring.observations.panel import Bools
from scoring.observations.places import by_quorum, place_rows, read_places
from scoring.observations.sql_columns import read_rows
from scoring.snapshot.reader import OF_SITES, TABLES
from scoring.snapshot.writer import ABOUT, SINGLE, single_ratings, write_parquet
from scoring.tables.registers import aliases, corrections, disputes, responses
from store.db.tables import OBSERVATIONS, Alias, Complaint, Platform, RatedRun
from store.durable_files import sync_folder, sync_tree

_IDS = 10_000
"""Rows asked for by their numbers at once: a statement may hold so many."""
_WATCHED = select(Platform.id).where(Platform.status == "watched")
LATEST_AFTER = 7
"""Days after the full rating's up to which it can be stood on: its figures of the sector are then taken to be what they were."""


class UnknownSites(ValueError):
    """These hosts are not watched."""

    def __init__(self, hosts: Sequence[str]) -> None:
        super().__init__(", ".join(hosts))
        self.hosts = hosts


def rate_sites(
    engine: Engine,
    data_dir: Path,
    hosts: Sequence[str],
    today: dt.date,
    now: dt.datetime,
    as_of: dt.date | None = None,
) -> tuple[Path, dt.date]:
    """Rate these sites as of a day (default: `today`, or the full rating's where that is later) and keep the tables.

    Returns the folder of the tables and the day. Raises ContextUnusable, UnknownSites.
    """
    base = Path(data_dir) / "rated"
    base.mkdir(parents=True, exist_ok=True)
    with FileLock(base.with_name(LOCK)):
        rated = full_rating(engine, data_dir)
        context = SectorContext.opened(rated)
        day = as_of or max(today, context.as_of)
        _check(context, day)
        facts = load_sites(engine, sorted(set(hosts)), day, context)
        part = EvidenceResolver(engine, facts, day)(assess_chunk(facts, day, True))
        known = {site.host for site in facts.sites}
        tables = part.tables | _registers(engine, day, known)
        more = pa.Table.from_pylist(aliases(engine, end_of_day(day), known), TABLES["identifiers"])
        tables["identifiers"] = pa.concat_tables([tables["identifiers"], more])
        tables["places"] = pa.Table.from_pylist(list(facts.places), TABLES["places"])
        folder = _store(
            rated,
            tables,
            {
                "as_of": day.isoformat(),
                "at": now.isoformat(),
                "method_version": method.METHOD_VERSION,
                "sites": sorted(known),
            },
        )
    ask(engine, part.proposals, now)
    return folder, day


def full_rating(engine: Engine, data_dir: Path) -> Path:
    """The folder of the newest full rating. Raises ContextUnusable where there is none."""
    with engine.connect() as connection:
        name = connection.scalar(select(RatedRun.folder).order_by(RatedRun.id.desc()).limit(1))
    if name is None or not (Path(data_dir) / "rated" / name).is_dir():
        raise ContextUnusable(
            "还没有全量评级可依据；先运行 kamengwatch rate",
            "there is no full rating to stand on yet; run kamengwatch rate first",
        )
    return Path(data_dir) / "rated" / name


def _check(context: SectorContext, day: dt.date) -> None:
    if day < context.as_of or (day - context.as_of).days > LATEST_AFTER:
        raise ContextUnusable(
            f"上一次全量评级截至 {context.as_of}，不能据此单独评级 {day}（只到其后 {LATEST_AFTER} 天）；先运行 kamengwatch rate",
            f"the last full rating is as of {context.as_of}: single sites cannot be rated on it as of {day} (up to {LATEST_AFTER} days later); run kamengwatch rate first",
        )


def load_sites(engine: Engine, hosts: Sequence[str], as_of: dt.date, context: SectorContext) -> FittedDataset:
    """The facts about these sites, by their own rows and the context of all. Raises UnknownSites."""
    end, first, days = end_of_day(as_of), context.first_day, context.days_at(as_of)
    with engine.connect() as connection:
        sites = watched_sites(connection, hosts)
        if missing := sorted(set(hosts) - {site.host for site in sites}):
            raise UnknownSites(missing)
        ids = [site.id for site in sites]
        index = {id_: at for at, id_ in enumerate(ids)}
        sources = all_sources(connection, end)
        number = {s.id: s.index for s in sources}
        visits = visits_of(connection, index, number, end, ids)
        reviews, objections = decided_reviews(connection, end), disputes_of(connection, index, end)
        software = software_counts(connection, end)
        control = controlled(connection, end)
        places = read_places(connection, index, end)
    rows = {
        kind: counted_from(read_rows(engine, kind, index, number, end, NONE, ids), first)
        for kind in OBSERVATIONS
    }
    line = _line(engine, number, end, context, days, np.isin(np.arange(days), control - first))
    own = rows["probe"]
    rows["probe"] = by_quorum(own, places, first)
    mine = rows["complaint"]
    copied = cache(partial(_copied, engine, mine, index, number, end, first, context))
    rows["complaint"], ranks, _ = weighed(
        rows,
        first,
        sites,
        line.down,
        reviews,
        cache(lambda: context.usual(mine, hosts, copied)),
        context.wording(),
        NONE,
    )
    wares = {str(ware) for ware in rows["price"]["ware"]}
    facts = FittedDataset(
        sites=sites,
        first_day=first,
        days=days,
        rows=rows,
        sources=sources,
        visits=replace(visits, day=visits.day - first),
        reviews=reviews,
        disputes=objections,
        shown_since=_shown_since(context, sources, rows),
        complaints_since=context.complaints_since(days),
        line=line,
        ranks=ranks,
        software=software,
        places=place_rows(own, places, [site.host for site in sites]),
        priors=context.priors(days, wares),
        kin=_kin(engine, context, rows, sites),
    )
    return replace(facts, trouble=_trouble(engine, facts, as_of, context))


def _trouble(
    engine: Engine, facts: FittedDataset, as_of: dt.date, context: SectorContext
) -> dict[str, tuple[int, str]]:
    """See Dataset: by who runs the sites now. When others closed is as kept; of a company's only other site it was not looked up yet."""
    mine = {facts.sites[at].host: (key, at) for key, some in families(facts).items() for at in some}
    found = {}
    for host, (key, _) in mine.items():
        closed = {
            other: first_closed(facts, [at])[at]
            for other, (of, at) in mine.items()
            if of == key and other != host
        }
        for other in context.family(key):
            if other.host not in mine:
                closed[other.host] = (
                    _closed(engine, other.host, as_of, context) if other.closed is None else other.closed
                )
        first, name = min(((day, other) for other, day in closed.items()), default=(NEVER, ""))
        if first < NEVER:
            found[host] = (first, name)
    return found


def _closed(engine: Engine, host: str, as_of: dt.date, context: SectorContext) -> int:
    try:
        return first_closed(load_sites(engine, [host], as_of, context), [0])[0]
    except UnknownSites:
        return NEVER  # no longer watched


def _shown_since(
    context: SectorContext, sources: Sequence[SourceRow], rows: dict[str, ObservationColumns]
) -> dict[tuple[int, str], int]:
    place = {source.id: source.index for source in sources}
    out = {
        (place[source], kind): day for (source, kind), day in context.shown_since.items() if source in place
    }
    for key, day in first_shown(rows).items():
        out[key] = min(day, out.get(key, NEVER))
    return out


def _line(
    engine: Engine,
    sources: dict[str, int],
    end: dt.datetime,
    context: SectorContext,
    days: int,
    control: Bools,
) -> Line:
    """Our own line: as kept, and by what all sites' probes say now of the last kept day and those since, and of every earlier day of
    which probes came in since (an import). A fault of ours is no site's."""
    known, last = context.line(), context.until
    table = OBSERVATIONS["probe"]
    with engine.connect() as connection:
        newer = connection.scalar(select(table.id).where(table.id >= context.probes).limit(1)) is not None
        ids = watched_numbers(connection) if newer else []
    index = {id_: at for at, id_ in enumerate(ids)}
    rows = counted_from(
        read_rows(engine, "probe", index, sources, end, ids=range(context.probes, 1 << 62)), context.first_day
    )
    late = np.unique(rows.seen[(rows.seen >= 0) & (rows.seen < last)])
    rows = rows.take(rows.seen >= last)
    recent = line_of(replace(rows, seen=rows.seen - last), days - last, control[last:])
    columns = [
        np.concatenate([old[:last], new])
        for old, new in zip(vars(known).values(), vars(recent).values(), strict=True)
    ]
    if len(late):
        begin, stop = (end_of_day(date_of(context.first_day + int(day))) for day in (late[0] - 1, late[-1]))
        with engine.connect() as connection:
            then = list(
                connection.scalars(select(table.id).where(table.seen_at >= begin, table.seen_at < stop))
            )
        some = [np.array(then[n : n + _IDS], dtype=np.int64) for n in range(0, len(then), _IDS)]
        every = reduce(joined, (read_rows(engine, "probe", index, sources, end, ids=ids) for ids in some))
        again = line_of(counted_from(every, context.first_day), last, control[:last])
        for column, new in zip(columns, vars(again).values(), strict=True):
            column[late] = new[late]
    return Line(*columns)


def _copied(
    engine: Engine,
    mine: ObservationColumns,
    index: dict[int, int],
    sources: dict[str, int],
    end: dt.datetime,
    first: int,
    context: SectorContext,
) -> Bools:
    """Which complaints hold words of one about another site: asked only where there is a burst.

    Of the others those are read that the kept words name, the earliest of each of these words first, until one of it still
    stands; and all that the full rating had not read.
    """

    with engine.connect() as connection:
        watched: Ints = np.array(connection.scalars(_WATCHED).all(), np.int64)

    def read(of: Any, **which: Any) -> ObservationColumns:
        """Those about watched sites that are not looked at here; the sites' places come after those of these."""
        about = select(Complaint.platform_id).where(of).distinct()
        with engine.connect() as connection:
            told = [id_ for id_ in connection.scalars(about) if id_ is not None]
        # Sorted out here: for each question SQLite would list every watched site again.
        others = np.setdiff1d(np.intersect1d(np.array(told, np.int64), watched), list(index)).tolist()
        place = {id_: at for at, id_ in enumerate(others, len(index))}
        return _bare(counted_from(read_rows(engine, "complaint", place, sources, end, NONE, **which), first))

    known = np.append(context.sites(), list(index))
    added = np.setdiff1d(watched, known).tolist()
    whole = [_bare(mine), read(Complaint.id >= context.complaints, ids=range(context.complaints, 1 << 62))]
    if added:
        whole.append(read(Complaint.platform_id.in_(added), only=added))
    words, has = context.words(), mine["signature"].any(axis=1)
    bands = mine["signature"][has].view(np.uint32)
    # Of each word: its band, itself, and where the complaints that hold it begin and end.
    spans: list[Ints] = []
    for at, keys in enumerate(words.keys):
        wanted = np.unique(bands[:, at])
        low, high = (np.searchsorted(keys, wanted, side).astype(np.int64) for side in ("left", "right"))
        spans.append(np.stack([np.full(len(wanted), at), wanted.astype(np.int64), low, high]))
    at, key, low, high = np.concatenate(spans, axis=1)
    step = 2
    while (open_ := low < high).any():
        at, key, low, high = (values[open_] for values in (at, key, low, high))
        count = np.minimum(high - low, step)
        owner = np.repeat(np.arange(len(at)), count)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        ids = words.ids[at[owner], low[owner] + offset].astype(np.int64)
        unknown = np.setdiff1d(ids, mine.id)
        stands = np.zeros(len(at), bool)
        for begin in range(0, len(unknown), _IDS):
            some = unknown[begin : begin + _IDS]
            found = read(Complaint.id.in_(some.tolist()), ids=some)
            if not len(found):
                continue
            whole.append(found)
            order = np.argsort(found.id)
            row = order[np.minimum(np.searchsorted(found.id, ids, sorter=order), len(found) - 1)]
            same = found["signature"].view(np.uint32)[row, at[owner]] == key[owner]
            stands[owner[(found.id[row] == ids) & same]] = True
        low = np.where(stands, high, low + count)
        step *= 8
    return elsewhere(reduce(joined, whole))[: len(mine)]


def _bare(rows: ObservationColumns) -> ObservationColumns:
    return replace(rows, columns={"signature": np.ascontiguousarray(rows["signature"])})


def _kin(
    engine: Engine, context: SectorContext, rows: dict[str, ObservationColumns], sites: Sequence[Site]
) -> MarketContext:
    """What the sites share with others: what these show as kept, but for what was taken back; what the sites show as it is now."""
    numbers = {
        number_key(str(n))
        for kind, name in (("page", "footer_icp"), ("filing", "number"))
        for n in rows[kind][name]
        if n
    }
    kept_showing, kept_registered = context.numbers({n for n in numbers if n})
    rows = standing(rows)
    now_showing, now_registered = shown_numbers(rows, sites)
    mine = frozenset(domain for site in sites for domain in own_domains(site))
    showing = {
        n: tuple(sorted({*kept_showing.get(n, ())} - mine | {*now_showing.get(n, ())}))
        for n in kept_showing.keys() | now_showing
    }
    registered = {
        n: kept_registered.get(n, frozenset()) | now_registered.get(n, frozenset())
        for n in kept_registered.keys() | now_registered
    }
    with engine.connect() as connection:
        links = links_of_few(context.links(), rows, list(sites), _Others(connection))
    return MarketContext(showing, registered, links)


class _Others:
    """What is asked of the database about the other sites (scoring/linkage/links_of_few.py)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sites(self, hosts: Collection[str]) -> list[Site]:
        return watched_sites(self._connection, list(hosts))

    def at(self, domains: Collection[str]) -> list[Site]:
        like = or_(*(Platform.host.contains(domain, autoescape=True) for domain in domains))
        names = (Alias.text, Alias.key)
        also = or_(*(name.contains(domain, autoescape=True) for domain in domains for name in names))
        named = select(Platform.host).join(Alias, Alias.platform_id == Platform.id).where(also)
        return self.sites(self._connection.scalars(select(Platform.host).where(like).union(named)).all())

    def standing(self, kind: str, ids: Collection[int]) -> set[int]:
        table = OBSERVATIONS[kind]
        which = select(table.id).where(table.id.in_(list(ids)), table.withdrawn_at.is_(None))
        return set(self._connection.scalars(which))


def _registers(engine: Engine, as_of: dt.date, hosts: set[str]) -> dict[str, pa.Table]:
    end = end_of_day(as_of)
    found = {
        "responses": responses(engine, end, hosts),
        "disputes": disputes(engine, end, hosts),
        "corrections": corrections(engine, end, hosts),
    }
    return {
        name: pa.Table.from_pylist(sorted(rows, key=itemgetter("host")), TABLES[name])
        for name, rows in found.items()
    }


def _store(rated: Path, tables: dict[str, pa.Table], about: dict[str, Any]) -> Path:
    """Write the tables to the side, make them durable, name them; then let go of those that say nothing new any more."""
    base = rated / SINGLE
    base.mkdir(exist_ok=True)
    for leftover in base.glob(".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = base / f".tmp-{os.getpid()}"
    fresh.mkdir()
    for name in OF_SITES:
        if name in tables:  # the others are made of all sites at once, and stay as the full rating has them
            write_parquet(tables[name], fresh / f"{name}.parquet")
    (fresh / ABOUT).write_text(json.dumps(about, ensure_ascii=False), "utf-8")
    sync_tree(fresh)
    folder = base / f"{max((int(old.name) for old, _ in single_ratings(rated)), default=0) + 1:06d}"
    fresh.rename(folder)
    sync_folder(base)
    told: set[str] = set()
    for old, said in single_ratings(rated):
        if told.issuperset(said["sites"]):
            shutil.rmtree(old)
        told |= set(said["sites"])
    return folder
