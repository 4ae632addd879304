"""What a site's terms hold, read from their words a second time: clauses that keep back money, and how the versions differ.

The words are those of docs/methodology.md and of the definitions in docs/figures.md.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa

from kamengwatch.recompute.promise_words import promised

_KEEPS_MONEY = tuple(
    re.compile(words)
    for words in (
        r"(?:提现|提款|取现)[^。；\n]{0,12}(?:暂停|关闭|停止|延长|限制|维护)|(?:暂停|关闭|停止)[^。；\n]{0,8}(?:提现|提款|退款)",
        r"提现手续费|手续费[^。；\n]{0,8}(?:调整|提高|上调|收取)",
        r"起提|最低提现|满\s*\d+\s*(?:元)?[方才]?可提",
        r"(?:余额|充值)[^。；\n]{0,12}(?:不可提现|不支持提现|不予退|概不退)|概不退款|不支持退款|一经(?:售出|充值)[^。；\n]{0,8}不[退予]",
        r"冻结期|延迟到账|审核[^。；\n]{0,6}工作日",
    )
)
"""Withdrawals suspended or slowed, fees, minimums, no refunds, freezes."""
_VOID = tuple(
    re.compile(words)
    for words in (
        r"最终解释权|解释权归(?:本站|本店|我们|平台|本平台|商家)",
        r"(?:付款|支付)[^。；\n]{0,10}(?:后|成功)[^。；\n]{0,10}(?:合同|交易|订单)[^。；\n]{0,4}(?:不成立|不视为成立)",
        r"概不负责|不承担(?:任何|一切)(?:法律)?责任|(?:一切|任何)(?:后果|损失|责任)(?:均)?由(?:买家|用户|顾客|客户)(?:自行)?承担",
        r"(?:任何|无论)[^。；\n]{0,8}(?:原因|情况|理由)[^。；\n]{0,8}(?:不退|不予退|不支持退|概不退)|一律不退",
        r"(?:不得|禁止|不许|放弃|严禁)[^。；\n]{0,8}(?:投诉|举报|起诉|诉讼|维权)|(?:投诉|举报)[^。；\n]{0,8}(?:封号|拉黑|冻结|不予退)",
        r"余额[^。；\n]{0,12}(?:清零|作废|归(?:本站|平台)|自动清除)",
    )
)
"""Sole interpretation, no contract by paying, no liability, never a refund, no complaints, a balance that lapses."""
_ANNOUNCED = re.compile(
    r"(?:条款|协议|规则|须知|售后|政策|说明)[^。；\n]{0,10}(?:更新|调整|修改|变更|生效)"
    r"|(?:更新|调整|修改|变更)[^。；\n]{0,8}(?:条款|协议|规则|须知|政策)"
)
_DATES = re.compile(r"[\s\d:：/年月日.-]+")
_WITHIN, _NEAR = 365, 7
"""Days back to which edits count, and days within which a notice announces one."""
_NAMES = ("clauses", "edits", "silent_edits", "restrictions_added", "promises_removed")
_SCHEMA = pa.schema([("host", pa.string()), *((name, pa.int64()) for name in _NAMES)])
_Page = tuple[str, str, dt.date]
"""Role, text and day of a page."""


def terms(db: duckdb.DuckDBPyConnection, as_of: dt.date) -> pa.Table:
    """host, clauses, edits, silent_edits, restrictions_added, promises_removed of every site whose pages were read."""
    newest = db.sql(
        """
        select host, text from (
            select host, text, row_number() over (partition by host, role order by observed_at desc, seen_at desc, source_id desc, id desc) as nth
            from page where role in ('terms', 'notice', 'home') and text <> ''
        ) where nth = 1
        """
    ).fetchall()
    clauses: dict[str, set[int]] = {}
    for host, text in newest:
        clauses.setdefault(host, set()).update(_found(_KEEPS_MONEY, text))
    pages = db.sql(
        "select host, role, text, observed_on from page where text <> '' order by host, observed_at, id"
    ).fetchall()
    rows: list[dict[str, Any]] = []
    for host, mine in groupby(pages, key=itemgetter(0)):
        versions: list[_Page] = [(role, text, on) for _, role, text, on in mine]
        edits = list(_edits(versions, as_of))
        silent = [
            (added, removed) for added, removed, announced in edits if added + removed and not announced
        ]
        counts = (
            len(clauses.get(host, ())),
            len(edits),
            len(silent),
            sum(added for added, _ in silent),
            sum(removed for _, removed in silent),
        )
        rows.append({"host": host, **dict(zip(_NAMES, counts, strict=True))})
    return pa.Table.from_pylist(rows, _SCHEMA)


def _edits(pages: list[_Page], as_of: dt.date) -> Iterator[tuple[int, int, bool]]:
    """(restrictions added, promises removed, whether it was announced) of every edit of the terms within a year."""
    notices = [on for role, text, on in pages if role == "notice" and _ANNOUNCED.search(text)]
    for (_, old, _), (_, new, on) in pairwise(page for page in pages if page[0] == "terms"):
        if _DATES.sub("", old) == _DATES.sub("", new) or (as_of - on).days >= _WITHIN:
            continue
        announced = any(abs((on - day).days) <= _NEAR for day in notices) or _ANNOUNCED.search(new)
        yield (
            len(_restrictions(new) - _restrictions(old)),
            len(promised(old) - promised(new)),
            bool(announced),
        )


def _restrictions(text: str) -> set[tuple[str, int]]:
    return {("money", at) for at in _found(_KEEPS_MONEY, text)} | {("void", at) for at in _found(_VOID, text)}


def _found(patterns: tuple[re.Pattern[str], ...], text: str) -> set[int]:
    """Which of the patterns a text holds."""
    return {at for at, pattern in enumerate(patterns) if pattern.search(text)}
