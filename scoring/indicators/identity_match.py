"""页面公司 = 备案主体."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.filings import filing_panel, pairs
from scoring.finding import Cited, Finding, finding, row_at
from scoring.observations.dataset import Dataset
from scoring.observations.panel import age, freshness, latest


def identity_match(facts: Dataset) -> Finding:
    """主体一致 — Same operator everywhere

    Why: 网站写的公司、页脚备案号与登记一致，出了问题才知道找谁。 | When company, footer number and registry agree, one knows whom to turn to.
    Reads: page, filing
    Law: closing, seller_identity
    ok: 能核对的项目多数一致。 | Most of what can be compared agrees.
    concern: 页脚备案号或公司名与登记不一致。 | The footer's number or the company name disagrees with the registry.
    unknown: 页面没有写明，或登记没有可比的内容。 | The pages do not say, or the registry holds nothing to compare.
    Limits: 收款方要付款才看得到，未核对。 | The payee is only seen when paying and is not compared.
    """
    footer_known, footer_same, company_known, company_same, _, _ = pairs(facts)
    n = footer_known.astype(float) + company_known
    agree = footer_same.astype(float) + company_same
    known = n > 0
    utility = np.where(known, 0.05 + 0.95 * agree / np.maximum(n, 1), 0.5)
    rows = facts.rows["page"]
    at = latest(facts, rows)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return (
                "网站的主体信息无法与备案核对。",
                "The site's operator cannot be compared with the registry.",
            )
        if company_known[i, -1] and not company_same[i, -1]:
            return (
                "网站写的公司与备案主体不一致。",
                "The company named on the site does not match the filing.",
            )
        if footer_known[i, -1] and not footer_same[i, -1]:
            return "页脚备案号与登记不一致。", "The footer's filing number does not match the registry."
        if not company_known[i, -1]:
            return (
                "页脚备案号与登记一致；网站写的公司无法核对。",
                "The footer's filing number matches the registry; the company could not be compared.",
            )
        if not footer_known[i, -1]:
            return (
                "网站写的公司与备案主体一致；页脚备案号无法核对。",
                "The company named on the site matches the filing; the footer's number could not be compared.",
            )
        return (
            "网站写的公司和页脚备案号都与登记一致。",
            "Both the company named on the site and the footer's number match the registry.",
        )

    def cite(i: int) -> list[Cited]:
        f = filing_panel(facts)
        return row_at(at, "page", rows, i) + row_at(f.position, "filing", f.rows, i)

    return finding(
        facts,
        utility,
        0.1,
        known,
        method.STRENGTH_OWN_PAGE,
        freshness(age(facts, rows, at), method.CADENCE_DAYS),
        say,
        cite,
        value=agree / np.maximum(n, 1),
        n=n,
        unit="share",
    )
