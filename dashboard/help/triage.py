"""Triage: what happened, which case it is, and the path for that case in order. Pure; knows nothing of any site.

A case is decided from answers alone, fraud signs first. The kinds of drop are those of the complaint kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
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
BRANCHES = ("reseller", "minor", "cross_border", "off_platform", "prepaid", "illegal_goods")
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

    @property
    def loss(self) -> bool:
        """Whether money is missing, so that deadlines run."""
        return self.case not in _NO_DROP or self.case == "wrong_item"

    @property
    def letters(self) -> bool:
        """Whether anything is to be written or proved."""
        return bool(letters_for(self))

    @property
    def barred(self) -> bool:
        """Whether small claims are out of the question: the other side is missing or abroad."""
        return self.case in ("site_gone", "fraud") or "cross_border" in self.branches


STOP = Step("stop_paying")
POLICE = Step("police", ("stop_payment",))
KEEP = Step("keep_evidence", ("electronic_evidence", "payment_records"))
WRITE = Step("write_platform", ("contract", "deliver", "delivered_when", "dispute_routes"))
PAYMENT = Step("payment_channel", ("payment_records",))
ESCALATE = Step("escalate_24h", ("market_regulator",))
FIFTEEN = Step("day_15", ("refund_15", "prepaid"))
COURT = Step("court", ("small_claims", "home_court", "court_fee", "limitation"))
MISSING = Step("court_missing", ("small_claims", "home_court", "limitation"))
FRAUD = Step("fraud_note", ("taking_money", "fraud_3x"))
AFTER = Step("aftercare")
FOR_RESALE = {
    "escalate_24h": Step("escalate_reseller", ("living_consumption",)),
    "day_15": Step("contract_claim", ("breach", "living_consumption")),
}
"""What takes the place of a step that only protects consumers, for somebody who bought to resell."""
_LAW_OF_CASE = {"record_lost": Step("records_burden", ("records",)), "site_gone": Step("site_gone", ("closing",)),
                "payment_not_synced": Step("ask_callback"), "stuck": Step("ask_stock")}  # fmt: skip
_ASKS_DELIVERY = ("payment_not_synced", "stuck")
"""Cases whose own step is about getting the delivery: left out where the money is asked back."""
_NO_DROP = {
    "payment_failed": (Step("check_bill", ("payment_records",)), Step("no_second_payment")),
    "not_renewed": (Step("check_renewal", ("auto_renew",)), Step("renewal_dispute", ("auto_renew",))),
    "wrong_item": (Step("compare_order", ("contract",)), Step("ask_exchange", ("no_reason",))),
    "delivered": (Step("check_now", ("delivered_when",)), Step("remind_expiry")),
}
_LETTERS = {
    "fraud": ("payment", "r12315"),
    "payment_failed": (),
    "not_renewed": (),
    "wrong_item": ("platform", "payment", "r12315"),
    "delivered": (),
    "site_gone": ("payment", "r12315", "heimao", "platform"),
    "refund_wait": ("day15", "payment", "r12315", "heimao", "small_claims"),
}
_OF_A_DROP = ("platform", "explanation", "payment", "r12315", "heimao", "day15", "small_claims")
_FOR_CONSUMERS = ("r12315", "day15")


def letters_for(path: Path) -> tuple[str, ...]:
    """The letters of a case in the order in which they are sent (names of dashboard.help.letters), none where none is needed."""
    found = _LETTERS.get(path.case, _OF_A_DROP)
    left_out = (_FOR_CONSUMERS if "reseller" in path.branches else ()) + (
        ("small_claims",) if "cross_border" in path.branches else ()
    )
    return tuple(name for name in found if name not in left_out)


def asked(given: Mapping[str, object]) -> list[str]:
    """The questions that matter after some answers (question to option), in order, the next open one last.

    A sign of fraud, a payment that did not happen, something that arrived: what comes after is not asked.
    """
    names = []
    for name, options in QUESTIONS:
        if name == "stage" and given.get("order") == "no_site":
            break
        names.append(name)
        ends = {"fraud": options[1:], "paid": options[1:], "delivered": options[1:]}.get(name, ())
        if name not in given or given[name] in ends:
            break
    return names


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
        steps += [POLICE, PAYMENT, KEEP, Step("report_channels", ("market_regulator",)), FRAUD, AFTER]
    elif case in _NO_DROP:
        # No lawsuit for what has arrived, or for a payment that never left.
        disputed = case in ("not_renewed", "wrong_item")
        steps = [*_NO_DROP[case], *([Step("if_refused", ("dispute_routes",))] if disputed else [])]
    else:
        steps += [KEEP]
        steps += [Step("refund_first")] if refund_first else []
        if case in _LAW_OF_CASE and not (refund_first and case in _ASKS_DELIVERY):
            steps += [_LAW_OF_CASE[case]]
        write = Step("write_refund", WRITE.laws) if refund_first else WRITE
        # Where the money is asked back, the payment channel is the fastest; where delivery is, the site is.
        steps += [PAYMENT, write] if refund_first else [write, PAYMENT]
        steps += [ESCALATE, FIFTEEN]
        steps += [MISSING] if case == "site_gone" else [] if "cross_border" in answers.branches else [COURT]
        steps += [AFTER]
    if "reseller" in answers.branches:
        steps = [FOR_RESALE.get(step.id, step) for step in steps]
    laws = _BRANCH_LAWS | ({"prepaid": ("breach",)} if "reseller" in answers.branches else {})
    steps += [Step(f"branch_{name}", laws[name]) for name in BRANCHES if name in answers.branches]
    return Path(case, tuple(steps), tuple(b for b in BRANCHES if b in answers.branches), refund_first)


_BRANCH_LAWS = {
    "reseller": ("living_consumption",),
    "minor": ("minor",),
    "cross_border": ("small_claims", "dispute_routes"),
    "off_platform": ("off_platform", "seller_identity"),
    "prepaid": ("prepaid",),
    "illegal_goods": ("void_deal",),
}
