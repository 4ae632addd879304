"""The charts of the site page, as Altair specifications; see dashboard/charts.py for the rules they share."""

from __future__ import annotations

from typing import Any

import altair as alt

from dashboard.charts import BAND, INK, LINE, OTHER

_ROW = 30


def history(
    records: list[dict[str, Any]], bands: list[dict[str, str]], flags: list[dict[str, str]], title: str
) -> alt.LayerChart:
    """Step line of {on, score, low, high, state} with its interval; {start, end, version} behind it, a rule at each flag {on, what}."""
    base = alt.Chart(alt.Data(values=records)).encode(
        x=alt.X("on:T", title=None, axis=alt.Axis(format="%m-%d", labelOverlap=True, tickCount=8))
    )
    scale = alt.Scale(domain=[0, 100])
    behind = alt.Chart(
        alt.Data(values=[{**b, "odd": at % 2, "top": 100, "foot": 0} for at, b in enumerate(bands)])
    ).encode(x="start:T", x2="end:T")
    shade = behind.mark_rect(color=LINE).encode(
        y=alt.Y("foot:Q", scale=scale),
        y2="top:Q",
        opacity=alt.condition("datum.odd", alt.value(0.2), alt.value(0.07)),
    )
    name = behind.mark_text(align="left", baseline="bottom", dx=3, dy=-3, fontSize=11, color=LINE).encode(
        y=alt.Y("foot:Q", scale=scale), text="version:N"
    )
    ribbon = base.mark_area(
        interpolate="step-after", opacity=0.3, color=BAND, invalid="break-paths-show-domains"
    ).encode(y=alt.Y("low:Q", scale=scale, title=title), y2=alt.Y2("high:Q"))
    line = base.mark_line(interpolate="step-after", color=INK, invalid="break-paths-show-domains").encode(
        y=alt.Y("score:Q", scale=scale),
        tooltip=["on:T", *(alt.Tooltip(f"{c}:Q", format=".0f") for c in ("score", "low", "high")), "state:N"],
    )
    events = (
        alt.Chart(alt.Data(values=flags))
        .mark_rule(strokeDash=[3, 3], color=OTHER)
        .encode(x="on:T", tooltip=["on:T", "what:N"])
    )
    layers = [
        shade,
        name,
        ribbon,
        line,
        *([events] if flags else []),
    ]  # an empty layer is an image without a name
    return alt.layer(*layers).properties(height=240)


def dots(records: list[dict[str, Any]], title: str, percent: bool = True) -> alt.LayerChart:
    """Dot and interval of each {label, value, low, high} in the order given, from zero."""
    base = alt.Chart(alt.Data(values=records)).encode(
        y=alt.Y(
            "label:N",
            sort=[r["label"] for r in records],
            axis=alt.Axis(title=None, labelLimit=130, ticks=False, labelOverlap=False),
        )
    )
    axis = alt.Axis(format="%" if percent else "", tickCount=5)
    line = base.mark_rule(strokeWidth=3, color=BAND).encode(
        x=alt.X("low:Q", title=title, axis=axis, scale=alt.Scale(zero=True)), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=80, color=INK, opacity=1).encode(x="value:Q")
    return (line + dot).properties(height=60 + _ROW * len(records))


def against(records: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Ratio of each {label, ratio} to the sector's median: a bar from 1, longer to the left when cheaper."""
    base = alt.Chart(alt.Data(values=[{**r, "one": 1.0} for r in records])).encode(
        y=alt.Y(
            "label:N",
            sort=[r["label"] for r in records],
            axis=alt.Axis(title=None, labelLimit=140, ticks=False, labelOverlap=False),
        )
    )
    scale = alt.Scale(zero=False, nice=True)
    bars = base.mark_bar(size=12).encode(
        x=alt.X("one:Q", title=title, scale=scale, axis=alt.Axis(format="%", tickCount=5)),
        x2="ratio:Q",
        color=alt.condition("datum.ratio < 1", alt.value(OTHER), alt.value(INK)),
    )
    ends = base.mark_point(filled=True, size=50, color=LINE, opacity=1).encode(
        x=alt.X("ratio:Q", scale=scale)
    )
    rule = alt.Chart(alt.Data(values=[{"one": 1.0}])).mark_rule(color=LINE).encode(x="one:Q")
    return (bars + ends + rule).properties(height=60 + _ROW * len(records))
