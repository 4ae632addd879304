"""条款效力: clauses void by law."""

from __future__ import annotations

from scoring import method
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset
from scoring.page_terms import VOID, newest_pages, void_in


def void_terms(facts: Dataset) -> Finding:
    """依法可能无效的条款 — Clauses void by law

    Why: 写在页面上的免责条款常被用来拒绝退款，而法律规定这类格式条款无效。 | Such clauses are used to refuse refunds although the law makes them void.
    Reads: page
    Law: void_terms
    ok: 读到条款、公告或首页，未见下列写法。 | Terms, notice or home page were read and show none of them.
    concern: 写有最终解释权、付款后合同不成立、免除全部责任、任何情况不退、不许投诉、余额清零之一。 | They hold one of: sole interpretation, no contract by paying, no liability, never a refund, no complaints, a balance that lapses.
    unknown: 没有读到条款、公告或首页。 | Neither terms nor notice nor home page could be read.
    Limits: 依据消费者权益保护法第 26 条、网络消费纠纷司法解释（一）第 1 条、电子商务法第 49 条的文字比对，是否无效由法院认定。 | Words compared with art. 26 Consumer Protection Law, art. 1 of the interpretation on online consumer disputes (I) and art. 49 E-Commerce Law; a court decides whether they are void.
    """
    return unscored_finding(
        facts, [_answer(facts, i) for i in range(len(facts.sites))], method.STRENGTH_OWN_PAGE, "clauses"
    )


def _answer(facts: Dataset, site: int) -> Answer:
    pages = facts.rows["page"]
    newest = newest_pages(facts, site)
    if not newest:
        return Answer(UNKNOWN, "没有读到条款或公告。", "No terms or notice could be read.")
    held = {at: void_in(pages["text"][at]) for at in newest.values()}
    names = [name for name in VOID if any(name in some for some in held.values())]
    if not names:
        return Answer(
            OK,
            "页面未见依法可能无效的条款。",
            "No clause that the law makes void was seen.",
            0.0,
            len(newest),
        )
    return Answer(
        CONCERN,
        f"页面有依法可能无效的条款：{'、'.join(VOID[n][1] for n in names)}。",
        f"The pages hold clauses the law may make void: {', '.join(VOID[n][2] for n in names)}.",
        float(len(names)),
        float(len(newest)),
        tuple(("page", int(pages.id[at])) for at, some in held.items() if some),
    )
