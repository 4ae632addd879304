"""Bursts of complaints that look arranged: held back from every score until a person has decided, and shown meanwhile.

Numbers alone never hold a complaint back, because a collapse is a burst too. What does is a burst whose texts repeat each
other as no ordinary complaints of the platform or its peers do: an attack (many within days) or praise (cases settled at
once, in the same words). A site that our own probes cannot reach is never held: there the burst has its explanation.
Pure in time: a complaint is held from the day on which what was visible showed the campaign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from scoring import method
from scoring.fork_pool import map_ordered
from scoring.linkage.near_duplicates import BAND, band, narrow, pieces, similarity
from scoring.observations.dataset import NEVER, Floats, Ints, ObservationColumns, Site
from scoring.observations.day_index import MICROSECONDS, date_of
from scoring.observations.market import Words
from scoring.observations.panel import Bools

_LATE = 14
"""Days after filing up to which a complaint that becomes visible can still complete a burst."""
_QUICK = method.CAMPAIGN_SETTLED_HOURS * 3_600_000_000


@dataclass(frozen=True)
class Usual:
    """How complaints of the market usually are. `rows`: complaints with `kinds` and `signature`; `market`: places in them by `day` of
    filing, but for those that came in bursts; `copied`: which of some places hold words of a complaint about another site."""

    rows: ObservationColumns
    market: Ints
    day: Ints
    copied: Callable[[Ints], Bools]


Visible = Callable[[Ints], Ints]
"""The day on which each of these complaints (by position) was known to be what it is."""


@dataclass(frozen=True)
class Shape:
    """What a campaign looks like: within `days`, at least `fewest`, `times` what `history` days before let expect."""

    days: int
    fewest: int
    times: float
    history: int


ATTACK = Shape(*method.CAMPAIGN_ATTACK)
SLOW = Shape(*method.CAMPAIGN_SLOW)
PRAISE = Shape(*method.CAMPAIGN_PRAISE)


@dataclass(frozen=True)
class Quarantine:
    """Per complaint, as day indices: held from (NEVER = not), released by a person (NEVER = not), when its campaign began."""

    since: Ints
    released: Ints
    campaign: Ints


def key_of(host: str, day: int) -> str:
    """The review key of a campaign first seen on a day number (see scoring.observations.day_index)."""
    return f"campaign:{host}:{date_of(day).isoformat()}"


def quarantine_campaigns(
    rows: ObservationColumns,
    first_day: int,
    sites: Sequence[Site],
    probes: ObservationColumns,
    line_down: Floats,
    reviews: dict[str, tuple[str, int]],
    spam: int,
    usual: Callable[[], Usual],
) -> Quarantine:
    """Find campaigns among complaints, which are the first of those in `usual()`; `reviews` holds decisions by key ("rejected" = it was
    no campaign)."""
    since = np.full(len(rows), NEVER, dtype=np.int64)
    real = (rows["kinds"] & spam) == 0

    def known(at: Ints) -> Ints:
        return np.maximum(rows.seen[at], rows.day[at])

    def settled(at: Ints) -> Ints:
        done = rows["completed_at"][at]
        return np.maximum(known(at), np.where(done >= NEVER, NEVER, done // MICROSECONDS - first_day))

    def look(shape: Shape, visible: Visible, part: slice) -> list[tuple[Ints, int]]:
        mask = real[part]
        if shape is PRAISE:
            mask = mask & (rows["completed_at"][part] - rows.at[part] <= _QUICK)
        out = []
        for site, mine, days in _suspects(rows, shape, part.start + np.flatnonzero(mask), visible):
            for day, end in _bursts(rows, shape, mine, visible(mine), days):
                seen = mine[(visible(mine) <= day) & (rows.gone[mine] > day)]
                if (
                    shape is not PRAISE
                ):  # Praise settled at once must not take the complaints beside it along.
                    quick = rows["completed_at"][seen] - rows.at[seen] <= _QUICK
                    seen = seen[~(quick & (settled(seen) <= day))]
                if len(seen) < shape.fewest:
                    continue
                found = _campaign(usual(), shape, seen, day, end)
                if len(found) and not (shape is not PRAISE and _down(probes, line_down, site, day)):
                    out.append((found, day))
        return out

    for shape, visible in ((ATTACK, known), (SLOW, known), (PRAISE, settled)):
        for campaigns in map_ordered(partial(look, shape, visible), pieces(rows.platform)):
            for found, day in campaigns:
                since[found[since[found] > day]] = day
    campaign, freed = _decided(rows, since, first_day, sites, reviews)
    return Quarantine(since, freed, campaign)


def usual_in(rows: ObservationColumns, spam: int, words: Words) -> Usual:
    """How all complaints usually are; `words` is filled with theirs."""
    market = np.flatnonzero((rows["kinds"] & spam) == 0)
    market = market[np.argsort(narrow(rows.day[market]), kind="stable")]
    copied = elsewhere(rows, words)
    market = market[~_hot(rows, ATTACK)[market]]
    return Usual(rows, market, rows.day[market], lambda some: copied[some])


def newest_of_each_day(usual: Usual) -> Ints:
    """The places in `usual.market` of all that a campaign of any day can be held against."""
    ends = np.searchsorted(usual.day, usual.day, "right")
    return np.flatnonzero(ends - np.arange(len(usual.day)) <= method.CAMPAIGN_MARKET)


Alike = Callable[[Ints], Floats]
"""How alike the texts of each two of some complaints are."""
Trait = Callable[[Ints], Bools]
"""Which of some complaints are such."""


def _hot(rows: ObservationColumns, shape: Shape) -> Bools:
    """Which complaints became known in a burst: they do not show how complaints usually are."""
    if not len(rows):
        return np.zeros(0, bool)
    known = np.maximum(rows.seen, rows.day)
    known -= known.min()
    key = rows.platform * (int(known.max()) + shape.days + shape.history + 2) + known
    order = np.sort(key)
    begin = np.searchsorted(order, key - shape.days + 1)
    count = np.searchsorted(order, key, "right") - begin
    before = begin - np.searchsorted(order, key - shape.days + 1 - shape.history)
    return np.asarray((count >= shape.fewest) & (count >= shape.times * _expected(before, shape)))


def _suspects(
    rows: ObservationColumns, shape: Shape, chosen: Ints, visible: Visible
) -> Iterator[tuple[int, Ints, Ints]]:
    """(platform, its complaints, days) wherever there may be a burst: few, so that the exact look may be slow."""
    if not len(chosen):
        return
    first = rows.day[chosen].min()
    span = int(rows.day[chosen].max() - first) + shape.days + shape.history + 2
    key = rows.platform[chosen] * span + rows.day[chosen] - first
    order = np.argsort(key, kind="stable")
    chosen, key = chosen[order], key[order]
    begin = np.searchsorted(key, key - shape.days + 1)
    count = np.searchsorted(key, key, "right") - begin
    before = begin - np.searchsorted(key, key - shape.days + 1 - shape.history)
    # Half of what is asked for: the exact look counts only what was visible.
    burst = (count >= shape.fewest) & (2 * count >= shape.times * _expected(before, shape))
    owner = rows.platform[chosen]
    for site in np.unique(owner[burst]):
        a, b = np.searchsorted(owner, (site, site + 1))
        mine, hot = chosen[a:b], np.unique(rows.day[chosen[a:b][burst[a:b]]])
        days = np.unique(visible(mine))
        near = np.searchsorted(hot, days, "right") > np.searchsorted(hot, days - _LATE, "right")
        if near.any():
            yield int(site), mine, days[near]


def _expected(before: Ints, shape: Shape) -> Floats:
    return (before + 1.0) * shape.days / shape.history


def _bursts(
    rows: ObservationColumns, shape: Shape, mine: Ints, known: Ints, days: Ints
) -> Iterator[tuple[int, int]]:
    """(day, last day of its fullest window) for those of `days` on which the window is as full as a campaign's, by what was
    visible then; `known` is since when each of the complaints `mine` was.
    """
    filed, place = np.unique(rows.day[mine], return_inverse=True)
    begin = np.searchsorted(days, known)
    stop = np.maximum(begin, np.searchsorted(days, rows.gone[mine]))
    change = np.zeros((len(days) + 1, len(filed) + 1), dtype=np.int64)
    np.add.at(change, (begin, place + 1), 1)
    np.add.at(change, (stop, place + 1), -1)
    there = np.cumsum(change[:-1], axis=0)
    upto = np.cumsum(there, axis=1)
    since = np.searchsorted(filed, filed - shape.days, "right")
    before = np.searchsorted(filed, filed - shape.days - shape.history, "right")
    recent = (there[:, 1:] > 0) & (filed > days[:, None] - _LATE)
    count = np.where(recent, upto[:, 1:] - upto[:, since], 0)
    every, end = np.arange(len(days)), np.argmax(count, axis=1)
    n, past = count[every, end], upto[every, since[end]] - upto[every, before[end]]
    full = (n >= shape.fewest) & (n >= shape.times * _expected(past, shape))
    yield from zip(days[full].tolist(), filed[end[full]].tolist(), strict=True)


def _campaign(usual: Usual, shape: Shape, seen: Ints, day: int, end: int) -> Ints:
    """The complaints to be held of the window that ends on `end`, none if it is no campaign; `seen` were visible on `day`."""
    rows = usual.rows
    filed = rows.day[seen]
    burst = seen[(filed <= end) & (filed > end - shape.days)][-method.CAMPAIGN_LOOK :]
    if not len(burst):
        return burst  # All that filled the window were cases settled at once.
    # Most busy windows show nothing by themselves, and what is usual need not be asked for them.
    alike = _compared_once(rows)
    nearest = _nearest(alike, burst)
    share = float((nearest >= method.CAMPAIGN_ALIKE).mean())
    traits: list[Trait] = [lambda some: _repeats(alike, some), usual.copied] if shape is not PRAISE else []
    shown = [(trait, here) for trait in traits if _many(here := trait(burst), 0.0)]
    if not (share >= method.CAMPAIGN_SHARE or shown or shape is ATTACK):
        return burst[:0]
    earlier = seen[filed <= end - shape.days][-len(burst) :]

    @cache
    def others() -> Ints:
        before = usual.market[: np.searchsorted(usual.day, end - shape.days + 1)][-method.CAMPAIGN_MARKET :]
        apart: Ints = before[(rows.platform[before] != rows.platform[burst[0]]) & (rows.seen[before] <= day)]
        return apart

    if len(earlier) < shape.fewest and len(others()) < shape.fewest:
        return burst[:0]  # Nothing to compare with: how alike complaints usually are is unknown.
    arranged = np.zeros(len(burst), bool)
    if share >= method.CAMPAIGN_SHARE:
        usually = max(_usual(alike, earlier), _usual(alike, others()[-len(burst) :]))
        if share >= usually + method.CAMPAIGN_MARGIN:
            # A busy fortnight holds ordinary complaints as well: there only what is plainly alike is held.
            arranged |= nearest >= (method.CAMPAIGN_ALIKE if shape is SLOW else method.CAMPAIGN_KIN)
    if shown or shape is ATTACK:
        beside = _Beside(rows, burst, earlier, others)
        arranged |= _arranged(alike, burst, beside, shown, shape is ATTACK)
    return burst[arranged]


@dataclass(frozen=True)
class _Beside:
    """Complaints to hold a burst against: those before, and of other sites as many about the one site most is told of, because
    complaints about one site are more alike, and as many of the newest of the same kinds, for who fails all at once is told of in
    the words that everybody has for it. Each is put together when the ones before left the question open; half as many are too few."""

    rows: ObservationColumns
    burst: Ints
    earlier: Ints
    others: Callable[[], Ints]

    def __iter__(self) -> Iterator[Ints]:
        n = len(self.burst)
        if 2 * len(self.earlier) >= n:
            yield self.earlier
        if 2 * len(some := _one_site(self.rows, self.others())[-n:]) >= n:
            yield some
        if 2 * len(some := _like(self.rows, self.burst, self.others())) >= n:
            yield some


def _arranged(
    alike: Alike, burst: Ints, beside: _Beside, shown: list[tuple[Trait, Bools]], sudden: bool
) -> Bools:
    """Which complaints of a burst repeat each other, or other sites' complaints, as those `beside` it do not.

    `shown`: the traits that many of the burst have, and which of it; see `_repeats` and `elsewhere`. That complaints are only close
    to each other says something of a `sudden` burst, not of a busy fortnight.
    """
    out = np.zeros(len(burst), bool)
    if sudden and (trait := _closer_than(alike, burst, beside)):
        shown = [*shown, (trait, trait(burst))]
    for trait, here in shown:
        usually = None
        for some in beside:
            usually = max(usually or 0.0, float(trait(some).mean()))
            if not _many(here, usually):
                break
        if usually is not None and _many(here, usually):
            out |= here
    return out


def _closer_than(alike: Alike, burst: Ints, beside: _Beside) -> Trait | None:
    """Closer to others than CAMPAIGN_USUAL of each of those `beside` the burst are; None where too few of it are."""
    most, close_from = _third_of_many(alike, burst), -np.inf
    for some in beside:
        close_from = max(close_from, float(np.quantile(_third(alike, some), method.CAMPAIGN_USUAL)))
        if most <= close_from:
            return None
    return lambda some: np.asarray(_third(alike, some) > close_from)


def _third_of_many(alike: Alike, burst: Ints) -> float:
    """A third similarity that as many of a burst as `_many` asks for reach, or a little fewer."""
    few, _, share = method.CAMPAIGN_REPEATS
    least = max(few, int(share * len(burst)))
    third = np.sort(_third(alike, burst))
    return float(third[-least]) if len(third) >= least else -np.inf


def _one_site(rows: ObservationColumns, others: Ints) -> Ints:
    """The complaints among others that are about the site most of them are about."""
    owner = rows.platform[others]
    return others[owner == np.bincount(owner).argmax()] if len(others) else others


def _many(here: Bools, usually: float) -> bool:
    """Whether so many are more than chance makes, where `usually` is the share of complaints that are such."""
    few, times, share = method.CAMPAIGN_REPEATS
    return bool(here.sum() >= few + times * usually * len(here) and here.mean() >= share)


def _like(rows: ObservationColumns, burst: Ints, others: Ints) -> Ints:
    """As many of the others as there are in the burst, of the same kinds, the newest; any where there are not so many of a kind."""
    kinds, mine = rows["kinds"][others], rows["kinds"][burst]
    chosen = np.zeros(len(others), bool)
    for kind, n in zip(*np.unique(mine, return_counts=True), strict=True):
        chosen[np.flatnonzero(kinds == kind)[-int(n) :]] = True
    rest = np.flatnonzero(~chosen)
    chosen[rest[max(len(rest) - (len(burst) - int(chosen.sum())), 0) :]] = True
    return others[chosen]


def _repeats(alike: Alike, some: Ints) -> Bools:
    """Which complaints nearly repeat an earlier one among `some`: all but the first of each wording."""
    return np.asarray(np.tril(alike(some) >= method.COPY_SIMILARITY, -1).any(axis=1))


def elsewhere(rows: ObservationColumns, words: Words | None = None) -> Bools:
    """Whose words stand in a complaint about another site that was seen before (or on the same day), by CAMPAIGN_BANDS of its bands.

    `words`, where given, are filled on the way.
    """
    signature = rows["signature"]
    found = np.zeros(len(rows), np.int8)
    if not len(rows):
        return found > 0
    for at in range(0, signature.shape[1], BAND):
        key = band(signature, at)
        order = np.lexsort((rows.seen, key))
        key, platform, seen = key[order], rows.platform[order], rows.seen[order]
        if words is not None:
            words.keys[at // BAND], words.ids[at // BAND] = key, rows.id[order]
        new = np.r_[True, key[1:] != key[:-1]]
        group = np.cumsum(new) - 1
        others = platform != platform[new][group]
        second = np.full(int(group[-1]) + 1, NEVER)
        np.minimum.at(second, group[others], seen[others])
        found[order] += others | (second[group] <= seen)
    return np.asarray((found >= method.CAMPAIGN_BANDS) & signature.any(axis=1))


def _usual(alike: Alike, some: Ints) -> float:
    return float((_nearest(alike, some) >= method.CAMPAIGN_ALIKE).mean()) if len(some) > 1 else 0.0


def _nearest(alike: Alike, some: Ints) -> Floats:
    """Similarity of each complaint's text to the most similar other one among `some`."""
    found: Floats = alike(some).max(axis=1)
    return found


