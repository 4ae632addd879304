"""Rows of the ratings table and its neighbours, and the proposals a person must decide on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from scoring import method
from scoring.features.drop_rate import BASES, DropRate, drop_rate, interval, relative
from scoring.features.filings import filing_changes, filing_panel
from scoring.features.shop_pages import sells_of, software_of, software_version_of
from scoring.features.single_orders import KINDS
from scoring.figures import Figure, days_back
from scoring.figures import count as count_figure
from scoring.linkage.campaigns import key_of
from scoring.linkage.operators import operator_of
from scoring.observations.dataset import BIT, NEVER, Dataset, ObservationColumns
from scoring.observations.day_index import date_of, day_number
from scoring.observations.panel import Bools, cached, counted_today, first_seen, own_age, taken_back
from scoring.rating.assessment import Assessment
from scoring.rating.counterfactual import counterfactual_rows
from scoring.rating.grades import GRADES
from scoring.rating.verdict import red_facts
from scoring.snapshot.reader import TIER, WARNING_WORDS
from scoring.tables.practices import at_stake
from scoring.tables.sentences import (
    VERDICTS,
    advice,
    blind_spots,
    confidence,
    reasons,
    told,
    transition_reason,
    verdict_rule,
)
from scoring.warning.state_machine import CLOSED, STATES, changes_of_state, proposal_key, transitions
from store.china_time import SHANGHAI
from store.text.registration_numbers import PROVINCES

_MIDNIGHT = dt.datetime(1970, 1, 1, tzinfo=SHANGHAI)


def rating_rows(judged: Assessment, as_of: dt.date) -> list[dict[str, Any]]:
    """Rows of the ratings table; evidence as (kind, row id), its number still missing."""
    otherwise = counterfactual_rows(judged)
    return [_rating(judged, site, as_of) | otherwise[site] for site in range(len(judged.facts.sites))]


def warning_rows(judged: Assessment) -> list[dict[str, Any]]:
    """Every change of the warning state, with its reason."""
    out = []
    for site, day, before, after in transitions(judged.facts, judged.warned):
        (zh, en), cited = transition_reason(judged, site, day, after)
        out.append(
            {
                "host": judged.facts.sites[site].host,
                "on": date_of(judged.facts.first_day + day),
                "from_state": STATES[before],
                "to_state": STATES[after],
                "reason_zh": zh,
                "reason_en": en,
                "evidence": cited,
            }
        )
    return out


def _rating(judged: Assessment, site: int, as_of: dt.date) -> dict[str, Any]:
    facts = judged.facts
    who = facts.sites[site]
    low, high = float(judged.low[site, -1]), float(judged.high[site, -1])
    half = method.INTERVAL_Z * float(judged.scored.sd[site, -1])  # what a cap hides is as uncertain as before
    verdict = VERDICTS[int(judged.verdict[site, -1])]
    grade = GRADES[int(judged.grade[site, -1])]
    why = reasons(judged, site)
    blind = blind_spots(judged, site)
    zh, en = advice(judged, site)
    rule = verdict_rule(judged, site)
    stake = ("", "") if int(judged.warned.state[site, -1]) == CLOSED else at_stake(facts, site)
    sources, newest = _evidence_summary(judged, site)
    operator = operator_of(facts, site)
    rated = grade != "NR"
    row: dict[str, Any] = {
        "host": who.host,
        "name": who.name,
        "aliases": list(who.aliases),
        "operator": operator.name,
        "operator_uscc": operator.uscc,
        "score": float(judged.score[site, -1]) if rated else None,
        "score_low": low if rated else None,
        "score_high": high if rated else None,
        "score_cap": _cap(judged, site) if rated else None,
        "grade": grade,
        "coverage": float(judged.coverage[site, -1]),
        "warning_state": STATES[int(judged.warned.state[site, -1])],
        "warning_since": _since(judged, site),
        "verdict": verdict,
        "tier": TIER[verdict],
        "alarm_proposed_on": _proposed(judged, site),
        "software": software_of(facts, site),
        "software_version": software_version_of(facts, site),
        "sells": sells_of(facts, site),
        "advice_zh": zh,
        "advice_en": en,
        "verdict_why_zh": rule[0],
        "verdict_why_en": rule[1],
        "at_stake_zh": stake[0],
        "at_stake_en": stake[1],
        "reasons_zh": [r.zh for r in why],
        "reasons_en": [r.en for r in why],
        "reason_evidence": [list(r.cited) for r in why],
        "blind_spots_zh": [b[0] for b in blind],
        "blind_spots_en": [b[1] for b in blind],
        "sources_n": sources,
        "confidence": confidence(sources, half, float(own_age(judged.facts)[site, -1])) if rated else "低",
        "first_seen_on": _first_seen(judged, site),
        "last_evidence_at": newest,
        "disputed": any(decided >= NEVER for _, decided, _ in facts.disputes.get(site, ())),
        "demo": who.demo,
        "as_of": as_of,
        "method_version": method.METHOD_VERSION,
    }
    return row | _filing(judged, site) | _drops(judged, site) | _complaints(judged, site)


def _cap(judged: Assessment, site: int) -> str | None:
    """The cap that decides the score of the last day, if one does: then the score has no interval of its own."""
    taken = {
        name.removeprefix("cap_"): float(points[site, -1])
        for name, points in judged.points.items()
        if name.startswith("cap_") and name != "cap_pace"
    }
    return next((name for name, points in taken.items() if points < 0), None)


def _filing(judged: Assessment, site: int) -> dict[str, Any]:
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


def _drops(judged: Assessment, site: int) -> dict[str, Any]:
    found = drop_rate(judged.facts)
    whole, beside = interval(found, site), relative(found, site)
    zh, en = told(judged, "drop_rate")[0][site]
    basis = int(found.basis[site, -1])
    row: dict[str, Any] = {
        "drop_rate": whole.rate,
        "drop_rate_low": whole.low,
        "drop_rate_high": whole.high,
        "drop_rate_relative": beside.rate,
        "drop_rate_relative_low": beside.low,
        "drop_rate_relative_high": beside.high,
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
            f"drop_rate_{kind}_n": _cases(found, site, at),
        }
    return row


def _cases(found: DropRate, site: int, kind: int) -> float | None:
    """Orders (counted) or complaints (estimated) of one kind of drop."""
    return float(found.by_kind[kind][site, -1]) if int(found.basis[site, -1]) else None


def _complaints(judged: Assessment, site: int) -> dict[str, Any]:
    return {figure.name: int(figure.value) for figure in complaint_figures(judged.facts, site)}


def complaint_figures(facts: Dataset, site: int) -> tuple[Figure, Figure, Figure]:
    """complaints_30d, complaints_total and complainants_30d of a site, as the ratings table has them."""
    recent, total, people = cached(facts, "complaint_counts", lambda: _complaint_counts(facts))
    month = days_back(facts.last_day, 30)
    return (
        count_figure("complaints_30d", recent[site], month),
        count_figure("complaints_total", total[site]),
        count_figure("complainants_30d", people[site], month),
    )


def _complaint_counts(facts: Dataset) -> tuple[list[int], list[int], list[int]]:
    """(complaints of the last 30 days, of all days, complainants of the last 30 days) of each site, standing today."""

    def month(rows: ObservationColumns) -> Bools:
        inside: Bools = (rows.day > facts.days - 1 - 30) & (rows.day < facts.days)
        return inside

    def count(rows: ObservationColumns, which: Bools) -> list[int]:
        counted: list[int] = np.bincount(rows.platform[which], minlength=len(facts.sites)).tolist()
        return counted

    # Copies and complaints held back are shown among the complaints; complainants are those that count.
    every, counted = facts.rows["complaint"], counted_today(facts)
    shown = (every.gone >= facts.days) & ((every["kinds"] & BIT["spam"]) == 0)
    return count(every, shown & month(every)), count(every, shown), count(counted, month(counted))


def _evidence_summary(judged: Assessment, site: int) -> tuple[int, dt.datetime | None]:
    """(number of sources that said something about the platform, when the newest word became visible)."""
    sources, newest = cached(judged.facts, "evidence_summary", lambda: _summed(judged.facts))
    if newest[site] == -NEVER:
        return 0, None
    start = _MIDNIGHT + dt.timedelta(days=newest[site] + judged.facts.first_day)
    return sources[site], start.astimezone(dt.UTC)


def _summed(facts: Dataset) -> tuple[list[int], list[int]]:
    """(number of sources, newest day index or -NEVER) of each site."""
    said = np.zeros((len(facts.sites), len(facts.sources)), bool)
    newest = np.full(len(facts.sites), -NEVER, dtype=np.int64)
    for rows in facts.rows.values():
        said[rows.platform, rows.source] = True
        np.maximum.at(newest, rows.platform, rows.seen)
    return said.sum(axis=1).tolist(), newest.tolist()


def _since(judged: Assessment, site: int) -> dt.date | None:
    """The day of the last change of state; None where there was none since we began to look: our first look changed nothing."""
    changed = np.flatnonzero(changes_of_state(judged.facts, judged.warned)[site])
    return date_of(judged.facts.first_day + int(changed[-1])) if len(changed) else None


def _proposed(judged: Assessment, site: int) -> dt.date | None:
    day = int(judged.warned.proposed[site, -1])
    return date_of(judged.facts.first_day + day) if day >= 0 else None


def _first_seen(judged: Assessment, site: int) -> dt.date | None:
    first = int(first_seen(judged.facts)[site])
    return None if first >= NEVER else date_of(judged.facts.first_day + first)


def change_rows(judged: Assessment, warned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Changes of warning state, grade and filing along the history.

    Becoming NR or stale is the source's doing, and so is what changes on a day evidence is withdrawn.
    """
    out: list[dict[str, Any]] = []
    back, first = taken_back(judged.facts), judged.facts.first_day
    place = {site.host: at for at, site in enumerate(judged.facts.sites)}
    for w in warned:
        ours = back[place[w["host"]], day_number(w["on"]) - first]
        cause = "source" if ours or "stale" in (w["from_state"], w["to_state"]) else "world"
        out.append(_change(w["host"], w["on"], cause, "warning_state", w["from_state"], w["to_state"]))
    grade = judged.grade
    for site, day in np.argwhere(np.diff(grade, axis=1) != 0):
        a, b = GRADES[grade[site, day]], GRADES[grade[site, day + 1]]
        cause = "source" if back[site, day + 1] or "NR" in (a, b) else "world"
        on = date_of(first + int(day) + 1)
        out.append(_change(judged.facts.sites[site].host, on, cause, "grade", a, b))
    return out + filing_changes(judged.facts)


