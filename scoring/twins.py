"""What works without JavaScript: the static page of a site and its badge. Pure; from the published rows only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from store.names import file_stem

WORDS = {
    "蓝": ("●", "目前未见明显异常", "Nothing notable seen (not a safety guarantee)", "#0B4FA0", "#FFFFFF"),
    "黄": ("◆", "有疑点", "Questions to resolve", "#FFE066", "#1B1F24"),
    "橙": ("▲", "高风险迹象", "High-risk signs", "#A8430A", "#FFFFFF"),
    "红": ("⬣", "严重警示", "Severe warning", "#6E0017", "#FFFFFF"),
    "灰": ("○?", "证据不足，不予评级", "Not rated: too little evidence", "#5F5F5F", "#FFFFFF"),
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
_EVIDENCE = 60


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_badges(ratings: list[dict[str, Any]], folder: Path) -> None:
    """`<host>.svg`: the verdict's word and date, nothing that could be read as an endorsement."""
    folder.mkdir()
    template = _environment().get_template("badge.svg")
    for row in ratings:
        shape, zh, en, colour, ink = WORDS[row["verdict"]]
        text = f"{shape} {row['verdict']}·{zh} {row['as_of'].isoformat()}"
        width = 24 + sum(13 if ord(c) > 0x2E80 else 8 for c in text)
        said = template.render(row=row, text=text, en=en, colour=colour, ink=ink, width=width)
        (folder / f"{file_stem(row['host'])}.svg").write_text(said, "utf-8")


def write_twins(tables: dict[str, pa.Table], folder: Path) -> None:
    """`<host>.html`: verdict, filing, drop rate, warning state, reasons, findings and evidence on one printable page."""
    folder.mkdir()
    template = _environment().get_template("site.html")
    parts = {
        name: _by_host(tables[name])
        for name in ("findings", "evidence", "warnings", "responses", "corrections")
    }
    for row in tables["ratings"].to_pylist():
        host = row["host"]
        evidence = sorted(
            parts["evidence"].get(host, []), key=lambda e: (e["event_on"], e["id"]), reverse=True
        )
        page = template.render(
            row=row,
            words=WORDS[row["verdict"]],
            state=STATES[row["warning_state"]],
            filing=FILINGS[row["filing_state"]],
            findings=[f for f in parts["findings"].get(host, []) if f["weight"]],
            evidence=evidence[:_EVIDENCE],
            hidden=max(0, len(evidence) - _EVIDENCE),
            warnings=parts["warnings"].get(host, [])[-10:],
            responses=parts["responses"].get(host, []),
            corrections=parts["corrections"].get(host, []),
            stem=file_stem(host),
        )
        (folder / f"{file_stem(host)}.html").write_text(page, "utf-8")


def _by_host(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    out: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        out.setdefault(row["host"], []).append(row)
    return out
