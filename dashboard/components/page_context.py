"""What a page gets to work with: the language, the snapshot, cached questions to it, and ways to show the answers.

Pages show foreign text only through here (escaped by dashboard.presenters.html) or as values of charts and widgets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from dashboard.presenters import csv_export, current_snapshot, translations, verdict_card
from dashboard.presenters import html as markup
from scoring.snapshot.reader import Snapshot
from store.text.safe_text import inert, plain

ON_PAPER: ContextVar[bool] = ContextVar("on_paper", default=False)
"""Whether a page is written as HTML for its first sight (dashboard/first_paint.py): nothing may be made for a session then."""


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
_MOST = 500
_remembered: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.Lock()


def _remember(key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """What `make` gave for a key before; the app's own cache needs a running app, and the first sight of a page has none."""
    with _lock:
        if key in _remembered:
            _remembered.move_to_end(key)
            return _remembered[key]
    found = make()
    with _lock:
        _remembered[key] = found
        while len(_remembered) > _MOST:
            _remembered.popitem(last=False)
    return found


HANDED_IN = {"report": "report.source", "import": "cluster.entered"}
"""Where facts come from that nobody crawls -> the sentence that says so."""


@dataclass(frozen=True)
class View:
    """One run of one page for one reader."""

    lang: str
    snapshot: Snapshot
    facts: current_snapshot.Facts
    past: bool = field(default=False, kw_only=True)
    """Whether the address asks for an earlier snapshot: nothing of today belongs on the page then."""
    no_data_note: str = field(default="", kw_only=True)
    """Why there is no snapshot, where the page is drawn without one."""

    def translate(self, key: str, **values: Any) -> str:
        """A sentence of the catalogue."""
        return translations.say(self.lang, key, **values)

    def label(self, section: str, code: str | None) -> str:
        """The word for a code of the vocabulary."""
        return translations.word(self.lang, section, code)

    def source(self, identity: str | None) -> str:
        """What readers call a source; its id where the snapshot does not introduce it."""
        if identity in HANDED_IN:
            return self.translate(HANDED_IN[identity])
        return self.cached_query(_source_titles, self.lang).get(identity) or identity or ""

    def param(self, name: str) -> str:
        """A query parameter of the page's address, "" when absent, cut to 4000 characters."""
        return str(st.query_params.get(name, ""))[:4000]

    def params(self, name: str) -> list[str]:
        """Every value of a query parameter that may be given several times, each cut to 1000 characters."""
        return [str(value)[:1000] for value in st.query_params.get_all(name)]

    def text_box(self, label: str, key: str, **more: Any) -> str:
        """A line to type in, kept in the page's address under `key`; what stands in it, "" when empty."""
        return st.text_input(label, key=key, bind="query-params", **more) or ""

    def line(self, label: str, key: str, value: str, **more: Any) -> str:
        """A line to type in that starts with `value` in every run; what stands in it."""
        st.session_state[key] = value
        return st.text_input(label, key=key, **more) or ""

    def markdown(self, words: str, fold: str = "") -> None:
        """A longer text in Markdown; behind a line that says `fold`, where it is given. HTML in it stays text."""
        self.html("prose.html", body=Markup(_MARKDOWN.render(words)), fold=fold)  # noqa: S704 - HTML is off

    def letter(self, words: str) -> None:
        """A text to be copied as it stands."""
        self.html("letter.html", words=escape(inert(words)))

    def cached_query(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """`function(snapshot, *arguments)`, remembered for this snapshot; nobody may change its result."""
        place = f"{self.snapshot.path.parent}/{current_snapshot.version(self.snapshot)}"
        key = (place, function.__module__, function.__qualname__, arguments)
        return _remember(key, lambda: function(self.snapshot, *arguments))

    def missing(self) -> None:
        """Say that the address names nothing: its first bytes then carry the status 404 (dashboard/first_paint.py)."""

    def link(self, path: str, **query: Any) -> str:
        """A link inside the site that keeps the language."""
        return markup.link(path, self.lang, **query)

    def html(self, template: str, **values: Any) -> None:
        """Show a template."""
        st.html(markup.render(template, self.lang, **values))

    def title(self, words: str, intro: str = "", unseen: bool = False) -> None:
        """The page's one first-level heading, and a sentence below it; `unseen` leaves it to screen readers."""
        self.html("title.html", title=words, intro=intro, unseen=unseen)

    def heading(self, words: str, note: str = "") -> None:
        """A second-level heading."""
        self.html("heading.html", title=words, note=note)

    def note(self, words: str) -> None:
        """A remark set apart."""
        self.html("note.html", words=words)

    def part(self, name: str) -> AbstractContextManager[Any]:
        """What is drawn within stands in a part of the page of that name; of several parts one is in sight."""
        return st.container(key=f"part-{name}")

    def card(
        self, card: verdict_card.Card, actions: Sequence[tuple[str, str]] = (), on_site_page: bool = False
    ) -> None:
        """The verdict card; see `markup.card`."""
        st.html(markup.card(card, actions, on_site_page))

    def verdict_line(self, card: verdict_card.Card, rating: dict[str, Any], href: str) -> None:
        """The verdict of a site in one line, with the date, state, filing and drop rate that go with it; leads to `href`."""
        short = {
            "filing": verdict_card.filing_short(rating, self.lang),
            "drop": verdict_card.drop_line(rating, self.lang),
        }
        self.html("verdict_line.html", card=card, href=href, **short)

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Row],
        layout: str = "",
        fold: int | None = None,
        more: str = "",
    ) -> None:
        """A table of `row(...)`s; `layout` names column widths of style.css that several tables share.

        Rows beyond `fold` wait behind a line that says how many there are, or what `more` says.
        """
        if fold and len(rows) <= fold + 1:
            fold = None  # one row is no longer than the line that would hide it
        host = self.param("host")

        def cite(identity: str) -> str:
            return self.link("site", host=host, capture=identity) + "#capture"

        self.html("table.html", columns=columns, rows=rows, layout=layout, fold=fold, more=more, cite=cite)

    def chart(
        self, make: Callable[[], Any], finding: str, alt: str, records: list[dict[str, Any]], name: str
    ) -> None:
        """The picture `make()` gives (dashboard/components/charts.py), under its finding with its data date, the same numbers as a table,
        and as a CSV file."""
        self.figure(lambda: self.html("picture.html", picture=make(), alt=alt), finding, records, name)

    def figure(self, draw: Callable[[], Any], finding: str, records: list[dict[str, Any]], name: str) -> None:
        """Whatever `draw` shows, under its finding with the data date, its numbers as a table and as a CSV file."""
        as_of = str(self.facts.as_of or "–")
        self.html("finding.html", words=finding, as_of=as_of)
        draw()
        if not records:
            return
        columns = list(records[0])
        with st.expander(self.translate("word.table")):
            self.table(
                [self.label("column", c) for c in columns],
                [row(*(cell(_shown(r[c])) for c in columns)) for r in records[:400]],
            )
            self.download(
                lambda: csv_export.csv_bytes(records, columns), f"{name}-{as_of}.csv", key=f"csv-{name}"
            )

    def page_of(self, pages: int) -> int:
        """The page of a list the address names, from 1."""
        asked = self.param("page")
        return min(max(1, int(asked[:6])), max(1, pages)) if asked.isascii() and asked.isdigit() else 1

    def pages_near(self, path: str, page: int, pages: int, query: dict[str, str]) -> list[tuple[int, str]]:
        """(number, address) of the first, the last and the pages around the present one, which has no address."""
        near = {1, pages, *range(max(1, page - 3), min(pages, page + 3) + 1)}
        return [
            (n, "" if n == page else self.link(path, **query, page=n if n > 1 else "")) for n in sorted(near)
        ]

    def pager(self, path: str, page: int, pages: int, query: dict[str, str]) -> None:
        """Links to the other pages of a list; nothing where there is one."""
        if pages > 1:
            self.html("pager.html", pager=self.pages_near(path, page, pages, query))

    def download(
        self,
        make: Callable[[], bytes],
        file_name: str,
        key: str,
        label: str = "",
        mime: str = "text/csv",
    ) -> None:
        """A download button whose file is only made when it is pressed."""
        st.download_button(
            label or self.translate("word.download_csv"),
            data=make,
            file_name=file_name,
            mime=mime,
            key=key,
            on_click="ignore",
        )


def _source_titles(snapshot: Snapshot, lang: str) -> dict[str, str]:
    found = current_snapshot.rows(snapshot, "select source, title_zh, title_en from sources")
    return {row["source"]: translations.pick(row, "title", lang) or row["source"] for row in found}


@dataclass(frozen=True)
class Cell:
    """One cell of a table: text, perhaps a link, a verdict state, evidence ids, a remark; or points below each other."""

    text: str
    href: str = ""
    outside: bool = False
    state: str = ""
    mono: bool = False
    soft: str = ""
    evidence: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """Cells, and the id other parts of the page may link to."""

    cells: tuple[Cell, ...]
    id: str = ""


def cell(words: object, **more: Any) -> Cell:
    """A cell with foreign or own text, cut to a length a table bears."""
    return Cell(plain("" if words is None else words, more.pop("limit", 400)), **more)


def row(*cells: Cell, id: str = "") -> Row:
    """A row of cells."""
    return Row(cells, id)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)
