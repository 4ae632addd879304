"""Which caps apply on which day, and the sentence that says so."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.filings import confirmed_absent
from scoring.finding import CONCERN, Definition, Finding
from scoring.observations.dataset import Dataset
from scoring.observations.panel import Bools
from scoring.rating.aggregate import Scored
from scoring.warning.state_machine import ALARM, CLOSED, WARNING, Warned

SENTENCES = {
    "alarm": (
        "资金链状态为警报，信用分最高 {cap}。",
        "The cash-flow state is alarm: the score is at most {cap}.",
    ),
    "warning": (
        "资金链状态为预警，信用分最高 {cap}。",
        "The cash-flow state is warning: the score is at most {cap}.",
    ),
    "closed": (
        "网站已停运或打不开，信用分最高 {cap}。",
        "The site is closed or unreachable: the score is at most {cap}.",
    ),
    "filing": (
        "两次查询均未查到备案，或备案属于其他主体，信用分最高 {cap}。",
        "No filing in two queries, or it belongs to another subject: the score is at most {cap}.",
    ),
    "funds_terms": (
        "充值余额不可提现，信用分最高 {cap}。",
        "A prepaid balance cannot be withdrawn: the score is at most {cap}.",
    ),
    "pace": (
        "最近的变化尚待查看：交付、资金与投诉处理 {days} 天内合计最多先扣 {points} 分，其余随后计入；只有一阵投诉、别无佐证时，{long} 天内合计最多先扣 {least} 分。",
        "The latest days are still being looked into: delivery, money and handling lose at most {points} points in {days} days, the rest follows; for a burst of complaints with nothing beside it at most {least} points in {long} days.",
    ),
    "weak_dimension": (
        "交付或资金维度过低，其他方面的好表现不能抵消，信用分最高 {cap}。",
        "Delivery or money is too weak for other strengths to make up for it: the score is at most {cap}.",
    ),
}
TITLES = {
    "alarm": ("警报上限", "Cap: alarm"),
    "warning": ("预警上限", "Cap: warning"),
    "closed": ("停运上限", "Cap: closed"),
    "filing": ("备案上限", "Cap: filing"),
    "funds_terms": ("资金条款上限", "Cap: money terms"),
    "pace": ("降分限速", "Limited pace"),
    "weak_dimension": ("短板上限", "Cap: weak dimension"),
}


def applying(
    facts: Dataset, found: dict[str, tuple[Definition, Finding]], scored: Scored, warned: Warned
) -> dict[str, Bools]:
    """Cap -> the platforms and days it applies to."""
    none = np.zeros(facts.shape, bool)
    terms = found.get("funds_terms")
    deposit_only = (terms[1].value <= 0) & (terms[1].outcome == CONCERN) if terms else none
    weak = (scored.utility_of["B"] < method.WEAK_DIMENSION) | (scored.utility_of["C"] < method.WEAK_DIMENSION)
    # What the limit of pace holds back for now brings no cap on either; a cap that is there already stays.
    held = scored.points["cap_pace"] > 0 if "cap_pace" in scored.points else none
    for day in range(1, weak.shape[1]):
        weak[:, day] &= ~held[:, day] | weak[:, day - 1]
    return {
        # Our not looking lifts no limit: the state held counts, not the one shown.
        "alarm": warned.level == ALARM,
        "warning": warned.level == WARNING,
        "closed": warned.state == CLOSED,
        "filing": confirmed_absent(facts),
        "funds_terms": deposit_only,
        "weak_dimension": weak,
    }


def sentence(name: str) -> tuple[str, str]:
    """The cap (or the limit of pace) in words, Chinese and English."""
    zh, en = SENTENCES[name]
    (days, points), (long, least) = method.PACE, method.PACE_BURST
    words = {"cap": f"{method.CAPS.get(name, 100.0):g}", "days": str(days), "points": f"{points:g}"}
    words |= {"long": str(long), "least": f"{least:g}"}
    return zh.format(**words), en.format(**words)
