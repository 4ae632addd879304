"""Findings that are shown and not scored: one answer a platform, for the last day only. It weighs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring import method
from scoring.facts import Facts, Rows
from scoring.figures import Figure, Said
from scoring.finding import UNKNOWN, Cited, Finding
from scoring.panel import cached

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


def shown(facts: Facts, answers: Sequence[Answer], strength: float, unit: str = "") -> Finding:
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


def pages_of(facts: Facts, site: int) -> list[int]:
    """`of_site` of a platform's pages; many ask."""
    pages = facts.rows["page"]
    found: list[int] = cached(facts, ("pages_of", site), lambda: of_site(pages, site, facts.days))
    return found


def of_site(rows: Rows, site: int, days: int) -> list[int]:
    """Positions of a platform's rows that stand on the last day, oldest event first."""
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    standing = a + np.flatnonzero(rows.gone[a:b] >= days)
    found: list[int] = standing[np.lexsort((rows.id[standing], rows.at[standing]))].tolist()
    return found
