"""备案号核对: the rules F1-F15."""

from __future__ import annotations

from scoring import method
from scoring.filing_checks import Checked, checked
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset

_GRAVE = ("high", "medium")


def filing_number(facts: Dataset) -> Finding:
    """备案号与登记核对 — Filing number against the registry

    Why: 页脚的备案号是网站自己写的，只有与登记、域名、公司对得上才有意义。 | The footer's number is typed in by the site; it means something only when registry, domain and company agree with it.
    Reads: filing, page
    Law: closing, seller_identity
    ok: 能核对的规则没有一条不符（仅供参考的提示除外）。 | None of the rules that could be asked found a disagreement (notes for information aside).
    concern: 至少一条规则发现不一致，逐条列出。 | At least one rule found a disagreement; each is listed.
    unknown: 没有可核对的页脚号码或登记信息。 | There is no number and no registry answer to compare.
    Limits: 不一致可能是登记变更未及时更新页面；每条都写明查询时间。号码缺少网站序号不算不一致。 | A page may lag behind a change in the registry; each statement gives the day of the query. A number without its site suffix is no disagreement.
    """
    return unscored_finding(
        facts, [_answer(found) for found in checked(facts)], method.STRENGTH_OFFICIAL, "rules"
    )


def _answer(found: Checked) -> Answer:
    if not found.asked:
        return Answer(UNKNOWN, "没有可核对的备案号。", "There is no filing number to compare.")
    order = sorted(found.marks, key=lambda mark: ("high", "medium", "low", "info").index(mark.severity))
    n = len(found.asked)
    if not order:
        return Answer(
            OK,
            f"按规则 {'、'.join(found.asked)} 核对，未见不一致。",
            f"Checked by the rules {', '.join(found.asked)}; no disagreement was seen.",
            0.0,
            n,
        )
    grave = any(mark.severity in _GRAVE for mark in order)
    cited = tuple(dict.fromkeys(c for mark in order for c in mark.cited))
    zh, en = "".join(mark.zh for mark in order[:3]), " ".join(mark.en for mark in order[:3])
    return Answer(
        CONCERN if grave else OK,
        zh,
        en,
        float(len(order)),
        n,
        cited,
        tuple(mark.figure for mark in order[:3] if mark.figure),
    )
