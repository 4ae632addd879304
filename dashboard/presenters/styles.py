"""The style sheet of everything the templates make, and the mark of demonstration data; the app's policy names both by their hash.

It must not import streamlit.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dashboard.presenters.translations import LANGUAGES, say

_STYLE = Path(__file__).parents[1] / "templates" / "style.css"
_MARK = (
    "[data-testid='stAppViewContainer']{{isolation:isolate}}"
    "[data-testid='stAppViewContainer']::after{{content:'';position:fixed;inset:0;pointer-events:none;z-index:-1;"
    "background-image:url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='340' height='240'%3E"
    "%3Ctext x='20' y='190' transform='rotate(-24 20 190)' font-size='30' font-family='sans-serif' fill='%23808890'"
    " fill-opacity='.13'%3E{words}%3C/text%3E%3C/svg%3E\")}}"
)


_PLACES = (("l", "left"), ("w", "width"), ("b", "bottom"), ("h", "height"))
"""Classes `kw-l37`, `kw-w37` …: where a picture's parts lie, in whole per cent. The policy lets no element bring a style of its own."""


@cache
def style() -> str:
    """The style sheet of everything the templates make."""
    places = "".join(f".kw-{name}{n}{{{what}:{n}%}}" for name, what in _PLACES for n in range(101))
    return _STYLE.read_text("utf-8") + places


@cache
def mark(lang: str) -> str:
    """The style that writes "demo data" across every page of an installation that shows a simulation."""
    return _MARK.format(words=say(lang, "app.demo_mark"))


def every() -> list[str]:
    """The text of every style element a page of the app may have from us; its policy names them."""
    return [style(), *(mark(lang) for lang in LANGUAGES)]
