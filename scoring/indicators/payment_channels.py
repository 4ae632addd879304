"""支付方式: what recourse the offered channels leave."""

from __future__ import annotations

from scoring import method
from scoring.features.shop_pages import TEXT_ONLY, Home, homes
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset

_NAMES = {
    "licensed": ("持牌支付机构", "a licensed payment institution"),
    "aggregator": ("聚合支付", "an aggregator"),
    "epay": ("易支付等第四方接口", "a fourth-party interface (epay)"),
    "balance": ("站内余额", "a prepaid balance"),
    "personal_qr": ("个人收款码", "a personal QR code"),
    "manual": ("人工转账", "a manual transfer"),
    "usdt": ("USDT 等加密货币", "USDT or another crypto currency"),
}


def payment_channels(facts: Dataset) -> Finding:
    """支付方式 — Payment channels

    Why: 钱付到持牌机构的商户，还能申诉；付到个人收款码、USDT 或预存余额，很难追回。 | Money paid to a merchant of a licensed institution can be disputed; paid to a personal code, in USDT or into a balance it can hardly be recovered.
    Reads: page
    ok: 页面列出的方式中有持牌支付机构或聚合支付。 | The channels shown include a licensed institution or an aggregator.
    concern: 只见易支付接口、站内余额、个人收款码、人工转账或 USDT。 | Only fourth-party interfaces, a balance, personal codes, transfers or USDT are seen.
    unknown: 公开页面没有列出支付方式（不少系统下单后才显示）。 | The public pages name no channel; many systems show them only after an order.
    Limits: 只看公开页面和列表里的名称，不下单、不打开支付页面；名称可能与实际收款方不同。 | Names on public pages and lists only; no order is made and no payment page opened; a name may differ from who is paid.
    """
    return unscored_finding(
        facts, [_answer(home) for home in homes(facts)], method.STRENGTH_OWN_PAGE, "share"
    )


def _answer(home: Home | None) -> Answer:
    if home and not home[0]:
        return Answer(UNKNOWN, *TEXT_ONLY)
    signs = home[0] if home else {}
    named = [str(p.get("class")) for p in signs.get("payments") or () if isinstance(p, dict)]
    classes = sorted({*named, *(signs.get("payment_hints") or ())} & set(_NAMES), key=list(_NAMES).index)
    if not home:
        return Answer(
            UNKNOWN, "没有读到首页，支付方式未知。", "No home page was read; payment channels unknown."
        )
    if not classes:
        return Answer(
            UNKNOWN,
            "公开页面没有列出可归类的支付方式。",
            "The public pages name no payment channel that can be classed.",
        )
    zh = "、".join(_NAMES[c][0] for c in classes)
    en = ", ".join(_NAMES[c][1] for c in classes)
    value = max(method.PAYMENT_RECOURSE[c] for c in classes)
    grave = value < method.PAYMENT_CONCERN
    return Answer(
        CONCERN if grave else OK,
        f"公开页面可见的支付方式：{zh}{'；未见持牌支付机构' if grave else ''}。",
        f"Payment channels seen on public pages: {en}{'; no licensed institution' if grave else ''}.",
        value,
        float(len(classes)),
        (home[1],),
    )
