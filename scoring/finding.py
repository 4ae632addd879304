"""Findings: what an indicator answers, how indicators are found, and findings that are shown without a score.

The docstring of an indicator is its published definition; its headings are fixed and checked here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import indicators, method
from scoring.figures import Figure, Said, Window, days_back
from scoring.observations.dataset import Dataset, Floats, Ints, ObservationColumns
from scoring.observations.panel import cached

OK, CONCERN, UNKNOWN, HIDDEN, NOT_APPLICABLE = range(5)
OUTCOMES = ("ok", "concern", "unknown", "hidden", "not_applicable")
_HEADINGS = ("Why", "Reads", "Law", "ok", "concern", "unknown", "hidden", "not_applicable", "Limits")
_REQUIRED = ("Why", "Reads", "ok", "concern", "unknown", "Limits")

Cited = tuple[str, int]
"""An observation as evidence: (kind, row id)."""


@dataclass(frozen=True)
class Finding:
    """An indicator's answer for every platform and day (arrays platforms × days).

    `utility` in [0, 1] with standard deviation `sd`; `strength` is how good the evidence is (0-1), `freshness` how
    recent (0-1); `value` in `unit`; `n` the cases behind it. `say` and `cite` speak about the last day only.
    """

    outcome: NDArray[np.int8]
    value: Floats
    utility: Floats
    sd: Floats
    strength: Floats
    freshness: Floats
    n: Floats
    unit: str
    say: Callable[[int], tuple[str, str]]
    cite: Callable[[int], Sequence[Cited]]


@dataclass(frozen=True)
class Definition:
    """An indicator as published: id, titles, and each heading's text in Chinese and English.

    `law` names the provisions its concern touches; dashboard/help/legal_facts.toml says article, text and when it was verified.
    """

    id: str
    title: tuple[str, str]
    texts: dict[str, tuple[str, str]]
    reads: tuple[str, ...]
    law: tuple[str, ...]
    compute: Callable[[Dataset], Finding]

    @property
    def weight(self) -> float:
        """Points; 0 when the indicator is shown but unscored."""
        return method.WEIGHTS.get(self.id, ("", 0.0))[1]

    @property
    def dimension(self) -> str:
        """A-E, or "" when unscored."""
        return method.WEIGHTS.get(self.id, ("", 0.0))[0]


class DefinitionError(Exception):
    """An indicator file does not follow the form; the message names the file and the fix."""


@cache
def definitions() -> tuple[Definition, ...]:
    """All indicators of the folder, in the order of their ids."""
    names = sorted(m.name for m in pkgutil.iter_modules(indicators.__path__))
    return tuple(_definition(name) for name in names)


def _definition(name: str) -> Definition:
    module = importlib.import_module(f"scoring.indicators.{name}")
    compute = getattr(module, name, None)
    if compute is None:
        raise DefinitionError(f"scoring/indicators/{name}.py must hold a function named {name}")
    title, texts = parse(inspect.getdoc(compute) or "", name)
    reads, law = (
        tuple(filter(None, (part.strip() for part in texts.pop(head, ("", ""))[0].split(","))))
        for head in ("Reads", "Law")
    )
    return Definition(name, title, texts, reads, law, compute)


def parse(docstring: str, name: str) -> tuple[tuple[str, str], dict[str, tuple[str, str]]]:
    """(title, heading -> (zh, en)) of an indicator's docstring; raises DefinitionError naming what is missing."""
    lines = docstring.splitlines()
    zh, dash, en = lines[0].partition(" — ") if lines else ("", "", "")
    if not dash:
        raise DefinitionError(
            f"scoring/indicators/{name}.py: the docstring must open with '中文题 — English title'"
        )
    texts: dict[str, tuple[str, str]] = {}
    for block in re.split(r"\n(?=(?:" + "|".join(_HEADINGS) + r"): )", "\n".join(lines[1:])):
        head, colon, rest = block.strip().partition(": ")
        if colon and head in _HEADINGS:
            left, _, right = " ".join(rest.split()).partition(" | ")
            texts[head] = (left.strip(), right.strip() or left.strip())
    for head in _REQUIRED:
        if head not in texts:
            raise DefinitionError(
                f"scoring/indicators/{name}.py: its docstring lacks the heading '{head}: 中文 | English'"
            )
    return (zh.strip(), en.strip()), texts


def outcome_from_utility(utility: Floats, known: NDArray[np.bool_]) -> NDArray[np.int8]:
    """ok / concern at a utility of one half, unknown where nothing is known."""
    return np.where(known, np.where(utility < 0.5, CONCERN, OK), UNKNOWN).astype(np.int8)


def last(array: NDArray[Any], site: int) -> Any:
    """The value of the last day, as a Python scalar."""
    return array[site, -1].item()


def share_words(hits: int, cases: int) -> tuple[str, str]:
    """A share in words: a percentage only from PERCENT_FROM cases on and where it is neither none nor all, otherwise "9 起中 5 起".

    A verb in [one|many] may follow the English.
    """
    if not hits:
        return f"{cases} 起中没有一起", f"none of {cases} case(s)"
    if hits == cases:
        return (f"{cases} 起全部", f"all {cases} case(s)") if cases > 1 else ("仅 1 起，且", "1 of 1 case(s)")
    if cases >= method.PERCENT_FROM and 0.01 <= hits / cases < 0.995:
        return (
            f"{cases} 起中约 {100 * hits / cases:.0f}% ",
            f"about {100 * hits / cases:.0f}% of {cases} case(s)",
        )
    return f"{cases} 起中 {hits} 起", f"{hits} of {cases} case(s)"


