"""The complaint site as busy as it is: the market's complaints among 22,000 a day about everybody else. Wire format in heimao.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sandbox.market.complaints import FIRST_RUNNING, PUBLISHED_PER_DAY, SN_OFFSET
from sandbox.market.goods import scatter
from sandbox.market.stage import Stage
from sandbox.sources.heimao_facts import HOST, sld

OTHERS = (
    "宽带退费",
    "机票退改",
    "快递丢件",
    "装修延期",
    "培训退费",
    "二手手机成色不符",
    "酒店订单取消",
    "外卖少送",
)
PINNED = 400_000
"""How far below the newest running number the complaint lies that the site keeps on top of its first page."""
Item = Callable[[Stage, int], dict[str, Any]]


def page(stage: Stage, number: int, size: int, item: Item) -> list[dict[str, Any]]:
    """Page `number` of the feed, newest first: entries of `item` for the market's complaints, of our own for all others."""
    filed, running = stage.market.complaints.filed, stage.market.complaints.running
    now = int(stage.day * PUBLISHED_PER_DAY)
    first = int(np.searchsorted(filed, stage.day, side="right"))
    wanted = number * size
    others = [FIRST_RUNNING + 2 * (now - n) for n in range(wanted)]
    ours = {int(running[i]): i for i in range(max(0, first - wanted), first)}
    newest = sorted({*others, *ours}, reverse=True)[(number - 1) * size : wanted]
    shown = [item(stage, ours[n]) if n in ours else _other(stage, n) for n in newest]
    if number == 1:
        shown = [_other(stage, FIRST_RUNNING + 2 * now - PINNED), *shown[:-1]]
    return shown


def _other(stage: Stage, running: int) -> dict[str, Any]:
    sn, title = str(SN_OFFSET + running), OTHERS[scatter(running, 1) % len(OTHERS)]
    day = (running - FIRST_RUNNING) / 2 / PUBLISHED_PER_DAY
    return {
        "sn": sn, "title": title, "cotitle": f"示例公司{scatter(running, 2) % 900}", "couid": str(4_000_000_000 + scatter(running, 2) % 900),
        "appeal": "退款", "issue": "不予退款", "comment_id": f"tousu_complaint_{running}", "summary": f"{title}，要求处理。", "status": 4,
        "timestamp": str(int(stage.market.parameters.moment(day).timestamp())), "id": str(running), "share_amount": 0, "comment_amount": 0,
        "url": f"//{HOST}/complaint/view/{sn}/?sld={sld(stage.market, sn)}", "upvote_amount": 0,
        "evaluate_u": {"attitude": 0, "process": 0, "satisfaction": 0, "evalContent": ""},
    }  # fmt: skip
