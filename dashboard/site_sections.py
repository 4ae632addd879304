"""Sections of the site page that explain the verdict: score, indicators, warning log, identity, promises, links."""

from __future__ import annotations

from typing import Any

from dashboard import charts, figures, markup, site_evidence, site_panels, verdict
from dashboard.text import pick
from dashboard.view import View, cell, row
from store.plain import plain

CITED = 3
"""So many pieces of evidence are linked from one finding or warning; the table below has the rest."""

SMALL = 1.5
"""Points an indicator gives or withholds, from which it has a bar of its own."""
_TWO_SIDED = frozenset({"footer", "company", "F5", "F7"})
"""Aspects of identity that set what the site shows beside what is registered."""
_SIGN = {"ok": "✓", "concern": "!", "unknown": "?", "hidden": "–", "not_applicable": "·"}


def why(view: View, rating: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    """The waterfall of contributions that sum to the score, and what would change the tier; for an unrated site why there is none."""
    view.html("anchor_heading.html", id="why", title=view.t("site.why"))
    scored = [f for f in findings if f["contribution"] is not None and (f["contribution"] or f["weight"])]
    # From what is assumed without evidence (the priors) over what was seen to what a rule takes away.
    scored.sort(key=lambda f: (not f["indicator"].startswith("prior_"), f["indicator"].startswith("cap_")))
    otherwise = [plain(s, 300) for s in (pick(rating, way, view.lang) for way in ("better", "worse")) if s]
    if verdict.verdict_of(rating) == "灰" or rating["score"] is None or not scored:
        view.note(view.t("site.why_nr"))
        for sentence in otherwise:
            view.note(sentence)
        return
    records = _drawn(view, scored)
    worst = max(scored, key=lambda f: (f["weight"] or 0.0) - f["contribution"])
    view.chart(
        lambda: charts.waterfall(records, view.t("site.total")),
        view.t(
            "site.why_finding",
            score=f"{rating['score']:.0f}",
            count=len(scored),
            worst=_label(view, worst),
        ),
        view.t("site.why_alt", score=f"{rating['score']:.0f}"),
        [
            {
                view.t("site.indicator"): _label(view, f),
                view.t("site.points"): round(f["contribution"], 2),
                view.t("method.weight"): f["weight"] or 0.0,
            }
            for f in scored
        ],
        f"{site_panels.stem(rating)}-score",
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
    parts = [(view.t("site.start"), start, 0.0, ""), *bars]
    if small:
        parts.append(
            (view.t("site.rest", n=len(small)), sum(p for p, _ in small), sum(w for _, w in small), "")
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
                "href": f"#{markup.anchor(indicator)}" if indicator else "#findings",
            }
        )
        at += points
    return records


def findings(view: View, rows: list[dict[str, Any]]) -> None:
    """Every indicator by dimension: outcome in words, what was seen, evidence, limits."""
    view.html("anchor_heading.html", id="findings", title=view.t("site.findings"))
    columns = [
        view.t("site.indicator"),
        view.t("site.outcome"),
        view.t("site.points"),
        view.t("site.finding"),
    ]
    for dimension in sorted({f["dimension"] or "" for f in rows}):
        view.html("heading3.html", title=view.w("dimension", dimension) or view.t("method.rules"))
        about = sorted(
            (f for f in rows if (f["dimension"] or "") == dimension), key=lambda f: f["outcome"] != "concern"
        )
        concerns = sum(f["outcome"] == "concern" for f in about)
        view.table(
            columns,
            [_finding(view, f) for f in about],
            "findings",
            fold=concerns,
            more=view.t("site.findings_more", n=len(about) - concerns),
        )


def _finding(view: View, finding: dict[str, Any]):
    limits = pick(finding, "limits", view.lang)
    weight, contribution = finding["weight"], finding["contribution"] or 0.0
    if weight:
        points = view.t("site.of_weight", points=f"{contribution:.1f}", weight=f"{weight:.0f}")
    elif contribution:
        # What is not evidenced (a prior) and what a rule takes away (a cap) have points but no weight of their own.
        points = figures.signed(contribution)
    else:
        points = view.t("method.unscored")
    return row(
        cell(pick(finding, "title", view.lang) or finding["indicator"]),
        cell(f"{_SIGN.get(finding['outcome'], '')} {view.w('outcome', finding['outcome'])}"),
        cell(points),
        cell(
            pick(finding, "sentence", view.lang),
            evidence=tuple(finding["evidence"] or ())[:CITED],
            soft=f"{view.t('site.limits')}{plain(limits, 200)}" if limits else "",
        ),
        id=finding["indicator"],
    )


def warnings(view: View, rows: list[dict[str, Any]]) -> None:
    """Every change of the cash-flow state, newest first."""
    view.heading(view.t("site.warnings"))
    if not rows:
        view.note(view.t("site.warnings_none"))
        return
    view.table(
        [view.t("word.date"), view.t("alerts.change"), view.t("alerts.reason")],
        [
            row(
                cell(figures.day(w["on"], view.lang)),
                cell(transition(view, w)),
                cell(pick(w, "reason", view.lang), evidence=tuple(w["evidence"] or ())[:CITED]),
            )
            for w in rows
        ],
        fold=site_evidence.SHOWN,
    )


def transition(view: View, warning: dict[str, Any]) -> str:
    """The change of a state in words."""
    return view.t(
        "site.change",
        before=view.w("warning", warning["from_state"]),
        after=view.w("warning", warning["to_state"]),
    )


def identity(view: View, rows: list[dict[str, Any]], rating: dict[str, Any]) -> None:
    """Filing, footer, company and licence: what is shown beside what is registered; and the software that shows it."""
    view.heading(view.t("site.identity"))
    if rating.get("software"):
        name, version = (
            view.w("software", rating["software"]),
            plain(rating.get("software_version") or "", 20),
        )
        view.note(view.t("site.software", name=f"{name} {version}".strip()))
    if not rows:
        view.note(view.t("site.identity_none"))
        return
    view.table(
        ["", view.t("site.shown"), view.t("site.registered"), view.t("site.agrees"), view.t("site.source")],
        [
            row(
                cell(view.w("aspect", r["aspect"])),
                cell(r["shown"] or view.t("word.unknown"), limit=80),
                cell(r["registered"] or view.t("word.unknown"), limit=80),
                cell(_agrees(view, r), soft=plain(pick(r, "sentence", view.lang) or "", 200)),
                cell(_compared(view, r), soft=figures.day(r["observed_on"], view.lang)),
            )
            for r in rows
        ],
    )


def _agrees(view: View, comparison: dict[str, Any]) -> str:
    """Whether the two agree; only two things that are both known can, and most rules compare none."""
    both = comparison["aspect"] in _TWO_SIDED and comparison["shown"] and comparison["registered"]
    return view.w("word", comparison["agrees"]) if both else view.t("site.not_compared")


def _compared(view: View, comparison: dict[str, Any]) -> str:
    """Where a comparison was read; a company is told from several keys, which its sentence names."""
    if comparison["aspect"] == "operator":
        return view.t("site.keys")
    return "、".join(view.source(part) for part in (comparison["source"] or "").split("+"))


def promises(view: View, rows: list[dict[str, Any]]) -> None:
    """What the site promised and what became of it: kept, broken, withdrawn."""
    view.heading(view.t("site.promises"))
    if not rows:
        view.note(view.t("site.promises_none"))
        return
    gone = sum((r["state"] or "").startswith("withdrawn") for r in rows)
    found = view.t("site.promises_finding", count=len(rows), gone=gone)
    view.html("lines.html", lines=[found])
    view.table(
        [view.t("site.promises"), view.t("site.outcome"), view.t("word.date")],
        [
            row(
                cell(r["text"] or r["promise"], limit=160, evidence=tuple(r["evidence"] or ())[:CITED]),
                cell(_performance(view, r), soft=view.w("promise", r["state"])),
                cell(
                    f"{figures.day(r['first_seen_on'], view.lang)} – {figures.day(r['last_seen_on'], view.lang)}"
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
        said.append(view.t("site.promise_orders", kept=kept, broken=broken))
    if n:
        settled, overdue = (promise[f"complaints_{name}"] or 0 for name in ("in_time", "overdue"))
        said.append(view.t("site.promise_complaints", n=n, settled=settled, overdue=overdue))
    return " · ".join(said) or view.t("site.promise_no_case")


def links(view: View, rows: list[dict[str, Any]]) -> None:
    """Sites that share traits with this one: copies, successors, predecessors."""
    view.heading(view.t("site.links"), view.t("site.links_note"))
    if not rows:
        view.note(view.t("site.links_none"))
        return
    view.table(
        [view.t("word.site"), view.t("alerts.reason"), view.t("word.date")],
        [
            row(
                cell(r["other"], href=markup.link("site", view.lang, host=r["other"]), limit=80),
                cell(pick(r, "reason", view.lang), soft=view.w("relation", r["relation"])),
                cell(figures.day(r["since"], view.lang)),
            )
            for r in rows
        ],
    )
