"""The counterfactual of every site of a chunk in words, for the ratings table. It reads what was judged and changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring import method
from scoring.counterfactual import EXHAUSTIVE, STATE, Case, Set, each_panel, smallest
from scoring.facts import GROUPS
from scoring.finding import HIDDEN, NOT_APPLICABLE, UNKNOWN
from scoring.judge import GREY, NR_WHY, Judged
from scoring.panel import visited
from scoring.snapshot import TIER, VERDICTS
from scoring.warning import STALE

_COLOURS = ("blue", "yellow", "orange", "red", "grey")
_STATE_TITLE = ("资金链状态恢复正常", "cash-flow state back to normal")
_Words = tuple[list[str], str, str]
"""(facts, Chinese, English)."""


def case_of(judged: Judged) -> Case:
    """What the tiers follow from on the last day, all sites of the chunk (panels sites × 1)."""
    families = np.sum([visited(judged.facts, g)[0].any(axis=1) for g in GROUPS], axis=0)[:, None]
    found = {
        n: (d, each_panel(f, lambda panel: panel[:, -1:]))
        for n, (d, f) in judged.found.items()
        if d.weight > 0
    }
    caps = {n: on[:, -1:] for n, on in judged.caps.items()}
    none = np.zeros((len(families), 1))
    back = judged.points["cap_pace"][:, -1:] if "cap_pace" in judged.points else none
    return Case(judged.facts, found, families, caps, judged.grade[:, -1:], judged.warned.state[:, -1:], back)


def counterfactual_rows(judged: Judged) -> list[dict[str, Any]]:
    """For each site the columns better_* and worse_* of the ratings table; an empty sentence where a direction has no meaning."""
    verdict = judged.verdict[:, -1]
    case = case_of(judged)
    none: _Words = ([], "", "")
    out: list[dict[str, Any]] = [
        _columns("better", _unrated(judged, site) if code == GREY else none) | _columns("worse", none)
        for site, code in enumerate(verdict)
    ]
    tier = np.array([TIER[VERDICTS[v]] or 0 for v in verdict], dtype=np.int64)
    for name, best in (("better", True), ("worse", False)):
        rated = np.flatnonzero((tier > 1) if best else (tier > 0) & (tier < 3))
        for site, found in zip(rated, smallest(case.take(rated), tier[rated], best), strict=True):
            out[site] |= _columns(name, _words(judged, int(verdict[site]), found, best))
    return out


def _columns(name: str, words: _Words) -> dict[str, Any]:
    facts, zh, en = words
    return {f"{name}_facts": facts, f"{name}_zh": zh, f"{name}_en": en}


def _titles(judged: Judged, facts: list[str]) -> tuple[str, str]:
    pairs = [_STATE_TITLE if f == STATE else judged.found[f][0].title for f in facts]
    return "、".join(zh for zh, _ in pairs), "; ".join(en for _, en in pairs)


def _words(judged: Judged, verdict: int, found: Set | None, best: bool) -> _Words:
    """The sentence about a rated site, from verdict `verdict` to the tier found."""
    if found is None:
        how = ("好", "best") if best else ("坏", "worst")
        return (
            [],
            f"所列事实即使全部变为最{how[0]}的情形，也不改变这一档。",
            f"Even all of these facts at their {how[1]} would not change the tier.",
        )
    facts, tier = list(found[0]), found[1]
    before, after = VERDICTS[verdict], VERDICTS[tier - 1]
    moves = f"from {_COLOURS[verdict]} to {_COLOURS[tier - 1]}"
    if not facts:
        return (
            [],
            f"信用分已越过分界，下一条新证据到来时结论会由{before}变为{after}。",
            f"The score has already crossed the line: with the next new evidence the verdict moves {moves}.",
        )
    zh, en = _titles(judged, facts)
    n, how = len(facts), ("好", "best") if best else ("坏", "worst")
    whose = "its" if n == 1 else "their"
    if n > EXHAUSTIVE + 1:
        return (
            facts,
            f"若这 {n} 项同时变为最{how[0]}的情形（其余不变，缺一不可），结论会由{before}变为{after}：{zh}。",
            f"These {n} facts at their {how[1]} together (all else as it is, none left out) would move the verdict {moves}: {en}.",
        )
    return (
        facts,
        f"至少要有 {n} 项变为最{how[0]}的情形（其余不变），结论才会由{before}变为{after}：{zh}。",
        f"It takes at least {n} of the facts at {whose} {how[1]} (all else as it is) to move the verdict {moves}: {en}.",
    )


def _unrated(judged: Judged, site: int) -> _Words:
    """What stands between a grey site and a rating; with too little coverage the fewest answers that would make it enough."""
    if judged.warned.state[site, -1] == STALE:
        return (
            [],
            "监测中断；恢复采集之后才有结论。",
            "Monitoring is interrupted; a verdict needs it to resume.",
        )
    why = int(judged.nr_why[site, -1])
    zh, en = NR_WHY[why]
    if why == 2:
        facts = _unanswered(judged, site)
        names = _titles(judged, facts)
        floor = f"{method.COVERAGE_FLOOR:.0f}%"
        return (
            facts,
            f"证据充分度要达到 {floor}，至少还要看到 {len(facts)} 项：{names[0]}。",
            f"For coverage of {floor} at least {len(facts)} more must be seen: {names[1]}.",
        )
    return (
        [],
        f"不予评级：{zh}。任何一项事实都不能单独改变。",
        f"Not rated: {en}. No single fact can change that.",
    )


def _unanswered(judged: Judged, site: int) -> list[str]:
    """The fewest unanswered indicators that, answered and fresh, lift the coverage to the floor."""
    applicable, gains = 0.0, []
    for name, (definition, finding) in judged.found.items():
        outcome = int(finding.outcome[site, -1])
        if definition.weight <= 0 or outcome == NOT_APPLICABLE:
            continue
        applicable += definition.weight
        if outcome in (UNKNOWN, HIDDEN):
            old = float(finding.freshness[site, -1])
            gains.append((definition.weight * float(finding.strength[site, -1]) * (1 - old), name))
    missing = (method.COVERAGE_FLOOR - float(judged.coverage[site, -1])) / 100 * applicable
    chosen = []
    for gain, name in sorted(gains, key=lambda g: (-g[0], g[1])):
        if missing <= 0:
            break
        chosen.append(name)
        missing -= gain
    return chosen
