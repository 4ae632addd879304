"""The ledger of promises: what a site promised and when, what complaints and orders show of it, and whether it still stands.

A complaint is a claim: what it shows is counted, never taken as proven. What nobody reported is neither kept nor broken, so
where only the dissatisfied speak (instant delivery, withdrawals) complaints are counted and do not decide the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring import method
from scoring.features.drop_rate import DROPS
from scoring.finding import Cited, of_site, pages_of
from scoring.observations.dataset import BIT, NEVER, Dataset, ObservationColumns
from scoring.observations.day_index import MICROSECONDS, date_of
from scoring.observations.panel import cached, counted_today, set_aside, settled_unknown
from scoring.page_terms import PROMISES, days_promised, edits, made, quoted
from scoring.rating.assessment import Assessment

_CONCERNS = {
    "refund_days": BIT["refund_delayed"] | BIT["refund_refused"],
    "withdrawal": BIT["withdrawal_blocked"] | BIT["balance_frozen"],
}
"""The complaints about a promise; of all others they are complaints of a drop."""
_HOUR = MICROSECONDS / 24
_STANDING = {"terms", "contact"}
_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Promise:
    """One promise of one platform; `first`, `last` are day indices on which a page made it.

    `kept` and `broken` count orders. `complaints` are the claims about it, by row id: `in_time` of them were settled within the
    time limit the promise names, `overdue` were not although it has passed. `aside` are shown and set aside (copies, and those held back).
    """

    name: str
    words: str
    first: int
    last: int
    state: str
    kept: int
    broken: int
    complaints: frozenset[int]
    in_time: frozenset[int]
    overdue: frozenset[int]
    aside: frozenset[int]
    cited: tuple[Cited, ...]


def ledger(facts: Dataset) -> list[list[Promise]]:
    """The promises of every platform in order."""
    found: list[list[Promise]] = cached(
        facts, "promises", lambda: [list(_of(facts, site)) for site in range(len(facts.sites))]
    )
    return found


def promise_rows(judged: Assessment) -> list[dict[str, Any]]:
    """Rows of the promises table for a chunk."""
    first_day = judged.facts.first_day
    return [
        {
            "host": site.host,
            "promise": promise.name,
            "text": promise.words,
            "first_seen_on": date_of(first_day + promise.first),
            "last_seen_on": date_of(first_day + promise.last),
            "state": promise.state,
            "kept": promise.kept,
            "broken": promise.broken,
            "complaints": len(promise.complaints),
            "complaints_in_time": len(promise.in_time),
            "complaints_overdue": len(promise.overdue),
            "evidence": list(promise.cited),
        }
        for site, promises in zip(judged.facts.sites, ledger(judged.facts), strict=True)
        for promise in promises
    ]


def _of(facts: Dataset, site: int) -> Any:
    pages = facts.rows["page"]
    text, role = pages["text"], pages["role"]
    mine = [i for i in pages_of(facts, site) if text[i]]
    newest = {str(role[i]): i for i in mine}
    goods = _goods(facts, site) if mine else frozenset()
    for name in PROMISES:
        # Pages seldom change: each text is read once.
        said = {words: made(name, words, goods) for words in {text[i] for i in mine}}
        found = [(i, words) for i in mine if (words := said[text[i]])]
        if not found:
            continue
        (first, _), (last, words) = found[0], found[-1]
        roles = {str(role[i]) for i, _ in found}
        stands = any(said[text[newest[r]]] for r in roles)
        until = facts.days if stands else max(_taken_down(pages, mine, said, r) for r in roles)
        found_of = _performance(facts, site, name, words, int(pages.day[first]), until)
        state = _state(*found_of.decided) if stands else _withdrawn(facts, site, name, roles)
        cited = tuple(
            dict.fromkeys([("page", int(pages.id[first])), ("page", int(pages.id[last])), *found_of.cases])
        )
        yield Promise(
            name, quoted(text[last], words), int(pages.day[first]), int(pages.day[last]), state, *found_of.orders, *found_of.complaints,
            _ids(_about(_claims(set_aside(facts), site, int(pages.day[first]), until), name)), cited[: method.EVIDENCE_LIMIT],
        )  # fmt: skip


def _taken_down(pages: ObservationColumns, mine: list[int], said: dict[str, str | None], role: str) -> int:
    """The day of the first page of a role that no longer made a promise after the last that did."""
    versions = [i for i in mine if pages["role"][i] == role]
    last = max(at for at, i in enumerate(versions) if said[pages["text"][i]])
    return int(pages.day[versions[last + 1]])


def _goods(facts: Dataset, site: int) -> frozenset[str]:
    """The names of the platform's goods: what a title says of one of them is no promise of the site."""
    rows = facts.rows["price"]
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    return frozenset(str(name) for name in set(rows["product"][a:b].tolist()))


