"""Charts of the site page beside the verdict: history, drop rate by kind, refunds, availability, prices.

Every one says its finding, or which data is missing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from dashboard.components import charts
from dashboard.components.page_context import View, cell, row
from dashboard.presenters import formatting, sector_data, site_data, verdict_card
from scoring.snapshot.reader import DROP_KINDS, whole_points
from store.text.safe_text import plain

_MARKS = (1, sector_data.LAWFUL_DAYS, 30)
_MARKS_OF = {"ok": "✓", "partly": "~", "down": "×", "refused": "!", "none": ""}
_STATES = tuple(_MARKS_OF)
_MOST_PRICES = 12


def history(
    view: View, rating: dict[str, Any], rows: list[dict[str, Any]], changes: list[dict[str, Any]]
) -> None:
    """Step chart of the daily score with its interval, the method versions behind it, and a rule at each change of state."""
    view.html("heading3.html", title=view.translate("site.history"))
    scored = [r for r in rows if r["score"] is not None]
    if not scored:
        view.note(view.translate("site.history_none"))
        return
    bands = site_data.methods(changes, rows[0]["on"], rows[-1]["on"], rating["method_version"] or "–")
    records = [
        {
            "on": r["on"].isoformat(),
            "score": _tenth(r["score"]),
            "low": _tenth(r["score_low"]),
            "high": _tenth(r["score_high"]),
            "state": view.label("warning", r["warning_state"]),
            "method": next(name for _, end, name in bands if r["on"] <= end),
        }
        for r in rows
    ]
    flags = [
        after["on"].isoformat()
        for before, after in zip(rows, rows[1:], strict=False)
        if before["warning_state"] != after["warning_state"]
    ]
    keys = (view.translate("site.total"), view.translate("site.band"))
    view.chart(
        lambda: charts.history(records, flags, view.translate("site.no_score"), keys),
        view.translate(
            "site.history_finding",
            first=formatting.day(scored[0]["on"], view.lang),
            last=formatting.day(scored[-1]["on"], view.lang),
            start=whole_points(scored[0]["score"]),
            end=whole_points(scored[-1]["score"]),
        ),
        view.translate("site.history_alt"),
        records[::-1],
        f"{stem(rating)}-history",
    )
    lines = [view.translate("site.history_note")]
    if len(bands) > 1:
        lines.append(
            view.translate(
                "site.history_methods",
                methods=("；" if view.lang == "zh" else "; ").join(
                    f"{a.isoformat()} – {b.isoformat()} {plain(name, 20)}" for a, b, name in bands
                ),
            )
        )
    view.html("lines.html", lines=lines)


def drop_rate(view: View, rating: dict[str, Any]) -> None:
    """The drop rate and its kinds, each with basis, n and interval, or the reason for having none."""
    view.html("heading3.html", title=view.translate("site.drop"))
    view.html("lines.html", lines=[view.translate("drop.meaning")])
    lines = [(view.translate("word.all"), verdict_card.drop_rate(rating, view.lang))]
    if rating.get("drop_rate") is None:
        view.table(
            [view.translate("site.kind"), view.translate("site.rate")],
            [row(*map(cell, line)) for line in lines],
        )
        return
    kinds = [kind for kind in DROP_KINDS if rating.get(f"drop_rate_{kind}") is not None]
    lines += [
        (view.label("drop_kind", kind), verdict_card.drop_rate(rating, view.lang, kind)) for kind in kinds
    ]
    n = rating.get("drop_rate_n")
    counted = rating["drop_rate_basis"] == "counted"
    if kinds and n and (not counted or n >= sector_data.FEW):
        out_of = view.translate("site.n_counted" if counted else "site.n_estimated", n=formatting.about(n))
        names = {"drop_rate": view.translate("word.all")} | {
            f"drop_rate_{k}": view.label("drop_kind", k) for k in kinds
        }
        records = [
            {"label": name, "value": rating[c], "low": rating[f"{c}_low"], "high": rating[f"{c}_high"]}
            for c, name in names.items()
        ]
        most = max(records[1:], key=lambda r: r["value"])
        basis = view.label("drop", rating["drop_rate_basis"])
        view.chart(
            lambda: charts.dots(records),
            view.translate(
                "site.drop_finding",
                value=formatting.percent(rating["drop_rate"]),
                basis=basis,
                n=out_of,
                kind=most["label"],
                most=formatting.percent(most["value"]),
            ),
            view.translate("site.drop_alt"),
            [
                {
                    view.translate("site.kind"): r["label"],
                    view.translate("site.rate"): _percent(r["value"]),
                    view.label("column", "low"): _percent(r["low"]),
                    view.label("column", "high"): _percent(r["high"]),
                    view.translate("site.basis"): basis,
                    view.translate("site.out_of"): out_of,
                }
                for r in records
            ],
            f"{stem(rating)}-drops",
        )
    view.table(
        [view.translate("site.kind"), view.translate("site.rate")],
        [row(*map(cell, line)) for line in lines],
        fold=1,
    )


def refunds(view: View, rating: dict[str, Any], series: list[dict[str, Any]]) -> None:
    """How long refund complaints about the site stay open, beside those about all sites."""
    view.html("heading3.html", title=view.translate("site.refunds"))
    curve, censored = site_data.refunds(series)
    if not curve:
        view.note(view.translate("site.refunds_none"))
        return
    whole, _ = view.cached_query(sector_data.refunds)
    curves = {view.translate("site.this"): curve} | ({view.translate("site.sector"): whole} if whole else {})
    n = curve[0]["n"]
    at, all_at = (site_data.share_on(c, sector_data.LAWFUL_DAYS) for c in (curve, whole))
    finding = view.translate("site.refunds_few" if n < sector_data.FEW else "site.refunds_young", n=n)
    if n >= sector_data.FEW and at and all_at:
        finding = view.translate(
            "site.refunds_finding" if at["share"] < 1 else "site.refunds_none_settled",
            n=n,
            share=formatting.percent(at["share"]),
            sector=formatting.percent(all_at["share"]),
        )
    view.chart(
        lambda: charts.survival(curves, censored, _MARKS, view.translate("sector.days")),
        finding,
        view.translate("site.refunds_alt"),
        [
            {
                view.translate("site.whose"): whose,
                view.translate("sector.days"): r["day"],
                view.translate("sector.open"): r["share"],
                view.label("column", "low"): r["low"],
                view.label("column", "high"): r["high"],
                view.translate("site.at_risk"): r["n"],
            }
            for whose, shown in curves.items()
            for r in shown
        ],
        f"{stem(rating)}-refunds",
    )
    view.html("lines.html", lines=[view.translate("site.refunds_note")])


def availability(view: View, rating: dict[str, Any], series: list[dict[str, Any]], as_of: dt.date) -> None:
    """Ninety cells, one a day, and the same in words and as a table."""
    view.html("heading3.html", title=view.translate("site.availability"))
    cells = site_data.strip(series, as_of)
    count = {state: sum(c.state == state for c in cells) for state in _STATES}
    if count["none"] == len(cells):
        view.note(view.translate("site.availability_none"))
        return
    words = view.translate("strip.words", **count)
    view.figure(
        lambda: view.html(
            "strip.html", cells=cells, marks=_MARKS_OF, states=[s for s in _STATES if count[s]], words=words
        ),
        words,
        [
            {
                view.translate("word.date"): c.on.isoformat(),
                view.translate("site.state"): view.label("strip", c.state),
                view.translate("site.reached"): None if c.share is None else _percent(c.share),
                view.translate("site.probes"): c.n,
            }
            for c in reversed(cells)
        ],
        f"{stem(rating)}-availability",
    )


def prices(view: View, rating: dict[str, Any], series: list[dict[str, Any]]) -> None:
    """The site's latest prices against the sector's median of the same product."""
    view.html("heading3.html", title=view.translate("site.prices"))
    found = site_data.prices(series)
    if not found:
        view.note(view.translate("site.prices_none"))
        return
    below = [r for r in found if r["ratio"] < 1]
    view.chart(
        lambda: charts.against(
            [{"label": plain(r["product"], 40), "ratio": r["ratio"]} for r in found[:_MOST_PRICES]]
        ),
        view.translate(
            "site.prices_finding",
            count=len(found),
            below=len(below),
            product=plain(found[0]["product"], 30),
            ratio=formatting.percent(found[0]["ratio"]),
        ),
        view.translate("site.prices_alt"),
        [
            {
                view.translate("site.product"): plain(r["product"], 80),
                view.translate("site.price"): r["price"],
                view.translate("site.median"): round(r["median"], 2),
                view.translate("site.against"): _percent(r["ratio"]),
                view.translate("site.seen_prices"): r["n"],
                view.translate("word.date"): r["on"].isoformat(),
            }
            for r in found
        ],
        f"{stem(rating)}-prices",
    )
    view.html("lines.html", lines=[view.translate("site.prices_note", shown=min(len(found), _MOST_PRICES))])


def stem(rating: dict[str, Any]) -> str:
    """The beginning of the names of a site's files."""
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in rating["host"])[:80]


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _percent(share: float | None) -> str | None:
    return None if share is None else formatting.percent(share)


