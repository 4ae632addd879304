"""资金链状态: the fast answer. Log odds of stress from capped daily evidence, then a state machine with gates.

An alarm needs a person: until confirmed in the review queue the state stays warning and `proposed` says since when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import method
from scoring.features.complaint_surge import Surge, surge, sustained
from scoring.observations.dataset import NEVER, Dataset, FittedDataset, Floats, Ints
from scoring.observations.day_index import date_of
from scoring.observations.panel import Bools, covered_any, first_seen, interval_sum, taken_back, without
from scoring.warning.site_signals import SiteSignals, just_hid, signs

NORMAL, WATCH, WARNING, ALARM, CLOSED, STALE = range(6)
STATES = ("normal", "watch", "warning", "alarm", "closed", "stale")
_CEILING = 8.0
_SEEN_OURSELVES = ("backlog", "price", "terms", "site")
"""Streams about the site itself that nobody can write from outside."""


@dataclass(frozen=True)
class Warned:
    """State code, log odds and the day (index) since which an alarm is proposed (-1 none), platforms × days.

    `level` is the state held whether or not anybody looked or the site was reached: what limits the score.
    `active` says which streams carry evidence on a day, `families` how many source families they come from, and `supported` where
    something besides one burst of complaints says so: a sign that is no complaint, or complaints that go on.
    """

    state: NDArray[np.int8]
    level: NDArray[np.int8]
    log_odds: Floats
    proposed: Ints
    active: dict[str, Bools]
    families: Floats
    supported: Bools
    surge: Surge
    signs: SiteSignals
    share_covered: Floats


def warn(facts: FittedDataset) -> Warned:
    """The warning state of every platform on every day.

    From the day evidence is withdrawn on, the state is what it would be had that evidence never been; before, what was said stands.
    """
    found, back = _warn(facts), taken_back(facts)
    for day in np.flatnonzero(back.any(axis=0)).tolist():
        chosen = np.flatnonzero(back[:, day])
        found = _from(found, _warn(_never_seen(facts.only(chosen), day)), chosen, day)
    return found


def _never_seen(facts: FittedDataset, day: int) -> FittedDataset:
    """The facts as if what was withdrawn by the day had never been seen, here or by the population."""
    facts = without(facts, day)
    if day not in facts.priors.without:
        return facts
    streams, volume = facts.priors.without[day]
    return replace(facts, priors=replace(facts.priors, streams=streams, volume=volume))


def _from(found: Warned, again: Warned, chosen: Ints, day: int) -> Warned:
    """`found` with the platforms at `chosen` as in `again` from a day on."""

    def joined(old: Any, new: Any) -> Any:
        out = np.array(old)
        out[chosen, day:] = new[:, day:]
        return out

    def each(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return {name: joined(old[name], new[name]) for name in old}

    was, now = found.surge, again.surge
    return replace(
        found,
        state=joined(found.state, again.state),
        level=joined(found.level, again.level),
        log_odds=joined(found.log_odds, again.log_odds),
        proposed=joined(found.proposed, again.proposed),
        active=each(found.active, again.active),
        families=joined(found.families, again.families),
        supported=joined(found.supported, again.supported),
        surge=replace(
            was, recent=each(was.recent, now.recent), complainants=joined(was.complainants, now.complainants)
        ),
        signs=replace(found.signs, evidence=each(found.signs.evidence, again.signs.evidence)),
    )


def _warn(facts: FittedDataset) -> Warned:
    complaints, others = surge(facts), signs(facts)
    odds = log_odds(facts, complaints, others)
    active = _active(complaints, others)
    families = _families(facts, complaints, active)
    share = coverage_share(facts)
    ours = np.sum([np.maximum(others.evidence[name], 0.0) for name in _SEEN_OURSELVES], axis=0)
    # Whoever hides what would support a burst is treated as if it did.
    supported = sustained(facts) | just_hid(facts) | _released(facts)
    supported |= (_recent(ours) >= method.SUPPORT_SIGNS) | active["price"] | active["terms"]
    state, level, proposed = _machine(facts, odds, active, families, supported, complaints, others, share)
    return Warned(state, level, odds, proposed, active, families, supported, complaints, others, share)


def log_odds(facts: Dataset, complaints: Surge, others: SiteSignals) -> Floats:
    """Shiryaev's recursion Λ ← (Λ + h)·exp(evidence) for each ρ, averaged; a day without information changes nothing."""
    extra = np.sum(list(others.evidence.values()), axis=0)
    informed = told(complaints, others)
    sites, days = facts.shape
    odds = np.full((len(complaints.evidence), sites), method.HAZARD)
    out = np.empty(facts.shape)
    top = np.exp(_CEILING)
    for day in range(days):
        for at, evidence in enumerate(complaints.evidence):
            step = (odds[at] + method.HAZARD) * np.exp(evidence[:, day] + extra[:, day])
            odds[at] = np.where(informed[:, day], np.clip(step, 1e-6, top), odds[at])
        out[:, day] = np.log(odds.mean(axis=0))
    return out


