"""Triage: what happened, which case it is, and the path for that case in order. Pure; knows nothing of any site.

A case is decided from answers alone, fraud signs first. The kinds of drop are those of the complaint kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CASES = (
    "fraud",
    "payment_failed",
    "not_renewed",
    "wrong_item",
    "payment_not_synced",
    "stuck",
    "record_lost",
    "site_gone",
    "refund_wait",
    "delivered",
)
"""In the order in which they are decided."""
BRANCHES = ("reseller", "minor", "cross_border", "off_platform", "prepaid")
QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("fraud", ("none", "asked_more", "all_dead")),
    ("paid", ("bill_shows", "page_only", "no")),
    ("delivered", ("no", "expired", "other_item", "yes")),
    ("order", ("processing", "paid_not_active", "gone", "no_site")),
    ("stage", ("fresh", "refund_promised")),
)
"""Question and its possible answers; the texts are in texts.toml."""


@dataclass(frozen=True)
class Answers:
    """What the person said; the defaults are a payment that shows in the bill and an order that does not move."""

    fraud: str = "none"
    paid: str = "bill_shows"
    delivered: str = "no"
    order: str = "processing"
    stage: str = "fresh"
    branches: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Step:
    """One step of a path: the id of its text, and the legal facts it rests on."""

    id: str
    laws: tuple[str, ...] = ()


@dataclass(frozen=True)
class Path:
    """The case and what to do, in order. `refund_first`: ask for the money, not for delivery."""

    case: str
    steps: tuple[Step, ...]
    branches: tuple[str, ...]
    refund_first: bool


STOP = Step("stop_paying")
POLICE = Step("police", ("stop_payment",))
KEEP = Step("keep_evidence", ("electronic_evidence", "payment_records"))
WRITE = Step("write_platform", ("contract", "deliver", "delivered_when", "dispute_routes"))
PAYMENT = Step("payment_channel", ("payment_records",))
ESCALATE = Step("escalate_24h", ("market_regulator",))
FIFTEEN = Step("day_15", ("refund_15", "prepaid"))
COURT = Step("court", ("small_claims", "home_court", "court_fee", "limitation"))
AFTER = Step("aftercare")
_LAW_OF_CASE = {"record_lost": Step("records_burden", ("records",)), "site_gone": Step("site_gone", ("closing",)),
                "payment_not_synced": Step("ask_callback"), "stuck": Step("ask_stock")}  # fmt: skip
_NO_DROP = {
    "payment_failed": (Step("check_bill", ("payment_records",)), Step("no_second_payment")),
    "not_renewed": (Step("check_renewal", ("auto_renew",)), Step("renewal_dispute", ("auto_renew",))),
    "wrong_item": (Step("compare_order", ("contract",)), Step("ask_exchange", ("no_reason",))),
    "delivered": (Step("check_now", ("delivered_when",)), Step("remind_expiry")),
}


def case_of(answers: Answers) -> str:
    """The case, first match: fraud signs, what is no drop, a site that is gone, then the three kinds of drop.

    Raises ValueError for an answer no question offers.
    """
    for name, offered in QUESTIONS:
        if getattr(answers, name) not in offered:
            raise ValueError(
                f"{name}={getattr(answers, name)}: 没有这个选项 no such answer; 可选 {', '.join(offered)}"
            )
    if unknown := answers.branches - set(BRANCHES):
        raise ValueError(
            f"{', '.join(sorted(unknown))}: 没有这个情形 no such branch; 可选 {', '.join(BRANCHES)}"
        )
    if answers.fraud != "none":
        return "fraud"
    if answers.paid != "bill_shows":
        return "payment_failed"
    if answers.delivered != "no":
        return {"expired": "not_renewed", "other_item": "wrong_item", "yes": "delivered"}[answers.delivered]
    if answers.order == "no_site":
        return "site_gone"
    if answers.stage == "refund_promised":
        return "refund_wait"
    return {"processing": "stuck", "paid_not_active": "payment_not_synced", "gone": "record_lost"}[
        answers.order
    ]


def path_for(answers: Answers, warning_state: str | None = None) -> Path:
    """The path for a case. `warning_state` of the site, if it is known: from `warning` on the money is asked back first."""
    case = case_of(answers)
    refund_first = case in ("refund_wait", "site_gone", "fraud") or warning_state in (
        "warning",
        "alarm",
        "closed",
    )
    steps: list[Step] = [STOP]
    if case == "fraud":
        steps += [POLICE, PAYMENT, KEEP, Step("report_channels", ("market_regulator",)), AFTER]
    elif case in _NO_DROP:
        steps = [*_NO_DROP[case], Step("if_refused", ("dispute_routes",))]
    else:
        steps += [KEEP]
        steps += [Step("refund_first")] if refund_first else []
        steps += [_LAW_OF_CASE[case]] if case in _LAW_OF_CASE else []
        steps += [PAYMENT, WRITE] if case == "site_gone" else [WRITE, PAYMENT]
        steps += [ESCALATE, FIFTEEN, COURT, AFTER]
    steps += [Step(f"branch_{name}", _BRANCH_LAWS[name]) for name in BRANCHES if name in answers.branches]
    return Path(case, tuple(steps), tuple(b for b in BRANCHES if b in answers.branches), refund_first)


_BRANCH_LAWS = {
    "reseller": ("living_consumption",),
    "minor": ("minor",),
    "cross_border": ("dispute_routes",),
    "off_platform": ("off_platform",),
    "prepaid": ("prepaid",),
}
