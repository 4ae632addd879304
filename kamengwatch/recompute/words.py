"""What a site's terms hold, read from their words a second time: clauses that keep back money, and how the versions differ.

The words are those of docs/methodology.md and of the definitions in docs/figures.md.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa

from scoring.snapshot.reader import Snapshot

# Numbers in the sentences themselves: each must be one of the place's figures, a date, or a number of a fixed rule.

_REASON = "rating"
"""Reasons and advice: they repeat findings and warnings, or say what the method's rules are (a cap, why nothing is rated)."""
_COUNTERFACTUAL, _BLIND = "counterfactual", "blind spot"
_BY_RULE = frozenset({_REASON, _COUNTERFACTUAL})
"""Texts that may name numbers of the method."""
_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
"""The commas of 616,282."""
_NO_NUMBERS = re.compile(
    r"\d{4}-\d{2}-\d{2}"  # a date
    r"|\d{4}\.\d{1,2}\.\d{1,2}"  # a method version
    r"|[\u4e00-\u9fff]?ICP[备证]\d+号?(?:-\d+)?|[AB][12]-\d{8}"  # a filing or licence number
    r"|“[^”]*”"  # somebody's own words
    r"|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+"  # a host
)
_RULES = re.compile(
    r"90% (?:区间|可能|interval|likely)|每 100 单|in 100 paid orders|受害者中 1%–15% 会|1% to 15% of the victims|24 小时|24 hours"
    r"|近 (?:14|28|30|90) 天|(?:last|in) (?:14|28|30|90) days|(?<![\d.])7 天|(?<![\d.])7 days|(?:three|3) (?:家|peers)"
)
"""Windows and limits that the method fixes and the words name: docs/figures.md gives each figure's own."""

_TABLES = (
    ("identity", "'identity:' || aspect", ("sentence_zh", "sentence_en")),
    ("links", "'links'", ("reason_zh", "reason_en")),
    ("changes", "'change'", ("sentence_zh", "sentence_en")),
    ("practices", "'practices'", ("improve_zh", "improve_en")),
    ("ratings", f"'{_COUNTERFACTUAL}'", ("better_zh", "better_en", "worse_zh", "worse_en")),
    ("ratings", f"'{_BLIND}'", ("blind_spots_zh", "blind_spots_en")),
)
"""Tables with texts besides findings, warnings and ratings: the place of a row, and its columns."""


@dataclass(frozen=True)
class Told:
    """Text of one place about one site, and which column it stands in."""

    host: str
    place: str
    column: str
    text: str


def unexplained(snapshot: Snapshot, figures: list[dict[str, Any]]) -> Iterator[tuple[Told, list[str]]]:
    """Every sentence of the snapshot with the numbers in it that nothing explains (mostly none)."""
    by_place: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in figures:
        by_place[row["host"] or "", row["place"]] += _numbers(row)
    for host, numbers in _intervals(snapshot):
        by_place[host, "finding:drop_rate"] += numbers
    for host, numbers in _counterfactuals(snapshot):
        by_place[host, _COUNTERFACTUAL] += numbers
    polled = [
        number for (_, place), some in by_place.items() if place.startswith("source:") for number in some
    ]
    rules = frozenset(_NUMBER.findall(json.dumps(snapshot.method())))
    read: set[tuple[str, str]] = set()
    for told in _texts(snapshot):
        if told.place == _REASON and (told.host, told.text) in read:
            continue  # A reason mostly repeats a finding or a warning, word for word.
        read.add((told.host, told.text))
        known = polled if told.place == _BLIND else by_place[told.host, told.place]
        fixed = rules if told.place in _BY_RULE or told.place.startswith("finding:cap_") else frozenset()
        numbers = [n for n in _written(told.text) if n not in fixed and not _explained(n, known)]
        yield told, numbers


