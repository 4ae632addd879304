"""客服失联占比."""

from __future__ import annotations

from scoring import method
from scoring.finding import Finding
from scoring.observations.dataset import BIT, Dataset
from scoring.utility import between, kind_share


def unreachable_share(facts: Dataset) -> Finding:
    """客服失联占比 — Share of complaints that nobody can be reached

    Why: 联系不上客服，是问题无法解决的开始。 | Not reaching anybody is where problems stop being solved.
    Reads: complaint
    Law: dispute_routes
    ok: 提到联系不上客服的投诉占比较低。 | A small share of complaints mention that nobody can be reached.
    concern: 约 15% 以上的投诉提到联系不上客服或网站打不开。 | About 15% or more mention that nobody, or the site, can be reached.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    Limits: 由投诉文字归类得出。 | Derived from the wording of complaints.
    """
    return kind_share(
        facts,
        "unreachable_share",
        BIT["unreachable"] | BIT["site_gone"],
        "unreachable",
        (
            (
                "近 90 天互不重复的投诉 {share}提到联系不上客服或网站打不开。",
                "Of complaints in the last 90 days (repetitions left out), {share} [mentions|mention] that nobody, or the site, can be reached.",
            ),
            ("近 90 天未见投诉。", "No complaints seen in the last 90 days."),
        ),
        lambda share: between(share, method.SHARE_POINTS["unreachable_share"]),
    )
