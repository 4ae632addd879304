"""Rows of small snapshots for tests: the five verdicts, missing values and hostile text."""

from __future__ import annotations

import datetime as dt
from typing import Any

AS_OF = dt.date(2026, 11, 21)
SEEN = dt.datetime(2026, 11, 20, 18, 30, tzinfo=dt.UTC)
VERSION = "2026.11.1"
HOSTILE = (
    '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"> **粗** [点我](javascript:window.hacked=1)'
    " $x^2$ :red[红] `码` \u202eopen\u202c\u200b {{7*7}} =HYPERLINK(1)"
)
BLUE, YELLOW, ORANGE, RED, GREY = "lan.test", "huang.test", "cheng.test", "hong.test", "hui.test"
HOSTILE_HOST = "hostile.test"
WOULD_BE_BETTER = "至少要有 1 项变为最好的情形（其余不变），结论才会由橙变为黄：退款 7 天未到。"
CLOSED = "closed.test"
STALE = "stale.test"


def rating(host: str, **more: Any) -> dict[str, Any]:
    """A row of `ratings`; an ordinary blue site unless told otherwise."""
    base = {
        "host": host,
        "name": host.split(".")[0],
        "aliases": [],
        "operator": "甲科技有限公司",
        "score": 82.0,
        "score_low": 74.0,
        "score_high": 89.0,
        "grade": "B",
        "coverage": 71.0,
        "warning_state": "normal",
        "warning_since": dt.date(2026, 8, 1),
        "verdict": "蓝",
        "tier": 1,
        "filing_state": "filed",
        "filing_number": "粤ICP备18046372号-1",
        "filing_province": "粤",
        "filing_checked_on": dt.date(2026, 11, 18),
        "software": "acg-faka",
        "software_version": "3.6.0",
        "sells": "svip",
        "drop_rate": 0.012,
        "drop_rate_low": 0.006,
        "drop_rate_high": 0.031,
        "drop_rate_basis": "estimated",
        "drop_rate_n": 900.0,
        "complaints_30d": 2,
        "complaints_total": 11,
        "complainants_30d": 2,
        "reasons_zh": ["近 30 天 2 名不同投诉人", "备案主体与页脚一致", "30 天可访问率 99.6 %"],
        "reasons_en": [
            "2 distinct complainants in 30 days",
            "Filing matches the footer",
            "99.6 % reachable over 30 days",
        ],
        "reason_evidence": [["E-1"], ["E-2"], []],
        "blind_spots_zh": ["后台订单", "需要登录的页面"],
        "blind_spots_en": ["own order records", "pages behind a login"],
        "evidence_n": 14,
        "sources_n": 4,
        "confidence": "medium",
        "first_seen_on": dt.date(2026, 3, 1),
        "last_evidence_at": SEEN,
        "disputed": False,
        "demo": True,
        "as_of": AS_OF,
        "method_version": VERSION,
    }
    return base | more


def ratings() -> list[dict[str, Any]]:
    """One site per verdict, and the awkward ones."""
    return [
        rating(BLUE, name="蓝天卡盟", aliases=["lan2.test"]),
        rating(
            YELLOW,
            name="黄河发卡",
            score=63.0,
            score_low=55.0,
            score_high=71.0,
            grade="C",
            verdict="黄",
            tier=2,
            warning_state="watch",
            filing_state="unknown",
            filing_number=None,
            filing_province=None,
            filing_checked_on=None,
            drop_rate=0.0833,
            drop_rate_basis="counted",
            drop_rate_n=24.0,
        ),
        rating(
            ORANGE,
            better_facts=["refund_delay"],
            better_zh=WOULD_BE_BETTER,
            better_en="It takes at least 1 of the facts at its best (all else as it is) to move the verdict from orange to yellow.",
            name="橙子卡盟",
            score=45.8,
            score_low=36.9,
            score_high=53.6,
            grade="D",
            verdict="橙",
            tier=3,
            warning_state="warning",
            warning_since=dt.date(2026, 11, 17),
            filing_state="not_filed",
            filing_number=None,
            filing_province=None,
            drop_rate=0.094,
            drop_rate_low=0.07,
            drop_rate_high=0.12,
            drop_rate_basis="counted",
            drop_rate_n=412.0,
            drop_rate_stuck=0.05,
            drop_rate_stuck_low=0.03,
            drop_rate_stuck_high=0.07,
            drop_rate_payment_not_synced=0.04,
            sells="topup",
            software="dujiaoka",
            reasons_zh=[
                "近 30 天至少 9 名不同投诉人称未到账",
                "9 例中 5 例称超过 15 天未退款",
                "11-03 起公告关闭自助退款入口",
            ],
            reasons_en=[
                "At least 9 distinct complainants in 30 days report non-delivery",
                "5 of 9 report no refund after 15 days",
                "Self-service refunds closed since 11-03",
            ],
        ),
        rating(
            RED,
            name="红日卡盟",
            score=18.0,
            score_low=9.0,
            score_high=28.0,
            grade="E",
            verdict="红",
            tier=3,
            warning_state="alarm",
            warning_since=dt.date(2026, 11, 15),
            confidence="high",
        ),
        rating(
            GREY,
            name="灰鸽发卡",
            score=None,
            score_low=None,
            score_high=None,
            grade="NR",
            coverage=22.0,
            verdict="灰",
            tier=None,
            drop_rate=None,
            drop_rate_low=None,
            drop_rate_high=None,
            drop_rate_basis="unknown",
            drop_rate_n=None,
            drop_rate_why_zh="页面没有订单计数，也没有足够投诉",
            drop_rate_why_en="no order counter on the page and too few complaints",
            reasons_zh=[],
            reasons_en=[],
            reason_evidence=[],
            evidence_n=3,
            sources_n=1,
            confidence="low",
        ),
        # A row that contradicts itself: not rated, yet coloured. It must be shown grey.
        rating("contradiction.test", name="自相矛盾", grade="NR", score=91.0, verdict="蓝", tier=1),
        rating(
            CLOSED,
            name="已停运卡盟",
            score=30.0,
            score_low=20.0,
            score_high=41.0,
            grade="E",
            verdict="红",
            tier=3,
            warning_state="closed",
            advice_zh="可以继续购买",
            advice_en="go on buying",
        ),
        rating(STALE, name="数据中断站", warning_state="stale"),
        rating(
            HOSTILE_HOST,
            name=HOSTILE + "长" * 10_000,
            operator=HOSTILE,
            software=HOSTILE,
            filing_number=HOSTILE,
            reasons_zh=[HOSTILE] * 3,
            reasons_en=[HOSTILE] * 3,
            blind_spots_zh=[HOSTILE],
            blind_spots_en=[HOSTILE],
            verdict="黄",
            tier=2,
            grade="C",
            disputed=True,
        ),
        rating("lan-b.test", name="蓝天卡盟", score=71.0, score_low=60.0, score_high=80.0),
    ]


