"""Clauses a shop's terms may not hold by law, and how the versions of its pages differ. Words only; no judge has spoken.

Sources: 消费者权益保护法 art. 26 (standard terms may not exclude or limit the consumer's rights or lay the operator's duties on
him; such content is void); 最高人民法院关于审理网络消费纠纷案件适用法律若干问题的规定（一）art. 1 (sole right of interpretation, no
complaints or lawsuits); 电子商务法 art. 49 (a term that no contract is made after payment is void).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scoring import method
from scoring.facts import Facts, Rows
from scoring.finding import Cited
from scoring.panel import cached
from scoring.promise_words import PROMISES, made
from scoring.shown import pages_of
from scoring.signs import TIGHT

VOID: dict[str, tuple[re.Pattern[str], str, str]] = {
    "interpretation": (
        re.compile(r"最终解释权|解释权归(?:本站|本店|我们|平台|本平台|商家)"),
        "最终解释权归网站",
        "the site alone interprets the terms",
    ),
    "no_contract": (
        re.compile(r"(?:付款|支付)[^。；\n]{0,10}(?:后|成功)[^。；\n]{0,10}(?:合同|交易|订单)[^。；\n]{0,4}(?:不成立|不视为成立)"),
        "付款后合同不成立",
        "no contract is made by paying",
    ),
    "no_liability": (
        re.compile(r"(?:概不负责|不承担(?:任何|一切)(?:法律)?责任|(?:一切|任何)(?:后果|损失|责任)(?:均)?由(?:买家|用户|顾客|客户)(?:自行)?承担)"),
        "免除自身全部责任",
        "it is liable for nothing",
    ),
    "no_refund": (
        re.compile(r"(?:任何|无论)[^。；\n]{0,8}(?:原因|情况|理由)[^。；\n]{0,8}(?:不退|不予退|不支持退|概不退)|一律不退"),
        "任何情况都不退款",
        "no refund whatever the reason",
    ),
    "no_complaint": (
        re.compile(r"(?:不得|禁止|不许|放弃|严禁)[^。；\n]{0,8}(?:投诉|举报|起诉|诉讼|维权)|(?:投诉|举报)[^。；\n]{0,8}(?:封号|拉黑|冻结|不予退)"),
        "不许投诉或诉讼",
        "complaints or lawsuits are forbidden",
    ),
    "forfeit": (
        re.compile(r"余额[^。；\n]{0,12}(?:清零|作废|归(?:本站|平台)|自动清除)"),
        "余额到期清零",
        "the balance lapses",
    ),
}  # fmt: skip
_ANNOUNCES = re.compile(
    r"(?:条款|协议|规则|须知|售后|政策|说明)[^。；\n]{0,10}(?:更新|调整|修改|变更|生效)|(?:更新|调整|修改|变更)[^。；\n]{0,8}(?:条款|协议|规则|须知|政策)"
)
_ROLES = ("terms", "notice", "home")
_SPACE = re.compile(r"[\s\d:：/年月日.-]+")


@dataclass(frozen=True)
class Edit:
    """A page's version that differs from the one before: what was added and taken away; `announced` if a notice said so."""

    day: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    announced: bool
    cited: tuple[Cited, ...]

    @property
    def against(self) -> bool:
        """Whether it takes something from the buyer: a restricting clause came, or a promise went."""
        return bool(self.added or self.removed)


def void_in(text: str | None) -> tuple[str, ...]:
    """Names of VOID that a text holds."""
    return tuple(name for name, (pattern, _, _) in VOID.items() if text and pattern.search(text))


def newest_pages(facts: Facts, site: int) -> dict[str, int]:
    """role -> position of the newest page with text."""
    pages = facts.rows["page"]
    mine = pages_of(facts, site)
    text, role = pages["text"], pages["role"]
    return {str(role[i]): i for i in mine if text[i] and role[i] in _ROLES}


def edits(facts: Facts) -> list[list[Edit] | None]:
    """The edits of each platform's terms in the last EDIT_WINDOW days; None where no two versions were seen."""
    found: list[list[Edit] | None] = cached(
        facts, "edits", lambda: [_edits(facts, site) for site in range(len(facts.sites))]
    )
    return found


def _edits(facts: Facts, site: int) -> list[Edit] | None:
    pages = facts.rows["page"]
    text, role = pages["text"], pages["role"]
    mine = [i for i in pages_of(facts, site) if text[i]]
    terms = [i for i in mine if role[i] == "terms"]
    if len(terms) < 2:
        return None
    told = [int(pages.day[i]) for i in mine if role[i] == "notice" and _ANNOUNCES.search(text[i])]
    since = facts.days - 1 - method.EDIT_WINDOW
    return [edit for edit in _between(pages, terms, told) if edit.day > since]


def _between(pages: Rows, terms: list[int], told: list[int]) -> Iterator[Edit]:
    for before, after in zip(terms, terms[1:], strict=False):
        old, new = str(pages["text"][before]), str(pages["text"][after])
        if old == new or _SPACE.sub("", old) == _SPACE.sub("", new):
            continue
        was, now = _clauses(old), _clauses(new)
        promised, promises = _promises(old), _promises(new)
        day = int(pages.day[after])
        yield Edit(
            day,
            tuple(sorted(now - was)),
            tuple(sorted(promised - promises)),
            any(abs(day - d) <= method.ANNOUNCED_DAYS for d in told) or bool(_ANNOUNCES.search(new)),
            (("page", int(pages.id[before])), ("page", int(pages.id[after]))),
        )


def _clauses(text: str) -> set[str]:
    return {*void_in(text), *(f"tight_{n}" for n, clause in enumerate(TIGHT) if clause.search(text))}


def _promises(text: str) -> set[str]:
    return {name for name in PROMISES if made(name, text)}
