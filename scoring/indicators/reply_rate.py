"""回复率."""

from __future__ import annotations

from scoring import method
from scoring.finding import Finding
from scoring.observations.dataset import Dataset
from scoring.utility import answered_share, between


def reply_rate(facts: Dataset) -> Finding:
    """投诉回复率 — Share of complaints answered

    Why: 有人回复投诉，用户才有机会解决问题。 | Somebody has to answer before a complaint can be settled.
    Reads: complaint
    Law: dispute_routes
    ok: 满一周的投诉中回复达四成以上。 | 40% or more of complaints older than a week were answered.
    concern: 满一周的投诉中回复不到四成（按偏保守的下界计）。 | Less than 40% were answered (by a cautious lower bound).
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    not_applicable: 近期没有计入的投诉。 | There were no complaints lately that count.
    Limits: 回复不等于解决，所以权重有限。 | An answer is not a solution, so the weight is limited.
    """
    return answered_share(
        facts,
        "reply_rate",
        "answered_at",
        "answered",
        (
            (
                "近 90 天提出、已满 7 天的互不重复的投诉 {share}得到回复。",
                "Of complaints filed in the last 90 days and at least 7 days old (repetitions left out), {share} [was|were] answered.",
            ),
            (
                "近 90 天未见已满 7 天的投诉。",
                "No complaint filed in the last 90 days and at least 7 days old was seen.",
            ),
        ),
        lambda share: between(share, method.SHARE_POINTS["reply_rate"]),
    )