def findings() -> list[dict[str, Any]]:
    """Findings of the rated sites whose contributions sum to the score."""
    kinds = [
        ("icp_filing", "A", "ICP 备案", "ICP filing", 20.0),
        ("drop_rate", "B", "掉单率", "Drop rate", 30.0),
        ("refund_delay", "C", "退款时间", "Refund time", 25.0),
        ("reply_rate", "D", "回复率", "Reply rate", 15.0),
        ("penalties", "E", "行政处罚", "Penalties", 10.0),
    ]
    found = []
    for site in ratings():
        hostile = site["host"] == HOSTILE_HOST
        for position, (indicator, dimension, zh, en, weight) in enumerate(kinds):
            share = (site["score"] or 0.0) / 100
            found.append(
                {
                    "host": site["host"],
                    "indicator": indicator,
                    "dimension": dimension,
                    "title_zh": zh,
                    "title_en": en,
                    "outcome": ("ok", "concern", "unknown", "hidden", "not_applicable")[position],
                    "value": 0.1,
                    "unit": "share",
                    "n": 12.0,
                    "weight": weight,
                    "utility": share,
                    "strength": 0.8,
                    "contribution": weight * share,
                    "sentence_zh": HOSTILE if hostile else f"{zh}：看到 12 条记录。",
                    "sentence_en": HOSTILE if hostile else f"{en}: 12 records seen.",
                    "evidence": ["E-1", "E-2"],
                    "limits_zh": "只看得到公开记录",
                    "limits_en": "public records only",
                }
            )
    # What the publisher adds for a rule that lowers a score: no dimension, no weight, points taken away.
    found.append(
        found[0]
        | {
            "host": ORANGE,
            "indicator": "cap_warning",
            "dimension": "",
            "title_zh": "封顶",
            "title_en": "Cap",
            "weight": 0.0,
            "contribution": -1.5,
            "evidence": ["complaint:heimao:17398235176"],
        }
    )
    return found


def practices() -> list[dict[str, Any]]:
    """What one site states and lacks."""
    return [
        {
            "host": ORANGE,
            "stated": ["order_query", "compensation"],
            "lacking": ["timeout_refund"],
            "improve_zh": ["写明多久未到账自动原路退款，并照此执行。"],
            "improve_en": ["State after how long an undelivered order is refunded by itself."],
            "evidence": ["E-1"],
        }
    ]


def disputes() -> list[dict[str, Any]]:
    """An open objection and one decided."""
    return [
        {
            "host": ORANGE,
            "about": "掉单率",
            "received_on": dt.date(2026, 11, 19),
            "acknowledged_on": None,
            "decided_on": None,
            "outcome": None,
        },
        {
            "host": BLUE,
            "about": "备案",
            "received_on": dt.date(2026, 10, 26),
            "acknowledged_on": dt.date(2026, 10, 27),
            "decided_on": dt.date(2026, 10, 30),
            "outcome": "amended",
        },
    ]


METHOD = {
    "version": VERSION,
    "zh": {"markdown": "评级由公开证据计算。\n\n- 未知不算零分\n- 隐藏不会加分"},
    "en": {"markdown": "Ratings are computed from public evidence.\n\n- unknown is not zero\n- hiding earns nothing"},
    "indicators": [
        {"id": "drop_rate", "dimension": "B", "weight": 15.0, "title_zh": "掉单率", "title_en": "Drop rate", "law": ["deliver", "breach"],
         "question_zh": "付款后没有按约定到账的订单有多少？",
         "question_en": "How many paid orders were not delivered as agreed?"},
        {"id": "peer_talk", "dimension": "D", "weight": None, "title_zh": "同行讨论", "title_en": "Peer talk",
         "question_zh": "同行怎么说？", "question_en": "What do peers say?"},
    ],
    "rules": [{"zh": "处于警报的网站最高 D 级。", "en": "A site in alarm gets D at most."}],
}  # fmt: skip
