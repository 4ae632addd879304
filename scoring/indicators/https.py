"""HTTPS."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.finding import Cited, Finding, finding, row_at
from scoring.observations.dataset import Dataset
from scoring.observations.panel import age, freshness, gather, latest


def https(facts: Dataset) -> Finding:
    """HTTPS 加密 — HTTPS

    Why: 没有有效加密的网站，付款信息可能被截获。 | Without valid encryption payment details can be read on the way.
    Reads: probe
    ok: 最近一次探测没有证书错误。 | The latest probe met no certificate error.
    concern: 最近一次探测证书无效或过期。 | The latest probe met an invalid or expired certificate.
    unknown: 没有探测。 | No probes.
    Limits: 有 HTTPS 不代表网站可靠。 | HTTPS does not make a site reliable.
    """
    rows = facts.rows["probe"]
    wrong = rows["class_"] == "tls_error"
    rows_ = rows.take((rows["outcome"] == "ok") | (rows["outcome"] == "slow") | wrong)
    at = latest(facts, rows_)
    bad = gather(rows_["class_"] == "tls_error", at, False).astype(bool)
    known = at >= 0
    utility = np.where(bad, 0.2, 0.9)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有探测结果。", "No probes."
        if bad[i, -1]:
            return (
                "最近一次探测发现证书无效或过期。",
                "The latest probe met an invalid or expired certificate.",
            )
        return "最近一次探测未见证书错误。", "The latest probe met no certificate error."

    def cite(i: int) -> list[Cited]:
        return row_at(at, "probe", rows_, i)

    return finding(
        facts,
        utility,
        0.05,
        known,
        method.STRENGTH_OFFICIAL,
        freshness(age(facts, rows_, at), method.CADENCE_DAYS),
        say,
        cite,
        value=(~bad).astype(float),
        n=known.astype(float),
    )
