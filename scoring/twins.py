"""What works without JavaScript: the static page of a site and its badge. Pure; from the published rows only."""

from __future__ import annotations

import datetime as dt
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from scoring.feeds import OUTCOME_WORDS
from scoring.processes import in_order
from store.names import file_stem
from store.plain import plain

# Shape, words, colour and the ink upon it (product.md 6.4, light); grey and orange bear only large or graphic ink.
WORDS = {
    "蓝": ("●", "目前未见明显异常", "Nothing notable seen (not a safety guarantee)", "#0B4FA0", "#FFFFFF"),
    "黄": ("◆", "有疑点", "Questions to resolve", "#E0AC00", "#1B1F24"),
    "橙": ("▲", "高风险迹象", "High-risk signs", "#C8500A", "#FFFFFF"),
    "红": ("⬣", "严重警示", "Severe warning", "#6E0017", "#FFFFFF"),
    "灰": ("○?", "证据不足，不予评级", "Not rated: too little evidence", "#7C7C7C", "#FFFFFF"),
}
STATES = {
    "normal": ("正常", "normal"),
    "watch": ("关注", "watch"),
    "warning": ("预警", "warning"),
    "alarm": ("警报", "alarm"),
    "closed": ("停运", "closed"),
    "stale": ("数据中断", "interrupted"),
}
FILINGS = {
    "filed": ("有备案记录", "on record"),
    "not_filed": ("未查到备案", "none found"),
    "unknown": ("未知", "unknown"),
}
CORRECTED_DAYS = 30
"""A badge says for so long that something about the site was corrected."""
_EVIDENCE = 60
_AT_ONCE = 400
"""Pages whose rows are Python objects at one time."""
_LARGEST = 60_000
"""Bytes of a page, whatever a site writes: it is read on a phone with a poor connection."""
_LONGEST = (800, 300, 120, 50)
"""Characters of one foreign text on a page: the first that keeps the page below its size."""


def verdict_of(row: dict[str, Any]) -> str:
    """The verdict word of a rating row; grey whatever the row says when it is not rated or its data stopped."""
    if row["grade"] in (None, "NR") or row["warning_state"] in (None, "stale") or not row["as_of"]:
        return "灰"
    return row["verdict"] if row["verdict"] in WORDS else "灰"


def _printed(value: Any, longest: int) -> Any:
    """What an expression of a template prints: foreign text without control and bidi marks, nothing for None."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value, longest)
    return "" if value is None else value


def _environment(longest: int = _LONGEST[0]) -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(_printed, longest=longest),
    )


def write_badges(ratings: list[dict[str, Any]], corrections: list[dict[str, Any]], folder: Path) -> None:
    """`<host>.svg`: the verdict's word and date, nothing that could be read as an endorsement.

    It also says that an objection is open, or that something was amended or withdrawn in the last CORRECTED_DAYS.
    """
    folder.mkdir()
    template = _environment().get_template("badge.svg")
    amended = {c["host"]: c["on"] for c in corrections if c["outcome"] in ("amended", "withdrawn")}
    for row in ratings:
        verdict = verdict_of(row)
        shape, zh, en, colour, ink = WORDS[verdict]
        text = f"{verdict}·{zh} {row['as_of'].isoformat() if row['as_of'] else ''}"
        text, en = f"{text}{_note(row, amended)[0]}", f"{en}{_note(row, amended)[1]}"
        width = 44 + sum(13 if ord(c) > 0x2E80 else 8 for c in text)
        said = template.render(row=row, shape=shape, text=text, en=en, colour=colour, ink=ink, width=width)
        (folder / f"{file_stem(row['host'])}.svg").write_text(said, "utf-8")


def _note(row: dict[str, Any], amended: dict[str, dt.date]) -> tuple[str, str]:
    on = amended.get(row["host"])
    if row["disputed"]:
        return " 异议处理中", " · an objection is being examined"
    if on and row["as_of"] and (row["as_of"] - on).days <= CORRECTED_DAYS:
        return f" {on} 有更正", f" · corrected on {on}"
    return "", ""


def write_twins(tables: dict[str, pa.Table], folder: Path) -> None:
    """`<host>.html`: verdict, filing, drop rate, warning state, reasons, findings and evidence on one printable page.

    Some hundred hosts at a time, on every processor.
    """
    folder.mkdir()
    hosts = sorted(tables["ratings"]["host"].to_pylist())
    pieces = [
        (hosts[low], hosts[min(low + _AT_ONCE, len(hosts)) - 1]) for low in range(0, len(hosts), _AT_ONCE)
    ]
    for _ in in_order(lambda piece: _pages(tables, folder, *piece), pieces):
        pass


def _pages(tables: dict[str, pa.Table], folder: Path, first: str, last: str) -> None:
    """The pages of the hosts first..last."""
    parts = {
        name: _by_host(_among(tables[name], first, last))
        for name in ("findings", "evidence", "warnings", "responses", "corrections", "disputes", "practices")
    }
    for row in _among(tables["ratings"], first, last).to_pylist():
        host = row["host"]
        evidence = sorted(
            parts["evidence"].get(host, []), key=lambda e: (e["event_on"], e["id"]), reverse=True
        )
        page = _fitting(
            _templates(),
            row=row,
            name=plain(row["name"] or host, 60),
            verdict=verdict_of(row),
            words=WORDS[verdict_of(row)],
            state=STATES[row["warning_state"]],
            filing=FILINGS[row["filing_state"]],
            findings=[f for f in parts["findings"].get(host, []) if f["weight"]],
            evidence=evidence[:_EVIDENCE],
            hidden=max(0, len(evidence) - _EVIDENCE),
            warnings=parts["warnings"].get(host, [])[-10:],
            responses=parts["responses"].get(host, []),
            corrections=parts["corrections"].get(host, []),
            outcomes=OUTCOME_WORDS,
            disputes=parts["disputes"].get(host, []),
            practices=next(iter(parts["practices"].get(host, [])), None),
            stem=file_stem(host),
        )
        (folder / f"{file_stem(host)}.html").write_text(page, "utf-8")


@cache
def _templates() -> list[Template]:
    return [_environment(longest).get_template("site.html") for longest in _LONGEST]


def _among(table: pa.Table, first: str, last: str) -> pa.Table:
    return table.filter((pc.field("host") >= first) & (pc.field("host") <= last))


def _fitting(templates: list[Template], **shown: Any) -> str:
    """The page with as much of every text as keeps it below its size; the last template's page when none does."""
    page = ""
    for template in templates:
        page = template.render(**shown)
        if len(page.encode()) < _LARGEST:
            break
    return page


def _by_host(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        out.setdefault(row["host"], []).append(row)
    return out
