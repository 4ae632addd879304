"""条款改动: edits of the terms that nobody announced."""

from __future__ import annotations

from scoring import method
from scoring.figures import count
from scoring.finding import CONCERN, OK, UNKNOWN, Answer, Finding, unscored_finding
from scoring.observations.dataset import Dataset
from scoring.page_terms import Edit, edits


def silent_edits(facts: Dataset) -> Finding:
    """悄悄改条款 — Silent edits of terms

    Why: 不公告就加上限制或撤下承诺，已付款的人最吃亏。 | A restriction added or a promise taken down without a notice hurts those who have paid.
    Reads: page
    Law: void_terms
    ok: 一年内读到过两个以上版本，没有未公告的不利改动。 | Two or more versions were read within a year; no unannounced edit took anything from buyers.
    concern: 一年内有未公告的不利改动：加了限制条款或撤下了承诺。 | Within a year an unannounced edit added a restricting clause or took a promise down.
    unknown: 条款页读到的版本不足两个。 | Fewer than two versions of the terms were read.
    Limits: 只比较我们存档的版本；前后 7 天内有公告或条款自写“更新”的不算。 | Only archived versions are compared; a notice within 7 days, or terms that say they were updated, count as announced.
    """
    return unscored_finding(
        facts, [_answer(found) for found in edits(facts)], method.STRENGTH_OWN_PAGE, "edits"
    )


def _answer(found: list[Edit] | None) -> Answer:
    if found is None:
        return Answer(
            UNKNOWN, "条款页的版本不足两个，无法比较。", "Fewer than two versions of the terms to compare."
        )
    silent = [edit for edit in found if edit.against and not edit.announced]
    n = len(found)
    if not silent:
        return Answer(
            OK,
            f"一年内条款改动 {n} 次，没有未公告的不利改动。" if n else "一年内没有见到条款改动。",
            f"{n} edit(s) of the terms within a year, none unannounced and against buyers."
            if n
            else "No edit of the terms was seen within a year.",
            0.0,
            n,
            figures=(count("edits", n),),
        )
    added, removed = sum(len(e.added) for e in silent), sum(len(e.removed) for e in silent)
    zh = [*([f"新增限制 {added} 项"] if added else []), *([f"撤下承诺 {removed} 项"] if removed else [])]
    en = [
        *([f"{added} restriction(s) added"] if added else []),
        *([f"{removed} promise(s) taken down"] if removed else []),
    ]
    return Answer(
        CONCERN,
        f"一年内有 {len(silent)} 次未公告的不利改动：{'，'.join(zh)}。",
        f"{len(silent)} unannounced edit(s) against buyers within a year: {', '.join(en)}.",
        float(len(silent)),
        n,
        tuple(c for edit in silent for c in edit.cited),
        (
            count("silent_edits", len(silent)),
            count("restrictions_added", added),
            count("promises_removed", removed),
        ),
    )
