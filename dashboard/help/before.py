"""The coach before a payment: recourse by means of payment, a sensible maximum, the hour. Pure."""

from __future__ import annotations

from dashboard.help.law import fact
from dashboard.help.texts import text

MAXIMUM = {"licensed": 500, "aggregator": 100, "personal": 50, "balance_only": 50, "usdt": 0}
"""Yuan one may pay at once without having to sue for it if it is lost: a rule of thumb of ours by means of payment."""
_HALF = {"membership": 1.0, "card": 1.0, "topup": 1.0, "balance": 0.5}
NIGHT = range(0, 8)
"""Hours at which support is mostly absent; nothing is said about drops, which were not found to depend on the hour."""


def coach(amount: int, kind: str, channel: str, hour: int, lang: str) -> list[str]:
    """What to tell somebody about to pay `amount` yuan; raises KeyError for a kind or channel that is not offered."""
    maximum = int(MAXIMUM[channel] * _HALF[kind])
    lines = [text("recourse", channel, lang), text("before", "maximum", lang).format(amount=maximum)]
    if amount > maximum:
        lines.append(text("before", "above", lang))
    if kind == "balance" or channel == "balance_only":
        lines.append(fact("prepaid").text(lang) + fact("prepaid").cite(lang))
    if kind in ("membership", "topup"):
        lines.append(fact("delivered_when").text(lang) + fact("delivered_when").cite(lang))
    lines.append(text("before", "night" if hour in NIGHT else "no_peak", lang))
    return lines
