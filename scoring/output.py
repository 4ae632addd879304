"""From judged chunks to the rows of the published tables (scoring.snapshot.TABLES)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from scoring import method
from scoring.calendar import SHANGHAI, date_of
from scoring.counterfactual_rows import counterfactual_rows
from scoring.droprate import BASES, KINDS, drop_rate, interval
from scoring.facts import BIT, NEVER, Facts, Rows
from scoring.feeds import STATE_ZH
from scoring.filing_changes import filing_changes
from scoring.filings import filing_panel
from scoring.finding import Cited
from scoring.finding_rows import finding_rows
from scoring.grade import GRADES
from scoring.judge import Judged, first_seen
from scoring.panel import complaints
from scoring.shop import sells_of, software_of
from scoring.snapshot import TABLES, TIER
from scoring.warning import STATES, transitions
from scoring.words import VERDICTS, advice, blind_spots, confidence, reasons, transition_reason

PROVINCES = {
    "京": "北京", "津": "天津", "冀": "河北", "晋": "山西", "蒙": "内蒙古", "辽": "辽宁", "吉": "吉林", "黑": "黑龙江",
    "沪": "上海", "苏": "江苏", "浙": "浙江", "皖": "安徽", "闽": "福建", "赣": "江西", "鲁": "山东", "豫": "河南",
    "鄂": "湖北", "湘": "湖南", "粤": "广东", "桂": "广西", "琼": "海南", "渝": "重庆", "蜀": "四川", "川": "四川",
    "黔": "贵州", "贵": "贵州", "滇": "云南", "云": "云南", "藏": "西藏", "陕": "陕西", "陇": "甘肃", "甘": "甘肃",
    "青": "青海", "宁": "宁夏", "新": "新疆",
}  # fmt: skip


@dataclass
class Collected:
    """Rows gathered from the chunks; evidence is cited as (kind, row id) until `evidence.resolve` names it."""

    ratings: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    history: list[pa.Table] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    proposals: list[tuple[str, str, str]] = field(default_factory=list)


def collect(out: Collected, judged: Judged, as_of: dt.date, history: bool) -> None:
    """Add a chunk's rows to `out`."""
    otherwise = counterfactual_rows(judged)
    for site in range(len(judged.facts.sites)):
        out.ratings.append(_rating(judged, site, as_of) | otherwise[site])
        out.findings += finding_rows(judged, site)
    first = len(out.warnings)
    for site, day, before, after in transitions(judged.facts, judged.warned):
        zh, en, cited = transition_reason(judged, site, day, after)
        host = judged.facts.sites[site].host
        on = date_of(judged.facts.first_day + day)
        out.warnings.append(
            {
                "host": host,
                "on": on,
                "from_state": STATES[before],
                "to_state": STATES[after],
                "reason_zh": zh,
                "reason_en": en,
                "evidence": cited,
            }
        )
    out.changes += _changes(judged, out.warnings[first:]) + filing_changes(judged.facts)
    if history:
        out.history.append(_history(judged))


