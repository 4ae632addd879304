"""The charts, as Altair specifications. Shapes and positions carry the meaning, never a colour alone.

State colours are not reused for categories; no chart gets more than a few hundred rows.
"""

from __future__ import annotations

import json
from typing import Any

import altair as alt

INK = "#0072B2"
BAND = "#56B4E9"
OTHER = "#D55E00"
LINE = "#7A828C"
_LABELS = alt.Axis(title=None, labelLimit=130, ticks=False, labelOverlap=False)


def intervals(records: list[dict[str, Any]], name: str, title: str) -> alt.LayerChart:
    """Dot and interval for each record {name, host, score, low, high, verdict}, in the order given."""
    order = [r["host"] for r in records]
    names = {r["host"]: r[name] for r in records}
    base = alt.Chart(alt.Data(values=records)).encode(
        y=alt.Y(
            "host:N",
            sort=order,
            axis=alt.Axis(
                title=None, labelLimit=120, ticks=False, labelExpr=f"({_json(names)})[datum.value]"
            ),
        )
    )
    scale = alt.Scale(domain=[0, 100])
    line = base.mark_rule(strokeWidth=3, color=BAND).encode(
        x=alt.X("low:Q", scale=scale, title=title), x2=alt.X2("high:Q")
    )
    dot = base.mark_point(filled=True, size=70, color=INK, opacity=1).encode(
        x=alt.X("score:Q", scale=scale),
        tooltip=[
            "host:N",
            "verdict:N",
            *(alt.Tooltip(f"{c}:Q", format=".0f") for c in ("score", "low", "high")),
        ],
    )
    return (line + dot).properties(height=_height(records))


def waterfall(records: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Bars from `start` to `end` for each {label, start, end, points, possible, reach, href}; what could be reached lies behind, pale.

    A bar leads to the row of its indicator.
    """
    order = [r["label"] for r in records]
    base = alt.Chart(alt.Data(values=records)).encode(y=alt.Y("label:N", sort=order, axis=_LABELS))
    scale = alt.Scale(domain=[0, 100])
    room = base.mark_bar(color=BAND, opacity=0.25).encode(
        x=alt.X("start:Q", scale=scale, title=title), x2=alt.X2("reach:Q")
    )
    bars = base.mark_bar().encode(
        x=alt.X("start:Q", scale=scale),
        x2=alt.X2("end:Q"),
        color=alt.condition("datum.points < 0", alt.value(OTHER), alt.value(INK)),
        href="href:N",
        tooltip=["label:N", alt.Tooltip("points:Q", format="+.1f"), alt.Tooltip("possible:Q", format=".1f")],
    )
    return (room + bars).properties(height=_height(records))


def survival(
    curves: dict[str, list[dict[str, Any]]],
    censored: list[int],
    marks: tuple[int, ...],
    title: str,
    days: str,
) -> alt.LayerChart:
    """Step curves {day, share, low, high, n} by name, the first with its interval; a rule at each of `marks`, ticks at days with censored cases."""
    first = next(iter(curves))
    values = [{**r, "whose": name} for name, curve in curves.items() for r in curve]
    x = alt.X("day:Q", title=days, axis=alt.Axis(values=[0, *marks, 60, 90]))
    y = alt.Y("share:Q", scale=alt.Scale(domain=[0, 1]), title=title, axis=alt.Axis(format="%"))
    base = alt.Chart(alt.Data(values=[v for v in values if v["whose"] == first])).encode(x=x)
    ribbon = base.mark_area(interpolate="step-after", opacity=0.25, color=BAND).encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1]), title=title), y2="high:Q"
    )
    lines = (
        alt.Chart(alt.Data(values=values))
        .mark_line(interpolate="step-after")
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "whose:N",
                scale=alt.Scale(domain=list(curves), range=[INK, OTHER]),
                legend=alt.Legend(title=None, orient="bottom") if len(curves) > 1 else None,
            ),
            strokeDash=alt.StrokeDash(
                "whose:N", scale=alt.Scale(domain=list(curves), range=[[1, 0], [5, 3]]), legend=None
            ),
            tooltip=[
                "whose:N",
                "day:Q",
                *(alt.Tooltip(f"{c}:Q", format=".0%") for c in ("share", "low", "high")),
                "n:Q",
            ],
        )
    )
    rules = (
        alt.Chart(alt.Data(values=[{"at": m} for m in marks]))
        .mark_rule(strokeDash=[2, 4], color=LINE)
        .encode(x="at:Q")
    )
    ticks = (
        alt.Chart(alt.Data(values=[{"day": day, "share": _share(curves[first], day)} for day in censored]))
        .mark_tick(orient="vertical", size=9, thickness=1.5, color=INK)
        .encode(x="day:Q", y=y)
    )
    return alt.layer(ribbon, rules, lines, *([ticks] if censored else [])).properties(height=300)


def _share(curve: list[dict[str, Any]], day: int) -> float:
    return [r["share"] for r in curve if r["day"] <= day][-1] if curve and curve[0]["day"] <= day else 1.0


def bars(records: list[dict[str, Any]], label: str, value: str) -> alt.Chart:
    """Horizontal bars of `value` by `label`, in the order given, with the number printed at the end."""
    order = [r[label] for r in records]
    base = (
        alt.Chart(alt.Data(values=records))
        .encode(
            y=alt.Y("label:N", sort=order, axis=_LABELS),
            x=alt.X(
                "number:Q",
                title=value,
                axis=alt.Axis(tickMinStep=1),
                scale=alt.Scale(domain=[0, max(1.0, 1.15 * max(r[value] for r in records))], nice=False),
            ),
        )
        .transform_calculate(label=f"datum[{_json(label)}]", number=f"datum[{_json(value)}]")
    )
    return (
        base.mark_bar(color=INK) + base.mark_text(align="left", dx=4, color=LINE).encode(text="number:Q")
    ).properties(height=_height(records))


def _json(value: Any) -> str:
    """A value inside a Vega expression; JSON is a subset of its syntax."""
    return json.dumps(value)


def _height(records: list[dict[str, Any]]) -> int:
    """Pixels for one row per record; a fixed number, because the app fits charts to their width only."""
    return 84 + 26 * len(records)
