"""平台做法: what a platform says it does to prevent and repair drops (S45-S56 of the product's checklist)."""

from __future__ import annotations

from typing import Any

from scoring import method
from scoring.features.shop_pages import TEXT_ONLY, Home, homes
from scoring.figures import count
from scoring.figures import share as share_figure
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset

PRACTICES = {
    "automatic_delivery": ("以自动发货为主", "mostly automatic delivery"),
    "order_query": ("订单可查询", "orders can be looked up"),
    "order_reminder": ("订单提醒", "order reminders"),
    "auto_retry": ("掉单自动补单", "automatic retry of dropped orders"),
    "timeout_refund": ("超时自动退款", "refund after a time limit"),
    "drop_priority": ("掉单优先处理", "dropped orders handled first"),
    "compensation": ("赔付标准", "a rule for compensation"),
}
"""S46/S53, S37, S54, S48, S49, S55, S56."""


def platform_practice(facts: Dataset) -> Finding:
    """防掉单做法 — Practices against drops

    Why: 支付与发货脱节、人工发货、没有超时退款，是掉单的常见原因；有无对策看页面写法。 | Payment apart from delivery, delivery by hand and no time limit are common causes of drops; the pages say what is done about them.
    Reads: page, price
    ok: 七项做法中页面写有至少两项。 | The pages state at least two of the seven practices.
    concern: 七项做法中页面写有不到两项。 | They state fewer than two.
    unknown: 没有读到首页。 | No home page was read.
    Limits: 只看页面自述，是否做到见承诺与掉单率；支付接口与发货分离是行业常态，仅作背景。 | The site's own words; whether they are kept is shown by promises and drop rate. A separate payment interface is common in this trade and only context.
    """
    return unscored_finding(
        facts, [_answer(home) for home in homes(facts)], method.STRENGTH_CLAIM, "practices"
    )


def _answer(home: Home | None) -> Answer:
    if home is None:
        return Answer(UNKNOWN, "没有读到首页，做法未知。", "No home page was read; practices unknown.")
    if "features" not in home[0]:
        return Answer(UNKNOWN, *TEXT_ONLY)
    signs, cited = home
    stated = stated_by(signs)
    lacking = [name for name in PRACTICES if name not in stated]
    zh = "、".join(PRACTICES[n][0] for n in PRACTICES if n in stated)
    en = ", ".join(PRACTICES[n][1] for n in PRACTICES if n in stated)
    manual = int((signs.get("delivery") or {}).get("manual", 0))
    stated_zh, stated_en = (
        (
            f"七项做法中页面写有 {len(stated)} 项：{zh}",
            f"Of seven practices the pages state {len(stated)}: {en}",
        )
        if stated
        else ("七项做法页面一项也没有写", "The pages state none of the seven practices")
    )
    by_hand = (
        (f"；{manual} 种商品人工发货", f"; {manual} product(s) delivered by hand") if manual else ("", "")
    )
    return Answer(
        CONCERN if len(stated) < method.PRACTICES_FEW else OK,
        f"{stated_zh}{by_hand[0]}。",
        f"{stated_en}{by_hand[1]}.",
        float(len(stated)),
        float(len(stated) + len(lacking)),
        (cited,),
        (
            share_figure("practices_stated", len(stated), len(PRACTICES)),
            *((count("manual_products", manual),) if manual else ()),
        ),
    )


def stated_by(signs: dict[str, Any]) -> set[str]:
    """Which of PRACTICES a home page with these signs states."""
    stated = {name for name in signs["features"] if name in PRACTICES}
    delivery = signs.get("delivery") or {}
    if delivery.get("automatic", 0) > delivery.get("manual", 0):
        stated.add("automatic_delivery")
    if any(p.get("kind") == "compensation" for p in signs.get("promises") or ()):
        stated.add("compensation")
    return stated
