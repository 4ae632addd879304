"""Rows of the tables `figures` and `set_aside`: what the sentences of a chunk state as numbers, and which complaints no count holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scoring.figures import Figure, days_back, figures_of, rows_of, share
from scoring.filing_checks import checked
from scoring.indicators.promises_kept import figures_about
from scoring.observations.dataset import BIT, NEVER, Dataset
from scoring.observations.day_index import date_of
from scoring.promise_ledger import ledger
from scoring.rating.assessment import Assessment
from scoring.tables.ratings import complaint_figures
from scoring.tables.sentences import state_today, told, transition_reason
from scoring.warning.state_machine import transitions
from store.evidence.site_volume import DAYS


def figure_rows(judged: Assessment) -> list[dict[str, Any]]:
    """Rows of the figures table about the sites of a chunk, by host and place."""
    return sorted(_rows(judged), key=lambda row: (row["host"], row["place"], row["name"]))


def _rows(judged: Assessment) -> Iterator[dict[str, Any]]:
    facts = judged.facts
    for at, site in enumerate(facts.sites):
        yield from rows_of(site.host, "rating", complaint_figures(facts, at))
        if today := state_today(judged, at):
            yield from rows_of(site.host, "rating", today[0].figures)
    for site, found in zip(facts.sites, checked(facts), strict=True):
        for mark in found.marks:
            yield from rows_of(site.host, f"identity:{mark.rule}", (mark.figure,) if mark.figure else ())
    for site, promises in zip(facts.sites, ledger(facts), strict=True):
        for promise in promises:
            yield from rows_of(site.host, f"promise:{promise.name}", figures_about([promise]))
    for name in judged.found:
        for site, said in zip(facts.sites, told(judged, name)[0], strict=True):
            yield from rows_of(site.host, f"finding:{name}", figures_of(said))
    for at, day, _, after in transitions(facts, judged.warned):
        said, _ = transition_reason(judged, at, day, after)
        on = date_of(facts.first_day + day).isoformat()
        yield from rows_of(facts.sites[at].host, f"warning:{on}", said.figures)


def about_all_rows(facts: Dataset, sector: tuple[Figure, ...]) -> list[dict[str, Any]]:
    """Rows about all sites together: the sector's, and how much was read of each source that numbers its complaints."""
    window = days_back(facts.last_day, DAYS)
    seen = {
        source.id: share("numbers_seen", source.numbering.seen, source.numbering.numbers, window)
        for source in facts.sources
        if source.numbering
    }
    return [
        *rows_of("", "sector", sector),
        *(row for id_, figure in seen.items() for row in rows_of("", f"source:{id_}", (figure,))),
    ]


def set_aside_rows(facts: Dataset) -> list[dict[str, Any]]:
    """Complaints that stand on the last day and are in no count of complainants: copies, and those held back, by the days held."""
    rows = facts.rows["complaint"]
    standing = (rows.gone >= facts.days) & ((rows["kinds"] & BIT["spam"]) == 0)
    copies = standing & (rows["rank"] > 0)
    held = standing & ~copies & (rows["held"] < facts.days)
    found: dict[tuple[int, str, int, int], list[int]] = {}
    for at in np.flatnonzero(copies).tolist():
        found.setdefault((int(rows.platform[at]), "copy", -1, NEVER), []).append(int(rows.id[at]))
    for at in np.flatnonzero(held).tolist():
        days = int(rows["held"][at]), int(rows["freed"][at])
        found.setdefault((int(rows.platform[at]), "held", *days), []).append(int(rows.id[at]))
    return [
        {
            "host": facts.sites[site].host,
            "reason": reason,
            "since": None if since < 0 else date_of(facts.first_day + since),
            "until": None if until >= NEVER else date_of(facts.first_day + until),
            "evidence": [("complaint", id_) for id_ in sorted(ids)],
        }
        for (site, reason, since, until), ids in sorted(found.items())
    ]
