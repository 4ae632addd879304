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


_SITE_ROW = 30


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
    return (line + dot).properties(height=60 + _SITE_ROW * len(records))


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
    return (bars + ends + rule).properties(height=60 + _SITE_ROW * len(records))
