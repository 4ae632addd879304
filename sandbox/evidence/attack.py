"""Complaint bombing as evidence: paid writers file many false complaints about healthy shops within three days.

Each shop has a writer of its own, who invents a few stories and then paraphrases them; works on any market's truth.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

COUNT = 40
DAYS = 3.0
HEALTHY = ("healthy", "steady")
_ZONE = timezone(timedelta(hours=8))
_WHO = ("我弟", "我室友", "表哥", "单位同事", "我本人", "楼下邻居", "我徒弟", "群里一个朋友")
_BOUGHT = (
    "拍了一张月卡",
    "充了两百块",
    "买了三个账号",
    "下了一单点券",
    "存了五百预存",
    "付了代理费",
    "要了一套会员",
    "订了季度套餐",
)
_BAD = (
    "钱收了东西不给", "卡在处理中再没下文", "退款一拖再拖", "提现死活不到账", "余额取不出来", "发来的全是废卡", "后台直接清空记录", "充值石沉大海",
)  # fmt: skip
_THEN = (
    "客服装聋作哑",
    "一问就拉黑",
    "态度恶劣得很",
    "客服只会发表情",
    "电话打过去就挂",
    "说是系统问题推三阻四",
    "反过来骂顾客",
    "让我自认倒霉",
)
_END = (
    "大伙绕着走",
    "谁去谁后悔",
    "必须曝光",
    "希望有人管管",
    "等着赔钱吧",
    "别再上当",
    "气得一晚没睡",
    "转发让更多人看到",
)
_TWISTS = (
    ("钱", "款子"), ("东西", "货"), ("退款", "退钱"), ("客服", "那边的客服"), ("提现", "取现"), ("处理中", "处理当中"), ("到账", "进账"),
    ("拉黑", "屏蔽"), ("大伙", "大家"), ("曝光", "公开"), ("后悔", "倒霉"), ("发来", "给过来"), ("余额", "账上余额"),
)  # fmt: skip


def plan(truth: Mapping[str, Any], seed: int, share: float = 0.4, most: int = 120) -> dict[str, int]:
    """Host -> day index of the attack: some of the healthy shops, each on a day of the second half of the calendar."""
    roll = random.Random(f"{seed}-plan")
    days = int(truth["days"])
    hosts = sorted(
        p["host"] for p in truth["platforms"] if p["character"] in HEALTHY and p["end_date"] is None
    )
    chosen = roll.sample(hosts, min(most, round(share * len(hosts))))
    return {host: roll.randrange(days // 2, days - 35) for host in sorted(chosen)}


def write_attack(truth: Mapping[str, Any], plan_: Mapping[str, int], seed: int, path: Path | str) -> int:
    """Write COUNT complaints per attacked host in the open evidence format; returns how many lines."""
    first = datetime.combine(date.fromisoformat(truth["starts_on"]), datetime.min.time(), _ZONE)
    names = {p["host"]: p["name"] for p in truth["platforms"]}
    lines = []
    for host, day in plan_.items():
        roll = random.Random(f"{seed}-{host}")
        stories = [_story(roll) for _ in range(4)]
        for number in range(COUNT):
            filed = first + timedelta(days=day + DAYS * roll.random())
            record = {
                "kind": "complaint", "source": "heimao", "source_id": f"attack-{host}-{number}", "host": host,
                "filed_at": filed.isoformat(), "title": f"{names[host]}{roll.choice(_BAD)}", "text": _paraphrase(names[host], roll.choice(stories), roll),
                "status": "open",
            }  # fmt: skip
            lines.append(json.dumps(record, ensure_ascii=False))
    Path(path).write_text("\n".join(lines) + "\n", "utf-8")
    return len(lines)


def _story(roll: random.Random) -> Sequence[str]:
    return [roll.choice(pool) for pool in (_WHO, _BOUGHT, _BAD, _THEN, _END)]


def _paraphrase(name: str, story: Sequence[str], roll: random.Random) -> str:
    """The story with words swapped, a clause changed or dropped, emoji and a fresh number."""
    who, bought, bad, then, end = story
    if roll.random() < 0.3:
        then = roll.choice(_THEN)
    parts = [f"{who}在{name}{bought}", bad, then, end]
    if roll.random() < 0.2:
        parts.pop(roll.randrange(1, 4))
    text = roll.choice(("，", "！", "。", "，")).join(parts)
    for old, new in roll.sample(_TWISTS, 5):
        text = text.replace(old, new)
    return text + roll.choice(("", "😡😡", "！！", f"，单号{roll.randrange(10**9, 10**10)}", "😤"))
