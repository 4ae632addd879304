"""许可信息."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from scoring import method
from scoring.finding import Cited, Finding, finding, row_at
from scoring.observations.dataset import Dataset
from scoring.observations.panel import age, freshness, gather, latest

_PERMIT = re.compile(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新]?[AB][12](\.[AB][12])*-\d{8}|ICP证\s*\d{6}|增值电信业务经营许可证"
)


def _claims(text: str, signs: Any) -> bool:
    """Whether a page names a permit: in its text, or in its footer, which the kept text may not reach."""
    return bool(_PERMIT.search(text)) or bool(isinstance(signs, dict) and signs.get("licences"))


def licence_claim(facts: Dataset) -> Finding:
    """许可信息 — Licence information

    Why: 经营性网站依法须取得许可并公示。 | Commercial sites need a permit and must show it.
    Reads: page
    Law: closing, seller_identity
    ok: 页面写有增值电信业务许可信息（自述）。 | The pages name a telecom permit (the site's own claim).
    concern: 读到页面，但未找到许可信息。 | The pages were read and name no permit.
    unknown: 没有读到页面。 | No page could be read.
    Limits: 只是网站自述，未与登记机关核对，证据弱。 | The site's own claim, not checked with the authority; weak evidence.
    """
    rows = facts.rows["page"]
    rows = rows.take(np.array([bool(t) for t in rows["text"]], bool)) if len(rows) else rows
    claims = np.array([_claims(t, s) for t, s in zip(rows["text"], rows["signs"], strict=True)], bool)
    at = latest(facts, rows)
    named = rows.take(claims)
    shown = gather(claims, at, False).astype(bool) | (latest(facts, named) >= 0)
    known = at >= 0
    utility = np.where(shown, method.OWN_WORDS_CAP, 0.45)

    def say(i: int) -> tuple[str, str]:
        if not known[i, -1]:
            return "没有读到页面，许可信息未知。", "No page read; licence information unknown."
        if shown[i, -1]:
            return (
                "页面写有许可信息（网站自述，未核对）。",
                "The pages name a permit (the site's own claim, unchecked).",
            )
        return "未找到经营所需的许可信息。", "No licence information was found."

    def cite(i: int) -> list[Cited]:
        return row_at(at, "page", rows, i)

    return finding(
        facts,
        utility,
        0.1,
        known,
        method.STRENGTH_CLAIM,
        freshness(age(facts, rows, at), method.CADENCE_DAYS),
        say,
        cite,
        value=shown.astype(float),
        n=known.astype(float),
    )
