"""What would improve a site: of the practices against drops, which its pages state, which they lack, and what to do about each.

Read from the site's own home page by the finding platform_practice, whose list this is; it changes no score.
"""

from __future__ import annotations

from typing import Any

from scoring.features.shop_pages import homes
from scoring.indicators.platform_practice import PRACTICES, stated_by
from scoring.rating.assessment import Assessment

IMPROVE = {
    "automatic_delivery": (
        "让付款结果实时同步到发货：收到支付回调即自动开通，人工发货的商品写明时限。",
        "Let the payment reach the delivery at once: deliver on the payment callback; for items delivered by hand, state by when.",
    ),
    "order_query": (
        "让买家凭订单号或付款信息查到订单，已完成和异常的订单至少保存三年。",
        "Let buyers look up an order by its number or the payment, and keep finished and failed orders for at least three years.",
    ),
    "order_reminder": (
        "付款后、发货后各发一次提醒（短信、邮件或站内信），写明订单号。",
        "Notify the buyer after payment and after delivery, with the order number.",
    ),
    "auto_retry": (
        "回调失败、上游超时的订单自动重试，超过时限仍未到账的自动报警并转人工。",
        "Retry orders whose callback failed or whose supplier timed out; raise an alarm and hand over to a person when they stay undelivered.",
    ),
    "timeout_refund": (
        "写明多久未到账自动原路退款，并照此执行。",
        "State after how long an undelivered order is refunded to the original account by itself, and keep to it.",
    ),
    "drop_priority": (
        "客服入口设“掉单优先处理”，写明首次答复时限。",
        "Give dropped orders a priority entry to support and state how soon the first answer comes.",
    ),
    "compensation": (
        "公布掉单补偿标准：因网站原因掉单，补多少时长或赔多少钱。",
        "Publish what a drop caused by the site is compensated with: how much extra time or money.",
    ),
}
"""Practice to what its absence calls for."""


def practice_rows(judged: Assessment) -> list[dict[str, Any]]:
    """Rows of the practices table for a chunk; none for a site whose home page was not read."""
    rows = []
    for site, home in zip(judged.facts.sites, homes(judged.facts), strict=True):
        if home is None or "features" not in home[0]:
            continue
        stated = stated_by(home[0])
        lacking = [name for name in PRACTICES if name not in stated]
        rows.append(
            {
                "host": site.host,
                "stated": [name for name in PRACTICES if name in stated],
                "lacking": lacking,
                "improve_zh": [IMPROVE[name][0] for name in lacking],
                "improve_en": [IMPROVE[name][1] for name in lacking],
                "evidence": [home[1]],
            }
        )
    return rows
