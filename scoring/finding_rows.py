"""Rows of the findings table: every indicator's answer on the last day, and what priors and caps contribute."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring import method
from scoring.caps import TITLES, sentence
from scoring.finding import OUTCOMES
from scoring.judge import Judged


def finding_rows(judged: Judged, site: int) -> list[dict[str, Any]]:
    """Rows of the findings table about one platform, with pseudo-rows for priors and caps."""
    host = judged.facts.sites[site].host
    out = []
    for name, (definition, finding) in judged.found.items():
        zh, en = finding.say(site)
        limits = definition.texts["Limits"]
        outcome = int(finding.outcome[site, -1])
        out.append(
            {
                "host": host,
                "indicator": name,
                "dimension": definition.dimension,
                "title_zh": definition.title[0],
                "title_en": definition.title[1],
                "outcome": OUTCOMES[outcome],
                "value": _number(finding.value[site, -1]),
                "unit": finding.unit,
                "n": float(finding.n[site, -1]),
                "weight": definition.weight,
                "utility": float(finding.utility[site, -1]) if outcome != 2 else None,
                "strength": float(finding.strength[site, -1] * finding.freshness[site, -1]),
                "contribution": float(judged.points[name][site, -1]) if name in judged.points else 0.0,
                "sentence_zh": zh,
                "sentence_en": en,
                "evidence": list(finding.cite(site)),
                "limits_zh": limits[0],
                "limits_en": limits[1],
            }
        )
    return out + _pseudo(judged, site, host)


def _pseudo(judged: Judged, site: int, host: str) -> list[dict[str, Any]]:
    """Rows for the priors and the cap that applies, so that contributions sum to the score."""
    out: list[dict[str, Any]] = []
    for name, panel in judged.points.items():
        points = float(panel[site, -1])
        kind, _, what = name.partition("_")
        if kind == "prior":
            zh, en = method.DIMENSION_TITLES[what]
            titles = (f"{zh}：先验", f"{en}: prior")
            said = (
                "证据不足的部分按略低于普通平台的水平计。",
                "What is not evidenced counts as slightly below an ordinary site.",
            )
        elif kind == "cap" and points != 0.0:
            titles, said = TITLES[what], sentence(what)
        else:
            continue
        out.append(
            {
                "host": host,
                "indicator": name,
                "dimension": what if kind == "prior" else "",
                "title_zh": titles[0],
                "title_en": titles[1],
                "outcome": "concern" if kind == "cap" and points < 0 else "not_applicable",
                "unit": "",
                "n": 0.0,
                "weight": 0.0,
                "contribution": points,
                "sentence_zh": said[0],
                "sentence_en": said[1],
                "evidence": [],
                "limits_zh": "",
                "limits_en": "",
            }
        )
    return out


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
