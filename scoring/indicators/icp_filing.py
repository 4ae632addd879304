"""备案: does the registry know the domain, and under whose name?"""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.features.filings import confirmed_absent, filing_panel
from scoring.figures import Said, count
from scoring.finding import CONCERN, OK, UNKNOWN, Cited, Finding, days_ago, last, row_at
from scoring.observations.dataset import Dataset
from scoring.observations.panel import freshness


def icp_filing(facts: Dataset) -> Finding:
    """ICP 备案 — ICP filing

    Why: 备案能说明网站由谁申办；查不到备案的网站出了问题更难找到人。 | A filing says who applied for the site; without one it is harder to find anybody.
    Reads: filing
    Law: closing, seller_identity
    ok: 查到备案，主办单位是企业或组织。 | A filing is on record under a company or organisation.
    concern: 登记系统中查不到备案，或备案性质为个人，或备案已注销限制接入。 | No filing is on record, or it is held by an individual, or access is restricted.
    unknown: 从未成功查询过备案系统。 | The filing registry has never been queried successfully.
    Limits: 备案只说明申办人，不说明经营是否诚信，也不是经营许可。 | A filing says who applied, nothing about honesty, and is not a business permit.
    """
    f = filing_panel(facts)
    personal = f.nature == "个人"
    u = np.select(
        [~f.known, f.found & f.restricted, f.found & personal, f.found, confirmed_absent(facts)],
        [0.5, 0.2, 0.4, 1.0, 0.0],
        0.1,
    )
    outcome = np.where(f.known, np.where(u >= 0.5, OK, CONCERN), UNKNOWN).astype(np.int8)

    def say(i: int) -> tuple[str, str]:
        if not last(f.known, i):
            return "备案状态未知：尚未成功查询。", "Filing status unknown: no successful query yet."
        ago = count("filing_asked_days_ago", last(f.age, i))
        when = days_ago(ago.value)
        ago_zh, ago_en = f"（{when[0]}查询）", f" (queried {when[1]})"
        if not last(f.found, i):
            twice = bool(last(confirmed_absent(facts), i))
            zh = "未查到该网站的 ICP 备案" + ("，两次查询间隔 24 小时以上" if twice else "")
            en = "No ICP filing found for this site" + (
                ", in two queries at least 24 hours apart" if twice else ""
            )
        elif last(personal, i):
            zh, en = "查到备案，性质为个人", "A filing is on record, held by an individual"
        elif last(f.restricted, i):
            zh, en = "查到备案，但登记为限制接入", "A filing is on record, but access is marked as restricted"
        else:
            zh, en = f"查到备案 {f.number[i, -1] or ''}".rstrip(), f"Filing {f.number[i, -1] or 'on record'}"
        return Said(zh + ago_zh + "。", en + ago_en + ".", ago)

    def cite(i: int) -> list[Cited]:
        return row_at(f.position, "filing", f.rows, i)

    shape = facts.shape
    return Finding(
        outcome,
        f.found.astype(float),
        u,
        np.full(shape, 0.05),
        np.full(shape, method.STRENGTH_OFFICIAL),
        freshness(f.age, method.FILING_CADENCE_DAYS),
        f.known.astype(float),
        "",
        say,
        cite,
    )
