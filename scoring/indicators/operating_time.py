"""连续经营时间."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.figures import Said, count
from scoring.finding import Cited, Finding, finding, last, row_at
from scoring.observations.dataset import NEVER, Dataset
from scoring.observations.panel import age, freshness, gather, latest


def operating_time(facts: Dataset) -> Finding:
    """域名启用时间 — Time in operation

    Why: 刚启用的网站没有历史可查。 | A site that has just begun has no history to look at.
    Reads: registration
    ok: 域名启用约一年半以上。 | The domain has been registered for about a year and a half or more.
    concern: 域名启用不足约一年半。 | The domain is younger than about a year and a half.
    unknown: 没有查到域名登记。 | The domain's registration could not be read.
    Limits: 域名可以转手，老域名不等于老网站。 | Domains change hands; an old domain is not an old site.
    """
    rows = facts.rows["registration"]
    rows = rows.take(rows["registered_on"] < NEVER) if len(rows) else rows
    at = latest(facts, rows)
    began = gather(rows["registered_on"], at, 0)
    years = np.where(at >= 0, (np.arange(facts.days)[None, :] + facts.first_day - began) / 365.25, 0.0)
    known = at >= 0
    utility = 1 - np.exp(-np.maximum(years, 0) / 2)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有查到域名登记时间。", "The registration date of the domain is unknown."
        days = count("domain_days", facts.last_day - last(began, i))
        if days.value < 1:
            return Said("该域名在评级当天注册。", "The domain was registered on the day of the rating.", days)
        if days.value < 365:
            return Said(
                f"该域名注册至今 {days.value:.0f} 天。",
                f"The domain was registered {days.value:.0f} day(s) ago.",
                days,
            )
        years_ago = days.value / 365.25
        return Said(
            f"该域名注册至今约 {years_ago:.1f} 年。",
            f"The domain was registered about {years_ago:.1f} years ago.",
            days,
        )

    def cite(i: int) -> list[Cited]:
        return row_at(at, "registration", rows, i)

    return finding(
        facts,
        utility,
        0.05,
        known,
        method.STRENGTH_OFFICIAL,
        freshness(age(facts, rows, at), method.REGISTRATION_CADENCE_DAYS),
        say,
        cite,
        value=years,
        n=known.astype(float),
        unit="years",
    )
