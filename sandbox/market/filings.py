"""The filing registry's view of a shop, and the number its footer shows, which may be another one or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from sandbox.market import names
from sandbox.market.parameters import MarketParameters


@dataclass(frozen=True)
class Filing:
    """What the registry holds about a host, and what the shop prints in its footer (which may differ)."""

    number: str | None
    """Main number in the registry, None when the host was never filed."""
    nature: str
    entity: str
    updated_on: date
    limited: bool
    cancelled_day: int | None
    footer: str | None
    """Site number in the footer (with -1), None when none is shown."""
    footer_linked: bool


def draw_filing(
    index: int,
    operator: str,
    person: str,
    province: tuple[str, str, int],
    registered_on: date,
    end: int | None,
    parameters: MarketParameters,
    rng: np.random.Generator,
) -> Filing:
    """Filing says little about the ending, as in the public record of failed platforms."""
    roll = rng.random()
    year = max(2020, registered_on.year)
    number = names.licence_number(province[0], year, 7 * index + int(rng.integers(7)) + 1000)
    updated = date(min(year, parameters.starts_on.year), 1 + int(rng.integers(12)), 1 + int(rng.integers(28)))
    updated = min(updated, names.spread_date(parameters.starts_on, 20))
    linked = bool(rng.random() < 0.7)
    suffix = "-1" if rng.random() < 0.8 else ""
    cancelled = end - 20 if end is not None and end > 60 and rng.random() < 0.15 else None
    if roll < 0.66:
        return Filing(
            number, "企业", operator, updated, bool(rng.random() < 0.03), cancelled, number + suffix, linked
        )
    if roll < 0.82:
        return Filing(number, "个人", person, updated, False, cancelled, number + suffix, linked)
    shown = None if roll < 0.90 else number + suffix if roll < 0.97 else f"{province[0]}ICP备12345678号-1"
    return Filing(None, "", "", updated, False, None, shown, linked)
