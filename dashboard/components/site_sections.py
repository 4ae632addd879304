"""Sections of the site page that explain the verdict: score, indicators, warning log, identity, promises, links."""

from __future__ import annotations

import re
from typing import Any

from dashboard.components import charts, site_charts, site_evidence
from dashboard.components.page_context import View, cell, row
from dashboard.presenters import current_snapshot, formatting, html, verdict_card
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import Snapshot, verdict_of, whole_points
from store.text.safe_text import plain

CITED = 3
"""So many pieces of evidence are linked from one finding or warning; the table below has the rest."""

SMALL = 1.5
"""Points an indicator gives or withholds, from which it has a bar of its own."""
_TWO_SIDED = frozenset({"footer", "company", "F5", "F7"})
"""Aspects of identity that set what the site shows beside what is registered."""
_LISTED = re.compile(
    r"公开名单「(?P<name>.+?)」(?:（名单自注日期 (?P<day>[\d-]+)）)?列有该域名，条目 (?P<entry>\S+)"
)
"""That a public list names a site, as its spider words it (crawler/spiders/blocklists.py)."""
_SIGN = {"ok": "✓", "concern": "!", "unknown": "?", "hidden": "–", "not_applicable": "·"}


def why(view: View, rating: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    """The waterfall of contributions that sum to the score, and what would change the tier; for an unrated site why there is none."""
    scored = [f for f in findings if f["contribution"] is not None and (f["contribution"] or f["weight"])]
    # From what is assumed without evidence (the priors) over what was seen to what a rule takes away.
    scored.sort(key=lambda f: (not f["indicator"].startswith("prior_"), f["indicator"].startswith("cap_")))
    otherwise = [plain(s, 300) for s in (pick(rating, way, view.lang) for way in ("better", "worse")) if s]
    if verdict_of(rating) == "灰" or rating["score"] is None or not scored:
        view.note(view.translate("site.why_nr"))
        for sentence in otherwise:
            view.note(sentence)
        return
    records = _drawn(view, scored)
    worst = max(scored, key=lambda f: (f["weight"] or 0.0) - f["contribution"])
    view.chart(
        lambda: charts.waterfall(records),
        view.translate(
            "site.why_finding",
            score=whole_points(rating["score"]),
            count=len(scored),
            worst=_label(view, worst),
        ),
        view.translate("site.why_alt", score=whole_points(rating["score"])),
        [
            {
                view.translate("site.indicator"): _label(view, f),
                view.translate("site.points"): round(f["contribution"], 2),
                view.translate("method.weight"): f["weight"] or 0.0,
            }
            for f in scored
        ],
        f"{site_charts.stem(rating)}-score",
    )
    for sentence in otherwise:
        view.note(sentence)


def _label(view: View, finding: dict[str, Any]) -> str:
    return plain(pick(finding, "title", view.lang) or finding["indicator"], 40)


def _drawn(view: View, scored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bars: where a site without evidence stands, every indicator that moves much, the rest together, what a rule takes away."""
    start, bars, caps, small = 0.0, [], [], []
    for finding in scored:
        points, weight = finding["contribution"], finding["weight"] or 0.0
        if finding["indicator"].startswith("prior_"):
            start += points
        elif finding["indicator"].startswith("cap_"):
            caps.append((_label(view, finding), points, weight, finding["indicator"]))
        elif max(points, weight - points) >= SMALL:
            bars.append((_label(view, finding), points, weight, finding["indicator"]))
        else:
            small.append((points, weight))
    parts = [(view.translate("site.start"), start, 0.0, ""), *bars]
    if small:
        parts.append(
            (
                view.translate("site.rest", n=len(small)),
                sum(p for p, _ in small),
                sum(w for _, w in small),
                "",
            )
        )
    records, at = [], 0.0
    for label, points, weight, indicator in [*parts, *caps]:
        records.append(
            {
                "label": label,
                "start": at,
                "end": at + points,
                "reach": min(100.0, at + max(points, weight)),
                "points": points,
                "possible": weight,
                "href": f"#{html.anchor(indicator)}" if indicator else "#findings",
            }
        )
        at += points
    return records


def findings(view: View, rows: list[dict[str, Any]]) -> None:
    """Every indicator by dimension: outcome in words, what was seen, evidence, limits."""
    view.html("anchor_heading3.html", id="findings", title=view.translate("site.findings"))
    columns = [
        view.translate("site.indicator"),
        view.translate("site.outcome"),
        view.translate("site.points"),
        view.translate("site.finding"),
    ]
    for group in sorted({_group(f) for f in rows}):
        about = sorted((f for f in rows if _group(f) == group), key=lambda f: f["outcome"] != "concern")
        words = view.translate(
            "site.findings_fold",
            name=view.translate(f"method.{group}")
            if group in (_RULES, _UNSCORED)
            else view.label("dimension", group),
            concerns=sum(f["outcome"] == "concern" for f in about),
            n=len(about),
        )
        view.table(columns, [_finding(view, f) for f in about], "findings", fold=0, more=words)


_RULES, _UNSCORED = "rules", "unscored"
"""Below the dimensions (A to E): what a rule takes away, and what is shown without points."""


def _group(finding: dict[str, Any]) -> str:
    return finding["dimension"] or (_RULES if finding["indicator"].startswith("cap_") else _UNSCORED)


def _finding(view: View, finding: dict[str, Any]):
    limits = pick(finding, "limits", view.lang)
    weight, contribution = finding["weight"], finding["contribution"] or 0.0
    if weight:
        points = view.translate("site.of_weight", points=f"{contribution:.1f}", weight=f"{weight:g}")
    elif contribution:
        # What is not evidenced (a prior) and what a rule takes away (a cap) have points but no weight of their own.
        points = formatting.signed(contribution)
    else:
        points = view.translate("method.unscored")
    return row(
        cell(pick(finding, "title", view.lang) or finding["indicator"]),
        cell(f"{_SIGN.get(finding['outcome'], '')} {view.label('outcome', finding['outcome'])}"),
        cell(points),
        cell(
            pick(finding, "sentence", view.lang),
            evidence=tuple(finding["evidence"] or ())[:CITED],
            soft=f"{view.translate('site.limits')}{plain(limits, formatting.LONGEST_SENTENCE)}"
            if limits
            else "",
        ),
        id=finding["indicator"],
    )


def warnings(view: View, rows: list[dict[str, Any]]) -> None:
    """Every change of the cash-flow state, newest first."""
    view.html("heading3.html", title=view.translate("site.warnings"))
    if not rows:
        view.note(view.translate("site.warnings_none"))
        return
    view.table(
        [view.translate("word.date"), view.translate("alerts.change"), view.translate("alerts.reason")],
        [
            row(
                cell(formatting.day(w["on"], view.lang)),
                cell(transition(view, w)),
                cell(pick(w, "reason", view.lang), evidence=tuple(w["evidence"] or ())[:CITED]),
            )
            for w in rows
        ],
        "states",
        fold=site_evidence.SHOWN,
    )


def transition(view: View, warning: dict[str, Any]) -> str:
    """The change of a state in words."""
    return view.translate(
        "site.change",
        before=view.label("warning", warning["from_state"]),
        after=view.label("warning", warning["to_state"]),
    )


def identity(view: View, rows: list[dict[str, Any]], rating: dict[str, Any]) -> None:
    """Filing, footer, company and licence: what is shown beside what is registered; and the software that shows it."""
    view.html("heading3.html", title=view.translate("site.identity"))
    if rating.get("operator"):
        words = view.translate("operator.to_page", name=plain(rating["operator"], 60))
        view.html("linkline.html", href=view.link("operator", name=rating["operator"]), words=words)
    if rating.get("software"):
        name, version = (
            view.label("software", rating["software"]),
            plain(rating.get("software_version") or "", 20),
        )
        view.note(view.translate("site.software", name=f"{name} {version}".strip()))
    if not rows:
        view.note(view.translate("site.identity_none"))
        return
    unknown = view.translate("word.unknown")
    view.table(
        [
            "",
            view.translate("site.shown"),
            view.translate("site.registered"),
            view.translate("site.agrees"),
            view.translate("site.source"),
        ],
        [
            row(
                cell(view.label("aspect", r["aspect"])),
                *(
                    cell(_side(view, r[side]) or (unknown if r["aspect"] in _TWO_SIDED else "–"), limit=80)
                    for side in ("shown", "registered")
                ),
                cell(
                    _agrees(view, r),
                    soft=plain(pick(r, "sentence", view.lang) or "", formatting.LONGEST_SENTENCE),
                ),
                cell(_compared(view, r), soft=formatting.day(r["observed_on"], view.lang)),
            )
            for r in rows
        ],
    )


def _side(view: View, words: str | None) -> str:
    """What stands on one side of a comparison; that a public list names the site is kept as a Chinese sentence."""
    listed = _LISTED.fullmatch(words or "") if view.lang != "zh" else None
    if not listed:
        return words or ""
    dated = view.translate("site.list_dated", day=listed["day"]) if listed["day"] else ""
    return view.translate("site.listed", name=listed["name"], dated=dated, entry=listed["entry"])


def _agrees(view: View, comparison: dict[str, Any]) -> str:
    """Whether the two agree; only two things that are both known can, and most rules compare none."""
    both = comparison["aspect"] in _TWO_SIDED and comparison["shown"] and comparison["registered"]
    return view.label("word", comparison["agrees"]) if both else view.translate("site.not_compared")


def _compared(view: View, comparison: dict[str, Any]) -> str:
    """Where a comparison was read; a company is told from several keys, which its sentence names."""
    if comparison["aspect"] == "operator":
        return view.translate("site.keys")
    return ("、" if view.lang == "zh" else ", ").join(
        view.source(part) for part in (comparison["source"] or "").split("+")
    )


def promises(view: View, rows: list[dict[str, Any]]) -> None:
    """What the site promised and what became of it: kept, broken, withdrawn."""
    view.html("heading3.html", title=view.translate("site.promises"))
    if not rows:
        view.note(view.translate("site.promises_none"))
        return
    gone = sum((r["state"] or "").startswith("withdrawn") for r in rows)
    found = view.translate("site.promises_finding", count=len(rows), gone=gone)
    view.html("lines.html", lines=[found])
    view.table(
        [view.translate("site.promises"), view.translate("site.outcome"), view.translate("word.date")],
        [
            row(
                cell(r["text"] or r["promise"], limit=160, evidence=tuple(r["evidence"] or ())[:CITED]),
                cell(_performance(view, r), soft=view.label("promise", r["state"])),
                cell(
                    f"{formatting.day(r['first_seen_on'], view.lang)} – {formatting.day(r['last_seen_on'], view.lang)}"
                ),
            )
            for r in rows
        ],
        fold=site_evidence.SHOWN,
    )


def _performance(view: View, promise: dict[str, Any]) -> str:
    """What known orders show, and what complaints say."""
    kept, broken, n = (promise[name] or 0 for name in ("kept", "broken", "complaints"))
    said = []
    if kept + broken:
        said.append(view.translate("site.promise_orders", kept=kept, broken=broken))
    if n:
        settled, overdue = (promise[f"complaints_{name}"] or 0 for name in ("in_time", "overdue"))
        way = "site.promise_complaints" if settled or overdue else "site.promise_open"
        said.append(view.translate(way, n=n, settled=settled, overdue=overdue))
    return " · ".join(said) or view.translate("site.promise_no_case")


def links(view: View, host: str, rows: list[dict[str, Any]]) -> None:
    """The network of sites that share traits with this one, with the keys: copies, successors, predecessors."""
    view.html("heading3.html", title=view.translate("site.links"))
    view.html("lines.html", lines=[view.translate("site.links_note")])
    if not rows:
        view.note(view.translate("site.links_none"))
        return
    network(view, host, rows)
    view.html("linkline.html", href=view.link("cluster", host=host), words=view.translate("cluster.to_page"))


def network(view: View, hub: str, rows: list[dict[str, Any]]) -> None:
    """The links (rows of `links`) of one site drawn: each with its keys, its other site, and which of those are linked among themselves."""
    others = tuple(dict.fromkeys(r["other"] for r in rows))
    ratings = view.cached_query(_ratings, others)
    among = view.cached_query(_among, others)
    view.html(
        "network.html",
        title=view.translate("site.links"),
        hub=plain(hub, 80),
        links=[
            {
                "other": plain(r["other"], 80),
                "href": view.link("site", host=r["other"]),
                "relation": r["relation"],
                "reason": plain(pick(r, "reason", view.lang) or "", 300),
                "since": formatting.day(r["since"], view.lang) if r["since"] else "",
                "share": None if r["confidence"] is None else f"{r['confidence']:.0%}",
                "state": ratings[r["other"]][0] if r["other"] in ratings else "",
                "word": view.translate(f"verdict.{ratings[r['other']][0]}") if r["other"] in ratings else "",
                "among": [plain(other, 60) for other in among.get(r["other"], ())][:4],
            }
            for r in rows[:40]
        ],
    )


def _ratings(snapshot: Snapshot, hosts: tuple[str, ...]) -> dict[str, tuple[str]]:
    found = current_snapshot.ratings_of(snapshot, hosts, "host, grade, verdict, warning_state, as_of")
    return {r["host"]: (verdict_card.STATES[verdict_of(r)].code,) for r in found}


def _among(snapshot: Snapshot, hosts: tuple[str, ...]) -> dict[str, list[str]]:
    """Which of some sites are linked with which others of them."""
    found = current_snapshot.rows(
        snapshot,
        "select host, other from links where list_contains(?, host) and list_contains(?, other) order by all",
        [list(hosts), list(hosts)],
    )
    among: dict[str, list[str]] = {}
    for r in found:
        among.setdefault(r["host"], []).append(r["other"])
    return among
