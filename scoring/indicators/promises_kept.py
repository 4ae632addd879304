"""承诺兑现."""

from __future__ import annotations

from scoring import method
from scoring.facts import Facts
from scoring.finding import CONCERN, OK, UNKNOWN, Finding
from scoring.promises import Promise, ledger
from scoring.shown import Answer, shown

_NAMES = {
    "instant_delivery": ("秒到账或自动发货", "instant delivery"),
    "refund_days": ("限期退款", "refund within a time limit"),
    "drop_compensation": ("掉单赔付", "compensation for drops"),
    "withdrawal": ("余额可提现", "withdrawal of balances"),
}


def promises_kept(facts: Facts) -> Finding:
    """承诺与兑现 — Promises and performance

    Why: 页面写的秒到账、限期退款、掉单赔付，要看投诉和订单是否对得上。 | Instant delivery, refunds in days, compensation for drops: complaints and orders show whether they are kept.
    Reads: page, complaint, order
    ok: 页面作过承诺，未见多数落空，也未悄悄撤下。 | Promises were made; most were not broken, and none was taken down silently.
    concern: 有承诺多数落空，或未经公告撤下。 | A promise was mostly broken, or taken down without a notice.
    unknown: 页面没有可核对的承诺。 | The pages make no promise that could be checked.
    Limits: 投诉是一面之词，没有投诉不等于兑现；秒到账与提现只按订单数据判定，投诉只计数；是否公告只看公开公告页。 | Complaints are claims, and none does not mean kept; instant delivery and withdrawals are decided by order data, complaints are only counted; only public notices count as an announcement.
    """
    return shown(
        facts, [_answer(promises) for promises in ledger(facts)], method.STRENGTH_COMPLAINTS, "share"
    )


def _answer(promises: list[Promise]) -> Answer:
    if not promises:
        return Answer(UNKNOWN, "页面没有可核对的承诺。", "The pages make no promise that could be checked.")
    kept, broken = sum(p.kept for p in promises), sum(p.broken for p in promises)
    bad = [p for p in promises if p.state in ("broken", "withdrawn_silently")]
    zh = [f"“{_NAMES[p.name][0]}”{_ZH[p.state]}" for p in bad]
    en = [f"{_NAMES[p.name][1]} {_EN[p.state]}" for p in bad]
    cases = (
        f"订单与投诉显示兑现 {kept} 例、未兑现 {broken} 例",
        f"orders and complaints show {kept} case(s) kept and {broken} broken",
    )
    return Answer(
        CONCERN if bad else OK,
        f"页面作过 {len(promises)} 类承诺，{cases[0]}{'；' if bad else ''}{'、'.join(zh)}。",
        f"{len(promises)} kind(s) of promise, {cases[1]}{'; ' if bad else ''}{', '.join(en)}.",
        kept / (kept + broken) if kept + broken else 0.0,
        float(kept + broken),
        tuple(c for p in bad or promises for c in p.cited),
    )


_ZH = {"broken": "多数落空", "withdrawn_silently": "未经公告撤下"}
_EN = {"broken": "mostly broken", "withdrawn_silently": "taken down without a notice"}
