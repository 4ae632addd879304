"""Who runs a site, as public evidence names it: what was handed in, the registry's answer, or its own footer, in that order.

A natural person is never named: of a personal filing only that it is one is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from scoring.features.filings import company_key, own_filings
from scoring.features.shop_pages import homes
from scoring.finding import of_site
from scoring.observations.dataset import Dataset, Site
from store.text.registration_numbers import uscc_is_valid

_PERSONAL = "个人"


@dataclass(frozen=True)
class Operator:
    """A company's name and its 18-character code (USCC), as far as either is known."""

    name: str | None = None
    uscc: str | None = None


def operator_of(facts: Dataset, site: int) -> Operator:
    """The operator of a site as of the last day."""
    who: Site = facts.sites[site]
    name = who.operator or filed_company(facts, site) or _footer_company(facts, site)
    return Operator(name, who.uscc or _shown_code(facts, site))


def filed_company(facts: Dataset, site: int) -> str | None:
    """The company to which the newest answer about the site's own domain gives its filing; None for a person's or none."""
    rows = own_filings(facts)
    mine = of_site(rows, site, facts.days)
    if not mine or not rows["found"][mine[-1]] or rows["nature"][mine[-1]] == _PERSONAL:
        return None
    entity = rows["entity"][mine[-1]]
    return str(entity) if entity else None


def families(facts: Dataset) -> dict[str, list[int]]:
    """Key of a company -> the sites it runs (positions, ascending): by what was handed in or the registry says.

    A footer's word alone makes no family: themes are copied with their footers.
    """
    found: dict[str, list[int]] = {}
    for at, site in enumerate(facts.sites):
        if key := company_key(site.operator or filed_company(facts, at)):
            found.setdefault(key, []).append(at)
    return found


def _footer_company(facts: Dataset, site: int) -> str | None:
    pages = facts.rows["page"]
    named = (pages["company"][at] for at in reversed(of_site(pages, site, facts.days)))
    return next((str(name) for name in named if name), None)


def _shown_code(facts: Dataset, site: int) -> str | None:
    home = homes(facts)[site]
    codes = (home[0].get("credit_codes") or ()) if home else ()
    return next((str(code) for code in codes if uscc_is_valid(str(code))), None)
