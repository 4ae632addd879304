"""What a site's terms say: the promises they make, the clauses the law voids, and how versions of a page differ. Words only.

Sources: 消费者权益保护法 art. 26 (standard terms may not exclude or limit the consumer's rights or lay the operator's duties on
him; such content is void); 最高人民法院关于审理网络消费纠纷案件适用法律若干问题的规定（一）art. 1 (sole right of interpretation, no
complaints or lawsuits); 电子商务法 art. 49 (a term that no contract is made after payment is void).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from scoring import method
from scoring.finding import Cited, pages_of
from scoring.observations.dataset import Dataset, ObservationColumns
from scoring.observations.panel import cached
from scoring.warning.site_signals import TIGHT

PROMISES: dict[str, re.Pattern[str]] = {
    "instant_delivery": re.compile(r"[^。；\n]{0,16}(秒到账|即时到账|秒发|自动发货|秒充)[^。；\n]{0,10}"),
    "refund_days": re.compile(
        r"[^。；\n]{0,10}\d{1,4}\s{0,3}(天|日|个工作日|小时)[^。；\n]{0,6}(退款|无理由)[^。；\n]{0,10}"
    ),
    "drop_compensation": re.compile(
        r"[^。；\n]{0,12}(掉单|漏单|未到账)[^。；\n]{0,8}(赔|补偿|包赔)[^。；\n]{0,10}"
    ),
    "withdrawal": re.compile(r"[^。；\n]{0,10}(余额|随时)[^。；\n]{0,8}(可提现|提现到账)[^。；\n]{0,10}"),
}
_NEEDS = {
    "instant_delivery": ("秒", "即时到账", "自动发货"),
    "refund_days": ("退款", "无理由"),
    "drop_compensation": ("掉单", "漏单", "未到账"),
    "withdrawal": ("可提现", "提现到账"),
}
"""Words one of which a text must hold: looking for words is much cheaper than for expressions, and most texts hold none."""
_SENTENCE_END = re.compile(r"[。；！!\n]")
_AROUND = 40
"""Characters of a sentence that are quoted at most before a promise, and as many after it."""
_SPACE = re.compile(r"\s+")
_LABEL = re.compile(r"[\W_]*(秒到账|即时到账|秒发|自动发货|秒充)[\W_]*")
"""A word beside a product, not a sentence."""
_SHORTEST_NAME = 4
_HOLDS_BACK = re.compile(r"不|暂停|关闭|停止")
_DAYS = re.compile(r"(\d+)\s*(天|日|个工作日|小时)")
_AFTER = re.compile(r"(?:退款|无理由)[^，,。；\n\d]{0,8}(\d+)\s*(天|日|个工作日|小时)")
_BEFORE = re.compile(r"(\d+)\s*(天|日|个工作日|小时)[^，,。；\n\d]{0,6}(?:退款|无理由)")
_PER_DAY = {"天": 1.0, "日": 1.0, "个工作日": 1.4, "小时": 1 / 24}
"""Days of each unit; five working days make a week."""


@lru_cache(maxsize=20_000)
def made(promise: str, text: str | None, goods: frozenset[str] = frozenset()) -> str | None:
    """The words in which a text makes a promise, None when it does not or takes it back in the same breath.

    `goods` are the names of what the site sells: a line that holds one, and a bare label beside one, describe goods.
    """
    if not text or not any(word in text for word in _NEEDS[promise]):
        return None
    names = [name for name in (_SPACE.sub("", one) for one in goods) if len(name) >= _SHORTEST_NAME]
    for match in PROMISES[promise].finditer(text):
        words = match.group(0).strip()
        if not _of_goods(words, _line(text, match), names):
            return None if _HOLDS_BACK.search(words) else words
    return None


def quoted(text: str, words: str) -> str:
    """The sentence of a text in which the words of a promise stand; of a long one what is nearest, with …… where it goes on."""
    start = text.find(words)
    if start < 0:
        return words
    end = start + len(words)
    before, after = _SENTENCE_END.split(text[:start])[-1], _SENTENCE_END.split(text[end:], maxsplit=1)[0]
    if len(before) > _AROUND:
        before = "……" + before[-_AROUND:]
    if len(after) > _AROUND:
        after = after[:_AROUND] + "……"
    return f"{before}{words}{after}".strip()


def _line(text: str, match: re.Match[str]) -> str:
    """The line of a text in which a match lies."""
    end = text.find("\n", match.end())
    return text[text.rfind("\n", 0, match.start()) + 1 : None if end < 0 else end]


def _of_goods(words: str, line: str, names: list[str]) -> bool:
    """Whether the words are a label, or stand in a line about one of the goods."""
    if _LABEL.fullmatch(words):
        return True
    bare = _SPACE.sub("", line)
    return any(name in bare or bare in name for name in names)


def days_promised(words: str) -> float:
    """The time limit a promise names for the refund, in days; 7 when it names none.

    The one after the word refund counts ("退款统一在7个工作日内处理"), else the one right before it, else the first.
    """
    found = _AFTER.search(words) or _BEFORE.search(words) or _DAYS.search(words)
    return int(found.group(1)) * _PER_DAY[found.group(2)] if found else 7.0


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
ANNOUNCED = {
    "balance_lapses": ("余额会清零", "balances lapse"),
    "refund_to_balance": ("退款只退回余额", "refunds go to the balance only"),
    "withdrawal_stopped": ("停止提现", "withdrawals stop"),
    "closing": ("停止运营", "the site closes"),
}
"""What a site's own channel may announce (store/evidence/normalize.py), as readers are told."""
_ANNOUNCES = re.compile(
    r"(?:条款|协议|规则|须知|售后|政策|说明)[^。；\n]{0,10}(?:更新|调整|修改|变更|生效)|(?:更新|调整|修改|变更)[^。；\n]{0,8}(?:条款|协议|规则|须知|政策)"
)
_ROLES = ("terms", "notice", "home")
_WHITESPACE = re.compile(r"[\s\d:：/年月日.-]+")


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


def newest_pages(facts: Dataset, site: int) -> dict[str, int]:
    """role -> position of the newest page with text."""
    pages = facts.rows["page"]
    mine = pages_of(facts, site)
    text, role = pages["text"], pages["role"]
    return {str(role[i]): i for i in mine if text[i] and role[i] in _ROLES}


def edits(facts: Dataset) -> list[list[Edit] | None]:
    """The edits of each platform's terms in the last EDIT_WINDOW days; None where no two versions were seen."""
    found: list[list[Edit] | None] = cached(
        facts, "edits", lambda: [_edits(facts, site) for site in range(len(facts.sites))]
    )
    return found


def _edits(facts: Dataset, site: int) -> list[Edit] | None:
    pages = facts.rows["page"]
    text, role = pages["text"], pages["role"]
    mine = [i for i in pages_of(facts, site) if text[i]]
    terms = [i for i in mine if role[i] == "terms"]
    if len(terms) < 2:
        return None
    told = [int(pages.day[i]) for i in mine if role[i] == "notice" and _ANNOUNCES.search(text[i])]
    since = facts.days - 1 - method.EDIT_WINDOW
    return [edit for edit in _between(pages, terms, told) if edit.day > since]


def _between(pages: ObservationColumns, terms: list[int], told: list[int]) -> Iterator[Edit]:
    for before, after in zip(terms, terms[1:], strict=False):
        old, new = str(pages["text"][before]), str(pages["text"][after])
        if old == new or _WHITESPACE.sub("", old) == _WHITESPACE.sub("", new):
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