def _texts(snapshot: Snapshot) -> Iterator[Told]:
    """What is read in a snapshot. Words people wrote are their own."""
    for table, place, columns in _TABLES:
        wanted = ", ".join(columns)
        for row in snapshot.rows(f"select host, {place} as place, {wanted} from {table}"):  # noqa: S608 - fixed names
            for column in columns:
                said = row[column]
                for text in said if isinstance(said, list) else [said]:
                    yield Told(row["host"] or "", row["place"], column, text or "")
    for row in snapshot.rows("select host, indicator, sentence_zh, sentence_en from findings"):
        for column in ("sentence_zh", "sentence_en"):
            yield Told(row["host"], f"finding:{row['indicator']}", column, row[column] or "")
    for row in snapshot.rows('select host, "on", reason_zh, reason_en from warnings'):
        for column in ("reason_zh", "reason_en"):
            yield Told(row["host"], f"warning:{row['on']}", column, row[column] or "")
    for row in snapshot.rows(
        "select host, drop_rate_why_zh, drop_rate_why_en, reasons_zh, reasons_en, advice_zh, advice_en from ratings"
    ):
        for column in ("drop_rate_why_zh", "drop_rate_why_en"):
            yield Told(row["host"], "finding:drop_rate", column, row[column] or "")
        for column in ("reasons_zh", "reasons_en", "advice_zh", "advice_en"):
            said = row[column]
            for text in said if isinstance(said, list) else [said]:
                yield Told(row["host"], _REASON, column, text or "")


def _intervals(snapshot: Snapshot) -> Iterator[tuple[str, list[float]]]:
    """The ends of each site's interval of the drop rate, which the sentence gives beside it."""
    for row in snapshot.rows("select host, drop_rate_low as low, drop_rate_high as high from ratings"):
        yield row["host"], [100 * x for x in (row["low"], row["high"]) if x is not None]


def _counterfactuals(snapshot: Snapshot) -> Iterator[tuple[str, list[float]]]:
    """How many facts each of a site's counterfactuals lists."""
    for row in snapshot.rows(
        "select host, len(better_facts) as better, len(worse_facts) as worse from ratings"
    ):
        yield row["host"], [float(row["better"] or 0), float(row["worse"] or 0)]


def _numbers(row: dict[str, Any]) -> Iterator[float]:
    """What a sentence may make of a figure: itself, its parts, as percent, what is missing to 1, in years."""
    value = row["value"]
    yield from (value, 100 * value, 100 * (1 - value), value / 365.25)
    yield from (x for x in (row["n"], row["of"]) if x is not None)
    since, until = row["since"], row["until"]
    if isinstance(since, dt.date) and isinstance(until, dt.date):
        yield (until - since).days + 1


def _written(text: str) -> list[str]:
    """The numbers of a text that are neither dates nor names nor a window the method fixes."""
    text = _THOUSANDS.sub("", _NO_NUMBERS.sub(" ", text))
    return _NUMBER.findall(_RULES.sub(" ", text))


def _explained(number: str, known: Iterable[float]) -> bool:
    """Whether one of the known values is written like this: to so many decimals, or to two significant digits."""
    stated, decimals = float(number), len(number.partition(".")[2])
    return any(
        abs(round(value, decimals) - stated) < 1e-9
        or abs(float(f"{value:.{decimals}f}") - stated) < 1e-9
        or abs(float(f"{value:.2g}") - stated) < 1e-9
        for value in known
    )


# What pages promise, read from their words a second time: which promise stood on a site from which day until which.