def _rating(judged: Judged, site: int, as_of: dt.date) -> dict[str, Any]:
    facts = judged.facts
    who = facts.sites[site]
    low, high = float(judged.low[site, -1]), float(judged.high[site, -1])
    verdict = VERDICTS[int(judged.verdict[site, -1])]
    grade = GRADES[int(judged.grade[site, -1])]
    why = reasons(judged, site)
    blind = blind_spots(judged, site)
    zh, en = advice(judged, site)
    sources, newest = _evidence_summary(judged, site)
    rated = grade != "NR"
    row: dict[str, Any] = {
        "host": who.host,
        "name": who.name,
        "aliases": list(who.aliases),
        "operator": who.operator,
        "score": float(judged.score[site, -1]) if rated else None,
        "score_low": low if rated else None,
        "score_high": high if rated else None,
        "grade": grade,
        "coverage": float(judged.coverage[site, -1]),
        "warning_state": STATES[int(judged.warned.state[site, -1])],
        "warning_since": _since(judged, site),
        "verdict": verdict,
        "tier": TIER[verdict],
        "alarm_proposed_on": _proposed(judged, site),
        "software": software_of(facts, site),
        "sells": sells_of(facts, site),
        "advice_zh": zh,
        "advice_en": en,
        "reasons_zh": [r.zh for r in why],
        "reasons_en": [r.en for r in why],
        "reason_evidence": [list(r.cited) for r in why],
        "blind_spots_zh": [b[0] for b in blind],
        "blind_spots_en": [b[1] for b in blind],
        "sources_n": sources,
        "confidence": confidence(sources, low, high) if rated else "低",
        "first_seen_on": _first_seen(judged, site),
        "last_evidence_at": newest,
        "disputed": any(decided >= NEVER for _, decided, _ in facts.disputes.get(site, ())),
        "demo": who.demo,
        "as_of": as_of,
        "method_version": method.METHOD_VERSION,
    }
    return row | _filing(judged, site) | _drops(judged, site) | _complaints(judged, site)


def _filing(judged: Judged, site: int) -> dict[str, Any]:
    f = filing_panel(judged.facts)
    known, age = bool(f.known[site, -1]), float(f.age[site, -1])
    fresh = known and age <= method.FILING_STALE_DAYS
    number = f.number[site, -1] if known and bool(f.found[site, -1]) else None
    return {
        "filing_state": ("filed" if f.found[site, -1] else "not_filed") if fresh else "unknown",
        "filing_number": number,
        "filing_province": PROVINCES.get(number[0]) if number else None,
        "filing_checked_on": date_of(judged.facts.last_day - int(age)) if known else None,
    }


def _drops(judged: Judged, site: int) -> dict[str, Any]:
    found = drop_rate(judged.facts)
    whole = interval(found, site)
    zh, en = judged.found["drop_rate"][1].say(site)
    basis = int(found.basis[site, -1])
    row: dict[str, Any] = {
        "drop_rate": whole.rate,
        "drop_rate_low": whole.low,
        "drop_rate_high": whole.high,
        "drop_rate_basis": BASES[basis],
        "drop_rate_n": float(found.n[site, -1]) if basis else None,
        "drop_rate_why_zh": zh,
        "drop_rate_why_en": en,
    }
    for at, kind in enumerate(KINDS):
        part = interval(found, site, at)
        row |= {
            f"drop_rate_{kind}": part.rate,
            f"drop_rate_{kind}_low": part.low,
            f"drop_rate_{kind}_high": part.high,
        }
    return row


def _complaints(judged: Judged, site: int) -> dict[str, Any]:
    facts = judged.facts
    counted = _standing(facts, complaints(facts), site)
    # Copies and complaints held back are shown among the complaints; complainants are those that count.
    shown = _standing(facts, facts.rows["complaint"], site)
    shown = shown.take((shown["kinds"] & BIT["spam"]) == 0)
    since = facts.days - 1 - 30
    return {
        "complaints_30d": int((shown.day > since).sum()),
        "complaints_total": len(shown),
        "complainants_30d": int(((counted.day > since) & (counted["rank"] == 0)).sum()),
    }


def _standing(facts: Facts, rows: Rows, site: int) -> Rows:
    a, b = np.searchsorted(rows.platform, (site, site + 1))
    found = rows.take(slice(a, b))  # type: ignore[arg-type]
    return found.take(found.gone >= facts.days)


def _evidence_summary(judged: Judged, site: int) -> tuple[int, dt.datetime | None]:
    """(number of sources that said something about the platform, when the newest word became visible)."""
    sources: set[int] = set()
    newest = -NEVER
    for rows in judged.facts.rows.values():
        a, b = np.searchsorted(rows.platform, (site, site + 1))
        if b > a:
            sources |= set(np.unique(rows.source[a:b]).tolist())
            newest = max(newest, int(rows.seen[a:b].max()))
    if newest == -NEVER:
        return 0, None
    start = dt.datetime(1970, 1, 1, tzinfo=SHANGHAI) + dt.timedelta(days=newest + judged.facts.first_day)
    return len(sources), start.astimezone(dt.UTC)