def days_ago(days: float) -> tuple[str, str]:
    """How long before the day of the rating something was: never "0 天前"."""
    return (
        (f"{days:.0f} 天前", f"{days:.0f} day(s) ago")
        if days >= 1
        else ("评级当天", "on the day of the rating")
    )


def cite_rows(kind: str, ids: NDArray[np.int64]) -> list[Cited]:
    """Evidence for rows of one kind, the newest EVIDENCE_LIMIT of them."""
    return [(kind, i) for i in ids[-method.EVIDENCE_LIMIT :].tolist()]


def recent_of(facts: Dataset, rows: ObservationColumns, site: int, days: int, ripe: int = 0) -> Ints:
    """Positions of one platform's rows that stand on the last day and happened within the last `days` days, at least `ripe` days ago."""
    key = ("recent", id(rows), days, ripe)
    if key not in facts.cache:
        inside = (rows.day > facts.days - 1 - days) & (rows.day <= facts.days - 1 - ripe)
        at = np.flatnonzero((rows.gone >= facts.days) & inside)
        ends = np.searchsorted(rows.platform[at], np.arange(len(facts.sites) + 1)).tolist()
        facts.cache[key] = rows, at, ends  # With the rows, so that nothing else can get their id.
    _, at, ends = facts.cache[key]
    found: Ints = at[ends[site] : ends[site + 1]]
    return found


def window_of(facts: Dataset, days: int, ripe: int = 0) -> Window:
    """The dates of `recent_of`."""
    return days_back(facts.last_day, days, ripe)


def row_at(position: NDArray[np.int64], kind: str, rows: Any, site: int) -> list[Cited]:
    """Evidence for the row a panel points at on the last day."""
    at = int(position[site, -1])
    return [(kind, int(rows.id[at]))] if at >= 0 else []


def finding(
    facts: Dataset,
    utility: Floats,
    sd: Floats | float,
    known: NDArray[np.bool_],
    strength: float,
    fresh: Floats | float,
    say: Callable[[int], tuple[str, str]],
    cite: Callable[[int], Sequence[Cited]],
    *,
    value: Floats,
    n: Floats | None = None,
    unit: str = "",
    outcome: NDArray[np.int8] | None = None,
) -> Finding:
    """A Finding of full panels from what an indicator computed; nothing known means freshness 0."""
    shape = facts.shape
    return Finding(
        outcome=outcome_from_utility(utility, known) if outcome is None else outcome,
        value=np.where(known, value, np.nan),
        utility=np.broadcast_to(utility, shape),
        sd=np.broadcast_to(np.asarray(sd, dtype=float), shape),
        strength=np.full(shape, strength),
        freshness=np.where(known, fresh, 0.0),
        n=np.zeros(shape) if n is None else n,
        unit=unit,
        say=say,
        cite=cite,
    )


NEUTRAL = 0.5


@dataclass(frozen=True)
class Answer:
    """What is said of one platform: outcome, a value with its unit's meaning, the cases behind it, both sentences, evidence."""

    outcome: int
    zh: str
    en: str
    value: float = 0.0
    n: float = 0.0
    cited: tuple[Cited, ...] = ()
    figures: tuple[Figure, ...] = ()


def unscored_finding(facts: Dataset, answers: Sequence[Answer], strength: float, unit: str = "") -> Finding:
    """The finding of these answers, one for each platform in order; days before the last stay unknown."""
    sites, days = facts.shape
    outcome = np.full((sites, days), UNKNOWN, np.int8)
    value, n, fresh = np.full((sites, days), np.nan), np.zeros((sites, days)), np.zeros((sites, days))
    if sites:
        outcome[:, -1] = [answer.outcome for answer in answers]
        known = outcome[:, -1] != UNKNOWN
        value[:, -1] = np.where(known, [answer.value for answer in answers], np.nan)
        n[:, -1] = [answer.n for answer in answers]
        fresh[:, -1] = known
    return Finding(
        outcome=outcome,
        value=value,
        utility=np.full((sites, days), NEUTRAL),
        sd=np.zeros((sites, days)),
        strength=np.full((sites, days), strength),
        freshness=fresh,
        n=n,
        unit=unit,
        say=lambda i: Said(answers[i].zh, answers[i].en, *answers[i].figures),
        cite=lambda i: answers[i].cited[: method.EVIDENCE_LIMIT],
    )


def pages_of(facts: Dataset, site: int) -> list[int]:
    """`of_site` of a platform's pages; many ask."""
    pages = facts.rows["page"]
    found: list[int] = cached(facts, ("pages_of", site), lambda: of_site(pages, site, facts.days))
    return found


def of_site(rows: ObservationColumns, site: int, days: int) -> list[int]:
    """Positions of a platform's rows that stand on the last day, oldest event first."""
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    standing = a + np.flatnonzero(rows.gone[a:b] >= days)
    found: list[int] = standing[np.lexsort((rows.id[standing], rows.at[standing]))].tolist()
    return found