_WORDS = {
    "instant_delivery": r"[^。；\n]{0,16}(?:秒到账|即时到账|秒发|自动发货|秒充)[^。；\n]{0,10}",
    "refund_days": r"[^。；\n]{0,10}\d{1,4}\s{0,3}(?:天|日|个工作日|小时)[^。；\n]{0,6}(?:退款|无理由)[^。；\n]{0,10}",
    "drop_compensation": r"[^。；\n]{0,12}(?:掉单|漏单|未到账)[^。；\n]{0,8}(?:赔|补偿|包赔)[^。；\n]{0,10}",
    "withdrawal": r"[^。；\n]{0,10}(?:余额|随时)[^。；\n]{0,8}(?:可提现|提现到账)[^。；\n]{0,10}",
}
_TAKEN_BACK = re.compile(r"不|暂停|关闭|停止")
_LABEL = re.compile(r"[\W_]*(?:秒到账|即时到账|秒发|自动发货|秒充)[\W_]*")
_UNIT = r"(\d+)\s*(天|日|个工作日|小时)"
_LIMITS = (
    re.compile(rf"(?:退款|退回|退还)[^\d。；\n]*{_UNIT}"),
    re.compile(rf"{_UNIT}[^，,\d]{{0,6}}(?:退款|无理由)"),
    re.compile(_UNIT),
)
"""The limit of a refund: the one named after the word, else right before it, else the first."""
_DAYS = {"天": 1.0, "日": 1.0, "个工作日": 1.4, "小时": 1 / 24}
_SCHEMA = pa.schema(
    [("host", pa.string()), ("promise", pa.string()), ("since", pa.date32()), ("until", pa.date32())]
    + [("days", pa.float64())]
)


def promises(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """host, promise, since, until, days: it stood from `since` until before `until` (null: stands), with a limit of so many days."""
    pages = db.sql(
        """
        select host, role, text, observed_on from page where text <> '' order by host, observed_at, id
        """
    ).fetchall()
    goods: dict[str, set[str]] = {}
    for host, name in db.sql("select distinct host, product from visible('price_all')").fetchall():
        goods.setdefault(host, set()).add(re.sub(r"\s+", "", name))
    rows: list[dict[str, Any]] = []
    for host, mine in groupby(pages, key=itemgetter(0)):
        versions = [(role, text, on) for _, role, text, on in mine]
        for name in _WORDS:
            said = [(role, _said(name, text, goods.get(host, set())), on) for role, text, on in versions]
            if any(words for _, words, _ in said):
                rows.append({"host": host, "promise": name, **_span(name, said)})
    return pa.Table.from_pylist(rows, _SCHEMA)


def promised(text: str) -> set[str]:
    """Which promises a text makes, whatever the site sells."""
    return {name for name in _WORDS if _said(name, text, set())}


def _span(name: str, said: list[tuple[str, str | None, Any]]) -> dict[str, Any]:
    """From the first page that made it until every page that did has a version that does not."""
    ends = []
    for role in {role for role, words, _ in said if words}:
        mine = [(words, on) for r, words, on in said if r == role]
        last = max(at for at, (words, _) in enumerate(mine) if words)
        ends.append(mine[last + 1][1] if last + 1 < len(mine) else None)
    stands = None in ends
    last_words = [words for _, words, _ in said if words][-1]
    return {
        "since": next(on for _, words, on in said if words),
        "until": None if stands else max(ends),
        "days": _days(last_words) if name == "refund_days" else 30.0,
    }


def _said(name: str, text: str, goods: set[str]) -> str | None:
    """The words in which a text makes the promise: the first that are not about goods, unless they take it back."""
    for found in re.finditer(_WORDS[name], text):
        words = found.group(0).strip()
        start = text.rfind("\n", 0, found.start()) + 1
        line = re.sub(r"\s+", "", text[start:].split("\n", 1)[0] if "\n" not in found.group(0) else words)
        about_goods = any(len(one) >= 4 and (one in line or line in one) for one in goods)
        if not _LABEL.fullmatch(words) and not about_goods:
            return None if _TAKEN_BACK.search(words) else words
    return None


def _days(words: str) -> float:
    found = next((found for limit in _LIMITS if (found := limit.search(words))), None)
    return int(found[1]) * _DAYS[found[2]] if found else 7.0


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
_TERMS_SCHEMA = pa.schema([("host", pa.string()), *((name, pa.int64()) for name in _NAMES)])
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
    return pa.Table.from_pylist(rows, _TERMS_SCHEMA)


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
