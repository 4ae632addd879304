"""The evidence checklist and its completeness: which gap is open and how it hurts. Pure; holds no evidence, only what is ticked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

GROUPS: dict[str, tuple[str, ...]] = {
    "payment": ("payment_order_no", "payment_amount", "payment_payee", "payment_time"),
    "order": ("order_status", "order_product", "order_time"),
    "anomaly": ("anomaly_page",),
    "chats": ("chats_service",),
    "site": ("site_pages", "site_contact"),
}
"""Group and what must be seen on it: payment's four fields, the order's three, the anomaly, the chats, the site's identity."""
WEIGHTS = {"payment": 35, "order": 25, "anomaly": 15, "chats": 10, "site": 15}
"""Share of the whole in percent: without proof of payment nobody can confirm, without the order nobody can locate."""


@dataclass(frozen=True)
class Meter:
    """How complete the evidence is: `percent` 0 to 100, and the groups that lack something, worst first."""

    percent: int
    gaps: tuple[str, ...]


def meter(ticked: Collection[str]) -> Meter:
    """Completeness of what is ticked; raises ValueError for an item that is not on the list."""
    known = {item for items in GROUPS.values() for item in items}
    if unknown := set(ticked) - known:
        raise ValueError(f"{', '.join(sorted(unknown))}: 清单里没有 not on the checklist")
    shares = {group: sum(item in ticked for item in items) / len(items) for group, items in GROUPS.items()}
    gaps = sorted((g for g in GROUPS if shares[g] < 1), key=lambda g: -WEIGHTS[g] * (1 - shares[g]))
    return Meter(round(sum(WEIGHTS[g] * shares[g] for g in GROUPS)), tuple(gaps))
