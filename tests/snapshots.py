"""Small published snapshots for tests: every table of the schema, the five verdicts, missing values and hostile text."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.feeds import write_feeds
from scoring.snapshot import TABLES
from scoring.twins import write_badges, write_twins

AS_OF = dt.date(2026, 11, 21)
SEEN = dt.datetime(2026, 11, 20, 18, 30, tzinfo=dt.UTC)
VERSION = "2026.11.1"
HOSTILE = (
    '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"> **粗** [点我](javascript:window.hacked=1)'
    " $x^2$ :red[红] `码` \u202eopen\u202c\u200b {{7*7}} =HYPERLINK(1)"
)
BLUE, YELLOW, ORANGE, RED, GREY = "lan.test", "huang.test", "cheng.test", "hong.test", "hui.test"
HOSTILE_HOST = "hostile.test"
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
            name="橙子卡盟",
            score=45.0,
            score_low=36.0,
            score_high=53.0,
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


def tables() -> dict[str, list[dict[str, Any]]]:
    """Rows for every table of the schema."""
    sites = ratings()
    days = [AS_OF - dt.timedelta(days=n) for n in range(30, -1, -1)]
    return {
        "ratings": sites,
        "findings": findings(),
        "history": [
            {
                "host": s["host"],
                "on": day,
                "score": None if s["score"] is None or day.day == 5 else s["score"] + (i % 3),
                "score_low": s["score_low"],
                "score_high": s["score_high"],
                "grade": s["grade"],
                "coverage": s["coverage"],
                "warning_state": s["warning_state"],
            }
            for s in sites
            for i, day in enumerate(days)
        ],
        "warnings": [
            {
                "host": ORANGE,
                "on": dt.date(2026, 11, 17),
                "from_state": "watch",
                "to_state": "warning",
                "reason_zh": "未到账投诉升至平时的 4.2 倍",
                "reason_en": "non-delivery complaints rose to 4.2 times the usual",
                "evidence": ["E-1"],
            },
            {
                "host": ORANGE,
                "on": dt.date(2026, 9, 2),
                "from_state": "normal",
                "to_state": "watch",
                "reason_zh": "退款变慢",
                "reason_en": "refunds slowed down",
                "evidence": [],
            },
            {
                "host": RED,
                "on": dt.date(2026, 11, 15),
                "from_state": "warning",
                "to_state": "alarm",
                "reason_zh": "停止回复并关闭退款",
                "reason_en": "stopped replying and closed refunds",
                "evidence": ["E-2"],
            },
            {
                "host": HOSTILE_HOST,
                "on": dt.date(2026, 11, 20),
                "from_state": "normal",
                "to_state": "watch",
                "reason_zh": HOSTILE,
                "reason_en": HOSTILE,
                "evidence": [],
            },
        ],
        "changes": [
            {
                "host": ORANGE,
                "on": dt.date(2026, 11, 17),
                "cause": "world",
                "what": "warning_state",
                "from": "watch",
                "to": "warning",
                "sentence_zh": "资金链状态由关注变为预警",
                "sentence_en": "Cash-flow state: watch to warning",
            }
        ],
        "series": [
            {
                "host": ORANGE,
                "on": day,
                "measure": "availability",
                "value": 1.0,
                "n": 4.0,
                "low": None,
                "high": None,
            }
            for day in days
        ],
        "identity": [
            {
                "host": ORANGE,
                "aspect": "footer",
                "shown": "粤ICP备18046372号",
                "registered": None,
                "agrees": "unknown",
                "source": "icp",
                "observed_on": dt.date(2026, 11, 18),
                "sentence_zh": "页脚有备案号，未能核实",
                "sentence_en": "the footer shows a number that could not be confirmed",
            }
        ],
        "promises": [
            {
                "host": ORANGE,
                "promise": "delivery",
                "text": "下单后 10 分钟内到账",
                "first_seen_on": dt.date(2026, 8, 1),
                "last_seen_on": AS_OF,
                "state": "broken",
                "kept": 3,
                "broken": 9,
                "evidence": ["E-1"],
            }
        ],
        "links": [
            {
                "host": ORANGE,
                "other": RED,
                "relation": "clone",
                "since": dt.date(2026, 10, 1),
                "confidence": 0.8,
                "reason_zh": "页面模板与客服号相同",
                "reason_en": "same template and service account",
            }
        ],
        "evidence": [
            {
                "id": f"E-{n}",
                "host": s["host"],
                "kind": "complaint",
                "tier": "ABCD"[n % 4],
                "claim_zh": HOSTILE if s["host"] == HOSTILE_HOST else f"第 {n} 条公开投诉称未到账",
                "claim_en": HOSTILE
                if s["host"] == HOSTILE_HOST
                else f"public complaint {n} reports non-delivery",
                "source": "heimao",
                "link": "javascript:window.hacked=1" if n == 1 else f"https://source.example/{n}",
                "event_on": AS_OF - dt.timedelta(days=n),
                "seen_at": SEEN,
                "sha256": hashlib.sha256(f"{n}".encode()).hexdigest(),
                "archive": "a.warc.gz",
                "offset": n,
            }
            for s in sites
            for n in range(1, 4)
        ],
        "responses": [
            {
                "host": ORANGE,
                "on": dt.date(2026, 11, 10),
                "text": "支付通道升级，预计三天内恢复。",
                "link": None,
            },
            {"host": ORANGE, "on": dt.date(2026, 10, 10), "text": "节日期间客服较忙。", "link": None},
            {"host": HOSTILE_HOST, "on": dt.date(2026, 11, 10), "text": HOSTILE, "link": None},
        ],
        "corrections": [
            {
                "host": BLUE,
                "on": dt.date(2026, 10, 30),
                "outcome": "amended",
                "sentence_zh": "更正备案号",
                "sentence_en": "filing number corrected",
            }
        ],
        "sources": [
            {
                "source": "heimao",
                "title_zh": "投诉平台甲",
                "title_en": "Complaint site A",
                "publisher": "甲",
                "kind": "complaints",
                "health": "ok",
                "last_ok_at": SEEN,
                "last_started_at": SEEN,
                "last_outcome": "ok",
                "last_reason": None,
                "records": 321,
                "blind_zh": None,
                "blind_en": None,
            },
            {
                "source": "gsxt",
                "title_zh": "企业公示",
                "title_en": "Company register",
                "publisher": "乙",
                "kind": "penalties",
                "health": "blocked",
                "last_ok_at": None,
                "last_started_at": SEEN,
                "last_outcome": "blocked",
                "last_reason": "captcha",
                "records": 0,
                "blind_zh": "行政处罚",
                "blind_en": "penalties",
            },
        ],
    }


METHOD = {
    "version": VERSION,
    "zh": {"markdown": "评级由公开证据计算。\n\n- 未知不算零分\n- 隐藏不会加分"},
    "en": {
        "markdown": "Ratings are computed from public evidence.\n\n- unknown is not zero\n- hiding earns nothing"
    },
    "indicators": [
        {
            "id": "drop_rate",
            "dimension": "B",
            "weight": 15.0,
            "title_zh": "掉单率",
            "title_en": "Drop rate",
            "question_zh": "付款后没有按约定到账的订单有多少？",
            "question_en": "How many paid orders were not delivered as agreed?",
        },
        {
            "id": "peer_talk",
            "dimension": "D",
            "weight": None,
            "title_zh": "同行讨论",
            "title_en": "Peer talk",
            "question_zh": "同行怎么说？",
            "question_en": "What do peers say?",
        },
    ],
    "rules": [{"zh": "处于警报的网站最高 D 级。", "en": "A site in alarm gets D at most."}],
}


def build(
    data_dir: Path,
    name: str = f"20261121T080000-{VERSION}",
    rows: dict[str, list[dict[str, Any]]] | None = None,
    demo: bool = True,
) -> Path:
    """Write a snapshot folder and point `latest` at it; `rows` replaces whole tables. Returns the folder."""
    folder = data_dir / "snapshots" / name
    folder.mkdir(parents=True)
    content = tables() | (rows or {})
    for table, schema in TABLES.items():
        filled = [{column: entry.get(column) for column in schema.names} for entry in content[table]]
        if not demo and table == "ratings":
            filled = [entry | {"demo": False} for entry in filled]
        pq.write_table(pa.Table.from_pylist(filled, schema=schema), folder / f"{table}.parquet")
    written = {table: pq.read_table(folder / f"{table}.parquet") for table in TABLES}
    write_feeds(written, folder / "feeds")
    write_badges(written["ratings"].to_pylist(), folder / "badges")
    write_twins(written, folder / "s")
    manifest = {"id": name, "as_of": AS_OF.isoformat(), "method_version": VERSION, "demo": demo}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "method.json").write_text(json.dumps(METHOD, ensure_ascii=False), "utf-8")
    (folder / "SHA256SUMS").write_text(
        "".join(
            f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(folder).as_posix()}\n"
            for f in sorted(folder.rglob("*"))
            if f.is_file()
        ),
        "utf-8",
    )
    point_latest(data_dir, name)
    return folder


def empty() -> dict[str, list[dict[str, Any]]]:
    """No rows in any table: the very first publication."""
    return {table: [] for table in TABLES}


def point_latest(data_dir: Path, name: str) -> None:
    """Move the `latest` link as the publisher does: a new link renamed over the old one."""
    fresh = data_dir / "snapshots" / ".latest"
    fresh.symlink_to(name)
    fresh.replace(data_dir / "snapshots" / "latest")
