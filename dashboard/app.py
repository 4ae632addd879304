"""Entry point of the Streamlit app: language, snapshot, what stands above every page, and the menu of found pages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import page_list
from dashboard.components import help_tools
from dashboard.components.page_context import View
from dashboard.presenters import current_snapshot, html, styles, translations
from dashboard.presenters.translations import pick, say
from store.text.query import parse_query
from store.text.safe_text import plain

_log = logging.getLogger(__name__)


def _language() -> str:
    """The language of the address; a reader who chose English keeps it when the menu drops the parameter."""
    asked = st.query_params.get("lang")
    if asked is None and st.session_state.get("lang") == "en":
        asked = st.query_params["lang"] = "en"
    st.session_state["lang"] = lang = translations.language(asked)
    return lang


def _trouble(snapshot: Any, lang: str) -> tuple[str, ...]:
    found = current_snapshot.rows(
        snapshot,
        "select * from sources where health not in ('ok', 'not_configured') order by source limit 50",
    )
    return tuple(plain(pick(row, "title", lang) or row["source"], 40) for row in found)


def _switch(lang: str) -> str:
    """The same page in the other language."""
    query = {k: v for k, v in st.query_params.to_dict().items() if k != "lang"}
    if lang == "zh":
        query["lang"] = "en"
    return "?" + urlencode(query)


def _today() -> str:
    """The same page of the latest snapshot."""
    return "?" + urlencode({k: v for k, v in st.query_params.to_dict().items() if k not in html.CHOOSING})


def _frame(view: View, path: str) -> dict[str, Any]:
    """What stands above and below every page."""
    facts = view.facts
    return {
        "no_data_note": view.no_data_note,
        "switch": _switch(view.lang),
        "menu": page_list.menu(view.lang, path),
        **html.party(),
        "demo": facts.demo,
        "today": _today() if view.past else "",
        "stale_days": None if view.past else current_snapshot.stale_days(facts),
        "trouble": view.cached_query(_trouble, view.lang),
        "as_of": str(facts.as_of or say(view.lang, "word.unknown")),
        "method": facts.method_version,
        "count": facts.count,
    }


def _failure(lang: str, error: Exception, asked: dict[str, str], path: str) -> None:
    """A clear message in place of the page."""
    menu, query = page_list.menu(lang, path), st.query_params.to_dict()
    told = html.failure(error, lang, asked, query, switch=_switch(lang), menu=menu, today=_today())
    st.html(told)


def _view(page: page_list.PageInfo, lang: str, asked: dict[str, str]) -> View:
    """What the page gets; nothing known of any site where no snapshot can be read and the page is of use all the same."""
    try:
        chosen = current_snapshot.chosen(**asked)
        facts = current_snapshot.facts(chosen.snapshot)
    except current_snapshot.UNREADABLE as error:
        if page.url_path not in page_list.WITHOUT_DATA:
            raise
        nothing: Any = current_snapshot.Unpublished()
        return View(lang, nothing, current_snapshot.NOTHING, no_data_note=html.say_no_data(error, lang))
    return View(lang, chosen.snapshot, facts, past=chosen.memento is not None)


def _draw(page: page_list.PageInfo, view: View) -> None:
    facts, lang = view.facts, view.lang
    if facts.demo:
        st.html(f"<style>{styles.mark(lang)}</style>")
    frame = _frame(view, page.url_path)
    view.html("top.html", **frame)
    page_list.draw(page, view)
    view.html("footer.html", **frame)


def _runner(page: page_list.PageInfo, lang: str) -> Callable[[], None]:
    def run() -> None:
        asked = html.asked_for(page.url_path, lambda name: str(st.query_params.get(name, "")))
        try:
            with html.reading(asked):
                _draw(page, _view(page, lang, asked))
        except (current_snapshot.NotKept, current_snapshot.NoDay, *current_snapshot.UNREADABLE) as error:
            _failure(lang, error, asked, page.url_path)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            _log.exception("page %s failed", page.module)
            _failure(lang, error, asked, page.url_path)

    return run


def main() -> None:
    """One run of the app."""
    lang = _language()
    # The menu is ours (templates/masthead.html): it stands there with the first bytes, has groups that screen readers
    # can follow, and the brand above it.
    menu = [
        st.Page(
            _runner(page, lang),
            title=page.title(lang),
            url_path=page.url_path or None,
            default=page.url_path == "",
            visibility="visible" if page.visible else "hidden",
        )
        for page in page_list.discover()
    ]
    page = st.navigation(menu, position="hidden")
    # The host alone: what was pasted may hold order numbers, and a title goes into the browser's history.
    host = parse_query((st.query_params.get("host") or st.query_params.get("q") or "")[:4000]).host
    words = (plain(host or "", 60), page.title, say(lang, "app.name"))
    st.set_page_config(page_title=" · ".join(w for w in words if w), layout="wide")
    st.html(f"<style>{styles.style()}</style>")
    help_tools.begin_run()
    page.run()
    help_tools.end_run()


# A process forked from a server's or a test's runs its main file again under another name, and is no page.
if __name__ == "__main__":
    main()
