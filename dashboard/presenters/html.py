"""The only place that makes HTML. Every value is escaped by Jinja, and stripped of control and bidi marks on the way.

Foreign text therefore reaches a reader as text whatever it contains. It must not import streamlit: the static twin and
the badge use the same templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from dashboard.presenters import current_snapshot, formatting, share_card, translations, verdict_card
from store.settings import settings
from store.text.query import file_stem, parse_query
from store.text.safe_text import plain

CHOOSING = ("as_of", "snapshot")
"""Parameters of an address that choose an earlier snapshot: by the day it covers, by its name."""
PAGES_OF_ANY_DAY = ("", "rank", "site")
"""Pages that can be read of an earlier snapshot; links between them stay with it."""
_reading: ContextVar[Mapping[str, str]] = ContextVar("reading", default={})  # noqa: B039 - never changed

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WHOLE = re.compile(
    r"(?<![\w./-])(?:(?P<day>\d{4}-\d\d-\d\d(?: \d\d:\d\d)?(?![\w-])|YYYY-MM-DD)"
    r"|(?P<ours>(?:api/v1|exchange|feeds|badge|download|s)/[\w./?=-]+)"
    r"|(?=[\w.-]{4,26}(?![\w.-]))\w[\w-]*(?:\.[\w-]+)*\.[a-z][\w-]+(?P<path>(?=[\w./-]{2,26}(?![\w./-]))(?:/[\w.-]+)+)?(?!/))"
    r"|[\u4e00-\u9fff]ICP[备证]\d{6,12}号(?:-\d{1,3})?|(?:等级|\bgrade) [A-E]\b",
    re.ASCII,
)
"""A day, with its time, an address of our own, the name of a host that is short enough for one line of a phone, the path of a merchant behind it, the number of
a filing, and a grade."""


def render(template: str, lang: str, **values: Any) -> str:
    """The template (`card.html`) as HTML in one language; `t` says a catalogue entry, `w` the word for a code."""
    return (
        _environment()
        .get_template(template)
        .render(
            lang=lang,
            t=lambda key, **v: translations.say(lang, key, **v),
            w=lambda section, code: translations.word(lang, section, code),
            day=lambda value: formatting.day(value, lang),
            moment=lambda value: formatting.moment(value, lang),
            pick=lambda row, field: translations.pick(row, field, lang) or "",
            link=lambda path, **query: link(path, lang, **query),
            chosen=tuple(_reading.get().items()),
            card_of=lambda row: verdict_card.card(row, lang),
            **values,
        )
    )


def link(path: str, lang: str, **query: Any) -> str:
    """A link inside the site, relative so that it works below any prefix; Chinese, the default, needs no `lang`."""
    query = {k: str(v) for k, v in query.items() if v not in (None, "")}
    if path in PAGES_OF_ANY_DAY:
        query |= _reading.get()
    if lang != translations.LANGUAGES[0]:
        query["lang"] = lang
    return f"./{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")


def static_page(host: str, lang: str) -> str:
    """The page of a site without scripts, in a language."""
    return f"./s/{quote(file_stem(host))}.html{'#en' if lang == 'en' else ''}"


def asked_for(path: str, value: Callable[[str], str]) -> dict[str, str]:
    """What an address of a page says of CHOOSING; nothing for a page that is always of the latest snapshot."""
    return {name: value(name)[:80].strip() for name in CHOOSING} if path in PAGES_OF_ANY_DAY else {}


@contextmanager
def reading(chosen: Mapping[str, str]) -> Iterator[None]:
    """While a page is made of the snapshot that `chosen` names (of CHOOSING): its links lead to pages of the same."""
    token = _reading.set({name: value for name, value in chosen.items() if value})
    try:
        yield
    finally:
        _reading.reset(token)


def in_read_snapshot(address: str) -> str:
    """An address of a file or of the API, of the snapshot that is being read."""
    more = urlencode(_reading.get())
    return f"{address}{'&' if '?' in address else '?'}{more}" if more else address


def card(
    shown: verdict_card.Card, actions: Sequence[tuple[str, str]] = (), on_site_page: bool = False
) -> Markup:
    """The verdict card with links to what can be done next; evidence links stay on the page that has the table."""

    def evidence_link(identity: str) -> str:
        return f"{link('site', shown.lang, host=shown.host, capture=identity)}#capture"

    made = render(
        "card.html",
        shown.lang,
        card=shown,
        actions=actions,
        evidence_link=evidence_link,
        share_text=escape(share_card.text(shown)),
        share_picture=in_read_snapshot(f"./{share_card.picture_path(shown.host, shown.lang)}")
        if share_card.font_files()
        else "",
        self_check=shown.code == "grey" and shown.warning_state not in verdict_card.REFUND_FIRST,
    )
    return Markup(made)  # noqa: S704 - a template's own output, every value in it escaped


def card_actions(shown: verdict_card.Card, on_site_page: bool = False) -> tuple[tuple[str, str], ...]:
    """Where a reader goes from a card: the evidence, why, help, what changes, the site's own answer."""
    lang, host = shown.lang, shown.host
    place = "" if on_site_page else link("site", lang, host=host)
    ways = [("card.to_evidence", f"{place}#evidence"), ("card.to_why", f"{place}#why"), ("card.to_download", f"{place}#download"),
            ("card.to_subscribe", link("follow", lang, host=host)), ("card.to_compare", link("compare", lang, h=host))]  # fmt: skip
    return tuple((translations.say(lang, key), href) for key, href in ways)