def _since(judged: Judged, site: int) -> dt.date:
    state = judged.warned.state[site]
    changed = np.flatnonzero(np.diff(state) != 0)
    return date_of(judged.facts.first_day + (int(changed[-1]) + 1 if len(changed) else 0))


def _proposed(judged: Judged, site: int) -> dt.date | None:
    day = int(judged.warned.proposed[site, -1])
    return date_of(judged.facts.first_day + day) if day >= 0 else None


def _first_seen(judged: Judged, site: int) -> dt.date | None:
    first = int(first_seen(judged.facts)[site])
    return None if first >= NEVER else date_of(judged.facts.first_day + first)


def _history(judged: Judged) -> pa.Table:
    facts = judged.facts
    sites, days = facts.shape
    begun = np.minimum(first_seen(facts), days - 1)
    keep = np.arange(days)[None, :] >= begun[:, None]
    flat = keep.ravel()
    rated = (judged.grade != 5).ravel()[flat]

    def number(panel: Any) -> pa.Array:
        return pa.array(np.round(panel.ravel()[flat], 6), mask=~rated)

    names = pa.array([s.host for s in facts.sites])
    at = np.repeat(np.arange(sites, dtype=np.int32), days)[flat]
    on = np.tile(np.arange(facts.first_day, facts.first_day + days, dtype=np.int32), sites)[flat]
    return pa.table(
        {
            "host": names.take(pa.array(at)),
            "on": pa.array(on, pa.int32()).cast(pa.date32()),
            "score": number(judged.score),
            "score_low": number(judged.low),
            "score_high": number(judged.high),
            "grade": pa.array(GRADES).take(pa.array(judged.grade.ravel()[flat].astype(np.int32))),
            "coverage": np.round(judged.coverage.ravel()[flat], 6),
            "warning_state": pa.array(STATES).take(
                pa.array(judged.warned.state.ravel()[flat].astype(np.int32))
            ),
        },
        schema=TABLES["history"],
    )


def _changes(judged: Judged, warned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes of warning state and of grade along the history; becoming NR or stale is the source's doing."""
    out: list[dict[str, Any]] = []
    for w in warned:
        cause = "source" if "stale" in (w["from_state"], w["to_state"]) else "world"
        out.append(_change(w["host"], w["on"], cause, "warning_state", w["from_state"], w["to_state"]))
    grade = judged.grade
    for site, day in np.argwhere(np.diff(grade, axis=1) != 0):
        a, b = GRADES[grade[site, day]], GRADES[grade[site, day + 1]]
        on = date_of(judged.facts.first_day + int(day) + 1)
        out.append(
            _change(judged.facts.sites[site].host, on, "source" if "NR" in (a, b) else "world", "grade", a, b)
        )
    return out


def _change(host: str, on: dt.date, cause: str, what: str, before: str, after: str) -> dict[str, Any]:
    zh = {"grade": "等级", "warning_state": "资金链状态"}[what]
    en = {"grade": "Grade", "warning_state": "Cash-flow state"}[what]
    words = STATE_ZH if what == "warning_state" else {"NR": "“不予评级”"}
    return {
        "host": host,
        "on": on,
        "cause": cause,
        "what": what,
        "from": before,
        "to": after,
        "sentence_zh": f"{zh}由{words.get(before, f' {before} ')}变为{words.get(after, f' {after}')}。",
        "sentence_en": f"{en} changed from {before} to {after}.",
    }


def named(rows: list[dict[str, Any]], ids: dict[Cited, dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their evidence named by stable ids."""
    for row in rows:
        for column in ("evidence", "reason_evidence"):
            if column == "reason_evidence" and column in row:
                row[column] = [[ids[c]["id"] for c in part if c in ids] for part in row[column]]
            elif column in row:
                row[column] = [ids[c]["id"] for c in row[column] if c in ids]
    return rows
