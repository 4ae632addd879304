"""What concerns the host of a mall and not the merchants in it: filing, certificate, registration, and what stands in the mall's footer.

A merchant is rated on the rest: these indicators are not applicable to it, whatever the mall's pages or registries say.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.finding import NOT_APPLICABLE, Definition, Finding
from scoring.observations.dataset import Dataset
from store.text.malls import host_part, is_merchant

OF_THE_HOST = frozenset(
    ("filing_number", "https", "icp_filing", "identity_match", "licence_claim", "operating_time")
)
"""Indicators that speak of a host, its domain, or who filed it."""


def answer(definition: Definition, facts: Dataset) -> Finding:
    """An indicator's answer, not applicable to merchants where it speaks of the host."""
    finding = definition.compute(facts)
    inside = np.array([is_merchant(site.host) for site in facts.sites], bool)
    if definition.id not in OF_THE_HOST or not inside.any():
        return finding
    malls = [host_part(site.host) for site in facts.sites]
    these = inside[:, None]

    def say(site: int) -> tuple[str, str]:
        if not inside[site]:
            return finding.say(site)
        return (
            f"这属于商城 {malls[site]}，不属于这家商户；见商城的页面。",
            f"This belongs to the mall {malls[site]}, not to this merchant; see the mall's page.",
        )

    return replace(
        finding,
        outcome=np.where(these, NOT_APPLICABLE, finding.outcome).astype(np.int8),
        value=np.where(these, np.nan, finding.value),
        freshness=np.where(these, 0.0, finding.freshness),
        n=np.where(these, 0.0, finding.n),
        say=say,
        cite=lambda site: () if inside[site] else finding.cite(site),
    )
