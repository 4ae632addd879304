"""What works without JavaScript: the static page of a site and its badge. Pure; from the published rows only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from scoring.feeds import OUTCOME_WORDS
from store.names import FLAT, host_part, is_merchant, site_files
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
_OF_THE_MALL = ("属于商城，见商城的页面", "the mall's, see its page")
CORRECTED_DAYS = 30
"""A badge says for so long that something about the site was corrected."""
_EVIDENCE = 60
_LARGEST = 60_000
"""Bytes of a page, whatever a site writes: it is read on a phone with a poor connection."""
_LONGEST = (800, 300, 120, 50)
"""Characters of one foreign text on a page: the first that keeps the page below its size."""


def verdict_of(row: dict[str, Any]) -> str:
    """The verdict word of a rating row; grey whatever the row says when it is not rated or its data stopped."""
    if row["verdict"] == "红" and row["as_of"]:
        return "红"  # Confirmed before: it stands until there is evidence to the contrary.
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


def badge_of(row: dict[str, Any], corrections: list[dict[str, Any]], page: str) -> str:
    """The badge of a rated site as SVG: the verdict's word and date with a link to the evidence, nothing that could be read as an
    endorsement; `page` leads from it to the site's page.

    It also says that an objection is open, or that something was amended or withdrawn in the last CORRECTED_DAYS.
    """
    amended = max((c["on"] for c in corrections if c["outcome"] in ("amended", "withdrawn")), default=None)
    verdict = verdict_of(row)
    shape, zh, en, colour, ink = WORDS[verdict]
    note = _note(row, amended)
    text = f"{verdict}·{zh} {row['as_of'].isoformat() if row['as_of'] else ''}{note[0]}"
    width = 44 + sum(13 if ord(c) > 0x2E80 else 8 for c in text)
    said: str = _template("badge.svg").render(
        row=row, shape=shape, text=text, en=f"{en}{note[1]}", colour=colour, ink=ink, width=width, page=page
    )
    return said


def _note(row: dict[str, Any], on: dt.date | None) -> tuple[str, str]:
    if row["disputed"]:
        return " 异议处理中", " · an objection is being examined"
    if on and row["as_of"] and (row["as_of"] - on).days <= CORRECTED_DAYS:
        return f" {on} 有更正", f" · corrected on {on}"
    return "", ""


def page_of(
    row: dict[str, Any],
    parts: dict[str, list[dict[str, Any]]],
    up: str,
    feed: str,
    merchants: Sequence[str] = (),
) -> str:
    """The page of a rated site: verdict, filing, drop rate, warning state, reasons, findings and evidence, printable.

    `parts` are the rows about it by table; `up` leads from the page to the snapshot's folder, `feed` from there to its feed;
    `merchants` are those of a mall.
    """
    many = FLAT + 1 if up.count("/") > 1 else 0
    evidence = sorted(parts["evidence"], key=lambda e: (e["event_on"], e["id"]), reverse=True)
    return _fitting(
        row=row,
        name=plain(row["name"] or row["host"], 60),
        verdict=verdict_of(row),
        words=WORDS[verdict_of(row)],
        state=STATES[row["warning_state"]],
        states=STATES,
        filing=_OF_THE_MALL if is_merchant(row["host"]) else FILINGS[row["filing_state"]],
        mall=host_part(row["host"]) if is_merchant(row["host"]) else "",
        mall_page=f"{up}{site_files(host_part(row['host']), many)['s']}",
        merchants=[(host, f"{up}{site_files(host, many)['s']}") for host in merchants],
        findings=[f for f in parts["findings"] if f["weight"]],
        evidence=evidence[:_EVIDENCE],
        hidden=max(0, len(evidence) - _EVIDENCE),
        warnings=parts["warnings"][-10:],
        responses=parts["responses"],
        corrections=parts["corrections"],
        outcomes=OUTCOME_WORDS,
        disputes=parts["disputes"],
        practices=next(iter(parts["practices"]), None),
        up=up,
        feed=up + feed,
    )


def _fitting(**shown: Any) -> str:
    """The page with as much of every text as keeps it below its size; the shortest when none does."""
    page = ""
    for longest in _LONGEST:
        page = _template("site.html", longest).render(**shown)
        if len(page.encode()) < _LARGEST:
            break
    return page


@cache
def _template(name: str, longest: int = _LONGEST[0]) -> Template:
    return _environment(longest).get_template(name)
