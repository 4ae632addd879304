"""Charts of the site page beside the verdict: history, drop rate by kind, refunds, availability, prices.

Every one says its finding, or which data is missing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboard import charts, figures, sector_data, site_charts, site_data, verdict
from dashboard.view import View, cell, row
from scoring.snapshot import DROP_KINDS
from store.plain import plain

_MARKS = (1, sector_data.LAWFUL_DAYS, 30)
_MARKS_OF = {"ok": "✓", "partly": "~", "down": "×", "refused": "!", "none": "·"}
_STATES = tuple(_MARKS_OF)
_MOST_PRICES = 12


def history(
    view: View, rating: dict[str, Any], rows: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> None:
    """Step chart of the daily score with its interval, the method versions behind it, and a rule at each change of state."""
    view.heading(view.t("site.history"))
    scored = [r for r in rows if r["score"] is not None]
    if not scored:
        view.note(view.t("site.history_none"))
        return
    bands = site_data.methods(changes, rows[0]["on"], rows[-1]["on"], rating["method_version"] or "–")
    records = [
        {
            "on": r["on"].isoformat(),
            "score": _tenth(r["score"]),
            "low": _tenth(r["score_low"]),
            "high": _tenth(r["score_high"]),
            "state": view.w("warning", r["warning_state"]),
            "method": next(name for _, end, name in bands if r["on"] <= end),
        }
        for r in rows
    ]
    flags = [
        {"on": after["on"].isoformat(), "what": view.w("warning", after["warning_state"])}
        for before, after in zip(rows, rows[1:], strict=False)
        if before["warning_state"] != after["warning_state"]
    ]
    view.chart(
        lambda: site_charts.history(
            records,
            [
                {"start": a.isoformat(), "end": b.isoformat(), "version": plain(name, 20)}
                for a, b, name in bands
            ],
            flags,
            view.t("site.total"),
        ),
        view.t(
            "site.history_finding",
            first=figures.day(scored[0]["on"], view.lang),
            last=figures.day(scored[-1]["on"], view.lang),
            start=f"{scored[0]['score']:.0f}",
            end=f"{scored[-1]['score']:.0f}",
        ),
        view.t("site.history_alt"),
        records[::-1],
        f"{stem(rating)}-history",
    )
    view.html("lines.html", lines=[view.t("site.history_note")])


def drop_rate(view: View, rating: dict[str, Any]) -> None:
    """The drop rate and its kinds, each with basis, n and interval, or the reason for having none."""
    view.heading(view.t("site.drop"), view.t("drop.meaning"))
    lines = [(view.t("word.all"), verdict.drop_rate(rating, view.lang))]
    if rating.get("drop_rate") is None:
        view.table([view.t("site.kind"), view.t("site.rate")], [row(*map(cell, line)) for line in lines])
        return
    kinds = [kind for kind in DROP_KINDS if rating.get(f"drop_rate_{kind}") is not None]
    lines += [(view.w("drop_kind", kind), verdict.drop_rate(rating, view.lang, kind)) for kind in kinds]
    n = rating.get("drop_rate_n")
    counted = rating["drop_rate_basis"] == "counted"
    if kinds and n and (not counted or n >= sector_data.FEW):
        out_of = view.t("site.n_counted" if counted else "site.n_estimated", n=figures.about(n))
        names = {"drop_rate": view.t("word.all")} | {f"drop_rate_{k}": view.w("drop_kind", k) for k in kinds}
        records = [
            {"label": name, "value": rating[c], "low": rating[f"{c}_low"], "high": rating[f"{c}_high"]}
            for c, name in names.items()
        ]
        most = max(records[1:], key=lambda r: r["value"])
        basis = view.w("drop", rating["drop_rate_basis"])
        view.chart(
            lambda: site_charts.dots(records, view.t("site.rate")),
            view.t(
                "site.drop_finding",
                value=figures.percent(rating["drop_rate"]),
                basis=basis,
                n=out_of,
                kind=most["label"],
                most=figures.percent(most["value"]),
            ),
            view.t("site.drop_alt"),
            [
                {
                    view.t("site.kind"): r["label"],
                    view.t("site.rate"): _percent(r["value"]),
                    view.w("column", "low"): _percent(r["low"]),
                    view.w("column", "high"): _percent(r["high"]),
                    view.t("site.basis"): basis,
                    view.t("site.out_of"): out_of,
                }
                for r in records
            ],
            f"{stem(rating)}-drops",
        )
    view.table([view.t("site.kind"), view.t("site.rate")], [row(*map(cell, line)) for line in lines], fold=1)


def refunds(view: View, rating: dict[str, Any], series: list[dict[str, Any]]) -> None:
    """How long refund complaints about the site stay open, beside those about all sites."""
    view.heading(view.t("site.refunds"))
    curve, censored = site_data.refunds(series)
    if not curve:
        view.note(view.t("site.refunds_none"))
        return
    whole, _ = view.ask(sector_data.refunds)
    curves = {view.t("site.this"): curve} | ({view.t("site.sector"): whole} if whole else {})
    n = curve[0]["n"]
    at, all_at = (site_data.share_on(c, sector_data.LAWFUL_DAYS) for c in (curve, whole))
    finding = view.t("site.refunds_few", n=n)
    if n >= sector_data.FEW and at and all_at:
        finding = view.t(
            "site.refunds_finding",
            n=n,
            share=figures.percent(at["share"]),
            sector=figures.percent(all_at["share"]),
        )
    view.chart(
        lambda: charts.survival(curves, censored, _MARKS, view.t("sector.open"), view.t("sector.days")),
        finding,
        view.t("site.refunds_alt"),
        [
            {
                view.t("site.whose"): whose,
                view.t("sector.days"): r["day"],
                view.t("sector.open"): r["share"],
                view.w("column", "low"): r["low"],
                view.w("column", "high"): r["high"],
                view.t("site.at_risk"): r["n"],
            }
            for whose, shown in curves.items()
            for r in shown
        ],
        f"{stem(rating)}-refunds",
    )
    view.html("lines.html", lines=[view.t("site.refunds_note")])


def availability(view: View, rating: dict[str, Any], series: list[dict[str, Any]], as_of: dt.date) -> None:
    """Ninety cells, one a day, and the same in words and as a table."""
    view.heading(view.t("site.availability"))
    cells = site_data.strip(series, as_of)
    count = {state: sum(c.state == state for c in cells) for state in _STATES}
    if count["none"] == len(cells):
        view.note(view.t("site.availability_none"))
        return
    words = view.t("strip.words", **count)
    view.figure(
        lambda: view.html(
            "strip.html", cells=cells, marks=_MARKS_OF, states=[s for s in _STATES if count[s]], words=words
        ),
        words,
        [
            {
                view.t("word.date"): c.on.isoformat(),
                view.t("site.state"): view.w("strip", c.state),
                view.t("site.reached"): None if c.share is None else _percent(c.share),
                view.t("site.probes"): c.n,
            }
            for c in reversed(cells)
        ],
        f"{stem(rating)}-availability",
    )


def prices(view: View, rating: dict[str, Any], series: list[dict[str, Any]]) -> None:
    """The site's latest prices against the sector's median of the same product."""
    view.heading(view.t("site.prices"))
    found = site_data.prices(series)
    if not found:
        view.note(view.t("site.prices_none"))
        return
    below = [r for r in found if r["ratio"] < 1]
    view.chart(
        lambda: site_charts.against(
            [{"label": plain(r["product"], 40), "ratio": r["ratio"]} for r in found[:_MOST_PRICES]],
            view.t("site.against"),
        ),
        view.t(
            "site.prices_finding",
            count=len(found),
            below=len(below),
            product=plain(found[0]["product"], 30),
            ratio=figures.percent(found[0]["ratio"]),
        ),
        view.t("site.prices_alt"),
        [
            {
                view.t("site.product"): plain(r["product"], 80),
                view.t("site.price"): r["price"],
                view.t("site.median"): round(r["median"], 2),
                view.t("site.against"): _percent(r["ratio"]),
                view.t("site.seen_prices"): r["n"],
                view.t("word.date"): r["on"].isoformat(),
            }
            for r in found
        ],
        f"{stem(rating)}-prices",
    )
    view.html("lines.html", lines=[view.t("site.prices_note", shown=min(len(found), _MOST_PRICES))])


def stem(rating: dict[str, Any]) -> str:
    """The beginning of the names of a site's files."""
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in rating["host"])[:80]


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _percent(share: float | None) -> str | None:
    return None if share is None else figures.percent(share)
