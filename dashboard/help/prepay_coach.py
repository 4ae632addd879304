"""The coach before a payment: recourse by means of payment, a sensible maximum, the hour. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.help.deadlines import fact
from dashboard.help.texts import text

MAXIMUM = {"licensed": 500, "aggregator": 100, "personal": 50, "balance_only": 50, "usdt": 0}
"""Yuan one may pay at once without having to sue for it if it is lost: a rule of thumb of ours by means of payment."""
_HALF = {"membership": 1.0, "card": 1.0, "topup": 1.0, "balance": 0.5}
NIGHT = range(0, 8)
"""Hours at which support is mostly absent."""
WEEKDAYS = {"zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
            "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")}  # fmt: skip


@dataclass(frozen=True)
class Peak:
    """The hour of the week at which drops stand out in the published data, tested: weekday 0 to 6, hour, share, usual share, cases."""

    weekday: int
    hour: int
    share: float
    overall: float
    n: int


def coach(
    amount: int | None,
    kind: str | None,
    channel: str | None,
    hour: int | None,
    lang: str,
    peak: Peak | None = None,
    warned: bool = False,
    tested: bool = True,
) -> list[str]:
    """What to tell somebody about to pay `amount` yuan; what was not answered (None) is not assumed, and without the means of payment
    no recourse is named. `peak` None: no hour stands out beyond chance, and that is said where there are data of sites (`tested`).
    Where the site's verdict advises against paying (`warned`), no sum is called sensible. Raises KeyError for a kind or channel that is not offered."""
    lines = [text("recourse", channel, lang) if channel else text("before", "channel_first", lang)]
    if channel and not warned:
        maximum = int(MAXIMUM[channel] * (_HALF[kind] if kind else 1.0))
        lines.append(text("before", "maximum" if maximum else "never", lang).format(amount=maximum))
        if amount and 0 < maximum < amount:
            lines.append(text("before", "above", lang))
    if kind == "balance" or channel == "balance_only":
        lines.append(fact("prepaid").text(lang) + fact("prepaid").cite(lang))
    if kind in ("membership", "topup"):
        lines.append(fact("delivered_when").text(lang) + fact("delivered_when").cite(lang))
    if hour is not None and hour in NIGHT and not warned:
        lines.append(text("before", "night", lang))
    if peak is None and tested:
        lines.append(text("before", "no_peak", lang))
    elif peak is not None:
        said = {"day": WEEKDAYS[lang][peak.weekday], "hour": peak.hour, "n": peak.n,
                "share": f"{peak.share:.0%}", "overall": f"{peak.overall:.0%}"}  # fmt: skip
        which = "peak_alone" if hour is None else "at_peak" if hour == peak.hour else "peak"
        lines.append(text("before", which, lang).format(**said))
    return lines
