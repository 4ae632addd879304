"""What would improve a site, by the practices against drops that its pages state and lack; and what a buyer can lose there.

Read from the site's own home page by the finding platform_practice, whose list this is; it changes no score.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from scoring import method
from scoring.features.shop_pages import homes
from scoring.finding import pages_of
from scoring.indicators.platform_practice import PRACTICES, stated_by
from scoring.observations.dataset import Dataset
from scoring.rating.assessment import Assessment
from scoring.warning.site_signals import deposit_only

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


_BALANCE = re.compile(r"(?<!微信)(?<!支付宝)(?<!卡)余额(?!宝|不足)|预存|预充值|充值到?(?:账户|帐户)")
_LONG = re.compile(r"年卡|年费|包年|年会员|一年|1\s*年|12\s*个?月|十二个?月|两年|永久|终身|终生")


def at_stake(facts: Dataset, site: int) -> tuple[str, str]:
    """What a buyer can lose here beyond one order, if the site stops: a prepaid balance, and plans of a year or more that it sells.

    Empty where neither pages nor goods were read.
    """
    pages, goods = facts.rows["page"], facts.rows["price"]
    texts = {
        str(pages["role"][at]): str(pages["text"][at]) for at in pages_of(facts, site) if pages["text"][at]
    }
    low, high = np.searchsorted(goods.platform, (site, site + 1))
    # What was seen last, and within the window in which a shop shows what it sells.
    shown = [
        at
        for at in range(low, high)
        if goods["price"][at] > 0
        and goods.gone[at] >= facts.days
        and goods.day[at] >= facts.days - method.DROP_WINDOW
    ]
    price = {str(goods["product"][at]): float(goods["price"][at]) for at in shown}
    home = homes(facts)[site]
    signs = home[0] if home else {}
    classes = {p.get("class") for p in signs.get("payments") or () if isinstance(p, dict)}
    balance = "balance" in classes or any(_BALANCE.search(text) for text in texts.values())
    plans = {name: yuan for name, yuan in price.items() if _LONG.search(name)}
    zh, en = [], []
    if balance:
        locked = any(deposit_only(text) for text in texts.values())
        zh.append("充进去没用完的余额" + ("（网站写明不可提现）" if locked else ""))
        en.append("a prepaid balance" + (" (the site states that it cannot be withdrawn)" if locked else ""))
    if plans:
        most = f"{max(plans.values()):.2f}".rstrip("0").rstrip(".")
        zh.append(f"年卡、永久卡等没用完的时长（在售 {len(plans)} 种，最高 {most} 元）")
        en.append(f"what is left of plans of a year or more ({len(plans)} on sale, up to ¥{most})")
    if zh:
        return (
            f"万一停运，可能拿不回来的有：{'；'.join(zh)}。",
            f"If the site stops, what can be lost here: {'; '.join(en)}.",
        )
    if not texts or not price:
        return "", ""
    return (
        "未见预存余额和年卡一类商品；万一停运，可能损失的主要是还没到手的订单。",
        "No prepaid balance and no plans of a year were seen: if the site stops, what can be lost is the orders not yet delivered.",
    )