def _state(kept: int, broken: int) -> str:
    n = kept + broken
    if n < method.PROMISE_CASES:
        return "standing"
    return "kept" if kept >= method.PROMISE_KEPT * n else "broken" if broken > kept else "standing"


def _withdrawn(facts: Dataset, site: int, name: str, roles: set[str]) -> str:
    """withdrawn when a notice announced the edit of the terms that took it away, else withdrawn_silently.

    Only terms and contact pages stand: a notice, which the home page repeats, comes and goes with what it promised.
    """
    if not roles & _STANDING:
        return "withdrawn"
    mine = edits(facts)[site] or []
    announced = any(name in edit.removed and edit.announced for edit in mine)
    return "withdrawn" if announced else "withdrawn_silently"


@dataclass(frozen=True)
class _Performance:
    """(orders kept, broken), (complaints, settled in time, overdue), which of them decide the state as (kept, broken), and cases."""

    orders: tuple[int, int]
    complaints: tuple[frozenset[int], frozenset[int], frozenset[int]]
    decided: tuple[int, int]
    cases: list[Cited]


def _performance(facts: Dataset, site: int, name: str, words: str, first: int, until: int) -> _Performance:
    """What happened on the days first..until-1."""
    said = _about(_claims(counted_today(facts), site, first, until), name)
    if name == "instant_delivery":
        kept, broken, cases = _orders(facts, site, first, until)
        return _Performance((kept, broken), (_ids(said), _NONE, _NONE), (kept, broken), cases + _cite(said))
    if name == "withdrawal":
        return _Performance((0, 0), (_ids(said), _NONE, _NONE), (0, 0), _cite(said))
    limit = days_promised(words) if name == "refund_days" else float(method.COMPENSATION_DAYS)
    due = said.at + int(limit * MICROSECONDS)
    done = said["completed_at"] <= due
    over = ~done & ~settled_unknown(said) & (due < (facts.last_day + 1) * MICROSECONDS)
    parts = _ids(said.take(done)), _ids(said.take(over))
    counts = len(parts[0]), len(parts[1])
    return _Performance((0, 0), (_ids(said), *parts), counts, _cite(said.take(done | over)))


def _about(rows: ObservationColumns, name: str) -> ObservationColumns:
    """Those of some complaints that concern a promise."""
    return rows.take((rows["kinds"] & _CONCERNS.get(name, DROPS)) != 0)


def _claims(rows: ObservationColumns, site: int, first: int, until: int) -> ObservationColumns:
    """The complaints about a platform filed while a promise stood."""
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    mine = rows.slice(int(a), int(b))
    return mine.take((mine.day >= first) & (mine.day < until))


def _orders(facts: Dataset, site: int, first: int, until: int) -> tuple[int, int, list[Cited]]:
    """Orders paid while instant delivery was promised: delivered within the hour, or not although it has passed."""
    rows = facts.rows["order"]
    mine = [i for i in of_site(rows, site, facts.days) if first <= rows.day[i] < until]
    due = {i: int(rows.at[i] + method.INSTANT_HOURS * _HOUR) for i in mine}
    kept = [i for i in mine if rows["delivered_at"][i] <= due[i]]
    # Of one said to be delivered, without a time, nobody knows whether it was within the hour.
    undated = (
        (rows["state"] == "delivered") & (rows["delivered_at"] >= NEVER) if len(rows) else np.empty(0, bool)
    )
    late = [i for i in mine if due[i] < rows["delivered_at"][i] and not undated[i]]
    over = [i for i in late if due[i] < min((facts.last_day + 1) * MICROSECONDS, NEVER)]
    return len(kept), len(over), [("order", int(rows.id[i])) for i in (over or kept)[-4:]]


def _ids(rows: ObservationColumns) -> frozenset[int]:
    return frozenset(rows.id.tolist())


def _cite(rows: ObservationColumns) -> list[Cited]:
    return [("complaint", int(i)) for i in rows.id[-4:]]
