"""What a page says, inside its HTML shell: drawn with the first bytes, while the app behind it still loads.

The same page functions write it as the app's, with a view that collects HTML instead of drawing: outside a session Streamlit's
widgets draw nothing and give their first value. The app takes its place once it is drawn; where scripts are
off or the app cannot be reached, it stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs, parse_qsl, urlencode

from jinja2 import TemplateError
from markupsafe import Markup

from dashboard import page_list
from dashboard.app_pages.check import kept_of
from dashboard.components.page_context import ON_PAPER, View
from dashboard.presenters import current_snapshot, share_card, verdict_card
from dashboard.presenters import html as markup
from dashboard.presenters.translations import LANGUAGES
from scoring.snapshot.reader import Kept

_log = logging.getLogger(__name__)
_LONGEST = 4000
"""Characters of a value of the address, as in the search box."""
_LARGEST = 60_000
"""Characters of HTML: what is beyond the first screens comes with the app."""
_OUTSIDE = ("missing ScriptRunContext", "Session state does not function")
"""What Streamlit says of every widget outside a session; here there is none on purpose."""


@dataclass
class Written:
    """What a page put on its paper: HTML, the cards in it, and whether there is what the address names."""

    parts: list[Markup] = field(default_factory=list)
    cards: list[verdict_card.Card] = field(default_factory=list)
    found: bool = True


@dataclass(frozen=True)
class Paper(View):
    """A page for one reader that is read before the app is there: it collects HTML."""

    query: dict[str, list[str]]
    written: Written = field(default_factory=Written)

    def param(self, name: str) -> str:
        """The first value in the address."""
        return next(iter(self.params(name)), "")[:_LONGEST]

    def params(self, name: str) -> list[str]:
        """Every value in the address."""
        return self.query.get(name, [])

    def missing(self) -> None:
        """The address names nothing."""
        self.written.found = False

    def add(self, html: str) -> None:
        """Put HTML below what is there; raises Enough when the page is long enough."""
        self.written.parts.append(Markup(html))  # noqa: S704 - a template's own output
        if sum(map(len, self.written.parts)) > _LARGEST:
            raise Enough

    def html(self, template: str, **values: Any) -> None:
        """A template."""
        self.add(markup.render(template, self.lang, **values))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """As the app's own container of that key."""
        self.written.parts.append(Markup('<section class="st-key-part-{}">').format(name))
        try:
            yield
        finally:
            self.written.parts.append(Markup("</section>"))

    def card(
        self, card: verdict_card.Card, actions: Sequence[tuple[str, str]] = (), on_site_page: bool = False
    ) -> None:
        """The verdict card."""
        self.written.cards.append(card)
        self.add(markup.card(card, actions, on_site_page))

    def figure(self, draw: Callable[[], Any], finding: str, records: list[dict[str, Any]], name: str) -> None:
        """The finding and the picture; the table of its numbers comes with the app."""
        as_of = str(self.facts.as_of or "–")
        self.html("finding.html", words=finding, as_of=as_of)
        draw()

    def text_box(self, label: str, key: str, **more: Any) -> str:
        """What the address says."""
        return self.param(key)[: more.get("max_chars", _LONGEST)]

    def line(self, label: str, key: str, value: str, **more: Any) -> str:
        """What it starts with."""
        return value

    def download(self, *_: Any, **__: Any) -> None:
        """Comes with the app."""


class Enough(Exception):
    """The first sight is long enough."""


class Sight(NamedTuple):
    """What goes into a page's shell: HTML of its body, the tags in its head that previews are made of, and the status: 404 where there is
    not what the address names, 503 where nothing can be read."""

    body: str = ""
    head: str = ""
    status: int = 200
    memento: Kept | None = None
    """The earlier snapshot the address asks for."""


def shown(path: str, query: str, lang: str) -> Sight:
    """The page a path and its query ask for; empty for a page that is none.

    Without a readable snapshot it says so, with the pages that help all the same; where it fails, it is empty.
    """
    page = next((p for p in page_list.discover() if p.url_path == path.rsplit("/", 1)[-1]), None)
    if page is None:
        return Sight()
    asked = _asked(query)
    choice = _snapshot_choice(page, asked)
    try:
        with markup.reading(choice):
            snapshot = current_snapshot.chosen(**choice).snapshot
            age = current_snapshot.days_old(current_snapshot.facts(snapshot))
            # What somebody pasted is not kept.
            make = _shown.__wrapped__ if any(name == "q" for name, _ in asked) else _shown
            return make(page, asked, lang, snapshot.path, current_snapshot.version(snapshot), age)
    except (current_snapshot.NotKept, current_snapshot.NoDay) as error:
        return Sight(_failure(page, asked, lang, error), status=404)
    except current_snapshot.UNREADABLE as error:
        if page.url_path not in page_list.WITHOUT_DATA:
            return Sight(_failure(page, asked, lang, error), status=503)
        nothing: Any = current_snapshot.Unpublished()
        query = {name: list(values) for name, values in asked}
        return _sight(
            Paper(
                lang, nothing, current_snapshot.NOTHING, query, no_data_note=markup.say_no_data(error, lang)
            ),
            page,
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError):
        _log.exception("the first sight of page %s failed", page.module)
    return Sight()


