"""What stands in the cells of handed-in rows: hosts, names, numbers, companies, days. Pure.

Whatever cannot be read raises ValueError with a reason for the person who handed it in.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from crawler.formats.answers import ORGANISATION
from store.dates import day_in, moment_in
from store.hosts import find_hosts, prepare
from store.names import host_key, uscc_is_valid
from store.refused_hosts import refusal

Record = dict[str, Any]
Row = Mapping[str, Any]
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_BETWEEN = re.compile(r"[;；、,，|\n\r\t]+")
_PERSON_NUMBER = re.compile(
    r"(?<![0-9A-Z])[1-6]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?![0-9A-Z])",
    re.I,
)
_SIGNS = re.compile(r"[\s_\-（）()【】\[\]:：*·/]+")


def hosts_of_cell(text: str) -> list[str]:
    """The keys of sites and merchants a cell names that can be watched, each once; those of one cell may be separated by anything."""
    found = [
        f.key if f.place.merchant else host_key(f.host) for f in find_hosts(prepare(_BETWEEN.sub(" ", text)))
    ]
    return [host for host in dict.fromkeys(found) if refusal(host) is None] if len(found) > 1 else found


def about_several(record: Record, hosts: Sequence[str]) -> Record:
    """A record whose row names several hosts: whose it is can be told where one of them is watched, else a person is asked."""
    left = {key: value for key, value in record.items() if key != "host"}
    return left | {"mentions": [*dict.fromkeys((*hosts, *left.get("mentions", ())))][:10]}


def whole_number(value: Any, heading: Any) -> Any:
    """A number that names something, as it was; raises ValueError where a spreadsheet has rewritten it."""
    text = str(value).strip()
    rounded = text.isdigit() and len(text) > 15 and set(text[15:]) == {"0"}
    if _SCIENTIFIC.fullmatch(text) or rounded or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(
            f"{heading}: {text[:30]} 已被表格软件改写，原来的编号丢失了；请把该列设为文本后重新导出 a spreadsheet rewrote this number; "
            "set the column to text and export it again"
        )
    return text


def fold(name: Any) -> str:
    """A heading without signs, spaces and case."""
    return _folded(str(name)[:200])


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    """Every row repeats the headings."""
    return _SIGNS.sub("", name).lower()


def whom(row: Row) -> Record:
    """Whom a row is about, as `host` or `platform`; raises ValueError when it says neither."""
    if given := row.get("host"):
        return {"host": str(given)}
    if named := row.get("platform") or row.get("company"):
        return {"platform": str(named).strip()[:200]}
    raise ValueError("网址、平台名称、企业名称至少填一个 give a host, a platform or a company")


def company_of(row: Row, key: str = "company") -> str:
    """The company a row is about; raises ValueError for a natural person: people are not evidence."""
    name = str(row.get(key) or "").strip()
    for column, value in row.items():
        # A credit code may have the shape of a person's number; it is one only where its check digit says so.
        is_code = column == "uscc" and uscc_is_valid(str(value).strip().upper())
        if not is_code and _PERSON_NUMBER.search(str(value)):
            raise ValueError("含个人身份证号，不导入 holds a person's ID number: not taken")
    if not name:
        raise ValueError("缺少企业名称 the company's name is missing")
    if not ORGANISATION.search(name):
        raise ValueError("只收企业，不收自然人 companies only, no natural persons")
    return name


def day_of(value: Any, name: str) -> dt.date:
    """A day as sheets and registers write it; raises ValueError naming the column."""
    if (day := day_in(value)) is None:
        raise ValueError(f"{name}: 认不出日期 not a date: {str(value or '')[:30] or '(空 empty)'}")
    return day


def time_of(value: Any, name: str) -> dt.datetime:
    """A moment as sheets write it, China time where no zone is given; raises ValueError naming the column."""
    if (moment := moment_in(value)) is None:
        raise ValueError(f"{name}: 认不出日期 not a date: {str(value or '')[:30] or '(空 empty)'}")
    return moment
