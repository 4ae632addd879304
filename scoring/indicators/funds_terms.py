"""资金条款."""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.figures import Said, count
from scoring.finding import Cited, Finding, finding, row_at
from scoring.observations.dataset import Dataset
from scoring.observations.panel import age, freshness, gather, latest
from scoring.utility import between
from scoring.warning.site_signals import TIGHT, deposit_only, tightness


def funds_terms(facts: Dataset) -> Finding:
    """资金条款 — Terms about money

    Why: 只充不提、概不退款、手续费和冻结期让用户难以拿回自己的钱。 | No withdrawals, no refunds, fees and freezes make it hard to get one's money back.
    Reads: page
    Law: void_terms
    ok: 页面条款没有或只有一项限制取回资金的内容。 | The terms hold at most one clause that keeps back money.
    concern: 条款有两项以上限制取回资金的内容，或写明充值余额不可提现。 | They hold two or more such clauses, or say that a prepaid balance cannot be withdrawn.
    unknown: 没有读到条款或公告。 | No terms or notice could be read.
    Limits: 只看公开页面的文字；只凭自述的好做法最多 0.6。 | Only the words of public pages; good practice known only from the site's own words counts at most 0.6.
    """
    rows = facts.rows["page"]
    mask = np.isin(rows["role"].astype(str), ("terms", "notice", "home")) if len(rows) else np.empty(0, bool)
    mask &= np.array([bool(t) for t in rows["text"]], bool)
    rows = rows.take(mask)
    parts = {role: rows.take(rows["role"] == role) for role in ("terms", "notice", "home")}
    total, known = np.zeros(facts.shape), np.zeros(facts.shape, bool)
    closed = np.zeros(facts.shape, bool)
    newest = {role: latest(facts, part) for role, part in parts.items()}
    for role, part in parts.items():
        at = newest[role]
        total += gather(np.array([tightness(t) for t in part["text"]], float), at, 0.0)
        closed |= gather(np.array([deposit_only(t) for t in part["text"]], bool), at, False).astype(bool)
        known |= at >= 0
    position = latest(facts, rows)
    utility = np.where(
        closed, 0.1, between(total, ((0.0, method.OWN_WORDS_CAP), (1.0, 0.5), (2.0, 0.3), (4.0, 0.0)))
    )

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有读到该网站的条款或公告。", "The site's terms or notices could not be read."
        if closed[i, -1]:
            return "页面写明充值余额不可提现。", "The site states that a prepaid balance cannot be withdrawn."
        newest_texts = [
            part["text"][at] for role, part in parts.items() if (at := int(newest[role][i, -1])) >= 0
        ]
        # The home page often repeats the terms: each kind of clause is one.
        kinds = count("clauses", sum(any(c.search(t) for t in newest_texts) for c in TIGHT))
        if not kinds.value:
            return Said(
                "页面条款中未见限制取回资金的内容。",
                "No clauses that keep back money were seen on the pages.",
                kinds,
            )
        return Said(
            f"页面条款有 {kinds.value:.0f} 类限制取回资金的内容。",
            f"The pages hold {kinds.value:.0f} kind(s) of clause that [keeps|keep] back money.",
            kinds,
        )

    def cite(i: int) -> list[Cited]:
        return [c for role in parts for c in row_at(newest[role], "page", parts[role], i)]

    return finding(
        facts,
        utility,
        0.1,
        known,
        method.STRENGTH_OWN_PAGE,
        freshness(age(facts, rows, position), method.CADENCE_DAYS),
        say,
        cite,
        value=np.where(closed, 0.0, total + 1.0),
        n=known.astype(float),
        unit="clauses",
    )