def told(complaints: Surge, others: SiteSignals) -> Bools:
    """Days that say anything: complaint sources were read, or some other stream carries evidence."""
    found: Bools = complaints.informed | np.any([value != 0 for value in others.evidence.values()], axis=0)
    return found


def coverage_share(facts: Dataset) -> Floats:
    """Share of the last COVERAGE_WINDOW days (or of the days since the platform was first seen) that were covered."""
    covered = covered_any(facts).astype(float)
    total = np.cumsum(covered, axis=1)
    days = np.arange(facts.days)[None, :]
    back = method.COVERAGE_WINDOW
    recent = total.copy()
    recent[:, back:] -= total[:, :-back] if facts.days > back else 0
    first = np.where(covered.any(axis=1), covered.argmax(axis=1), NEVER)[:, None]
    length = np.clip(days - first + 1, 1, back)
    return np.where(days >= first, recent / length, 0.0)


def _active(complaints: Surge, others: SiteSignals) -> dict[str, Bools]:
    active = {name: value >= method.STREAM_ACTIVE for name, value in complaints.recent.items()}
    for name, value in others.evidence.items():
        # Trouble at a sister site comes once and never adds up to more.
        least = method.OTHER_CAP if name == "operator" else method.SIGN_ACTIVE
        active[name] = _recent(np.maximum(value, 0.0)) >= least
    return active


def _released(facts: Dataset) -> Bools:
    """From the day on which a person decided that complaints held back are no campaign, as long as they count in the score."""
    rows = facts.rows["complaint"]
    rows = rows.take(rows["freed"] < facts.days)
    found: Bools = interval_sum(facts, rows, rows["freed"], rows["freed"] + method.DROP_WINDOW) > 0
    return found


def _recent(evidence: Floats) -> Floats:
    """The sum of the last STREAM_WINDOW days."""
    total = np.cumsum(evidence, axis=1)
    recent = total.copy()
    recent[:, method.STREAM_WINDOW :] -= total[:, : -method.STREAM_WINDOW]
    return recent


def _families(facts: Dataset, complaints: Surge, active: dict[str, Bools]) -> Floats:
    """Independent source families with evidence: those of recent complaints, the site itself, and availability."""
    any_complaint = np.any([active[n] for n in (*method.COMPLAINT_STREAMS, "counters", "handling")], axis=0)
    total = np.zeros(facts.shape)
    rows = complaints.rows
    family_of = {s.index: s.family for s in facts.sources}
    names = sorted({family_of[int(s)] for s in np.unique(rows.source)})
    for name in names:
        mine = np.isin(rows.source, [i for i, f in family_of.items() if f == name])
        part = rows.take(mine)
        begin = np.maximum(part.day, part.seen)
        total += (interval_sum(facts, part, begin, part.day + method.STREAM_WINDOW) > 0) & any_complaint
    if not names:
        total += any_complaint
    total += active["backlog"] | active["terms"] | active["price"]
    total += active["site"]
    return total