def places(view: View, rows: list[dict[str, Any]]) -> None:
    """From how many places we look and how many of them could not open it; nothing where only we look."""
    if len({r["place"] for r in rows}) < 2:
        return
    led = [r for r in rows if r["class"] == "diverted"]
    told = [r for r in rows if r["class"] != "diverted"]
    down = sum(r["outcome"] == "down" for r in told)
    lines = [view.translate("places.finding", n=len(told), down=down)]
    lines.append(view.translate("places.agreed" if rows[0]["agreed"] else "places.not_agreed"))
    if led:
        shown = formatting.join_words((_place(view, r) for r in led), view.lang)
        lines.append(view.translate("places.diverted", places=shown))
    view.html("lines.html", lines=lines)
    view.table(
        [view.translate("places.place"), view.translate("site.state"), view.translate("site.seen_at"), view.translate("places.layers")],
        [
            row(
                cell(_place(view, r), soft="" if r["mainland"] is None else view.translate("places.mainland" if r["mainland"] else "places.abroad")),
                cell(view.label("place_state", "diverted" if r["class"] == "diverted" else r["outcome"]), soft="" if r["class"] in (None, "", "up", "diverted") else view.label("look_class", r["class"])),
                cell(formatting.moment(r["observed_at"], view.lang)),
                cell(" · ".join(f"{name.upper()} {r[name]}" for name in ("dns", "tcp", "tls", "status") if r[name] is not None) or "–"),
            )
            for r in rows
        ],
    )  # fmt: skip


def _place(view: View, look: dict[str, Any]) -> str:
    return plain(look["place"], 40) or view.translate("places.own")