def _change(host: str, on: dt.date, cause: str, what: str, before: str, after: str) -> dict[str, Any]:
    zh = {"grade": "等级", "warning_state": "资金链状态"}[what]
    en = {"grade": "Grade", "warning_state": "Cash-flow state"}[what]
    words = {"NR": "“不予评级”", **{state: word for state, (word, _) in WARNING_WORDS.items()}}
    words_en = {"NR": "“not rated”", **{state: word for state, (_, word) in WARNING_WORDS.items()}}
    return {
        "host": host,
        "on": on,
        "cause": cause,
        "what": what,
        "from": before,
        "to": after,
        "sentence_zh": f"{zh}由{words.get(before, f' {before} ')}变为{words.get(after, f' {after}')}。",
        "sentence_en": f"{en} changed from {words_en.get(before, before)} to {words_en.get(after, after)}.",
    }


def propose(judged: Assessment) -> list[tuple[str, str, str]]:
    """(kind, review key, host) of everything that waits for a person on the last day."""
    out = []
    facts = judged.facts
    for site, who in enumerate(facts.sites):
        day = int(judged.warned.proposed[site, -1])
        if day >= 0:
            out.append(("alarm", proposal_key(who.host, facts, day), who.host))
        if int(judged.warned.state[site, -1]) == CLOSED:
            out.append(
                (
                    "closed",
                    f"closed:{who.host}:{_campaign_since(judged.warned.state[site], facts.first_day)}",
                    who.host,
                )
            )
        if int(judged.grade[site, -1]) == 4 and red_facts(judged.found, site) >= 2:
            out.append(
                (
                    "grade",
                    f"grade:{who.host}:{_campaign_since(judged.grade[site], facts.first_day)}",
                    who.host,
                )
            )
    return out + _campaigns(judged)


def _campaigns(judged: Assessment) -> list[tuple[str, str, str]]:
    facts = judged.facts
    rows = facts.rows["complaint"]
    waiting = (rows["held"] < facts.days) & (rows["freed"] >= NEVER)
    found = np.unique(np.stack([rows.platform[waiting], rows["campaign"][waiting]]), axis=1)
    hosts = [(facts.sites[site].host, facts.first_day + int(day)) for site, day in found.T]
    return [("campaign", key_of(host, day), host) for host, day in hosts]


def _campaign_since(codes: np.ndarray, first_day: int) -> str:
    changed = np.flatnonzero(np.diff(codes) != 0)
    return date_of(first_day + (int(changed[-1]) + 1 if len(changed) else 0)).isoformat()
