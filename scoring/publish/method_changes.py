"""What a new method alone changed: the same evidence of the day of the snapshot before, judged by the old and the new method.

Such a change is ours, not the world's: it is published with the cause `method` and notifies nobody. Nothing is judged here.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.snapshot.reader import TABLES

_WHAT = {"grade": ("等级", "grade"), "warning_state": ("资金链状态", "cash-flow state")}


def with_method_changes(folder: Path, before: Path | None, methods: tuple[str | None, str]) -> pa.Table:
    """The changes in `folder`, those of cause `method` that the snapshot `before` had about sites still rated, and the new ones
    where its method was another.

    `methods` are the versions of `before` and `folder`. A new change is dated on the day the new method first spoke of; it holds
    what was published for the day of `before` against what the history in `folder` says of that day.
    """
    changes = pq.read_table(folder / "changes.parquet")
    if before is None or not (before / "changes.parquet").is_file():
        return changes
    found = pq.read_table(before / "changes.parquet")
    hosts = set(pq.read_table(folder / "ratings.parquet", columns=["host"])["host"].to_pylist())
    rows = [
        row for row in found.filter(pc.equal(found["cause"], "method")).to_pylist() if row["host"] in hosts
    ]
    if methods[0] != methods[1]:
        rows += _new(folder, before, (str(methods[0]), methods[1]))
    if not rows:
        return changes
    every = pa.concat_tables([changes, pa.Table.from_pylist(rows, TABLES["changes"])])
    return every.sort_by([(name, "ascending") for name in ("host", "on", "what", "cause")])


def _new(folder: Path, before: Path, methods: tuple[str, str]) -> list[dict[str, Any]]:
    columns = ["host", "as_of", *_WHAT]
    published = pq.read_table(before / "ratings.parquet", columns=columns).to_pylist()
    on: dt.date | None = pc.max(pq.read_table(folder / "ratings.parquet", columns=["as_of"])["as_of"]).as_py()
    if not published or on is None:
        return []
    then = published[0]["as_of"]
    again = pq.read_table(folder / "history.parquet", columns=["host", *_WHAT], filters=[("on", "=", then)])
    now = {row["host"]: row for row in again.to_pylist()}
    return [
        _change(old["host"], on, what, (old[what], now[old["host"]][what]), then, methods)
        for old in published
        for what in _WHAT
        if old["host"] in now and old[what] != now[old["host"]][what]
    ]


def _change(
    host: str, on: dt.date, what: str, values: tuple[str, str], then: dt.date, methods: tuple[str, str]
) -> dict[str, Any]:
    (zh, en), (old, new), (before, after) = _WHAT[what], methods, values
    return {
        "host": host,
        "on": on,
        "cause": "method",
        "what": what,
        "from": before,
        "to": after,
        "sentence_zh": f"方法由 {old} 改为 {new}：对 {then} 的同一批证据，{zh}由 {before} 变为 {after}。网站本身没有变化。",
        "sentence_en": f"Method {new} instead of {old}: on the same evidence of {then} the {en} is {after} instead of {before}. Nothing about the site changed.",
    }
