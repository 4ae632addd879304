"""The verdict inside the page's HTML shell: drawn with the first bytes, while the app behind it still loads.

The same card from the same snapshot as the page itself, which takes its place once it is drawn; where scripts are off or the
app cannot be reached, it stays. It must not import streamlit.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, quote

from jinja2 import TemplateError

from dashboard import markup, reader, search, verdict
from dashboard.text import LANGUAGES, say
from store.names import file_stem, parse_query

_log = logging.getLogger(__name__)
_STYLE = Path(__file__).with_name("templates") / "style.css"
_MARK = (
    "[data-testid='stAppViewContainer']::after{{content:'';position:fixed;inset:0;pointer-events:none;z-index:9;"
    "background-image:url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='340' height='240'%3E"
    "%3Ctext x='20' y='190' transform='rotate(-24 20 190)' font-size='30' font-family='sans-serif' fill='%23808890'"
    " fill-opacity='.13'%3E{words}%3C/text%3E%3C/svg%3E\")}}"
)
_LONGEST = 4000
"""Characters of a question, as in the search box."""


@cache
def style() -> str:
    """The style sheet of everything the templates make."""
    return _STYLE.read_text("utf-8")


@cache
def mark(lang: str) -> str:
    """The style that writes "demo data" across every page of an installation that shows a simulation."""
    return _MARK.format(words=say(lang, "app.demo_mark"))


def styles() -> list[str]:
    """The text of every style element a page of the app may have from us; its policy names them."""
    return [style(), *(mark(lang) for lang in LANGUAGES)]


def shown(path: str, query: str, lang: str) -> str:
    """HTML of the verdict a page's address asks for: `/?q=` of one site, `/site?host=`; empty for every other page.

    Without a readable snapshot, or where it fails, it is empty too: the page itself says what is wrong.
    """
    asked = {name: values[0][:_LONGEST].strip() for name, values in parse_qs(query).items()}
    page = path.rsplit("/", 1)[-1]
    try:
        if page == "" and asked.get("q"):
            return _checked(asked["q"], lang)
        if page == "site" and asked.get("host"):
            return _site(asked["host"], lang)
    except (reader.NoSnapshot, reader.DamagedSnapshot):
        return ""
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError):
        _log.exception("the verdict of the shell failed")
    return ""


def _checked(text: str, lang: str) -> str:
    snapshot = reader.current()
    found = search.find(snapshot, text)
    query = found.query
    if len(found.matches) > 1 or query.kind == "empty":
        return ""
    lines = [("；" if lang == "zh" else "; ").join(search.understood(query, lang))]
    if not found.matches:
        facts = reader.facts(snapshot)
        asked = query.host or query.name or query.number or text
        return _page(
            lang, say(lang, "check.title"), verdict.unknown_card(asked, lang, facts.as_of, facts.demo), lines
        )
    rating = found.matches[0]
    card = verdict.card(rating, lang, search.newest_response(snapshot, rating["host"]))
    return _page(lang, say(lang, "check.title"), card, lines)


def _site(asked: str, lang: str) -> str:
    snapshot = reader.current()
    host = parse_query(asked).host or asked
    rating = snapshot.site(host)
    title = f"{say(lang, 'site.title')} · {host[:80]}"
    if rating is None:
        facts = reader.facts(snapshot)
        return _page(lang, title, verdict.unknown_card(host, lang, facts.as_of, facts.demo), [])
    return _page(lang, title, verdict.card(rating, lang, search.newest_response(snapshot, host)), [])


def _page(lang: str, title: str, card: verdict.Card, lines: list[str]) -> str:
    actions = markup.card_actions(card) if card.known else ()
    page = f"./s/{quote(file_stem(card.host))}.html" if card.known else ""
    facts = reader.facts(reader.current())
    age = reader.days_old(facts)
    return markup.render(
        "early.html",
        lang,
        title=title,
        demo=card.demo,
        as_of=str(facts.as_of),
        stale_days=age if age is not None and age > reader.STALE_AFTER_DAYS else None,
        lines=lines,
        card=markup.card(card, actions),
        page=page,
    )
