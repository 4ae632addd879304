"""From what somebody pasted to the sites it may mean, and to similar names when there is none.

Reading what was pasted is store/text/query.py's work; this only looks things up in the snapshot. Nothing pasted is kept but, in
memory, what was understood of the last few dozen questions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from dashboard.presenters import current_snapshot, translations
from dashboard.presenters.ranking import CARD
from dashboard.presenters.verdict_card import verdict_of
from scoring.snapshot.reader import Snapshot
from store.text.query import Notice, Query, is_merchant, parse_query, queries_in, spellings
from store.text.safe_text import plain

MATCHES = 8
"""At most so many sites are listed for one query."""
LONGEST = 20_000
"""Characters of a pasted text that are read."""
MOST = 50
"""Sites of one pasted text that are answered."""
_WORST = "红橙黄灰蓝"
_SIMILAR = 0.86
"""Jaro-Winkler similarity from which a name counts as a near miss; one changed letter in ten stays above it."""
_NAMED = 4
"""A site's name of at least so many characters counts as named in a longer text."""
_LENGTHS_APART = 3
"""A near miss is at most so many characters longer or shorter."""


@dataclass(frozen=True)
class Answer:
    """What was understood, the sites it may mean (of `ratings` the columns of a card), and similar ones when it means none we have."""

    query: Query
    matches: tuple[dict[str, Any], ...]
    near: tuple[dict[str, Any], ...]


def find(snapshot: Snapshot, asked: str) -> Answer:
    """Look up pasted text; several matches are possible for a name or a filing number."""
    return answer(snapshot, parse_query(asked[:LONGEST]))


def find_each(snapshot: Snapshot, asked: str) -> tuple[Answer, ...]:
    """The answer for each site a pasted text names, those of the worst verdict first; one answer for any other text.

    Of more than MOST sites the first are answered, and the first answer's notices say so.
    """
    queries = queries_in(asked[:LONGEST])
    found = [answer(snapshot, query) for query in queries[:MOST]]
    found = sorted(found, key=_how_bad) if len(found) > 1 else found
    cut = [_CUT] * (len(queries) > MOST) + [_TOO_LONG] * (len(asked) > LONGEST)
    first = replace(found[0].query, notices=(*cut, *found[0].query.notices))
    return (replace(found[0], query=first), *found[1:])


_CUT = Notice(
    "more_sites",
    f"网址太多，只查了前 {MOST} 个；其余的请分开再查",
    f"Too many addresses: the first {MOST} were looked up; ask for the others separately",
)
_TOO_LONG = Notice(
    "too_long",
    f"太长了，只读了前 {LONGEST:,} 个字",
    f"Too long: the first {LONGEST:,} characters were read",
)

UNREAD = (_CUT, _TOO_LONG)
"""What tells that not all of a text was answered."""


def badness(verdict: str) -> int:
    """Where a verdict stands among several: the worst first."""
    return _WORST.index(verdict)


def _how_bad(found: Answer) -> tuple[int, str]:
    verdicts = [_WORST.index(verdict_of(row)) for row in found.matches] or [_WORST.index("灰")]
    return min(verdicts), found.query.host or ""


@lru_cache(maxsize=50)
def answer(snapshot: Snapshot, query: Query) -> Answer:
    """Remembered, for the page's HTML and the app behind it ask the same one after the other."""
    matches = _matches(snapshot, query)
    near = () if matches else _near(snapshot, query)
    return Answer(query, tuple(matches), tuple(near))


def understood(query: Query, lang: str) -> list[str]:
    """What was understood and what to beware of, in words; empty when nothing was."""
    if query.kind == "host":
        host, shown = query.host or "", query.unicode_host or query.host or ""
        kind = "host" if query.unit in (None, "site") else query.unit
        what = translations.say(
            lang, f"check.kind_{kind}", host=plain(shown if shown == host else f"{shown}（{host}）", 160)
        )
    elif query.kind == "name":
        what = translations.say(lang, "check.kind_name", name=plain(query.name or "", 60))
    elif query.kind in ("icp", "uscc"):
        what = translations.say(lang, f"check.kind_{query.kind}", number=plain(query.number or "", 40))
    else:
        what = ""
    lines = [translations.say(lang, "check.understood", what=what)] if what else []
    return lines + [plain(getattr(notice, lang), 300) for notice in query.notices]


def newest_response(snapshot: Snapshot, host: str) -> dict[str, Any] | None:
    """The last thing a site said about its rating, a row of `responses`."""
    found = current_snapshot.rows(
        snapshot, 'select * from responses where host = ? order by "on" desc limit 1', [host]
    )
    return found[0] if found else None