def _third(alike: Alike, some: Ints) -> Floats:
    """Similarity of each complaint's text to the third most similar other one: one like it may be chance."""
    return np.sort(alike(some), axis=1)[:, -min(3, len(some))]


def _compared_once(rows: ObservationColumns) -> Alike:
    """`_alike` of these rows, counted once for the same complaints: one look at a burst asks it of the same ones up to three times."""
    known: dict[bytes, Floats] = {}

    def alike(some: Ints) -> Floats:
        key = some.tobytes()
        if key not in known:
            known[key] = _alike(rows, some)
        return known[key]

    return alike


def _alike(rows: ObservationColumns, some: Ints) -> Floats:
    """Similarity of the texts of each two complaints; 0 with itself, and for one without a text."""
    signature = rows["signature"][some]
    agree = np.count_nonzero(signature[:, None, :] == signature[None, :, :], axis=2)
    alike = similarity(agree / signature.shape[1])
    blank = ~signature.any(axis=1)
    alike[blank, :], alike[:, blank] = 0.0, 0.0
    np.fill_diagonal(alike, 0.0)
    return alike


def _down(probes: ObservationColumns, line_down: Floats, site: int, day: int) -> bool:
    """Could our last probe by that day not reach the site, while our own line was fine?"""
    a, b = np.searchsorted(probes.platform, (site, site + 1))
    seen = np.flatnonzero(probes.seen[a:b] <= day)
    if not len(seen):
        return False
    last = a + int(seen[-1])
    at = min(max(int(probes.seen[last]), 0), len(line_down) - 1)
    return bool(probes["outcome"][last] == "down" and line_down[at] <= 0.5)


def _decided(
    rows: ObservationColumns,
    since: Ints,
    first_day: int,
    sites: Sequence[Site],
    reviews: dict[str, tuple[str, int]],
) -> tuple[Ints, Ints]:
    """(day the campaign of each held complaint began, day a person released it); what a person released is not held again."""
    campaign, freed = np.full(len(rows), NEVER, np.int64), np.full(len(rows), NEVER, np.int64)
    held = np.flatnonzero(since < NEVER)
    held = held[np.lexsort((since[held], rows.platform[held]))]
    site, began, last = -1, 0, 0
    for i in held:
        if rows.platform[i] != site or since[i] - last > _LATE:
            site, began = int(rows.platform[i]), int(since[i])
        last = int(since[i])
        campaign[i] = began
        decision, day = reviews.get(key_of(sites[site].host, first_day + began), ("", NEVER))
        if decision == "rejected":
            freed[i] = max(day - first_day, began)
            if freed[i] <= since[i]:
                since[i] = freed[i] = NEVER
    return campaign, freed
