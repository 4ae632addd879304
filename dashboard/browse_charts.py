"""The charts of the ranking and sector pages, as Altair specifications; see dashboard/charts.py for the rules they share."""

from __future__ import annotations

import json
from typing import Any

import altair as alt

from dashboard.charts import BAND, INK, LINE

_KINDS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]
_SHAPES = {"blue": "circle", "yellow": "diamond", "orange": "triangle-up", "red": "square"}
_ROW = 26
_ROOM = 122
"""Scores end at 100; what is right of it is room for the printed numbers."""


def ranking(records: list[dict[str, Any]], title: str) -> alt.LayerChart:
    """Dot and interval of each {host, label, score, low, high, state, verdict, n} in the order given; n stands at the right."""
    names = json.dumps({r["host"]: r["label"] for r in records})
    base = alt.Chart(alt.Data(values=records)).encode(
        y=alt.Y(
            "host:N",
            sort=[r["host"] for r in records],
            axis=alt.Axis(title=None, labelLimit=110, ticks=False, labelExpr=f"({names})[datum.value]"),
        )
    )
    scale = alt.Scale(domain=[0, _ROOM], nice=False)
    axis = alt.Axis(values=list(range(0, 101, 20)))
    line = base.mark_rule(strokeWidth=3, color=BAND).encode(
        x=alt.X("low:Q", scale=scale, title=title, axis=axis), x2=alt.X2("high:Q")
    )
    dot = base.mark_point(filled=True, size=80, color=INK, opacity=1).encode(
        x=alt.X("score:Q", scale=scale),
        shape=alt.Shape(
            "state:N", scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())), legend=None
        ),
        tooltip=[
            "host:N",
            "verdict:N",
            *(alt.Tooltip(f"{c}:Q", format=".0f") for c in ("score", "low", "high")),
        ],
    )
    count = base.mark_text(align="right", dx=-2, fontSize=11, color=LINE).encode(
        x=alt.datum(_ROOM, type="quantitative", scale=scale), text="n:N"
    )
    return (line + dot + count).properties(height=60 + _ROW * len(records))


def weekly(records: list[dict[str, Any]], kinds: list[str], number: str) -> alt.Chart:
    """Stacked bars of `value` by the week `on` (a Monday) and `kind`, in the order of `kinds`."""
    return (
        alt.Chart(alt.Data(values=records))
        .mark_bar()
        .encode(
            x=alt.X(
                "on:O",
                title=None,
                axis=alt.Axis(labelExpr="slice(datum.value, 5)", labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("value:Q", title=number, axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "kind:N",
                sort=kinds,
                scale=alt.Scale(domain=kinds, range=_KINDS),
                legend=alt.Legend(title=None, orient="bottom", columns=1, labelLimit=220),
            ),
            tooltip=["on:O", "kind:N", "value:Q", "n:Q"],
        )
        .properties(height=340)
    )


def heat(records: list[dict[str, Any]], weekdays: list[str], hour: str, number: str) -> alt.Chart:
    """Weekday × hour of {weekday, hour, value, n}: one hue, darker is more."""
    return (
        alt.Chart(alt.Data(values=records))
        .mark_rect()
        .encode(
            x=alt.X("hour:O", title=hour, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("weekday:N", sort=weekdays, title=None),
            color=alt.Color(
                "value:Q",
                scale=alt.Scale(scheme="blues"),
                legend=alt.Legend(title=number, orient="bottom", gradientLength=160),
            ),
            tooltip=["weekday:N", "hour:O", "value:Q", "n:Q"],
        )
        .properties(height=340)
    )


def months(records: list[dict[str, Any]], number: str) -> alt.LayerChart:
    """A bar for each {month, value}, its number above it."""
    base = alt.Chart(alt.Data(values=records)).encode(
        x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=-45)),
        y=alt.Y("value:Q", title=number, axis=alt.Axis(tickMinStep=1)),
    )
    return (base.mark_bar(color=INK) + base.mark_text(dy=-7, color=LINE).encode(text="value:Q")).properties(
        height=220
    )