def _matches(snapshot: Snapshot, query: Query) -> list[dict[str, Any]]:
    if query.kind == "host" and query.host:
        return _by_host(snapshot, query.host)
    if query.kind == "icp" and query.number:
        base = query.number
        # The bounds let the reader skip most of the file; what they let through is looked at.
        return _sought(
            snapshot,
            "kind = 'number' and word >= ? and word < ? and (word = ? or starts_with(word, ?))",
            [base, f"{base}.", base, f"{base}-"],
        )
    if query.kind == "uscc" and query.number:
        return _sought(snapshot, "kind = 'uscc' and word = ?", [query.number])
    if query.kind == "name" and query.name:
        return _by_name(snapshot, plain(query.name, 80))
    return []


def _by_host(snapshot: Snapshot, host: str) -> list[dict[str, Any]]:
    """The site itself, else one that lists the host among its aliases, else the site above a subdomain; a merchant only itself."""
    if found := _ratings(snapshot, [host]):
        return found
    if found := _sought(snapshot, "kind = 'alias' and word = ?", [host]):
        return found
    if is_merchant(host):
        return []
    labels = host.split(".")
    return _ratings(snapshot, [".".join(labels[i:]) for i in range(1, len(labels) - 1)])


def _by_name(snapshot: Snapshot, name: str) -> list[dict[str, Any]]:
    """Sites of exactly that name, alias or company, else sites whose name contains it, else whose company does."""
    forms = spellings(name)
    marks = ", ".join("?" * len(forms))
    exactly = f"word in ({marks}, ?) and (kind in ('name', 'operator') and word in ({marks}) or kind = 'alias' and word in ({marks}, ?))"
    if found := _sought(snapshot, exactly, [*forms, name, *forms, *forms, name]):
        return found
    if len(name) < 2:
        return []
    twice = [form for form in forms for _ in range(2)]
    within = " or ".join("contains(name, ?) or contains(host, ?)" for _ in forms)
    inside = " or ".join("contains(word, ?)" for _ in forms)
    return _first(snapshot, f"select host from ranked where {within}", twice) or _sought(  # noqa: S608 - fixed text
        snapshot, f"kind = 'operator' and ({inside})", forms
    )


def _sought(snapshot: Snapshot, condition: str, values: list[Any]) -> list[dict[str, Any]]:
    """The first sites by host that have a word for which a condition on `sought` holds."""
    return _first(snapshot, f"select distinct host from sought where {condition}", values)  # noqa: S608 - fixed conditions


def _first(snapshot: Snapshot, hosts: str, values: list[Any]) -> list[dict[str, Any]]:
    """The ratings of the first of the hosts a query finds: a slim table finds them, the wide one tells of them."""
    found = current_snapshot.rows(snapshot, f"{hosts} order by host limit {MATCHES}", values)
    return _ratings(snapshot, [row["host"] for row in found])


def _ratings(snapshot: Snapshot, hosts: Collection[str]) -> list[dict[str, Any]]:
    """What a card is made of, by host."""
    return sorted(current_snapshot.ratings_of(snapshot, hosts, CARD), key=lambda row: row["host"])


def _near(snapshot: Snapshot, query: Query) -> list[dict[str, Any]]:
    """Up to five sites whose host (or name, when a name was asked for) is similar, most similar first; those whose name or company
    is part of what was asked come before all."""
    if query.unit == "merchant":  # beside it the mall: another merchant's name is no spelling of this one's
        return _ratings(snapshot, [query.mall or ""])
    column, like = ("host", query.host) if query.host else ("name", _in_registers(query.name))
    if not like or len(like) < 3:
        return []
    found = current_snapshot.rows(
        snapshot,
        f"select host, jaro_winkler_similarity({column}, ?) as near from ranked"  # noqa: S608 - one of two columns
        f" where abs(length({column}) - ?) <= {_LENGTHS_APART} and near >= ? order by near desc, host limit 5",
        [like, len(like), _SIMILAR],
    )
    near = {row["host"]: row["near"] for row in found}
    if column == "name":
        part = f"kind in ('name', 'operator') and length(word) >= {_NAMED} and contains(?, word)"
        near |= {row["host"]: 1.0 for row in _sought(snapshot, part, [like])}
    nearest = sorted(near, key=lambda host: (-near[host], host))[:5]
    return sorted(_ratings(snapshot, nearest), key=lambda row: nearest.index(row["host"]))


def _in_registers(name: str | None) -> str:
    return spellings(plain(name or "", 80))[-1]
