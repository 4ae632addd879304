"""The tables about single sites beside rating, findings and series: identity, promises, practices, links."""

from __future__ import annotations

from typing import Any

from scoring.identity_table import identity_rows
from scoring.judge import Judged
from scoring.linked import link_rows
from scoring.practices import practice_rows
from scoring.promises import promise_rows


def site_tables(judged: Judged) -> dict[str, list[dict[str, Any]]]:
    """Rows of each of these tables for a chunk of platforms."""
    return {
        "identity": identity_rows(judged),
        "promises": promise_rows(judged),
        "practices": practice_rows(judged),
        "links": link_rows(judged.facts.sites, judged.facts.kin.links, judged.facts.first_day),
    }
