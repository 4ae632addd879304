"""Load everything visible up to a day from the database, once, as columns of numbers, with how far back each source shows everything.

Taking the days before as days without complaints would make every site look as if its complaints had just begun.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    Engine,
    select,
    true,
)

from scoring import method
from scoring.linkage.campaigns import Usual, newest_of_each_day, quarantine_campaigns, usual_in
from scoring.linkage.links import build_market_context
from scoring.linkage.near_duplicates import BAND, copy_ranks
from scoring.linkage.sibling_trouble import operator_trouble
from scoring.observations.dataset import (
    BIT,
    HISTORY_DAYS,
    NEVER,
    CrawlCoverage,
    Dataset,
    Floats,
    Ints,
    Line,
    ObservationColumns,
    Ranks,
    Site,
    SourceRow,
)
from scoring.observations.day_index import MICROSECONDS, day_number, days_of, end_of_day, microseconds
from scoring.observations.disk_columns import NONE, Scratch
from scoring.observations.market import KeptMarket, LinkEvidence, Wording, Words
from scoring.observations.panel import Bools
from scoring.observations.places import by_quorum, place_rows, read_places
from scoring.observations.sql_columns import read_rows, stamp, stamps
from store.db.tables import (
    OBSERVATIONS,
    Alias,
    Crawl,
    CrawlPlatform,
    Dispute,
    Operator,
    Platform,
    Review,
    Source,
)
from store.evidence.crawl_ledger import unset_sources
from store.evidence.site_volume import numbering, share_of


def complete_since(rows: ObservationColumns, days: int) -> Ints:
    """Per day, the filing day from which the complaints visible by then are complete (NEVER before the first).

    The earliest filing, unless what was filed before some day up to the first look came so much more rarely that it can
    only be stragglers: two Poisson rates against one, at a gain of DEPTH_GAIN in log likelihood and a ratio of DEPTH_RATIO.
    """
    out = np.full(days, NEVER, dtype=np.int64)
    visible = rows.seen < days
    if not visible.any():
        return out
    # Small numbers: they sort faster, and of a large market there are many.
    seen, day = np.maximum(rows.seen[visible], 0).astype(np.int16), rows.day[visible].astype(np.int32)
    first, origin = int(seen.min()), int(day.min())
    filed = np.zeros(days - origin + 1)
    order = np.argsort(seen, kind="stable")
    day, ends = day[order], np.searchsorted(seen[order], np.arange(days + 1))
    for now in range(first, days):
        new = day[ends[now] : ends[now + 1]]
        if len(new):
            filed += np.bincount(np.minimum(new - origin, len(filed) - 1), minlength=len(filed))
            out[now] = origin + _split(filed[: max(now - origin + 1, 1)], first - origin)
        else:
            out[now] = out[now - 1]
    return out


def _split(filed: Floats, latest: int) -> int:
    """Index of the first day of the complete part of daily counts, at most `latest`."""
    begin = int(np.argmax(filed > 0))
    filed, latest = filed[begin:], min(latest - begin, len(filed) - begin - 1)
    if latest < 1:
        return begin
    total, length = filed.sum(), len(filed)
    at = np.arange(1, latest + 1)
    before = np.cumsum(filed)[at - 1]
    after = total - before
    gain = _fit(before, at) + _fit(after, length - at) - _fit(total, length)
    clear = (gain >= method.DEPTH_GAIN) & (after / (length - at) >= method.DEPTH_RATIO * before / at)
    return begin + (int(at[np.argmax(np.where(clear, gain, -1.0))]) if clear.any() else 0)


def _fit(count: Floats | float, length: Ints | int) -> Floats:
    """Log likelihood of a Poisson rate at its best, up to what all splits share."""
    count = np.asarray(count, dtype=float)
    return np.where(count > 0, count * np.log(np.maximum(count, 1e-9) / length), 0.0)


def load_dataset(engine: Engine, as_of: dt.date, scratch: Scratch = NONE) -> Dataset:
    """Read what was visible by the end of `as_of`, large columns into `scratch`. Raises nothing for an empty database: 0 sites, 1 day."""
    end = end_of_day(as_of)
    last = day_number(as_of)
    with engine.connect() as connection:
        sites = watched_sites(connection)
        index = {site.id: i for i, site in enumerate(sites)}
        sources = all_sources(connection, end)
        number = {s.id: s.index for s in sources}
        visits = visits_of(connection, index, number, end)
        controls = controlled(connection, end)
        reviews = decided_reviews(connection, end)
        disputes = disputes_of(connection, index, end)
        software = software_counts(connection, end)
        places = read_places(connection, index, end)
    raw = {kind: read_rows(engine, kind, index, number, end, scratch) for kind in OBSERVATIONS}
    seen = [r.seen.min() for r in raw.values() if len(r)] + ([visits.day.min()] if len(visits.day) else [])
    first = max(min([last, *(int(s) for s in seen)]), last - HISTORY_DAYS + 1)
    rows = {k: counted_from(r, first) for k, r in raw.items()}
    line = line_of(rows["probe"], last - first + 1, np.isin(np.arange(last - first + 1), controls - first))
    own = rows["probe"]
    rows["probe"] = by_quorum(own, places, first)
    words = _room_for_words(rows["complaint"], scratch)
    usual = usual_in(rows["complaint"], BIT["spam"], words)
    kin, links = build_market_context(rows, sites)
    kept = kept_market(usual, last_probes(rows["probe"], last - first), words, links)
    rows["complaint"], ranks, kept.wording[:] = weighed(
        rows, first, sites, line.down, reviews, lambda: usual, None, scratch
    )
    facts = Dataset(
        sites=sites,
        first_day=first,
        days=last - first + 1,
        rows=rows,
        sources=sources,
        visits=replace(visits, day=visits.day - first),
        reviews=reviews,
        disputes=disputes,
        shown_since=first_shown(rows),
        complaints_since=complete_since(rows["complaint"], last - first + 1),
        line=line,
        ranks=ranks,
        software=software,
        places=place_rows(own, places, [site.host for site in sites]),
        kin=kin,
        kept=kept,
    )
    trouble, kept.families[:] = operator_trouble(facts)
    return replace(facts, trouble=trouble)


def line_of(rows: ObservationColumns, days: int, controlled: Bools) -> Line:
    """What each day's probes say of our own line.

    It is at fault where more than half of the probes failed (of LINE_PLATFORMS platforms and more), or where no other answered
    at all: then no site is down. On a day with a control that answered the line worked, and what failed is the sites'.
    """
    inside = (rows.seen >= 0) & (rows.seen < days)
    day, outcome = rows.seen[inside], rows["outcome"][inside].astype(str)
    many = int(rows.platform.max(initial=0)) + 1

    def platforms(which: Bools) -> Ints:
        pairs = np.unique(day[which] * many + rows.platform[inside][which])
        return np.bincount(pairs // many, minlength=days)

    failed, n = np.bincount(day[outcome == "down"], minlength=days), np.bincount(day, minlength=days)
    probed = platforms(np.ones(len(day), bool))
    share = failed / np.maximum(n, 1)
    alone = platforms(outcome != "down") == 0
    down = np.where((probed >= method.LINE_PLATFORMS) | alone, share, 0.0)
    return Line(
        np.where(controlled, 0.0, down), controlled, probed, platforms(np.isin(outcome, ("ok", "slow")))
    )


def controlled(connection: Connection, end: dt.datetime) -> Ints:
    """The days on which an availability round began that a control page answered."""
    rounds = connection.execute(
        select(stamp(connection, Crawl.started_at), Crawl.measured).where(
            Crawl.source_id == "availability", Crawl.outcome == "ok", Crawl.finished_at < end
        )
    )
    return days_of(stamps([r[0] for r in rounds if (r[1] or {}).get("controls", {}).get("answered")]))


def software_counts(connection: Connection, end: dt.datetime) -> dict[str, Any]:
    """What the newest crawl of the software's trackers counted; kept with the crawl, because it speaks of no platform."""
    newest = (
        select(Crawl.measured)
        .where(Crawl.source_id == "github_issues", Crawl.outcome == "ok", Crawl.finished_at < end)
        .order_by(Crawl.finished_at.desc(), Crawl.id.desc())
        .limit(1)
    )
    found = (connection.scalar(newest) or {}).get("software")
    return found if isinstance(found, dict) else {}