def _machine(
    facts: Dataset,
    odds: Floats,
    active: dict[str, Bools],
    families: Floats,
    supported: Bools,
    complaints: Surge,
    others: SiteSignals,
    share: Floats,
) -> tuple[NDArray[np.int8], NDArray[np.int8], Ints]:
    sites, days = facts.shape
    people = complaints.complainants
    kinds = np.sum(list(active.values()), axis=0)
    not_complaints = np.any([v for n, v in active.items() if n not in method.COMPLAINT_STREAMS], axis=0)
    money = np.any([active[n] for n in method.MONEY_STREAMS], axis=0)
    ours = active["backlog"] | active["terms"]
    theta = method.THETA
    to_watch = (odds >= theta["watch"]) & ((people >= method.WATCH_COMPLAINANTS) | not_complaints)
    several = (kinds >= method.WARNING_STREAMS) & supported
    enough = (
        several & (people >= method.WARNING_COMPLAINANTS) & ((families >= method.WARNING_FAMILIES) | ours)
    )
    gates = enough & money
    # What we saw ourselves needs fewer people to say so, and stronger evidence: nobody can make up a shop's own backlog or terms.
    few, signs_of_site = method.WARNING_OWN
    own_signs = np.sum([active[name] for name in _SEEN_OURSELVES], axis=0)
    seen = several & ours & ((people >= few) | (own_signs >= signs_of_site))
    to_warning = ((odds >= theta["warning"]) & gates) | ((odds >= method.WARNING_STRONG) & (enough | seen))
    to_alarm = (odds >= theta["alarm"]) & gates & (kinds >= method.ALARM_STREAMS)
    closed = others.down_run >= method.CLOSED_DAYS
    informed = told(complaints, others) & ~just_hid(facts)
    calm = [np.zeros(sites, np.int64) for _ in range(3)]
    level = np.zeros(sites, np.int8)
    since = np.zeros(sites, np.int64)
    proposal = np.full(sites, -1, np.int64)
    refused = np.full(sites, -NEVER, np.int64)
    state, held = np.zeros((sites, days), np.int8), np.zeros((sites, days), np.int8)
    proposed = np.full((sites, days), -1, np.int64)
    decisions = _decisions(facts)
    for day in range(days):
        fine = share[:, day] >= method.COVERAGE_SHARE
        for at, name in enumerate(("watch", "warning", "alarm")):
            below = odds[:, day] < method.LEAVE[name][0]
            # Days nobody looked are not calm: they neither count nor break the run.
            calm[at] = np.where(below, calm[at] + fine, 0)
        up = np.select([to_warning[:, day], to_watch[:, day]], [WARNING, WATCH], NORMAL)
        rise = fine & (up > level)
        leave = np.zeros(sites, bool)
        for at, name in enumerate(("watch", "warning", "alarm")):
            code = at + 1
            wait = method.LEAVE[name][1]
            # A step down is news too: it waits for a day that says something.
            leave |= (
                fine & informed[:, day] & (level == code) & ~rise & (calm[at] >= wait) & (day - since >= wait)
            )
        level = np.where(rise, up, np.where(leave, level - 1, level)).astype(np.int8)
        since = np.where(rise | leave, day, since)
        propose = (
            (level == WARNING)
            & fine
            & to_alarm[:, day]
            & (proposal < 0)
            & (day - refused > method.STREAM_WINDOW)
        )
        proposal = np.where(propose, day, proposal)
        for site, confirmed, on in decisions.get(day, ()):
            if confirmed and proposal[site] == on and level[site] == WARNING:
                level[site], since[site] = ALARM, day
            elif not confirmed and proposal[site] == on:
                refused[site] = day
                proposal[site] = -1
        proposal = np.where(level < WARNING, -1, proposal)
        proposed[:, day] = proposal
        # What a person confirmed stands until there is evidence to the contrary, also while nobody can look.
        shown = np.where(closed[:, day], CLOSED, np.where(fine | (level == ALARM), level, STALE))
        state[:, day], held[:, day] = shown, level
    return state, held, proposed


def _decisions(facts: Dataset) -> dict[int, list[tuple[int, bool, int]]]:
    """Day index -> (platform, confirmed, day index of the proposal) of what people decided about proposed alarms."""
    index = {s.host: i for i, s in enumerate(facts.sites)}
    out: dict[int, list[tuple[int, bool, int]]] = {}
    by_key = {f"alarm:{host}:": i for host, i in index.items()}
    for key, (decision, day) in sorted(facts.reviews.items()):
        head, _, on = key.rpartition(":")
        site = by_key.get(head + ":")
        if site is None or decision not in ("confirmed", "rejected"):
            continue
        at = np.datetime64(on, "D").astype(int) - facts.first_day
        # A decision dated before the proposal it names counts from the proposal on.
        out.setdefault(int(max(day - facts.first_day, at)), []).append(
            (site, decision == "confirmed", int(at))
        )
    return out


def _known(facts: Dataset) -> Bools:
    """Days from the first observation of each platform on. A source read as a whole covers sites nobody had seen yet: of such days
    nothing is told."""
    known: Bools = np.arange(facts.days)[None, :] >= first_seen(facts)[:, None]
    return known


def _before(facts: Dataset, warned: Warned) -> NDArray[np.int8]:
    """The state of the day before; before a platform was first seen it counts as normal, not as an interruption."""
    none = np.zeros((len(facts.sites), 1), np.int8)
    return np.concatenate([none, np.where(_known(facts), warned.state, NORMAL)[:, :-1]], axis=1).astype(
        np.int8
    )


def changes_of_state(facts: Dataset, warned: Warned) -> Bools:
    """The days on which the state changed, platforms × days; the day a platform was first seen counts from normal."""
    found: Bools = (warned.state != _before(facts, warned)) & _known(facts)
    return found


def transitions(facts: Dataset, warned: Warned) -> Iterator[tuple[int, int, int, int]]:
    """(platform, day, from, to) of every change of state, by platform and day; the first day seen counts from normal."""
    before = _before(facts, warned)
    for site, day in np.argwhere(changes_of_state(facts, warned)):
        yield int(site), int(day), int(before[site, day]), int(warned.state[site, day])


def proposal_key(host: str, facts: Dataset, day: int) -> str:
    """The review key of an alarm proposed on a day (index)."""
    return f"alarm:{host}:{date_of(facts.first_day + day).isoformat()}"
