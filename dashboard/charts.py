"""The charts, as Altair specifications. Shapes and positions carry the meaning, never a colour alone.

State colours are not reused for categories; no chart gets more than a few hundred rows.
"""

from __future__ import annotations

import json
from typing import Any

import altair as alt

_INK = "#0072B2"
_BAND = "#56B4E9"
_LOSS = "#D55E00"
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
    line = base.mark_rule(strokeWidth=3, color=_BAND).encode(
        x=alt.X("low:Q", scale=scale, title=title), x2=alt.X2("high:Q")
    )
    dot = base.mark_point(filled=True, size=70, color=_INK, opacity=1).encode(
        x=alt.X("score:Q", scale=scale),
        tooltip=[
            "host:N",
            "verdict:N",
            *(alt.Tooltip(f"{c}:Q", format=".0f") for c in ("score", "low", "high")),
        ],
    )
    return (line + dot).properties(height=_height(records))


def waterfall(records: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Bars from `start` to `end` for each {label, start, end, points, possible}; what could be reached lies behind, pale."""
    order = [r["label"] for r in records]
    base = alt.Chart(alt.Data(values=records)).encode(y=alt.Y("label:N", sort=order, axis=_LABELS))
    scale = alt.Scale(domain=[0, 100])
    room = base.mark_bar(color=_BAND, opacity=0.25).encode(
        x=alt.X("start:Q", scale=scale, title=title), x2=alt.X2("reach:Q")
    )
    bars = base.mark_bar().encode(
        x=alt.X("start:Q", scale=scale),
        x2=alt.X2("end:Q"),
        color=alt.condition("datum.points < 0", alt.value(_LOSS), alt.value(_INK)),
        tooltip=["label:N", alt.Tooltip("points:Q", format="+.1f"), alt.Tooltip("possible:Q", format=".1f")],
    )
    return (room + bars).properties(height=_height(records))


def history(records: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Step line of `score` with its interval over `on`; a day without a score is a gap."""
    base = alt.Chart(alt.Data(values=records)).encode(
        x=alt.X("on:T", title=None, axis=alt.Axis(format="%m-%d", labelOverlap=True))
    )
    scale = alt.Scale(domain=[0, 100])
    ribbon = base.mark_area(
        interpolate="step-after", opacity=0.3, color=_BAND, invalid="break-paths-show-domains"
    ).encode(y=alt.Y("low:Q", scale=scale, title=title), y2=alt.Y2("high:Q"))
    line = base.mark_line(interpolate="step-after", color=_INK, invalid="break-paths-show-domains").encode(
        y=alt.Y("score:Q", scale=scale),
        tooltip=["on:T", *(alt.Tooltip(f"{c}:Q", format=".0f") for c in ("score", "low", "high")), "state:N"],
    )
    return (ribbon + line).properties(height=220)


def bars(records: list[dict[str, Any]], label: str, value: str) -> alt.Chart:
    """Horizontal bars of `value` by `label`, in the order given, with the number printed at the end."""
    order = [r[label] for r in records]
    base = (
        alt.Chart(alt.Data(values=records))
        .encode(
            y=alt.Y("label:N", sort=order, axis=_LABELS),
            x=alt.X("number:Q", title=value, axis=alt.Axis(tickMinStep=1)),
        )
        .transform_calculate(label=f"datum[{_json(label)}]", number=f"datum[{_json(value)}]")
    )
    return (
        base.mark_bar(color=_INK) + base.mark_text(align="left", dx=4).encode(text="number:Q")
    ).properties(height=_height(records))


def _json(value: Any) -> str:
    """A value inside a Vega expression; JSON is a subset of its syntax."""
    return json.dumps(value)


def _height(records: list[dict[str, Any]]) -> int:
    """Pixels for one row per record; a fixed number, because the app fits charts to their width only."""
    return 60 + 26 * len(records)
