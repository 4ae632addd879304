"""Payment channels by class: licensed, 易支付, personal QR codes, USDT, prepaid balance. From public pages and lists only.

No payment page is ever opened and no order made: what a shop offers only after an order is not seen.
"""

from __future__ import annotations

import re

_CHANNELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "usdt",
        re.compile(
            r"usdt|trc-?20|erc-?20|\btrx\b|epusdt|bepusdt|tokenpay|coinbase|coinpayments|比特币|加密货币|泰达币",
            re.I,
        ),
    ),
    (
        "licensed",
        re.compile(
            r"当面付|zfbf2f|aliweb|电脑网站支付|\bmqq\b|\bmzfb\b|\bmwx\b|wescan|pszfb|pswx|微信官方|支付宝官方|jsapi|\bofficial\b|paypal|stripe",
            re.I,
        ),
    ),
    ("personal_qr", re.compile(r"码支付|codepay|v免签|\bvzfb\b|\bvwx\b|个人收款|收款码|免签", re.I)),
    ("aggregator", re.compile(r"payjs|paysapi|虎皮椒|xunhu|迅虎|yungouos|xorpay|有赞", re.I)),
    ("epay", re.compile(r"epay|易支付|彩虹支付|\balipay\b|\bwxpay\b|\bqqpay\b", re.I)),
    ("balance", re.compile(r"余额|#system|预存款?|充值到账户", re.I)),
    ("manual", re.compile(r"人工转账|加微信付款|联系客服付款|转账汇款|对公转账", re.I)),
)
"""First match wins; `epay` codes alipay/wxpay/qqpay are those of 易支付, the licensed ones have names of their own."""
_IN_PAGE: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("licensed", "openapi.alipay.com", re.compile(r"openapi\.alipay\.com/gateway")),
    ("licensed", "tenpay.com", re.compile(r"wx\.tenpay\.com|pay\.weixin\.qq\.com")),
    ("epay", ".php", re.compile(r"action=[\"'][^\"']{0,120}/(?:submit|mapi)\.php")),
    ("epay", "epay", re.compile(r"/plugins?/epay/|epay_(?:submit|notify)")),
    ("personal_qr", "codepay", re.compile(r"codepay\.fateqq\.com|xiuxiu888\.com|/codepay/")),
    ("personal_qr", "收款码", re.compile(r"扫(?:描)?(?:下方|以下|个人)?收款码|个人收款码")),
    ("aggregator", "pay", re.compile(r"payjs\.cn|xunhupay\.com|vrmrgame\.com|yungouos\.com|xorpay\.com|paysapi\.com")),
    ("usdt", "usdt", re.compile(r"(?:支持|支付|付款|收款|充值)[^。；<\n]{0,12}usdt|usdt[^。；<\n]{0,12}(?:支付|付款|收款|充值)|trc-?20")),
    ("manual", "付款", re.compile(r"加(?:我|客服)?(?:微信|qq)[^。；<\n]{0,6}付款|联系客服付款|人工转账")),
    ("balance", "余额", re.compile(r"余额支付|仅支持余额|只支持余额|先充值后(?:下单|购买)|预存(?:款|余额)")),
)  # fmt: skip
"""(class, literal the lower-cased page must hold, expression)."""


def payment_class(name: str) -> str:
    """The class of a channel by its name and handle; `unknown` when neither says."""
    return next((kind for kind, pattern in _CHANNELS if pattern.search(name)), "unknown")


def listed(payments: list[tuple[str, str]]) -> list[dict[str, str]]:
    """[{name, class}] of the (name, handle) pairs a system's lists gave."""
    return [{"name": name[:40], "class": payment_class(f"{name} {handle}")} for name, handle in payments]


def hinted(low: str) -> list[str]:
    """Classes that the markup or wording of a lower-cased page gives away, where no list names the channels."""
    return sorted({kind for kind, word, pattern in _IN_PAGE if word in low and pattern.search(low)})
