"""承诺兑现."""

from __future__ import annotations

from scoring import method
from scoring.figures import Figure, count
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset
from scoring.promise_ledger import Promise, ledger

_NAMES = {
    "instant_delivery": ("秒到账或自动发货", "instant delivery"),
    "refund_days": ("限期退款", "refund within a time limit"),
    "drop_compensation": ("掉单赔付", "compensation for drops"),
    "withdrawal": ("余额可提现", "withdrawal of balances"),
}


def promises_kept(facts: Dataset) -> Finding:
    """承诺与兑现 — Promises and performance

    Why: 页面写的秒到账、限期退款、掉单赔付，要看投诉和订单是否对得上。 | Instant delivery, refunds in days, compensation for drops: complaints and orders show whether they are kept.
    Reads: page, complaint, order
    Law: contract, breach
    ok: 页面作过承诺，订单或投诉未显示多数没有做到，也未悄悄撤下。 | Promises were made; orders and complaints do not show most of them unkept, and none was taken down silently.
    concern: 有承诺按已知订单多数没有做到，或相关投诉多数逾期，或未经公告撤下。 | Known orders or complaints show a promise mostly unkept or overdue, or it was taken down without a notice.
    unknown: 页面没有可核对的承诺。 | The pages make no promise that could be checked.
    Limits: 投诉是一面之词，没有投诉不等于兑现；秒到账与提现只按订单数据判定，投诉只计数；商品名称里的字样不算承诺；是否公告只看公开公告页。 | Complaints are claims, and none does not mean kept; instant delivery and withdrawals are decided by order data, complaints are only counted; words in the names of goods are no promise; only public notices count as an announcement.
    """
    return unscored_finding(
        facts, [_answer(promises) for promises in ledger(facts)], method.STRENGTH_COMPLAINTS, "share"
    )


def _answer(promises: list[Promise]) -> Answer:
    if not promises:
        return Answer(UNKNOWN, "页面没有可核对的承诺。", "The pages make no promise that could be checked.")
    bad = [p for p in promises if p.state in ("broken", "withdrawn_silently")]
    zh = [f"“{_NAMES[p.name][0]}”{_said(p)[0]}" for p in bad]
    en = [f"“{_NAMES[p.name][1]}”: {_said(p)[1]}" for p in bad]
    figures = figures_about(promises)
    total = {figure.name: int(figure.value) for figure in figures}
    kept, late = total["orders_kept"], total["orders_late"]
    parts = []
    if kept + late:
        parts.append(_orders(kept, late))
    if total["promise_complaints"]:
        parts.append(
            _complaints(
                *(total[f"promise_complaints{which}"] for which in ("", "_in_time", "_overdue")),
            )
        )
    elif aside := len(frozenset[int]().union(*(p.aside for p in promises))):
        figures = (*figures, count("promise_complaints_set_aside", aside))
        parts.append(
            (
                f"列有相关投诉 {aside} 起，均与其他投诉重复或暂未计入，不另计数",
                f"{aside} complaint(s) about them [is|are] listed, which [repeats|repeat] others or [is|are] held back, and [is|are] not counted again",
            )
        )
    if not parts:
        parts.append(("没有可核对的订单或投诉", "no order or complaint to check them by"))
    cases = kept + late
    return Answer(
        CONCERN if bad else OK,
        f"页面作过 {len(promises)} 类承诺；{'；'.join(p[0] for p in parts)}{'；' if bad else ''}{'、'.join(zh)}。",
        f"The pages made {len(promises)} kind(s) of promise; {'; '.join(p[1] for p in parts)}{'; ' if bad else ''}{'; '.join(en)}.",
        kept / cases if cases else 0.0,
        float(cases),
        tuple(c for p in bad or promises for c in p.cited),
        (count("promises", len(promises)), *figures),
    )


def _orders(kept: int, late: int) -> tuple[str, str]:
    """What the known orders show of the promises."""
    if kept and late:
        return (
            f"已知订单 {kept} 笔按承诺交付、{late} 笔没有",
            f"{kept} known order(s) delivered as promised, {late} not",
        )
    how = ("按承诺交付", "delivered as promised") if kept else ("没有按承诺交付", "not delivered as promised")
    return f"已知的 {kept + late} 笔订单{how[0]}", f"{kept + late} known order(s) {how[1]}"


def _complaints(every: int, in_time: int, overdue: int) -> tuple[str, str]:
    """What the complaints about the promises show."""
    zh = [f"在承诺期限内解决 {in_time} 起"] if in_time else []
    zh += [f"逾期 {overdue} 起（含仍未解决的）"] if overdue else []
    en = [f"{in_time} settled within the time promised"] if in_time else []
    en += [f"{overdue} settled later or not yet"] if overdue else []
    if not zh:
        return (
            f"相关投诉 {every} 起，看不出是否按期解决",
            f"{every} complaint(s) about them, which [does|do] not show whether the time promised was kept",
        )
    return (
        f"相关投诉 {every} 起，自投诉起{'、'.join(zh)}",
        f"{every} complaint(s) about them: {' and '.join(en)}, counted from the day of the complaint",
    )


def figures_about(promises: list[Promise]) -> tuple[Figure, ...]:
    """What orders and complaints show of some promises; a complaint about two of them is one, and overdue where it is for either."""
    overdue = frozenset[int]().union(*(p.overdue for p in promises))
    return (
        count("orders_kept", sum(p.kept for p in promises)),
        count("orders_late", sum(p.broken for p in promises)),
        count("promise_complaints", len(frozenset[int]().union(*(p.complaints for p in promises)))),
        count(
            "promise_complaints_in_time",
            len(frozenset[int]().union(*(p.in_time for p in promises)) - overdue),
        ),
        count("promise_complaints_overdue", len(overdue)),
    )


def _said(promise: Promise) -> tuple[str, str]:
    if promise.state == "withdrawn_silently":
        return "未经公告撤下", "taken down without a notice"
    if promise.kept + promise.broken:
        return "按已知订单多数没有做到", "mostly not kept by the known orders"
    return "相关投诉多数逾期", "most complaints about it settled late or not at all"
