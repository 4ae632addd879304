"""What pages promise, read from their words a second time: which promise stood on a site from which day until which.

The words are those of docs/methodology.md; what a line says about one of the goods is no promise of the site.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa

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