def first_shown(rows: dict[str, ObservationColumns]) -> dict[tuple[int, str], int]:
    """The first day on which each source delivered each kind, so that earlier visits of it are not read as silence."""
    out: dict[tuple[int, str], int] = {}
    for kind, found in rows.items():
        if kind == "penalty":  # a hit on a published list shows that the list was read, not a register
            found = found.take(found["category"] != method.BLOCKLISTED)
        for source in np.unique(found.source):
            out[(int(source), kind)] = int(found.seen[found.source == source].min())
    return out


def _room_for_words(complaints: ObservationColumns, scratch: Scratch) -> Words:
    lines = (complaints["signature"].shape[1] // BAND, len(complaints))
    return Words(
        scratch.empty(lines, np.uint32),
        scratch.empty(lines, np.result_type(np.uint32, np.min_scalar_type(complaints.id.max(initial=0)))),
    )


def kept_market(usual: Usual, probes: int, words: Words, links: LinkEvidence) -> KeptMarket:
    """What is kept for later ratings of single sites; `wording` is filled by the ranking of copies, `families` when they are known."""
    some = usual.market[newest_of_each_day(usual)]
    rows = usual.rows.take(some)
    columns = {name: rows[name] for name in ("kinds", "signature")}
    return KeptMarket(replace(rows, columns=columns), usual.copied(some), probes, words, links)


def last_probes(probes: ObservationColumns, last: int) -> int:
    """The lowest number of a probe seen on the last day; above all where there is none."""
    of_it = probes.id[probes.seen >= last]
    return int(of_it.min() if len(of_it) else probes.id.max(initial=0) + 1)


def weighed(
    rows: dict[str, ObservationColumns],
    first: int,
    sites: Sequence[Site],
    line_down: Floats,
    reviews: dict[str, tuple[str, int]],
    usual: Callable[[], Usual],
    wording: Wording | None,
    scratch: Scratch,
) -> tuple[ObservationColumns, Ranks, Wording]:
    """The complaints with what must be known about all platforms at once: `rank` as a copy, and what is `held` back.

    `usual` and `wording` are those of all platforms.
    """
    found = rows["complaint"]
    held = quarantine_campaigns(found, first, sites, rows["probe"], line_down, reviews, BIT["spam"], usual)
    values = {k: v for k, v in found.columns.items() if k not in ("signature", "complainant")}
    more = {"held": held.since, "freed": held.released, "campaign": held.campaign}
    values |= {name: scratch.kept(column) for name, column in more.items()}
    del held, more
    rank, changed, wording = copy_ranks(found, wording)
    values["rank"] = scratch.kept(rank)
    return replace(found, columns=values), changed, wording


def counted_from(rows: ObservationColumns, first: int) -> ObservationColumns:
    """The rows with their days counted from `first`, changed where they lie."""
    for days in (rows.seen, rows.day):
        np.subtract(days, first, out=days)
    np.subtract(rows.gone, first, out=rows.gone, where=rows.gone < NEVER)
    return rows


def watched_sites(connection: Connection, only: Sequence[str] | None = None) -> list[Site]:
    """Every watched site, by host; of few (`only` their hosts) those that are."""
    aliases: dict[int, list[str]] = {}
    named = select(Alias.platform_id, Alias.text)
    if only is not None:
        named = named.join(Platform, Platform.id == Alias.platform_id).where(Platform.host.in_(only))
    for id_, text in connection.execute(named):
        aliases.setdefault(id_, []).append(text)
    columns = (
        Platform.id,
        Platform.host,
        Platform.name,
        Platform.software,
        Operator.name.label("operator"),
        Operator.uscc,
    )
    query = (
        select(*columns, Platform.opened_on, Platform.demo)
        .outerjoin(Operator, Operator.id == Platform.operator_id)
        .where(Platform.status == "watched", Platform.host.in_(only) if only is not None else true())
    )
    found = [
        Site(p.id, p.host, p.name, p.software, p.operator, p.opened_on, p.demo, _also(p.host, p.name, aliases.get(p.id)), p.uscc)
        for p in connection.execute(query)
    ]  # fmt: skip
    # Words are put in order here, not in the queries: the tables are written in this order, and databases do not agree on it.
    return sorted(found, key=lambda site: site.host)


def watched_numbers(connection: Connection) -> list[int]:
    """The numbers of every watched site, by host: all that is needed of the others where a few are looked at."""
    found = connection.execute(select(Platform.host, Platform.id).where(Platform.status == "watched")).all()
    return [row.id for row in sorted(found, key=lambda row: str(row.host))]


def _also(host: str, name: str | None, texts: list[str] | None) -> tuple[str, ...]:
    """The other names of a site, each once."""
    return tuple(sorted(set(texts) - {host, name})) if texts else ()


def all_sources(connection: Connection, end: dt.datetime) -> list[SourceRow]:
    """The sources' cards, by id."""
    found = connection.execute(
        select(Source.id, Source.kind, Source.family, Source.tier, Source.title_zh, Source.title_en).order_by(
            Source.id
        )
    )
    unset = unset_sources(connection, end)
    return [
        SourceRow(
            i, r.id, r.kind, r.family, r.tier, (r.title_zh, r.title_en),
            numbering(connection, r.id, end) if r.kind == "complaints" else None, r.id in unset,
        )
        for i, r in enumerate(found.all())
    ]  # fmt: skip


def visits_of(
    connection: Connection,
    index: dict[int, int],
    sources: dict[str, int],
    end: dt.datetime,
    only: Sequence[int] | None = None,
) -> CrawlCoverage:
    """What crawls achieved by `end`, for all platforms or for `only` a few (their ids)."""
    done = stamp(connection, Crawl.finished_at)
    finished = (Crawl.finished_at.is_not(None), Crawl.finished_at < end)
    whole = connection.execute(
        select(Crawl.id, Crawl.source_id, done, Crawl.outcome, Crawl.measured).where(
            Crawl.whole_source, *finished
        )
    ).all()
    part = connection.execute(
        select(Crawl.id, Crawl.source_id, done, CrawlPlatform.outcome, CrawlPlatform.platform_id)
        .join(CrawlPlatform, CrawlPlatform.crawl_id == Crawl.id)
        .where(*finished, CrawlPlatform.platform_id.in_(only) if only is not None else true())
    ).all()
    rows = [(-1, r[2], sources[r[1]], r[3] == "ok", r[0], share_of(r[4])) for r in whole]
    rows += [(index.get(r[4], -2), r[2], sources[r[1]], r[3] == "ok", r[0], 1.0) for r in part]
    rows = [r for r in rows if r[0] > -2]
    columns: Any = list(zip(*rows, strict=True)) if rows else [[], [], [], [], [], []]
    return CrawlCoverage(
        np.array(columns[0], np.int64),
        days_of(stamps(columns[1])),
        np.array(columns[2], np.int64),
        np.array(columns[3], np.bool_),
        np.array(columns[4], np.int64),
        np.array(columns[5], np.float64),
    )


def decided_reviews(connection: Connection, end: dt.datetime) -> dict[str, tuple[str, int]]:
    """Review key -> (what was decided by `end`, on which day)."""
    found = connection.execute(
        select(Review.key, Review.decision, Review.decided_at).where(
            Review.decision.is_not(None), Review.decided_at < end
        )
    )
    return {r.key: (r.decision, int(microseconds(r.decided_at) // MICROSECONDS)) for r in found}


def disputes_of(
    connection: Connection, index: dict[int, int], end: dt.datetime
) -> dict[int, list[tuple[int, int, str]]]:
    """Place in `index` -> (received, decided, about) of its objections."""
    out: dict[int, list[tuple[int, int, str]]] = {}
    for r in connection.execute(
        select(Dispute.platform_id, Dispute.received_at, Dispute.decided_at, Dispute.about).where(
            Dispute.received_at < end
        )
    ):
        if r.platform_id in index:
            decided = NEVER if r.decided_at is None or r.decided_at >= end else microseconds(r.decided_at)
            out.setdefault(index[r.platform_id], []).append((microseconds(r.received_at), decided, r.about))
    return out
