"""到手后失效占比: goods that arrive and then die."""

from __future__ import annotations

from scoring import method
from scoring.finding import Finding
from scoring.observations.dataset import BIT, Dataset
from scoring.utility import between, kind_share


def void_after_delivery(facts: Dataset) -> Finding:
    """到手后失效占比 — Share of complaints about goods that died after delivery

    Why: 东西到了不等于能用：卡密已被用过、账号被收回或封停、质保不兑现，钱同样白花；这不是掉单，不计入掉单率。 | What arrives may still be worthless: codes already used, accounts taken back or blocked, guarantees not kept. These are no drops and never count as such.
    Reads: complaint
    Law: contract, breach
    ok: 说卡密无效、账号被收回或质保不兑现的投诉占比较低。 | A small share of complaints speak of void codes, accounts taken back or guarantees not kept.
    concern: 约四分之一以上的投诉说卡密无效、账号被收回或质保不兑现。 | About a quarter or more do.
    unknown: 没有成功读取过投诉信息源。 | No complaint source has been read successfully.
    Limits: 由投诉文字归类得出；被发行方收回的，原因在谁，文字里看不出来。 | Derived from the wording of complaints, which does not show who is to blame where a publisher takes something back.
    """
    return kind_share(
        facts,
        "void_after_delivery",
        BIT["invalid_card"] | BIT["account_taken_back"] | BIT["guarantee_not_kept"],
        "void_after_delivery",
        (
            (
                "近 90 天互不重复的投诉 {share}说卡密无效、账号被收回或质保不兑现。",
                "Of complaints in the last 90 days (repetitions left out), {share} [speaks|speak] of void codes, accounts taken back or guarantees not kept.",
            ),
            ("近 90 天未见投诉。", "No complaints seen in the last 90 days."),
        ),
        lambda share: between(share, method.SHARE_POINTS["void_after_delivery"]),
    )
