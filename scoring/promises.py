"""The ledger of promises: what a site promised and when, what complaints and orders show of it, and whether it still stands.

A complaint is a claim: what it shows is counted, never taken as proven. What nobody reported is neither kept nor broken, so
where only the dissatisfied speak (instant delivery, withdrawals) complaints are counted and do not decide the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring import method
from scoring.calendar import MICROSECONDS, date_of
from scoring.clauses import edits
from scoring.facts import BIT, NEVER, Facts, Rows
from scoring.finding import Cited
from scoring.judge import Judged
from scoring.panel import cached, complaints, settled_unknown
from scoring.promise_words import PROMISES, days_promised, made
from scoring.shown import of_site, pages_of

_DROPS = sum(bit for kind, bit in BIT.items() if kind.startswith("drop."))
_REFUNDS = BIT["refund_delayed"] | BIT["refund_refused"]
_WITHDRAWALS = BIT["withdrawal_blocked"] | BIT["balance_frozen"]
_HOUR = MICROSECONDS / 24
_STANDING = {"terms", "contact"}


@dataclass(frozen=True)
class Promise:
    """One promise of one platform; `first`, `last` are day indices on which a page made it."""

    name: str
    words: str
    first: int
    last: int
    state: str
    kept: int
    broken: int
    cited: tuple[Cited, ...]


def ledger(facts: Facts) -> list[list[Promise]]:
    """The promises of every platform in order."""
    found: list[list[Promise]] = cached(
        facts, "promises", lambda: [list(_of(facts, site)) for site in range(len(facts.sites))]
    )
    return found


def promise_rows(judged: Judged) -> list[dict[str, Any]]:
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
            "evidence": list(promise.cited),
        }
        for site, promises in zip(judged.facts.sites, ledger(judged.facts), strict=True)
        for promise in promises
    ]


def _of(facts: Facts, site: int) -> Any:
    pages = facts.rows["page"]
    text, role = pages["text"], pages["role"]
    mine = [i for i in pages_of(facts, site) if text[i]]
    newest = {str(role[i]): i for i in mine}
    for name in PROMISES:
        # Pages seldom change: each text is read once.
        said = {words: made(name, words) for words in {text[i] for i in mine}}
        found = [(i, words) for i in mine if (words := said[text[i]])]
        if not found:
            continue
        (first, _), (last, words) = found[0], found[-1]
        roles = {str(role[i]) for i, _ in found}
        stands = any(said[text[newest[r]]] for r in roles)
        # A promise covers what was bought while a page made it, and until the first page that no longer does.
        until = facts.days if stands else min(int(pages.day[newest[r]]) for r in roles)
        (kept, broken), decided, cases = _performance(facts, site, name, words, int(pages.day[first]), until)
        state = _state(*decided) if stands else _withdrawn(facts, site, name, roles)
        cited = tuple(dict.fromkeys([("page", int(pages.id[first])), ("page", int(pages.id[last])), *cases]))
        yield Promise(
            name, words, int(pages.day[first]), int(pages.day[last]), state, kept, broken,
            cited[: method.EVIDENCE_LIMIT],
        )  # fmt: skip


def _state(kept: int, broken: int) -> str:
    n = kept + broken
    if n < method.PROMISE_CASES:
        return "standing"
    return "kept" if kept >= method.PROMISE_KEPT * n else "broken" if broken > kept else "standing"


def _withdrawn(facts: Facts, site: int, name: str, roles: set[str]) -> str:
    """withdrawn when a notice announced the edit of the terms that took it away, else withdrawn_silently.

    Only terms and contact pages stand: a notice, which the home page repeats, comes and goes with what it promised.
    """
    if not roles & _STANDING:
        return "withdrawn"
    mine = edits(facts)[site] or []
    announced = any(name in edit.removed and edit.announced for edit in mine)
    return "withdrawn" if announced else "withdrawn_silently"


def _performance(
    facts: Facts, site: int, name: str, words: str, first: int, until: int
) -> tuple[tuple[int, int], tuple[int, int], list[Cited]]:
    """((kept, broken), those of them that decide the state, cases) for what happened on the days first..until-1."""
    claims = _claims(facts, site, first, until)
    if name == "instant_delivery":
        kept, broken, cases = _orders(facts, site, first, until)
        said = claims.take((claims["kinds"] & _DROPS) != 0)
        return (kept, broken + len(said)), (kept, broken), cases + _cite(said)
    if name == "withdrawal":
        said = claims.take((claims["kinds"] & _WITHDRAWALS) != 0)
        return (0, len(said)), (0, 0), _cite(said)
    limit = days_promised(words) if name == "refund_days" else float(method.COMPENSATION_DAYS)
    said = claims.take((claims["kinds"] & (_REFUNDS if name == "refund_days" else _DROPS)) != 0)
    due = said.at + int(limit * MICROSECONDS)
    done = said["completed_at"] <= due
    over = ~done & ~settled_unknown(said) & (due < (facts.last_day + 1) * MICROSECONDS)
    counts = int(done.sum()), int(over.sum())
    return counts, counts, _cite(said.take(done | over))


def _claims(facts: Facts, site: int, first: int, until: int) -> Rows:
    """The complaints about a platform filed while a promise stood, copies left out."""
    rows = complaints(facts)
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    mine = rows.slice(int(a), int(b))
    return mine.take(
        (mine.gone >= facts.days) & (mine.day >= first) & (mine.day < until) & (mine["rank"] == 0)
    )


def _orders(facts: Facts, site: int, first: int, until: int) -> tuple[int, int, list[Cited]]:
    """Orders paid while instant delivery was promised: delivered within the hour, or not although it has passed."""
    rows = facts.rows["order"]
    mine = [i for i in of_site(rows, site, facts.days) if first <= rows.day[i] < until]
    due = {i: int(rows.at[i] + method.INSTANT_HOURS * _HOUR) for i in mine}
    kept = [i for i in mine if rows["delivered_at"][i] <= due[i]]
    late = [i for i in mine if due[i] < rows["delivered_at"][i]]
    over = [i for i in late if due[i] < min((facts.last_day + 1) * MICROSECONDS, NEVER)]
    return len(kept), len(over), [("order", int(rows.id[i])) for i in (over or kept)[-4:]]


def _cite(rows: Rows) -> list[Cited]:
    return [("complaint", int(i)) for i in rows.id[-4:]]
