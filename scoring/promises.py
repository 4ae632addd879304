"""Promises a site makes on its pages (instant delivery, refunds within days, compensation): kept standing or withdrawn."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from scoring.calendar import date_of
from scoring.judge import Judged

PROMISES = (
    ("instant_delivery", re.compile(r"[^。；\n]{0,16}(秒到账|即时到账|秒发|自动发货|秒充)[^。；\n]{0,10}")),
    (
        "refund_days",
        re.compile(r"[^。；\n]{0,10}\d+\s*(天|日|个工作日|小时)[^。；\n]{0,6}(退款|无理由)[^。；\n]{0,10}"),
    ),
    (
        "drop_compensation",
        re.compile(r"[^。；\n]{0,12}(掉单|漏单|未到账)[^。；\n]{0,8}(赔|补偿|包赔|补发)[^。；\n]{0,10}"),
    ),
    ("withdrawal", re.compile(r"[^。；\n]{0,10}(余额|随时)[^。；\n]{0,8}(可提现|提现到账)[^。；\n]{0,10}")),
)
_HOLDS_BACK = re.compile(r"不|暂停|关闭|停止")


def promise_rows(judged: Judged) -> list[dict[str, Any]]:
    """A row per platform and promise: its wording when first seen, and whether the newest page still has it."""
    facts = judged.facts
    rows = facts.rows["page"]
    out = []
    for site, who in enumerate(facts.sites):
        a, b = (int(x) for x in np.searchsorted(rows.platform, (site, site + 1)))
        newest: dict[str, int] = {str(rows["role"][i]): i for i in range(a, b)}
        for promise, pattern in PROMISES:
            found = [(i, m.group(0).strip()) for i in range(a, b) if (m := _made(pattern, rows["text"][i]))]
            if not found:
                continue
            roles = {str(rows["role"][i]) for i, _ in found}
            stands = any(_made(pattern, rows["text"][newest[r]]) for r in roles)
            out.append(
                {
                    "host": who.host,
                    "promise": promise,
                    "text": found[-1][1],
                    "first_seen_on": date_of(facts.first_day + int(rows.day[found[0][0]])),
                    "last_seen_on": date_of(facts.first_day + int(rows.day[found[-1][0]])),
                    "state": "standing" if stands else "withdrawn",
                    "kept": None,
                    "broken": None,
                    "evidence": [("page", int(rows.id[i])) for i in {found[0][0], found[-1][0]}],
                }
            )
    return out


@lru_cache(maxsize=20_000)
def _made(pattern: re.Pattern[str], text: str | None) -> re.Match[str] | None:
    match = pattern.search(text) if text else None
    return None if match is None or _HOLDS_BACK.search(match.group(0)) else match
