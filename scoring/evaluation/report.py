"""The measured rows as a table for a terminal, as JSON, and as docs/evaluation.md. Words only; it measures nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scoring import method
from scoring.evaluation.measure import REPORT, WITHIN, Row

_MET = {True: ("达到", "met"), False: ("未达到", "MISSED"), None: ("—", "—")}
_SHARES = ("share",)


def _number(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "—"
    if unit in _SHARES:
        return f"{100 * value:.1f}%"
    if unit in ("changes", "platforms"):
        return f"{value:.0f}"
    return f"{value:.1e}" if 0 < abs(value) < 1e-4 else f"{value:.3g}"


def _figure(row: Row) -> str:
    interval = f" [{_number(row.figure.low, row.unit)}, {_number(row.figure.high, row.unit)}]"
    return _number(row.figure.value, row.unit) + (interval if math.isfinite(row.figure.low) else "")


def _target(row: Row) -> str:
    if row.rule == REPORT:
        return "—"
    if row.rule == WITHIN:
        return "–".join(_number(t, row.unit) for t in row.target)
    return f"{row.rule} {_number(row.target[0], row.unit)}"


def _baselines(row: Row, lang: int) -> str:
    return " · ".join(f"{_name(k, lang)} {_number(v, row.unit)}" for k, v in row.baselines.items()) or "—"


def _name(both: str, lang: int) -> str:
    """A bilingual name cut to one language; a name that is the same in both stays."""
    words = both.split(" ")
    cut = next((i for i, w in enumerate(words[1:], 1) if w.isascii() and not words[i - 1].isascii()), None)
    return both if cut is None else " ".join(words[:cut] if lang == 0 else words[cut:])


def as_dict(rows: Sequence[Row], about: Mapping[str, Any]) -> dict[str, Any]:
    """What --json prints."""
    return {
        **about,
        "method_version": method.METHOD_VERSION,
        "rows": [
            {
                "id": r.id, "title_zh": r.title[0], "title_en": r.title[1], "value": _plain(r.figure.value), "low": _plain(r.figure.low),
                "high": _plain(r.figure.high), "unit": r.unit, "rule": r.rule or None, "target": list(r.target) if r.rule else None, "met": r.met,
                "n": r.n, "baselines": {k: _plain(v) for k, v in r.baselines.items()}, "note_zh": r.note[0] or None, "note_en": r.note[1] or None,
            }
            for r in rows
        ],
    }  # fmt: skip


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def table(rows: Sequence[Row], about: Mapping[str, Any], lang: str) -> str:
    """The rows as lines for a terminal, missed ones marked and counted at the end."""
    at = 0 if lang == "zh" else 1
    lines = [_about(about, at), ""]
    for row in rows:
        target = (
            "" if row.rule == REPORT else f"  {('目标', 'target')[at]} {_target(row)}: {_MET[row.met][at]}"
        )
        lines.append(
            f"{'✗' if row.met is False else ' '} {row.title[at]}: {_figure(row)}{target}  (n={row.n})"
        )
        if row.baselines:
            lines.append(f"      {('基线', 'baselines')[at]}: {_baselines(row, at)}")
    missed = [r.title[at] for r in rows if r.met is False]
    head = (f"未达到 {len(missed)} 项", f"targets missed: {len(missed)}")[at]
    return "\n".join(
        [
            *lines,
            "",
            f"{head}: " + ("；", "; ")[at].join(missed)
            if missed
            else ("全部目标达到", "all targets met")[at],
        ]
    )


def _about(about: Mapping[str, Any], lang: int) -> str:
    markets = ", ".join(about["markets"])
    tuned = about["tuned_on"]
    warning = (
        (f"（种子 {tuned} 曾用于调参，这些数字不作证明）", f" (seeds {tuned} were used for tuning: these figures prove nothing)")[lang] if tuned else ""
    )  # fmt: skip
    return (
        f"方法 {method.METHOD_VERSION}；市场 {markets}；{about['platforms']} 个平台 × {about['days']} 天{warning}",
        f"Method {method.METHOD_VERSION}; markets {markets}; platforms: {about['platforms']}, days: {about['days']}{warning}",
    )[lang]


def page(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """docs/evaluation.md, Chinese first; what was missed comes before the table."""
    lines = ["# 评测 Evaluation", ""]
    for lang in (0, 1):
        missed = [r for r in rows if r.met is False]
        met = sum(r.met is True for r in rows)
        lines += [("## 中文", "## English")[lang], "", *_intro(about, lang), ""]
        lines += [("### 未达到的目标", "### Targets missed")[lang], ""]
        lines += [
            (f"- **{r.title[0]}**：{_figure(r)}，目标 {_target(r)}", f"- **{r.title[1]}**: {_figure(r)}, target {_target(r)}")[lang]
            for r in missed
        ] or [("没有。", "None.")[lang]]  # fmt: skip
        lines += [
            "",
            (f"达到 {met} 项，未达到 {len(missed)} 项。", f"{met} met, {len(missed)} missed.")[lang],
            "",
        ]
        lines += [("### 全部数字", "### All figures")[lang], ""]
        lines += [
            ("| 指标 | 数值 [90% 区间] | 目标 | 结果 | 基线 | n |", "| measure | figure [90 % interval] | target | result | baselines | n |")[lang],
            "|---|---|---|---|---|---|",
        ]  # fmt: skip
        lines += [
            f"| {r.title[lang]} | {_figure(r)} | {_target(r)} | {_MET[r.met][lang]} | {_baselines(r, lang)} | {r.n} |" for r in rows
        ]  # fmt: skip
        notes = dict.fromkeys(r.note[lang] for r in rows if r.note[lang])
        lines += ["", *[f"- {note}" + ("。", ".")[lang] for note in notes], ""]
    return "\n".join(lines)


def _intro(about: Mapping[str, Any], lang: int) -> list[str]:
    seeds = about["tuning_seeds"]
    if lang == 0:
        return [
            _about(about, 0) + "。本页由 `kamengwatch evaluate --docs docs/evaluation.md` 生成。",
            "",
            "两种假设不同的模拟市场：`first`（对数正态订单、Beta 掉单率、线性承压）与 `other`（Pareto 订单、混合掉单率、自激投诉、排队积压、共用供货商、四种衰退形状），互不共用参数。"
            "每个市场的证据按开放证据格式经真实导入（脱敏、分类、去重）后评级，逐日历史都在内。投诉中位数每日不超过 0.32 条，约半数平台可见积压，供货故障时掉单 ×4，承压 30–120 天，四分之一的结束没有征兆（另报）。",
            f"种子 {seeds} 用于调参，评测不用。区间按运营主体自助重抽 {about['resamples']} 次。模拟市场的参数是假设：这些数字说明方法之间的优劣，不是对真实网站的保证。",
        ]
    return [
        _about(about, 1) + ". Generated by `kamengwatch evaluate --docs docs/evaluation.md`.",
        "",
        "Two kinds of simulated markets with different assumptions and no parameter in common: `first` (log-normal orders, Beta drop rates, linear stress) and `other` (Pareto orders, a mixture of drop rates, "
        "self-exciting complaints, queues, shared suppliers, four shapes of decline). Evidence passes the real import (redaction, classification, copies); every day's history is rated. "
        "At most 0.32 complaints a day in the median, backlog visible on about half, supplier outages with four times the drops, stress of 30–120 days, a quarter of the endings without signs (reported apart).",
        f"Seeds {seeds} were used for tuning and never for this page. Intervals resample operators (draws: {about['resamples']}). The markets' parameters are assumptions: the figures compare methods and promise nothing about real sites.",
    ]