def failure(
    error: Exception, lang: str, asked: Mapping[str, str], query: Mapping[str, str], **frame: Any
) -> str:
    """What stands in place of a page that cannot be made: why, and what to do instead, with the site the address asks about."""
    kind, detail = _kind(error), ""
    if kind == "not_kept":
        known = [one.as_of for one in current_snapshot.kept()]
        wanted = next(filter(None, asked.values()), "")
        if known:
            first, last = min(known), max(known)
            key = "app.kept" if first < last else "app.kept_day"
            detail = translations.say(lang, key, asked=plain(wanted, 60), first=first, last=last)
    elif kind != "failed":
        detail = str(error)
    title, words = (translations.say(lang, f"app.{kind}_{part}") for part in ("title", "text"))
    frame["today"] = frame["today"] if kind == "not_kept" else ""
    site = parse_query(next((query[n] for n in ("host", "q", "site") if query.get(n)), "")[:4000]).host
    told = {"kind": kind, "title": title, "words": words, "detail": detail, "site": site}
    return render("failure.html", lang, **told, **party(), **frame)


def say_no_data(error: Exception, lang: str) -> str:
    """Said above a page that is of use without a snapshot."""
    return translations.say(
        lang, "app.without_data", title=translations.say(lang, f"app.{_kind(error)}_title")
    )


def _kind(error: Exception) -> str:
    """The section of the catalogue's words for a failure."""
    if isinstance(error, (current_snapshot.NotKept, current_snapshot.NoDay)):
        return "not_kept"
    if isinstance(error, current_snapshot.NoSnapshot):
        return "missing"
    return "damaged" if isinstance(error, current_snapshot.DamagedSnapshot) else "failed"


def party() -> dict[str, str]:
    """Who answers for this installation, from its settings: the name, and an address to write to with its link."""
    known = settings()
    contact = known.contact.strip()
    href = f"mailto:{contact}" if "@" in contact and not contact.startswith("http") else outside(contact)
    return {
        "responsible": plain(known.responsible, 120),
        "contact": plain(contact, 120) if href else "",
        "contact_href": href,
    }


def public_address() -> str:
    """The address visitors use, with its slash; an example where the operator's settings name none."""
    return settings().public_address or "https://watch.example/"


def outside(url: object) -> str:
    """A foreign link, only when it is plain http or https; else an empty string, which templates show as no link."""
    address = plain(url or "", 2000)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc and " " not in address else ""


def anchor(identity: object) -> str:
    """An element id for a piece of evidence; two different ids never meet."""
    return "e-" + quote(str(identity), safe="").replace("%", "_")


def short_id(identity: object, position: int) -> str:
    """How a link names a piece of evidence: by a short id, or by its place among its neighbours when the id is long."""
    name = plain(identity)
    return name if len(name) <= 12 else str(position)


def days(text: object) -> Markup:
    """Text whose dates and hosts are not broken at their hyphens, a merchant's address only where its path begins, one of ours at its strokes; escaped here, for what
    stands between tags."""
    return Markup(_WHOLE.sub(_unbroken, str(escape(_clean(text)))))  # noqa: S704 - escaped before


def _unbroken(found: re.Match[str]) -> str:
    path = found["path"] or ""
    parts = re.split(r"(?<=[/?])", found[0]) if found["ours"] else (found[0].removesuffix(path), path)
    named = "kw-nb kw-whole" if found["day"] else "kw-nb"
    return "<wbr>".join(f'<span class="{named}">{part}</span>' for part in parts if part)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dashboard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    environment.filters.update(
        cut=lambda value, limit: plain(value, limit),
        outside=outside,
        anchor=anchor,
        short_id=short_id,
        signed=formatting.signed,
        days=days,
        number=formatting.number,
    )
    environment.tests["day"] = _DAY.fullmatch
    environment.globals["STATES"] = verdict_card.STATES
    return environment


def _clean(value: Any) -> Any:
    """What an expression prints: None as nothing, text without control marks, ready markup as it is."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return plain(value, 4000)
    return value
