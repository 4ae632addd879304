"""解决率."""

from __future__ import annotations

from scoring import method
from scoring.finding import Finding
from scoring.observations.dataset import Dataset
from scoring.utility import answered_share, between


def completion_rate(facts: Dataset) -> Finding:
    """投诉解决率 — Share of complaints settled

    Why: 投诉人确认完成，说明问题真的解决了。 | A complaint confirmed as completed shows the problem was really solved.
    Reads: complaint
    Law: dispute_routes
    ok: 满一周的投诉中，四分之一以上已解决。 | A quarter or more of complaints older than a week were settled.
    concern: 满一周的投诉中，已解决的不到四分之一（按偏保守的下界计）。 | Less than a quarter were settled (by a cautious lower bound).
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    not_applicable: 近期没有计入的投诉。 | There were no complaints lately that count.
    Limits: 有的投诉平台需要投诉人确认，未确认的解决看不到。 | Some sites need the complainant's confirmation; unconfirmed solutions are not seen.
    """
    return answered_share(
        facts,
        "completion_rate",
        "settled_at",
        "settled",
        (
            (
                "近 90 天提出、已满 7 天的互不重复的投诉 {share}得到解决。",
                "Of complaints filed in the last 90 days and at least 7 days old (repetitions left out), {share} [was|were] settled.",
            ),
            (
                "近 90 天未见已满 7 天的投诉。",
                "No complaint filed in the last 90 days and at least 7 days old was seen.",
            ),
        ),
        lambda share: between(share, method.SHARE_POINTS["completion_rate"]),
    )