def warm() -> None:
    """Draw the first page and that of one site, so that what they load once is loaded; nothing where there is no site to draw."""
    shown("/", "", LANGUAGES[0])
    try:
        found = current_snapshot.rows(
            current_snapshot.current(), "select host from ratings where score is not null limit 1"
        )
    except current_snapshot.UNREADABLE:
        return
    for row in found:
        shown("/site", urlencode({"host": row["host"]}), LANGUAGES[0])


NOTHING_READ = "…"
"""What stands in an address for a text in which no site was recognised."""


def tidied(path: str, query: str) -> str | None:
    """The query with what was understood of the box's text in its place, or None where it says no more than that already.

    The plain form sends all that was pasted; in an address, and in the history of a browser, it would stay.
    """
    if path != "/" or "q=" not in query:
        return None
    asked = parse_qsl(query)
    kept = [(name, kept_of(text)[0] or NOTHING_READ if name == "q" else text) for name, text in asked]
    same = all(was.strip() == now for (_, was), (_, now) in zip(asked, kept, strict=True))
    return None if same else urlencode(kept)


def _asked(query: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = parse_qs(query)
    return tuple(
        (name, tuple(v[:_LONGEST].strip() for v in values[:8])) for name, values in sorted(found.items())[:20]
    )


def _snapshot_choice(
    page: page_list.PageInfo, asked: tuple[tuple[str, tuple[str, ...]], ...]
) -> dict[str, str]:
    """How the address chooses an earlier snapshot."""
    values = dict(asked)
    return markup.asked_for(page.url_path, lambda name: next(iter(values.get(name, ())), ""))


def _failure(
    page: page_list.PageInfo, asked: tuple[tuple[str, tuple[str, ...]], ...], lang: str, error: Exception
) -> str:
    """What the app says in place of the page."""
    query = {name: list(values) for name, values in asked}
    frame = {
        "menu": page_list.menu(lang, page.url_path),
        "switch": _switch(query, lang),
        "today": _today(query),
    }
    first = {name: next(iter(values), "") for name, values in asked}
    told = markup.failure(error, lang, _snapshot_choice(page, asked), first, **frame)
    return markup.render("early_failure.html", lang, told=Markup(told))  # noqa: S704 - a template's own output


@lru_cache(maxsize=200)
def _shown(
    page: page_list.PageInfo,
    asked: tuple[tuple[str, tuple[str, ...]], ...],
    lang: str,
    folder: Any,
    version: str,
    age: int | None,
) -> Sight:
    """Remembered for the snapshot and the day: the next reader asks for the same pages."""
    chosen = current_snapshot.chosen(**_snapshot_choice(page, asked))
    snapshot, past = chosen.snapshot, chosen.memento is not None
    facts = current_snapshot.facts(snapshot)
    query = {name: list(values) for name, values in asked}
    return _sight(Paper(lang, snapshot, facts, query, past=past), page, chosen.memento)


def _sight(paper: Paper, page: page_list.PageInfo, memento: Kept | None = None) -> Sight:
    """The page on a paper."""
    lang, query, facts, past = paper.lang, paper.query, paper.facts, paper.past
    token = ON_PAPER.set(True)
    try:
        page_list.draw(page, paper)
    except Enough:
        pass
    finally:
        ON_PAPER.reset(token)
    host = paper.param("host") or paper.param("q")
    known = page.url_path == "site" and paper.snapshot.site(host) is not None
    tags = share_card.preview_tags(paper.written.cards, lang)
    body = markup.render(
        "early.html",
        lang,
        menu=page_list.menu(lang, page.url_path),
        switch=_switch(query, lang),
        no_data_note=paper.no_data_note,
        count=facts.count,
        demo=facts.demo,
        as_of=str(facts.as_of),
        today=_today(query) if past else "",
        stale_days=None if past else current_snapshot.stale_days(facts),
        search=page.url_path == "",
        asked=paper.param("q")[:800],
        parts=paper.written.parts,
        loading=True,
        page=markup.static_page(host, lang) if known and not past else "",
    )
    status = 200 if paper.written.found else 404
    return Sight(body, markup.render("preview.html", lang, tags=tags), status, memento)


def _without(query: dict[str, list[str]], *names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, values in query.items() if name not in names for value in values]


def _switch(query: dict[str, list[str]], lang: str) -> str:
    """The same page in the other language."""
    return "?" + urlencode(_without(query, "lang") + ([("lang", "en")] if lang == "zh" else []))


def _today(query: dict[str, list[str]]) -> str:
    """The same page of the latest snapshot."""
    return "?" + urlencode(_without(query, *markup.CHOOSING))


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not (ON_PAPER.get() and any(words in str(record.msg) for words in _OUTSIDE))


for _name in (
    "streamlit.runtime.scriptrunner_utils.script_run_context",
    "streamlit.runtime.state.session_state_proxy",
):
    logging.getLogger(_name).addFilter(_Quiet())
