"""The charts of the ranking and sector pages, as Altair specifications; see dashboard/charts.py for the rules they share."""

from __future__ import annotations

import json
from typing import Any

import altair as alt

_INK, _BAND, _LINE = "#0072B2", "#56B4E9", "#7A828C"
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
    line = base.mark_rule(strokeWidth=3, color=_BAND).encode(
        x=alt.X("low:Q", scale=scale, title=title, axis=axis), x2=alt.X2("high:Q")
    )
    dot = base.mark_point(filled=True, size=80, color=_INK, opacity=1).encode(
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
    count = base.mark_text(align="right", dx=-2, fontSize=11, color=_LINE).encode(
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


def survival(
    records: list[dict[str, Any]], censored: list[int], marks: tuple[int, ...], title: str, days: str
) -> alt.LayerChart:
    """Step curve of `share` by `day` with its interval, a rule at each of `marks`, ticks at days with censored cases."""
    base = alt.Chart(alt.Data(values=records)).encode(
        x=alt.X("day:Q", title=days, axis=alt.Axis(values=[0, *marks, 60, 90]))
    )
    scale = alt.Scale(domain=[0, 1])
    percent = alt.Axis(format="%")
    ribbon = base.mark_area(interpolate="step-after", opacity=0.3, color=_BAND).encode(
        y=alt.Y("low:Q", scale=scale, title=title, axis=percent), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(interpolate="step-after", color=_INK).encode(
        y=alt.Y("share:Q", scale=scale),
        tooltip=["day:Q", *(alt.Tooltip(f"{c}:Q", format=".0%") for c in ("share", "low", "high")), "n:Q"],
    )
    last = max(r["day"] for r in records)
    lines = alt.Chart(alt.Data(values=[{"at": m} for m in marks if m <= last]))
    rules = lines.mark_rule(strokeDash=[4, 4], color=_LINE).encode(x="at:Q")
    at = {r["day"]: r["share"] for r in records}
    open_ = alt.Chart(alt.Data(values=[{"day": d, "share": at[d]} for d in censored if d in at]))
    ticks = open_.mark_tick(orient="vertical", size=9, thickness=1.5, color=_INK).encode(
        x="day:Q", y=alt.Y("share:Q", scale=scale)
    )
    return (ribbon + rules + line + ticks).properties(height=300)


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
    return (base.mark_bar(color=_INK) + base.mark_text(dy=-7, color=_LINE).encode(text="value:Q")).properties(
        height=220
    )
